"""The ledger with every leg in its segment, and an event where one segment hands its balance to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tracer.ledger import EventArrays, Ledger
from tracer.model import (
    LABEL_EVENT,
    Account,
    AssetId,
    ChainId,
    Event,
    Holder,
    Leg,
    Part,
    format_time,
)
from tracer.trace.label_clock import Clock
from tracer.trace.label_states import Names
from tracer.trace.thefts import Thefts


class Cut(NamedTuple):
    """Where a holder goes on as its next segment."""

    place: int
    time: int
    chain: ChainId
    holder: str
    before: str
    after: str


def rewritten(
    ledger: Ledger,
    thefts: Thefts,
    opening: Mapping[Account, int],
    cuts: Sequence[Cut],
    names: Mapping[Holder, Names],
    clock: Clock,
) -> tuple[Ledger, Thefts]:
    """Return the ledger with the cuts as events and every leg in its segment, and the thefts at their new places."""
    balance: dict[Holder, dict[AssetId, int]] = {holder: {} for holder in names}
    for account, amount in sorted(opening.items()):
        if (account.chain, account.holder) in names and amount:
            balance[account.chain, account.holder][account.asset] = amount
    addresses = dict(ledger.addresses)

    def named(leg: Leg, time: int) -> Leg:
        account = leg.account
        mine = names.get((account.chain, account.holder))
        if mine is None or leg.sink:
            return leg
        return _moved(leg, mine.at(time), addresses)

    def in_segments(event: Event, index: int) -> Event:
        """Return an event in its new place, each leg of who is several in turn in the segment of its time."""
        time = clock.times[event.index]
        parts, readings = event.parts, event.readings
        if any(
            (leg.account.chain, leg.account.holder) in names for part in parts for leg in (*part.debits, *part.credits)
        ):
            _count(parts, balance)
            parts = tuple(
                Part(tuple(named(leg, time) for leg in part.debits), tuple(named(leg, time) for leg in part.credits))
                for part in parts
            )
            readings = tuple(
                replace(
                    one,
                    debits=tuple(named(leg, time) for leg in one.debits),
                    credits=tuple(named(leg, time) for leg in one.credits),
                )
                for one in readings
            )
        moved = event.index != index or parts is not event.parts
        return replace(event, index=index, parts=parts, readings=readings) if moved else event

    waiting = list(reversed(cuts))

    def begun(place: int, index: int) -> list[Event]:
        """Return the events by which segments begin before the event at a place."""
        found: list[Event] = []
        while waiting and waiting[-1].place <= place:
            cut = waiting.pop()
            one = _whole_balance(cut, balance[cut.chain, cut.holder], index + len(found), ledger, addresses)
            found += [one] if one.parts else []
        return found

    before = ledger.events
    if isinstance(before, EventArrays):
        return _of_arrays(ledger, thefts, before, cuts, names, (begun, in_segments), addresses)
    events: list[Event] = []
    place_of: list[int] = []
    for event in before:
        events += begun(event.index, len(events))
        place_of.append(len(events))
        events.append(in_segments(event, len(events)))
    events += begun(len(before), len(events))
    return _replaced(ledger, tuple(events), addresses, place_of), _thefts_at(thefts, place_of, before, events)


_Begun = Callable[[int, int], list[Event]]
_InSegments = Callable[[Event, int], Event]


def _of_arrays(
    ledger: Ledger,
    thefts: Thefts,
    before: EventArrays,
    cuts: Sequence[Cut],
    names: Mapping[Holder, Names],
    rewriting: tuple[_Begun, _InSegments],
    addresses: dict[Account, str],
) -> tuple[Ledger, Thefts]:
    """Return what :func:`rewritten` does, looking only at the events of those who are several in turn."""
    begun, in_segments = rewriting
    last = len(before) - 1
    asked = {event.index: event for event in before.touching(names)}
    asked |= {place: before[place] for cut in cuts if (place := min(cut.place, last)) not in asked}
    inserted: dict[int, list[Event]] = {}
    ahead: dict[int, int] = {}
    for index in sorted(asked):
        first = begun(index, index)
        ahead[index] = len(first)
        inserted[index] = [*first, in_segments(asked[index], index)]
    inserted[last] = [*inserted.get(last, [before[last]]), *begun(len(before), len(before))]
    events, start = before.replaced(inserted)
    place_of = [start[index] + ahead.get(index, 0) for index in range(len(before))]
    return _replaced(ledger, events, addresses, place_of), _thefts_at(thefts, place_of, before, events)


def _moved(leg: Leg, name: str, addresses: dict[Account, str]) -> Leg:
    account = leg.account._replace(holder=name)
    if name != leg.account.holder:
        addresses[account] = leg.address or addresses.get(leg.account, leg.account.holder)
    return replace(leg, account=account)


def _count(parts: Iterable[Part], balance: Mapping[Holder, dict[AssetId, int]]) -> None:
    """Take an event into the balances of the holders that are split."""
    for part in parts:
        for legs, sign in ((part.debits, -1), (part.credits, 1)):
            for leg in legs:
                mine = balance.get((leg.account.chain, leg.account.holder))
                if mine is not None and not leg.sink:
                    mine[leg.account.asset] = mine.get(leg.account.asset, 0) + sign * leg.amount


def _whole_balance(
    cut: Cut, held: Mapping[AssetId, int], index: int, ledger: Ledger, addresses: dict[Account, str]
) -> Event:
    """Return the event that moves all that a holder has to its next segment; without parts where it had nothing.

    What it has by the order of the rows: where that order is not known, the bounds let it move what any order gives,
    so that an asset it holds nothing of then stands in it too, with 0.
    It is graded `proven`, the grade that weakens nothing: no publisher's word makes a movement weaker than it was.
    """
    parts = []
    for asset, amount in sorted(held.items()):
        if amount <= 0 and not ledger.ties:
            continue
        plain = Account(cut.chain, cut.holder, asset)
        address = ledger.addresses.get(plain, cut.holder)
        debit, credit = (Account(cut.chain, name, asset) for name in (cut.before, cut.after))
        for account in (debit, credit):
            if account.holder != cut.holder:
                addresses[account] = address
        moved = max(0, amount)
        parts.append(Part((Leg(debit, address, moved),), (Leg(credit, address, moved),)))
    name = f"{LABEL_EVENT}:{cut.holder}:{format_time(cut.time)}"
    return Event(index, name, cut.chain, None, cut.time, "", LABEL_EVENT, tuple(parts), "proven", whole=True)


def _replaced(ledger: Ledger, events: Sequence[Event], addresses: dict[Account, str], place_of: list[int]) -> Ledger:
    ties = tuple((place_of[start], place_of[stop - 1] + 1) for start, stop in ledger.ties)
    nets = {place_of[index]: found for index, found in ledger.nets.items()}
    return replace(ledger, events=events, addresses=addresses, ties=ties, nets=nets)


def _thefts_at(thefts: Thefts, place_of: Sequence[int], before: Sequence[Event], after: Sequence[Event]) -> Thefts:
    """Return the thefts at the new places of their events; whom they pay is the segment that they pay."""
    debits = {(place_of[event], part, debit): origin for (event, part, debit), origin in thefts.debits.items()}
    segments: dict[Account, list[Account]] = defaultdict(list)
    for event in sorted({event for event, _, _ in thefts.debits}):
        for old, new in zip(before[event].parts, after[place_of[event]].parts, strict=True):
            for one, other in zip(old.credits, new.credits, strict=True):
                segments[one.account].append(other.account)
    paid = dict.fromkeys(account for one in thefts.paid for account in segments.get(one, [one]))
    return replace(thefts, debits=debits, paid=paid)
