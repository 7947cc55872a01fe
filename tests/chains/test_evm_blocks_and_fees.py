"""Fees, values, tokens and withdrawals of real blocks, against another tool's reading of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tracer.chains.evm import TRANSFER_TOPIC, collect_transfer_log, other_token_parties
from tracer.chains.evm_block import fee_of, parse_header, parse_receipt, parse_transaction, value_rows, withdrawal_rows
from tracer.chains.fields import FaultyReply, Field
from tracer.errors import InputError
from tracer.model import ChainId

CHAIN = ChainId("eip155:1")
ETHER = "eip155:1/slip44:60"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eth_blocks_receipts"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the block data is beside the repository, not in it")
ONE, TWO = ("0x" + digit * 40 for digit in "ab")
HASH, BLOCK = "0x" + "1" * 64, "0x" + "2" * 64


def read(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / "etl_17173049_17173050" / f"expected_{name}.json.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def as_transaction(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "hash": row["hash"],
        "blockNumber": hex(row["block_number"]),
        "blockHash": row["block_hash"],
        "transactionIndex": hex(row["transaction_index"]),
        "from": row["from_address"],
        "to": row["to_address"],
        "value": hex(row["value"]),
        "gasPrice": hex(row["gas_price"]),
    }


def as_receipt(row: dict[str, Any], logs: list[Any]) -> dict[str, Any]:
    return {
        "transactionHash": row["hash"],
        "blockNumber": hex(row["block_number"]),
        "blockHash": row["block_hash"],
        "transactionIndex": hex(row["transaction_index"]),
        "from": row["from_address"],
        "contractAddress": row["receipt_contract_address"],
        "status": hex(row["receipt_status"]),
        "gasUsed": hex(row["receipt_gas_used"]),
        "effectiveGasPrice": hex(row["receipt_effective_gas_price"]),
        "logs": logs,
    }


def transaction(**changes: Any) -> dict[str, Any]:
    return {
        "hash": HASH,
        "blockNumber": "0x9",
        "blockHash": BLOCK,
        "transactionIndex": "0x3",
        "from": ONE,
        "to": TWO,
        "value": "0x5",
        "gasPrice": "0x7",
        **changes,
    }


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "transactionHash": HASH,
        "blockNumber": "0x9",
        "blockHash": BLOCK,
        "transactionIndex": "0x3",
        "from": ONE,
        "contractAddress": None,
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0x2",
        "logs": [],
        **changes,
    }


def fee(made: dict[str, Any], given: dict[str, Any], chain: ChainId = CHAIN, time: int = 0) -> int:
    return fee_of(parse_transaction(Field(made), chain), parse_receipt(Field(given), chain), time)


@needs_data
def test_values_and_fees_of_two_blocks_are_those_of_the_oracle() -> None:
    rows, failed = [], 0
    for row in read("transactions"):
        made = parse_transaction(Field(as_transaction(row)), CHAIN)
        given = parse_receipt(Field(as_receipt(row, [])), CHAIN)
        failed += given.failed is True
        rows += value_rows(made, given, failed=bool(given.failed), chain=CHAIN, time=1, source="node")
    oracle = read("transactions")
    assert (len(oracle), failed) == (298, 9)
    paid = sum(row["receipt_gas_used"] * row["receipt_effective_gas_price"] for row in oracle)
    assert sum(row.amount for row in rows if row.layer == "fee") == paid
    moved = sum(row["value"] for row in oracle if row["receipt_status"] == 1)
    assert sum(row.amount for row in rows if row.layer == "top") == moved
    assert len([row for row in rows if row.layer == "fee"]) == 298
    assert len({row.id for row in rows}) == len(rows)


@needs_data
def test_logs_of_two_blocks_are_tokens_nfts_or_counted() -> None:
    logs = read("logs")
    index = {row["hash"]: row["transaction_index"] for row in read("transactions")}
    raw = [
        {
            **{name: row[name] for name in ("address", "topics", "data")},
            "logIndex": hex(row["log_index"]),
            "blockNumber": hex(row["block_number"]),
            "transactionHash": row["transaction_hash"],
        }
        for row in logs
    ]
    found = [
        collect_transfer_log(
            log,
            chain=CHAIN,
            block_hash=row["block_hash"],
            tx_index=index[row["transaction_hash"]],
            time=row["block_timestamp"],
            source="node",
        )
        for log, row in zip(raw, logs, strict=True)
    ]
    tokens = [row for row in found if row is not None]
    assert len(tokens) == 282
    assert sum(other_token_parties(one) is not None for one in raw) == 10
    assert sorted(tokens, key=lambda row: row.order()) == sorted(tokens, key=lambda row: (row.block, row.place))


@needs_data
def test_withdrawals_are_in_gwei_and_come_after_all_transactions() -> None:
    blocks = read("blocks")
    field = {
        "number": hex(blocks[0]["number"]),
        "hash": blocks[0]["hash"],
        "timestamp": hex(blocks[0]["timestamp"]),
        "transactions": [],
        "withdrawals": [
            {"index": hex(one["index"]), "address": one["address"], "amount": hex(one["amount"])}
            for one in blocks[0]["withdrawals"]
        ],
    }
    rows = withdrawal_rows(parse_header(Field(field), CHAIN), chain=CHAIN, source="node")
    assert len(rows) == len(blocks[0]["withdrawals"]) == 16
    assert rows[0].amount == 45762059 * 10**9
    assert {(row.layer, row.kind, row.sender, row.tx, row.asset) for row in rows} == {("block", "mint", "", "", ETHER)}
    late = value_rows(
        parse_transaction(Field(transaction(blockNumber=field["number"])), CHAIN),
        parse_receipt(Field(receipt()), CHAIN),
        failed=False,
        chain=CHAIN,
        time=1,
        source="node",
    )
    assert all(row.order() > one.order() for row in rows for one in late)


@needs_data
def test_receipts_as_a_node_sends_them_are_read() -> None:
    with gzip.open(DATA / "rpc_10666927.json.gz", "rt", encoding="utf-8") as stream:
        answers = json.load(stream)
    receipts = [parse_receipt(Field(one), CHAIN) for one in answers.values() if "transactionHash" in one]
    assert (len(receipts), sum(one.failed is True for one in receipts)) == (140, 6)
    (block,) = [parse_header(Field(one), CHAIN) for one in answers.values() if "transactionHash" not in one]
    assert block.number == 10_666_927
    assert set(block.transactions) == {one.hash for one in receipts}
    assert not block.cancun


def test_a_fee_is_what_the_receipt_says_was_paid_with_all_that_is_added() -> None:
    assert fee(transaction(), receipt()) == 21_000 * 2
    assert fee(transaction(), receipt(l1Fee="0x64")) == 21_000 * 2 + 100
    assert fee(transaction(), receipt(blobGasUsed="0x20000", blobGasPrice="0x3")) == 21_000 * 2 + 131_072 * 3
    old = receipt()
    del old["effectiveGasPrice"]
    assert fee(transaction(), old) == 21_000 * 7


def test_a_failed_transaction_only_pays_its_fee_and_a_creation_pays_the_contract() -> None:
    made = parse_transaction(Field(transaction(to=None)), CHAIN)
    given = parse_receipt(Field(receipt(contractAddress=TWO)), CHAIN)
    rows = [value_rows(made, given, failed=failed, chain=CHAIN, time=1, source="node") for failed in (True, False)]
    assert [[(row.kind, row.sender, row.recipient, row.amount) for row in one] for one in rows] == [
        [("fee", ONE, "", 42_000)],
        [("fee", ONE, "", 42_000), ("native", ONE, TWO, 5)],
    ]


def test_before_byzantium_a_receipt_does_not_say_whether_it_failed() -> None:
    old = receipt(root="0x" + "3" * 64)
    del old["status"]
    assert parse_receipt(Field(old), CHAIN).failed is None


@pytest.mark.parametrize(
    "change", [{"gasUsed": "21000"}, {"from": "0x12"}, {"logs": None}, {"logs": ["x"]}, {"blockHash": "0x1"}]
)
def test_a_receipt_that_is_not_one_names_the_place(change: dict[str, Any]) -> None:
    with pytest.raises(FaultyReply, match=next(iter(change))):
        parse_receipt(Field(receipt(**change)), CHAIN)


def test_a_log_in_no_standard_form_is_counted_and_never_an_amount() -> None:
    word = "0x" + "0" * 24 + ONE[2:]
    forms = [
        {"address": TWO, "topics": [TRANSFER_TOPIC], "data": "0x"},
        {"address": TWO, "topics": [TRANSFER_TOPIC, word, word], "data": "0x"},
        {"address": TWO, "topics": [TRANSFER_TOPIC, word, word, word], "data": "0x"},
        {"address": TWO, "topics": [TRANSFER_TOPIC, word, word], "data": "0x" + "0" * 64},
        {"address": TWO, "topics": [], "data": "0x"},
        {"address": TWO, "topics": None, "data": "0x"},
    ]
    assert [other_token_parties(one) is not None for one in forms] == [True, True, True, False, False, False]


def test_a_chain_whose_coin_is_not_known_is_refused() -> None:
    chain = ChainId("eip155:424242")
    made, given = parse_transaction(Field(transaction()), chain), parse_receipt(Field(receipt()), chain)
    with pytest.raises(InputError, match="coin of eip155:424242"):
        value_rows(made, given, failed=False, chain=chain, time=1, source="node")


HUGE = "0x" + "f" * 64


@pytest.mark.parametrize("name", ["gasUsed", "effectiveGasPrice", "l1Fee", "blobGasUsed", "operatorFeeScalar"])
def test_g13_no_fee_exceeds_what_an_account_can_hold(name: str) -> None:
    with pytest.raises(FaultyReply, match=name):
        parse_receipt(Field(receipt(**{"blobGasPrice": "0x1", name: HUGE})), CHAIN)


@pytest.mark.parametrize(("name", "value"), [("gasPrice", HUGE), ("transactionIndex", HUGE), ("value", 2**256)])
def test_g13_numbers_of_a_transaction_are_bounded(name: str, value: object) -> None:
    with pytest.raises(FaultyReply, match=name):
        parse_transaction(Field(transaction(**{name: value})), CHAIN)


def test_g13_a_withdrawal_is_bounded() -> None:
    paid = {"index": "0x1", "address": ONE, "amount": HUGE}
    with pytest.raises(FaultyReply, match="amount"):
        parse_header(Field({"number": "0x1", "hash": BLOCK, "timestamp": "0x1", "withdrawals": [paid]}), CHAIN)
