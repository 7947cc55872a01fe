"""Ways: how stolen units came to a destination, payment by payment, in amounts that add up to what it got."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from tracer.analysis.commingling import beside
from tracer.analysis.lot_queue import TracedLot
from tracer.analysis.replay import OPENING, Node, Replay, Target, replay
from tracer.analysis.ways import CoHeld, Step, Total, Way, Ways
from tracer.errors import InputError
from tracer.model import LABEL_EVENT, Account, AssetId, ChainId, Event, Leg, Lot, Origin, Part
from tracer.taint import CLEAN, Flow, TaintProblem, apportion, fast_kernel
from tracer.trace import PreparedCase

_Kind = tuple[ChainId, AssetId, Origin]


def paths_to(prepared: PreparedCase, policy: str, addresses: Iterable[str]) -> Ways:
    """Return every way by which stolen units came to a destination.

    Parameters
    ----------
    prepared : PreparedCase
        A prepared case.
    policy : str
        One of the conserving rules.
    addresses : iterable of str
        Addresses or holders (outpoints) that are the destination together.

    Raises
    ------
    InputError
        If none of them is in the case.

    Notes
    -----
    Under ``haircut`` a payment takes the same share of everything, so that there is no telling which units went which
    way: the ways shown are one exact way to draw it, the oldest units first, whose amounts add up at every payment.
    """
    wanted, beside_of = frozenset(addresses), prepared.ledger.addresses

    def target(leg: Leg) -> bool:
        return leg.address in wanted or leg.account.holder in wanted or beside_of.get(leg.account) in wanted

    found = replay(prepared.plan, policy, target)
    name = ", ".join(sorted(wanted))
    if not found.received and not _known(prepared, wanted):
        raise InputError(
            f"{name or 'Nothing'} is in no row of this case.",
            why="A way can only lead to a holder or an address that the rows name.",
            next_step="Look the address up in trace.exits() or trace.movements().",
        )
    build = _Builder(prepared, found)
    kinds: dict[_Kind, list[Way]] = {}
    for account, piece in _grouped(found):
        way = build.way(account, piece)
        kinds.setdefault((account.chain, account.asset, way.origin), []).append(way)
    stands_for = _origin_amounts(prepared.plan, policy, target)
    ways: list[Way] = []
    totals: list[Total] = []
    for kind, mine in sorted(kinds.items()):
        mine.sort(key=lambda way: (-way.amount, [step.event for step in way.steps]))
        ways += _with_origin_amounts(mine, stands_for[kind])
        totals.append(Total(*kind, sum(way.amount for way in mine), stands_for[kind], len(mine)))
    return Ways(name, policy, tuple(ways), tuple(totals))


def _origin_amounts(plan: TaintProblem, policy: str, target: Target) -> dict[_Kind, int]:
    """Return what the destination's receipts stand for in the stolen asset, as the kernel counts it."""
    sums: dict[_Kind, int] = {}

    def add(account: Account, lots: Iterable[Lot]) -> None:
        for lot in lots:
            if lot.label != CLEAN:
                kind = (account.chain, account.asset, plan.labels.origin(lot.label))
                sums[kind] = sums.get(kind, 0) + lot.origin_amount

    for account, lots in plan.opening.items():
        if target(Leg(account, account.holder, 0)):
            add(account, lots)
    for index, flows in groupby(fast_kernel(plan, policy).flows, key=lambda flow: flow.event):
        mine = [flow for flow in flows if target(flow.leg) and any(lot.amount for lot in flow.lots)]
        if plan.events[index].kind == LABEL_EVENT:
            continue
        given = _given(plan.events[index], mine, plan)
        for flow in mine:
            if flow.is_credit:
                add(flow.leg.account, _beyond(flow, plan, given))
    return sums


_Given = dict[tuple[str, AssetId, int], int]


def _given(event: Event, flows: Iterable[Flow], plan: TaintProblem) -> _Given:
    """Return what a destination's addresses pay in an event, by theft, where it can come back to them as change."""
    found: _Given = {}
    for flow in flows:
        plain = any(flow.leg in part.debits and not part.is_swap for part in event.parts)
        if flow.is_credit or flow.fate or not plain:
            continue
        for lot in flow.lots:
            key = (
                flow.leg.address or flow.leg.account.holder,
                flow.leg.account.asset,
                plan.labels.origin_index(lot.label),
            )
            found[key] = found.get(key, 0) + lot.amount
    return found


def _beyond(flow: Flow, plan: TaintProblem, given: _Given) -> list[Lot]:
    """Return the lots of a credit beyond the change of the destination's own payment."""
    kept = []
    for lot in flow.lots:
        key = (flow.leg.address or flow.leg.account.holder, flow.leg.account.asset, plan.labels.origin_index(lot.label))
        less = min(given.get(key, 0), lot.amount)
        if less:
            given[key] -= less
        if less < lot.amount:
            part = lot.origin_amount * (lot.amount - less) // lot.amount
            kept.append(lot._replace(amount=lot.amount - less, origin_amount=part))
    return kept


