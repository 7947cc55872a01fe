"""Movements and holders: every input row that touches a followed holder, and what is known of each address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from tracer.ledger import EventArrays, Ledger
from tracer.model import (
    LABEL_EVENT,
    Account,
    AssetId,
    ChainId,
    Holder,
    Leg,
    Lot,
    Shown,
    is_transit,
    plain_holder,
    weakest,
)
from tracer.registry import ended
from tracer.taint import Flow, Reach, Tags, TaintOutcome, TaintProblem, split_lot
from tracer.trace.bridging import FollowedLink
from tracer.trace.result import HolderInfo, Movement, Share
from tracer.trace.stops import Stops
from tracer.trace.thefts import Thefts
from tracer.trace.touched import Movements, TouchedRows, movement_of


def touched_rows(
    ledger: Ledger, found: Reach, plan: TaintProblem, links: Mapping[int, FollowedLink] | None = None
) -> Sequence[tuple[int, Movement]]:
    """Return every row that touches a followed holder or can carry stolen units, with its index, in total order.

    `links` are the links that are followed, by the rows that are their ends.

    A theft paid straight into a service touches nobody who is followed, and still carries what was stolen.
    """
    followed = {(account.chain, plain_holder(account.holder)) for account in plan.tracked}
    if isinstance(ledger.events, EventArrays) and not links:
        return TouchedRows(ledger.events, followed, found.row_hop)
    names: dict[int, str] = {}
    carrying: set[int] = set(found.row_hop)
    for event in ledger.events:
        for part in event.parts:
            for leg in (*part.debits, *part.credits):
                for row_index, _ in leg.shown():
                    names[row_index] = event.name
    rows: list[tuple[int, Movement]] = []
    for index, row in enumerate(ledger.rows):
        touches = (row.chain, row.sender) in followed or (row.chain, row.recipient) in followed
        if not touches and index not in carrying:
            continue
        made = movement_of(row, len(rows) + 1, names.get(index, row.event), found.row_hop.get(index, -1))
        rows.append((index, made if links is None or index not in links else _linked(made, index, links[index])))
    return tuple(rows)


def _linked(movement: Movement, index: int, one: FollowedLink) -> Movement:
    """Return a movement that is an end of a link; what comes out of it is as sure as the link."""
    grade = weakest((movement.grade, one.link.grade)) if index == one.destination else movement.grade
    return replace(movement, grade=grade, link=one.name)


def untouched_rows(ledger: Ledger, touched: Sequence[tuple[int, Movement]]) -> tuple[Movement, ...]:
    """Return the other rows of the case, in total order: no stolen money is in them, but a published figure can be."""
    if isinstance(touched, TouchedRows):
        return tuple(touched.untouched())
    known = {index for index, _ in touched}
    return tuple(movement_of(row, 0, row.event, -1) for index, row in enumerate(ledger.rows) if index not in known)


def movements_of(
    touched: Sequence[tuple[int, Movement]], plan: TaintProblem, outcome: TaintOutcome
) -> Sequence[Movement]:
    """Return the rows of :func:`touched_rows` with the stolen units that a policy puts in them."""
    carried, labels = _carried(plan, outcome), plan.labels
    if isinstance(touched, TouchedRows):
        return Movements(touched, {index: _shares(lots, labels) for index, lots in carried.items()})
    return tuple(
        replace(movement, shares=_shares(carried[index], labels)) if index in carried else movement
        for index, movement in touched
    )


def _carried(plan: TaintProblem, outcome: TaintOutcome) -> dict[int, tuple[Lot, ...]]:
    """Return the stolen lots of each row: its credit's, or its debit's where no part credits stolen units by the row.

    Where a part has debit and credit of the row, the credit's alone count, and none are none.

    The lots of a leg that is the net of several rows are laid into them in order, into each no more than it moves, and
    of a credit no more than the payer of the row gave of them: what somebody did not hold it cannot pay.
    """
    received: dict[int, tuple[Lot, ...]] = {}
    paid: dict[int, tuple[Lot, ...]] = {}
    for index, flows in groupby(outcome.flows, key=lambda flow: flow.event):
        here = list(flows)
        rows = _Rows(plan, index, here)
        for flow in here:
            carried = received if flow.is_credit else paid
            for row, lots in rows.of_credit(flow) if flow.is_credit else rows.of_debit(flow):
                carried[row] = carried.get(row, ()) + lots
        for row, lots in rows.of_thefts(plan.labels):
            paid[row] = paid.get(row, ()) + lots
    return paid | received


class _Rows:
    """The rows of one event, and how much of which lots the payer of each can still have given."""

    def __init__(self, plan: TaintProblem, index: int, flows: Sequence[Flow]) -> None:
        parts = plan.events[index].parts
        self._plan, self._event = plan, plan.events[index]
        self._credited: set[tuple[Leg, int]] = set()
        self._payer: dict[int, Account] = {}
        robbed: set[Account] = set()
        for number, part in enumerate(parts):
            shown = {row for leg in part.credits for row, _ in _shown(leg)}
            for place, leg in enumerate(part.debits):
                mine = {row for row, _ in _shown(leg)}
                self._credited |= {(leg, row) for row in mine & shown}
                self._payer |= dict.fromkeys(mine & shown, leg.account)
                if (index, number, place) in plan.thefts:
                    robbed.add(leg.account)
        self._given: dict[tuple[Account, int], int] = {}
        for flow in flows:
            if not flow.is_credit:
                for lot in flow.lots:
                    key = flow.leg.account, lot.label
                    self._given[key] = self._given.get(key, 0) + lot.amount
        self._any = robbed

    def of_debit(self, flow: Flow) -> Iterator[tuple[int, tuple[Lot, ...]]]:
        """Yield the rows of a debit that no credit of its part is shown in, with what they carry.

        What a theft takes of units stolen before ends there: its row carries what it takes as its own.
        """
        if flow.fate == "stolen_again":
            return iter(())
        return ((row, lots) for row, lots in _laid(flow.leg, flow.lots) if (flow.leg, row) not in self._credited)

    def of_thefts(self, labels: Tags) -> Iterator[tuple[int, tuple[Lot, ...]]]:
        """Yield the rows in which victims lose what is stolen that no credit is shown in: somebody passed it on."""
        for number, part in enumerate(self._event.parts):
            for place, leg in enumerate(part.debits):
                origin = self._plan.thefts.get((self._event.index, number, place))
                if origin is not None:
                    lot = Lot(leg.amount, labels.of(origin, self._event.grade), leg.amount)
                    yield from ((row, lots) for row, lots in _laid(leg, (lot,)) if (leg, row) not in self._credited)

    def of_credit(self, flow: Flow) -> Iterator[tuple[int, tuple[Lot, ...]]]:
        """Yield the rows of a credit with what they carry."""
        shown = list(_shown(flow.leg))
        if len({self._payer.get(row) for row, _ in shown}) < 2:
            yield from _laid(flow.leg, flow.lots)
            return
        left, mine = list(flow.lots), {row: list[Lot]() for row, _ in shown}
        room = dict(shown)
        for capped in (True, False):  # what no payer is known to have given is laid in order
            for row, _ in shown:
                left = self._lay(left, mine[row], room, row, capped=capped)
        for row, lots in mine.items():
            if lots:
                yield row, tuple(lots)

    def _lay(self, lots: Sequence[Lot], mine: list[Lot], room: dict[int, int], row: int, *, capped: bool) -> list[Lot]:
        payer, rest = self._payer.get(row), []
        for lot in lots:
            free = room[row]
            if capped and payer is not None and payer not in self._any:
                free = min(free, self._given.get((payer, lot.label), 0))
            if lot.amount > free:
                if not free:
                    rest.append(lot)
                    continue
                taken, over = split_lot(lot, free)
                rest.append(over)
            else:
                taken = lot
            mine.append(taken)
            room[row] -= taken.amount
            if payer is not None and (payer, lot.label) in self._given:
                self._given[payer, lot.label] -= taken.amount
        return rest


def _shown(leg: Leg) -> tuple[Shown, ...]:
    return tuple(leg.shown())


def _laid(leg: Leg, lots: tuple[Lot, ...]) -> Iterator[tuple[int, tuple[Lot, ...]]]:
    if not leg.rows:
        if leg.row is not None:
            yield leg.row, lots
        return
    left = list(reversed(lots))
    for row, room in leg.rows:
        mine: list[Lot] = []
        free = room
        while left and (free or not left[-1].amount):
            lot = left.pop()
            if lot.amount > free:
                lot, rest = split_lot(lot, free)
                left.append(rest)
            mine.append(lot)
            free -= lot.amount
        if mine:
            yield row, tuple(mine)


def _shares(lots: tuple[Lot, ...], labels: Tags) -> tuple[Share, ...]:
    amounts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for lot in lots:
        amounts[lot.label][0] += lot.amount
        amounts[lot.label][1] += lot.origin_amount
    return tuple(Share(labels.origin(label), labels.grade(label), *amounts[label]) for label in sorted(amounts))


def holders_of(ledger: Ledger, found: Reach, stops: Stops, thefts: Thefts) -> dict[tuple[ChainId, str], HolderInfo]:
    """Return every address reached, in order of (hop, first time, chain, address); unknown times come first."""
    received = _received(ledger, found.hop)
    seeds = _seeds(thefts)
    holders: dict[tuple[ChainId, str], HolderInfo] = {}
    latest: dict[tuple[ChainId, str], str] = {}
    for (chain, holder), hop in found.hop.items():
        if is_transit(holder):
            continue
        key = (chain, stops.address_of(chain, holder))
        labels = stops.labels_of(chain, holder)
        reason, stop_label = stops.why(chain, holder)
        first = found.first_time[chain, holder]
        earlier = holders.get(key)
        nearest = hop if earlier is None else min(hop, earlier.hop)
        if earlier is not None:
            if earlier.stop_reason and (not reason or latest[key] > holder):
                reason, stop_label = earlier.stop_reason, earlier.stop_label
            first = None if first is None or earlier.first_time is None else min(first, earlier.first_time)
        latest[key] = max(latest.get(key, ""), holder)
        is_seed = (chain, holder) in seeds or (earlier is not None and earlier.is_seed)
        holders[key] = HolderInfo(
            *key,
            nearest,
            first,
            stops.shown(chain, holder) if labels else None,
            labels,
            reason,
            stop_label,
            is_seed,
            received.get(key, {}),
            elsewhere=tuple(label for label in stops.labels.elsewhere(*key) if not ended(label, first)),
            names=stops.names(chain, holder) if labels else (),
        )
    order = sorted(holders, key=lambda key: (holders[key].hop, holders[key].first_time or 0, key))
    return {key: holders[key] for key in order}


def _received(ledger: Ledger, holders: Container[Holder]) -> dict[tuple[ChainId, str], dict[AssetId, int]]:
    received: dict[tuple[ChainId, str], dict[AssetId, int]] = {}
    if isinstance(ledger.events, EventArrays) and not ledger.addresses:
        for (chain, holder, asset), amount in ledger.events.received(holders).items():
            received.setdefault((chain, holder), {})[asset] = amount
        return received
    for event in ledger.events:
        if event.kind == LABEL_EVENT:
            continue
        for part in event.parts:
            for leg in part.credits:
                if not leg.sink:
                    mine = received.setdefault((leg.account.chain, leg.address), {})
                    mine[leg.account.asset] = mine.get(leg.account.asset, 0) + leg.amount
    return {key: dict(sorted(mine.items())) for key, mine in received.items()}


def _seeds(thefts: Thefts) -> set[tuple[ChainId, str]]:
    """Return the holders the thefts pay, and those that start with stolen units."""
    return {account[:2] for account in (*thefts.paid, *thefts.opening)}
