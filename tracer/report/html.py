"""The report of a trace: one self-contained page without scripts, made for the screen and for A4 paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from tracer.analysis import Checked
from tracer.io import plain
from tracer.model import (
    RANKS,
    AssetId,
    Attribution,
    ChainId,
    Incident,
    Label,
    Loss,
    chain_of,
    explorer_url,
    format_time,
)
from tracer.report.headline import headlines, named_at
from tracer.report.order import AssetKey, by_worth
from tracer.report.ranges import range_note, range_text, theft_ranges, theft_text
from tracer.report.summary_json import fates_by_grade, stolen_by_grade
from tracer.report.tables import CashoutRow, ExitRow, cashout_rows, exit_key, exits_rows, party
from tracer.report.wording import (
    FATE_WORDS,
    GROUPS,
    IF_ANY,
    POLICY_WORDS,
    amount_text,
    asset_names,
    audit_sentence,
    cashout_notes,
    count,
    coverage_sentences,
    fate,
    fate_words,
    labels_sentence,
    named_by,
    not_seeded_sentences,
    options_sentence,
    part_text,
    rounded_amount,
    total_text,
)
from tracer.trace import GRANULARITY, UNGUARDED, Exit, Intervals, PriceTable, TraceResult

FIGURES: Final = (
    ("flow", "The flow", "Each place the money passed, from the theft on the left."),
    ("sankey", "The totals", "From the thefts to where following ends; widths are amounts."),
    ("timeline", "The sequence", "When it moved."),
)
"""Figures the page has room for, by name, with title and caption."""

CHECK_TABLES: Final = (
    (
        True,
        "Published by others, measured again",
        "Figures that somebody else than the source of the rows published. A difference within the tolerance agrees; "
        "the tolerance is what the publisher's rounding allows.",
    ),
    (
        False,
        "Self-checks of the data",
        "Sums and counts of the source that the rows themselves come from. They show that the data is read as it is "
        "and adds up; they confirm nothing from outside.",
    ),
)
"""The two tables of checkpoints: whether published by others, title, and what it is worth."""

_DAYS: Final = slice(0, 10)
_VIEW_BOX: Final = re.compile(r'viewBox="0 0 ([0-9]+(?:\.[0-9]+)?) ([0-9]+(?:\.[0-9]+)?)"', re.ASCII)
_HEAD: Final = 2_000
_LONG: Final = 2.2
"""Times its width that a drawing is high from which on it would be too small on one page."""
_LACKING: Final = 20
"""Questions without a whole answer that the page prints; ``summary.json`` has them all."""


@dataclass(slots=True)
class _Sources:
    """Numbers the publications cited, in order of first mention, so that a long address is printed once."""

    seen: dict[tuple[str, str], int]

    def cite(self, publisher: str, url: str) -> int:
        """Return the number of a publication."""
        return self.seen.setdefault((plain(publisher), plain(url)), len(self.seen) + 1)

    def listed(self) -> list[dict[str, Any]]:
        """Return the list of publications; only a web address becomes a link."""
        return [
            {"number": n, "publisher": publisher, "url": url, "link": url.lower().startswith(("http://", "https://"))}
            for (publisher, url), n in self.seen.items()
        ]


def report_html(
    result: TraceResult,
    prices: PriceTable | None,
    *,
    figures: Mapping[str, str],
    incident: Incident | None,
    checkpoints: Sequence[Checked],
    versions: Mapping[str, str],
    flags_note: str,
    flagged: Sequence[Mapping[str, Any]] = (),
    flagged_more: int = 0,
    intervals: Intervals | None = None,
    undrawn: Mapping[str, str] | None = None,
    command: str = "",
) -> str:
    """Return the report as one HTML page: no script, nothing loaded from elsewhere, the same bytes every time.

    Parameters
    ----------
    result : TraceResult
        A finished trace.
    prices : PriceTable or None
        Where closes come from; ``None`` prices nothing.
    figures : mapping of str to str
        Inline SVGs by name (:data:`FIGURES`), drawn by us and therefore not escaped; one that is absent is left out.
    incident : Incident or None
        What is published of the theft; ``None`` for a table of the user's own.
    checkpoints : sequence of Checked
        Published figures beside the measured ones.
    versions : mapping of str to str
        Program and data versions to print.
    flags_note : str
        One sentence on the flagged list that belongs to this trace.
    flagged : sequence of mapping, optional
        Its first lines in words, as :func:`tracer.api.readable_list.readable_list` gives them.
    flagged_more : int, optional
        How many lines it has beyond these.
    intervals : Intervals, optional
        What any rule can say; printed beside each entity's figure.
    undrawn : mapping of str to str, optional
        Figures that could not be drawn, and why; said in their place.
    command : str, optional
        The command line that makes this page again.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["plain"] = plain
    environment.globals["explorer_url"] = explorer_url
    template = resources.files("tracer.report").joinpath("template.html").read_text("utf-8")
    sources, worth = _Sources({}), by_worth(result, prices)
    # Sections are built in the order in which the page shows them: the numbers of the sources depend on it.
    view = {
        **_summed_up(result, prices, intervals, worth),
        **_taken_and_gone(result, incident, prices, intervals, worth, sources),
        "figures": [
            (name, title, caption, Markup(svg), fault, shape)  # noqa: S704 (our own drawings)
            for name, title, caption, svg, fault, shape in _figures(figures, undrawn or {})
        ],
        **_checked_and_said(result, incident, prices, checkpoints, sources),
        **_rests_on(result, incident),
        "incident": incident,
        "versions": sorted(versions.items()),
        "flags_note": flags_note,
        "flagged": flagged,
        "flagged_more": f"{flagged_more:,}" if flagged_more else "",
        "command": command,
    }
    return environment.from_string(template).render(view, sources=sources.listed()) + "\n"


