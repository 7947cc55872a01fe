"""Laws of accounting, for every policy, on random worlds; and a coin-by-coin oracle apart from the kernel."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_ledgers import World, worlds
from vectors import CHAIN, CONSERVING, UNIT, held_and_left, traced

from tracer.model import Transfer
from tracer.registry import LabelIndex
from tracer.taint import poison, reference_kernel
from tracer.trace import CaseData, Options, prepare


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds())
def test_every_unit_stolen_is_in_exactly_one_exit(policy: str, world: World) -> None:
    result = traced(world.rows, world.seeds, policy, world.labels)
    assert result.audit.closed
    assert all(difference == 0 for difference in result.audit.difference.values())
    assert sum(result.stolen.values()) == sum(leaf.origin_amount for leaf in result.exits)


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds())
def test_no_movement_carries_more_than_it_moves_and_nobody_holds_more_than_a_balance(policy: str, world: World) -> None:
    inputs = CaseData("w", "", world.rows, world.seeds, LabelIndex(world.labels, ""))
    prepared = prepare(inputs, Options())
    outcome = reference_kernel(prepared.plan, policy)
    for flow in outcome.flows:
        carried = sum(lot.amount for lot in flow.lots)
        assert 0 <= carried <= flow.leg.amount
        assert all(lot.amount >= 0 and lot.origin_amount >= 0 for lot in flow.lots)
    balance: dict[object, int] = defaultdict(int, prepared.ledger.opening)
    for event in prepared.ledger.events:
        for part in event.parts:
            for leg in part.debits:
                balance[leg.account] -= leg.amount
                assert balance[leg.account] >= 0
        for part in event.parts:
            for leg in part.credits:
                balance[leg.account] += 0 if leg.sink else leg.amount
    for account, lots in outcome.lots.items():
        assert sum(lot.amount for lot in lots) == balance[account]


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds())
def test_what_a_policy_taints_lies_within_the_reach_and_the_reach_within_the_poison(policy: str, world: World) -> None:
    inputs = CaseData("w", "", world.rows, world.seeds, LabelIndex(world.labels, ""))
    prepared = prepare(inputs, Options())
    outcome = reference_kernel(prepared.plan, policy)
    tainted = {flow.leg.account for flow in outcome.flows if flow.is_credit and not flow.leg.sink}
    poisoned = set(poison(prepared.ledger.events, {}, prepared.thefts.debits, prepared.stops))
    absorbing = {account for account in poisoned if prepared.stops(account.chain, account.holder)}
    assert tainted <= prepared.found.tracked | absorbing
    assert prepared.found.tracked <= poisoned


def _independent(first: Transfer, second: Transfer) -> bool:
    return not {first.sender, first.recipient} & {second.sender, second.recipient}


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds(swaps=False, groups=False), data=st.data())
def test_the_order_of_unrelated_events_does_not_matter(policy: str, world: World, data: st.DataObject) -> None:
    rows = list(world.rows)
    pairs = [i for i in range(len(rows) - 1) if _independent(rows[i], rows[i + 1])]
    if not pairs:
        return
    i = data.draw(st.sampled_from(pairs))
    rows[i], rows[i + 1] = rows[i + 1], rows[i]
    renumbered = [_at(row, place) for place, row in enumerate(rows)]
    before = traced([_at(row, place) for place, row in enumerate(world.rows)], world.seeds, policy, world.labels)
    after = traced(renumbered, world.seeds, policy, world.labels)
    assert held_and_left(before) == held_and_left(after)
    assert [leaf.origin_amount for leaf in before.exits] == [leaf.origin_amount for leaf in after.exits]


def _at(row: Transfer, place: int) -> Transfer:
    from dataclasses import replace

    return replace(row, row=place + 1, time=place)


@given(world=worlds(largest=6, swaps=False, groups=False), policy=st.sampled_from(["fifo", "lifo"]))
def test_fifo_and_lifo_equal_a_count_of_single_coins(policy: str, world: World) -> None:
    """Every unit is its own object in a list; nothing is split, merged or scaled."""
    result = traced(world.rows, world.seeds, policy, world.labels)
    assert held_and_left(result) == _coin_by_coin(world, newest_first=policy == "lifo")


def _coin_by_coin(world: World, *, newest_first: bool) -> dict[str, int]:
    stops = {one.address for one in world.labels}
    purse: dict[str, list[str]] = defaultdict(list)
    need: dict[str, int] = defaultdict(int)
    low: dict[str, int] = defaultdict(int)
    for row in world.rows:
        if row.amount and row.sender != row.recipient:
            if row.kind != "mint":
                need[row.sender] -= row.amount
                low[row.sender] = min(low[row.sender], need[row.sender])
            need[row.recipient] += row.amount
    for holder, missing in low.items():
        purse[holder] = ["clean"] * -missing
    left: dict[str, int] = defaultdict(int)
    for row in world.rows:
        if not row.amount or row.sender == row.recipient:
            continue
        coins = ["clean"] * row.amount
        if row.kind != "mint" and row.sender not in stops:
            held = purse[row.sender]
            coins = [held.pop() if newest_first else held.pop(0) for _ in range(row.amount)]
        if row.tx:
            coins = [row.tx if coin == "clean" else coin for coin in coins]
        if row.kind == "fee" or row.recipient in stops:
            left[row.recipient or "fee"] += sum(coin != "clean" for coin in coins)
        else:
            purse[row.recipient] += coins
    for holder, coins in purse.items():
        left[holder] += sum(coin != "clean" for coin in coins)
    return {holder: amount for holder, amount in left.items() if amount}


def test_a_theft_of_stolen_coins_ends_them_there_and_counts_all_it_takes() -> None:
    from vectors import transfers

    from tracer.model import Seed

    rows = transfers(("V", "H", 60, 1, "a"), ("C", "H", 40, 2), ("H", "X", 100, 3, "b"))
    seeds = (Seed("tx", "a", CHAIN, UNIT, None, "o1"), Seed("tx", "b", CHAIN, UNIT, None, "o2"))
    for policy in CONSERVING:
        result = traced(rows, seeds, policy)
        assert {leaf.origin.name: (leaf.address, leaf.stop_reason, leaf.tainted) for leaf in result.exits} == {
            "o1": ("H", "stolen_again", 60),
            "o2": ("X", "at_rest", 100),
        }
        assert {origin.name: amount for origin, amount in result.stolen.items()} == {"o1": 60, "o2": 100}
        assert result.audit.closed
