"""The draft list of a trace: which places can be on it, what any rule can leave there, who the parties are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tracer.io import Prices
from tracer.model import CATEGORIES, AssetId, ChainId, Incident, caip10, plain_holder
from tracer.trace import (
    GONE,
    ExitKey,
    Intervals,
    PreparedCase,
    Range,
    Received,
    TraceResult,
    joint_ranges,
    place_of,
    received_ranges,
)

if TYPE_CHECKING:
    from tracer.flags import FlagList

_Place = tuple[ChainId, str, AssetId]


def draft_list(
    prepared: PreparedCase,
    result: TraceResult,
    intervals: Intervals,
    *,
    prices: Prices,
    incident: Incident | None,
    only: tuple[ChainId, str] | None = None,
) -> FlagList:
    """Return the draft list of a trace.

    Parameters
    ----------
    prepared, result : PreparedCase, TraceResult
        The trace.
    intervals : Intervals
        What any rule can say of its entities.
    prices : Prices
        What it is valued with.
    incident : Incident or None
        What is published of the theft.
    only : tuple of ChainId and str, optional
        One address: its rows are then as on the whole list, and the intervals of all others, which take nearly all of
        the time, are left out.
    """
    from tracer.flags import Parties, build

    received: Mapping[_Place, Range] = intervals.received
    wanted = _listable(prepared, result)
    if only is not None:
        wanted = [place for place in wanted if place[:2] == only]
        received = received_ranges(prepared, [place for place in _paid(result) if place[:2] == only])
    if isinstance(received, Received):
        received.compute(wanted)
    thefts = prepared.thefts
    parties = Parties(
        victims=frozenset(caip10(*place) for place in thefts.victims),
        robbed={
            origin: {theft: {caip10(*place): lost for place, lost in losses.items()} for theft, losses in mine.items()}
            for origin, mine in thefts.robbed.items()
        },
        receivers=frozenset(thefts.receivers),
        counterparties=thefts.counterparties,
        doubted=prepared.unvouched,
        unshown=frozenset(number + 1 for number, _ in prepared.doubts),
    )
    return build(
        result,
        as_of=result.options.as_of,
        prices=prices,
        incident=incident,
        tlp=result.tlp,
        ends=_ends(prepared, wanted, intervals),
        received=received,
        parties=parties,
        registry=result.registry,
    )


def _paid(result: TraceResult) -> set[_Place]:
    """Return every address that was paid stolen units, with the asset."""
    return {(payment.chain, side.address, side.asset) for payment in result.payments for side in payment.payees}


def _listable(prepared: PreparedCase, result: TraceResult) -> list[_Place]:
    """Return those of them that can be listed: all but such as a label stops at once that guards them besides."""
    addresses = prepared.ledger.addresses
    followed = {
        (account.chain, plain_holder(addresses.get(account, account.holder))) for account in prepared.plan.tracked
    }
    guarded = {
        place
        for place, holder in result.holders.items()
        if place not in followed
        and holder.stop_label is not None
        and CATEGORIES[holder.stop_label.category].guard
        and not any(label.rank for label in holder.labels)
    }
    return sorted(place for place in _paid(result) if place[:2] not in guarded)


def _ends(prepared: PreparedCase, wanted: Iterable[_Place], intervals: Intervals) -> dict[_Place, Range]:
    """Return what any rule can leave at addresses at the end, all thefts together."""
    reasons: dict[_Place, list[ExitKey]] = {place: [] for place in wanted}
    joint = intervals.joint
    for terminal in sorted(joint.network.terminals):
        place = place_of(prepared, terminal)
        if terminal.fate in GONE:
            continue
        if place[:3] in reasons and place not in reasons[place[:3]]:
            reasons[place[:3]].append(place)
    names = {"\x1f".join(key): key for key in reasons}
    found = joint_ranges(prepared, {name: reasons[key] for name, key in names.items()}, joint, there=True)
    nothing = Range(0, 0, "NONE", ())
    return {key: found.get(name, nothing) for name, key in names.items()}
