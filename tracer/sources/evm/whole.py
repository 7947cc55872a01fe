"""A whole EVM transaction from a node: its fee, its value, the calls inside it, its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains.evm import collect_transfer_log, is_undecoded_transfer_log
from tracer.chains.evm_block import (
    EvmTransaction,
    Header,
    Receipt,
    parse_header,
    parse_receipt,
    parse_transaction,
    value_rows,
)
from tracer.chains.evm_calls import Call as EvmCall
from tracer.chains.evm_calls import call_rows, contradiction, parse_flat, parse_frames
from tracer.chains.fields import Field
from tracer.model import ChainId, Collected
from tracer.sources.evm.alternatives import Answered, answered
from tracer.sources.evm.node import Call, Node
from tracer.sources.wire.query import Refused

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
    undecoded : int
        Logs that bear a transfer's topic and are neither ERC-20 nor ERC-721.
    reason, detail : str
        As in :class:`tracer.sources.coverage.Coverage`; ``ok`` where the calls inside it were read.
    """

    transaction: EvmTransaction
    rows: tuple[Collected, ...]
    undecoded: int
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


def read_whole(node: Node, txs: Sequence[str], head: str = "") -> list[Whole]:
    """Return several transactions, each read whole, in their order.

    Parameters
    ----------
    node : Node
        Who is asked.
    txs : sequence of str
        Hashes of transactions in blocks that can no longer be reorganised, or that are good for `head` only.
    head : str
        As in :class:`tracer.sources.wire.query.Query`.

    Raises
    ------
    Refused
        If transaction, receipt and block of one contradict each other: the chain was reorganised between the
        answers, or the node is wrong.
    """
    found = node.call_all([transaction_call(node.chain, tx, head) for tx in txs])
    receipts = node.call_all([receipt_call(node.chain, tx, head) for tx in txs])
    headers = read_headers(node, [one.block for one in found], head)
    for transaction, receipt in zip(found, receipts, strict=True):
        hashes = {transaction.block_hash, receipt.block_hash, headers[transaction.block].hash}
        if len(hashes) > 1 or receipt.block != transaction.block or receipt.index != transaction.index:
            raise Refused(
                f"Transaction {transaction.hash}, its receipt and its block are not of one chain.",
                why="The chain was reorganised between the answers, or the node is wrong.",
                reason="inconsistent",
            )
    # A transaction that the receipt calls failed moved nothing, whatever was called inside it.
    lived = [(one, receipt) for one, receipt in zip(found, receipts, strict=True) if not receipt.failed]
    traced = {one.hash: calls for (one, _), calls in zip(lived, _calls(node, lived, head), strict=True)}
    return [
        _whole(node, one, receipt, headers[one.block], traced.get(one.hash, Answered(())))
        for one, receipt in zip(found, receipts, strict=True)
    ]


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
    undecoded = 0 if failed else sum(map(is_undecoded_transfer_log, receipt.logs))
    return Whole(transaction, tuple(rows), undecoded, traced.reason, detail)


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
