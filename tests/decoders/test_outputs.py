"""Bitcoin transactions as legs: one event each, and what an output that cannot be spent says of a bridge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracer.api import LEG_COLUMNS, decode_files
from tracer.decoders import legs_of_outputs
from tracer.model import BITCOIN, Coin, CollectedTx

PAYER, VAULT = "bc1qrfr44n2j4czd5c9txwlnw0yj2h82x9566fglqj", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
TXID = "ab" * 32


def script(memo: str) -> str:
    raw = memo.encode()
    return "6a" + (bytes([len(raw)]) if len(raw) < 76 else b"\x4c" + bytes([len(raw)])).hex() + raw.hex()


def made(*outputs: tuple[str, int], inputs: tuple[tuple[str, int], ...] = ((PAYER, 1000),)) -> CollectedTx:
    return CollectedTx(
        chain=BITCOIN,
        block=7,
        block_hash="00" * 32,
        time=1,
        tx=TXID,
        tx_index=None,
        inputs=tuple(Coin(f"{'cd' * 32}:{n}", address, amount) for n, (address, amount) in enumerate(inputs)),
        outputs=tuple(Coin(f"{TXID}:{n}", address, amount) for n, (address, amount) in enumerate(outputs)),
        source="made",
    )


def told(tx: CollectedTx, memo: str = "") -> list[tuple[str, str, int]]:
    scripts = ["51"] * (len(tx.outputs) - 1) + [script(memo) if memo else "51"]
    legs = legs_of_outputs(tx, scripts)
    assert sum(leg.amount for leg in legs) == (0 if tx.inputs else sum(coin.amount for coin in tx.outputs))
    assert {leg.event for leg in legs} == {TXID}
    return [(leg.action, leg.holder, leg.amount) for leg in legs]


def test_inputs_outputs_and_the_fee_are_one_event() -> None:
    assert told(made((VAULT, 600), (PAYER, 300))) == [
        ("transfer", PAYER, -1000),
        ("transfer", VAULT, 600),
        ("transfer", PAYER, 300),
        ("fee", "", 100),
    ]


def test_an_output_without_an_address_is_its_outpoint_and_a_coinbase_is_made() -> None:
    assert told(made(("", 600), inputs=())) == [("mint", f"{TXID}:0", 600)]


def test_a_memo_that_asks_sends_the_first_output_that_is_no_change() -> None:
    tx = made((VAULT, 600), (PAYER, 300), ("", 0))
    memo = "=:ETH.ETH:0x6B17:1e6"
    assert told(tx, memo) == [
        ("bridge_out", PAYER, -600),
        ("transfer", PAYER, -400),
        ("transfer", VAULT, 600),
        ("transfer", PAYER, 300),
        ("fee", "", 100),
    ]
    leg = legs_of_outputs(tx, ["51", "51", script(memo)])[0]
    said = (leg.protocol, leg.key, leg.dest_chain, leg.dest_recipient, leg.dest_asset, leg.dest_amount, leg.grade)
    assert said == ("thorchain", TXID.upper(), "eip155:1", "0x6B17", "ETH.ETH", 1_000_000, "inferred")
    assert leg.reason


def test_what_is_sent_over_the_bridge_comes_from_inputs_in_their_order() -> None:
    tx = made((VAULT, 700), ("", 0), inputs=((PAYER, 300), (PAYER, 500)))
    assert told(tx, "=:b:x")[:3] == [
        ("bridge_out", PAYER, -300),
        ("bridge_out", PAYER, -400),
        ("transfer", PAYER, -100),
    ]


@pytest.mark.parametrize(("memo", "home"), [("OUT:" + 64 * "c", ""), ("REFUND:" + 64 * "c", str(BITCOIN))])
def test_a_memo_that_answers_names_what_it_answers(memo: str, home: str) -> None:
    tx = made((VAULT, 600), (PAYER, 300), ("", 0))
    (leg,) = (one for one in legs_of_outputs(tx, ["51", "51", script(memo)]) if one.action == "bridge_in")
    assert (leg.holder, leg.amount, leg.key, leg.src_chain) == (VAULT, 600, 64 * "C", home)


def test_a_text_that_is_no_memo_is_none() -> None:
    assert {action for action, _, _ in told(made((VAULT, 900), ("", 0)), "hello")} == {"transfer", "fee"}


def test_a_line_as_esplora_answers_it_is_decoded(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "txid": TXID,
        "fee": 100,
        "vin": [
            {
                "txid": "cd" * 32,
                "vout": 1,
                "is_coinbase": False,
                "prevout": {"value": 1_000, "scriptpubkey_address": PAYER},
            }
        ],
        "vout": [
            {"value": 900, "scriptpubkey_address": VAULT, "scriptpubkey": "51"},
            {"value": 0, "scriptpubkey": script("=:e:0xabc")},
        ],
        "status": {"confirmed": True, "block_height": 7, "block_hash": "00" * 32, "block_time": 1_600_000_000},
    }
    path = tmp_path / "btc.jsonl"
    path.write_text(json.dumps({"chain": BITCOIN, "transaction": said}))
    rows = [dict(zip(LEG_COLUMNS, row, strict=True)) for row in decode_files([path]).rows]
    assert [(row["action"], row["amount"]) for row in rows] == [
        ("bridge_out", "-900"),
        ("transfer", "-100"),
        ("transfer", "900"),
        ("fee", "100"),
    ]
    assert rows[0]["dest_chain"] == "eip155:1"
    unconfirmed = {**said, "status": {"confirmed": False}}
    path.write_text(json.dumps({"chain": BITCOIN, "transaction": unconfirmed}))
    assert decode_files([path]).refused
