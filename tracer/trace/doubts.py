"""Exchanges that nobody shows: who was paid in them is a pool whose other side pays from elsewhere, or was simply paid.

Labels decide where they can: a service that gives nothing was paid, a contract that swaps is a pool. What is left is
followed as an exchange, for that is what rows of one address alone look like; but nothing certain rests on it, nor is
anything certain of whom its payee pays. The same holds of who was taken for a pool inside a theft.
Source: methods ev-net and ev-theft.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from tracer.ledger import UNTOLD, Ledger, is_income, settled, takers, transfer_event, with_events
from tracer.model import Account, Event, Holder, Leg, Part, Transfer, is_transit, plain_holder
from tracer.registry import LabelIndex
from tracer.taint import poison
from tracer.trace.known_parties import is_pool, is_service
from tracer.trace.thefts import Thefts
from tracer.trace.uncontrolled import nobody

Doubts = Mapping[tuple[int, int], tuple[Leg, ...]]
"""By event and part, a conversion or what ends as ``contract``: who got what was given, and gave nothing for it."""


def settle(ledger: Ledger, thefts: Thefts, labels: LabelIndex) -> tuple[Ledger, Thefts]:
    """Return a ledger, and its thefts, in which services and victims are nobody's passage, and services are paid.

    Who absorbs, and a victim, is no forwarder that an event could be netted over: each row of it stands for itself, in
    the order of the rows.

    Who gives X and gets Y in an event in which a service gets X and a third gives Y paid the service, or is the pool in
    which the third bought X for the service: the rows are the same. Stolen units tell them apart, where one side alone
    can have some; where both can, or new units are issued (which may be the service's receipt), it stays an exchange.
    """
    known = {holder for _, holder in (*labels.subjects(), *thefts.victims)}
    if not known:
        return ledger, thefts
    ledger, thefts = _unnetted(ledger, thefts, labels, known)
    asked = [
        event
        for event in ledger.events
        if event.kind in UNTOLD
        and not known.isdisjoint(_payees(event))
        and not _is_laid_out(event)
        # where a movement is in no row, it may be the service's
        and not any(row.torn for row in _rows_of(ledger, event).values())
    ]
    if not asked:
        return ledger, thefts
    reached = poison(ledger.events, thefts.stolen_at_opening(), thefts.debits, lambda *_: False, ledger.ties)
    changed = {event.index: settled(event, ledger.rows, _Service(event, reached, labels)) for event in asked}
    return replace(ledger, events=tuple(changed.get(event.index, event) for event in ledger.events)), thefts


def _unnetted(ledger: Ledger, thefts: Thefts, labels: LabelIndex, known: Collection[str]) -> tuple[Ledger, Thefts]:
    """Take events apart over which a service or a victim both is paid and pays."""
    robbed = {event for event, _, _ in thefts.debits}
    parted: dict[int, list[Event]] = {}
    for event in ledger.events:
        if event.index in robbed or _is_laid_out(event):
            continue
        rows = _rows_of(ledger, event)
        if len(rows) < 2 or any(row.torn or not row.sender or not row.recipient for row in rows.values()):
            continue
        moving = [row for row in rows.values() if row.amount and row.kind != "fee" and row.sender != row.recipient]
        both = {row.sender for row in moving} & {row.recipient for row in moving} & set(known)
        alone = {one for one in both if (event.chain, one) in thefts.victims or _absorbs(labels, one, event)}
        if alone:
            parted[event.index] = _pieces(event, rows, alone)
    if not parted:
        return ledger, thefts
    found, place_of = with_events(ledger, parted)
    debits = {(place_of[event], part, debit): origin for (event, part, debit), origin in thefts.debits.items()}
    return found, replace(thefts, debits=debits)


def _pieces(event: Event, rows: Mapping[int, Transfer], alone: Collection[str]) -> list[Event]:
    """Return an event as several in the order of its rows: each row of some holders for itself, the others in runs."""
    runs: list[list[int]] = []
    together = False
    for number, row in rows.items():
        apart = row.sender in alone or row.recipient in alone
        if together and not apart:
            runs[-1].append(number)
        else:
            runs.append([number])
        together = not apart
    pieces = [transfer_event(event.index, [rows[number] for number in run], run[0])[0] for run in runs]
    return [replace(piece, name=event.name) for piece in pieces if piece is not None]


def _rows_of(ledger: Ledger, event: Event) -> dict[int, Transfer]:
    """Return the rows of an event that was made of transfers, by index: they stand together."""
    shown = [row for part in event.parts for leg in (*part.debits, *part.credits) for row, _ in leg.shown()]
    if not shown:
        return {}
    first, last = min(shown), max(shown)
    while first and event.name and ledger.rows[first - 1].event == event.name:
        first -= 1
    while last + 1 < len(ledger.rows) and event.name and ledger.rows[last + 1].event == event.name:
        last += 1
    return {number: ledger.rows[number] for number in range(first, last + 1)}


def _absorbs(labels: LabelIndex, address: str, event: Event) -> bool:
    asked = labels, event.chain, address, event
    return bool(is_service(*asked)) and not is_pool(*asked)


class _Service:
    """Whether somebody who pays its payers nothing in an event is a service that was paid in it."""

    def __init__(self, event: Event, reached: Collection[Account], labels: LabelIndex) -> None:
        self._event, self._reached, self._labels = event, reached, labels
        self._issues = any(not part.debits and not is_income(part, event.parts) for part in event.parts)

    def __call__(self, leg: Leg, given: Sequence[Leg], beside: Sequence[Leg]) -> bool:
        asked = self._labels, leg.account.chain, leg.address, self._event
        if self._issues or not is_service(*asked) or is_pool(*asked):
            return False
        return self._can_be_stolen(given) and not self._can_be_stolen(beside)

    def _can_be_stolen(self, legs: Iterable[Leg]) -> bool:
        return any(leg.account in self._reached for leg in legs)


def doubts_of(events: Iterable[Event], tracked: Collection[Account], labels: LabelIndex) -> Doubts:
    """Return the conversions of stolen units that nobody shows, and who may have been paid in them."""
    found: dict[tuple[int, int], tuple[Leg, ...]] = {}
    for event in events:
        for number, part in enumerate(event.parts):
            if not (part.is_swap or is_unresolved(event, part)) or _is_laid_out(event):
                continue
            if not any(leg.account in tracked for leg in part.debits):
                continue
            open_to = [leg for leg in takers(event, part) if not _is_vouched(labels, leg, event)]
            if open_to:
                found[event.index, number] = tuple(open_to)
    return found


def is_unresolved(event: Event, part: Part) -> bool:
    """Return whether a part is what one gave in an event of several assets, which ends as ``contract``."""
    return event.kind in UNTOLD and bool(part.debits) and all(leg.sink == "contract" for leg in part.credits)


def suspected(
    ledger: Ledger, thefts: Thefts, doubts: Doubts, ended: Mapping[Account, int], labels: LabelIndex
) -> frozenset[Account]:
    """Return the accounts that stolen units have reached if those who are taken for pools or contracts are none.

    Parameters
    ----------
    ended : mapping of Account to int
        What those got who are taken for contracts at which a trace ends, though nobody says so.
    """
    if not doubts and not thefts.doubted and not ended:
        return frozenset()
    taking = {(number, leg.account) for (number, _), legs in doubts.items() for leg in legs}
    begun = {
        (event.index, number, 0)
        for event in ledger.events
        for number, part in enumerate(event.parts)
        if any(
            (event.index, leg.account) in taking or (leg.account.chain, leg.account.holder) in thefts.doubted
            for leg in part.credits
        )
    }
    also = partial(open_takers, labels)
    return frozenset(
        poison(ledger.events, ended, begun, lambda _, holder: is_transit(holder), ledger.ties, thefts.doubted, also)
    )


def open_takers(labels: LabelIndex, event: Event, part: Part) -> list[Account]:
    """Return who may have been paid what a part gives though it is followed as an exchange, or ends as ``contract``."""
    if event.kind not in UNTOLD or not (part.is_swap or is_unresolved(event, part)) or _is_laid_out(event):
        return []
    return [leg.account for leg in takers(event, part) if not _is_vouched(labels, leg, event)]


def held_by(ledger: Ledger, holders: Collection[Holder]) -> dict[Account, int]:
    """Return what some holders are ever paid, or is paid at their address, account by account."""
    found: dict[Account, int] = {}
    for leg in (leg for event in ledger.events for part in event.parts for leg in part.credits) if holders else ():
        if (leg.account.chain, leg.account.holder) in holders:
            found[leg.account] = found.get(leg.account, 0) + leg.amount
    return found


def unvouched(ledger: Ledger, thefts: Thefts, doubts: Doubts) -> dict[Holder, str]:
    """Return who was taken for a pool without anybody saying so, and why, in a sentence."""
    found = {
        (chain, plain_holder(holder)): "It is taken for a pool that swapped inside the theft's transaction, though "
        "nobody says so: if it is the thief, its seed names it as recipient."
        for chain, holder in thefts.doubted
    }
    for place in thefts.ended:
        found[place] = (
            "It received stolen units of the theft and paid several other assets in its transaction: taken for a "
            "contract, though nobody says so. If it is the thief, its seed names it as recipient."
        )
    for (number, _), legs in doubts.items():
        event = ledger.events[number]
        for leg in legs:
            found.setdefault(
                (leg.account.chain, leg.address),
                f"It got what was given where several assets changed hands ({event.tx or event.name}) and gave nothing "
                "for it in the rows: a pool that pays from elsewhere, or somebody who was paid. A label decides.",
            )
    return found


def words_of(ledger: Ledger, doubts: Doubts, contracts: Collection[Holder]) -> list[str]:
    """Return the sentence on each exchange that nobody shows, and on contracts by rule that pay on."""
    paying = {
        (leg.account.chain, leg.account.holder)
        for event in (ledger.events if contracts else ())
        for part in event.parts
        for leg in part.debits
    }
    return [
        *(_words(ledger.events[number], place, taking) for (number, place), taking in doubts.items()),
        *(
            f"Note: {holder} is the contract of an asset of this case, and no label says what it does with other "
            "money: the trace ends there, though it pays on. Nothing certain rests on it; whom it pays next can have "
            "what is stolen."
            for chain, holder in sorted(contracts)
            if (chain, holder) in paying
        ),
    ]


def _words(event: Event, place: int, taking: Sequence[Leg]) -> str:
    part = event.parts[place]
    given = f"{sum(leg.amount for leg in part.debits)} base units of {part.debits[0].account.asset}"
    what = (
        f"and {_names(part.credits)} got {sum(leg.amount for leg in part.credits)} of "
        f"{part.credits[0].account.asset}: followed as an exchange"
        if part.is_swap
        else "where several assets changed hands: it ends as contract"
    )
    return (
        f"Note: in {event.tx or event.name} {_names(part.debits)} gave {given} {what}, though {_names(taking)}, who "
        "got what was given, gave nothing for it in the rows. If it is no pool, it was paid: nothing certain rests on "
        "this, and what it pays next is a lead. A label on it decides: exchange, or dex."
    )


def _is_vouched(labels: LabelIndex, leg: Leg, event: Event) -> bool:
    return is_pool(labels, leg.account.chain, leg.address, event) or bool(nobody(leg.account.chain, leg.address))


def _is_laid_out(event: Event) -> bool:
    """Return whether an event is what a theft's own transaction was laid out as."""
    return any(is_transit(leg.account.holder) for part in event.parts for leg in (*part.debits, *part.credits))


def _payees(event: Event) -> set[str]:
    return {leg.address for part in event.parts for leg in part.credits}


def _names(legs: Iterable[Leg]) -> str:
    return ", ".join(dict.fromkeys(leg.address or plain_holder(leg.account.holder) for leg in legs))
