"""The linear program of a flow with gains, and the exact numbers behind its rounded answer (method bnd-swap).

The solver works in floating point, so nothing it says is trusted: its answer says which arcs are full, empty or in
between, the numbers are computed again in whole ones, and the caller proves a bound from them that any numbers give.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

from tracer.bounds.network import Swap

SOURCE: Final = 0
SINK: Final = 1
_FULL: Final = 1e-7


class Arcs(NamedTuple):
    """A region in Python integers; everything that enters a node comes before what leaves it."""

    tail: list[int]
    head: list[int]
    capacity: list[int]
    nodes: int
    swaps: Mapping[int, Swap]

    def gain(self, arc: int) -> tuple[int, int]:
        """Return (received, given) of an arc."""
        swap = self.swaps.get(arc)
        return (swap.received, swap.given) if swap else (1, 1)


def by_program(arcs: Arcs, one: int) -> tuple[list[int], frozenset[int], list[int]] | None:
    """Return a wished flow, the arcs that take what their node has left, and the potentials over `one`.

    ``None`` where the solver gives up (amounts too far apart for floating point): the caller has a bound without it.
    """
    answer = _solve(arcs)
    if answer is None:
        return None
    share, price = answer
    between = [_FULL < part < 1 - _FULL for part in share]
    return *_wished(arcs, share, between), _potentials(arcs, price, between, one)


def _solve(arcs: Arcs) -> tuple[list[float], list[Fraction]] | None:
    """Solve in shares of each arc's capacity, each row in shares of what its node can receive."""
    from ortools.linear_solver import pywraplp

    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    room, paid, shifted = [0] * arcs.nodes, [0] * arcs.nodes, [Fraction(0)] * arcs.nodes
    for arc, (tail, head, capacity) in enumerate(zip(arcs.tail, arcs.head, arcs.capacity, strict=True)):
        received, given = arcs.gain(arc)
        room[head] += -(-capacity * received // given)
        paid[tail] += capacity
        shifted[head] += arcs.swaps[arc].shifted() if arc in arcs.swaps else 0
    room = [enters or leaves or 1 for enters, leaves in zip(room, paid, strict=True)]
    rows = [
        solver.RowConstraint(-solver.infinity(), float(units / size), "")
        for units, size in zip(shifted, room, strict=True)
    ]
    columns = []
    for arc, (tail, head, capacity) in enumerate(zip(arcs.tail, arcs.head, arcs.capacity, strict=True)):
        received, given = arcs.gain(arc)
        column = solver.NumVar(0.0, 1.0, "")
        arriving = float(Fraction(capacity * received, given * room[head]))
        if head == SINK:
            solver.Objective().SetCoefficient(column, arriving)
        else:
            rows[head].SetCoefficient(column, -arriving)
        if tail != SOURCE:
            rows[tail].SetCoefficient(column, float(Fraction(capacity, room[tail])))
        columns.append(column)
    solver.Objective().SetMaximization()
    if solver.Solve() != solver.OPTIMAL:
        return None
    price = [Fraction(max(0.0, row.dual_value())) * room[SINK] / size for row, size in zip(rows, room, strict=True)]
    return [column.solution_value() for column in columns], price


def _potentials(arcs: Arcs, price: list[Fraction], between: list[bool], one: int) -> list[int]:
    """Return the potentials: along arcs neither full nor empty they differ by the gain exactly."""
    exact: dict[int, Fraction] = {SINK: Fraction(1)}
    beside: dict[int, list[int]] = defaultdict(list)
    for arc, inside in enumerate(between):
        if inside and arcs.tail[arc] != SOURCE:
            beside[arcs.tail[arc]].append(arc)
            beside[arcs.head[arc]].append(arc)
    stack = [SINK]
    while stack:
        node = stack.pop()
        for arc in beside[node]:
            received, given = arcs.gain(arc)
            tail, head = arcs.tail[arc], arcs.head[arc]
            if node == head and tail not in exact:
                exact[tail] = Fraction(-(-exact[head] * one * received // given), one)
                stack.append(tail)
            elif node == tail and head not in exact:
                exact[head] = Fraction(exact[tail] * one * given // received, one)
                stack.append(head)
    potentials = [int(exact.get(node, price[node]) * one) for node in range(arcs.nodes)]
    potentials[SOURCE] = 0
    return potentials


def _wished(arcs: Arcs, share: list[float], between: list[bool]) -> tuple[list[int], frozenset[int]]:
    """Return whole amounts, full arcs full and empty ones empty, and the arcs that take what their node has left."""
    wished = [
        int(Fraction(part) * capacity) if inside else (capacity if part > 0.5 else 0)
        for part, capacity, inside in zip(share, arcs.capacity, between, strict=True)
    ]
    last = {tail: arc for arc, (tail, inside) in enumerate(zip(arcs.tail, between, strict=True)) if inside}
    last.pop(SOURCE, None)
    return wished, frozenset(last.values())
