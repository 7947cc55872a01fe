"""Recorded Tron lists, served as TronGrid would serve them, with execution results made to fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripted_exchange import ScriptedExchange

from tracer.model import TRON, parse_address
from tracer.net.query import Query

ACCOUNT = "TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R"
STAKER = "TFFriedwRtWdFuzerDDtkoQTZ29smDZ1MB"
USDT = "41a614f803b6fd780986a42c78ec9c7f77e6ded13c"
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
TIP = 20_830_000
ONE_ACCOUNT = "platform__tron__mocks__tokens__accounts_txs_response.json"
STAKER_LIST = (
    f"mock__ext-api-data__tron-api_v1_accounts_{STAKER}_transactions__limit_25_order_by_block_timestamp_desc_"
    "token_id_.json"
)
TRC20_LIST = "platform__tron__mocks__tokens__txs_trc20_response.json"
EMPTY_LIST = "platform__tron__mocks__tokens__txs_empty_response.json"


def recording(shared: Path, name: str) -> dict[str, Any]:
    """Return a recorded reply."""
    reply: dict[str, Any] = json.loads((shared / "data" / "trongrid_blockbook_mocks" / name).read_text())
    return reply


def block_id(number: int) -> str:
    """Return a block id: the height, then anything."""
    return f"{number:016x}" + hashlib.sha256(str(number).encode()).hexdigest()[:48]


def base58(hex_address: str) -> str:
    """Return the base58 form of a hex address."""
    return parse_address(TRON, hex_address)


@dataclass
class TronBook:
    """A TronGrid over some signed transactions."""

    rows: list[dict[str, Any]]
    trc20: list[dict[str, Any]] = field(default_factory=list)
    page: int = 200
    balance: int | None = None
    infos: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def time(self, number: int) -> int:
        """Return the time of a block, milliseconds: that of a row that names the block, else three seconds each."""
        known = {row["blockNumber"]: row["block_timestamp"] for row in self.rows if "blockNumber" in row}
        return int(known.get(number, 1_592_755_500_000 + 3_000 * (number - TIP)))

    def number(self, row: dict[str, Any]) -> int:
        """Return the block of a row: as printed, or one made from its time."""
        return int(row["blockNumber"]) if "blockNumber" in row else TIP - 1_000 - self.rows.index(row)

    def info(self, txid: str) -> dict[str, Any]:
        """Return an execution result that fits the row; logs as USDT writes them."""
        if txid in self.infos:
            return self.infos[txid]
        row = next((row for row in self.rows if row["txID"] == txid), None)
        if row is None:
            return {}
        number = self.number(row)
        value = row["raw_data"]["contract"][0]["parameter"]["value"]
        info = {"id": txid, "blockNumber": number, "blockTimeStamp": self.time(number), "receipt": {}}
        if row["ret"][0]["fee"]:
            info["fee"] = row["ret"][0]["fee"]
        if value.get("contract_address") == USDT and value["data"].startswith("a9059cbb"):
            word, amount = value["data"][8:72], value["data"][72:136]
            topics = [TRANSFER, value["owner_address"][2:].rjust(64, "0"), word[-40:].rjust(64, "0")]
            info["log"] = [{"address": USDT[2:], "topics": topics, "data": amount}]
        return info

    def exchange(self) -> ScriptedExchange:
        """Return an exchange that asks this server."""
        exchange = ScriptedExchange()
        for room in ("wallet", "walletsolidity"):
            for method in (
                "getnowblock",
                "getblockbynum",
                "gettransactioninfobyid",
                "gettransactionbyid",
                "getcontract",
            ):
                exchange.say(f"/{room}/{method}", None, self.answer)
        for path in ("", "/transactions", "/transactions/trc20"):
            exchange.say(f"/v1/accounts/:address{path}", None, self.answer)
        return exchange

    def answer(self, query: Query) -> Any:
        """Return the body of the answer."""
        name = query.endpoint.rpartition("/")[2]
        body = self._answer(name, dict(query.params))
        change = self.changes.get(name)
        return change(body) if change else body

    def _answer(self, name: str, params: dict[str, Any]) -> Any:
        if name in ("getnowblock", "getblockbynum"):
            number = params.get("num", TIP)
            inside = [row for row in self.rows if self.number(row) == number]
            txids = [row["txID"] for row in inside]
            txids += [
                txid for txid, info in self.infos.items() if info.get("blockNumber") == number and txid not in txids
            ]
            header = {"raw_data": {"number": number, "timestamp": self.time(number)}}
            return {
                "blockID": block_id(number),
                "block_header": header,
                "transactions": [{"txID": txid} for txid in txids],
            }
        if name == "gettransactioninfobyid":
            return self.info(params["value"])
        if name == "gettransactionbyid":
            return next((row for row in self.rows if row["txID"] == params["value"]), {})
        if name == "getcontract":
            return {"contract_address": USDT, "bytecode": "60"} if params["value"] == base58(USDT) else {}
        if name == ":address":
            held = [] if self.balance is None else [{"address": params["address"], "balance": self.balance}]
            return {"success": True, "meta": {"at": 1, "page_size": len(held)}, "data": held}
        return self._list(self.trc20 if name == "trc20" else self.rows, params)

    def _list(self, rows: list[dict[str, Any]], params: dict[str, Any]) -> Any:
        inside = [r for r in rows if params["min_timestamp"] <= r["block_timestamp"] <= params["max_timestamp"]]
        inside.sort(key=lambda row: row["block_timestamp"])
        start = int(params.get("fingerprint", "0"))
        page = inside[start : start + self.page]
        # As recorded: pages carry a mark, and so does an empty one.
        return {"success": True, "meta": {"page_size": len(page), "fingerprint": str(start + self.page)}, "data": page}