def _with_origin_amounts(ways: list[Way], total: int) -> list[Way]:
    """Share what all of them stand for by what each way brought; equal to it unless lots of several prices met."""
    weights = [way.origin_amount for way in ways]
    shares = apportion(total, weights if any(weights) else [way.amount for way in ways])
    return [replace(way, origin_amount=share) for way, share in zip(ways, shares, strict=True)]


def _known(prepared: PreparedCase, wanted: frozenset[str]) -> bool:
    beside = prepared.ledger.addresses.values()
    return any(row.sender in wanted or row.recipient in wanted for row in prepared.ledger.rows) or any(
        address in wanted for address in beside
    )


def _grouped(found: Replay) -> list[tuple[Account, TracedLot]]:
    """Return one piece a way: pieces that one credit brought by the same payments are one."""
    together: dict[tuple[Account, int], TracedLot] = {}
    for got in found.received:
        for piece in got.pieces:
            key = (got.account, piece.node)
            if key in together:
                known = together[key]
                worth = tuple(one + other for one, other in zip(known.worth, piece.worth, strict=True))
                together[key] = TracedLot(known.amount + piece.amount, piece.node, worth)
            else:
                together[key] = piece
    return [(account, piece) for (account, _), piece in together.items()]


class _Builder:
    """Turns nodes into steps with everything a reader asks for."""

    def __init__(self, prepared: PreparedCase, found: Replay) -> None:
        self.prepared, self.found = prepared, found
        self.plan = prepared.plan

    def way(self, account: Account, piece: TracedLot) -> Way:
        """Return how a piece of an account's lots came there, from its theft on."""
        nodes = self.found.way(piece.node)
        amounts = [*piece.worth, piece.amount]
        steps = []
        while nodes:
            node = nodes.pop(0)
            if node.event == OPENING:
                steps.append(self._opening(node, amounts[0]))
                continue
            credit = nodes.pop(0)
            if self._event(node).kind == LABEL_EVENT:
                continue
            if not node.parent:
                steps.append(self._theft(node, credit, amounts[0]))
                continue
            given = amounts[0]
            if self._part(node).is_swap:
                amounts.pop(0)
            steps.append(self._payment(node, credit, given, amounts[0]))
        label = self.found.nodes[piece.node].label
        labels = self.plan.labels
        return Way(tuple(steps), account, piece.amount, labels.origin(label), piece.origin_amount, labels.grade(label))

    def _event(self, node: Node) -> Event:
        return self.plan.events[node.event]

    def _part(self, node: Node) -> Part:
        return self._event(node).parts[node.part]

    def _theft(self, node: Node, credit: Node, amount: int) -> Step:
        part = self._part(node)
        leg = part.credits[credit.leg]
        sender = part.debits[node.leg].address if part.debits else ""
        return self._step("theft", node, sender, leg, (leg.account.asset, amount), amount)

    def _payment(self, node: Node, credit: Node, given: int, received: int) -> Step:
        part = self._part(node)
        payer, payee = part.debits[node.leg], part.credits[credit.leg]
        kind = "conversion" if part.is_swap else "payment"
        return self._step(kind, node, payer.address, payee, (payer.account.asset, given), received)

    def _opening(self, node: Node, amount: int) -> Step:
        chain, holder, asset = node.holder or Account(ChainId(""), "", AssetId(""))
        return Step(
            kind="opening",
            event=OPENING,
            chain=chain,
            block=None,
            time=None,
            tx="",
            sender="",
            recipient=self.prepared.ledger.addresses.get(Account(chain, holder, asset), holder),
            asset=asset,
            amount=amount,
            asset_in=asset,
            amount_in=amount,
            paid=amount,
            held=0,
            other=0,
            beside=(),
            grade=self.plan.labels.grade(node.label),
            source_url="",
        )

    def _step(self, kind: str, node: Node, sender: str, payee: Leg, given: tuple[AssetId, int], received: int) -> Step:
        event = self._event(node)
        row = self.prepared.ledger.rows[payee.row] if payee.row is not None else None
        return Step(
            kind=kind,
            event=event.index,
            chain=event.chain,
            block=event.block,
            time=event.time,
            tx=event.tx,
            sender=sender,
            recipient=payee.address or payee.sink,
            asset=given[0],
            amount=given[1],
            asset_in=payee.account.asset,
            amount_in=received,
            paid=payee.amount,
            held=node.held,
            other=node.beside,
            beside=self._beside(node) if node.beside else (),
            grade=event.grade,
            source_url=row.source_url if row else "",
        )

    def _beside(self, node: Node) -> tuple[CoHeld, ...]:
        account = self._part(node).debits[node.leg].account
        return beside(self.prepared, self.found, account, node.event, self.plan.labels.origin_index(node.label))
