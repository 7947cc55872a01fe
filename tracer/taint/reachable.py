"""Reach: what stolen money could at most have arrived where, under any rule; and poison, reach without amounts.

Nothing here depends on a policy, so what is followed, cut and ranked is the same for all of them (method reach).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from tracer.ledger import EventArrays
from tracer.model import Account, ChainId, Event, Holder, Part, is_transit, plain_holder
from tracer.taint.reach_step import Reach, Step
from tracer.taint.sparse_reach import reach_of_arrays


def reach(
    events: Sequence[Event],
    opening: Mapping[Account, int],
    stolen_at_opening: Mapping[Account, int],
    thefts: Collection[tuple[int, int, int]],
    stops: Callable[[ChainId, str], bool],
    min_amount: int = 0,
) -> Reach:
    """Follow the most that can be stolen through the ledger.

    Parameters
    ----------
    events : sequence of Event
        In total order.
    opening, stolen_at_opening : mapping of Account to int
        Opening balances, base units; and how much of each is stolen.
    thefts : collection of (int, int, int)
        Debits (event, part, debit) at which a theft takes all that is paid; -1 for a mint.
    stops : callable
        Whether a holder absorbs.
    min_amount : int
        A credit that can hold less than this (but more than 0) is not followed.

    Notes
    -----
    A credit carries at most ``min(amount, what could have arrived before)``; what could have arrived is never more
    than the balance. Under every conserving rule the stolen part stays within it (method reach).
    O(legs).
    """
    if isinstance(events, EventArrays):
        return reach_of_arrays(events, opening, stolen_at_opening, thefts, stops, min_amount)
    walk = Step(dict(opening), dict(stolen_at_opening), thefts, stops, min_amount)
    for account in stolen_at_opening:
        walk.start(account)
    for event in events:
        walk.apply(event)
    for passage in [holder for holder in walk.found.hop if is_transit(holder[1])]:
        del walk.found.hop[passage], walk.found.first_time[passage]
    return walk.found


def poison(
    events: Sequence[Event],
    stolen_at_opening: Mapping[Account, int],
    thefts: Collection[tuple[int, int, int]],
    stops: Callable[[ChainId, str], bool],
    ties: Sequence[tuple[int, int]] = (),
    doubted: Collection[Holder] = (),
    also: Callable[[Event, Part], Collection[Account]] | None = None,
) -> dict[Account, int | None]:
    """Return every account that poison reaches, with the time it was first reached.

    A holder that receives from a tainted holder is tainted from that event on, and everything it pays later taints the
    payee. A set, never an amount: poison creates value. Source: Möser, Böhme, Breuker, 2013-14 (method pol-poison).

    Parameters
    ----------
    events, stolen_at_opening, thefts, stops
        As for :func:`reach`. Absorbing holders are in the set but taint nobody.
    ties : sequence of (int, int)
        Ranges of events whose order is not known: whoever is reached in one order of them is in the set.
    doubted : collection of (ChainId, str)
        Passages through what may be no pool: what reaches one reaches the holder itself.
    also : callable, optional
        Whom else a part of an event may pay.

    Notes
    -----
    Who is reached in a tie is paid along a way of its events, each of them once, and that way is one of the orders. So
    the tie is gone through until nobody more is reached.
    """
    reached: dict[Account, int | None] = dict.fromkeys(sorted(stolen_at_opening))
    robbed = {(event, part) for event, part, _ in thefts}
    end_of = dict(ties)
    place = 0
    while place < len(events):
        end = end_of.get(place, place + 1)
        before = -1
        while before < len(reached):
            before = len(reached)
            for event in events[place:end]:
                _spread(event, reached, robbed, stops, doubted, also)
            if end == place + 1:
                break
        place = end
    return reached


def _spread(
    event: Event,
    reached: dict[Account, int | None],
    robbed: Collection[tuple[int, int]],
    stops: Callable[[ChainId, str], bool],
    doubted: Collection[Holder],
    also: Callable[[Event, Part], Collection[Account]] | None,
) -> None:
    """Add whom an event pays out of what is tainted before it."""
    arrived: list[Account] = []
    for index, part in enumerate(event.parts):
        tainted = (event.index, index) in robbed or any(
            leg.account in reached and not stops(leg.account.chain, leg.account.holder) for leg in part.debits
        )
        arrived += [leg.account for leg in part.credits if not leg.sink and tainted]
        arrived += also(event, part) if tainted and also is not None else ()
    for reading in event.readings:
        if any(leg.account in reached and not stops(leg.account.chain, leg.account.holder) for leg in reading.debits):
            arrived += [leg.account for leg in reading.credits if not leg.sink]
    for account in arrived:
        reached.setdefault(account, event.time)
        if (account.chain, account.holder) in doubted:
            reached.setdefault(account._replace(holder=plain_holder(account.holder)), event.time)
