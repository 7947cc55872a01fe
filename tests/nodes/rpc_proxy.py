"""A JSON-RPC provider in front of the node: the caps, refusals and error texts that providers are known for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evm_index import EvmIndex, Json

Texts = Callable[[int, int, int], Json]

# Error texts as published for each provider: (low, high, limit) -> error object.
RANGE_ERRORS: dict[str, Texts] = {
    "infura": lambda low, high, limit: error(-32602, f"range {high - low + 1} exceeds limit of {limit}"),
    "reth": lambda low, high, limit: error(-32602, f"query exceeds max block range {limit}"),
    "large": lambda low, high, limit: error(-32603, "eth_getLogs range is too large, max is 1k blocks"),
    "freetier": lambda low, high, limit: error(35, f"ranges over {limit} blocks are not supported on freetier"),
    "blockpi": lambda low, high, limit: error(-32602, f"eth_getLogs is limited to {limit} block range"),
    "tenderly": lambda low, high, limit: error(
        -32602, "invalid params", {"payload": f"range [{low}, {high}] is bigger than range limit {limit}"}
    ),
    "blast": lambda low, high, limit: error(
        -32000,
        f"block range is larger than max block range, block range = {high - low + 1}, max block range = {limit}",
    ),
    "erigon": lambda low, high, limit: error(-32005, f"block range too large, max range: {limit}"),
}
RESULT_ERRORS: dict[str, Texts] = {
    "infura": lambda low, high, limit: error(
        -32005,
        f"query returned more than {limit} results. Try with this block range [{low:#x}, {(low + high) // 2:#x}].",
        {"from": hex(low), "to": hex((low + high) // 2), "limit": limit},
    ),
    "timeout": lambda low, high, limit: error(-32005, "query timeout exceeded"),
    "alchemy": lambda low, high, limit: error(
        -32602,
        "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the "
        f"response size, or you can request any block range with a cap of {limit} logs in the response. Based on your "
        f"parameters and the response size limit, this block range should work: [{low:#x}, {high:#x}]",
    ),
    "reth": lambda low, high, limit: error(
        -32602, f"query exceeds max results {limit}, retry with the range {low}-{(low + high) // 2}"
    ),
    "zksync": lambda low, high, limit: error(-32008, "Response is too big"),
}
STATE_METHODS = {
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_call": 1,
    "eth_getProof": 2,
}


@dataclass
class RpcSettings:
    """How the provider is set.

    Attributes
    ----------
    range_cap, range_style : int or None, str
        Most blocks of one ``eth_getLogs`` and a key of :data:`RANGE_ERRORS`.
    result_cap, result_style : int or None, str
        Most logs of one reply and a key of :data:`RESULT_ERRORS`, or ``silent``: the first ones, no error.
    missing_methods : set of str
        Methods it does not offer.
    archive_from : int
        It has no state, and traces nothing, of blocks below this height.
    reverse_batches : bool
        Whether replies of a batch come in the opposite order.
    """

    range_cap: int | None = None
    range_style: str = "infura"
    result_cap: int | None = None
    result_style: str = "infura"
    missing_methods: set[str] = field(default_factory=set)
    archive_from: int = 0
    reverse_batches: bool = False


class RpcProxy:
    """The provider.

    Parameters
    ----------
    index : EvmIndex
        Over which node.
    offered : frozenset of str, optional
        The methods it passes on; all where none are given.
    """

    def __init__(self, index: EvmIndex, *, offered: frozenset[str] | None = None) -> None:
        self.index, self.offered = index, offered
        self.settings = RpcSettings()

    def answer(self, body: bytes) -> bytes:
        """Return the reply to a request body: one call, or a batch."""
        asked = json.loads(body)
        if not isinstance(asked, list):
            return json.dumps(self._one(asked)).encode()
        replies = [self._one(call) for call in asked]
        if self.settings.reverse_batches:
            replies.reverse()
        return json.dumps(replies).encode()

    def _one(self, call: Json) -> Json:
        refused = self._refusal(call["method"], call.get("params") or [])
        if refused:
            return {"jsonrpc": "2.0", "id": call.get("id"), "error": refused}
        reply: Json = json.loads(self.index.rpc.raw(json.dumps(call).encode()))
        if call["method"] == "eth_getLogs" and "result" in reply:
            return self._capped(call, reply)
        return reply

    def _refusal(self, method: str, params: list[Any]) -> Json | None:
        if method in self.settings.missing_methods or (self.offered is not None and method not in self.offered):
            return error(-32601, f"the method {method} does not exist/is not available")
        if method == "eth_getLogs" and self.settings.range_cap is not None:
            low, high = self._range(params[0])
            if high - low + 1 > self.settings.range_cap:
                return RANGE_ERRORS[self.settings.range_style](low, high, self.settings.range_cap)
        if self.settings.archive_from and self._height_of(method, params) < self.settings.archive_from:
            return error(-32000, "missing trie node 0000 (path ) state 0x0000 is not available")
        return None

    def _height_of(self, method: str, params: list[Any]) -> int:
        """Return the height whose state a call needs; one above all where it needs none."""
        above = 1 << 62
        if method in STATE_METHODS:
            place = STATE_METHODS[method]
            return self._number(params[place]) if len(params) > place else above
        if method in ("trace_block", "debug_traceBlockByNumber"):
            return self._number(params[0])
        if method == "trace_filter":
            return self._number(params[0].get("fromBlock", "0x0"))
        if method in ("debug_traceTransaction", "trace_transaction"):
            found = self.index.rpc("eth_getTransactionByHash", params[0])
            return int(found["blockNumber"], 16) if found else above
        return above

    def _capped(self, call: Json, reply: Json) -> Json:
        cap = self.settings.result_cap
        if cap is None or len(reply["result"]) <= cap:
            return reply
        if self.settings.result_style == "silent":
            return reply | {"result": reply["result"][:cap]}
        low, high = self._range(call["params"][0])
        return {"jsonrpc": "2.0", "id": call["id"], "error": RESULT_ERRORS[self.settings.result_style](low, high, cap)}

    def _range(self, filter_: Json) -> tuple[int, int]:
        if "blockHash" in filter_:
            return 0, 0
        return self._number(filter_.get("fromBlock", "latest")), self._number(filter_.get("toBlock", "latest"))

    def _number(self, block: Any) -> int:
        if isinstance(block, str) and block.startswith("0x"):
            return int(block, 16)
        return 0 if block == "earliest" else int(self.index.rpc("eth_blockNumber"), 16)


def error(code: int, message: str, data: Any = None) -> Json:
    """Return an error object."""
    return {"code": code, "message": message} | ({} if data is None else {"data": data})
