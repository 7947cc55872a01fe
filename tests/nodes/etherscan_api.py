"""Answers of an account explorer (Etherscan v2 and Blockscout's version of it) over a node's chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from etherscan_rows import Row, internal_rows, normal_rows, token_rows, touches
from evm_index import EvmIndex
from json_rpc import RpcFailure

INVALID_KEY = "Invalid API Key (#err2)"
MISSING_CHAIN = (
    "Missing or unsupported chainid parameter (required for v2 api), please see https://api.etherscan.io/v2/chainlist "
    "for the list of supported chainids"
)
WINDOW = "Result window is too large, PageNo x Offset size must be less than or equal to {}"
EMPTY = {
    "etherscan": dict.fromkeys(("txlist", "txlistinternal", "tokentx"), "No transactions found"),
    "blockscout": {
        "txlist": "No transactions found",
        "txlistinternal": "No internal transactions found",
        "tokentx": "No token transfers found",
    },
}
PROXY = {
    "eth_blockNumber": (),
    "eth_getBlockByNumber": ("tag", "boolean"),
    "eth_getBlockTransactionCountByNumber": ("tag",),
    "eth_getTransactionByHash": ("txhash",),
    "eth_getTransactionReceipt": ("txhash",),
    "eth_getTransactionCount": ("address", "tag"),
    "eth_getCode": ("address", "tag"),
}


@dataclass
class ExplorerSettings:
    """How an account explorer is set.

    Attributes
    ----------
    keys : set of str
        Keys it knows; none: it looks at no key.
    page_cap : int
        Most rows in one reply, whatever is asked for; it does not say when it cuts.
    result_window : int
        Largest page times offset it answers.
    """

    keys: set[str] = field(default_factory=set)
    page_cap: int = 10_000
    result_window: int = 10_000


class AccountApi:
    """One explorer: the chain, a style (``etherscan`` or ``blockscout``) and its settings."""

    def __init__(self, index: EvmIndex, style: str) -> None:
        self.index, self.style = index, style
        self.settings = ExplorerSettings()

    def answer(self, params: Mapping[str, str]) -> Any:
        """Return the reply to the parameters of a request; like the originals it answers HTTP 200 whatever it says."""
        if self.style == "etherscan" and params.get("chainid") != str(self.index.chain_id):
            return not_ok(MISSING_CHAIN)
        if self.settings.keys and params.get("apikey") and params["apikey"] not in self.settings.keys:
            return not_ok(INVALID_KEY)
        module, action = params.get("module", ""), params.get("action", "")
        if module == "proxy" and action in PROXY and self.style == "etherscan":
            return self._proxy(action, params)
        if module == "account" and action in EMPTY[self.style]:
            return self._mark_key(self._listed(action, params), params)
        if module == "account" and action == "txsBeaconWithdrawal" and self.style == "etherscan":
            return {"status": "0", "message": "No transactions found", "result": []}
        if module == "account" and action == "balance":
            return self._balance(params)
        if module == "block" and action == "getblocknobytime":
            return self._block_by_time(params)
        if module == "block" and action == "eth_block_number" and self.style == "blockscout":
            return self._proxy("eth_blockNumber", params)
        if self.style == "blockscout":
            return {"message": "Unknown action", "result": None, "status": "0"}
        return not_ok("Error! Missing Or invalid Action name")

    def _mark_key(self, reply: dict[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
        if self.settings.keys and not params.get("apikey") and reply["status"] == "1":
            return reply | {"message": "OK-Missing/Invalid API Key"}
        return reply

    def _listed(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        page, offset = int(params.get("page", "1")), int(params.get("offset", self.settings.result_window))
        if page * offset > self.settings.result_window:
            return not_ok(WINDOW.format(self.settings.result_window))
        if not params.get("txhash") and not is_address(params.get("address", "")):
            return not_ok("Error! Invalid address format")
        rows = self._rows(action, params)
        if params.get("sort", "desc" if self.style == "blockscout" else "asc") == "desc":
            rows.reverse()
        size = min(offset, self.settings.page_cap)
        shown = rows[(page - 1) * size : page * size]
        if not shown:
            return {"status": "0", "message": EMPTY[self.style][action], "result": []}
        return {"status": "1", "message": "OK", "result": shown}

    def _rows(self, action: str, params: Mapping[str, str]) -> list[Row]:
        blocks = self.index.blocks()
        if action == "txlist":
            found = list(normal_rows(blocks))
        elif action == "tokentx":
            found = list(token_rows(self.index, blocks))
        else:
            found = list(internal_rows(blocks, self.style))
        if action == "txlistinternal" and params.get("txhash"):
            return self._of_transaction(found, params["txhash"])
        if params.get("contractaddress"):
            found = [row for row in found if row["contractAddress"] == params["contractaddress"].lower()]
        low, high = int(params.get("startblock", "0")), int(params.get("endblock", str(len(blocks))))
        wanted = touches(params["address"].lower())
        return [row for row in found if low <= int(row["blockNumber"]) <= high and wanted(row)]

    def _of_transaction(self, rows: list[Row], tx: str) -> list[Row]:
        if self.style == "blockscout":
            return [row for row in rows if row["transactionHash"] == tx]
        hidden = ("hash", "traceId")
        return [{name: row[name] for name in row if name not in hidden} for row in rows if row["hash"] == tx]

    def _proxy(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        values: list[Any] = [params.get(name, "latest" if name == "tag" else "") for name in PROXY[action]]
        if "boolean" in PROXY[action]:
            values[-1] = values[-1] == "true"
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": self.index.rpc(action, *values)}
        except RpcFailure as failure:
            return {"jsonrpc": "2.0", "id": 1, "error": failure.error}

    def _balance(self, params: Mapping[str, str]) -> dict[str, Any]:
        balance = int(self.index.rpc("eth_getBalance", params.get("address", ""), "latest"), 16)
        return {"status": "1", "message": "OK", "result": str(balance)}

    def _block_by_time(self, params: Mapping[str, str]) -> dict[str, Any]:
        moment, blocks = int(params["timestamp"]), self.index.blocks()
        if params.get("closest") == "after":
            found = [block.number for block in blocks if block.time >= moment][:1]
        else:
            found = [block.number for block in blocks if block.time <= moment][-1:]
        if not found:
            return not_ok("Error! No closest block found")
        number = str(found[0])
        return {
            "status": "1",
            "message": "OK",
            "result": number if self.style == "etherscan" else {"blockNumber": number},
        }


def not_ok(text: str) -> dict[str, Any]:
    """Return a refusal: the result is a text."""
    return {"status": "0", "message": "NOTOK", "result": text}


def is_address(text: str) -> bool:
    """Whether a text has the form of an EVM address."""
    return len(text) == 42 and text.startswith("0x") and all(one in "0123456789abcdefABCDEF" for one in text[2:])


def body_of(reply: Any) -> bytes:
    """Return a reply as the bytes that are sent."""
    return json.dumps(reply, separators=(",", ":")).encode()
