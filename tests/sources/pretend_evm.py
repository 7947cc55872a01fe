"""A pretend EVM node and a pretend account explorer in memory: one transaction, or a few rows, and any answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripted_exchange import ScriptedExchange, as_reply

from tracer.model import ChainId, Collected
from tracer.net.query import Query, Reply
from tracer.providers.evm.blockscout import blockscout
from tracer.providers.evm.etherscan import etherscan
from tracer.providers.evm.explorer import Explorer
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc
from tracer.providers.provider import History

A, B, C, D = ("0x" + digit * 40 for digit in "abcd")
TOKEN = "0x" + "e" * 40
ETHER = 10**18
HEAD = 1000
TIME = 1_700_000_000

Table = Mapping[str, Any]
"""Results of methods: values, or functions of the parameters; a :class:`Fault` is an error."""


@dataclass(frozen=True)
class Fault:
    """An error of a node."""

    code: int
    message: str


@dataclass
class Answering(ScriptedExchange):
    """An exchange whose replies a function gives; what is not an answer is asked again once."""

    answer: Callable[[str, dict[str, Any]], Any] = lambda endpoint, params: None
    retries: int = 1

    def _reply(self, query: Query) -> Reply:
        return as_reply(self.answer(query.endpoint, dict(query.params)))


def word(number: int) -> str:
    """Return a number as 32 bytes of hex."""
    return f"0x{number:064x}"


def topic(address: str) -> str:
    """Return an address as a topic."""
    return "0x" + "0" * 24 + address[2:]


def block(number: int, listed: Any = (), *, start: int = TIME, **more: Any) -> dict[str, Any]:
    """Return a block."""
    made = {"number": hex(number), "hash": word(0xB10C0000 + number), "timestamp": hex(start + 12 * number)}
    return {**made, "transactions": list(listed), **more}


def transaction(number: int = 100, **changes: Any) -> dict[str, Any]:
    """Return a transaction from A to B."""
    made = {
        "hash": word(0x7000 + number),
        "blockNumber": hex(number),
        "blockHash": block(number)["hash"],
        "transactionIndex": "0x0",
        "from": A,
        "to": B,
        "value": "0x0",
        "gasPrice": "0x1",
    }
    return {**made, **changes}


def receipt(of: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the receipt of a transaction."""
    same = {name: of[name] for name in ("blockNumber", "blockHash", "transactionIndex", "from", "to")}
    made = {"transactionHash": of["hash"], "contractAddress": None, "status": "0x1", "gasUsed": "0x5208"}
    return {**same, **made, "effectiveGasPrice": "0x1", "logs": [], **changes}


