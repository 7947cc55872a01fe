"""One builder makes events of transfers and of ledgers: netted by holder, impossible rows refused (docs/tables.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors import CHAIN, UNIT, held_and_left, traced, transfer, transfers

from tracer.errors import DataFileError
from tracer.ledger import ledger_from_rows
from tracer.model import BITCOIN, AssetId, LedgerLeg, Seed, Transfer, native_asset
from tracer.registry import LabelIndex
from tracer.taint import CONSERVING
from tracer.trace import CaseData, Options, prepare, run

ETH, USDC, WETH = AssetId("eth"), AssetId("usdc"), AssetId("weth")
THEFT = Seed("tx", "t", CHAIN, None, None, "o")
SATS = native_asset(BITCOIN)
assert SATS is not None


def leg(row: int, event: str, side: str, holder: str, amount: int, time: int | None, **more: object) -> LedgerLeg:
    fields: dict[str, object] = {
        **{"row": row, "event": event, "side": side, "holder": holder, "address": holder, "asset": UNIT},
        **{"amount": amount, "chain": CHAIN, "block": None, "time": time, "tx": event, "kind": ""},
        **more,
    }
    return LedgerLeg(**fields)  # type: ignore[arg-type]


def as_legs(rows: Sequence[Transfer]) -> list[LedgerLeg]:
    """Return transfers written as a ledger."""
    found: list[LedgerLeg] = []
    for row in rows:
        event = row.event or row.tx or f"r{row.row}"
        more = {"asset": row.asset, "tx": row.tx}
        for side, holder in (("debit", row.sender), ("credit", row.recipient)):
            kind = row.kind if side == "credit" else ""
            if holder or kind in ("fee", "burn"):
                found.append(leg(len(found) + 1, event, side, holder, row.amount, row.time or 0, kind=kind, **more))
    return found


def exits(rows: Sequence[Transfer | LedgerLeg], policy: str) -> dict[tuple[str, AssetId, str], int]:
    inputs = CaseData("w", "", tuple(rows), (THEFT,), LabelIndex((), ""))
    result = run(prepare(inputs, Options()), policy)
    assert result.audit.closed
    return {(one.address, one.asset, one.stop_reason): one.tainted for one in result.exits}


@pytest.mark.parametrize("policy", CONSERVING)
@pytest.mark.parametrize("own", [100, 10**6])
def test_c1_a_payment_to_oneself_takes_no_part_in_a_ledger_either(policy: str, own: int) -> None:
    rows = transfers(("9", "1", 100, 1, "t"), ("3", "1", 100, 2), ("1", "1", own, 3), ("1", "4", 100, 4))
    assert exits(rows, policy) == exits(as_legs(rows), policy)
    assert not ledger_from_rows(as_legs(rows)).opening.keys() & {(CHAIN, "1", UNIT)}


@pytest.mark.parametrize("policy", CONSERVING)
def test_c2_a_conversion_keeps_its_fee_apart(policy: str) -> None:
    rows = [
        transfer(1, "9", "1", 100, 1, tx="t", asset=USDC),
        transfer(2, "1", "1", 100, 2, event="e", asset=USDC),
        transfer(3, "1", "1", 5, 2, event="e", asset=ETH),
        transfer(4, "1", "", 1, 2, event="e", asset=ETH, kind="fee"),
    ]
    assert exits(rows, policy) == {("1", ETH, "at_rest"): 5}


@pytest.mark.parametrize("policy", CONSERVING)
def test_c3_new_issue_is_the_other_side_of_its_event(policy: str) -> None:
    rows = [
        transfer(1, "9", "1", 10, 1, tx="t", asset=ETH),
        transfer(2, "1", "5", 10, 2, event="e", asset=ETH),
        transfer(3, "", "1", 10, 2, event="e", asset=WETH, kind="mint"),
        transfer(4, "1", "4", 10, 3, asset=WETH),
    ]
    assert exits(rows, policy) == exits(as_legs(rows), policy) == {("4", WETH, "at_rest"): 10}
    back = [
        *rows,
        transfer(5, "4", "", 10, 4, event="u", asset=WETH, kind="burn"),
        transfer(6, "5", "4", 10, 4, event="u", asset=ETH),
    ]
    assert exits(back, policy) == exits(as_legs(back), policy) == {("4", ETH, "at_rest"): 10}


def test_each_holder_s_side_becomes_what_that_holder_received() -> None:
    rows = [
        transfer(1, "9", "1", 10, 1, tx="t", asset=ETH),
        transfer(2, "1", "p", 10, 2, event="e", asset=ETH),
        transfer(3, "2", "p", 10, 2, event="e", asset=ETH),
        transfer(4, "p", "2", 500, 2, event="e", asset=USDC),
        transfer(5, "p", "1", 300, 2, event="e", asset=USDC),
    ]
    for policy in CONSERVING:
        assert exits(rows, policy) == {("1", USDC, "at_rest"): 300}


def test_two_assets_that_one_holder_gives_another_are_two_payments() -> None:
    rows = [
        transfer(1, "9", "1", 10, 1, tx="t", asset=ETH),
        transfer(2, "1", "2", 10, 2, event="e", asset=ETH),
        transfer(3, "1", "2", 500, 2, event="e", asset=USDC),
    ]
    assert exits(rows, "fifo") == {("2", ETH, "at_rest"): 10}


def test_c5_a_movement_never_carries_more_than_it_moves() -> None:
    rows = [
        transfer(1, "9", "1", 20, 1, tx="t", position=0),
        transfer(2, "1", "2", 10, 2, event="e", position=1),
        transfer(3, "2", "3", 4, 2, event="e", position=2),
        transfer(4, "1", "2", 10, 2, event="e", position=3),
    ]
    for policy in CONSERVING:
        result = traced(rows, [replace(THEFT, asset=UNIT)], policy)
        assert [sum(share.tainted for share in one.shares) for one in result.movements] == [20, 10, 4, 6]


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.integers(1, 30), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ),
    policy=st.sampled_from(CONSERVING),
)
def test_c5_no_movement_of_any_event_carries_more_than_it_moves(
    rows: list[tuple[str, str, int, int]], policy: str
) -> None:
    table = [transfer(1, "9", "A", 50, 0, tx="t", position=0)] + [
        transfer(number, payer, payee, amount, 1 + time, event=f"e{time}", position=number)
        for number, (payer, payee, amount, time) in enumerate(rows, 2)
    ]
    result = traced(table, [replace(THEFT, asset=UNIT)], policy)
    assert result.audit.closed
    for one in result.movements:
        assert sum(share.tainted for share in one.shares) <= one.amount


def coin(row: int, event: str, side: str, short: str, amount: int, block: int, **more: object) -> LedgerLeg:
    holder = f"{short[0] * 64}:{short[1:]}" if short else ""
    fields = {"asset": SATS, "chain": BITCOIN, "block": block, "address": "", **more}
    return leg(row, event, side, holder, amount, None, **fields)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (coin(3, "u", "debit", "a0", 100, 2), "spent twice, in row 2"),
        (coin(3, "u", "credit", "a0", 100, 2), "made twice, in row 1"),
    ],
)
def test_b3_an_outpoint_is_made_once_and_spent_once(last: LedgerLeg, said: str) -> None:
    rows = [coin(1, "s", "credit", "a0", 100, 1), coin(2, "t", "debit", "a0", 100, 2), last]
    with pytest.raises(DataFileError, match=f"Row 3: outpoint a+:0 is {said}"):
        ledger_from_rows([*rows, coin(4, "t", "credit", "b0", 100, 2)])


def test_b3_an_outpoint_is_spent_in_full_and_after_it_is_made() -> None:
    rows = [
        coin(1, "s", "credit", "a0", 100, 2),
        coin(2, "t", "debit", "a0", 60, 3),
        coin(3, "t", "credit", "b0", 60, 3),
    ]
    with pytest.raises(DataFileError, match=r"Row 2: outpoint a+:0 is spent with 60, but row 1 made it with 100"):
        ledger_from_rows(rows)
    early = [rows[0], replace(rows[1], amount=100, block=1), replace(rows[2], amount=100, block=1)]
    with pytest.raises(DataFileError, match=r"Row 2: outpoint a+:0 is spent before row 1 makes it"):
        ledger_from_rows(early)
    within = [replace(row, block=2, amount=100) for row in (rows[1], rows[2], rows[0])]
    ordered = ledger_from_rows([replace(row, row=number) for number, row in enumerate(within, 1)])
    assert [event.tx for event in ordered.events] == ["s", "t"]
    assert ordered.ties == ()


def test_b2_what_no_leg_states_is_booked_as_fee_and_told_loudly_above_a_tenth() -> None:
    rows = [coin(1, "t", "debit", "a0", 100, 1), coin(2, "t", "credit", "b0", 60, 1)]
    ledger = ledger_from_rows(rows)
    assert (ledger.events[0].unstated_fee, ledger.events[0].whole) == (40, False)
    assert "WARNING" in ledger.notes[1]
    stated = ledger_from_rows([*rows, coin(3, "t", "credit", "", 40, 1, kind="fee")])
    assert (stated.events[0].unstated_fee, stated.notes) == (0, ())
    raw = ledger_from_rows([replace(row, whole=True) for row in rows])
    assert (raw.events[0].unstated_fee, raw.events[0].whole) == (0, True)


def test_b7_a_place_of_a_transaction_stands_once_and_equal_rows_need_one() -> None:
    first = transfer(1, "1", "2", 60, 1, tx="t", position=5)
    with pytest.raises(DataFileError, match="Row 2, column 'position'"):
        ledger_from_rows([first, replace(first, row=2)])
    bare = replace(first, position=None)
    with pytest.raises(DataFileError, match="Row 2: it equals row 1") as found:
        ledger_from_rows([bare, replace(bare, row=2)])
    assert "'position'" in str(found.value.next_step)
    assert len(ledger_from_rows([first, replace(first, row=2, position=6)]).events) == 2


def test_events_of_one_moment_without_position_form_a_tie() -> None:
    rows = transfers(("1", "2", 5, 1), ("2", "3", 5, 2), ("3", "4", 5, 2), ("4", "5", 5, 3))
    assert ledger_from_rows(rows).ties == ((1, 3),)
    assert ledger_from_rows([replace(row, position=row.row) for row in rows]).ties == ()


def test_a_table_gives_the_same_exits_as_transfers_and_as_a_ledger() -> None:
    rows = [
        transfer(1, "9", "1", 100, 1, tx="t"),
        transfer(2, "1", "2", 60, 2, event="e"),
        transfer(3, "3", "1", 20, 2, event="e"),
        transfer(4, "1", "", 5, 2, event="e", kind="fee"),
        transfer(5, "2", "4", 30, 3),
    ]
    for policy in CONSERVING:
        assert exits(rows, policy) == exits(as_legs(rows), policy)
        assert sum(held_and_left(traced(rows, [THEFT], policy)).values()) == 100
