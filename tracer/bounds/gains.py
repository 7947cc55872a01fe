"""The most that can arrive where swaps change amounts on the way: outer bounds, however they were found.

Method: bnd-swap.

Every node gets a potential: what one unit there is worth at the destination, at most. Whatever the potentials, the sum
over the arcs of ``capacity × max(0, gain × potential of head - potential of tail)``, and of what flooring can add at a
swap times the potential there, is never exceeded (weak duality). It is computed in whole numbers. A legal flow in whole
units shows how near that is to the truth.

Two ways to find them. If no node leads to the destination at two rates, each is worth its one rate, and a minimum cut
says where it is worth nothing (``scaled``). Otherwise a linear program says so (``lp``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from tracer.bounds.linear_program import SINK, SOURCE, Arcs, by_program
from tracer.bounds.maxflow import Amounts, Ints, max_flow
from tracer.bounds.network import Swap

_FRACTION_BITS: Final = 16
_LP_ARCS: Final = 20_000


class Gained(NamedTuple):
    """A bound, a legal flow, and the potentials that prove it: the fields of :class:`tracer.bounds.subnetwork.Most`."""

    value: int
    attained: int
    method: str
    flow: dict[int, int]
    potentials: dict[int, int]
    denominator: int


def best_gain(tail: Ints, head: Ints, capacity: list[int], nodes: int, swaps: Mapping[int, Swap]) -> Gained:
    """Return the most that can flow from node 0 to node 1, in units of node 1, from above.

    Parameters
    ----------
    tail, head, capacity
        Arcs in an order in which everything that enters a node comes before what leaves it.
    nodes : int
        How many there are.
    swaps : mapping of int to Swap
        Arcs that change the amount.
    """
    arcs = Arcs(tail.tolist(), head.tolist(), capacity, nodes, swaps)
    one = 1 << (64 + max(arcs.capacity).bit_length())
    worth, single = _worth(arcs, one)
    found = _by_cut(arcs, worth, one, "scaled" if single else "lp")
    worthwhile = not single and found.value - found.attained > 1 and len(arcs.tail) <= _LP_ARCS
    program = by_program(arcs, one) if worthwhile else None
    if program is not None:
        wished, rest, potentials = program
        flow, attained = whole_flow(arcs, wished, rest)
        found = _better(found, dual_bound(arcs, potentials, one), potentials)
        if attained > found.attained:
            found = found._replace(attained=attained, flow=flow)
    received = [one if node == SINK else 0 for node in range(arcs.nodes)]
    return _better(found, dual_bound(arcs, received, one), received)


def _better(found: Gained, value: int, potentials: Sequence[int]) -> Gained:
    return found._replace(value=value, potentials=_positive(potentials)) if value < found.value else found


def _worth(arcs: Arcs, one: int) -> tuple[list[int], bool]:
    """Return what a unit at each node is worth at the destination, rounded up, and whether it has one rate."""
    worth = [0] * arcs.nodes
    worth[SINK] = one
    least = list(worth)
    for arc in range(len(arcs.tail) - 1, -1, -1):
        tail, head = arcs.tail[arc], arcs.head[arc]
        received, given = arcs.gain(arc)
        here = -(-worth[head] * received // given)
        worth[tail] = max(worth[tail], here)
        low = least[head] * received // given
        least[tail] = min(least[tail], low) if least[tail] else low
    worth[SOURCE] = 0
    single = all((high - low) << 40 <= high for high, low in zip(worth[1:], least[1:], strict=True))
    return worth, single


def _by_cut(arcs: Arcs, worth: list[int], one: int, method: str) -> Gained:
    """Find the cut by a maximum flow of values instead of units."""
    size = []
    for arc, (tail, head, capacity) in enumerate(zip(arcs.tail, arcs.head, arcs.capacity, strict=True)):
        received, given = arcs.gain(arc)
        value = capacity * worth[head] * received // given
        if tail != SOURCE:
            value = min(value, capacity * worth[tail])
        size.append(-(-(value << _FRACTION_BITS) // one))
    found = max_flow(
        np.array(arcs.tail, dtype=np.int64),
        np.array(arcs.head, dtype=np.int64),
        Amounts.of(size),
        arcs.nodes,
        SOURCE,
        SINK,
    )
    wanted = [0] * len(size)
    for arc, moved in found.flow.items():
        tail = arcs.tail[arc]
        unit = worth[arcs.head[arc]] if tail == SOURCE else worth[tail]
        wanted[arc] = -(-moved * one // (unit << _FRACTION_BITS))
    flow, attained = whole_flow(arcs, wanted)
    potentials = [value if near else 0 for value, near in zip(worth, found.near_sink.tolist(), strict=True)]
    return Gained(dual_bound(arcs, potentials, one), attained, method, flow, _positive(potentials), one)


def whole_flow(arcs: Arcs, wanted: Sequence[int], rest: frozenset[int] = frozenset()) -> tuple[dict[int, int], int]:
    """Return the part of a wished flow that is legal in whole units, arc by arc, and what it puts at the end.

    The arcs of `rest`, one a node at most, take what the node's other arcs leave.
    """
    held, promised = [0] * arcs.nodes, [0] * arcs.nodes
    for arc, tail in enumerate(arcs.tail):
        promised[tail] += 0 if arc in rest else wanted[arc]
    flow = {}
    for arc, (tail, head, capacity) in enumerate(zip(arcs.tail, arcs.head, arcs.capacity, strict=True)):
        moved = wanted[arc]
        if arc in rest:
            moved = max(0, held[tail] - promised[tail])
        elif tail != SOURCE:
            promised[tail] -= moved
            moved = min(moved, held[tail])
        moved = min(moved, capacity)
        held[tail] -= moved
        received, given = arcs.gain(arc)
        held[head] += moved * received // given
        if moved:
            flow[arc] = moved
    return flow, held[SINK]


def dual_bound(arcs: Arcs, potentials: Sequence[int], one: int) -> int:
    """Return what no flow exceeds, given any potentials of 0 or more (the destination's is `one`, the source's 0)."""
    total = 0
    for arc, (tail, head, capacity) in enumerate(zip(arcs.tail, arcs.head, arcs.capacity, strict=True)):
        received, given = arcs.gain(arc)
        surplus = potentials[head] * received - potentials[tail] * given
        if surplus > 0:
            total += -(-capacity * surplus // given)
        if arc in arcs.swaps:
            total += arcs.swaps[arc].shifted_worth(potentials[head])
    return total // one


def _positive(potentials: Sequence[int]) -> dict[int, int]:
    return {node: value for node, value in enumerate(potentials) if value}
