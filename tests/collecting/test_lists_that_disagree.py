"""What an explorer's lists say of each other: a row that contradicts another costs its transaction, and is named."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from case_fetching import WAYS, assert_replays, environment, fetched, laundering_case, named
from explorer_server import ExplorerServer
from faults import altered, to
from laundering import Laundering

import tracer
from tracer.collect.rows import block_rows, rows_of, settle
from tracer.model import AssetId, ChainId, Collected, Coverage, Holder
from tracer.providers import History

CHAIN = ChainId("eip155:1")
COIN = AssetId(f"{CHAIN}/slip44:60")
A, B, C = (f"0x{digit * 40}" for digit in "abc")
ONE, TWO = (f"0x{digit * 64}" for digit in "12")
READ = Coverage(CHAIN, A, "etherscan", "account/txlist", 0, 100, complete=True)


def paid(tx: str = ONE, payer: str = A, payee: str = B, **changes: Any) -> Collected:
    whole = Collected(
        *(CHAIN, 7, f"0x{'7' * 64}", 1_700_000_000, tx, 3, "top", (), "native", payer, payee, COIN, 5, "etherscan")
    )
    return replace(whole, **changes)


def other() -> Collected:
    return paid(TWO, payer=A, payee=C, block=8, block_hash=f"0x{'8' * 64}")


def lists(payers: tuple[Collected, ...], payees: tuple[Collected, ...]) -> dict[Holder, History]:
    return {(CHAIN, A): History(payers, (), (READ,)), (CHAIN, B): History(payees, (), (READ,))}


def gaps(history: History) -> list[tuple[str, str]]:
    return [(one.endpoint, one.reason) for one in history.coverage if not one.complete]


CHANGES: dict[str, Callable[[Collected], tuple[Collected, ...]]] = {
    "hash of the block": lambda row: (replace(row, block_hash=f"0x{'9' * 64}"),),
    "time": lambda row: (replace(row, time=row.time + 3_600),),
    "amount": lambda row: (replace(row, amount=6),),
    "payer": lambda row: (replace(row, sender=C),),
    "place in the block": lambda row: (replace(row, tx_index=4),),
    "height": lambda row: (replace(row, block=9, block_hash=f"0x{'9' * 64}"),),
    "failed": lambda row: (),
    "twice, without a place": lambda row: (replace(row, place=None), replace(row, place=None)),
}


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("side", [0, 1])
def test_of_two_lists_that_disagree_on_a_payment_neither_is_believed(change: str, side: int) -> None:
    told = [(paid(), other()), (paid(),)]
    told[side] = (*CHANGES[change](paid()), *told[side][1:])
    held = lists(*told)
    transactions: dict[Holder, History] = {}
    settle(held, transactions)
    rows, _ = rows_of(list(held.values()))
    assert [row.tx for row in rows] == [TWO]
    assert gaps(held[CHAIN, A]) == ([("contradiction", "inconsistent")] if held[CHAIN, A].rows != told[0] else [])
    assert not all(one.whole for one in held.values())
    before = dict(held)
    settle(held, transactions)
    assert held == before


@pytest.mark.parametrize("change", [one for one in CHANGES if one not in ("failed", "twice, without a place")])
def test_the_answer_about_the_transaction_itself_decides(change: str) -> None:
    held = lists((paid(), other()), CHANGES[change](paid()))
    transactions: dict[Holder, History] = {(CHAIN, ONE): History((paid(),))}
    settle(held, transactions)
    assert held[CHAIN, A] == lists((paid(), other()), ())[CHAIN, A]
    assert gaps(held[CHAIN, B]) == [("contradiction", "inconsistent")]
    rows, _ = rows_of([*held.values(), *transactions.values()])
    assert [(row.tx, row.amount) for row in rows] == [(ONE, 5), (TWO, 5)]


def test_a_list_with_a_gap_need_not_have_what_another_has() -> None:
    held = lists((paid(),), ())
    held[CHAIN, B] = History((), (), (replace(READ, complete=False, reason="error"),))
    before = dict(held)
    settle(held, {})
    assert held == before


def test_two_payments_of_a_block_with_two_times_are_both_left_out_also_where_one_list_has_both() -> None:
    two = paid(TWO, payee=C, tx_index=4, time=1_700_000_001)
    held = lists((paid(), two, replace(other(), tx=f"0x{'3' * 64}")), (paid(),))
    settle(held, {})
    assert [row.block for row in held[CHAIN, A].rows] == [8]
    assert held[CHAIN, B].rows == ()


@pytest.mark.parametrize("change", [one for one in CHANGES if one not in ("failed", "height")])
def test_between_rounds_a_block_is_what_is_left_of_it(change: str) -> None:
    parts = {(0, CHAIN, A): History((paid(),)), (0, CHAIN, B): History(CHANGES[change](paid()))}
    assert {row.tx for row in block_rows(parts)} <= ({ONE} if "twice" in change else set())


def collect(folder: Path, story: Laundering, server: ExplorerServer) -> Path:
    """Fetch the theft of dollars from the explorer alone."""
    dollars = replace(story, seeds=story.seeds[1:], thefts={"allowance": story.thefts["allowance"]})
    case = laundering_case(folder, dollars)
    variables = {name: value for name, value in named(server).items() if "_RPC_" not in name}
    with environment(variables):
        fetched(case, replace(WAYS["etherscan"], proofs=False))
    return case


def table(case: Path, name: str) -> list[dict[str, str]]:
    with (case / "bundle" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def movements(case: Path) -> Counter[tuple[str, ...]]:
    columns = ("block", "time", "tx", "kind", "sender", "recipient", "asset", "amount")
    return Counter(tuple(row[name] for name in columns) for row in table(case, "transfers"))


ROW = {
    "timeStamp": lambda value: str(int(value) + 3_600),
    "blockHash": lambda value: "0x" + "77" * 32,
    "value": lambda value: str(int(value) + 1),
    "isError": lambda value: "1",
}


@pytest.mark.parametrize("name", list(ROW))
@pytest.mark.parametrize("side", ["from", "to"])
def test_one_row_of_one_list_that_contradicts_another_costs_itself_and_is_named(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path, name: str, side: str
) -> None:
    whole = movements(collect(tmp_path / "whole", laundering, laundering_server))
    read = {one.params["address"] for one in laundering_server.calls("etherscan", "account/txlist")}
    paid = next(row for row in sorted(whole) if row[3] == "native" and {row[4], row[5]} <= read)
    tx, address = paid[2], paid[4] if side == "from" else paid[5]

    def change(body: bytes) -> bytes:
        said = json.loads(body)
        for row in said["result"] if isinstance(said["result"], list) else []:
            if row["hash"] == tx:
                row[name] = ROW[name](row[name])
        return json.dumps(said).encode()

    one_list = to("etherscan", "account/txlist")
    fault = altered(change, when=lambda asked: one_list(asked) and asked.params["address"] == address)
    laundering_server.faults.add(fault)
    case = collect(tmp_path / "struck", laundering, laundering_server)
    assert fault.struck
    found = movements(case)
    assert not found - whole
    assert paid in whole - found
    gaps = [row for row in table(case, "coverage") if row["complete"] == "false"]
    assert any(row["endpoint"] == "contradiction" and row["reason"] == "inconsistent" for row in gaps)
    assert tracer.open_case(case).trace().audit.closed
    assert_replays(case)
    # The same command goes on, and ends.
    laundering_server.faults.clear()
    variables = {name: value for name, value in named(laundering_server).items() if "_RPC_" not in name}
    with environment(variables):
        fetched(case, replace(WAYS["etherscan"], proofs=False))
    assert movements(case) == found


TOKENS: dict[str, Callable[[list[Any], str], list[Any]]] = {
    "another amount": lambda rows, tx: [one | {"value": "777"} if one["hash"] == tx else one for one in rows],
    "twice": lambda rows, tx: [one for row in rows for one in ([row, row] if row["hash"] == tx else [row])],
    "not there": lambda rows, tx: [one for one in rows if one["hash"] != tx],
}


@pytest.mark.parametrize("name", list(TOKENS))
@pytest.mark.parametrize("side", ["from", "to"])
def test_a_payment_of_tokens_must_stand_as_often_in_either_list(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path, name: str, side: str
) -> None:
    whole = movements(collect(tmp_path / "whole", laundering, laundering_server))
    read = {one.params["address"] for one in laundering_server.calls("etherscan", "account/tokentx")}
    seeds = {seed["value"] for seed in laundering.seeds}
    paid = next(row for row in sorted(whole) if row[3] == "token" and {row[4], row[5]} <= read and row[2] not in seeds)
    tx, address = paid[2], paid[4] if side == "from" else paid[5]

    def change(body: bytes) -> bytes:
        said = json.loads(body)
        if isinstance(said["result"], list):
            said["result"] = TOKENS[name](said["result"], tx)
        return json.dumps(said).encode()

    one_list = to("etherscan", "account/tokentx")
    laundering_server.faults.add(
        altered(change, when=lambda asked: one_list(asked) and asked.params["address"] == address)
    )
    case = collect(tmp_path / "struck", laundering, laundering_server)
    found = movements(case)
    assert not found - whole
    assert paid in whole - found
    gaps = {row["subject"] for row in table(case, "coverage") if row["complete"] == "false"}
    assert gaps & {paid[4], paid[5]}
    assert tracer.open_case(case).trace().audit.closed
