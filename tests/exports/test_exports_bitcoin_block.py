"""A real Bitcoin block in Esplora's form: every satoshi of its 213 transactions, then a trace with two commands."""

from __future__ import annotations

import csv
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest

import tracer

PAYOUT = "911c8e27913719aef0e45e45c1a972ccdc0b2265508aa8604d9ce76c1db295ca"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Bytes:
    """A reader of serialised Bitcoin data."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def count(self) -> int:
        first = self.number("<B")
        return first if first < 253 else self.number({253: "<H", 254: "<I", 255: "<Q"}[first])

    def compressed(self) -> int:
        value = 0
        while True:
            byte = self.number("<B")
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
            value += 1


def amount_of(packed: int) -> int:
    if not packed:
        return 0
    rest, power = divmod(packed - 1, 10)[0], (packed - 1) % 10
    if power < 9:
        digit, rest = rest % 9 + 1, rest // 9
        return (10 * rest + digit) * int(10**power)
    return (rest + 1) * 10**9


def base58(version: int, body: bytes) -> str:
    data = bytes([version]) + body
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def output(value: int, script: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"scriptpubkey": script.hex(), "value": value}
    if script[:3] == b"\x76\xa9\x14" and len(script) == 25:
        found["scriptpubkey_address"] = base58(0, script[3:23])
    elif script[:2] == b"\xa9\x14" and len(script) == 23:
        found["scriptpubkey_address"] = base58(5, script[2:22])
    return found


def spent_outputs(data: bytes) -> dict[str, dict[str, Any]]:
    held, reader = {}, Bytes(data)
    while reader.at < len(data):
        outpoint = f"{reader.take(32)[::-1].hex()}:{reader.number('<I')}"
        entry = Bytes(reader.take(reader.number("<I")))
        entry.compressed()  # height and whether it is a coinbase
        value = amount_of(entry.compressed())
        kind = entry.compressed()
        body = entry.take(20)
        script = {0: b"\x76\xa9\x14" + body + b"\x88\xac", 1: b"\xa9\x14" + body + b"\x87"}.get(kind, b"")
        held[outpoint] = output(value, script)
    return held


def transactions(block: bytes, spent: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    reader = Bytes(block)
    reader.take(68)
    time = reader.number("<I")
    reader.take(8)
    status = {"confirmed": True, "block_height": 277647, "block_time": time}
    found = []
    for _ in range(reader.count()):
        begin = reader.at
        reader.take(4)
        vin, vout = [], []
        for _ in range(reader.count()):
            source, place = reader.take(32)[::-1].hex(), reader.number("<I")
            reader.take(reader.count() + 4)
            coinbase = place == 0xFFFFFFFF
            before = None if coinbase else spent[f"{source}:{place}"]
            vin.append({"txid": source, "vout": place, "prevout": before, "is_coinbase": coinbase})
        for _ in range(reader.count()):
            value = reader.number("<Q")
            vout.append(output(value, reader.take(reader.count())))
        reader.take(4)
        txid = hashlib.sha256(hashlib.sha256(reader.data[begin : reader.at]).digest()).digest()[::-1].hex()
        paid, got = sum(one["prevout"]["value"] for one in vin if one["prevout"]), sum(one["value"] for one in vout)
        fee = paid - got if paid else 0
        found.append({"txid": txid, "vin": vin, "vout": vout, "fee": fee, "status": status})
    return found


@pytest.fixture(scope="module")
def block(shared: Path) -> list[dict[str, Any]]:
    folder = shared / "data" / "btc_blocks"
    data = (folder / "mainnet_277647.dat").read_bytes()[8:]
    return transactions(data, spent_outputs((folder / "mainnet_277647.utxostore").read_bytes()))


def test_every_satoshi_of_a_real_block_is_in_the_ledger(block: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "txs.json"
    path.write_text("\n".join(json.dumps(one) for one in block))
    export = tracer.read_export("esplora", path)
    table = export.ledger
    assert export.refused == ()
    assert len(set(table["event"])) == len(block) == 213
    sides = {side: sum(map(int, table[table["side"] == side]["amount"])) for side in ("debit", "credit")}
    assert sides["debit"] == 175_466_312_176
    assert sides["credit"] == 175_461_574_821 + 2_504_737_355
    ours = table[table["event"] == PAYOUT]
    assert list(ours["side"]).count("debit") == 16
    assert list(ours["side"]).count("credit") == 142
    assert list(ours["amount"]).count("268000") == 41


def test_f4_a_real_bitcoin_transaction_becomes_a_trace_with_no_edit_but_the_seed(
    block: list[dict[str, Any]], tmp_path: Path
) -> None:
    halves = [tmp_path / "a.json", tmp_path / "b.json"]
    halves[0].write_text(json.dumps(block[:120]))
    halves[1].write_text(json.dumps({"txs": block[100:]}))
    export = tracer.read_export("esplora", halves)
    assert len(set(export.ledger["event"])) == 213
    folder = export.write(tmp_path / "case", seed=PAYOUT, origin="payout")
    trace = tracer.open_case(folder).trace()
    assert trace.audit.closed
    payout = next(one for one in block if one["txid"] == PAYOUT)
    payers = {one["prevout"]["scriptpubkey_address"] for one in payout["vin"]}
    paid = sum(
        one["value"] for one in payout["vout"] if one["scriptpubkey_address"] not in payers
    )  # the rest is change
    assert sum(trace.result.stolen.values()) == paid == 135_655_000
    many = [
        one
        for one in block
        if len({vin["prevout"]["scriptpubkey_address"] for vin in one["vin"][:9] if vin["prevout"]}) > 2
    ]
    for one in many[:3]:
        several = export.write(tmp_path / one["txid"], seed=one["txid"])
        assert tracer.open_case(several).trace().audit.closed
    with (folder / "seeds.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["value"] for row in csv.DictReader(stream)] == [PAYOUT]
