"""Recorded Bitcoin transactions, served as an Esplora and as a Blockbook server would serve them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from scripted_exchange import ScriptedExchange

from tracer.net.query import Query, Reply

HOLDER = "bc1qrfr44n2j4czd5c9txwlnw0yj2h82x9566fglqj"
TIP = 700_000


def recorded(shared: Path) -> list[dict[str, Any]]:
    """Return what Blockbook said of :data:`HOLDER`: 13 transactions, newest first."""
    name = f"mock__ext-api-data__bitcoin-api_v2_address_{HOLDER}__details_txs.json"
    page = json.loads((shared / "data" / "trongrid_blockbook_mocks" / name).read_text())
    return list(page["transactions"])


def block_hash(height: int) -> str:
    """Return a hash for a block that the recording does not hold."""
    return sha256(str(height).encode()).hexdigest()


def as_esplora(tx: dict[str, Any]) -> dict[str, Any]:
    """Return a Blockbook transaction in Esplora's form."""

    def coin(row: dict[str, Any]) -> dict[str, Any]:
        address = {"scriptpubkey_address": row["addresses"][0]} if row.get("isAddress") else {}
        return {"value": int(row.get("value", "0")), **address}

    return {
        "txid": tx["txid"],
        "vin": [
            {"txid": vin["txid"], "vout": vin.get("vout", 0), "is_coinbase": False, "prevout": coin(vin)}
            for vin in tx["vin"]
        ],
        "vout": [coin(out) for out in tx["vout"]],
        "fee": int(tx["fees"]),
        "status": {
            "confirmed": True,
            "block_height": tx["blockHeight"],
            "block_hash": tx["blockHash"],
            "block_time": tx["blockTime"],
        },
    }


@dataclass
class EsploraBook:
    """An Esplora server over some transactions, newest first."""

    transactions: list[dict[str, Any]]
    page: int = 25
    tip: int = TIP
    changes: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def exchange(self) -> ScriptedExchange:
        """Return an exchange that asks this server."""
        exchange = ScriptedExchange()
        for endpoint in (
            "/blocks/tip/hash",
            "/block/:hash",
            "/block-height/:height",
            "/tx/:txid",
            "/tx/:txid/outspends",
            "/tx/:txid/merkle-proof",
            "/address/:address",
            "/address/:address/txs/chain",
        ):
            exchange.say(endpoint, None, self.answer)
        return exchange

    def answer(self, query: Query) -> Any:
        """Return the body of the answer."""
        body = self._answer(query.endpoint, dict(query.params))
        change = self.changes.get(query.endpoint)
        return change(body) if change else body

    def _answer(self, endpoint: str, params: dict[str, Any]) -> Any:
        if endpoint == "/blocks/tip/hash":
            return block_hash(self.tip) + "\n"
        if endpoint == "/block-height/:height":
            return block_hash(params["height"])
        if endpoint == "/block/:hash":
            own = (one["status"] for one in self.transactions if one["status"]["block_hash"] == params["hash"])
            known = next(own, None)
            height = known["block_height"] if known else self._height(params["hash"])
            time = known["block_time"] if known else 1_600_000_000 + height
            same = {"timestamp": time, "tx_count": 256}
            return {"id": params["hash"], "height": height, **same}
        if endpoint.startswith("/address"):
            return self._address(endpoint, params)
        found = next((tx for tx in self.transactions if tx["txid"] == params["txid"]), None)
        if found is None:
            return Reply(404, "text/plain", b"Transaction not found")
        if endpoint == "/tx/:txid":
            return found
        height = found["status"]["block_height"]
        if endpoint == "/tx/:txid/merkle-proof":
            return {"block_height": height, "merkle": [], "pos": self.index_of(found)}
        return [self._spend(f"{found['txid']}:{n}") for n in range(len(found["vout"]))]

    def index_of(self, tx: dict[str, Any]) -> int:
        """Return the index of a transaction in its block: those of a block stand newest first, too."""
        block = [one["txid"] for one in self.transactions if one["status"] == tx["status"]]
        return len(block) - 1 - block.index(tx["txid"])

    def _height(self, hashed: str) -> int:
        return next(height for height in range(self.tip, -1, -1) if block_hash(height) == hashed)

    def _spend(self, outpoint: str) -> dict[str, Any]:
        for tx in self.transactions:
            for n, vin in enumerate(tx["vin"]):
                if f"{vin.get('txid')}:{vin.get('vout')}" == outpoint:
                    return {"spent": True, "txid": tx["txid"], "vin": n, "status": tx["status"]}
        return {"spent": False}

    def _address(self, endpoint: str, params: dict[str, Any]) -> Any:
        address = params["address"]

        def mine(coins: list[dict[str, Any]]) -> list[int]:
            return [coin["value"] for coin in coins if coin and coin.get("scriptpubkey_address") == address]

        touching = [tx for tx in self.transactions if mine(tx["vout"]) or mine([vin["prevout"] for vin in tx["vin"]])]
        if endpoint == "/address/:address/txs/chain":
            ids = [tx["txid"] for tx in touching]
            start = ids.index(params["last"]) + 1 if "last" in params else 0
            return touching[start : start + self.page]
        stats = {
            "tx_count": len(touching),
            "funded_txo_count": 0,
            "funded_txo_sum": sum(sum(mine(tx["vout"])) for tx in touching),
            "spent_txo_count": 0,
            "spent_txo_sum": sum(sum(mine([vin["prevout"] for vin in tx["vin"]])) for tx in touching),
        }
        return {"address": address, "chain_stats": stats, "mempool_stats": {}}


