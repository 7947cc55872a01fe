"""The exact maximum flow against Dinic's algorithm in Python integers, for capacities of every size."""

from __future__ import annotations

import random

import numpy as np
import pytest
from exact_dinic import dinic

from tracer.bounds.maxflow import Amounts, max_flow, max_flow_value
from tracer.errors import AuditError

Arcs = list[tuple[int, int, int]]


def graph(seed: int) -> tuple[Arcs, int]:
    """Return random arcs; capacities from 1 to 2**200, mixed within one graph."""
    rng = random.Random(seed)
    nodes = rng.randint(3, 30)
    arcs = []
    for _ in range(rng.randint(nodes, 6 * nodes)):
        tail, head = rng.sample(range(nodes), 2)
        if tail != nodes - 1 and head != 0:
            arcs.append((tail, head, rng.randint(1, 1 << rng.choice([1, 5, 40, 62, 63, 64, 90, 127, 200]))))
    return arcs, nodes


def check(arcs: Arcs, nodes: int) -> None:
    tail, head = (np.array([arc[side] for arc in arcs], dtype=np.int64) for side in (0, 1))
    capacity = Amounts.of([arc[2] for arc in arcs])
    found = max_flow(tail, head, capacity, nodes, 0, nodes - 1)
    assert found.value == dinic(arcs, nodes, 0, nodes - 1)
    assert max_flow_value(tail, head, capacity, nodes, 0, nodes - 1) == found.value
    balance = [0] * nodes
    for arc, moved in found.flow.items():
        assert 0 < moved <= arcs[arc][2]
        balance[arcs[arc][0]] -= moved
        balance[arcs[arc][1]] += moved
    assert not any(balance[1:-1])
    assert balance[-1] == found.value
    crossing = [c for t, h, c in arcs if found.near_sink[h] and not found.near_sink[t]]
    assert sum(crossing) == found.value


@pytest.mark.parametrize("seed", range(60))
def test_flow_equals_dinic_and_its_own_cut(seed: int) -> None:
    check(*graph(seed))


@pytest.mark.prove
@pytest.mark.parametrize("start", range(0, 3_000, 300))
def test_flow_equals_dinic_and_its_own_cut_on_three_thousand_graphs(start: int) -> None:
    for seed in range(start, start + 300):
        check(*graph(1_000 + seed))


def test_capacities_beyond_64_bits_differ_by_single_units() -> None:
    big = 2**127 - 1
    arcs = [(0, 1, big), (0, 2, big), (1, 3, big - 1), (2, 3, 3), (1, 2, 7), (3, 4, 2 * big)]
    check(arcs, 5)


def test_an_arc_that_enters_no_way_to_the_sink_carries_nothing() -> None:
    check([(0, 1, 5), (2, 3, 4)], 4)


def test_scaled_amounts_are_never_too_much_and_exact_without_a_scale() -> None:
    rng = random.Random(1)
    amounts = [rng.randint(1, 1 << rng.choice([3, 30, 61, 62, 63, 64, 100, 130])) for _ in range(500)]
    held = Amounts.of(amounts)
    for limit in (1, 5, 2**40 + 3, 2**61, 2**62 - 1):
        assert held.scaled(limit, 0).tolist() == [min(amount, limit) for amount in amounts]
    for limit in (2**62, 2**64 + 7, 2**100 + 1, 2**127 - 1):
        shift = limit.bit_length() - 62
        for amount, scaled in zip(amounts, held.scaled(limit, shift).tolist(), strict=True):
            exact = min(amount, limit) >> shift
            assert exact - (exact >> 60) - 1 <= scaled <= exact


def test_a_solver_that_fails_is_an_error_and_not_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    from ortools.graph.python import max_flow as solver

    class Broken(solver.SimpleMaxFlow):
        def solve(self, source: int, sink: int) -> object:
            return self.BAD_INPUT

    monkeypatch.setattr(solver, "SimpleMaxFlow", Broken)
    with pytest.raises(AuditError, match="solver answered"):
        check([(0, 1, 5)], 2)
