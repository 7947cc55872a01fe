"""The total order: block before position before row, header times only across chains, shuffles without effect."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from vectors import CHAIN, HAND_ROWS, HAND_SEED, UNIT, held_and_left, traced, transfer

from tracer.errors import DataFileError, InputError
from tracer.ledger import ledger_from_rows
from tracer.model import BITCOIN, AssetId, ChainId, LedgerLeg, Seed

OTHER = ChainId("test:2")


def names(ledger: object) -> list[str]:
    return [row.tx for row in ledger.rows]  # type: ignore[attr-defined]


def test_blocks_order_a_chain_whatever_their_header_times_say() -> None:
    rows = [
        transfer(1, "A", "B", 1, 50, tx="late-block", block=11),
        transfer(2, "A", "B", 1, 99, tx="early-block", block=10),
    ]
    assert names(ledger_from_rows(rows)) == ["early-block", "late-block"]


def test_position_orders_a_block_and_row_order_only_where_there_is_none() -> None:
    rows = [
        transfer(1, "A", "B", 1, 5, tx="second", block=10, position=7),
        transfer(2, "A", "B", 1, 5, tx="first", block=10, position=3),
    ]
    assert names(ledger_from_rows(rows)) == ["first", "second"]
    bare = [replace(row, position=None) for row in rows]
    assert names(ledger_from_rows(bare)) == ["second", "first"]


def test_a_position_for_some_rows_only_is_refused() -> None:
    rows = [transfer(1, "A", "B", 1, 5, block=10, position=7), transfer(2, "A", "B", 1, 5, block=10)]
    with pytest.raises(DataFileError, match="Row 2, column 'position'"):
        ledger_from_rows(rows)


def test_a_chain_without_every_block_is_ordered_by_time_and_says_so() -> None:
    rows = [transfer(1, "A", "B", 1, 9, tx="late", block=1), transfer(2, "A", "B", 1, 5, tx="early")]
    ledger = ledger_from_rows(rows)
    assert names(ledger) == ["early", "late"]
    assert ledger.ordered_by == {CHAIN: "time"}
    with pytest.raises(DataFileError, match="Row 1: it has a block but no time"):
        ledger_from_rows([replace(rows[0], time=None), rows[1]])


def test_chains_are_merged_by_the_running_maximum_of_header_times_with_ties_by_name() -> None:
    rows = [
        transfer(1, "A", "B", 1, 50, tx="a1", block=1),
        transfer(2, "A", "B", 1, 40, tx="a2", block=2),
        transfer(3, "A", "B", 1, 50, tx="b1", block=1, chain=OTHER),
        transfer(4, "A", "B", 1, 45, tx="b0", block=0, chain=OTHER),
    ]
    assert names(ledger_from_rows(rows)) == ["b0", "a1", "a2", "b1"]
    with pytest.raises(InputError, match="Row 3 of test:2 has no time"):
        ledger_from_rows([*rows[:2], replace(rows[2], time=None)])


def test_shuffled_rows_with_positions_give_the_same_ledger_and_hash() -> None:
    rows = [replace(row, block=row.time, position=0) for row in HAND_ROWS]
    whole = ledger_from_rows(rows)
    for seed in range(20):
        mixed = list(rows)
        random.Random(seed).shuffle(mixed)
        mixed = [replace(row, row=number) for number, row in enumerate(mixed, 1)]
        ledger = ledger_from_rows(mixed)
        assert ledger.sha256 == whole.sha256
        assert ledger.events == whole.events
        assert held_and_left(traced(mixed, [HAND_SEED], "haircut")) == {"X": 30, "Y": 30, "W": 30, "M": 10}


def test_rows_of_one_event_in_two_blocks_are_refused() -> None:
    rows = [transfer(1, "A", "B", 1, 5, block=10, event="e"), transfer(2, "A", "B", 1, 5, block=11, event="e")]
    with pytest.raises(DataFileError, match="Row 2, column 'event': 'e' began in row 1 in another block"):
        ledger_from_rows(rows)


def leg(row: int, event: str, side: str, holder: str, amount: int, **more: object) -> LedgerLeg:
    fields = {
        **{"row": row, "event": event, "side": side, "holder": holder, "address": holder, "asset": AssetId("sat")},
        **{"amount": amount, "chain": BITCOIN, "block": row, "time": more.get("block", row), "tx": event, "kind": ""},
        **more,
    }
    return LedgerLeg(**fields)  # type: ignore[arg-type]


def test_a_bitcoin_transaction_pays_its_left_over_as_fee_last() -> None:
    legs = [
        leg(1, "t", "debit", "a", 300, block=1),
        leg(2, "t", "debit", "b", 700, block=1),
        leg(3, "t", "credit", "c", 990, block=1),
    ]
    ledger = ledger_from_rows(legs)
    (event,) = ledger.events
    assert [(c.account.holder, c.amount, c.sink) for c in event.parts[0].credits] == [
        ("c", 990, ""),
        ("fee", 10, "fee"),
    ]
    assert [(row.sender, row.recipient, row.amount) for row in ledger.rows] == [
        ("a", "", 300),
        ("b", "", 700),
        ("", "c", 990),
    ]


def test_legs_that_do_not_balance_are_refused_on_account_chains() -> None:
    legs = [
        leg(1, "t", "debit", "A", 300, chain=CHAIN, block=1),
        leg(2, "t", "credit", "B", 290, chain=CHAIN, block=1),
    ]
    with pytest.raises(DataFileError, match="the debits and credits of sat in event 't' differ"):
        ledger_from_rows(legs)


def test_a_simple_payment_in_legs_is_shown_as_one_row_and_traced_like_a_transfer() -> None:
    legs = [
        leg(1, "t0", "debit", "V", 100, chain=CHAIN, block=1),
        leg(2, "t0", "credit", "A", 100, chain=CHAIN, block=1),
        leg(3, "t1", "debit", "A", 100, chain=CHAIN, block=2),
        leg(4, "t1", "credit", "X", 60, chain=CHAIN, block=2),
        leg(5, "t1", "credit", "Y", 40, chain=CHAIN, block=2),
    ]
    from tracer.registry import LabelIndex
    from tracer.trace import CaseData, Options, trace

    seed = Seed("tx", "t0", CHAIN, None, None, "o1")
    result = trace(CaseData("t", "", tuple(legs), (seed,), LabelIndex((), "")), Options())
    assert held_and_left(result) == {"X": 60, "Y": 40}
    assert [(m.sender, m.recipient, m.amount, m.tainted) for m in result.movements] == [
        ("V", "A", 100, 100),
        ("A", "", 100, 100),
        ("", "X", 60, 60),
        ("", "Y", 40, 40),
    ]


def test_a_swap_in_legs_changes_the_asset_of_the_lots() -> None:
    legs = [
        leg(1, "t0", "debit", "V", 7, chain=CHAIN, block=1),
        leg(2, "t0", "credit", "A", 7, chain=CHAIN, block=1),
        leg(3, "t1", "debit", "A", 7, chain=CHAIN, block=2),
        leg(4, "t1", "credit", "A", 20, chain=CHAIN, block=2, asset=UNIT),
    ]
    from tracer.registry import LabelIndex
    from tracer.trace import CaseData, Options, trace

    seed = Seed("tx", "t0", CHAIN, None, None, "o1")
    result = trace(CaseData("t", "", tuple(legs), (seed,), LabelIndex((), "")), Options())
    assert [(e.address, e.asset, e.tainted, e.origin_amount) for e in result.exits] == [("A", UNIT, 20, 7)]
