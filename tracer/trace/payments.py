"""Payments: what moved stolen units, resolved once into payers and payees, for whoever draws, lists or values."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from tracer.model import Account, ChainId, Event, Leg, Lot, Origin
from tracer.taint import CLEAN, Flow, Tags, TaintOutcome, TaintProblem, apportion
from tracer.trace.result import Arrival, Exit, Payment, Share, Side
from tracer.trace.stops import Stops

Holding = tuple[ChainId, str, str, Origin]
"""Chain, holder, asset and origin: one queue of receipts."""


def payments_of(
    plan: TaintProblem, outcome: TaintOutcome, stops: Stops, addresses: Mapping[Account, str], rows: Mapping[int, int]
) -> tuple[Payment, ...]:
    """Return every payment of stolen units, in total order; first what holders start with.

    Parameters
    ----------
    plan, outcome
        What was run, and what came of it.
    stops : Stops
        Why a holder absorbs.
    addresses : mapping of Account to str
        The address of an account where it is not its holder.
    rows : mapping of int to int
        `seq` of the movement of each input row that has one.
    """
    found = _openings(plan, addresses)
    for index, flows in groupby(outcome.flows, key=lambda flow: flow.event):
        found += _of_event(plan.events[index], list(flows), plan.labels, stops, rows)
    return tuple(found)


def _openings(plan: TaintProblem, addresses: Mapping[Account, str]) -> list[Payment]:
    found = []
    for account, lots in plan.opening.items():
        shares = _shares(lots, plan.labels)
        if shares:
            address = addresses.get(account, account.holder) or account.holder
            amount = sum(lot.amount for lot in lots)
            side = Side(holder=account.holder, address=address, asset=account.asset, amount=amount, shares=shares)
            grade, rough = shares[0].grade, any(lot.approximate for lot in lots)
            found.append(
                Payment(
                    seq=0,
                    event="",
                    rows=(),
                    chain=account.chain,
                    block=None,
                    time=None,
                    tx="",
                    grade=grade,
                    precision="printed" if rough else "exact",
                    senders=(),
                    payers=(),
                    payees=(side,),
                )
            )
    return found


def _of_event(event: Event, flows: list[Flow], labels: Tags, stops: Stops, rows: Mapping[int, int]) -> list[Payment]:
    """Return the payments of one event: one for each of its parts that carries stolen units."""
    places: dict[tuple[bool, Leg], deque[int]] = defaultdict(deque)
    for number, part in enumerate(event.parts):
        for is_credit, legs in ((False, part.debits), (True, part.credits)):
            for leg in legs:
                places[is_credit, leg].append(number)
    payers: dict[int, list[Side]] = defaultdict(list)
    payees: dict[int, list[Side]] = defaultdict(list)
    for flow in flows:
        left = places[flow.is_credit, flow.leg]
        # Dust of a conversion is an exit beside what its credit receives: several lots of it can be of one credit.
        number = left.popleft() if any(lot.amount for lot in flow.lots) else left[0]
        side = _side(flow, event, labels, stops)
        if side.shares:
            (payees if flow.is_credit else payers)[number].append(side)
    found = []
    for number in sorted(payers.keys() | payees.keys()):
        part = event.parts[number]
        legs = (*part.debits, *part.credits)
        seqs = sorted({rows[one.row] for leg in legs for one in leg.shown() if one.row in rows})
        found.append(
            Payment(
                seq=event.index + 1,
                event=event.name,
                rows=tuple(seqs),
                chain=event.chain,
                block=event.block,
                time=event.time,
                resolution=event.resolution,
                tx=event.tx,
                grade=event.grade,
                precision=event.precision,
                senders=tuple(dict.fromkeys(leg.address or leg.account.holder for leg in part.debits)),
                payers=tuple(payers[number]),
                payees=tuple(payees[number]),
            )
        )
    return found


def _side(flow: Flow, event: Event, labels: Tags, stops: Stops) -> Side:
    leg = flow.leg
    ends = "" if flow.fate in ("", "held") else flow.fate
    if ends == "stopped":
        ends = stops.why_stopped(leg.account)
    return Side(
        holder="" if leg.sink else leg.account.holder,
        address=leg.address if leg.sink else leg.address or leg.account.holder,
        asset=leg.account.asset,
        amount=leg.amount,
        shares=_shares(flow.lots, labels),
        ends=ends,
        chain=leg.account.chain if leg.account.chain != event.chain else None,
    )


def _shares(lots: Iterable[Lot], labels: Tags) -> tuple[Share, ...]:
    amounts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for lot in lots:
        if lot.label != CLEAN:
            amounts[lot.label][0] += lot.amount
            amounts[lot.label][1] += lot.origin_amount
    return tuple(Share(labels.origin(label), labels.grade(label), *amounts[label]) for label in sorted(amounts))


def with_kept(
    exits: Sequence[Exit], payments: Sequence[Payment], policy: str, reason: Callable[[Account, str], str]
) -> tuple[Exit, ...]:
    """Return the exits with the receipts that their units are made of.

    Parameters
    ----------
    exits : sequence of Exit
        As found.
    payments : sequence of Payment
        Of the same run.
    policy : str
        Its rule, which says which receipts a holder's payments took.
    reason : callable
        Why what an account with an address still holds is an exit.
    """
    left: dict[tuple[str, ChainId, str, str, Origin], list[Arrival]] = defaultdict(list)
    for one in payments:
        for side in one.payees:
            for share in side.shares if side.ends else ():
                key = (side.ends, one.chain, side.address, side.asset, share.origin)
                left[key].append(Arrival(one.time, one.tx, share.tainted))
    for (account, address, origin), receipts in _left(payments, policy).items():
        left[reason(account, address), account.chain, address, account.asset, origin] += receipts
    kept = []
    for leaf in exits:
        own = left.get((leaf.stop_reason, leaf.chain, leaf.address, leaf.asset, leaf.origin), [])
        both = (tuple(own), leaf.arrivals)
        whole = [found for found in both if sum(one.tainted for one in found) == leaf.tainted]
        kept.append(replace(leaf, kept=whole[0] if whole else ()))
    return tuple(kept)


def _left(payments: Sequence[Payment], policy: str) -> dict[tuple[Account, str, Origin], list[Arrival]]:
    """Return what is left of every receipt at the end: the lots of one origin leave a holder as the rule says.

    Oldest first, newest first under ``lifo``, each in proportion under ``haircut``; clean lots beside them do not
    matter for the order among lots of one origin. The debits of an event come before its credits.
    """
    queues: dict[tuple[Account, str, Origin], list[Arrival]] = defaultdict(list)
    for _, together in groupby(payments, key=lambda one: one.seq):
        group = list(together)
        for one in group:
            for side in one.payers:
                for share in side.shares:
                    _take(queues[_account(one, side), side.address, share.origin], share.tainted, policy)
        for one in group:
            for side in one.payees:
                if not side.ends:
                    for share in side.shares:
                        arrival = Arrival(one.time, one.tx, share.tainted)
                        queues[_account(one, side), side.address, share.origin].append(arrival)
    return {key: [one for one in queue if one.tainted] for key, queue in queues.items()}


def _account(payment: Payment, side: Side) -> Account:
    return Account(side.chain or payment.chain, side.holder, side.asset)


def _take(queue: list[Arrival], amount: int, policy: str) -> None:
    """Take a payment out of a queue of receipts."""
    if policy == "haircut":
        taken = (
            apportion(min(amount, sum(one.tainted for one in queue)), [one.tainted for one in queue]) if queue else []
        )
        queue[:] = [replace(one, tainted=one.tainted - part) for one, part in zip(queue, taken, strict=True)]
        return
    while amount and queue:
        place = -1 if policy == "lifo" else 0
        part = min(amount, queue[place].tainted)
        amount -= part
        if part == queue[place].tainted:
            queue.pop(place)
        else:
            queue[place] = replace(queue[place], tainted=queue[place].tainted - part)
