"""Which transactions moved a holder's coin: asked of an index of traces, else found by looking at every block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tracer.chains import Field, flat_keys, parse_flat, parse_frames, parse_header, parse_transaction, withdrawal_rows
from tracer.model import CallRecord, ChainId, Collected
from tracer.net import PermanentError, ReplyFault, SplitRequest, costs_itself, may_be_size
from tracer.providers.evm.full_transaction import TRACER
from tracer.providers.evm.node import Call, Node
from tracer.providers.evm.rpc_fallbacks import answered
from tracer.providers.evm.windows import Window

Touched = dict[str, int]
"""Height by transaction hash."""


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """How transactions are found.

    Attributes
    ----------
    page : int
        Rows asked for at once of an index of traces.
    scan_blocks : int
        Longest window whose blocks are looked at one by one where a node has no such index.
    """

    page: int = 1_000
    scan_blocks: int = 2_000


@dataclass
class Found:
    """Transactions that may have moved a holder's coin, and what of the window was not looked at.

    Attributes
    ----------
    endpoint : str
        What was asked.
    txs : dict of str to int
        Height by hash.
    withdrawals : list of Collected
        What blocks paid to the holder, where they were looked at.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`.
    """

    endpoint: str
    txs: Touched = field(default_factory=dict)
    withdrawals: list[Collected] = field(default_factory=list)
    reason: str = "ok"
    detail: str = ""


def find_native(node: Node, holder: str, window: Window, settings: TraceSettings) -> Found:
    """Return the transactions of a window that may have moved a holder's coin."""
    try:
        return _indexed(node, holder, window, settings)
    except ReplyFault as fault:
        costs_itself(fault)
        refused = fault
    reason = getattr(refused, "reason", "error")
    if window.high - window.low >= settings.scan_blocks:
        detail = f"The window is too long to look at each of its blocks ({settings.scan_blocks} at most)."
    else:
        try:
            return scan_blocks(node, holder, window)
        except ReplyFault as fault:
            costs_itself(fault)
            reason, detail = getattr(fault, "reason", "error"), fault.what
    return Found(
        "trace_filter",
        reason=reason,
        detail=f"Native and internal transfers were not read. {refused.what} {detail}".strip(),
    )


def scan_blocks(node: Node, holder: str, window: Window) -> Found:
    """Return the transactions of a window that may have moved a holder's coin, by looking at every block."""
    found = Found("trace_block")
    hashes = {number: sent for number, sent in _look_at_blocks(node, holder, window, found).items() if sent}
    numbers = sorted(hashes)

    def wrong(index: int, calls: dict[str, tuple[CallRecord, ...]]) -> str:
        of, own = len(hashes[numbers[index]]), set(hashes[numbers[index]])
        return "" if set(calls) == own else f"traces of {len(calls)} of {of} transactions were given"

    ways = [_ways(node.chain, number, hashes[number], window.head) for number in numbers]
    for number, traced in zip(numbers, answered(node, ways, wrong), strict=True):
        if traced.reason != "ok":
            found.reason, found.detail = traced.reason, f"The calls of block {number} are not known. {traced.detail}"
        for tx, made in (traced.value or {}).items():
            if any(holder in (call.sender, call.recipient) for call in made):
                found.txs[tx] = number
    return found


def _indexed(node: Node, holder: str, window: Window, settings: TraceSettings) -> Found:
    found = Found("trace_filter")
    # Nodes disagree on whether two filters in one question are joined by "and" or by "or".
    for side in ("fromAddress", "toAddress"):
        _filtered(node, {side: [holder]}, (window.low, window.high), window.head, settings.page, found.txs)
    return found


def _filtered(
    node: Node, side: dict[str, list[str]], blocks: tuple[int, int], head: str, page: int, txs: Touched
) -> None:
    """Add what an index of traces gives for a range of blocks, halved as often as needed."""
    low, high = blocks
    try:
        after, last = 0, None
        while True:
            asked = {"fromBlock": hex(low), "toBlock": hex(high), **side, "after": after, "count": page}
            rows = node.call(Call("trace_filter", (asked,), _in_range(low, high), head))
            txs.update((tx, number) for number, tx, _ in rows)
            if len(rows) != page:  # a node that does not know of pages sends everything at once
                return
            if rows == last:
                raise PermanentError(f"{node.name} gave the same page of traces twice.", reason="inconsistent")
            after, last = after + page, rows
    except ReplyFault as fault:
        size = isinstance(fault, SplitRequest) or (may_be_size(fault) and _answers_less(node, side, low, head, page))
        if low == high or not size:
            raise
    middle = (low + high) // 2
    _filtered(node, side, (low, middle), head, page, txs)
    _filtered(node, side, (middle + 1, high), head, page, txs)


def _answers_less(node: Node, side: dict[str, list[str]], number: int, head: str, page: int) -> bool:
    """Return whether a single block is answered where a range was refused in words that nobody knows."""
    asked = {"fromBlock": hex(number), "toBlock": hex(number), **side, "after": 0, "count": page}
    try:
        node.call(Call("trace_filter", (asked,), _in_range(number, number), head))
    except ReplyFault as fault:
        costs_itself(fault)
        return isinstance(fault, SplitRequest)
    return True


def _in_range(low: int, high: int) -> Callable[[Field], list[tuple[int, str, tuple[int, ...]]]]:
    def parse(reply: Field) -> list[tuple[int, str, tuple[int, ...]]]:
        rows = flat_keys(reply)
        if any(not low <= number <= high for number, _, _ in rows):
            raise reply.fault(f"A trace outside the blocks {low} to {high}, which were asked for.")
        return rows

    return parse


def _look_at_blocks(node: Node, holder: str, window: Window, found: Found) -> dict[int, tuple[str, ...]]:
    """Add what blocks themselves show of a holder; return the hashes of their transactions by height."""
    numbers = range(window.low, window.high + 1)
    looked = node.call_all([_block_call(node, holder, number, window.head) for number in numbers])
    for number, (_, touched, paid) in zip(numbers, looked, strict=True):
        found.txs.update(dict.fromkeys(touched, number))
        found.withdrawals.extend(paid)
    return {number: sent for number, (sent, _, _) in zip(numbers, looked, strict=True)}


def _block_call(
    node: Node, holder: str, number: int, head: str
) -> Call[tuple[tuple[str, ...], list[str], list[Collected]]]:
    chain = node.chain

    def parse(reply: Field) -> tuple[tuple[str, ...], list[str], list[Collected]]:
        """Return a block's transactions, those of the holder, and what was withdrawn to it."""
        header = parse_header(reply, chain)
        if header.number != number:
            raise reply.get("number").fault(f"Block {number} was asked for.")
        sent = [parse_transaction(one, chain) for one in reply.get("transactions").items()]
        touched = [one.hash for one in sent if holder in (one.sender, one.recipient)]
        paid = withdrawal_rows(header, chain=chain, source=node.name)
        return header.transactions, touched, [row for row in paid if row.recipient == holder]

    return Call("eth_getBlockByNumber", (hex(number), True), parse, head)


def _ways(
    chain: ChainId, number: int, hashes: Sequence[str], head: str
) -> tuple[Call[dict[str, tuple[CallRecord, ...]]], ...]:
    height, options = hex(number), dict(TRACER)
    return (
        Call("trace_block", (height,), lambda reply: parse_flat(reply, chain), head),
        Call("debug_traceBlockByNumber", (height, options), lambda reply: _trees(reply, chain, hashes), head),
    )


def _trees(reply: Field, chain: ChainId, hashes: Sequence[str]) -> dict[str, tuple[CallRecord, ...]]:
    trees = [one.get("result") for one in reply.items()]
    if len(trees) != len(hashes):
        raise reply.fault(f"A trace of each of {len(hashes)} transactions was expected.")
    return {tx: parse_frames(tree, chain) for tx, tree in zip(hashes, trees, strict=True)}
