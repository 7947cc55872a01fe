"""Laws of bounds on random worlds: no policy leaves them, certificates hold, and missing money is never certainty."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from bound_oracles import Program, dense, plan_of, put, trades
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import World, worlds
from vectors import CONSERVING, HAND_ROWS, HAND_SEED

from tracer.bounds import Bounds, Terminal, bounds_of, certainty_class, check_certificate, groups_of, terminals_of
from tracer.bounds.network import STOLEN
from tracer.bounds.time_expanded import build_network
from tracer.errors import AuditError
from tracer.model import Transfer
from tracer.taint import TaintProblem


def destinations(plan: TaintProblem) -> dict[str, frozenset[Terminal]]:
    """Return every terminal alone, and all terminals of one asset together, but one."""
    ends = terminals_of(plan)
    alone = {str(place): frozenset({end}) for place, end in enumerate(ends)}
    for asset in sorted({end.account.asset for end in ends}):
        mine = [end for end in ends if end.account.asset == asset]
        alone[f"all {asset}"] = frozenset(mine)
        alone[f"all but one {asset}"] = frozenset(mine[1:])
    return alone


def check_policies(world: World, **options: object) -> Bounds:
    """Assert that what every policy puts at every destination lies inside its bounds; return them."""
    plan = plan_of(world, **options)
    asked = destinations(plan)
    found = bounds_of(plan, asked)
    for policy in CONSERVING:
        ends = put(plan, policy)
        assert ends.keys() <= set(terminals_of(plan))
        for name, group in itertools.product(asked, groups_of(plan)):
            interval = found.interval(name, group)
            mine = sum(amount for end in asked[name] for origin, amount in ends.get(end, {}).items() if origin in group)
            assert interval.min <= mine <= interval.max, (policy, name, group, interval, mine)
            assert 0 <= interval.min <= interval.max <= interval.received
    return found


@given(world=worlds(), least=st.sampled_from([0, 0, 3, 10**6]))
@settings(max_examples=60)
def test_no_policy_leaves_the_bounds(world: World, least: int) -> None:
    check_policies(world, min_amount=least)


@given(world=worlds(swaps=False), hops=st.sampled_from([None, 2]))
@settings(max_examples=60)
def test_no_policy_leaves_the_exact_bounds_of_ledgers_without_swaps(world: World, hops: int | None) -> None:
    found = check_policies(world, max_hops=hops)
    assert {i.method for i in found.intervals.values()} <= {"maxflow"}
    assert not any(i.gap for i in found.intervals.values())


@given(world=dense(twice=True))
@settings(max_examples=60)
def test_no_policy_leaves_the_bounds_where_coins_are_stolen_twice(world: World) -> None:
    check_policies(world)


@given(world=worlds(largest=12))
@settings(max_examples=60)
def test_no_policy_leaves_the_bounds_where_swaps_round_nearly_everything_away(world: World) -> None:
    check_policies(world)


@pytest.mark.prove
@pytest.mark.parametrize("make", [worlds, lambda: worlds(largest=12), lambda: dense(twice=True)])
def test_no_policy_leaves_the_bounds_in_two_thousand_worlds(make: Callable[[], st.SearchStrategy[World]]) -> None:
    @given(world=make(), least=st.sampled_from([0, 0, 3]))
    @settings(max_examples=2_000)
    def run(world: World, least: int) -> None:
        check_policies(world, min_amount=least)

    run()


@given(world=worlds())
@settings(max_examples=30)
def test_every_certificate_passes_its_checker(world: World) -> None:
    plan = plan_of(world)
    found = bounds_of(plan, destinations(plan))
    for name, group in itertools.product(found.destinations, groups_of(plan)):
        interval = found.interval(name, group)
        for direction in ("min", "max"):
            certificate = found.certificate(name, group, direction)
            assert certificate["value"] == str(getattr(interval, direction))
            check_certificate(certificate, plan)


@given(world=worlds(swaps=False))
@settings(max_examples=40)
def test_what_every_rule_takes_ends_somewhere(world: World) -> None:
    plan = plan_of(world)
    for group in groups_of(plan):
        interval = bounds_of(plan, {"all": terminals_of(plan)}, [group]).interval("all", group)
        assert interval.max <= interval.total
        assert interval.min == interval.max == interval.total


@given(world=worlds(largest=20))
@settings(max_examples=60)
def test_without_one_clean_payment_no_certainty_stands_that_the_whole_ledger_does_not_give(world: World) -> None:
    whole = plan_of(world)
    asked = destinations(whole)
    truth = bounds_of(whole, asked)
    for lost in _clean_inflows(world, whole):
        rows = tuple(row for row in world.rows if row is not lost)
        plan = plan_of(World(rows, world.seeds, world.labels))
        found = bounds_of(plan, asked)
        accounts = {account for name, group in found.intervals for account in found.holders_between(name, group)}
        closed = {account for account in accounts if account.holder not in {lost.sender, lost.recipient}}
        for key, interval in found.intervals.items():
            held, missing = found.certainty(*key, closed)
            assert (held == "CONDITIONAL") == bool(missing)
            if held in {"FORCED", "PARTIAL"}:
                assert (interval.min, interval.max) == (truth.interval(*key).min, truth.interval(*key).max)
                assert held == certainty_class(truth.interval(*key).min, truth.interval(*key).max)


def _clean_inflows(world: World, plan: TaintProblem) -> list[Transfer]:
    """Return the payments that cannot have carried stolen money: their payer is never reached."""
    reached = {account.holder for account in plan.tracked}
    return [row for row in world.rows if not row.event and not row.tx and row.amount and row.sender not in reached]


@given(world=trades())
@settings(max_examples=40)
def test_with_swaps_the_gap_says_how_far_the_bounds_can_be_from_a_linear_program(world: World) -> None:
    plan = plan_of(world)
    asked = destinations(plan)
    program = Program(plan, (0,))
    for (name, _), interval in bounds_of(plan, asked).intervals.items():
        low, high = program.interval(asked[name])
        assert interval.min - 1e-3 <= low <= interval.min + interval.gap + 1.001
        assert interval.max - interval.gap - 1.001 <= high <= interval.max + 1e-3


@given(world=trades(10**18))
@settings(max_examples=40)
def test_with_swaps_of_real_sizes_the_gap_is_below_a_millionth_and_no_policy_is_outside(world: World) -> None:
    found = check_policies(world)
    assert all(i.gap * 10**6 <= i.received for i in found.intervals.values())


@given(world=st.one_of(dense(), trades(), worlds(largest=50)))
@settings(max_examples=100)
def test_what_enters_a_phase_of_an_account_is_what_leaves_it(world: World) -> None:
    plan = plan_of(world)
    network = build_network(plan, (0,))
    balance = [0] * len(network.nodes)
    left: set[int] = set()
    for tail, head, capacity in zip(network.tail, network.head, network.capacity, strict=True):
        assert head not in left
        left.add(tail)
        balance[tail] -= capacity
        balance[head] += capacity
    assert not any(balance[node] for node in network.accounts)
    assert sum(network.capacity[arc] for arc, tail in enumerate(network.tail) if tail == STOLEN) == network.total


def test_a_broken_balance_is_an_error_and_no_figure() -> None:
    plan = plan_of(World(HAND_ROWS, (HAND_SEED,), ()))
    account = next(account for account in plan.opening if plan.opening[account])
    broken = replace(plan, opening={**plan.opening, account: ()})
    with pytest.raises(AuditError, match="but holds"):
        bounds_of(broken, {})