def _summed_up(
    result: TraceResult, prices: PriceTable | None, intervals: Intervals | None, worth: AssetKey
) -> dict[str, Any]:
    """Return what the first page says: what was stolen, and what became of it."""
    return {
        "result": result,
        "stolen": _stolen(result, worth),
        "thefts": len({origin.name for origin in result.stolen}),
        "headlines": headlines(result, prices),
        "theft_lines": theft_ranges(result, intervals, prices) if intervals else (),
        "not_seeded": not_seeded_sentences(result),
        "tlp": result.tlp,
        "unguarded": "" if result.registry else UNGUARDED,
        "fates": _fates(result, worth),
        "bars": _bars(result, worth),
    }


def _taken_and_gone(
    result: TraceResult,
    incident: Incident | None,
    prices: PriceTable | None,
    intervals: Intervals | None,
    worth: AssetKey,
    sources: _Sources,
) -> dict[str, Any]:
    """Return the published losses, and who got what."""
    return {
        "losses": [_loss(result, loss, sources) for loss in incident.losses] if incident else [],
        "seeded": _seeded(result, incident, worth) if incident else [],
        "cashouts": _cashouts(result, prices, intervals, worth),
        "range_note": range_note(result, intervals) if intervals else "",
        "notes": cashout_notes(result),
        "price_note": f"{prices.source}, {GRANULARITY}" if prices and prices.source else "",
    }


