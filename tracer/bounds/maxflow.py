"""Exact maximum flow for capacities of any size, around a solver of 64-bit integers (method bnd-maxflow).

The solver works on capacities divided by a power of two; what is missing is pushed through the exact residual network
in further rounds, until the flow equals the capacity of a cut, both in exact integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tracer.errors import AuditError

Ints = npt.NDArray[np.int64]
Nodes = npt.NDArray[np.bool_]
_BITS: Final = 62


@dataclass(frozen=True, slots=True)
class Amounts:
    """Whole amounts of any size, with their leading bits beside them for fast scaling.

    Attributes
    ----------
    exact : ndarray of object
        Python integers.
    top, shift : ndarray of int64
        ``top << shift`` is the amount with all but its 62 leading bits cleared.
    """

    exact: npt.NDArray[np.object_]
    top: Ints
    shift: Ints

    @classmethod
    def of(cls, amounts: Sequence[int]) -> Amounts:
        """Return amounts from Python integers."""
        shift = [max(0, amount.bit_length() - _BITS) for amount in amounts]
        top = [amount >> bits for amount, bits in zip(amounts, shift, strict=True)]
        exact = np.empty(len(amounts), dtype=object)
        exact[:] = amounts
        return cls(exact, np.array(top, dtype=np.int64), np.array(shift, dtype=np.int64))

    def pick(self, places: Ints) -> Amounts:
        """Return the amounts at some places."""
        return Amounts(self.exact[places], self.top[places], self.shift[places])

    def scaled(self, limit: int, shift: int) -> Ints:
        """Return the amounts, clipped to `limit`, divided by ``2**shift``; never too much, and exact if shift is 0."""
        most = limit >> shift
        up, down = np.maximum(self.shift - shift, 0), np.maximum(shift - self.shift, 0)
        clipped = np.minimum(self.top >> np.minimum(down, _BITS), most)
        up = np.minimum(up, _BITS)
        out: Ints = np.where(clipped > most >> up, most, clipped << up)
        return out


class MaxFlow(NamedTuple):
    """A maximum flow and the cut that proves it.

    Attributes
    ----------
    value : int
        Of the flow, and the capacity of the cut.
    flow : dict of int to int
        Whole units, by arc, where above 0.
    near_sink : ndarray of bool
        The nodes on the sink's side of the cut.
    received : int
        All that the sink's own arcs could carry.
    """

    value: int
    flow: dict[int, int]
    near_sink: Nodes
    received: int


def max_flow(tail: Ints, head: Ints, capacity: Amounts, nodes: int, source: int, sink: int) -> MaxFlow:
    """Return a maximum flow from source to sink.

    Parameters
    ----------
    tail, head : ndarray of int64
        Nodes of every arc, from 0.
    capacity : Amounts
        Above 0.
    nodes : int
        How many there are.

    Raises
    ------
    AuditError
        If the solver fails: a fault of the program.

    Notes
    -----
    The flow is asserted to equal the capacity of the cut in exact integers before it is returned.
    """
    rounds = _Rounds(tail, head, capacity, nodes, source, sink)
    only_sink: Nodes = np.zeros(nodes, dtype=np.bool_)
    only_sink[sink] = True
    near, received = only_sink, rounds.crossing(only_sink)
    limit = min(received, sum(capacity.exact[tail == source].tolist()))
    while limit:
        shift = max(0, limit.bit_length() - _BITS)
        pushed, near = rounds.push(limit, shift)
        limit = min(limit - pushed, rounds.crossing(near) - rounds.value)
        if not shift:
            break
    if rounds.value == received:
        near = only_sink
    elif rounds.crossing(near) != rounds.value:
        near = rounds.residual_side()
    if near[source] or rounds.crossing(near) != rounds.value:
        raise _unequal()
    return MaxFlow(rounds.value, {arc: moved for arc, moved in sorted(rounds.flow.items()) if moved}, near, received)


def max_flow_value(tail: Ints, head: Ints, capacity: Amounts, nodes: int, source: int, sink: int) -> int:
    """Return the value of a maximum flow; parameters and faults as of :func:`max_flow`.

    Notes
    -----
    Any cut whose capacity the flow attains proves the value, hence the least of those met on the way is enough, and
    the cut next to the sink, for which :func:`max_flow` searches once more, need not be known.
    """
    rounds = _Rounds(tail, head, capacity, nodes, source, sink)
    least = int(min(sum(capacity.exact[side].tolist()) for side in (head == sink, tail == source)))
    while rounds.value < least:
        limit = least - rounds.value
        shift = max(0, limit.bit_length() - _BITS)
        _, near = rounds.push(limit, shift)
        least = min(least, rounds.crossing(near))
        if not shift:
            break
    if rounds.value != least:
        raise _unequal()
    return rounds.value


def _unequal() -> AuditError:
    return AuditError("A maximum flow does not equal its cut.", next_step="Please report the case: it is a fault.")


class _Rounds:
    """The flow so far, kept where it is not 0, and the network it runs through."""

    def __init__(self, tail: Ints, head: Ints, capacity: Amounts, nodes: int, source: int, sink: int) -> None:
        self.tail, self.head, self.capacity = tail, head, capacity
        self.nodes, self.source, self.sink = nodes, source, sink
        self.flow: dict[int, int] = {}
        self.value = 0

    def push(self, limit: int, shift: int) -> tuple[int, Nodes]:
        """Push at most `limit` more through the residual network; return how much, and the sink's side of the cut.

        The solver runs from the sink to the source: what a destination received is less than what was stolen, hence
        less is pushed and the search stays near the destination.
        """
        from ortools.graph.python import max_flow as solver

        forward = self.capacity.scaled(limit, shift)
        used = np.array(list(self.flow), dtype=np.int64)
        for arc, moved in self.flow.items():
            forward[arc] = min(self.capacity.exact[arc] - moved, limit) >> shift
        backward = np.array([min(moved, limit) >> shift for moved in self.flow.values()], dtype=np.int64)
        graph: Any = solver.SimpleMaxFlow()
        graph.add_arcs_with_capacity(self.head, self.tail, forward)
        graph.add_arcs_with_capacity(self.tail[used], self.head[used], backward)
        graph.add_arcs_with_capacity(np.array([self.nodes]), np.array([self.sink]), np.array([limit >> shift]))
        status = graph.solve(self.nodes, self.source)
        if status != graph.OPTIMAL:
            raise AuditError(f"The maximum-flow solver answered {status}.", next_step="Please report the case.")
        size = len(self.tail)
        moved_ahead = graph.flows(np.arange(size))
        for arc in np.nonzero(moved_ahead)[0].tolist():
            self.flow[arc] = self.flow.get(arc, 0) + (int(moved_ahead[arc]) << shift)
        moved_back = graph.flows(np.arange(size, size + len(used)))
        for place in np.nonzero(moved_back)[0].tolist():
            self.flow[int(used[place])] -= int(moved_back[place]) << shift
        near: Nodes = np.zeros(self.nodes + 1, dtype=np.bool_)
        near[graph.get_source_side_min_cut()] = True
        near[self.sink] = True
        pushed = int(graph.optimal_flow()) << shift
        self.value += pushed
        return pushed, near[: self.nodes]

    def crossing(self, near: Nodes) -> int:
        """Return the exact capacity of a cut."""
        arcs = np.nonzero(near[self.head] & ~near[self.tail])[0]
        return int(sum(self.capacity.exact[arcs].tolist()))

    def residual_side(self) -> Nodes:
        """Return the nodes from which more could still reach the sink, in exact integers."""
        full = [arc for arc, moved in self.flow.items() if moved == self.capacity.exact[arc]]
        used = np.array([arc for arc, moved in self.flow.items() if moved], dtype=np.int64)
        ahead: Nodes = np.ones(len(self.tail), dtype=np.bool_)
        ahead[full] = False
        start = np.concatenate((self.tail[ahead], self.head[used]))
        end = np.concatenate((self.head[ahead], self.tail[used]))
        order = np.argsort(end, kind="stable")
        before = start[order].tolist()
        first = np.searchsorted(end[order], np.arange(self.nodes + 1)).tolist()
        stack, seen = [self.sink], {self.sink}
        while stack:
            node = stack.pop()
            for other in before[first[node] : first[node + 1]]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        near: Nodes = np.zeros(self.nodes, dtype=np.bool_)
        near[list(seen)] = True
        return near
