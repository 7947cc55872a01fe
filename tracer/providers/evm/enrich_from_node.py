"""Rows of explorers completed from a node: every transaction is read whole, so that each row has its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracer.chains import ExplorerRow, Receipt, is_unknown_call, movements_of
from tracer.model import Address, ChainId, Collected, Coverage, facts_of
from tracer.net import ReplyFault, reason_of, words_of
from tracer.providers.evm.full_transaction import Whole, receipt_call
from tracer.providers.evm.logs import collect_logs
from tracer.providers.evm.node import Call, Node, each
from tracer.providers.evm.source import EvmRpc, other_tokens, touching, unread_transactions
from tracer.providers.evm.traces import scan_blocks
from tracer.providers.evm.windows import Window

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

    Notes
    -----
    A transaction that the node does not give stands as listed, and is named as a gap.
    """
    txs = list(dict.fromkeys(row.tx for row in sorted(rows, key=lambda row: (row.block, row.tx)) if row.tx))
    wholes, missed = rpc.whole(txs, window.head)
    found: list[Collected] = [
        row
        for listed in rows
        if listed.tx in missed
        for row in touching(movements_of(listed, chain=rpc.chain, source=source), holder)
    ]
    for whole in wholes:
        found += touching(whole.rows, holder)
        if whole.reason != "ok":
            found += _listed_calls(rows, whole, holder, rpc.chain, source)
    coverage = unread_transactions(missed, rpc.chain, holder, window, source)
    coverage += _as_listed(wholes, rows, rpc.chain, holder, window, source)
    others = sum(holder in parties for whole in wholes for parties in whole.others)
    coverage += other_tokens(rpc.chain, holder, window, source, others)
    found += [row for listed in rows if not listed.tx for row in movements_of(listed, chain=rpc.chain, source=source)]
    paid, closing = rpc.closed(holder, window, found) if not missed else ([], None)
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
    node: Node, rows: Sequence[ExplorerRow], holder: str, window: Window, source: str
) -> tuple[list[Collected], list[Coverage]]:
    """Return the movements of a holder as an explorer lists them, checked, and what of them is not known.

    Its lists are held against each other and against receipts (:func:`checked_rows`). Rows of internal transactions
    name no index in the block; their receipts do, so that transactions are in order.
    """
    chain = node.chain
    held = {row.tx: (row.block_hash, row.tx_index) for row in rows if row.block_hash and row.tx_index is not None}
    asked = sorted({row.tx for row in rows if row.tx and not row.unread and row.tx not in held} | doubtful(rows, chain))
    calls: list[Call[Receipt]] = [receipt_call(chain, tx, window.head) for tx in asked]
    told = each(node, calls)
    answers = dict(zip(asked, told, strict=True))
    receipts = {tx: one for tx, one in answers.items() if not isinstance(one, ReplyFault)}
    places = held | {tx: (one.block_hash, one.index) for tx, one in receipts.items()}
    kept, wrong = checked_rows(rows, receipts, chain)
    found: list[Collected] = []
    for row in kept:
        block_hash, index = places.get(row.tx, (row.block_hash, row.tx_index))
        filled = replace(row, block_hash=block_hash, tx_index=index)
        found += touching(movements_of(filled, chain=chain, source=source), holder)

    def entry(endpoint: str, reason: str, detail: str, rows: int = 0) -> Coverage:
        return window.gap(chain, holder, source, endpoint, reason, detail, rows)

    coverage = [entry("receipt", "inconsistent", words) for words in wrong]
    faults = [one for one in answers.values() if isinstance(one, ReplyFault)]
    if faults:
        detail = (
            f"The receipts of {len(faults)} transactions were not read: whether they failed, and their order in their "
            f"blocks, is not known. {words_of(faults[0])}"
        )
        coverage.append(entry("order", reason_of(faults[0]), detail, len(found)))
    if placeless(found):
        coverage.append(entry("order", "ok", placeless(found), len(found)))
    return found, coverage


