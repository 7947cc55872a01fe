"""Ways to a destination: their amounts add up to what the kernel gave it, under every policy, on random worlds."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_ledgers import HOLDERS, World, worlds
from vectors import CHAIN, CONSERVING, HAND_ROWS, HAND_SEED, UNIT, label, transfer, transfers

import tracer
from tracer.analysis.paths import paths_to
from tracer.errors import InputError
from tracer.model import BITCOIN, LedgerLeg, Seed, native_asset
from tracer.registry import LabelIndex
from tracer.taint import CLEAN, reference_kernel
from tracer.trace import CaseData, Options, PreparedCase, prepare


def prepared(world: World, **options: int) -> PreparedCase:
    return prepare(CaseData("w", "", tuple(world.rows), world.seeds, LabelIndex(world.labels, "")), Options(**options))


def received(case: PreparedCase, policy: str, address: str) -> dict[tuple[str, str], list[int]]:
    """Return, from the kernel alone, what an address received of each origin in each asset."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for flow in reference_kernel(case.plan, policy).flows:
        for lot in flow.lots:
            if flow.is_credit and flow.leg.address == address and lot.amount:
                mine = sums[flow.leg.account.asset, case.plan.labels.origin(lot.label).name]
                mine[0] += lot.amount
                mine[1] += lot.origin_amount
    for account, lots in case.plan.opening.items():
        for lot in lots:
            if account.holder == address and lot.label != CLEAN:
                mine = sums[account.asset, case.plan.labels.origin(lot.label).name]
                mine[0] += lot.amount
                mine[1] += lot.origin_amount
    return dict(sums)


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds(), address=st.sampled_from(HOLDERS), minimum=st.sampled_from([0, 0, 5]))
def test_the_ways_to_a_holder_add_up_to_what_it_received(policy: str, world: World, address: str, minimum: int) -> None:
    case = prepared(world, min_amount=minimum)
    expected = received(case, policy, address)
    if not any(address in (row.sender, row.recipient) for row in world.rows):
        return
    found = paths_to(case, policy, [address])
    assert {(one.asset, one.origin.name): [one.amount, one.origin_amount] for one in found.totals} == expected
    for total in found.totals:
        mine = [w for w in found.ways if (w.account.asset, w.origin) == (total.asset, total.origin)]
        assert sum(way.amount for way in mine) == total.amount
        assert sum(way.origin_amount for way in mine) == total.origin_amount
        assert len(mine) == total.ways


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds(), address=st.sampled_from(HOLDERS))
def test_a_way_is_a_chain_of_payments_in_order_that_hands_on_what_it_got(
    policy: str, world: World, address: str
) -> None:
    if not any(address in (row.sender, row.recipient) for row in world.rows):
        return
    for way in paths_to(prepared(world), policy, [address]).ways:
        assert way.steps[0].kind in ("theft", "opening")
        assert way.steps[-1].recipient == address
        assert way.steps[-1].amount_in == way.amount
        for before, after in zip(way.steps, way.steps[1:], strict=False):
            assert before.recipient == after.sender
            assert before.event < after.event
            assert (before.asset_in, before.amount_in) == (after.asset, after.amount)
            assert 0 <= after.amount <= after.held
        converted = max((n for n, step in enumerate(way.steps) if step.kind == "conversion"), default=0)
        for number, step in enumerate(way.steps):
            # Before a conversion, what a way stood for is whole units and may round to 0; the ways together lose none.
            assert 0 < step.amount_in <= step.paid or (step.amount_in == 0 and number < converted)
            assert (step.kind == "conversion") == (step.asset != step.asset_in)


@pytest.mark.parametrize("name", ["ronin-2022", "training"])
@pytest.mark.parametrize("policy", CONSERVING)
def test_ways_to_the_exits_of_a_shipped_case_sum_to_its_exits(policy: str, name: str) -> None:
    case = tracer.open_case(name).prepare()
    from tracer.trace import run

    for leaf in run(case, policy).exits[:: 1 if policy == "fifo" else 8]:
        if leaf.holding or not leaf.address:
            continue
        totals = {(one.asset, one.origin): one.amount for one in paths_to(case, policy, [leaf.address]).totals}
        assert totals[leaf.asset, leaf.origin] == leaf.tainted


