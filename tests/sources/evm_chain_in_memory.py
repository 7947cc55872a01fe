"""A node of a chain that exists in memory only: balances, withdrawals and logs at will."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer.chains.fields import FaultyReply, Field
from tracer.model import ChainId
from tracer.net.query import PermanentError, SplitRequest
from tracer.net.transport import T
from tracer.providers.evm.node import Call

HOLDER, OTHER, TOKEN = ("0x" + digit * 40 for digit in "abc")
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def word(address: str) -> str:
    """Return an address as a topic."""
    return "0x" + "0" * 24 + address[2:]


def block_hash(number: int) -> str:
    """Return the hash of a block."""
    return f"0x{number + 1:064x}"


class NodeInMemory:
    """Answers as a node; `limit` refuses or cuts a range of logs."""

    name = "memory"
    chain = ChainId("eip155:1")

    def __init__(self) -> None:
        self.gains: dict[int, int] = {}
        self.withdrawals: dict[int, list[tuple[str, int]]] = {}
        self.logs: list[dict[str, Any]] = []
        self.limit: Callable[[int, int, list[Any]], list[Any]] = lambda low, high, rows: rows
        self.archive_from = 0
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def add_log(self, block: int, sender: str, recipient: str, amount: int) -> None:
        """Add a token transfer as the last log of a block."""
        index = sum(one["blockNumber"] == hex(block) for one in self.logs)
        self.logs.append(
            {
                "address": TOKEN,
                "topics": [TRANSFER, word(sender), word(recipient)],
                "data": f"0x{amount:064x}",
                "blockNumber": hex(block),
                "blockHash": block_hash(block),
                "transactionHash": block_hash(1_000_000 + block),
                "transactionIndex": "0x0",
                "logIndex": hex(index),
                "removed": False,
            }
        )

    def call(self, call: Call[T]) -> T:
        """Return the answer to one question."""
        self.asked.append((call.method, call.params))
        try:
            return call.parse(Field(getattr(self, call.method)(*call.params), call.method))
        except FaultyReply as fault:
            raise PermanentError(fault.what, reason="inconsistent") from fault

    def call_all(self, calls: Sequence[Call[T]]) -> list[T]:
        """Return the answers to several questions in their order."""
        return [self.call(one) for one in calls]

    def eth_getBalance(self, address: str, number: str) -> str:  # noqa: N802 (a method of nodes)
        """Return what the holder gained up to a block."""
        if int(number, 16) < self.archive_from:
            raise PermanentError("missing trie node", reason="no_archive_state")
        paid = sum(
            wei * 10**9
            for block, list_ in self.withdrawals.items()
            for to, wei in list_
            if to == address and block <= int(number, 16)
        )
        return hex(paid + sum(gain for block, gain in self.gains.items() if block <= int(number, 16)))

    def eth_getBlockByNumber(self, number: str, _whole: bool) -> dict[str, Any]:  # noqa: N802
        """Return a header with its withdrawals."""
        height = int(number, 16)
        paid = [
            {"index": hex(1_000 * height + place), "address": to, "amount": hex(gwei)}
            for place, (to, gwei) in enumerate(self.withdrawals.get(height, []))
        ]
        return {
            "number": number,
            "hash": block_hash(height),
            "timestamp": hex(12 * height),
            "transactions": [],
            "withdrawals": paid,
        }

    def eth_getLogs(self, asked: dict[str, Any]) -> list[Any]:  # noqa: N802
        """Return the logs of a range that match, as far as the limit lets."""
        low, high = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        assert low <= high
        rows = [one for one in self.logs if low <= int(one["blockNumber"], 16) <= high and fits(one, asked["topics"])]
        return self.limit(
            low, high, sorted(rows, key=lambda one: (int(one["blockNumber"], 16), int(one["logIndex"], 16)))
        )

    def eth_getBlockReceipts(self, number: str) -> list[Any]:  # noqa: N802
        """Return the one receipt of a block, with all of its logs."""
        logs = [one for one in self.logs if one["blockNumber"] == number]
        return [
            {
                "transactionHash": block_hash(1_000_000 + int(number, 16)),
                "blockNumber": number,
                "blockHash": block_hash(int(number, 16)),
                "transactionIndex": "0x0",
                "from": OTHER,
                "status": "0x1",
                "gasUsed": "0x1",
                "logs": logs,
            }
        ]


def fits(log: dict[str, Any], topics: list[Any]) -> bool:
    """Return whether a log matches a filter."""
    return all(one in (None, two) for one, two in zip(topics, log["topics"], strict=False))


def too_many(limit: int) -> Callable[[int, int, list[Any]], list[Any]]:
    """Refuse more rows than a limit."""

    def apply(low: int, high: int, rows: list[Any]) -> list[Any]:
        if len(rows) > limit:
            raise SplitRequest(f"query returned more than {limit} results")
        return rows

    return apply


def too_wide(limit: int) -> Callable[[int, int, list[Any]], list[Any]]:
    """Refuse more blocks than a limit."""

    def apply(low: int, high: int, rows: list[Any]) -> list[Any]:
        if high - low + 1 > limit:
            raise SplitRequest(f"block range is larger than max block range, max block range = {limit}")
        return rows

    return apply


def cut(limit: int) -> Callable[[int, int, list[Any]], list[Any]]:
    """Give the first rows and say nothing."""
    return lambda low, high, rows: rows[:limit]
