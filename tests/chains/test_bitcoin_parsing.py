"""Bitcoin transactions against recorded replies of Blockbook, and in Esplora's form."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tracer.chains.bitcoin import parse_blockbook_tx, parse_esplora_tx, parse_merkle_position, split_outpoint, sums_of
from tracer.chains.fields import FaultyReply, Field
from tracer.model import BITCOIN, Coin, CollectedTx

HOLDER = "bc1qrfr44n2j4czd5c9txwlnw0yj2h82x9566fglqj"
PAGE = f"mock__ext-api-data__bitcoin-api_v2_address_{HOLDER}__details_txs.json"


def recorded(shared: Path) -> dict[str, Any]:
    page: dict[str, Any] = json.loads((shared / "data" / "trongrid_blockbook_mocks" / PAGE).read_text())
    return page


def blockbook(tx: dict[str, Any]) -> CollectedTx | None:
    return parse_blockbook_tx(Field(tx), chain=BITCOIN, source="test")


def esplora(tx: dict[str, Any]) -> CollectedTx | None:
    return parse_esplora_tx(Field(tx), chain=BITCOIN, source="test")


def simple(**changes: Any) -> dict[str, Any]:
    coin = {"value": 900, "scriptpubkey_address": HOLDER}
    vin = {"txid": "CD" * 32, "vout": 1, "is_coinbase": False, "prevout": {"value": 1_000}}
    status = {"confirmed": True, "block_height": 7, "block_hash": "00" * 32, "block_time": 1_600_000_000}
    tx = {"txid": "ab" * 32, "fee": 100, "vin": [vin], "vout": [coin, {"value": 0}], "status": status}
    return {**tx, **changes}


def test_a_recorded_page_adds_up_to_what_it_prints(shared: Path) -> None:
    page = recorded(shared)
    parsed = [tx for tx in map(blockbook, page["transactions"]) if tx is not None]
    assert len(parsed) == page["txs"] == 13
    assert sums_of(parsed, HOLDER) == (int(page["totalReceived"]), int(page["totalSent"]))
    assert [tx.fee for tx in parsed] == [int(tx["fees"]) for tx in page["transactions"]]


def test_an_omitted_vout_is_zero(shared: Path) -> None:
    first, last = recorded(shared)["transactions"][0], recorded(shared)["transactions"][-1]
    assert "vout" not in first["vin"][0]
    one, two = blockbook(first), blockbook(last)
    assert one is not None
    assert two is not None
    assert one.inputs[0].outpoint == f"{first['vin'][0]['txid']}:0"
    assert two.inputs[0].outpoint == f"{last['vin'][0]['txid']}:1"


def test_the_height_decides_whether_a_block_holds_it(shared: Path) -> None:
    tx = recorded(shared)["transactions"][0]
    assert blockbook({**tx, "blockHeight": -1}) is None
    assert blockbook({name: value for name, value in tx.items() if name != "blockHeight"}) is None
    assert esplora(simple(status={"confirmed": False})) is None


def test_scripts_without_one_address_are_held_by_their_outpoint(shared: Path) -> None:
    tx = copy.deepcopy(recorded(shared)["transactions"][0])
    tx["vout"][0].update(addresses=[HOLDER, HOLDER])
    tx["vout"][1].update(addresses=["OP_RETURN (hello)"], isAddress=False)
    parsed = blockbook(tx)
    assert parsed is not None
    assert [coin.address for coin in parsed.outputs] == ["", ""]
    plain = esplora(simple())
    assert plain is not None
    assert plain.outputs == (Coin("ab" * 32 + ":0", HOLDER, 900), Coin("ab" * 32 + ":1", "", 0))
    assert plain.inputs == (Coin("cd" * 32 + ":1", "", 1_000),)
    broken = simple()
    broken["vout"][0]["scriptpubkey_address"] = HOLDER[:-1] + "q"
    damaged = esplora(broken)
    assert damaged is not None
    assert damaged.outputs[0].address == ""


def test_a_coinbase_has_no_inputs(shared: Path) -> None:
    made = esplora(simple(vin=[{"is_coinbase": True, "prevout": None, "txid": "00" * 32, "vout": 2**32 - 1}], fee=0))
    assert made is not None
    assert (made.inputs, made.fee) == ((), 0)
    tx = copy.deepcopy(recorded(shared)["transactions"][0])
    other = blockbook({**tx, "vin": [{"n": 0, "value": "0"}], "fees": "0"})
    assert other is not None
    assert other.inputs == ()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"fee": 101}, "fee"),
        ({"fee": "100"}, "fee"),
        ({"fee": True}, "fee"),
        ({"txid": "ab"}, "txid"),
        ({"vout": [{"value": 900.0}]}, "value"),
        ({"vout": [{"value": -1}]}, "value"),
        ({"vout": [{"value": 21_000_001 * 10**8}]}, "value"),
        ({"vin": [{"txid": "cd" * 32, "vout": 1, "is_coinbase": False, "prevout": None}]}, "prevout"),
        ({"status": {"confirmed": True}}, "block_height"),
        ({"vin": {}}, "vin"),
    ],
)
def test_a_transaction_that_does_not_add_up_names_the_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(FaultyReply, match=place):
        esplora(simple(**change))


def test_outputs_out_of_order_are_refused(shared: Path) -> None:
    tx = copy.deepcopy(recorded(shared)["transactions"][0])
    tx["vout"].reverse()
    with pytest.raises(FaultyReply, match="vout"):
        blockbook(tx)


def test_a_place_in_a_block_is_of_that_block() -> None:
    proof = {"block_height": 7, "merkle": ["ab" * 32], "pos": 5}
    assert parse_merkle_position(Field(proof), block=7) == 5
    with pytest.raises(FaultyReply, match="block_height"):
        parse_merkle_position(Field(proof), block=8)


@pytest.mark.parametrize("text", ["", "ab:1", "ab" * 32, "AB" * 32 + ":1", "ab" * 32 + ":01", HOLDER])
def test_what_is_no_outpoint_is_none(text: str) -> None:
    assert split_outpoint(text) is None