def doubtful(rows: Sequence[ExplorerRow], chain: ChainId) -> set[str]:
    """Return the transactions whose receipt must be asked for before the rows of an explorer are believed.

    These are movements inside a transaction that the holder's own list calls failed, or does not have; and payments
    called failed of a time whose receipts do not say so.
    """
    moving = {row.tx for row in rows if row.moves and row.action == "txlistinternal"}
    tokens = {row.tx for row in rows if row.moves and row.action == "tokentx"}
    sound = {row.tx for row in rows if row.action == "txlist" and not row.unread and not row.failed}
    failed = {row.tx for row in rows if row.action == "txlist" and row.failed}
    unsaid = {
        row.tx for row in rows if row.action == "txlist" and row.failed and row.block < facts_of(chain).status_from
    }
    return (moving - sound) | (tokens & failed) | unsaid


def checked_rows(
    rows: Sequence[ExplorerRow], receipts: Mapping[str, Receipt], chain: ChainId
) -> tuple[list[ExplorerRow], list[str]]:
    """Return the rows of an explorer that receipts and its other lists bear out, and in words what contradicts them.

    A transaction that its receipt calls failed moved nothing: its fee alone stays. Where lists and receipt disagree,
    the receipt decides. Before receipts said whether a transaction failed (Ethereum before Byzantium) nobody here can.
    """
    wrong: dict[str, str] = {}
    kept: list[ExplorerRow] = []
    status_from = facts_of(chain).status_from
    failed = {row.tx for row in rows if row.action == "txlist" and row.failed}
    for row in rows:
        receipt = receipts.get(row.tx)
        inside = row.moves and not row.nft
        if receipt is not None and not row.unread and receipt.block != row.block:
            wrong[row.tx] = f"{row.tx} is listed in block {row.block}, and its receipt is of block {receipt.block}."
        elif inside and (row.tx in failed if receipt is None else receipt.failed):
            wrong.setdefault(row.tx, f"{row.tx} failed, and is listed with movements that did not happen.")
        elif receipt is not None and receipt.failed is False and row.action == "txlist" and row.failed and row.amount:
            wrong.setdefault(row.tx, f"{row.tx} is listed as failed, and its receipt says that it did not.")
            kept.append(replace(row, failed=False))
        else:
            if row.action == "txlist" and row.failed and row.amount and row.block < status_from:
                words = (
                    f"{row.tx} is listed as failed, of a time whose receipts do not say so: its value is not counted."
                )
                wrong.setdefault(row.tx, words)
            kept.append(row)
    return kept, [wrong[tx] for tx in sorted(wrong)]


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
    strange = [row for row in rows if row.tx in unread and is_unknown_call(row, chain)]
    if strange:
        detail = f"A call of unknown type {strange[0].kind[:20]!r} shows value, in {strange[0].tx}."
        return [window.gap(chain, holder, source, "txlistinternal", "inconsistent", detail)]
    undecided = [tx for tx, whole in unread.items() if whole.failed is None]
    if undecided:
        detail = f"Whether {undecided[0]} failed is not known: its receipt does not say, and the node cannot trace it."
        return [window.gap(chain, holder, source, "transaction", "not_supported", detail, len(undecided))]
    first = next(iter(unread.values()))
    detail = f"The calls inside {len(unread)} transactions are as listed, without a place. {first.detail}"
    return [window.gap(chain, holder, source, "order", detail=detail, rows=len(unread))]


def _listed_calls(
    rows: Sequence[ExplorerRow], whole: Whole, holder: str, chain: ChainId, source: str
) -> list[Collected]:
    """Return the calls an explorer lists of a transaction that the node cannot trace; none of one that failed."""
    if whole.failed:
        return []
    transaction = whole.transaction
    own = [
        replace(row, block_hash=transaction.block_hash, tx_index=transaction.index)
        for row in rows
        if row.tx == transaction.hash and row.action == "txlistinternal"
    ]
    return [row for one in own for row in touching(movements_of(one, chain=chain, source=source), holder)]
