"""Whatever stands in a reply, a parser gives an answer or names the fault; nothing else comes out of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.chains.bitcoin import parse_blockbook_tx, parse_esplora_tx
from tracer.chains.evm import TRANSFER_TOPIC
from tracer.chains.fields import MOST, FaultyReply, Field
from tracer.chains.portal import parse_page, transactions_of
from tracer.chains.thorchain import MAYACHAIN, THORCHAIN, parse_action, parse_memo
from tracer.chains.thorchain_merge import merge_actions
from tracer.chains.tron import TronBlock, parse_block, parse_internal_pointer, parse_trc20_row, parse_tron_transaction
from tracer.chains.tron_moves import parse_moves
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded replies are beside the repository, not in it")
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**80), 2**80),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(["", "0", "-1", "1e9", "0x", "41", "ab" * 32, "١٢", "\x00", "=cmd", "T" * 34, "bc1q"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=4,
)


def first(folder: str, name: str, *way: str | int) -> Any:
    if not DATA.is_dir():
        return {}
    found = json.loads((DATA / folder / name).read_text())
    for step in way:
        found = found[step]
    return found


MOCKS = "trongrid_blockbook_mocks"
TRON_ROW = first(MOCKS, "platform__tron__mocks__tokens__accounts_txs_response.json", "data", 0)
TRC20_ROW = first(MOCKS, "platform__tron__mocks__tokens__txs_trc20_response.json", "data", 0)
BLOCKBOOK = first(
    MOCKS,
    "mock__ext-api-data__bitcoin-api_v2_address_bc1qrfr44n2j4czd5c9txwlnw0yj2h82x9566fglqj__details_txs.json",
    "transactions",
    0,
)
ACTION = first(
    "thorchain_maya_mocks", "xchain-mayachain-query____mocks____responses__midgard__actions.json", "actions", 3
)
ESPLORA = {
    "txid": "ab" * 32,
    "fee": 100,
    "vin": [{"txid": "cd" * 32, "vout": 1, "is_coinbase": False, "prevout": {"value": 1_000}}],
    "vout": [{"value": 900, "scriptpubkey_address": "bc1qrfr44n2j4czd5c9txwlnw0yj2h82x9566fglqj"}],
    "status": {"confirmed": True, "block_height": 7, "block_hash": "00" * 32, "block_time": 1_600_000_000},
}
INFO = {
    "id": TRON_ROW.get("txID"),
    "fee": 299_770,
    "result": "SUCESS",
    "log": [{"address": "a6" * 20, "topics": ["dd" * 32, "00" * 32, "00" * 32], "data": "00" * 32}],
    "internal_transactions": [
        {
            "caller_address": "41" + "11" * 20,
            "transferTo_address": "41" + "22" * 20,
            "callValueInfo": [{"callValue": 5, "tokenId": "1002000"}],
            "note": "63616c6c",
            "rejected": False,
        }
    ],
}
POINTER = {
    "internal_tx_id": "cd" * 32,
    "tx_id": "ab" * 32,
    "from_address": "41" + "11" * 20,
    "to_address": "41" + "22" * 20,
}
BLOCK = {
    "blockID": f"{7:016x}" + "ab" * 24,
    "block_header": {"raw_data": {"number": 7, "timestamp": 1_000}},
    "transactions": [{"txID": "ab" * 32}],
}


A, B = "0x" + "a1" * 20, "0x" + "b2" * 20
PORTAL = {
    "header": {"number": 7, "hash": "0x" + "07" * 32, "timestamp": 1_600_000_000, "excessBlobGas": "0x0"},
    "transactions": [
        {
            **{"transactionIndex": 0, "hash": "0x" + "ab" * 32, "from": A, "to": B, "value": "0x5", "type": 2},
            **{"chainId": 1, "gasPrice": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x1"},
            **{"contractAddress": None, "status": 1},
        }
    ],
    "logs": [
        {
            **{"logIndex": 3, "transactionIndex": 0, "transactionHash": "0x" + "ab" * 32, "address": "0x" + "cc" * 20},
            "topics": [TRANSFER_TOPIC, "0x" + "00" * 12 + A[2:], "0x" + "00" * 12 + B[2:]],
            "data": "0x" + "00" * 31 + "09",
        }
    ],
    "traces": [
        {
            **{"transactionIndex": 0, "traceAddress": [], "type": "call"},
            "action": {"from": A, "to": B, "value": "0x5", "callType": "call"},
        },
        {
            **{"transactionIndex": 0, "traceAddress": [0], "type": "suicide"},
            "action": {"address": B, "refundAddress": A, "balance": "0x7"},
        },
    ],
}


def portal(line: Field) -> object:
    (block,) = parse_page([line], 7, 7)
    read, unread = transactions_of(block, chain=DEFAULT_CHAIN, source="test", asked=frozenset({A, B}))
    rows = [row for one in read for row in one.rows]
    assert all(row.amount < MOST for row in rows)
    assert all((row.block, row.time) == (7, block.header.time) for row in rows)
    return read, unread


def moves(info: Field) -> object:
    signed = parse_tron_transaction(Field(TRON_ROW), chain=TRON)
    return parse_moves(signed, info, block=TronBlock(1, "00" * 32, 1), chain=TRON, source="test")


PARSERS: dict[str, tuple[Any, Callable[[Field], object]]] = {
    "tron": (TRON_ROW, lambda reply: parse_tron_transaction(reply, chain=TRON)),
    "trc20": (TRC20_ROW, lambda reply: parse_trc20_row(reply, chain=TRON)),
    "info": (INFO, moves),
    "portal": (PORTAL, portal),
    "pointer": (POINTER, lambda reply: parse_internal_pointer(reply, chain=TRON)),
    "block": (BLOCK, parse_block),
    "blockbook": (BLOCKBOOK, lambda reply: parse_blockbook_tx(reply, chain=BITCOIN, source="test")),
    "esplora": (ESPLORA, lambda reply: parse_esplora_tx(reply, chain=BITCOIN, source="test")),
    "maya": (ACTION, lambda reply: merge_actions([parse_action(reply, network=MAYACHAIN)])),
    "thor": (ACTION, lambda reply: merge_actions([parse_action(reply, network=THORCHAIN)])),
}


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [way]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        found += places(child, (*way, step))
    return found


def replaced(value: Any, way: tuple[Any, ...], junk: Any) -> Any:
    if not way:
        return junk
    changed = copy.deepcopy(value)
    at = changed
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = junk
    return changed


@needs_data
@pytest.mark.parametrize("name", sorted(PARSERS))
@settings(max_examples=60)
@given(data=st.data())
def test_a_reply_with_anything_in_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    sound, parse = PARSERS[name]
    way = data.draw(st.sampled_from(places(sound)))
    reply = replaced(sound, way, data.draw(JUNK))
    with suppress(FaultyReply):
        parse(Field(reply))


@given(st.text(max_size=60))
def test_any_memo_is_read(memo: str) -> None:
    found = parse_memo(memo)
    assert found is None or memo.lower().startswith(("=", "s"))
