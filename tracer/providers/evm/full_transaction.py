"""A whole EVM transaction from a node: its fee, its value, the calls inside it, its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains import Call as EvmCall
from tracer.chains import (
    EvmTransaction,
    Field,
    Header,
    Receipt,
    burns_itself,
    call_rows,
    collect_transfer_log,
    contradiction,
    happened,
    keeps_destroyed,
    lists_outside,
    other_token_parties,
    parse_flat,
    parse_frames,
    parse_header,
    parse_receipt,
    parse_transaction,
    value_rows,
)
from tracer.model import ChainId, Collected, facts_of
from tracer.net import PermanentError, ReplyFault
from tracer.providers.evm.node import Call, Node, each
from tracer.providers.evm.rpc_fallbacks import Answered, answered

TRACER: Final[Mapping[str, Any]] = {"tracer": "callTracer", "timeout": "60s"}
"""How a call tree is asked for; without the time-out nodes give up after five seconds."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One transaction, read whole.

    Attributes
    ----------
    transaction : EvmTransaction
        The transaction.
    rows : tuple of Collected
        Its movements in order.
    others : tuple of tuple of str
        Whom each log names that records a token of a kind that is not followed.
    failed : bool or None
        Whether it failed; ``None`` where neither receipt nor trace says.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`; ``ok`` where the calls inside it were read.
    """

    transaction: EvmTransaction
    rows: tuple[Collected, ...]
    others: tuple[tuple[str, ...], ...]
    failed: bool | None
    reason: str = "ok"
    detail: str = ""


def read_header(node: Node, number: int, head: str = "") -> Header:
    """Return the header of a block by height."""
    return node.call(header_call(node.chain, number, head))


def header_call(chain: ChainId, number: int, head: str = "") -> Call[Header]:
    """Return the question for the header of a block; the reply must be of that height."""

    def parse(field: Field) -> Header:
        header = parse_header(field, chain)
        if header.number != number:
            raise field.get("number").fault(f"Block {number} was asked for.")
        return header

    return Call("eth_getBlockByNumber", (hex(number), False), parse, head)


def read_headers(node: Node, numbers: Sequence[int], head: str = "") -> dict[int, Header]:
    """Return the headers of several blocks by height."""
    wanted = sorted(set(numbers))
    return dict(zip(wanted, node.call_all([header_call(node.chain, one, head) for one in wanted]), strict=True))


def transaction_call(chain: ChainId, tx: str, head: str = "") -> Call[EvmTransaction]:
    """Return the question for a transaction, which must be in a block."""

    def parse(field: Field) -> EvmTransaction:
        found = parse_transaction(field, chain)
        if found.hash != tx:
            raise field.get("hash").fault("Another transaction was asked for.")
        return found

    return Call("eth_getTransactionByHash", (tx,), parse, head)


def receipt_call(chain: ChainId, tx: str, head: str = "") -> Call[Receipt]:
    """Return the question for the receipt of a transaction."""

    def parse(field: Field) -> Receipt:
        found = parse_receipt(field, chain)
        if found.hash != tx:
            raise field.get("transactionHash").fault("The receipt of another transaction was asked for.")
        return found

    return Call("eth_getTransactionReceipt", (tx,), parse, head)


def read_whole(node: Node, txs: Sequence[str], head: str = "") -> tuple[list[Whole], dict[str, ReplyFault]]:
    """Return several transactions, each read whole, in their order, and why others were not read.

    Parameters
    ----------
    node : Node
        Who is asked.
    txs : sequence of str
        Hashes of transactions in blocks that can no longer be reorganised, or that are good for `head` only.
    head : str
        As in :class:`tracer.net.query.Query`.

    Notes
    -----
    A transaction costs itself: where it, its receipt or its block is not answered, or they contradict each other
    (the chain was reorganised between the answers, or the node is wrong), it alone is missing.
    """
    answers = each(node, [transaction_call(node.chain, tx, head) for tx in txs])
    results = each(node, [receipt_call(node.chain, tx, head) for tx in txs])
    numbers = sorted({one.block for one in answers if not isinstance(one, ReplyFault)})
    asked: list[Call[Header]] = [header_call(node.chain, one, head) for one in numbers]
    told = each(node, asked)
    blocks = dict(zip(numbers, told, strict=True))
    faults: dict[str, ReplyFault] = {}
    known: list[tuple[EvmTransaction, Receipt, Header]] = []
    for tx, one, receipt in zip(txs, answers, results, strict=True):
        header = None if isinstance(one, ReplyFault) else blocks[one.block]
        if isinstance(one, ReplyFault) or isinstance(receipt, ReplyFault) or isinstance(header, ReplyFault):
            faults[tx] = next(part for part in (one, receipt, header) if isinstance(part, ReplyFault))
        elif header is not None:
            if _of_one_chain(one, receipt, header):
                known.append((one, receipt, header))
            else:
                faults[tx] = PermanentError(
                    f"Transaction {tx}, its receipt and its block are not of one chain.",
                    why="The chain was reorganised between the answers, or the node is wrong.",
                    reason="inconsistent",
                )
    # A transaction that the receipt calls failed moved nothing, whatever was called inside it.
    lived = [(one, receipt) for one, receipt, _ in known if not receipt.failed]
    traced = {one.hash: calls for (one, _), calls in zip(lived, _calls(node, lived, head), strict=True)}
    wholes = [_whole(node, *parts, traced.get(parts[0].hash, Answered(()))) for parts in known]
    return wholes, faults


def _of_one_chain(transaction: EvmTransaction, receipt: Receipt, header: Header) -> bool:
    hashes = {transaction.block_hash, receipt.block_hash, header.hash}
    return len(hashes) == 1 and (receipt.block, receipt.index) == (transaction.block, transaction.index)


def log_rows(
    logs: Sequence[Mapping[str, Any]], *, chain: ChainId, block_hash: str, tx_index: int, time: int, source: str
) -> list[Collected]:
    """Return the token movements that logs of one transaction record."""
    found = (
        collect_transfer_log(log, chain=chain, block_hash=block_hash, tx_index=tx_index, time=time, source=source)
        for log in logs
    )
    return [row for row in found if row is not None]


def _whole(
    node: Node, transaction: EvmTransaction, receipt: Receipt, header: Header, traced: Answered[tuple[EvmCall, ...]]
) -> Whole:
    calls, detail = traced.value or (), ""
    failed = receipt.failed if receipt.failed is not None else bool(calls) and calls[0].failed
    if traced.reason != "ok":
        also = "" if receipt.failed is not None else "Nor is whether it failed. "
        detail = f"The calls inside {transaction.hash} are not known. {also}{traced.detail}"
    chain, time, source = node.chain, header.time, node.name
    rows = value_rows(transaction, receipt, failed=failed, chain=chain, time=time, source=source)
    if not failed:
        rows += call_rows(calls, transaction, chain=chain, time=time, source=source, cancun=header.cancun)
        rows += log_rows(
            receipt.logs, chain=chain, block_hash=header.hash, tx_index=transaction.index, time=time, source=source
        )
    named = () if failed else map(other_token_parties, receipt.logs)
    others = tuple(one for one in named if one is not None)
    known = failed if receipt.failed is not None or calls else None
    reason = traced.reason
    if reason == "ok" and (detail := _beyond(transaction, receipt, header, calls, chain)):
        reason = "not_supported"
    return Whole(transaction, tuple(rows), others, known, reason, detail)


def _beyond(
    transaction: EvmTransaction, receipt: Receipt, header: Header, calls: Sequence[EvmCall], chain: ChainId
) -> str:
    """Return in words what of a transaction's coin is not known though its calls are; empty where nothing is."""
    facts, tx = facts_of(chain), transaction.hash
    if transaction.minted is None:
        return f"The node does not say what the deposit {tx} brought."
    if transaction.type in facts.beside_calls and not receipt.failed and not lists_outside(calls):
        return f"What {tx} moved outside its calls is not known: the node does not list it."
    if keeps_destroyed(chain, header.number, header.time, cancun=header.cancun) is None and any(
        map(burns_itself, happened(calls))
    ):
        return f"A contract destroyed itself to itself in {tx}; whether {chain} burns its coin then is not known."
    return ""


def _calls(
    node: Node, wanted: Sequence[tuple[EvmTransaction, Receipt]], head: str
) -> list[Answered[tuple[EvmCall, ...]]]:
    """Return the calls of transactions, or why they are not known."""

    def wrong(index: int, calls: tuple[EvmCall, ...]) -> str:
        transaction, receipt = wanted[index]
        return contradiction(calls, transaction, receipt.failed)

    return answered(node, [_ways(node.chain, one.hash, head) for one, _ in wanted], wrong)


def _ways(chain: ChainId, tx: str, head: str) -> tuple[Call[tuple[EvmCall, ...]], ...]:
    return (
        Call("debug_traceTransaction", (tx, dict(TRACER)), lambda field: parse_frames(field, chain), head),
        Call("trace_transaction", (tx,), lambda field: parse_flat(field, chain).get(tx, ()), head),
    )
