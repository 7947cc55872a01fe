"""A trace on a card of about thirty lines, as text and as HTML; pure, and every outside text escaped."""

from __future__ import annotations

from html import escape
from typing import Final

from tracer.io import plain
from tracer.model import AssetId
from tracer.report.headline import headlines, named_at
from tracer.report.ranges import range_text, theft_ranges
from tracer.report.summary_json import ByGrade, buckets_by_grade, stolen_by_grade
from tracer.report.tables import cashout_rows
from tracer.report.wording import (
    GROUPS,
    amount_text,
    asset_names,
    audit_sentence,
    count,
    coverage_sentences,
    display_order,
    is_rough,
    labels_sentence,
    not_seeded_sentences,
    options_sentence,
    part_text,
    party_names,
)
from tracer.trace import STOP_WORDS, UNGUARDED, Intervals, TraceResult

_NOTHING: Final = "nothing: no seed takes anything in this table, so that nothing is traced"
_SHOWN: Final = 3
"""Totals that a part of the card names before it only counts the rest."""

_WIDTH: Final = 14
_AUDIT: Final = "Audit"


def card_text(result: TraceResult, intervals: Intervals | None = None) -> str:
    """Return the card as plain text: followed, in services, at rest, not followed; coverage; audit; options."""
    lines = [_title(result)]
    for name, texts in _sections(result, intervals):
        lines += [f"{name if not number else '':<{_WIDTH}}{text}" for number, text in enumerate(texts)]
    return "\n".join(lines) + "\n"


def card_html(result: TraceResult, intervals: Intervals | None = None) -> str:
    """Return the card as an HTML fragment for a notebook; an open audit is red."""
    rows = []
    for name, texts in _sections(result, intervals):
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


def _sections(result: TraceResult, intervals: Intervals | None) -> list[tuple[str, list[str]]]:
    stolen, buckets = stolen_by_grade(result), buckets_by_grade(result)
    thefts = [
        _total(result, asset, held[asset], before=f"{plain(name)}: " if len(stolen) > 1 else "")
        for name, held in stolen.items()
        for asset in display_order(held)
    ]
    sections = [("Unguarded", [UNGUARDED])] if not result.registry else []
    sections += [
        ("Stolen", [*(_shortened(thefts) or [_NOTHING]), *not_seeded_sentences(result)]),
        ("Where it went", list(headlines(result))),
    ]
    sections += [("Followed", [_followed(result)])]
    for name, reasons in GROUPS:
        parts = [
            _total(
                result,
                asset,
                held[asset],
                after=_after(result, reason, asset),
                rough=is_rough(result, reason, asset),
            )
            for reason in reasons
            for held in (buckets.get(reason, {}),)
            for asset in display_order(held)
        ]
        sections.append((name, _shortened(parts) or ["nothing"]))
    if intervals is not None:
        legs = _shortened(_ranges(result, intervals), "cashouts.csv")
        sections.append(("Any rule", [*theft_ranges(result, intervals), "Leg by leg:", *legs]))
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
    tainted = sum(1 for movement in result.movements if movement.tainted)
    hops = max((holder.hop for holder in result.holders.values()), default=0)
    return (
        f"{count(len(result.holders), 'address', 'addresses')} by {count(tainted, 'movement')} of stolen units, "
        f"the farthest {count(hops, 'movement')} from a seed"
    )


def _total(
    result: TraceResult, asset: AssetId, split: ByGrade, *, before: str = "", after: str = "", rough: bool = False
) -> str:
    sign = "≈ " if rough else ""
    amount = amount_text(result, asset, sum(split.values()))
    return f"{before}{sign}{amount} · {part_text(result, asset, split)}{after}"


def _after(result: TraceResult, reason: str, asset: AssetId) -> str:
    """Return what became of a total and who has it."""
    who = named_at(result, reason, asset)
    return f" · {STOP_WORDS[reason]}{f': {who}' if who else ''}"


def _ranges(result: TraceResult, intervals: Intervals) -> list[str]:
    """Return what any rule can say of each entity, in the order of the cash-out table."""
    rows = [row for row in cashout_rows(result, None, intervals) if row.min is not None]
    names = party_names((row.entity, row.category) for row in rows)
    assets = asset_names(result.assets)
    return [
        f"{names[row.entity, row.category]}, of {plain(row.origin)} ({assets[row.origin_asset]}): "
        f"{range_text(result, row)}"
        for row in rows
    ]


def _shortened(texts: list[str], file: str = "exits.csv") -> list[str]:
    more = len(texts) - _SHOWN
    return texts if more <= 0 else [*texts[:_SHOWN], f"and {more:,} more; {file} has them all"]
