"""Closure: opening + received − paid = closing, by whom, and what is missing where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors import CHAIN, UNIT, transfers

from tracer.model import BITCOIN, Account, LedgerLeg, Seed, caip10, native_asset
from tracer.registry import LabelIndex
from tracer.trace import CaseData, EndBalances, Options, prepare, run
from tracer.trace.reconcile import GIVER, INFLOW, SPENT, UNSPENT

ROWS = transfers(("V", "A", 100, 1, "theft"), ("A", "B", 130, 2), ("B", "A", 20, 3))


def inputs(**more: object) -> CaseData:
    held = frozenset(caip10(CHAIN, holder) for holder in "AB")
    seeds = (Seed("tx", "theft", CHAIN, UNIT, None, "theft"),)
    case = CaseData("t", "", ROWS, seeds, LabelIndex((), ""), held)
    return replace(case, **more)  # type: ignore[arg-type]


def account(holder: str) -> Account:
    return Account(CHAIN, holder, UNIT)


@pytest.mark.parametrize(
    ("opening", "closing", "closed", "inflow", "outflow"),
    [
        (30, 20, True, 0, 0),
        (40, 30, True, 0, 0),
        (40, 35, False, 5, 0),
        (40, 25, False, 0, 5),
        (0, 20, False, 30, 0),
        (20, 10, False, 0, 0),  # it would have been below zero on the way
        (None, 20, False, 0, 0),
        (30, None, False, 0, 0),
    ],
)
def test_an_account_closes_where_both_ends_agree_to_the_unit(
    opening: int | None, closing: int | None, closed: bool, inflow: int, outflow: int
) -> None:
    prepared = prepare(inputs(balances={account("A"): EndBalances(opening, closing, "node")}), Options())
    assert (account("A") in prepared.closed) is closed
    assert prepared.closure.inflow.get(account("A"), 0) == inflow
    assert prepared.closure.outflow.get(account("A"), 0) == outflow
    coverage = run(prepared, "fifo").coverage
    assert coverage.closed == ({(CHAIN, "A"): "node"} if closed else {})
    assert ((CHAIN, "A") in coverage.unclosed) is not closed
    assert coverage.unclosed_holders == len(coverage.unclosed)
    if closed:
        assert (CHAIN, "A", UNIT) not in coverage.unexplained_inflow


def test_the_true_opening_balance_is_clean_money_that_was_there_before() -> None:
    least = run(prepare(inputs(), Options()), "clean_first")
    more = run(prepare(inputs(balances={account("A"): EndBalances(200, 190, "node")}), Options()), "clean_first")
    held = {leaf.address: leaf.tainted for leaf in least.exits}, {leaf.address: leaf.tainted for leaf in more.exits}
    assert held == ({"B": 100}, {"A": 100})
    assert least.coverage.unexplained_inflow == {(CHAIN, "A", UNIT): 30}
    assert more.audit.closed


def test_a_holder_whose_history_was_not_read_does_not_close_by_its_balance() -> None:
    case = inputs(balances={account("A"): EndBalances(30, 20, "node")}, history=frozenset({caip10(CHAIN, "B")}))
    assert prepare(case, Options()).closed == frozenset()


def test_a_table_given_as_complete_closes_on_the_word_of_its_giver() -> None:
    prepared = prepare(inputs(history=None, complete=True), Options())
    assert prepared.closed == {account("B")}
    coverage = run(prepared, "fifo").coverage
    assert set(coverage.closed.values()) == {GIVER}
    assert coverage.vouching_void == {(CHAIN, "A", UNIT): INFLOW}
    assert coverage.unexplained_inflow == {(CHAIN, "A", UNIT): 30}


def test_a_cut_in_time_does_not_open_what_closes_over_the_whole_window() -> None:
    prepared = prepare(inputs(balances={account("A"): EndBalances(30, 20, "node")}), Options(until=2))
    assert account("A") in prepared.closed


@given(st.integers(0, 2))
def test_leaving_any_one_row_out_opens_whoever_it_touched(index: int) -> None:
    balances = {account("A"): EndBalances(30, 20, "node"), account("B"): EndBalances(0, 110, "node")}
    assert prepare(inputs(balances=balances), Options()).closed == {account("A"), account("B")}
    seeds = (Seed("holder", "A", CHAIN, UNIT, 30, "theft"),)
    left = tuple(row for row in ROWS if row.row != index + 1)
    prepared = prepare(inputs(balances=balances, rows=left, seeds=seeds), Options())
    touched = {account(holder) for holder in (ROWS[index].sender, ROWS[index].recipient)}
    assert not touched & prepared.closed


def test_a_coin_closes_by_its_whole_spend_or_where_nothing_spent_it() -> None:
    asset = native_asset(BITCOIN)
    assert asset is not None
    coins = [f"{letter * 64}:0" for letter in "ab"]
    legs = tuple(
        LedgerLeg(row, event, side, holder, "", asset, 5, BITCOIN, block, 1, event, "", whole=True)
        for row, (event, side, holder, block) in enumerate(
            [("t", "credit", coins[0], 1), ("u", "debit", coins[0], 2), ("u", "credit", coins[1], 2)], 1
        )
    )
    case = inputs(rows=legs, seeds=(Seed("output", coins[0], BITCOIN, None, None, "t"),), history=frozenset())
    assert prepare(case, Options()).closure.closed == {Account(BITCOIN, coins[0], asset): SPENT}
    case = replace(case, history=frozenset({caip10(BITCOIN, coins[1])}))
    assert prepare(case, Options()).closure.closed[Account(BITCOIN, coins[1], asset)] == UNSPENT
