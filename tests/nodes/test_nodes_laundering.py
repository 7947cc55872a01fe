"""The laundering's truth is true: the node's balances agree with it, and an accountant of its own closes over it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from coin_by_coin import ExitKey
from evm_node import FAUCET_WEI
from laundering import Laundering
from laundering_stage import DOLLAR
from scripted import ETHER, ZERO, Movement
from truth_tables import write_tables

from tracer.api import open_own_folder

FEES = ETHER
"""All fees, and all clean ether for fees, are far below one ether a wallet."""


def at(story: Laundering, rule: str, role: str, asset: str, theft: str) -> int:
    key = (story.address[role], story.assets[asset], theft)
    return sum(units for (_, *where, _), (units, _) in story.exits(rule).items() if tuple(where) == key)


def test_every_balance_on_the_node_is_the_sum_of_the_movements(laundering: Laundering) -> None:
    node, net = laundering.node, defaultdict[tuple[str, str], int](int)
    net[laundering.address["faucet"], laundering.assets["ether"]] = FAUCET_WEI
    for move in laundering.movements:
        net[move.sender, move.asset] -= move.amount
        net[move.recipient, move.asset] += move.amount
    wrong = {}
    for (holder, asset), expected in net.items():
        if holder in ("", ZERO):
            continue
        if asset == laundering.assets["ether"]:
            held = node.balance(holder)
        else:
            call = {"to": asset.rpartition(":")[2], "data": "0x70a08231" + holder[2:].rjust(64, "0")}
            held = int(node.rpc("eth_call", call, "latest"), 16)
        if held != expected:
            wrong[holder, asset] = (held, expected)
    assert wrong == {}
    assert len(net) > 40


def test_movements_are_in_chain_order_and_lie_in_the_blocks_they_name(laundering: Laundering) -> None:
    assert laundering.movements == sorted(laundering.movements, key=Movement.order)
    for move in laundering.movements:
        sent = laundering.node.rpc("eth_getTransactionByHash", move.tx)
        assert (int(sent["blockNumber"], 16), int(sent["transactionIndex"], 16)) == (move.block, move.tx_index)
        assert sent["blockHash"] == move.block_hash


def test_logs_stand_where_the_script_says(laundering: Laundering) -> None:
    for move in laundering.movements:
        if move.layer == "log":
            logs = {int(log["logIndex"], 16): log for log in laundering.node.receipt(move.tx)["logs"]}
            log = logs[move.place[0]]
            assert (log["address"], int(log["data"], 16)) == (move.asset.rpartition(":")[2], move.amount)
            assert [topic[-40:] for topic in log["topics"][1:]] == [move.sender[2:], move.recipient[2:]]


def test_calls_stand_where_the_script_says(laundering: Laundering) -> None:
    for move in laundering.movements:
        if move.layer == "call":
            traces = {tuple(row["traceAddress"]): row for row in laundering.node.rpc("trace_transaction", move.tx)}
            action = traces[move.place]["action"]
            assert (action["from"], action["to"], int(action["value"], 16)) == (
                move.sender,
                move.recipient,
                move.amount,
            )


@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_what_was_stolen_is_the_sum_of_the_exits(laundering: Laundering, rule: str) -> None:
    total = defaultdict[str, int](int)
    for (*_, theft, _), (_, stolen) in laundering.exits(rule).items():
        total[theft] += stolen
    assert total == {"vault": 300 * ETHER, "allowance": 150_000 * DOLLAR}


@pytest.mark.parametrize(
    ("role", "asset", "theft", "by_hand"),
    [
        ("exchange_hot", "ether", "vault", 120 * ETHER),
        ("exchange_hot", "ether", "allowance", 10 * ETHER),
        ("exchange_hot", "dollar", "allowance", 50_000 * DOLLAR),
        ("otc", "ether", "vault", 30 * ETHER),
        ("hub", "ether", "vault", 10 * ETHER),
        ("meeting", "ether", "allowance", 40 * ETHER),
        ("peel_6", "ether", "vault", 58 * ETHER),
        ("peel_7", "ether", "vault", 2 * ETHER),
        ("bridge", "euro", "vault", 100_000 * DOLLAR),
        ("meeting", "euro", "vault", 43_000 * DOLLAR),
        ("lookalike", "dollar", "allowance", 0),
        ("deposit_customer", "ether", "vault", 0),
    ],
)
def test_first_in_first_out_is_what_the_hand_gets_up_to_fees(
    laundering: Laundering, role: str, asset: str, theft: str, by_hand: int
) -> None:
    slack = FEES if asset == "ether" else 200 * DOLLAR
    assert abs(at(laundering, "fifo", role, asset, theft) - by_hand) <= slack


def test_pro_rata_at_the_hub_is_five_ninths(laundering: Laundering) -> None:
    """100 stolen of 180 at the hub when it pays: 80 to the exchange and 60 to the meeting wallet leave 40."""
    assert abs(at(laundering, "haircut", "hub", "ether", "vault") - 40 * ETHER * 100 // 180) <= FEES


@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_a_trace_of_the_truth_gives_the_same_exits_to_the_last_unit(
    laundering: Laundering, rule: str, tmp_path: Path
) -> None:
    write_tables(tmp_path, laundering.movements, laundering.seeds, laundering.labels)
    result = open_own_folder(tmp_path, complete=True).trace(rule).result
    assert result.audit.closed
    traced: dict[ExitKey, tuple[int, int]] = {}
    for leaf in result.exits:
        origin = (leaf.origin.name, str(leaf.origin.asset))
        traced[leaf.stop_reason, leaf.address, str(leaf.asset), *origin] = (leaf.tainted, leaf.origin_amount)
    assert traced == laundering.exits(rule)


def test_the_look_alike_only_looks_alike(laundering: Laundering) -> None:
    real, fake = laundering.address["hub"], laundering.address["lookalike"]
    assert (real[:6], real[-4:]) == (fake[:6], fake[-4:])
    assert real != fake
    assert [one.amount for one in laundering.touching(fake)] == [0]


def test_the_story_is_always_the_same_chain(laundering: Laundering) -> None:
    assert laundering.node.block_hash(41) == "0xb71e328398b5cdb9d7c58ca2855d365c0c5f81dc7699ac840f3b843ec00742a2"
    assert laundering.node.block_number() == 41
