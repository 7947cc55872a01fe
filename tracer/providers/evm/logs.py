"""Logs of token transfers of one holder, in ranges of blocks that halve whenever the node will not answer so much."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains import HIGHEST, TRANSFER_TOPIC, FaultyReply, Field, hash_of, height_of, parse_receipt, quantity_below
from tracer.model import ChainId
from tracer.net import PermanentError, ReplyFault, SplitRequest, costs_itself, may_be_size
from tracer.providers.evm.node import Call, Node
from tracer.providers.evm.windows import Window

FULL_PAGES: Final = frozenset({1_000, 2_000, 5_000, 10_000, 20_000})
"""Numbers of rows at which providers are known to cut without saying so."""


_ON_ROWS: Final = re.compile(r"results|response|rows|too many logs|timeout|timed out")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How ranges of blocks are chosen.

    Attributes
    ----------
    cap : int
        A reply of so many rows or more is not believed to be whole.
    span : int
        Blocks of the first question; doubled after every five answers, but once a number of blocks was refused never
        above the widest range that was answered.
    """

    cap: int = 1_000
    span: int = 2_000


@dataclass(frozen=True, slots=True)
class Log:
    """A log with what is needed to place it.

    Attributes
    ----------
    block, tx_index, index : int
        Height; index of the transaction in the block; index of the log in the block.
    block_hash, tx : str
        Canonical.
    raw : mapping
        As the node gave it.
    """

    block: int
    index: int
    block_hash: str
    tx: str
    tx_index: int
    raw: Mapping[str, Any]


def topic_of(holder: str) -> str:
    """Return an address as a topic: 12 zero bytes before it."""
    return "0x" + "0" * 24 + holder[2:]


def collect_logs(node: Node, holder: str, window: Window, settings: LogSettings) -> list[Log]:
    """Return the transfer logs of a window that name a holder, in chain order.

    Raises
    ------
    PermanentError
        If the node does not offer logs, or contradicts itself on the hash of a block.
    """
    logs: dict[tuple[int, int], Log] = {}
    filters: list[list[str | None]] = [[TRANSFER_TOPIC, topic_of(holder)], [TRANSFER_TOPIC, None, topic_of(holder)]]
    for topics in filters:
        reader = _Ranges(node, topics, window.head, settings)
        reader.read(window.low, window.high)
        logs |= {(log.block, log.index): log for log in reader.logs}
    found = [logs[key] for key in sorted(logs)]
    one_hash(((log.block, log.block_hash) for log in found), node.name)
    return found


def one_hash(blocks: Iterable[tuple[int, str]], source: str) -> None:
    """Refuse blocks of one height that have two hashes: the chain was reorganised while it was read."""
    seen: dict[int, str] = {}
    for number, block_hash in blocks:
        if seen.setdefault(number, block_hash) != block_hash:
            raise PermanentError(
                f"{source} gave two hashes of block {number}.",
                why="The chain was reorganised while it was read.",
                next_step="Collect again from a new head.",
                reason="inconsistent",
            )


class _Ranges:
    """Reads one filter over a window."""

    def __init__(self, node: Node, topics: list[str | None], head: str, settings: LogSettings) -> None:
        self.node, self.topics, self.head, self.settings = node, topics, head, settings
        self.logs: list[Log] = []
        self.answered_span = settings.span
        self.widest = 1
        self.limited = False
        self.divisible: bool | None = None

    def read(self, low: int, high: int) -> None:
        """Walk a window in spans that grow while they are answered."""
        span, answered = self.settings.span, 0
        while low <= high:
            end = min(high, low + span - 1)
            if self._range(low, end):
                answered += 1
                span, answered = (2 * span, 0) if answered == 5 else (span, answered)
            else:
                span, answered = self.answered_span, 0
            if self.limited:
                span = min(span, self.widest)
            low = end + 1

    def _range(self, low: int, high: int) -> bool:
        """Read a range, halved as often as needed; return whether it was answered at once."""
        try:
            logs = self.node.call(self._call(low, high))
            if len(logs) < self.settings.cap and len(logs) not in FULL_PAGES:
                self.logs.extend(logs)
                self.answered_span = high - low + 1
                self.widest = max(self.widest, self.answered_span)
                return True
        except SplitRequest as fault:
            # A limit on rows says nothing of other ranges; one on blocks holds everywhere. The numbers that nodes
            # suggest in their texts are not reliable.
            self.limited |= not _ON_ROWS.search(fault.what.lower())
        except ReplyFault as fault:
            if low == high or not may_be_size(fault) or not self._answers_less(low):
                raise
            self.limited = True
        if low == high:
            self.logs.extend(logs_of_block(self.node, low, self.topics, self.head))
            return False
        middle = (low + high) // 2
        self._range(low, middle)
        self._range(middle + 1, high)
        return False

    def _answers_less(self, number: int) -> bool:
        """Return whether a single block is answered where a range was refused in words that nobody knows."""
        if self.divisible is None:
            try:
                self.node.call(self._call(number, number))
                self.divisible = True
            except ReplyFault as fault:
                costs_itself(fault)
                self.divisible = isinstance(fault, SplitRequest)
        return self.divisible

    def _call(self, low: int, high: int) -> Call[list[Log]]:
        chain, topics = self.node.chain, self.topics

        def parse(field: Field) -> list[Log]:
            """Return logs; one that was not asked for, or stands twice, refuses all."""
            logs = [parse_log(one, chain) for one in field.items()]
            for log in logs:
                if not low <= log.block <= high or not matches(log.raw, topics):
                    raise FaultyReply(
                        f"{field.path} gave a log of block {log.block} that was not asked for.",
                        why=f"Blocks {low} to {high} and one topic were.",
                    )
            if len({(log.block_hash, log.index) for log in logs}) != len(logs):
                raise field.fault("A log stands twice.")
            return logs

        asked = {"fromBlock": hex(low), "toBlock": hex(high), "topics": topics}
        return Call("eth_getLogs", (asked,), parse, self.head)


def parse_log(field: Field, chain: ChainId) -> Log:
    """Return a log of a reply, which must be in a block and not taken back."""
    removed = field.maybe("removed")
    if removed is not None and removed.flag():
        raise field.fault("The log was removed by a reorganisation.")
    field.get("address").address(chain)
    return Log(
        height_of(field.get("blockNumber")),
        quantity_below(field.get("logIndex"), HIGHEST),
        hash_of(field.get("blockHash")),
        hash_of(field.get("transactionHash")),
        quantity_below(field.get("transactionIndex"), HIGHEST),
        field.value,
    )


def matches(log: Mapping[str, Any], topics: list[str | None]) -> bool:
    """Return whether the topics of a log are those of a filter."""
    own = log.get("topics")
    if not isinstance(own, list) or len(own) < len(topics):
        return False
    return all(one is None or str(two).lower() == one for one, two in zip(topics, own, strict=False))


def logs_of_block(node: Node, number: int, topics: list[str | None], head: str) -> list[Log]:
    """Return the logs of one block that match a filter, from its receipts: these are not cut."""
    chain = node.chain

    def parse(field: Field) -> list[Log]:
        """Return the logs of a block's receipts that have one of the topics."""
        found = []
        for one in field.items():
            receipt = parse_receipt(one, chain)
            if receipt.block != number:
                raise one.fault(f"A receipt of block {number} was expected.")
            found += [parse_log(log, chain) for log in one.get("logs").items() if matches(log.value, topics)]
        return found

    return node.call(Call("eth_getBlockReceipts", (hex(number),), parse, head))
