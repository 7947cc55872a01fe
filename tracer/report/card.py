"""A trace on a card of about thirty lines, as text and as HTML; pure, and every outside text escaped."""

from __future__ import annotations

from html import escape
from typing import Final

from tracer.io import plain
from tracer.model import AssetId, Origin
from tracer.report.headline import headlines, named_at
from tracer.report.order import AssetKey, by_worth
from tracer.report.ranges import range_text, theft_ranges
from tracer.report.summary_json import ByGrade, fates_by_grade, stolen_by_grade
from tracer.report.tables import cashout_rows
from tracer.report.wording import (
    GROUPS,
    IF_ANY,
    asset_names,
    audit_sentence,
    count,
    coverage_sentences,
    fate_words,
    labels_sentence,
    not_seeded_sentences,
    options_sentence,
    part_text,
    party_names,
    rounded_amount,
    rounded_thefts,
    total_text,
)
from tracer.trace import UNGUARDED, Intervals, PriceTable, TraceResult, carrying

_NOTHING: Final = "nothing: no seed takes anything in this table, so that nothing is traced"
_SHOWN: Final = 3
"""Totals that a part of the card names before it only counts the rest."""

_STOLEN_SHOWN: Final = 6
"""The same of what was stolen, which a reader looks for first."""

_WIDTH: Final = 14
_AUDIT: Final = "Audit"


def card_text(result: TraceResult, intervals: Intervals | None = None, prices: PriceTable | None = None) -> str:
    """Return the card as plain text: followed, in services, at rest, not followed; coverage; audit; options."""
    lines = [_title(result)]
    for name, texts in _sections(result, intervals, prices):
        lines += [f"{name if not number else '':<{_WIDTH}}{text}" for number, text in enumerate(texts)]
    return "\n".join(lines) + "\n"


def card_html(result: TraceResult, intervals: Intervals | None = None, prices: PriceTable | None = None) -> str:
    """Return the card as an HTML fragment for a notebook; an open audit is red."""
    rows = []
    for name, texts in _sections(result, intervals, prices):
        alarm = "color:#b00020;font-weight:600;" if name == _AUDIT and not result.audit.closed else ""
        body = "<br>".join(escape(text) for text in texts)
        rows.append(
            '<tr style="background:none"><th style="text-align:left;vertical-align:top;padding:2px 18px 2px 0;'
            f'font-weight:600;white-space:nowrap">{escape(name)}</th>'
            f'<td style="text-align:left;padding:2px 0;font-variant-numeric:tabular-nums;{alarm}">{body}</td></tr>'
        )
    return (
        '<div style="max-width:60em;padding:10px 14px;border:1px solid rgba(128,128,128,.45);border-radius:6px">'
        f'<div style="font-weight:600;font-size:1.1em;padding-bottom:6px">{escape(_title(result))}</div>'
        f'<table style="border-collapse:collapse;margin:0"><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _title(result: TraceResult) -> str:
    return f"{plain(result.title)} ({plain(result.case_id)}) · {result.tlp}"


def _sections(
    result: TraceResult, intervals: Intervals | None, prices: PriceTable | None
) -> list[tuple[str, list[str]]]:
    stolen, fates, worth = stolen_by_grade(result), fates_by_grade(result), by_worth(result, prices)
    rounded = rounded_thefts(result)
    thefts = [
        _total(
            result,
            asset,
            held[asset],
            before=f"{plain(name)}: " if len(stolen) > 1 else "",
            rounded=sum(held[asset].values()) if Origin(name, asset) in rounded else 0,
        )
        for name, held in stolen.items()
        for asset in sorted(held, key=worth)
    ]
    sections = [("Unguarded", [UNGUARDED])] if not result.registry else []
    sections += [
        ("Stolen", [*(_shortened(thefts, shown=_STOLEN_SHOWN) or [_NOTHING]), *not_seeded_sentences(result)]),
        ("Where it went", list(headlines(result, prices))),
    ]
    sections += [("Followed", [_followed(result)])]
    for name, group in GROUPS:
        parts = [
            _total(
                result,
                asset,
                held[asset],
                after=_after(result, became, asset),
                rounded=rounded_amount(result, became, asset),
            )
            for became in group
            for held in (fates.get(became, {}),)
            for asset in sorted(held, key=worth)
        ]
        if parts or name not in IF_ANY:
            sections.append((name, _shortened(parts) or ["nothing"]))
    if intervals is not None:
        legs = _shortened(_ranges(result, intervals, worth), "cashouts.csv")
        sections.append(("Any rule", [*theft_ranges(result, intervals, prices), "Leg by leg:", *legs]))
    missed = [plain(text) for text in result.coverage.lacking]
    lacking = [("Not read", _shortened(missed, "coverage.csv of the bundle"))] if missed else []
    loud = [plain(note) for note in result.coverage.notes if note.startswith(("WARNING", "Note"))]
    sections += [("Take care", loud)] if loud else []
    return [
        *sections,
        ("Coverage", list(coverage_sentences(result.coverage))),
        *lacking,
        (_AUDIT, [audit_sentence(result)]),
        ("Options", [options_sentence(result)]),
        ("Labels as of", [labels_sentence(result)]),
    ]


def _followed(result: TraceResult) -> str:
    tainted = sum(1 for movement in carrying(result.movements) if movement.tainted)
    held = {
        (payment.chain, side.address)
        for payment in result.payments
        for side in (*payment.payers, *payment.payees)
        if side.holder and side.tainted
    }
    held |= {place for leaf in result.exits if leaf.tainted and (place := (leaf.chain, leaf.address)) in result.holders}
    hops = max((holder.hop for place, holder in result.holders.items() if place in held), default=0)
    return (
        f"{count(len(held), 'address', 'addresses')} by {count(tainted, 'movement')} of stolen units, "
        f"the farthest {count(hops, 'movement')} from a seed"
    )


def _total(
    result: TraceResult, asset: AssetId, split: ByGrade, *, before: str = "", after: str = "", rounded: int = 0
) -> str:
    amount = total_text(result, asset, sum(split.values()), rounded)
    return f"{before}{amount} · {part_text(result, asset, split, rounded)}{after}"


def _after(result: TraceResult, became: str, asset: AssetId) -> str:
    """Return what became of a total and who has it."""
    who = named_at(result, became, asset)
    return f" · {fate_words(result, became)}{f': {who}' if who else ''}"


def _ranges(result: TraceResult, intervals: Intervals, worth: AssetKey) -> list[str]:
    """Return what any rule can say of each entity, leg by leg in the order of "Stolen", the largest first in each."""
    held = [row for row in cashout_rows(result, None, intervals) if row.min is not None]
    rows = sorted(held, key=lambda row: (row.origin, worth(row.origin_asset)))
    names = party_names((row.entity, row.category) for row in rows)
    assets = asset_names(result.assets)
    return [
        f"{names[row.entity, row.category]}, of {plain(row.origin)} ({assets[row.origin_asset]}): "
        f"{range_text(result, row)}"
        for row in rows
    ]


def _shortened(texts: list[str], file: str = "exits.csv", shown: int = _SHOWN) -> list[str]:
    more = len(texts) - shown
    return texts if more <= 0 else [*texts[:shown], f"and {more:,} more; {file} has them all"]
