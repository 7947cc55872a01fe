"""Replay: the part of a ledger that lies between the thefts and a destination, run once more piece by piece.

Every piece keeps the payments it went through, so that what a destination got can be told as ways that add up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from tracer.analysis.lot_queue import TracedLot, TracedLotQueue, event_pool, holder_purse, split_piece
from tracer.model import LABEL_EVENT, Account, AssetId, Event, Leg, Part
from tracer.taint import CLEAN, MINT, TaintProblem, rule_of

OPENING: Final = -1
"""Event of a node that is a stolen opening balance."""

CLEAR: Final = -1
"""Stands for no origin: clean money."""

_ALWAYS: Final = 1 << 62


class Node(NamedTuple):
    """One side of a payment that a piece was part of.

    Attributes
    ----------
    parent : int
        The node before; 0 where the way begins: with the debit of a theft, or a stolen opening balance.
    event, part, leg : int
        Which leg of the plan's events; `event` is :data:`OPENING` for a stolen opening balance, and `leg` -1 for a mint
        that is a theft.
    is_credit : bool
        Which side.
    label : int
        Origin and weakest grade after it; 0 for the clean node.
    held, beside : int
        For a debit: units of this origin the payer held before it, and all else it held.
    holder : Account or None
        For a stolen opening balance: whose.
    """

    parent: int
    event: int
    part: int
    leg: int
    is_credit: bool
    label: int
    held: int = 0
    beside: int = 0
    holder: Account | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """Stolen pieces that one credit brought to a destination.

    Attributes
    ----------
    event : int
        Index of the event; :data:`OPENING` for what the destination began with.
    account : Account
        Which holding.
    pieces : tuple of TracedLot
        Stolen ones only, in the order received.
    """

    event: int
    account: Account
    pieces: tuple[TracedLot, ...]


class Inflow(NamedTuple):
    """What one credit, or an opening balance, brought to an account on the way.

    Attributes
    ----------
    event, part, leg : int
        Which credit; `event` is :data:`OPENING` for an opening balance.
    amount : int
        All of it, base units.
    stolen : dict of int to int
        Of it stolen, by origin (its place among the origins).
    """

    event: int
    part: int
    leg: int
    amount: int
    stolen: dict[int, int]


class Commingled(NamedTuple):
    """What an account on the way held when it first paid anybody out of an origin's money and other money.

    Attributes
    ----------
    event : int
        Index of the payment.
    held, other, clean : int
        Base units of the origin, of all else, and of the latter those of no theft.
    """

    event: int
    held: int
    other: int
    clean: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    Attributes
    ----------
    nodes : list of Node
        ``nodes[0]`` is the clean node.
    received : list of Received
        In total order; what a destination holds when a label of it begins or ends it has received already, and so has
        it what it gets of its own payment (change).
    inflows : dict of Account to list of Inflow
        All that accounts on the way got while it mattered, in total order.
    mixed : dict of (Account, int) to Mixed
        By account and origin (its place among the origins): its first payment out of a mixture.
    """

    nodes: list[Node]
    received: list[Received]
    inflows: dict[Account, list[Inflow]]
    mixed: dict[tuple[Account, int], Commingled]

    def way(self, node: int) -> list[Node]:
        """Return the nodes from the theft to `node`, in order."""
        found = []
        while node:
            found.append(self.nodes[node])
            node = self.nodes[node].parent
        return found[::-1]


Target = Callable[[Leg], bool]


def replay(plan: TaintProblem, policy: str, target: Target) -> Replay:
    """Run what lies between the thefts and a destination piece by piece.

    Parameters
    ----------
    plan : TaintProblem
        Of a prepared case.
    policy : str
        One of the conserving rules.
    target : callable
        Whether a leg belongs to the destination.
    """
    walk = _Walk(plan, policy, target)
    for event in plan.events:
        if event.index in walk.active:
            walk.apply(event)
    return Replay(walk.nodes, walk.received, walk.inflows, walk.mixed)


def last_use(plan: TaintProblem, target: Target) -> tuple[dict[Account, int], set[int]]:
    """Return, for every account that can pay toward a destination, its last event that does; and the events to run.

    A destination's own accounts are used to the end.
    """
    last = dict.fromkeys(_targets(plan, target), _ALWAYS)
    active: set[int] = set()
    for event in reversed(plan.events):
        for part in event.parts:
            toward = any(leg.account in last or target(leg) for leg in part.credits)
            if toward:
                for leg in part.debits:
                    if leg.account in plan.tracked and (leg.account.chain, leg.account.holder) not in plan.stopped:
                        last.setdefault(leg.account, event.index)
            if toward or any(leg.account in last for leg in part.debits):
                active.add(event.index)
    return last, active


