"""Every vector of methods pol-* and round, exactly."""

from __future__ import annotations

import pytest
from vectors import (
    CHAIN,
    HAND_ROWS,
    HAND_SEED,
    TWO_ORIGIN_ROWS,
    TWO_ORIGIN_SEEDS,
    UNIT,
    bitcoin_event,
    held_and_left,
    ledger_from_rows,
    outpoints,
    run_events,
    traced,
    transfers,
)

from tracer.model import Account, AssetId, Lot, Seed
from tracer.taint import poison, take

HAND = {
    "haircut": {"X": 30, "Y": 30, "W": 30, "M": 10},
    "fifo": {"X": 50, "Y": 10, "W": 30, "M": 10},
    "lifo": {"X": 10, "Y": 50, "W": 30, "M": 10},
    "tiho": {"X": 50, "Y": 10, "W": 30, "M": 10},
    "clean_first": {"X": 10, "Y": 50, "W": 30, "M": 10},
    "dirty_first": {"X": 50, "Y": 10, "W": 30, "M": 10},
}


@pytest.mark.parametrize("policy", HAND)
def test_hand_ledger_ends_where_the_page_says(policy: str) -> None:
    result = traced(HAND_ROWS, [HAND_SEED], policy)
    assert held_and_left(result) == HAND[policy]
    assert result.audit.closed
    assert result.coverage.unexplained_inflow == {(CHAIN, "M", UNIT): 10}


def test_poison_reaches_all_but_the_payee_paid_before() -> None:
    ledger = ledger_from_rows(HAND_ROWS)
    reached = poison(ledger.events, {}, {(0, 0, 0): 0}, lambda chain, holder: False)
    assert {account.holder for account in reached} == {"A", "B", "H", "M", "W", "X", "Y"}
    assert reached[Account(CHAIN, "M", UNIT)] == 30


TWO = {
    "haircut": {"P": {"o1": 22, "o2": 15}, "Q": {"o1": 31, "o2": 21}, "H": {"o1": 7, "o2": 4}},
    "fifo": {"P": {"o1": 50}, "Q": {"o1": 10, "o2": 40}},
    "tiho": {"P": {"o1": 50}, "Q": {"o1": 10, "o2": 40}},
    "dirty_first": {"P": {"o1": 50}, "Q": {"o1": 10, "o2": 40}},
    "lifo": {"P": {"o2": 15}, "Q": {"o1": 45, "o2": 25}, "H": {"o1": 15}},
    "clean_first": {"P": {"o1": 15}, "Q": {"o1": 45, "o2": 25}, "H": {"o2": 15}},
}


@pytest.mark.parametrize("policy", TWO)
def test_two_origins_end_where_the_page_says(policy: str) -> None:
    result = traced(TWO_ORIGIN_ROWS, TWO_ORIGIN_SEEDS, policy)
    ends: dict[str, dict[str, int]] = {}
    for leaf in result.exits:
        ends.setdefault(leaf.address, {})[leaf.origin.name] = leaf.tainted
    assert ends == TWO[policy]
    assert result.audit.closed


BITCOIN_ENDS = {
    "haircut": {"e": 30, "f": 60, "g": 90, "h": 117, "fee": 3},
    "fifo": {"f": 200, "g": 100},
    "dirty_first": {"f": 200, "g": 100},
    "lifo": {"e": 100, "h": 200},
    "tiho": {"g": 300},
    "clean_first": {"e": 100, "h": 190, "fee": 10},
}


def _stolen_ends(ends: dict[str, dict[int, int]]) -> dict[str, int]:
    return {holder: mine[1] for holder, mine in sorted(ends.items()) if mine.get(1)}


@pytest.mark.parametrize("policy", BITCOIN_ENDS)
def test_bitcoin_transactions_pay_as_the_page_says(policy: str) -> None:
    events = [
        bitcoin_event(0, [("a", 300), ("b", 700)], [("c", 500), ("d", 400), ("e", 100)]),
        bitcoin_event(1, [("c", 500)], [("f", 200), ("g", 300)]),
        bitcoin_event(2, [("d", 400)], [("h", 390), ("fee", 10)]),
    ]
    opening = {outpoints("a", 300).account: ((300, 1),), outpoints("b", 700).account: ((700, 0),)}
    assert _stolen_ends(run_events(events, opening, 1, policy)) == dict(sorted(BITCOIN_ENDS[policy].items()))


ROUNDED = {
    "haircut": {"c": 2, "d": 2, "e": 2, "fee": 1},
    "fifo": {"c": 3, "d": 3, "e": 1},
    "tiho": {"c": 3, "d": 3, "e": 1},
    "dirty_first": {"c": 3, "d": 3, "e": 1},
    "lifo": {"d": 3, "e": 3, "fee": 1},
    "clean_first": {"d": 3, "e": 3, "fee": 1},
}


@pytest.mark.parametrize("policy", ROUNDED)
def test_three_outputs_and_a_fee_keep_the_sum_as_the_page_says(policy: str) -> None:
    events = [bitcoin_event(0, [("a", 7), ("b", 3)], [("c", 3), ("d", 3), ("e", 3), ("fee", 1)])]
    opening = {outpoints("a", 7).account: ((7, 1),), outpoints("b", 3).account: ((3, 0),)}
    assert _stolen_ends(run_events(events, opening, 1, policy)) == dict(sorted(ROUNDED[policy].items()))


def test_haircut_of_two_origins_and_clean_rounds_as_the_page_says() -> None:
    held = [Lot(10, 1, 10), Lot(10, 2, 10), Lot(10, 0, 0)]
    paid = []
    for _ in range(4):
        taken, held = take("haircut", held, 7)
        by_label = {lot.label: lot.amount for lot in taken}
        paid.append((by_label[1], by_label[2], by_label[0]))
    assert paid == [(3, 2, 2), (2, 3, 2), (2, 2, 3), (3, 2, 2)]
    assert held == [Lot(1, 2, 1), Lot(1, 0, 0)]


@pytest.mark.parametrize("policy", HAND)
def test_amounts_beyond_128_bits_are_shared_to_the_last_unit(policy: str) -> None:
    stolen = 10**27 + 1
    rows = transfers(("V", "H", stolen, 1, "t0"), ("C", "H", 1, 2), ("H", "X", (stolen + 1) // 2, 3))
    result = traced(rows, [Seed("tx", "t0", CHAIN, UNIT, None, "o1")], policy)
    half = (stolen + 1) // 2
    expected = {
        "haircut": {"X": half, "H": half - 1},
        "fifo": {"X": half, "H": half - 1},
        "lifo": {"X": half - 1, "H": half},
        "tiho": {"X": half, "H": half - 1},
        "clean_first": {"X": half - 1, "H": half},
        "dirty_first": {"X": half, "H": half - 1},
    }
    assert held_and_left(result) == expected[policy]


def test_a_swap_scales_lots_by_cumulative_floor_as_the_page_says() -> None:
    from tracer.model import Event, Leg, Part

    account = Account(CHAIN, "U", AssetId("A"))
    part = Part((Leg(account, "U", 10),), (Leg(Account(CHAIN, "U", AssetId("B")), "U", 25),))
    event = Event(0, "s", CHAIN, 1, 1, "s", "swap", (part,))
    ends = run_events([event], {account: ((3, 1), (4, 0), (3, 2))}, 2, "fifo")
    assert ends == {"U": {1: 7, 0: 10, 2: 8}}
