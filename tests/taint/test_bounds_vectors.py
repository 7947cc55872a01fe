"""Intervals of method pol-*, exactly, and the classes of certainty."""

from __future__ import annotations

from random import Random

import pytest
from bound_oracles import plan_of, put
from random_ledgers import World
from vectors import (
    CHAIN,
    CONSERVING,
    HAND_ROWS,
    HAND_SEED,
    TWO_ORIGIN_ROWS,
    TWO_ORIGIN_SEEDS,
    UNIT,
    bitcoin_event,
    outpoints,
    transfer,
    transfers,
)

from tracer.bounds import Terminal, bounds_of, check_certificate, groups_of, terminals_of
from tracer.errors import InputError
from tracer.model import BITCOIN, Account, AssetId, Lot, Origin, Seed
from tracer.taint import Tags, TaintProblem, reach

OTHER = AssetId("other")


def held(*names: str) -> list[Terminal]:
    return [Terminal("held", Account(CHAIN, name, UNIT), name) for name in names]


def test_hand_ledger_has_the_intervals_of_the_page() -> None:
    plan = plan_of(World(HAND_ROWS, (HAND_SEED,), ()))
    asked = {name: held(name) for name in "XYWMZABH"} | {"XY": held("X", "Y")}
    found = bounds_of(plan, asked)
    expected = {"X": (10, 50), "Y": (10, 50), "W": (30, 30), "M": (10, 10), "XY": (60, 60)}
    intervals = {name: found.interval(name, (0,)) for name in asked}
    assert {name: (i.min, i.max) for name, i in intervals.items()} == dict.fromkeys("ZABH", (0, 0)) | expected
    assert {i.total for i in intervals.values()} == {100}
    assert {i.gap for i in intervals.values()} == {0}


def test_two_origins_have_the_intervals_of_the_page_alone_and_together() -> None:
    plan = plan_of(World(TWO_ORIGIN_ROWS, TWO_ORIGIN_SEEDS, ()))
    assert groups_of(plan) == ((0,), (1,), (0, 1))
    found = bounds_of(plan, {name: held(name) for name in "PQH"})
    assert {key: (i.min, i.max) for key, i in found.intervals.items()} == {
        ("P", (0, 1)): (15, 50),
        ("Q", (0, 1)): (35, 70),
        ("H", (0, 1)): (0, 15),
        ("P", (0,)): (0, 50),
        ("Q", (0,)): (0, 60),
        ("H", (0,)): (0, 15),
        ("P", (1,)): (0, 40),
        ("Q", (1,)): (0, 40),
        ("H", (1,)): (0, 15),
    }


def test_bitcoin_transactions_have_the_intervals_of_the_page() -> None:
    events = [
        bitcoin_event(0, [("a", 300), ("b", 700)], [("c", 500), ("d", 400), ("e", 100)]),
        bitcoin_event(1, [("c", 500)], [("f", 200), ("g", 300)]),
        bitcoin_event(2, [("d", 400)], [("h", 390), ("fee", 10)]),
    ]
    labels = Tags((Origin("o1", AssetId("sat")),))
    a, b = outpoints("a", 300).account, outpoints("b", 700).account
    lots = {a: (Lot(300, labels.of(0, "recorded"), 300),), b: (Lot(700, 0, 0),)}
    found = reach(events, {a: 300, b: 700}, {a: 300}, {}, lambda chain, holder: False)
    plan = TaintProblem(events, lots, {}, frozenset(), frozenset(), frozenset(found.tracked) | {b}, labels)
    ends = {end.account.holder: [end] for end in terminals_of(plan)}
    bounds = bounds_of(plan, ends)
    assert {name: (i.min, i.max) for (name, _), i in bounds.intervals.items()} == {
        "e": (0, 100),
        "f": (0, 200),
        "g": (0, 300),
        "h": (0, 300),
        "fee": (0, 10),
    }
    for name in ends:
        for direction in ("min", "max"):
            check_certificate(bounds.certificate(name, (0,), direction), plan)
    assert Terminal("fee", Account(BITCOIN, "fee", AssetId("sat")), "fee") in ends["fee"]


