"""Rows of explorers completed from a node: every transaction is read whole, so that each row has its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tracer.chains.evm_block import EvmTransaction
from tracer.chains.explorer_rows import ExplorerRow, is_unknown_call, movements_of
from tracer.model import Address, ChainId, Collected
from tracer.sources.coverage import Coverage
from tracer.sources.evm.logs import collect_logs
from tracer.sources.evm.node import Node, not_by_budget
from tracer.sources.evm.source import EvmRpc, touching
from tracer.sources.evm.traces import scan_blocks
from tracer.sources.evm.whole import Whole, transaction_call
from tracer.sources.evm.windows import Window
from tracer.sources.wire.query import Refused, TooLarge

PLACELESS = "{} of the rows share transaction and layer with another and have no place: their order is as listed."


def completed(
    rpc: EvmRpc, rows: Sequence[ExplorerRow], holder: Address, window: Window, source: str
) -> tuple[list[Collected], list[Coverage]]:
    """Return the movements of a holder in the transactions that an explorer lists, as a node has them.

    Parameters
    ----------
    rpc : EvmRpc
        The node.
    rows : sequence of ExplorerRow
        What the explorer lists in the window.
    holder : str
        Canonical address.
    window : Window
        The blocks.
    source : str
        Name the movements carry: the explorer found them.

    Raises
    ------
    Refused, TooLarge
        If the node does not give a transaction.
    """
    txs = list(dict.fromkeys(row.tx for row in sorted(rows, key=lambda row: (row.block, row.tx)) if row.tx))
    wholes = rpc.whole(txs, window.head)
    found: list[Collected] = []
    for whole in wholes:
        found += touching(whole.rows, holder)
        if whole.reason != "ok":
            found += _listed_calls(rows, whole.transaction, holder, rpc.chain, source)
    coverage = _as_listed(wholes, rows, rpc.chain, holder, window, source)
    found += [row for listed in rows if not listed.tx for row in movements_of(listed, chain=rpc.chain, source=source)]
    paid, closing = rpc.closed(holder, window, found)
    if closing is not None:
        coverage.append(replace(closing, source=source))
    return [replace(row, source=source) for row in found + paid], coverage


def transactions_of_block(rpc: EvmRpc, holder: Address, number: int, head: str) -> tuple[str, ...]:
    """Return the transactions of one block that touch a holder, where an explorer shows too few rows of it."""
    block = Window(number, number, head)
    found = scan_blocks(rpc.node, holder, block)
    logs = collect_logs(rpc.node, holder, block, rpc.settings.logs)
    return tuple(sorted({*found.txs, *(log.tx for log in logs)}))


def placed_as_listed(
    node: Node, rows: Sequence[ExplorerRow], holder: str, head: str, source: str
) -> tuple[list[Collected], str, str]:
    """Return the movements of a holder as an explorer lists them, and what of their order is not known.

    That is a reason and words; the reason is ``ok`` where only the order inside transactions is nobody's. Rows of
    internal transactions name no index in the block; that is asked for, so that transactions are in order.
    """
    chain = node.chain
    known = {row.tx: (row.block_hash, row.tx_index) for row in rows if row.block_hash and row.tx_index is not None}
    unknown = sorted({row.tx for row in rows if row.tx and row.tx not in known})
    try:
        asked = node.call_all([transaction_call(chain, tx, head) for tx in unknown])
        known |= {one.hash: (one.block_hash, one.index) for one in asked}
        reason, detail = "ok", ""
    except (Refused, TooLarge) as fault:
        not_by_budget(fault)
        reason = getattr(fault, "reason", "error")
        detail = f"The order of {len(unknown)} transactions in their blocks is not known. {fault.what} "
    found: list[Collected] = []
    for row in rows:
        block_hash, index = known.get(row.tx, (row.block_hash, row.tx_index))
        filled = replace(row, block_hash=block_hash, tx_index=index)
        found += touching(movements_of(filled, chain=chain, source=source), holder)
    return found, reason, (detail + placeless(found)).strip()


def placeless(rows: Sequence[Collected]) -> str:
    """Return in words how many rows have an order that nobody gave; empty where none has."""
    shared = Counter((row.tx, row.layer) for row in rows if row.place is None)
    count = sum(number for number in shared.values() if number > 1)
    return PLACELESS.format(count) if count else ""


def _as_listed(
    wholes: Sequence[Whole], rows: Sequence[ExplorerRow], chain: ChainId, holder: str, window: Window, source: str
) -> list[Coverage]:
    """Return the coverage entry of transactions whose calls the node cannot trace, but the explorer lists."""
    unread = {whole.transaction.hash: whole for whole in wholes if whole.reason != "ok"}
    if not unread:
        return []
    strange = [row for row in rows if row.tx in unread and is_unknown_call(row)]
    if strange:
        detail = f"A call of unknown type {strange[0].kind[:20]!r} shows value, in {strange[0].tx}."
        return [window.gap(chain, holder, source, "txlistinternal", "inconsistent", detail)]
    first = next(iter(unread.values()))
    detail = f"The calls inside {len(unread)} transactions are as listed, without a place. {first.detail}"
    return [window.gap(chain, holder, source, "order", detail=detail, rows=len(unread))]


def _listed_calls(
    rows: Sequence[ExplorerRow], transaction: EvmTransaction, holder: str, chain: ChainId, source: str
) -> list[Collected]:
    """Return the calls an explorer lists of a transaction that the node cannot trace."""
    own = [
        replace(row, block_hash=transaction.block_hash, tx_index=transaction.index)
        for row in rows
        if row.tx == transaction.hash and row.action == "txlistinternal"
    ]
    return [row for one in own for row in touching(movements_of(one, chain=chain, source=source), holder)]
