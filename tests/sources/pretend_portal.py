"""A pretend Portal in memory: a few blocks with what was put into them, whoever is asked about; and a node."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pretend_evm import HEAD, TIME, TOKEN, A, Answering, B, Table, block, result_of, topic, word
from scripted_exchange import as_reply

from tracer.chains.evm import TRANSFER_TOPIC
from tracer.model import ChainId
from tracer.net.query import Reply
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc
from tracer.providers.evm.sqd import Sqd

Lines = list[dict[str, Any]]


def header(number: int) -> dict[str, Any]:
    """Return the header of a block."""
    made = block(number)
    return {"number": number, "hash": made["hash"], "timestamp": TIME + 12 * number}


def sent(number: int = 100, index: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a transaction from A to B, as a line holds it."""
    made = {"transactionIndex": index, "hash": word(0x7000 + 1000 * index + number), "from": A, "to": B, "value": "0x5"}
    paid = {"gasPrice": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x1", "contractAddress": None}
    return {**made, **paid, "type": 2, "chainId": 1, "status": 1, **changes}


def call(of: dict[str, Any], path: tuple[int, ...] = (), **changes: Any) -> dict[str, Any]:
    """Return a call of a transaction, its own where the path is empty."""
    action = {"from": of["from"], "to": of["to"], "value": of["value"], "callType": "call"}
    error = {"error": changes.pop("error")} if "error" in changes else {}
    made = {"transactionIndex": of["transactionIndex"], "traceAddress": list(path), "type": "call"}
    return {**made, "action": {**action, **changes}, **error}


def token(of: dict[str, Any], payer: str, payee: str, amount: int, index: int = 0) -> dict[str, Any]:
    """Return a log of a token's transfer."""
    made = {"logIndex": index, "transactionIndex": of["transactionIndex"], "transactionHash": of["hash"]}
    return {**made, "address": TOKEN, "topics": [TRANSFER_TOPIC, topic(payer), topic(payee)], "data": word(amount)}


def line(number: int, *transactions: dict[str, Any], **items: Lines) -> dict[str, Any]:
    """Return a block with items; each transaction comes with its own call where no calls are given."""
    calls = items.get("traces", [call(one) for one in transactions if one["to"]])
    held = {"transactions": list(transactions), "logs": items.get("logs", []), "traces": calls}
    return {"header": header(number), **{name: listed for name, listed in held.items() if listed}}


@dataclass
class Portal:
    """The Portal and, where it has a table of answers, the node.

    Attributes
    ----------
    lines : list of dict
        Blocks that hold something.
    cut : int or None
        Blocks that one reply covers.
    node : mapping, optional
        Answers of the node by method.
    chain : int
        Of both.
    change : callable, optional
        From the lines of a reply and its question to what is sent.
    """

    lines: Lines = field(default_factory=list)
    cut: int | None = None
    node: Table | None = None
    chain: int = 1
    change: Callable[[Lines, dict[str, Any]], Any] = lambda lines, _: lines
    exchange: Answering = field(init=False)

    def __post_init__(self) -> None:
        self.exchange = Answering(answer=self._answer)

    def source(self) -> Sqd:
        """Return the source that asks them."""
        chain = ChainId(f"eip155:{self.chain}")
        rpc = None if self.node is None else EvmRpc(RpcNode(chain, self.exchange, "http://node.invalid"))
        return Sqd(chain, self.exchange, "http://portal.invalid/datasets/one", rpc)

    def questions(self, shape: str) -> list[tuple[int, int]]:
        """Return the ranges of the questions of a shape that were sent."""
        asked = [query.params for query in self.exchange.asked if query.endpoint == "finalized-stream"]
        return [(one["fromBlock"], one["toBlock"]) for one in asked if one["shape"] == shape]

    def _answer(self, endpoint: str, params: dict[str, Any]) -> Any:
        if endpoint == "finalized-head":
            return {"number": HEAD, "hash": header(HEAD)["hash"]}
        if endpoint == "finalized-stream":
            found = self.change(self._covered(params), params)
            return found if isinstance(found, bytes | Reply) else as_lines(found)
        blocks = {"eth_getBlockByNumber": lambda asked: block(HEAD if asked[0] == "latest" else int(asked[0], 16))}
        table: Mapping[str, Any] = {"eth_chainId": hex(self.chain), **blocks, **(self.node or {})}
        return result_of(table, endpoint, params["params"])

    def _covered(self, params: dict[str, Any]) -> Lines:
        low, high = params["fromBlock"], params["toBlock"]
        high = high if self.cut is None else min(high, low + self.cut - 1)
        held = {one["header"]["number"]: one for one in self.lines if params["shape"] != "header"}
        numbers = sorted({low, high} | {number for number in held if low <= number <= high})
        return [held.get(number, {"header": header(number)}) for number in numbers]


def as_lines(lines: Lines) -> Reply:
    """Return lines as a reply."""
    return as_reply(b"".join(json.dumps(one).encode() + b"\n" for one in lines))
