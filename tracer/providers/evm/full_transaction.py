"""A whole EVM transaction from a node: its fee, its value, the calls inside it, its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.chains import (
    EvmTransaction,
    Field,
    Header,
    Receipt,
    beyond_calls,
    contradiction,
    failure_of,
    other_token_parties,
    parse_flat,
    parse_frames,
    parse_header,
    parse_receipt,
    parse_transaction,
    read_record,
)
from tracer.model import CallRecord, ChainId, Collected, TxRecord
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
    record : TxRecord
        The same with what moved in it, as decoders, proofs and links read it.
    others : tuple of tuple of str
        Whom each log names that records a token of a kind that is not followed.
    failed : bool or None
        Whether it failed; ``None`` where neither receipt nor trace says.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`; ``ok`` where the calls inside it were read.
    """

    transaction: EvmTransaction
    record: TxRecord
    others: tuple[tuple[str, ...], ...]
    failed: bool | None
    reason: str = "ok"
    detail: str = ""

    @property
    def rows(self) -> tuple[Collected, ...]:
        """Its movements in order."""
        return self.record.movements


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


def _whole(
    node: Node, transaction: EvmTransaction, receipt: Receipt, header: Header, traced: Answered[tuple[CallRecord, ...]]
) -> Whole:
    calls, reason = traced.value or None, traced.reason
    record = read_record(transaction, receipt, header, calls, chain=node.chain, source=node.name, unread=traced.detail)
    detail = record.detail if reason != "ok" else beyond_calls(transaction, receipt, header, calls or (), node.chain)
    if reason == "ok" and detail:
        reason = "not_supported"
    failed = failure_of(receipt, calls)
    named = () if failed else map(other_token_parties, receipt.logs)
    others = tuple(one for one in named if one is not None)
    return Whole(transaction, record, others, failed, reason, detail)


def _calls(
    node: Node, wanted: Sequence[tuple[EvmTransaction, Receipt]], head: str
) -> list[Answered[tuple[CallRecord, ...]]]:
    """Return the calls of transactions, or why they are not known."""

    def wrong(index: int, calls: tuple[CallRecord, ...]) -> str:
        transaction, receipt = wanted[index]
        return contradiction(calls, transaction, receipt.failed)

    return answered(node, [_ways(node.chain, one.hash, head) for one, _ in wanted], wrong)


def _ways(chain: ChainId, tx: str, head: str) -> tuple[Call[tuple[CallRecord, ...]], ...]:
    return (
        Call("debug_traceTransaction", (tx, dict(TRACER)), lambda field: parse_frames(field, chain), head),
        Call("trace_transaction", (tx,), lambda field: parse_flat(field, chain).get(tx, ()), head),
    )
