"""Bounds against oracles written from the definition: a linear program, and every legal rule of a tiny ledger."""

from __future__ import annotations

import pytest
from bound_oracles import Program, dense, every_rule, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import World, worlds
from test_bounds_properties import destinations

from tracer.bounds import Terminal, bounds_of, groups_of


def _against_program(world: World) -> None:
    plan = plan_of(world)
    asked = destinations(plan)
    found = bounds_of(plan, asked)
    for group in groups_of(plan):
        program = Program(plan, group)
        for name, ends in asked.items():
            interval = found.interval(name, group)
            low, high = program.interval(ends)
            if interval.method == "maxflow":
                assert (interval.min, interval.max) == (round(low), round(high)), (name, group)
            if interval.method == "maxflow":
                assert interval.min + interval.gap >= low - 1e-6
                assert interval.max - interval.gap <= high + 1e-6
            assert interval.min <= low + 1e-6
            assert interval.max >= high - 1e-6


@given(world=worlds(largest=1_000))
@settings(max_examples=40)
def test_bounds_equal_a_linear_program(world: World) -> None:
    _against_program(world)


@pytest.mark.prove
@given(world=worlds(largest=1_000))
@settings(max_examples=300)
def test_bounds_equal_a_linear_program_in_three_hundred_worlds(world: World) -> None:
    _against_program(world)


@given(world=dense())
@settings(max_examples=60)
def test_bounds_equal_a_linear_program_where_holders_pay_each_other_often(world: World) -> None:
    _against_program(world)


@given(world=dense(twice=True))
@settings(max_examples=60)
def test_bounds_of_coins_stolen_twice_are_as_near_as_they_say(world: World) -> None:
    _against_program(world)


@pytest.mark.prove
@given(world=dense(twice=True))
@settings(max_examples=300)
def test_bounds_of_coins_stolen_twice_are_as_near_as_they_say_in_three_hundred_worlds(world: World) -> None:
    _against_program(world)


@given(world=st.one_of(worlds(largest=3, swaps=False), dense(3)))
@settings(max_examples=100)
def test_bounds_are_attained_by_a_rule_among_all_there_are(world: World) -> None:
    _against_every_rule(world)


@pytest.mark.prove
@given(world=st.one_of(worlds(largest=3, swaps=False), dense(3)))
@settings(max_examples=1_000)
def test_bounds_are_attained_by_a_rule_among_all_there_are_in_a_thousand_worlds(world: World) -> None:
    _against_every_rule(world)


def _against_every_rule(world: World) -> None:
    rows = world.rows[:12]
    if not any(row.tx == "o1" for row in rows):
        return
    plan = plan_of(World(rows, world.seeds[:1], world.labels))
    states = every_rule(plan, (0,))
    asked = destinations(plan)
    found = bounds_of(plan, asked, [(0,)])
    for name, ends in asked.items():
        reached = [_units(state, ends) for state in states]
        interval = found.interval(name, (0,))
        assert (interval.min, interval.max) == (min(reached), max(reached)), name


def _units(
    state: tuple[tuple[tuple[object, int], ...], tuple[tuple[Terminal, int], ...]], ends: frozenset[Terminal]
) -> int:
    held, put = dict(state[0]), dict(state[1])
    return sum(held.get(end.account, 0) if end.fate == "held" else put.get(end, 0) for end in ends)
