"""Exchanges that nobody shows: who was paid in them is a pool whose other side pays from elsewhere, or was simply paid.

Labels decide where they can: a service that gives nothing was paid, a contract that swaps is a pool. What is left is
followed as an exchange, for that is what rows of one address alone look like; but nothing certain rests on it, nor is
anything certain of whom its payee pays. The same holds of who was taken for a pool inside a theft.
Source: methods ev-net and ev-theft.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from tracer.ledger import UNTOLD, Ledger, is_income, several, takers, touching
from tracer.model import Account, Event, Holder, Leg, Part, is_laid_out, is_transit, plain_holder
from tracer.registry import LabelIndex
from tracer.taint import poison
from tracer.trace.known_parties import is_pool
from tracer.trace.thefts import Thefts
from tracer.trace.uncontrolled import nobody

Doubts = Mapping[tuple[int, int], tuple[Leg, ...]]
"""By event and part, a conversion or what ends as ``contract``: who got what was given and is shown to give nothing."""


def doubts_of(events: Sequence[Event], tracked: Collection[Account], labels: LabelIndex) -> Doubts:
    """Return the conversions of stolen units that nobody shows, and who may have been paid in them."""
    found: dict[tuple[int, int], tuple[Leg, ...]] = {}
    for event in several(events):
        for number, part in enumerate(event.parts):
            if not any(leg.account in tracked for leg in part.debits):
                continue
            if taking := _open_to(labels, event, part):
                found[event.index, number] = taking
    return found


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
    return [leg.account for leg in _open_to(labels, event, part)]


def open_payees(labels: LabelIndex, event: Event, part: Part) -> list[Account]:
    """Return who may have been paid what a part gives, and where it ends as ``contract`` who got what came out of it.

    What was given for what is not known there; what came out is clean by the accounting, and may be the proceeds.
    """
    into = [leg for leg in part.credits if leg.sink == "contract"]
    if not into:
        return open_takers(labels, event, part)
    # Where a theft's transaction was laid out, the leg is the contract's own, and what it paid in it came out of it.
    theirs = {leg.account.holder for leg in into} - {leg.account.holder for leg in part.debits}
    out = [
        leg.account
        for other in event.parts
        if not is_income(other, event.parts)
        and (not other.debits or any(leg.account.holder in theirs for leg in other.debits))
        for leg in other.credits
        if not leg.sink and leg.account.asset != into[0].account.asset
    ]
    return [*open_takers(labels, event, part), *out]


def _open_to(labels: LabelIndex, event: Event, part: Part) -> tuple[Leg, ...]:
    if event.kind not in UNTOLD or not (part.is_swap or _is_unresolved(part)) or is_laid_out(event):
        return ()
    return tuple(leg for leg in takers(event, part) if not _is_vouched(labels, leg, event))


def held_by(ledger: Ledger, holders: Collection[Holder]) -> dict[Account, int]:
    """Return what some holders are ever paid, account by account."""
    found: dict[Account, int] = {}
    events = touching(ledger.events, holders) if holders else ()
    for leg in (leg for event in events for part in event.parts for leg in part.credits):
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
                f"It got what was given where several assets changed hands ({event.tx or event.name}), and no row "
                "shows that it gave for it: a pool that pays from elsewhere, or somebody who was paid. A label "
                "decides.",
            )
    return found


def words_of(ledger: Ledger, doubts: Doubts, contracts: Collection[Holder]) -> list[str]:
    """Return the sentence on each exchange that nobody shows, and on contracts by rule that pay on."""
    paying = {
        (leg.account.chain, leg.account.holder)
        for event in (touching(ledger.events, contracts) if contracts else ())
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
        f"Note: in {event.tx or event.name} {_names(part.debits)} gave {given} {what}, though no row "
        f"shows that {_names(taking)}, who got what was given, gave for it. If it is no pool, it was paid: nothing "
        "certain rests on this, and whom it pays next can have what was stolen. A label decides: exchange, or dex."
    )


def _is_unresolved(part: Part) -> bool:
    """Return whether a part is what somebody gave where it cannot be told for what: it ends as ``contract``."""
    return bool(part.debits) and all(leg.sink == "contract" for leg in part.credits)


def _is_vouched(labels: LabelIndex, leg: Leg, event: Event) -> bool:
    return is_pool(labels, leg.account.chain, leg.address, event) or bool(nobody(leg.account.chain, leg.address))


def _names(legs: Iterable[Leg]) -> str:
    return ", ".join(dict.fromkeys(leg.address or plain_holder(leg.account.holder) for leg in legs))