def test_the_hand_ledger_names_what_was_mixed_in() -> None:
    case = prepared(World(HAND_ROWS, (HAND_SEED,), ()))
    (way,) = paths_to(case, "haircut", ["X"]).ways
    assert [(step.kind, step.sender, step.recipient, step.amount) for step in way.steps] == [
        ("theft", "V", "H", 30),
        ("payment", "H", "A", 30),
        ("payment", "A", "X", 30),
    ]
    last = way.steps[-1]
    assert (last.paid, last.held, last.other) == (50, 60, 40)
    assert [(one.address, one.amount) for one in last.beside] == [("C", 40)]


def test_a_destination_of_several_addresses_is_one_and_an_unknown_one_is_an_error() -> None:
    case = prepared(World(HAND_ROWS, (HAND_SEED,), ()))
    assert sum(one.amount for one in paths_to(case, "lifo", ["X", "Y"]).totals) == 60
    assert paths_to(case, "fifo", ["Z"]).ways == ()
    with pytest.raises(InputError, match="in no row"):
        paths_to(case, "fifo", ["nobody"])


def test_a_conversion_is_one_step_with_both_amounts_and_two_conversions_keep_both_prices() -> None:
    rows = (
        transfer(1, "V", "H", 100, 1, tx="t"),
        transfer(2, "H", "pool", 100, 2, event="s1"),
        transfer(3, "pool", "H", 250, 2, event="s1", asset="usd"),
        transfer(4, "H", "pool", 125, 3, event="s2", asset="usd"),
        transfer(5, "pool", "H", 7, 3, event="s2", asset="btc"),
        transfer(6, "H", "X", 7, 4, asset="btc"),
    )
    case = prepared(World(rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), (label("X", "exchange"),)))
    (way,) = paths_to(case, "fifo", ["X"]).ways
    assert [(s.kind, s.amount, s.asset, s.amount_in, s.asset_in) for s in way.steps] == [
        ("theft", 50, "unit", 50, "unit"),
        ("conversion", 50, "unit", 125, "usd"),
        ("conversion", 125, "usd", 7, "btc"),
        ("payment", 7, "btc", 7, "btc"),
    ]
    assert (way.amount, way.origin_amount) == (7, 50)


def test_fifo_and_lifo_draw_different_ways_through_the_same_hub() -> None:
    rows = transfers(("V", "H", 60, 1, "t"), ("W", "H", 40, 2, "u"), ("H", "X", 60, 3), ("H", "Y", 40, 4))
    seeds = (Seed("tx", "t", CHAIN, UNIT, None, "o1"), Seed("tx", "u", CHAIN, UNIT, None, "o2"))
    case = prepared(World(rows, seeds, ()))
    assert [(w.origin.name, w.amount) for w in paths_to(case, "fifo", ["X"]).ways] == [("o1", 60)]
    assert [(w.origin.name, w.amount) for w in paths_to(case, "lifo", ["X"]).ways] == [("o1", 20), ("o2", 40)]


@pytest.mark.parametrize("policy", CONSERVING)
def test_a_way_leads_to_an_outpoint_or_to_the_address_beside_it(policy: str) -> None:
    names = {"o": "a" * 64, "p": "b" * 64, "q": "c" * 64}
    sat = native_asset(BITCOIN)
    rows = []

    def leg(event: str, side: str, outpoint: str, address: str, amount: int, block: int) -> None:
        holder = f"{names[outpoint[0]]}:{outpoint[1]}"
        place = len(rows) + 1
        rows.append(LedgerLeg(place, event, side, holder, address, sat, amount, BITCOIN, block, block, event, ""))

    leg("t", "debit", "o9", "", 100, 1)
    leg("t", "credit", "o0", "thief", 100, 1)
    leg("u", "debit", "o0", "thief", 100, 2)
    leg("u", "debit", "q0", "other", 50, 2)
    leg("u", "credit", "p0", "target", 70, 2)
    leg("u", "credit", "p1", "target", 40, 2)
    leg("u", "credit", "p2", "elsewhere", 30, 2)
    seed = Seed("tx", "t", BITCOIN, sat, None, "o1")
    case = prepare(CaseData("w", "", tuple(rows), (seed,), LabelIndex((), "")), Options())
    both = paths_to(case, policy, ["target"])
    (total,) = both.totals
    apart = [paths_to(case, policy, [f"{names['p']}:{place}"]).totals for place in (0, 1)]
    assert total.amount == sum(one.amount for totals in apart for one in totals)
    kernel = reference_kernel(case.plan, policy)
    assert total.amount == sum(
        lot.amount for f in kernel.flows if f.is_credit and f.leg.address == "target" for lot in f.lots
    )
