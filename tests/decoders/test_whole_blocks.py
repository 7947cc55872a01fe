"""Two whole blocks of Ethereum through every decoder: nobody fails, and a real Multichain payout is told."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tracer.chains import Field, parse_evm_record
from tracer.decoders import built_in
from tracer.model import TxRecord

_BESIDE = [up / "shared" / "data" / "eth_blocks_receipts" for up in Path(__file__).resolve().parents]
DATA = next((folder for folder in _BESIDE if folder.is_dir()), Path())


def rows(name: str) -> list[dict[str, Any]]:
    path = DATA / "etl_17173049_17173050" / f"expected_{name}.json.gz"
    if not path.is_file():
        pytest.skip("the blocks are beside the repository, not in it")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def records() -> list[TxRecord]:
    logs, blocks = defaultdict(list), {one["number"]: one for one in rows("blocks")}
    for log in rows("logs"):
        logs[log["transaction_hash"]].append(log)
    return [record(tx, logs[tx["hash"]], blocks[tx["block_number"]]) for tx in rows("transactions")]


def record(tx: dict[str, Any], logs: list[dict[str, Any]], block: dict[str, Any]) -> TxRecord:
    number = hex(tx["block_number"])
    place = {"blockNumber": number, "blockHash": block["hash"], "transactionIndex": hex(tx["transaction_index"])}
    ends = {"from": tx["from_address"], "to": tx["to_address"]}
    line = {
        "chain": "eip155:1",
        "transaction": {
            **place,
            **ends,
            "hash": tx["hash"],
            "value": hex(tx["value"]),
            "input": tx["input"],
            "nonce": hex(tx["nonce"]),
            "type": hex(tx["transaction_type"]),
            "gasPrice": hex(tx["gas_price"]),
        },
        "receipt": {
            **place,
            **ends,
            "transactionHash": tx["hash"],
            "status": hex(tx["receipt_status"]),
            "gasUsed": hex(tx["receipt_gas_used"]),
            "effectiveGasPrice": hex(tx["receipt_effective_gas_price"]),
            "contractAddress": tx["receipt_contract_address"],
            "logs": [
                {
                    **{name: log[name] for name in ("address", "topics", "data")},
                    "logIndex": hex(log["log_index"]),
                    "blockNumber": number,
                    "transactionHash": tx["hash"],
                }
                for log in logs
            ],
        },
        "header": {
            "number": number,
            "hash": block["hash"],
            "timestamp": hex(block["timestamp"]),
            "transactions": [],
            "miner": block["miner"],
        },
    }
    return parse_evm_record(Field(line, "block"), source="blocks")


def test_nobody_fails_and_every_event_gives_what_it_gets(records: list[TxRecord]) -> None:
    registry, told = built_in(), Counter[str]()
    for one in records:
        decoded = registry.decode(one)
        explained = {index for leg in decoded.actions for index in leg.moves}
        assert explained == set(range(len(one.movements)))
        sums: Counter[tuple[str, str]] = Counter()
        for leg in decoded.actions:
            if leg.event:
                sums[leg.event, leg.asset] += leg.amount
        assert not any(sums.values()), one.tx
        told.update({leg.protocol for leg in decoded.actions})
    assert len(records) == 298
    assert told["uniswap_v2"] == 43
    assert told["uniswap_v3"] == 9
    assert {"kyberswap", "oneinch", "zerox", "hop", "multichain", "zksync"} <= {*told}


def test_a_payout_of_multichain_names_the_transaction_it_answers(records: list[TxRecord]) -> None:
    found = [leg for one in records for leg in built_in().decode(one).actions if leg.protocol == "multichain"]
    (leg,) = found
    assert (leg.action, leg.src_chain, leg.reason) == ("bridge_in", "eip155:25", "")
    assert len(leg.key) == 66
    assert leg.moves
    assert leg.amount > 0
