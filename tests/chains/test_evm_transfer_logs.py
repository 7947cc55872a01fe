"""Transfer logs of real blocks against another tool's reading of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tracer.chains.evm import TRANSFER_TOPIC, ZERO_ADDRESS, parse_transfer_log
from tracer.model import ChainId, Transfer, keccak256

CHAIN = ChainId("eip155:1")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eth_blocks_receipts"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the block data is beside the repository, not in it")
TOKEN, PAYER, PAYEE = ("0x" + digit * 40 for digit in "abc")


def is_erc721(log: dict[str, Any]) -> bool:
    """Four topics: the last is the id of a token, not an amount."""
    return len(log["topics"]) == 4 and log["topics"][0] == TRANSFER_TOPIC


def word(address: str) -> str:
    return "0x" + "0" * 24 + address[2:]


def log(**changes: Any) -> dict[str, Any]:
    return {
        "address": TOKEN,
        "topics": [TRANSFER_TOPIC, word(PAYER), word(PAYEE)],
        "data": f"0x{10**24:064x}",
        "logIndex": "0x1a",
        "blockNumber": "0x64",
        "transactionHash": "0x" + "d" * 64,
        **changes,
    }


def read(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / "etl_17173049_17173050" / f"expected_{name}.json.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def as_rpc(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("address", "topics", "data")},
        "logIndex": hex(row["log_index"]),
        "blockNumber": hex(row["block_number"]),
        "transactionHash": row["transaction_hash"],
    }


def expected(row: dict[str, Any]) -> Transfer:
    payer, payee = row["from_address"], row["to_address"]
    return Transfer(
        row=row["log_index"] + 1,
        chain=CHAIN,
        block=row["block_number"],
        position=row["log_index"],
        time=row["block_timestamp"],
        tx=row["transaction_hash"],
        kind="mint" if payer == ZERO_ADDRESS else "burn" if payee == ZERO_ADDRESS else "token",
        sender=payer,
        recipient=payee,
        asset=f"{CHAIN}/erc20:{row['token_address']}",  # type: ignore[arg-type]
        amount=row["value"],
    )


def test_the_topic_is_the_hash_of_the_event() -> None:
    assert "0x" + keccak256(b"Transfer(address,address,uint256)").hex() == TRANSFER_TOPIC


def test_a_transfer_log_is_one_token_transfer() -> None:
    assert parse_transfer_log(log(), chain=CHAIN, time=1_740_830_400) == Transfer(
        row=27,
        chain=CHAIN,
        block=100,
        position=26,
        time=1_740_830_400,
        tx="0x" + "d" * 64,
        kind="token",
        sender=PAYER,
        recipient=PAYEE,
        asset=f"eip155:1/erc20:{TOKEN}",  # type: ignore[arg-type]
        amount=10**24,
    )


def test_upper_case_hex_and_integer_quantities_are_read_alike() -> None:
    upper = log(
        address="0x" + "A" * 40,
        topics=[TRANSFER_TOPIC.upper().replace("0X", "0x"), word(PAYER).upper().replace("0X", "0x"), word(PAYEE)],
        logIndex=26,
        blockNumber=100,
    )
    assert parse_transfer_log(upper, chain=CHAIN) == parse_transfer_log(log(), chain=CHAIN)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"topics": [TRANSFER_TOPIC, word(ZERO_ADDRESS), word(PAYEE)]}, "mint"),
        ({"topics": [TRANSFER_TOPIC, word(PAYER), word(ZERO_ADDRESS)]}, "burn"),
    ],
)
def test_from_the_zero_address_is_a_mint_and_to_it_a_burn(change: dict[str, Any], kind: str) -> None:
    transfer = parse_transfer_log(log(**change), chain=CHAIN)
    assert transfer is not None
    assert transfer.kind == kind


def test_an_id_of_an_erc721_token_is_never_an_amount() -> None:
    nft = log(topics=[TRANSFER_TOPIC, word(PAYER), word(PAYEE), f"0x{7:064x}"], data="0x")
    odd = {**nft, "data": f"0x{7:064x}"}
    assert [parse_transfer_log(row, chain=CHAIN) for row in (nft, odd)] == [None, None]


@pytest.mark.parametrize(
    "change",
    [
        {"data": "0x"},
        {"data": f"0x{1:064x}00"},
        {"data": f"0x{1:063x}"},
        {"data": f"0x{1:062x}é1"},
        {"data": None},
        {"data": 5},
        {"topics": [TRANSFER_TOPIC]},
        {"topics": [TRANSFER_TOPIC, word(PAYER)]},
        {"topics": []},
        {"topics": None},
        {"topics": TRANSFER_TOPIC},
        {"topics": [TRANSFER_TOPIC, word(PAYER), None]},
        {"topics": ["0x" + "1" * 64, word(PAYER), word(PAYEE)]},
        {"topics": [TRANSFER_TOPIC, "0x" + "0" * 23 + "1" + PAYER[2:], word(PAYEE)]},
        {"topics": [TRANSFER_TOPIC, word(PAYER), "0x1" + "0" * 23 + PAYEE[2:]]},
        {"topics": [TRANSFER_TOPIC, PAYER, PAYEE]},
        {"address": "0x" + "a" * 39},
        {"address": None},
        {"removed": True},
    ],
)
def test_anything_else_is_no_transfer(change: dict[str, Any]) -> None:
    assert parse_transfer_log(log(**change), chain=CHAIN) is None
    assert parse_transfer_log({}, chain=CHAIN) is None


@pytest.mark.parametrize("quantity", [None, "", "0x", "0x01", "26", -1, True, 1.0])
def test_a_quantity_that_is_none_is_unknown_not_guessed(quantity: object) -> None:
    transfer = parse_transfer_log(log(logIndex=quantity, blockNumber=quantity, transactionHash=quantity), chain=CHAIN)
    assert transfer is not None
    assert (transfer.row, transfer.position, transfer.block, transfer.tx) == (0, None, None, "")


@needs_data
def test_two_blocks_give_every_erc20_transfer_of_the_oracle_and_no_erc721() -> None:
    logs, oracle = read("logs"), read("token_transfers")
    times = {row["block_number"]: row["block_timestamp"] for row in logs}
    key = {(row["block_number"], row["log_index"]): row for row in logs}
    four = {place for place, row in key.items() if is_erc721(as_rpc(row))}
    parsed = [parse_transfer_log(as_rpc(row), chain=CHAIN, time=times[row["block_number"]]) for row in logs]
    fungible = [row for row in oracle if (row["block_number"], row["log_index"]) not in four]

    def order(transfer: Transfer) -> tuple[int | None, int | None]:
        return transfer.block, transfer.position

    assert sorted((t for t in parsed if t), key=order) == sorted(map(expected, fungible), key=order)
    assert (len(logs), len(oracle), len(fungible), len(four)) == (681, 291, 282, 9)
    assert four <= {(row["block_number"], row["log_index"]) for row in oracle}


@needs_data
def test_the_receipts_of_a_block_as_a_node_sends_them_are_read() -> None:
    with gzip.open(DATA / "rpc_10666927.json.gz", "rt", encoding="utf-8") as stream:
        answers = json.load(stream)
    logs = [log for answer in answers.values() for log in answer.get("logs", ())]
    transfers = [transfer for log in logs if (transfer := parse_transfer_log(log, chain=CHAIN))]
    topics = [log for log in logs if log["topics"] and log["topics"][0] == TRANSFER_TOPIC]
    assert len(logs) == 204
    assert len(transfers) == sum(len(log["topics"]) == 3 for log in topics)
    assert {transfer.block for transfer in transfers} == {10_666_927}
