"""What chains do differently, by the one table that node and explorer read: fees, forks, deposits, coins that log."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pretend_evm import (
    ETHER,
    A,
    B,
    C,
    explorer_of,
    frame,
    gaps,
    inner,
    listed,
    log,
    moves,
    node_of,
    receipt,
    topic,
    transaction,
    word,
)
from recorded_evm import recorded_transactions

from tracer.chains.evm import TRANSFER_TOPIC
from tracer.chains.evm_block import fee_of, parse_header, parse_receipt, parse_transaction, withdrawal_rows
from tracer.chains.fields import Field
from tracer.model import ChainId, facts_of

LATER = 1_780_000_000
"""In June 2026: every fork of the table is behind."""


def paid_at(amount: int, holder: str = "") -> dict[str, Any]:
    def balance(params: list[Any]) -> str:
        return hex(amount if int(params[1], 16) >= 100 and (not holder or params[0] == holder) else 0)

    return {"eth_getBalance": balance}


@pytest.mark.parametrize(("start", "operator"), [(1_750_000_000, 10_500), (LATER, 21_000 * 500_000 * 100)])
def test_g5_the_operator_is_paid_since_isthmus_and_a_hundredfold_since_jovian(start: int, operator: int) -> None:
    one = transaction(gasPrice=hex(10**6), to=C)
    scalars = {"operatorFeeScalar": hex(500_000), "operatorFeeConstant": hex(10**12), "l1Fee": hex(777)}
    given = receipt(one, effectiveGasPrice=hex(10**6), blobGasUsed=hex(40_000), blobGasPrice="0x1", **scalars)
    node = node_of(one, given, frame(one), chain=10, start=start)
    assert moves(node.transaction(one["hash"])) == [
        ("fee", "fee", A, "", 21_000 * 10**6 + 777 + operator + 10**12),
    ]


def test_g5_an_explorer_of_such_a_chain_says_that_its_fees_are_not_whole() -> None:
    history = explorer_of({"txlist": [listed(100)]}, chain=10, node={"eth_getBalance": "0x0"}).transfers(A, 95, 105)
    assert ("fees", "not_supported") in gaps(history)


def test_g5_what_logs_of_a_contract_that_is_the_coin_say_is_not_a_token_too() -> None:
    system, value = "0x" + "0" * 36 + "1010", 7 * ETHER
    one = transaction(to=system, value=hex(value), gasPrice="0x0")
    given = receipt(
        one,
        effectiveGasPrice="0x0",
        logs=[log(one, 0, [TRANSFER_TOPIC, topic(A), topic(B)], word(value), address=system)],
    )
    tree = frame(one, calls=[{"type": "CALL", "from": system, "to": B, "value": hex(value)}])
    node = node_of(one, given, tree, chain=137, more=paid_at(value))
    history = node.transfers(B, 95, 105)
    assert moves(history) == [("call", "internal", system, B, value)]
    assert history.complete
    rows = [{**listed(100), "from": A, "to": B, "value": str(value), "contractAddress": system}]
    assert moves(explorer_of({"tokentx": rows}, chain=137, node=paid_at(0)).transfers(B, 95, 105)) == []


@pytest.mark.parametrize(
    ("chain", "start", "burns"),
    [
        (1, 1_700_000_000, True),
        (1, LATER, False),
        (10, LATER, False),
        (56, 1_700_000_000, True),
        (56, LATER, False),
        (100, LATER, False),
        (137, 1_700_000_000, True),
        (137, LATER, False),
        (42161, 1_700_000_000, True),
        (42161, LATER, False),
        (43114, LATER, False),
        (534352, 1_700_000_000, False),
    ],
)
def test_g5_a_contract_that_destroys_itself_to_itself_keeps_its_coin_since_the_chains_own_fork(
    chain: int, start: int, burns: bool
) -> None:
    one = transaction(**{"from": C})
    tree = frame(one, calls=[{"type": "SELFDESTRUCT", "from": B, "to": B, "value": hex(5 * ETHER)}])
    whole = node_of(one, receipt(one), tree, chain=chain, start=start).transaction(one["hash"])
    burnt = [("call", "burn", B, "", 5 * ETHER)] if burns else []
    assert [move for move in moves(whole) if move[0] == "call"] == burnt
    assert ("transaction", "ok") not in gaps(whole)
    row = inner(
        100, type="selfdestruct", callType="", value=str(5 * ETHER), timeStamp=str(start), **{"from": B, "to": B}
    )
    node = {"eth_getBalance": "0x0", "eth_getTransactionReceipt": receipt(one)}
    assert moves(explorer_of({"txlistinternal": [row]}, chain=chain, node=node).transfers(B, 95, 105)) == burnt


def test_g5_on_a_chain_that_is_not_in_the_table_that_is_said() -> None:
    assert not facts_of(ChainId("eip155:61")).known
    one = transaction(**{"from": C})
    tree = frame(one, calls=[{"type": "SELFDESTRUCT", "from": B, "to": B, "value": hex(5 * ETHER)}])
    history = node_of(one, receipt(one), tree, chain=61).transaction(one["hash"])
    assert gaps(history) == [("transaction", "not_supported"), ("chain", "not_supported")]
    assert ("chain", "not_supported") in gaps(explorer_of({}, chain=61).transfers(A, 95, 105))


@pytest.mark.parametrize("kind", [{"type": "INVALID"}, {"type": ""}, {}])
def test_g5_a_deposit_of_arbitrum_brings_its_value_and_pays_no_fee(kind: dict[str, str]) -> None:
    one = transaction(type="0x64", value=hex(5 * ETHER), gasPrice="0x0")
    given = receipt(one, effectiveGasPrice="0x0", gasUsed="0x0")
    tree = frame(one) | {"beforeEVMTransfers": [{"purpose": "deposit", "from": None, "to": A, "value": hex(5 * ETHER)}]}
    del tree["type"]
    node = node_of(one, given, tree | kind, chain=42161, more=paid_at(5 * ETHER, B))
    history = node.transfers(B, 95, 105)
    assert moves(history) == [("top", "native", A, B, 5 * ETHER)]
    assert history.complete
    assert moves(node.transaction(one["hash"])) == [
        ("fee", "mint", "", A, 5 * ETHER),
        ("top", "native", A, B, 5 * ETHER),
    ]


def test_g5_what_moves_outside_the_calls_of_a_retryable_is_read_where_the_tracer_lists_it() -> None:
    one = transaction(type="0x68")
    parts = [
        {"purpose": "escrow", "from": C, "to": A, "value": hex(3 * ETHER)},
        {"purpose": "feePayment", "from": A, "to": None, "value": hex(21_000)},
    ]
    node = node_of(
        one, receipt(one), frame(one, beforeEVMTransfers=parts), chain=42161, more=paid_at(3 * ETHER - 21_000)
    )
    history = node.transfers(A, 95, 105)
    assert moves(history) == [("fee", "fee", A, "", 21_000), ("fee", "internal", C, A, 3 * ETHER)]
    assert history.complete
    silent = node_of(one, receipt(one), frame(one), chain=42161).transaction(one["hash"])
    assert gaps(silent) == [("transaction", "not_supported")]


def test_g5_an_explorer_of_arbitrum_lists_what_moved_outside_of_calls_as_invalid() -> None:
    row = inner(100, callType="invalid", value="900", **{"from": C, "to": A})
    node = {**paid_at(900), "eth_getTransactionReceipt": receipt(transaction())}
    history = explorer_of({"txlistinternal": [row]}, chain=42161, node=node).transfers(A, 95, 105)
    assert moves(history) == [("call", "internal", C, A, 900)]
    assert history.complete


@pytest.mark.parametrize(
    ("given", "brought"), [({"mint": hex(9), "sourceHash": word(1)}, 9), ({"mint": None, "sourceHash": word(1)}, 0)]
)
def test_g5_a_deposit_of_the_op_stack_brings_its_mint(given: dict[str, Any], brought: int) -> None:
    one = transaction(type="0x7e", value=hex(9), gasPrice="0x0", **given)
    free = receipt(one, effectiveGasPrice="0x0", l1Fee="0x0", operatorFeeConstant="0x5")
    history = node_of(one, free, frame(one), chain=8453).transaction(one["hash"])
    mint = [("fee", "mint", "", A, brought)] if brought else []
    assert moves(history) == [*mint, ("top", "native", A, B, 9)]
    assert history.complete


def test_g5_a_deposit_that_does_not_say_what_it_brought_is_a_gap() -> None:
    one = transaction(type="0x7e", value=hex(9), gasPrice="0x0")
    history = node_of(one, receipt(one, effectiveGasPrice="0x0"), frame(one), chain=10).transaction(one["hash"])
    assert gaps(history) == [("transaction", "not_supported")]


def test_g5_withdrawals_of_gnosis_move_none_of_its_coin() -> None:
    header = {"number": "0x9", "hash": word(9), "timestamp": "0x9", "transactions": []}
    paid = [{"index": "0x1", "address": A, "amount": "0x5"}]
    for chain, count in ((ChainId("eip155:100"), 0), (ChainId("eip155:1"), 1)):
        found = parse_header(Field({**header, "withdrawals": paid}), chain)
        assert len(withdrawal_rows(found, chain=chain, source="node")) == count


def test_g5_a_state_sync_of_polygon_moves_tokens_and_its_calls_are_a_gap() -> None:
    nobody = "0x" + "0" * 40
    one = transaction(gasPrice="0x0", **{"from": nobody, "to": nobody})
    tokens = [log(one, 3, [TRANSFER_TOPIC, word(0), topic(A)], word(12_345))]
    given = receipt(one, gasUsed="0x0", effectiveGasPrice="0x0", logs=tokens)
    history = node_of(one, given, chain=137).transaction(one["hash"])
    assert moves(history) == [("log", "mint", nobody, A, 12_345)]
    assert gaps(history) == [("transaction", "not_supported")]


def test_g5_every_recorded_transaction_parses_with_the_fee_its_receipt_says() -> None:
    counted: Counter[str] = Counter()
    for one in recorded_transactions():
        chain = ChainId(one["chain"])
        made = parse_transaction(Field(one["transaction"]), chain)
        said = one["receipt"]
        given = parse_receipt(Field(said), chain)
        time = int(one["header"]["timestamp"], 16) if one["header"] else 0
        number = {name: int(value, 16) for name, value in said.items() if _is_quantity(value)}
        price = number.get("effectiveGasPrice", int(one["transaction"].get("gasPrice") or "0x0", 16))
        blob = 0 if facts_of(chain).layer_one_fee else number.get("blobGasUsed", 0) * number.get("blobGasPrice", 0)
        assert fee_of(made, given, time) == number["gasUsed"] * price + number.get("l1Fee", 0) + blob
        assert (made.hash, made.index, given.failed) == (given.hash, given.index, number["status"] == 0)
        counted[chain] += 1
    assert counted.total() == 780


def _is_quantity(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0x") and 2 < len(value) <= 34
