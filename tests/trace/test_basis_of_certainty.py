"""Certainty with its basis: what a closed history rests on, and what voids the word that a table is whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from vectors import CHAIN, UNIT, label, transfers

from tracer.model import BITCOIN, Account, Label, LedgerLeg, Seed, Transfer, native_asset
from tracer.registry import LabelIndex
from tracer.trace import CaseData, EndBalances, Options, PreparedCase, prepare
from tracer.trace.intervals import Range, intervals_of
from tracer.trace.reconcile import BASES, CONTRADICTED, DROPPED, INFLOW

SEED = Seed("tx", "t", CHAIN, UNIT, None, "theft")
BTC = native_asset(BITCOIN)
COIN_SEED = Seed("tx", "t1", BITCOIN, None, None, "theft")


def at(holder: str) -> Account:
    return Account(CHAIN, holder, UNIT)


def case(rows: tuple[Transfer, ...], *, grade: str = "asserted", **more: object) -> PreparedCase:
    inputs = CaseData("w", "", rows, (SEED,), LabelIndex((label("X", "exchange", entity="X"),), ""))
    return prepare(replace(inputs, **more), Options(grade=grade))  # type: ignore[arg-type]


def exchange(prepared: PreparedCase) -> Range:
    (one,) = (one for (party, _), one in intervals_of(prepared).by_party.items() if party.entity == "X")
    return one


STRAIGHT = transfers(("V", "A", 100, 1, "t"), ("A", "X", 100, 2))


def leg(row: int, event: str, side: str, holder: str, amount: int, block: int, *, whole: bool) -> LedgerLeg:
    assert BTC is not None
    address = "" if holder else "fee"
    kind = "" if holder else "fee"
    return LedgerLeg(row, event, side, holder, address, BTC, amount, BITCOIN, block, block, event, kind, whole)


def coins(spender: tuple[tuple[str, str, int], ...], *, whole: bool, whole_spender: bool = True) -> PreparedCase:
    """Return V's coin stolen in t1 into a coin of the thief, which t2 spends."""
    rows = [
        leg(1, "t1", "debit", "0" * 63 + "1:0", 100, 1, whole=whole),
        leg(2, "t1", "credit", "0" * 63 + "2:0", 100, 1, whole=whole),
    ]
    rows += [
        leg(3 + n, "t2", side, holder, amount, 2, whole=whole_spender)
        for n, (side, holder, amount) in enumerate(spender)
    ]
    labels = LabelIndex((Label(BITCOIN, "f" * 64 + ":0", "x", "exchange", "X", "p", "https://example.org"),), "")
    return prepare(CaseData("w", "", tuple(rows), (COIN_SEED,), labels), Options())


ONE_IN_ONE_OUT = (("debit", "0" * 63 + "2:0", 100), ("credit", "f" * 64 + ":0", 100))


@pytest.mark.parametrize(
    ("maker", "spender", "certainty", "basis"),
    [
        (True, True, "FORCED", "whole"),
        (False, True, "CONDITIONAL", "open"),
        (True, False, "CONDITIONAL", "open"),
        (False, False, "CONDITIONAL", "open"),
    ],
)
def test_b1_an_outpoint_is_closed_only_where_both_its_transactions_are_whole(
    maker: bool, spender: bool, certainty: str, basis: str
) -> None:
    prepared = coins(ONE_IN_ONE_OUT, whole=maker, whole_spender=spender)
    found = [one for one in intervals_of(prepared).by_address.values() if one.max]
    assert {(one.certainty, one.basis) for one in found} == {(certainty, basis)}


def test_b1_an_own_ledger_is_never_whole_but_can_be_vouched_for() -> None:
    prepared = coins(ONE_IN_ONE_OUT, whole=False, whole_spender=False)
    vouched = prepare(replace(prepared.inputs, complete=True), Options())
    (one,) = (one for one in intervals_of(vouched).by_address.values() if one.max)
    assert (one.certainty, one.basis) == ("FORCED", "vouched")


def test_b2_nothing_certain_rests_on_an_event_whose_fee_no_leg_states() -> None:
    spender = (("debit", "0" * 63 + "2:0", 100), ("credit", "f" * 64 + ":0", 99))
    prepared = coins(spender, whole=True, whole_spender=False)
    assert {one.certainty for one in intervals_of(prepared).by_address.values() if one.min} == {"CONDITIONAL"}


def test_b4_dropping_rows_voids_the_vouching_for_the_accounts_they_touch() -> None:
    rows = (*STRAIGHT, *(replace(row, row=3, grade="asserted") for row in transfers(("C", "A", 100, 1))))
    whole = exchange(case(rows, complete=True))
    assert (whole.min, whole.max, whole.certainty) == (0, 100, "POSSIBLE")
    prepared = case(rows, complete=True, grade="recorded")
    left = exchange(prepared)
    assert (left.certainty, left.basis, [account.holder for account in left.open]) == ("CONDITIONAL", "open", ["A"])
    assert prepared.closure.void == {at("A"): DROPPED}
    assert prepared.coverage.vouching_void == {(CHAIN, "A", UNIT): DROPPED}