@dataclass
class BlockbookBook:
    """A Blockbook server over the same transactions, as it printed them."""

    transactions: list[dict[str, Any]]
    page: int = 1_000
    tip: int = TIP
    in_sync: bool = True
    changes: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def exchange(self) -> ScriptedExchange:
        """Return an exchange that asks this server."""
        exchange = ScriptedExchange()
        for endpoint in ("/api", "/api/v2/block/:block", "/api/v2/tx/:txid", "/api/v2/address/:address"):
            exchange.say(endpoint, None, self.answer)
        return exchange

    def answer(self, query: Query) -> Any:
        """Return the body of the answer."""
        body = self._answer(query.endpoint, dict(query.params))
        change = self.changes.get(query.endpoint)
        return change(body) if change else body

    def _answer(self, endpoint: str, params: dict[str, Any]) -> Any:
        if endpoint == "/api":
            backend = {"blocks": self.tip, "bestBlockHash": block_hash(self.tip)}
            return {"blockbook": {"inSync": self.in_sync, "bestHeight": self.tip}, "backend": backend}
        if endpoint == "/api/v2/block/:block":
            return self._block(params["block"])
        if endpoint == "/api/v2/tx/:txid":
            found = next((tx for tx in self.transactions if tx["txid"] == params["txid"]), None)
            return found or Reply(400, "application/json", b'{"error":"Transaction not found"}')
        address = params["address"]
        touching = [tx for tx in self.transactions if any(address in c["addresses"] for c in (*tx["vin"], *tx["vout"]))]
        start = (params["page"] - 1) * self.page

        def total(side: str) -> str:
            coins = (coin for tx in touching for coin in tx[side] if address in coin["addresses"])
            return str(sum(int(coin["value"]) for coin in coins))

        return {
            "page": params["page"],
            "totalPages": max(1, -(-len(touching) // self.page)),
            "address": address,
            "totalReceived": total("vout"),
            "totalSent": total("vin"),
            "txs": len(touching),
            "transactions": touching[start : start + self.page],
        }

    def _block(self, block: str) -> Any:
        inside = [tx for tx in self.transactions if block in (tx["blockHash"], str(tx["blockHeight"]))]
        if inside:
            height, hashed, time = inside[0]["blockHeight"], inside[0]["blockHash"], inside[0]["blockTime"]
        else:
            height = int(block) if len(block) < 64 else self.tip
            hashed, time = block_hash(height), 1_600_000_000 + height
        others = [{"txid": block_hash(n)} for n in range(3)]
        return {"page": 1, "totalPages": 1, "hash": hashed, "height": height, "time": time, "txs": [*others, *inside]}