def frame(of: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the call of a transaction as a tracer gives it."""
    return {"type": "CALL", "from": of["from"], "to": of["to"], "value": of["value"], **changes}


def log(of: dict[str, Any], index: int, topics: list[str], data: str = "0x", address: str = TOKEN) -> dict[str, Any]:
    """Return a log of a transaction."""
    made = {"address": address, "topics": topics, "data": data, "logIndex": hex(index), "removed": False}
    same = {name: of[name] for name in ("blockNumber", "blockHash", "transactionIndex")}
    return {**made, **same, "transactionHash": of["hash"]}


def result_of(table: Table, method: str, params: Any) -> dict[str, Any]:
    """Return what a node with a table of answers says."""
    said: Any = table.get(method, Fault(-32601, f"method {method} not found"))
    said = said(params) if callable(said) else said
    if isinstance(said, Fault):
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": said.code, "message": said.message}}
    return {"jsonrpc": "2.0", "id": 1, "result": said}


def node_of(
    one: dict[str, Any],
    given: dict[str, Any],
    traced: Any = None,
    *,
    chain: int = 1,
    more: Table | None = None,
    start: int = TIME,
) -> EvmRpc:
    """Return a node that knows one transaction, its receipt and its call tree."""
    height = int(one["blockNumber"], 16)

    def blocks(params: list[Any]) -> dict[str, Any]:
        number = HEAD if params[0] == "latest" else int(params[0], 16)
        listed = [one] if number == height else []
        return block(number, listed if params[1] else [each["hash"] for each in listed], start=start)

    def logs(params: list[Any]) -> list[Any]:
        wanted = params[0]["topics"]
        return [
            each
            for each in given["logs"]
            if len(each["topics"]) >= len(wanted)
            and all(this in (None, that) for this, that in zip(wanted, each["topics"], strict=False))
        ]

    table: dict[str, Any] = {
        "eth_chainId": hex(chain),
        "eth_getBlockByNumber": blocks,
        "eth_getTransactionByHash": one,
        "eth_getTransactionReceipt": given,
        "eth_getLogs": logs,
    }
    if traced is not None:
        table["debug_traceTransaction"] = traced
        table["debug_traceBlockByNumber"] = lambda params: (
            [{"txHash": one["hash"], "result": traced}] if int(params[0], 16) == height else []
        )
    table |= more or {}
    exchange = Answering(answer=lambda method, params: result_of(table, method, params["params"]))
    return EvmRpc(RpcNode(ChainId(f"eip155:{chain}"), exchange, "http://127.0.0.1"))


def listed(number: int, **changes: str) -> dict[str, str]:
    """Return a row of ``txlist``: A pays B nothing, and its fee."""
    made = {
        "blockNumber": str(number),
        "timeStamp": str(TIME + 12 * number),
        "hash": word(0x7000 + number),
        "blockHash": block(number)["hash"],
        "transactionIndex": "0",
        "from": A,
        "to": B,
        "value": "0",
        "gasPrice": "1",
        "gasUsed": "21000",
        "isError": "0",
        "txreceipt_status": "1",
        "contractAddress": "",
    }
    return {**made, **changes}


def inner(number: int, **changes: str) -> dict[str, str]:
    """Return a row of ``txlistinternal``."""
    made = {"blockNumber": str(number), "timeStamp": str(TIME + 12 * number), "from": A, "to": B, "value": "0"}
    kind = {"contractAddress": "", "transactionHash": word(0x7000 + number), "type": "call", "callType": "call"}
    return {**made, **kind, "isError": "0", **changes}


def explorer_of(
    lists: Mapping[str, list[dict[str, str]]],
    *,
    chain: int = 1,
    kind: str = "blockscout",
    node: Table | None = None,
    special: Callable[[str], Any] | None = None,
) -> Explorer:
    """Return an explorer without a node of one's own; `special` answers a list in its own way."""
    table: dict[str, Any] = {
        "eth_chainId": hex(chain),
        "eth_blockNumber": hex(HEAD),
        "eth_getBlockByNumber": lambda asked: block(
            HEAD if _first(asked, "tag") == "latest" else int(_first(asked, "tag"), 16)
        ),
        **(node or {}),
    }

    def answer(endpoint: str, params: dict[str, Any]) -> Any:
        group, _, name = endpoint.rpartition("/")
        if group != "account":
            return result_of(table, name, params.get("params", params))
        said = special(name) if special else None
        if said is not None:
            return said
        low, high = params["startblock"], params["endblock"]
        rows = [row for row in lists.get(name, []) if low <= int(row["blockNumber"]) <= high]
        rows = rows[(params["page"] - 1) * params["offset"] : params["page"] * params["offset"]]
        if rows:
            return {"status": "1", "message": "OK", "result": rows}
        return {"status": "0", "message": "No transactions found", "result": []}

    made, exchange = ChainId(f"eip155:{chain}"), Answering(answer=answer)
    return blockscout(made, exchange, "http://127.0.0.1/api") if kind == "blockscout" else etherscan(made, exchange)


def _first(asked: Any, name: str) -> Any:
    return asked[name] if isinstance(asked, dict) else asked[0]


def moves(history: History) -> list[tuple[str, str, str, str, int]]:
    """Return layer, kind, payer, payee and amount of each row."""
    return [_move(row) for row in history.rows]


def _move(row: Collected) -> tuple[str, str, str, str, int]:
    return row.layer, row.kind, row.sender, row.recipient, row.amount


def gaps(history: History) -> list[tuple[str, str]]:
    """Return endpoint and reason of each entry that is not complete."""
    return [(one.endpoint, one.reason) for one in history.coverage if not one.complete]