def _figures(figures: Mapping[str, str], undrawn: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield name, title, caption, drawing, fault and shape of every figure that is drawn, or should have been."""
    for name, title, caption in FIGURES:
        svg, fault = figures.get(name, ""), undrawn.get(name, "")
        if svg or name in undrawn:
            yield name, title, caption, _inline(svg), fault, _shape(svg)


def _checked_and_said(
    result: TraceResult,
    incident: Incident | None,
    prices: PriceTable | None,
    checkpoints: Sequence[Checked],
    sources: _Sources,
) -> dict[str, Any]:
    """Return published figures beside the measured ones, every exit, and who is said to have done it."""
    return {
        "checks": [
            (title, words, [_check(result, row, sources) for row in checkpoints if row.published is published])
            for published, title, words in CHECK_TABLES
            if any(row.published is published for row in checkpoints)
        ],
        "exits": [
            _exit(result, row, leaf)
            for row, leaf in zip(exits_rows(result, prices), sorted(result.exits, key=exit_key), strict=True)
        ],
        "one_chain": len({leaf.chain for leaf in result.exits}) < 2,
        "attributions": [_attribution(a, sources) for a in incident.attributions] if incident else [],
        "dissent": [_attribution(a, sources) for a in incident.dissent] if incident else [],
        "labels": [_label(label, sources) for label in _labels(result)],
    }


def _rests_on(result: TraceResult, incident: Incident | None) -> dict[str, Any]:
    """Return how it was traced, what that rests on and does not show, and whether it closes."""
    coverage = result.coverage
    return {
        "policy_words": POLICY_WORDS[result.options.policy],
        "coverage": coverage_sentences(coverage),
        "coverage_notes": (*coverage.conflicts, *coverage.notes, *coverage.lacking[:_LACKING]),
        "inflow": _inflow(result),
        "missing": incident.missing if incident else (),
        "audit": audit_sentence(result),
        "differences": [
            (
                origin.name,
                amount_text(result, origin.asset, result.stolen.get(origin, 0)),
                amount_text(result, origin.asset, d),
            )
            for origin, d in sorted(result.audit.difference.items())
        ],
        "options": options_sentence(result),
        "labels_as_of": labels_sentence(result),
        "window": " to ".join(_moment(t) for t in (coverage.first_time, coverage.last_time) if t is not None),
        "hashes": sorted((name, sorted(held.items())) for name, held in result.input_hashes.items()),
    }


def _moment(time: int | None) -> str:
    return format_time(time).replace("T", " ").removesuffix("Z")


def _span(first: int | None, last: int | None) -> str:
    days = [format_time(first)[_DAYS], format_time(last)[_DAYS]]
    return " to ".join(dict.fromkeys(day for day in days if day))


def _usd(value: object) -> str:
    return "" if value is None else f"{value:,.2f}"


def _inline(svg: str) -> str:
    """Return a drawing from its root element on: a page has no room for a second XML declaration."""
    start = svg.find("<svg")
    return svg[start:] if start > 0 else svg


def _shape(svg: str) -> str:
    """Return how a drawing lies on paper: ``wide``, ``tall``, or ``long``, which goes over several pages."""
    found = _VIEW_BOX.search(svg[:_HEAD])
    if found is None:
        return "wide"
    width, height = float(found[1]), float(found[2])
    return "long" if height > _LONG * width else "tall" if height > width else "wide"


def _stolen(result: TraceResult, worth: AssetKey) -> list[dict[str, Any]]:
    return [
        {"origin": name, **_total(result, asset, held[asset])}
        for name, held in stolen_by_grade(result).items()
        for asset in sorted(held, key=worth)
    ]


def _seeded(result: TraceResult, incident: Incident, worth: AssetKey) -> list[dict[str, Any]]:
    """Return what is followed of this incident beside its published losses: a share of a loss seeded apart, say."""
    published = [(loss.asset, loss.amount) for loss in incident.losses]
    lost: dict[AssetId, int] = {}
    for asset, amount in published:
        lost[asset] = lost.get(asset, 0) + amount
    seeded = []
    for asset in sorted({origin.asset for origin in result.stolen}, key=worth):
        ours = {origin.name: amount for origin, amount in result.stolen.items() if origin.asset == asset}
        if sum(ours.values()) == lost.get(asset, 0):
            continue
        for name, amount in ours.items():
            if (asset, amount) not in published:
                number, _, unit = amount_text(result, asset, amount).partition(" ")
                seeded.append({"origin": name, "number": number, "asset": unit})
    return seeded


def _fates(result: TraceResult, worth: AssetKey) -> list[dict[str, Any]]:
    ended = fates_by_grade(result)
    return [
        {
            "name": name,
            "kind": number,
            "totals": [
                {
                    **_total(result, asset, held[asset], rounded=rounded_amount(result, became, asset)),
                    "words": fate_words(result, became),
                    "where": named_at(result, became, asset),
                }
                for became in group
                for held in (ended.get(became, {}),)
                for asset in sorted(held, key=worth)
            ],
        }
        for number, (name, group) in enumerate(GROUPS)
        if name not in IF_ANY or any(ended.get(became) for became in group)
    ]


def _total(result: TraceResult, asset: AssetId, split: Mapping[str, int], *, rounded: int = 0) -> dict[str, str]:
    text = total_text(result, asset, sum(split.values()), rounded).replace("≈ ", "≈\N{NO-BREAK SPACE}")
    number, _, name = text.partition(" ")
    return {"number": number, "asset": name, "part": part_text(result, asset, split, rounded)}


def _bars(result: TraceResult, worth: AssetKey) -> list[dict[str, Any]]:
    """Return for each origin the share of each fate, in hundredths of a percent of what was stolen."""
    bars = []
    for origin, stolen in sorted(result.stolen.items(), key=lambda item: (item[0].name, worth(item[0].asset))):
        parts = []
        for number, (name, group) in enumerate(GROUPS):
            ended = sum(e.origin_amount for e in result.exits if e.origin == origin and fate(e) in group)
            hundredths = ended * 10_000 // stolen if stolen else 0
            if ended:
                text = f"{hundredths // 100}.{hundredths % 100:02d}"
                shown = f"{hundredths // 100}.{hundredths % 100 // 10}" if hundredths >= 10 else "under 0.1"
                parts.append({"fate": name, "kind": number, "width": text, "shown": shown})
        whole = f"{amount_text(result, origin.asset, stolen)} of {plain(origin.name)}"
        bars.append({"whole": whole, "parts": parts})
    return bars


def _loss(result: TraceResult, loss: Loss, sources: _Sources) -> dict[str, Any]:
    return {
        "amount": amount_text(result, loss.asset, loss.amount),
        "chain": chain_of(loss.chain).name,
        "on": loss.chain,
        "time": _moment(loss.time),
        "block": "" if loss.block is None else str(loss.block),
        "tx": loss.tx,
        "placed": bool(loss.tx or loss.time or loss.block is not None),
        "source": sources.cite(loss.source.publisher, loss.source.url),
    }


def _cashouts(
    result: TraceResult, prices: PriceTable | None, intervals: Intervals | None, worth: AssetKey
) -> list[dict[str, Any]]:
    splits: dict[tuple[str, ...], dict[str, int]] = {}
    for leaf in result.exits:
        key = (*party(leaf), leaf.asset, leaf.origin.name, leaf.origin.asset)
        held = splits.setdefault(key, {})
        for grade, amount in leaf.by_grade.items():
            held[grade] = held.get(grade, 0) + amount

    ranks = named_by(result)

    def view(row: CashoutRow) -> dict[str, Any]:
        """Return a row of the table in words."""
        split = splits.get((row.entity, row.category, row.asset, row.origin, row.origin_asset), {})
        return {
            "row": row,
            "amount": ("≈ " if row.precision != "exact" else "") + amount_text(result, row.asset, row.tainted),
            "part": part_text(result, row.asset, split),
            "received": "" if row.received is None else amount_text(result, row.asset, row.received),
            "usd_at_time": _usd(row.usd_at_time),
            "usd_at_theft": _usd(row.usd_at_theft),
            "from": asset_names(result.assets).get(row.origin_asset, plain(row.origin_asset)),
            "counts": f"{count(row.n_addresses, 'address', 'addresses')}, {count(row.n_transfers, 'receipt')}",
            "named_by": ranks.get((row.entity, row.category), ""),
            "span": _span(row.first_time, row.last_time),
            "theft_range": theft_text(result, row),
            "range": range_text(result, row),
        }

    rows = sorted(cashout_rows(result, prices, intervals), key=lambda row: (row.origin, worth(row.origin_asset)))
    return [view(row) for row in rows]


def _exit(result: TraceResult, row: ExitRow, leaf: Exit) -> dict[str, Any]:
    return {
        "row": row,
        "chain": chain_of(row.chain).name,
        "words": FATE_WORDS[fate(leaf)],
        "from": asset_names(result.assets).get(row.origin_asset, plain(row.origin_asset)),
        "amount": amount_text(result, row.asset, row.tainted),
        "usd": _usd(row.usd_at_time),
        "first": _moment(row.first_time),
        "last": _moment(row.last_time) if row.last_time != row.first_time else "",
    }


def _check(result: TraceResult, row: Checked, sources: _Sources) -> dict[str, Any]:
    def figure(value: int | None) -> str:
        if value is None:
            return ""
        return f"{value:,}" if row.asset is None else amount_text(result, row.asset, value)

    return {
        "claim": row.claim,
        "claimed": figure(row.claimed),
        "recorded": figure(row.recorded),
        "tainted": figure(row.tainted),
        "asserted": figure(row.asserted) if row.asserted else "",
        "difference": figure(row.difference),
        "tolerance": figure(row.tolerance),
        "note": row.note,
        "agrees": "agrees" if row.agrees else "differs",
        "source": sources.cite(row.publisher, row.source_url),
    }


def _attribution(said: Attribution, sources: _Sources) -> dict[str, Any]:
    return {
        "to": said.to,
        "date": said.date,
        "note": said.note,
        "publisher": said.source.publisher,
        "title": said.source.title,
        "rank": _rank(said.source.rank),
        "source": sources.cite(said.source.publisher, said.source.url),
    }


def _labels(result: TraceResult) -> list[Label]:
    return sorted(
        {label for holder in result.holders.values() for label in holder.labels},
        key=lambda x: (x.chain, x.category, x.entity, x.address, x.rank, x.publisher, x.label, x.source_url, repr(x)),
    )


def _label(label: Label, sources: _Sources) -> dict[str, Any]:
    return {
        "label": label,
        "span": " ".join(
            f"{word} {when}" for word, when in (("from", label.valid_from), ("until", label.valid_until)) if when
        ),
        "rank": _rank(label.rank),
        "source": sources.cite(label.publisher, label.source_url),
    }


def _rank(rank: str) -> str:
    word = RANKS.get(rank, "").replace("_", " ")
    return f"{rank} {word}" if word else rank


def _inflow(result: TraceResult) -> list[tuple[ChainId, str, str]]:
    return [
        (chain, address, amount_text(result, asset, amount))
        for (chain, address, asset), amount in sorted(result.coverage.unexplained_inflow.items())
    ]