def test_b6_both_balances_prove_a_sum_and_the_basis_says_so() -> None:
    found = exchange(case(STRAIGHT, balances={at("A"): EndBalances(0, 0, "node")}))
    assert (found.certainty, found.basis) == ("FORCED", "reconciled")
    assert exchange(case(STRAIGHT, complete=True)).basis == "vouched"
    assert exchange(case(STRAIGHT)).basis == "open"


def test_b6_a_class_that_claims_nothing_has_no_basis() -> None:
    rows = transfers(("V", "A", 100, 1, "t"), ("C", "A", 100, 2), ("A", "X", 100, 3))
    found = exchange(case(rows, complete=True))
    assert (found.certainty, found.basis, found.depends_on) == ("POSSIBLE", "", 0)


def test_b6_the_weakest_basis_between_seed_and_exit_counts() -> None:
    rows = transfers(("V", "A", 100, 1, "t"), ("A", "B", 100, 2), ("B", "X", 100, 3))
    found = exchange(case(rows, balances={at("A"): EndBalances(0, 0, "node")}, complete=True))
    assert (found.certainty, found.basis) == ("FORCED", "vouched")
    counts = case(rows, balances={at("A"): EndBalances(0, 0, "node")}, complete=True).coverage.basis
    assert counts == {"whole": 0, "reconciled": 1, "vouched": 1, "open": 0}
    assert tuple(counts) == BASES


def test_b7_unexplained_inflow_is_always_listed_and_voids_the_vouching_there() -> None:
    rows = transfers(("V", "A", 100, 1, "t"), ("A", "X", 120, 2))
    prepared = case(rows, complete=True)
    found = exchange(prepared)
    assert (found.min, found.max, found.certainty) == (100, 100, "CONDITIONAL")
    assert prepared.coverage.unexplained_inflow == {(CHAIN, "A", UNIT): 20}
    assert prepared.closure.void == {at("A"): INFLOW}


def test_balances_that_contradict_the_rows_void_the_vouching() -> None:
    prepared = case(STRAIGHT, complete=True, balances={at("A"): EndBalances(0, 5, "node")})
    assert prepared.closure.void == {at("A"): CONTRADICTED}
    assert exchange(prepared).certainty == "CONDITIONAL"


def test_e5_rows_with_a_hash_are_counted_once_above_the_line_or_below_it() -> None:
    rows = (*STRAIGHT, replace(transfers(("C", "A", 1, 3, "h"))[0], row=3, grade="asserted"))
    coverage = case(rows).coverage
    asserted = coverage.rows_by_grade["asserted"]
    assert (coverage.rows_with_tx, coverage.rows - asserted) == (1, 2)


def test_d3_there_is_a_place_wherever_some_rule_puts_units() -> None:
    rows = transfers(("V", "A", 10, 1, "t"), ("C", "A", 10, 2), ("A", "X", 10, 3))
    found = intervals_of(case(rows))
    assert {(place.address, place.stop_reason) for place, _ in found.places()} == {("X", "service"), ("A", "at_rest")}


def test_e7_a_theft_of_two_assets_is_bounded_as_one_and_leg_by_leg() -> None:
    other = replace(SEED, asset=None)
    rows = (
        *transfers(("V", "A", 100, 1, "t")),
        replace(transfers(("V", "B", 100, 1, "t"))[0], row=2, asset="coin"),
        replace(transfers(("B", "pool", 100, 2, "s"))[0], row=3, asset="coin", event="s"),
        replace(transfers(("pool", "B", 100, 2, "s"))[0], row=4, event="s"),
        *(replace(row, row=5) for row in transfers(("B", "A", 100, 3))),
        *(replace(row, row=6) for row in transfers(("A", "X", 100, 4))),
    )
    inputs = CaseData("w", "", rows, (other,), LabelIndex((label("X", "exchange", entity="X"),), ""), complete=True)
    found = intervals_of(prepare(inputs, Options()))
    theft = found.theft_of("X", "exchange", UNIT, "theft")
    assert theft is not None
    assert (theft.min, theft.max, theft.certainty) == (100, 100, "FORCED")
    legs = [one for (party, _), one in found.by_party.items() if party.entity == "X"]
    assert {(one.min, one.max, one.certainty) for one in legs} == {(0, 100, "POSSIBLE")}


def test_b8_the_largest_gap_of_any_printed_line_is_printed_joint_lines_included() -> None:
    import tracer

    trace = tracer.open_case("ronin-2022").trace()
    found = trace.comparison
    assert found.intervals is not None
    joint = found._joint(found.rows())
    printed = max(one.gap for one in (*found.intervals.ranges(), *joint.values()))
    assert printed >= 9_383_378
    assert f"by {Decimal(printed).scaleb(-18):f} ETH" in found.text()


def test_e7_at_least_6248_eth_of_the_theft_went_toward_exchanges_under_any_rule() -> None:
    import tracer

    found = intervals_of(tracer.open_case("ronin-2022").prepare())
    (least,) = (
        one.min for (party, _), one in found.party_by_theft.items() if party.entity == "toward exchanges" and one.min
    )
    assert 6_248_940_000_000_000_000_000 <= least < 6_250 * 10**18
