"""A transaction is kept as its chain has it: logs with their index, calls or that they are unknown, and what moved."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from recorded_evm import recorded_transactions

from tracer.bundle import OfflineExchange, Store, open_bundle
from tracer.chains import FaultyReply, Field, parse_evm_record
from tracer.collect import held_records
from tracer.model import ChainId, TxRecord
from tracer.providers import SOURCES, Choice, Recording

ROOT = Path(__file__).parents[2]
TRAINING = ROOT / "addresses" / "bundles" / "training"
A, B, TOKEN = ("0x" + digit * 40 for digit in "abc")
BLOCK, TX = "0x" + "1" * 64, "0x" + "2" * 64
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def word(address: str) -> str:
    return "0x" + "0" * 24 + address[2:]


def line(**parts: Any) -> dict[str, Any]:
    """Return a transfer of 5 tokens and 7 wei from A to B, with 3 wei that B passes on inside it."""
    place = {"blockHash": BLOCK, "blockNumber": "0xa", "transactionIndex": "0x4"}
    log = {**place, "transactionHash": TX, "address": TOKEN, "logIndex": "0x9", "data": "0x" + "5".zfill(64)}
    return {
        "chain": "eip155:1",
        "transaction": {
            **place,
            **{"hash": TX, "from": A, "to": B, "value": "0x7", "gasPrice": "0x2", "type": "0x0"},
            "input": "0xA9059CBB00",
        },
        "receipt": {
            **place,
            **{"transactionHash": TX, "from": A, "to": B, "status": "0x1", "gasUsed": "0x64"},
            "effectiveGasPrice": "0x2",
            "logs": [{**log, "topics": [TRANSFER, word(A), word(B)]}],
        },
        "header": {"number": "0xa", "hash": BLOCK, "timestamp": "0x64000000", "transactions": []},
        **parts,
    }


def read(**parts: Any) -> TxRecord:
    return parse_evm_record(Field(line(**parts)), source="s")


CALLS = {
    "type": "CALL",
    **{"from": A, "to": B, "value": "0x7"},
    "calls": [{"type": "CALL", "from": B, "to": TOKEN, "value": "0x3"}],
}


def test_a_log_keeps_its_index_its_contract_and_its_words() -> None:
    (log,) = read().logs or ()
    assert (log.index, log.address, log.topics) == (9, TOKEN, (TRANSFER, word(A), word(B)))
    assert int(log.data, 16) == 5


def test_calls_that_were_not_asked_for_are_unknown_and_never_none() -> None:
    record = read()
    assert record.calls is None
    assert not record.whole
    assert "not known" in record.detail
    assert [str(row.movement_id).rpartition("/")[2] for row in record.movements] == ["fee:", "top:", "log:9"]


def test_with_its_calls_a_record_is_everything_that_moved() -> None:
    record = read(calls=CALLS)
    assert record.whole
    assert [call.path for call in record.calls or ()] == [(), (0,)]
    moved = {str(row.movement_id): row.amount for row in record.movements}
    assert moved == {
        f"eip155:1/{BLOCK}/{TX}/{place}": n for place, n in (("fee:", 200), ("top:", 7), ("call:0", 3), ("log:9", 5))
    }


def test_what_an_explorer_lists_inside_moves_the_coin_without_a_place() -> None:
    row = {"blockNumber": "10", "timeStamp": "1677721600", "from": B, "to": TOKEN, "value": "3", "type": "call"}
    record = read(internal=[row | {"isError": "0"}])
    assert record.whole
    assert record.calls is None
    inside = next(row for row in record.movements if row.layer == "call")
    assert (inside.amount, inside.block_hash, str(inside.movement_id)) == (3, BLOCK, f"eip155:1/{BLOCK}/{TX}/call:")
    assert not inside.movement_id.is_whole
    assert read(internal=[]).whole, "asked for, and there are none"


def test_the_function_called_is_its_selector_and_a_text_a_memo() -> None:
    assert read().selector == "0xa9059cbb"
    memo = read(transaction=line()["transaction"] | {"input": "0x" + b"=:BTC.BTC:bc1q".hex()})
    assert memo.memo == "=:BTC.BTC:bc1q"
    assert read(transaction=line()["transaction"] | {"input": "0xff"}).memo == ""
    unsaid = {key: value for key, value in line()["transaction"].items() if key != "input"}
    assert read(transaction=unsaid).input is None


@pytest.mark.parametrize(
    "parts",
    [
        {"receipt": line()["receipt"] | {"transactionHash": "0x" + "3" * 64}},
        {"receipt": line()["receipt"] | {"blockHash": "0x" + "3" * 64}},
        {"header": line()["header"] | {"hash": "0x" + "3" * 64}},
        {"header": None},
        {"calls": CALLS | {"value": "0x8"}},
        {"internal": [{"blockNumber": "11", "timeStamp": "1", "from": A, "to": B, "value": "1", "type": "call"}]},
    ],
)
def test_parts_of_two_transactions_are_not_one(parts: dict[str, Any]) -> None:
    with pytest.raises(FaultyReply):
        read(**parts)


def test_two_logs_of_one_place_are_no_receipt() -> None:
    receipt = line()["receipt"]
    with pytest.raises(FaultyReply, match="one place"):
        read(receipt=receipt | {"logs": receipt["logs"] * 2})


def test_every_recorded_transaction_is_one_record() -> None:
    found: Counter[str] = Counter()
    for one in recorded_transactions():
        record = parse_evm_record(Field(one), source="recorded")
        raw = one["receipt"]["logs"]
        assert record.logs is not None
        assert [(log.index, log.data) for log in record.logs] == [
            (int(log["logIndex"], 16), log["data"]) for log in raw
        ]
        assert record.tx == one["transaction"]["hash"]
        assert record.input == one["transaction"]["input"].lower()
        assert record.calls is None
        ids = [row.movement_id for row in record.movements]
        assert all(name.is_whole or name.layer == "call" for name in ids)
        assert len({name for name in ids if name.is_whole}) == sum(name.is_whole for name in ids)
        assert record.chain != "eip155:999" or "coin" in record.detail
        failed = int(one["receipt"]["status"], 16) == 0
        assert not failed or {row.layer for row in record.movements} <= {"fee"}
        found["records"] += 1
        found["logs"] += len(record.logs)
        found["failed"] += failed
        found["whole"] += record.whole
    assert found["records"] == 780
    assert found["logs"] == 11_350
    assert found["failed"] == 3


def transactions_of(table: Path) -> dict[tuple[ChainId, str], int]:
    """Return the transactions of a transfers table with the heights of their blocks."""
    with table.open(newline="", encoding="utf-8") as stream:
        return {(ChainId(row["chain"]), row["tx"]): int(row["block"]) for row in csv.DictReader(stream) if row["tx"]}


def test_a_bundle_keeps_the_transactions_it_read_with_their_logs_and_calls() -> None:
    wanted = transactions_of(TRAINING / "transfers.csv")
    held = held_records(open_bundle(TRAINING), wanted)
    (poisoning,) = held.coverage  # of nobody who is followed: its log alone was read, and that is said
    assert {record.tx for record in held.found} == {tx for _, tx in wanted} - {poisoning.subject}
    assert all(one.logs is not None and (one.calls or (one.receipt and one.receipt.failed)) for one in held.found)
    with (TRAINING / "truth.csv").open(newline="", encoding="utf-8") as stream:
        truth = [row for row in csv.DictReader(stream) if row["tx"] in {record.tx for record in held.found}]
    told = [
        (record.tx, row.layer, row.movement_id.place, row.kind, row.sender, row.recipient, row.asset, row.amount)
        for record in held.found
        for row in record.movements
    ]
    names = ("tx", "layer", "place", "kind", "sender", "recipient", "asset")
    assert told == [(*(row[name] for name in names), int(row["amount"])) for row in truth]


def test_a_transaction_the_bundle_does_not_hold_is_named() -> None:
    chain = ChainId("eip155:31337")
    held = held_records(open_bundle(TRAINING), {(chain, TX): 5})
    assert held.found == ()
    assert [(one.subject, one.complete) for one in held.coverage] == [(TX, False)]


def test_a_node_gives_records_and_says_so() -> None:
    chain = ChainId("eip155:31337")
    with Store(TRAINING) as store:
        assert isinstance(SOURCES.set_up(Choice(chain, "rpc"), OfflineExchange(store)), Recording)
