"""The most of one colour that can reach each node of a network, without a search wherever a closed form gives it.

All money that reaches a node through one other node is bounded by what reaches that one and by the arcs between them,
and both bounds together are attained: ``most(v) = sources(v) + min(capacity(u, v), most(u))``. Through several nodes
whose ways never met before, each gives its own share. So along a peel chain, and in every tree, one step a node is
enough (a prefix minimum); only where ways part and meet again is a maximum flow sought, once for each such node, and
all that follows from it is closed again. A node that a swap pays is sought too; what a search
could not settle to the unit stays a bound and a legal flow, side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from heapq import heappop, heappush
from typing import Final, NamedTuple

from tracer.bounds.network import STOLEN, UNSPOILED, Network

_METHODS = ("maxflow", "scaled", "lp")
_FILL_STEPS: Final = 1_000
"""Nodes looked at before the filling of a destination is left to a search."""


class Answer(NamedTuple):
    """The most of one colour that can reach a place.

    Attributes
    ----------
    value : int
        No rule exceeds it.
    attained : int
        Some legal flow puts this much there.
    method : str
        ``maxflow``, ``scaled`` or ``lp``.
    """

    value: int
    attained: int
    method: str = "maxflow"

    def through(self, capacity: int) -> Answer:
        """Return what of it passes an arc."""
        return Answer(min(self.value, capacity), min(self.attained, capacity), self.method)

    def beside(self, other: Answer) -> Answer:
        """Return it together with what comes from elsewhere."""
        method = max(self.method, other.method, key=_METHODS.index)
        return Answer(self.value + other.value, self.attained + other.attained, method)


class Receipts(NamedTuple):
    """All that is paid into a destination.

    Attributes
    ----------
    sources : tuple of (int, int)
        Straight from the stolen and from the clean source, base units.
    before : dict of int to int
        By node before it: what can come from there at most.
    """

    sources: tuple[int, int]
    before: dict[int, int]

    @property
    def total(self) -> int:
        """All of it, of any colour."""
        return sum(self.sources) + sum(self.before.values())


class Inflow:
    """What enters every node, and what can reach it at most.

    Parameters
    ----------
    network : Network
        Its arcs in their order: everything that enters a node comes before what leaves it.
    """

    def __init__(self, network: Network) -> None:
        size = len(network.nodes)
        self._sources = ([0] * size, [0] * size)
        self._inner: dict[int, dict[int, int]] = {}
        self._hard: set[int] = set()
        self._swap_fed: set[int] = set()
        self._root = list(range(size))
        self._ends = frozenset(network.terminals.values())
        self._known: dict[tuple[int, int], Answer] = {}
        self._last = [-1] * size
        self._read(network)

    def receipts(self, ends: Iterable[int], own: Collection[int] = ()) -> Receipts:
        """Return what is paid into some nodes; what comes from nodes of their `own` is left out."""
        stolen = clean = 0
        before: dict[int, int] = {}
        for end in ends:
            stolen += self._sources[STOLEN][end]
            clean += self._sources[UNSPOILED][end]
            for tail, capacity in self._inner.get(end, {}).items():
                if tail not in own:
                    before[tail] = before.get(tail, 0) + capacity
        return Receipts((stolen, clean), before)

    def is_open(self, paid: Receipts, colour: int) -> bool:
        """Return whether a destination is itself to be sought: ways lead there that may have met before."""
        before = paid.before
        met = len(before) > 1 and len({self._find(node) for node in before}) < len(before)
        return met and self._at_once(paid, colour) is None

    def questions(self, destinations: Iterable[Receipts], colour: int) -> list[int]:
        """Return the nodes whose most must be sought before :meth:`most` can answer, in order."""
        asked: set[int] = set()
        seen: set[int] = set()
        for paid in destinations:
            stack = [] if self.is_open(paid, colour) else [node for node in paid.before if node not in seen]
            while stack:
                node = stack.pop()
                if node in seen or (colour, node) in self._known:
                    continue
                seen.add(node)
                if self._settled(node, colour) is not None:
                    continue
                if node in self._hard:
                    asked.add(node)
                else:
                    stack.extend(self._inner.get(node, ()))
        return sorted(asked)

    def answer(self, node: int, colour: int, most: Answer) -> None:
        """Enter what a search found for a node."""
        self._known[colour, node] = most

    def most(self, paid: Receipts, colour: int) -> Answer:
        """Return the most of a colour that can reach a destination; it must not be open, nor a question be left."""
        found = self._at_once(paid, colour)
        if found is None:
            found = Answer(paid.sources[colour], paid.sources[colour])
            for node, capacity in paid.before.items():
                found = found.beside(self._node(node, colour).through(capacity))
        return found

    def fill(self, ends: Iterable[int], colour: int) -> Answer | None:
        """Return all that is paid into some nodes where a flow of one colour that fills them is found; else ``None``.

        Every node takes what it has to give from the sources first, then from the nodes before it, the latest first.
        What fills every node is a legal flow, so the answer is exact; where this fails nothing is known.
        """
        needed: dict[int, int] = {}
        waiting: list[tuple[int, int]] = []
        paid = self.receipts(ends)
        if any(end in self._swap_fed for end in ends):
            return None
        wanted, here = paid.total, paid
        for _ in range(_FILL_STEPS):
            left = wanted - min(wanted, here.sources[colour])
            for tail in sorted(here.before, key=self._last.__getitem__, reverse=True) if left else ():
                taken = min(left, here.before[tail])
                if tail not in needed:
                    heappush(waiting, (-self._last[tail], tail))
                needed[tail] = needed.get(tail, 0) + taken
                left -= taken
                if not left:
                    break
            if left:
                return None
            if not waiting:
                return Answer(paid.total, paid.total)
            node = heappop(waiting)[1]
            if node in self._swap_fed:
                return None
            wanted, here = needed[node], self.receipts([node])
        return None

    def _read(self, network: Network) -> None:
        sources, inner = self._sources, self._inner
        for arc, (tail, head, capacity) in enumerate(zip(network.tail, network.head, network.capacity, strict=True)):
            self._last[head] = arc
            if tail <= UNSPOILED:
                sources[tail][head] += capacity
                continue
            if arc in network.swaps:
                self._hard.add(head)
                self._swap_fed.add(head)
            before = inner.setdefault(head, {})
            if tail in before:
                before[tail] += capacity
                continue
            before[tail] = capacity
            if head not in self._ends:
                self._join(tail, head)

    def _join(self, tail: int, head: int) -> None:
        """Enter that a way leads from one node to the next; note where two such ways have met before."""
        one, other = self._find(tail), self._find(head)
        if one == other:
            self._hard.add(head)
        self._root[other] = one

    def _find(self, node: int) -> int:
        root = self._root
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    def _at_once(self, paid: Receipts, colour: int) -> Answer | None:
        """Return the most where the sources of the nodes just before settle it: all that enters can have the colour."""
        source, total = self._sources[colour], paid.total
        most = paid.sources[colour]
        if most < total:
            most += sum(min(capacity, source[tail]) for tail, capacity in paid.before.items())
        return Answer(most, most) if most == total else None

    def _settled(self, node: int, colour: int) -> Answer | None:
        return None if node in self._swap_fed else self._at_once(self.receipts([node]), colour)

    def _node(self, node: int, colour: int) -> Answer:
        known = self._known
        stack = [node]
        while stack:
            here = stack[-1]
            if (colour, here) in known:
                stack.pop()
                continue
            settled = self._settled(here, colour)
            if settled is not None:
                known[colour, here] = settled
                continue
            paid = self.receipts([here])
            waiting = [tail for tail in paid.before if (colour, tail) not in known]
            if waiting:
                stack.extend(waiting)
                continue
            found = Answer(paid.sources[colour], paid.sources[colour])
            for tail, capacity in paid.before.items():
                found = found.beside(known[colour, tail].through(capacity))
            known[colour, here] = found
        return known[colour, node]