def _targets(plan: TaintProblem, target: Target) -> list[Account]:
    """Return the followed accounts that belong to the destination, in order."""
    found = {account for account in plan.opening if target(Leg(account, account.holder, 0))}
    found |= {
        leg.account
        for event in plan.events
        for part in event.parts
        for leg in part.credits
        if leg.account in plan.tracked and not leg.sink and target(leg)
    }
    return sorted(found)


class _Walk:
    """The state of one replay."""

    def __init__(self, plan: TaintProblem, policy: str, target: Target) -> None:
        self.plan, self.policy, self.target = plan, policy, target
        self.rule = rule_of(policy)
        self.nodes = [Node(0, OPENING, 0, 0, True, CLEAN)]
        self.known: dict[tuple[int, int, int, int, bool], int] = {}
        self.purses: dict[Account, TracedLotQueue] = {}
        self.totals: dict[Account, dict[int, int]] = {}
        self.received: list[Received] = []
        self.inflows: dict[Account, list[Inflow]] = {}
        self.mixed: dict[tuple[Account, int], Commingled] = {}
        self.given: dict[tuple[int, str, AssetId, int], int] = {}
        self.last, self.active = last_use(plan, target)
        for account, lots in sorted(plan.opening.items()):
            wanted = self.target(Leg(account, account.holder, 0))
            if account in self.last:
                pieces = [TracedLot(lot.amount, self._opening(account, lot.label)) for lot in lots]
                self._put(account, Inflow(OPENING, 0, 0, sum(lot.amount for lot in lots), {}), pieces)
                if wanted:
                    self._receive(OPENING, account, pieces)

    def label_of(self, node: int) -> int:
        return self.nodes[node].label

    def apply(self, event: Event) -> None:
        self.given = {}
        pools = [self._pool(event, index, part) for index, part in enumerate(event.parts)]
        for index, (part, pool) in enumerate(zip(event.parts, pools, strict=True)):
            self._serve(event, index, part, pool)

    def _purse(self, account: Account) -> TracedLotQueue:
        if account not in self.purses:
            self.purses[account] = holder_purse(self.policy, self.label_of)
            self.totals[account] = {}
        return self.purses[account]

    def _put(self, account: Account, inflow: Inflow, pieces: list[TracedLot]) -> None:
        self._purse(account).put(pieces)
        totals = self.totals[account]
        for piece in pieces:
            origin = self._origin(piece.node)
            totals[origin] = totals.get(origin, 0) + piece.amount
            if piece.node:
                inflow.stolen[origin] = inflow.stolen.get(origin, 0) + piece.amount
        self.inflows.setdefault(account, []).append(inflow)

    def _take(self, account: Account, amount: int) -> list[TracedLot]:
        taken = self._purse(account).take(amount)
        totals = self.totals[account]
        for piece in taken:
            totals[self._origin(piece.node)] -= piece.amount
        return taken

    def _opening(self, account: Account, label: int) -> int:
        if label == CLEAN:
            return 0
        self.nodes.append(Node(0, OPENING, 0, 0, True, label, holder=account))
        return len(self.nodes) - 1

    def _node(self, node: Node) -> int:
        key = node[:5]
        if key not in self.known:
            self.nodes.append(node)
            self.known[key] = len(self.nodes) - 1
        return self.known[key]

    def _live(self, account: Account, event: Event) -> bool:
        """Return whether what an account holds at an event still matters."""
        return self.last.get(account, OPENING) >= event.index

    def _pool(self, event: Event, index: int, part: Part) -> list[TracedLot]:
        """Take what the debits pay, in leaving order; what is paid from nowhere that matters is clean."""
        pool: list[TracedLot] = []
        places = range(len(part.debits))
        for place in reversed(places) if self.rule.debits_reversed else places:
            leg = part.debits[place]
            if not self._live(leg.account, event):
                pool.append(TracedLot(leg.amount, self._theft(event, index, place)))
                continue
            self._purse(leg.account)
            totals = dict(self.totals[leg.account])
            self._see_mixture(event, leg.account, totals)
            taken = self._take(leg.account, leg.amount)
            if (event.index, index, place) not in self.plan.thefts:
                self._give(index, leg, taken)
                pool += [piece._replace(node=self._debit(event, index, place, piece.node, totals)) for piece in taken]
            else:
                pool.append(TracedLot(leg.amount, self._theft(event, index, place)))
        if not part.debits:
            made = sum(leg.amount for leg in part.credits)
            pool.append(TracedLot(made, self._theft(event, index, MINT)))
        return self._swapped(part, pool) if part.is_swap else pool

    def _give(self, index: int, leg: Leg, taken: list[TracedLot]) -> None:
        """Take note of what a destination pays of each theft: so much of it that comes back in the part is change."""
        if self.target(leg):
            for piece in taken:
                if piece.node:
                    key = (index, leg.address or leg.account.holder, leg.account.asset, self._origin(piece.node))
                    self.given[key] = self.given.get(key, 0) + piece.amount

    def _beyond_change(self, index: int, leg: Leg, arrived: list[TracedLot]) -> list[TracedLot]:
        """Return what a credit brings beyond the change of a destination's own payment, as payments are counted."""
        place = leg.address or leg.account.holder
        kept = []
        for piece in arrived:
            key = (index, place, leg.account.asset, self._origin(piece.node))
            less = min(self.given.get(key, 0), piece.amount) if piece.node else 0
            if less:
                self.given[key] -= less
            if less < piece.amount:
                kept.append(split_piece(piece, piece.amount - less)[0])
        return kept

    def _theft(self, event: Event, index: int, place: int) -> int:
        """Return the node of what a theft takes at a debit, the beginning of its ways; 0 where it takes nothing."""
        origin = self.plan.thefts.get((event.index, index, place))
        if origin is None:
            return 0
        return self._node(Node(0, event.index, index, place, False, self.plan.labels.of(origin, event.grade)))

    def _see_mixture(self, event: Event, account: Account, totals: Mapping[int, int]) -> None:
        for origin, held in totals.items():
            other = sum(totals.values()) - held
            if origin != CLEAR and held and other:
                self.mixed.setdefault((account, origin), Commingled(event.index, held, other, totals.get(CLEAR, 0)))

    def _origin(self, node: int) -> int:
        return self.plan.labels.origin_index(self.nodes[node].label) if node else CLEAR

    def _debit(self, event: Event, index: int, place: int, node: int, totals: Mapping[int, int]) -> int:
        if not node:
            return 0
        mine = totals[self._origin(node)]
        label = self.plan.labels.weaken(self.nodes[node].label, event.grade)
        other = sum(totals.values()) - mine
        return self._node(Node(node, event.index, index, place, False, label, mine, other))

    @staticmethod
    def _swapped(part: Part, pool: list[TracedLot]) -> list[TracedLot]:
        """Scale to what was received, by cumulative floor, as the kernel does; pieces scaled to 0 are rounded away."""
        given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
        scaled = []
        before = 0
        for piece in pool:
            after = before + piece.amount
            amount = after * received // given - before * received // given
            before = after
            if amount:
                worth = (*piece.worth, piece.amount) if piece.node else ()
                scaled.append(TracedLot(amount, piece.node, worth))
        return scaled

    def _serve(self, event: Event, index: int, part: Part, pieces: list[TracedLot]) -> None:
        pool = event_pool(self.policy, self.label_of)
        if len(part.credits) > 1:
            pool.put(pieces)
        places = list(range(len(part.credits)))
        if self.rule.largest_credit_first:
            places.sort(key=lambda place: (-part.credits[place].amount, place))
        for place in places:
            leg = part.credits[place]
            served = pool.take(leg.amount) if len(part.credits) > 1 else pieces
            self._credit(event, index, place, leg, served)

    def _credit(self, event: Event, index: int, place: int, leg: Leg, pieces: list[TracedLot]) -> None:
        wanted = self.target(leg)
        if not wanted and not self._live(leg.account, event):
            return
        arrived = [self._arrived(event, index, place, piece) for piece in pieces]
        if wanted and event.kind != LABEL_EVENT:
            self._receive(event.index, leg.account, self._beyond_change(index, leg, arrived))
        if leg.sink or (leg.account.chain, leg.account.holder) in self.plan.stopped:
            return
        if (event.index, index, place) in self.plan.cut:
            arrived = [TracedLot(leg.amount, 0)]
        if leg.account in self.plan.tracked:
            self._put(leg.account, Inflow(event.index, index, place, leg.amount, {}), arrived)
            if event.kind == LABEL_EVENT:  # nobody paid: what it holds had come as it came
                before = [self.inflows.get(debit.account, []) for debit in event.parts[index].debits]
                self.inflows[leg.account][-1:] = [one for mine in before for one in mine]

    def _arrived(self, event: Event, index: int, place: int, piece: TracedLot) -> TracedLot:
        if not piece.node:
            return piece
        label = self.nodes[piece.node].label
        return piece._replace(node=self._node(Node(piece.node, event.index, index, place, True, label)))

    def _receive(self, event: int, account: Account, pieces: list[TracedLot]) -> None:
        stolen = tuple(piece for piece in pieces if piece.node)
        if stolen:
            self.received.append(Received(event, account, stolen))
