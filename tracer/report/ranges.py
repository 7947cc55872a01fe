"""What any rule can say, in words, beside the figure of one rule: of the whole theft first, then of one leg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tracer.io import plain
from tracer.model import AssetId
from tracer.report.order import by_worth
from tracer.report.policy_table import NOT_TOGETHER
from tracer.report.tables import CashoutRow, cashout_rows
from tracer.report.wording import about_text, amount_text, count, display_order, party_names
from tracer.trace import BASIS_WORDS, Intervals, PriceTable, Range, TraceResult

_SHOWN: Final = 4


def range_text(result: TraceResult, row: CashoutRow) -> str:
    """Return an entity's range of one leg: ``any rule: 5 to 7 ETH, PARTIAL``; empty where no bounds were computed."""
    if row.min is None or row.max is None:
        return ""
    return _range(result, row.asset, (row.min, row.max), _class(row))


def theft_text(result: TraceResult, row: CashoutRow) -> str:
    """Return an entity's range of all legs of the theft; empty where there is one leg, or no bounds were computed."""
    if row.theft_min is None or row.theft_max is None or _legs(result, row.origin) < 2:
        return ""
    words = _range(result, row.asset, (row.theft_min, row.theft_max), row.theft_certainty)
    return f"all legs of the theft, {words}"


def theft_ranges(result: TraceResult, intervals: Intervals, prices: PriceTable | None = None) -> tuple[str, ...]:
    """Return what any rule says of whole thefts, all their legs together, asset by asset, the largest first in each.

    Of each entity once, in its asset; the least stands first, for it is what no choice of rule takes away. Assets
    stand in the order of :func:`tracer.report.order.by_worth`.
    """
    found: dict[tuple[str, str, str, AssetId], Range] = {}
    rounded = set()
    for row in cashout_rows(result, None, intervals):
        held = intervals.theft_of(row.entity, row.category, row.asset, row.origin)
        if held is not None and held.max:
            found[row.origin, row.entity, row.category, row.asset] = held
            if row.precision != "exact":
                rounded.add((row.origin, row.entity, row.category, row.asset))
    worth = by_worth(result, prices)
    ranked = sorted(found.items(), key=lambda item: (item[0][0], worth(item[0][3]), -item[1].max, item[0]))
    names = party_names((entity, category) for _, entity, category, _ in found)
    lines = []
    for (theft, entity, category, asset), held in ranked:
        rough = (theft, entity, category, asset) in rounded
        said = about_text if rough else amount_text
        least, most = (said(result, asset, amount) for amount in (held.min, held.max))
        span = (
            (least if rough else f"exactly {least}") if held.min == held.max else f"at least {least} and at most {most}"
        )
        legs = "all its legs together, " if _legs(result, theft) > 1 else ""
        rests = f" on {count(held.depends_on, 'holding')}" if held.depends_on else ""
        basis = f", basis {held.basis}" if held.basis else ""
        who = names[entity, category]
        lines.append(f"{who}, of {plain(theft)}, {legs}under any rule: {span} ({held.certainty}{rests}{basis}).")
    more = len(lines) - _SHOWN
    return (*lines[:_SHOWN], *((f"and {more:,} more under any rule; cashouts.csv has them all.",) if more > 0 else ()))


def _legs(result: TraceResult, theft: str) -> int:
    return sum(origin.name == theft for origin in result.stolen)


def _range(result: TraceResult, asset: AssetId, ends: tuple[int, int], words: str) -> str:
    if ends[0] == ends[1]:
        return f"any rule says the same, {words}"
    least, most = (amount_text(result, asset, amount) for amount in ends)
    return f"any rule: {least} to {most}, {words}"


def _class(row: CashoutRow) -> str:
    rests = f" on {count(row.depends_on, 'holding')}" if row.depends_on else ""
    basis = f", basis {row.basis}" if row.basis else ""
    return f"{row.certainty}{rests}{basis}"


def slack_text(result: TraceResult, ranges: Iterable[tuple[AssetId, Range]]) -> str:
    """Return by how much a limit may be wider than the truth, asset by asset; empty where all are exact."""
    gaps: dict[AssetId, int] = {}
    for asset, held in ranges:
        gaps[asset] = max(gaps.get(asset, 0), held.gap)
    words = [amount_text(result, asset, gaps[asset]) for asset in display_order(gaps) if gaps[asset]]
    return f"a limit may be wider than the truth by {' or '.join(words)}" if words else ""


def ranges_by_asset(intervals: Intervals) -> Iterator[tuple[AssetId, Range]]:
    """Yield every range of an address or entity with the asset it counts."""
    for table in (intervals.by_party, intervals.party_by_theft):
        for (party, _), held in table.items():
            yield party.asset, held
    for places in (intervals.by_address, intervals.by_theft):
        for (place, _), held in places.items():
            yield place.asset, held


def range_note(result: TraceResult, intervals: Intervals) -> str:
    """Return what must be said beside ranges: what the classes mean, that maxima do not add up, and what is open."""
    open_holders = intervals.open_holders()
    rests = (
        f" CONDITIONAL figures rest on {count(len(open_holders), 'holding')} whose balance no source has reconciled; "
        "summary.json names them."
        if open_holders
        else ""
    )
    wider = slack_text(result, ranges_by_asset(intervals))
    slack = f" {wider[0].upper()}{wider[1:]}." if wider else ""
    bases = {one.basis for one in (*intervals.by_address.values(), *intervals.by_party.values())}
    worth = "".join(f" Basis {basis}: {words}." for basis, words in BASIS_WORDS.items() if basis in bases)
    return (
        "Any rule: the least and the most that any accounting rule can put there that neither makes nor loses money. "
        "FORCED: practically no choice; PARTIAL: some for certain; POSSIBLE: perhaps none. "
        f"{NOT_TOGETHER}{rests}{slack}{worth}"
    )