def test_a_missing_clean_payment_makes_certainty_conditional_on_the_holder_it_reached() -> None:
    rows = transfers(("T", "A", 100, 1, "t0"), ("A", "X", 100, 3))
    plan = plan_of(World(rows, (Seed("tx", "t0", CHAIN, UNIT, None, "o1"),), ()))
    bounds = bounds_of(plan, {"X": held("X")})
    a, x = Account(CHAIN, "A", UNIT), Account(CHAIN, "X", UNIT)
    assert bounds.holders_between("X", (0,)) == (a, x)
    assert bounds.certainty("X", (0,), {a, x}) == ("FORCED", ())
    assert bounds.certainty("X", (0,), {x}) == ("CONDITIONAL", (a,))
    complete = transfers(("T", "A", 100, 1, "t0"), ("C", "A", 100, 2), ("A", "X", 100, 3))
    plan = plan_of(World(complete, (Seed("tx", "t0", CHAIN, UNIT, None, "o1"),), ()))
    assert bounds_of(plan, {"X": held("X")}).certainty("X", (0,), set()) == ("POSSIBLE", ())


def test_a_destination_of_two_assets_has_no_unit() -> None:
    plan = plan_of(World(HAND_ROWS, (HAND_SEED,), ()))
    mixed = [*held("X"), Terminal("held", Account(CHAIN, "X", AssetId("other")), "X")]
    with pytest.raises(InputError, match="mixes assets"):
        bounds_of(plan, {"X": mixed})


def test_coins_stolen_at_the_opening_and_again_end_at_the_second_theft_which_takes_all_it_takes() -> None:
    rows = transfers(("H", "X", 100, 1, "b"))
    seeds = (Seed("holder", "H", CHAIN, UNIT, 60, "o1"), Seed("tx", "b", CHAIN, UNIT, None, "o2"))
    plan = plan_of(World(rows, seeds, ()))
    found = {group: bounds_of(plan, {"X": held("X")}).interval("X", group) for group in groups_of(plan)}
    assert {group: (i.min, i.max, i.gap) for group, i in found.items()} == {
        (0,): (0, 0, 0),
        (1,): (100, 100, 0),
        (0, 1): (100, 100, 0),
    }
    again = Terminal("stolen_again", Account(CHAIN, "H", UNIT), "H")
    assert bounds_of(plan, {"again": [again]}, [(0,)]).interval("again", (0,)).min == 60
    for policy in CONSERVING:
        assert put(plan, policy)[held("X")[0]] == {1: 100}
        assert put(plan, policy)[again] == {0: 60}


def two_payers(stolen: int, clean: int, received: int) -> TaintProblem:
    """Return a plan in which two holders, one with stolen money alone, pay into one swap together."""
    rows = (
        *transfers(("V", "A", stolen, 1, "t"), ("C", "B", clean, 2)),
        transfer(3, "A", "P", stolen, 3, event="s"),
        transfer(4, "B", "P", clean, 3, event="s"),
        transfer(5, "P", "R", received, 3, event="s", asset=OTHER),
    )
    return plan_of(World(rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), ()))


@pytest.mark.parametrize(("stolen", "clean", "received", "expected"), [(14, 6, 10, (7, 7)), (10, 10, 13, (6, 7))])
def test_two_payers_of_one_swap_have_what_its_rate_gives_in_either_order(
    stolen: int, clean: int, received: int, expected: tuple[int, int]
) -> None:
    plan = two_payers(stolen, clean, received)
    end = Terminal("held", Account(CHAIN, "R", OTHER), "R")
    found = bounds_of(plan, {"R": [end]})
    interval = found.interval("R", (0,))
    assert (interval.min, interval.max) == expected
    assert {put(plan, policy)[end][0] for policy in CONSERVING} == set(expected)
    for direction in ("min", "max"):
        check_certificate(found.certificate("R", (0,), direction), plan)


def test_no_interval_of_a_swap_of_two_payers_is_wider_than_its_rules() -> None:
    draw = Random(76)
    for _ in range(200):
        stolen, clean, received = (draw.randint(1, 40) for _ in range(3))
        plan = two_payers(stolen, clean, received)
        end = Terminal("held", Account(CHAIN, "R", OTHER), "R")
        interval = bounds_of(plan, {"R": [end]}).interval("R", (0,))
        first, last = stolen * received // (stolen + clean), received - clean * received // (stolen + clean)
        assert (interval.min, interval.max) == (first, last), (stolen, clean, received)
