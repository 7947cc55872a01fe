"""Reach on a ledger of arrays: a payment is looked at only where its payer can have stolen units (method reach)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from tracer.ledger import EventArrays
from tracer.model import Account, ChainId, Event, is_transit
from tracer.taint.reach_step import Reach, Step


def reach_of_arrays(
    events: EventArrays,
    opening: Mapping[Account, int],
    stolen_at_opening: Mapping[Account, int],
    thefts: Collection[tuple[int, int, int]],
    stops: Callable[[ChainId, str], bool],
    min_amount: int = 0,
) -> Reach:
    """Follow the most that can be stolen through a ledger of arrays; as :func:`tracer.taint.reach`."""
    walk = Step({}, dict(stolen_at_opening), thefts, stops, min_amount)
    for account in stolen_at_opening:
        walk.start(account)
    found = walk.found
    accounts = list(events.numbers)
    held: list[int] = [opening.get(account, 0) for account in accounts]
    caps = [stolen_at_opening.get(account, 0) for account in accounts]
    holders = [(account.chain, account.holder) for account in accounts]
    absorbs: list[bool | None] = [None] * len(accounts)
    amounts, after, rows = events.amounts, events.after_debit, events.row
    hops, first_time, row_hop = found.hop, found.first_time, found.row_hop
    tracked, arrived = found.tracked, found.arrived
    for index, (payer, payee) in enumerate(zip(events.payer.tolist(), events.payee.tolist(), strict=True)):
        if payer < 0:
            _apply(walk, events.whole[index], events, caps, held)
            continue
        cap = caps[payer]
        if not cap:
            continue
        amount = amounts[index]
        left = held[payer] + after[index]
        most = cap if cap < amount else amount
        if left < cap:
            caps[payer] = left
        hop = hops[holders[payer]] + 1
        holder = holders[payee]
        row_hop[int(rows[index])] = hop
        if holder not in first_time:
            first_time[holder] = events.time_of(index)
            hops[holder] = hop
        elif hop < hops[holder]:
            hops[holder] = hop
        stopped = absorbs[payee]
        if stopped is None:
            stopped = absorbs[payee] = stops(*holder)
        if stopped:
            continue
        if most < min_amount:
            found.cut.add((index, 0, 0))
            continue
        account = accounts[payee]
        if account in arrived:
            arrived[account] += most
        else:
            tracked.add(account)
            arrived[account] = most
        caps[payee] += most
    for passage in [holder for holder in hops if is_transit(holder[1])]:
        del hops[passage], first_time[passage]
    return found


def _apply(walk: Step, event: Event, events: EventArrays, caps: list[int], held: list[int]) -> None:
    """Follow one event that is no plain payment, with the balances and caps of its accounts."""
    mine = {leg.account: events.numbers[leg.account] for part in event.parts for leg in (*part.debits, *part.credits)}
    walk.balance = {
        account: held[number] + events.balance_before(number, event.index) for account, number in mine.items()
    }
    walk.cap = {account: caps[number] for account, number in mine.items()}
    walk.apply(event)
    for account, number in mine.items():
        caps[number] = walk.cap.get(account, 0)
