"""A transaction of an EVM chain as it is held: parts of raw replies become one record, with all that moved in it.

Whatever a source does not give stays unknown: a call list that was not asked for is never an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tracer.chains.evm import collect_transfer_log
from tracer.chains.evm_block import (
    EvmTransaction,
    Header,
    Receipt,
    parse_header,
    parse_receipt,
    parse_transaction,
    value_rows,
)
from tracer.chains.evm_calls import (
    burns_itself,
    call_rows,
    contradiction,
    happened,
    keeps_destroyed,
    lists_outside,
    parse_frames,
)
from tracer.chains.evm_fields import hash_of, quantity_below, time_of
from tracer.chains.explorer_rows import ExplorerRow, is_unknown_call, movements_of, row_or_unread
from tracer.chains.fields import HIGHEST, FaultyReply, Field
from tracer.model import (
    CallRecord,
    ChainId,
    Collected,
    LogRecord,
    ReceiptRecord,
    TxRecord,
    facts_of,
    native_asset,
    parse_chain,
)

UNKNOWN_INSIDE: Final = "The calls inside {tx} are not known."


def parse_logs(receipt: Receipt, chain: ChainId) -> tuple[LogRecord, ...] | None:
    """Return the logs of a receipt in order; ``None`` where one cannot be read or two have one place."""
    found = []
    for number, log in enumerate(receipt.logs):
        field = Field(log, f"logs[{number}]")
        try:
            found.append(
                LogRecord(
                    quantity_below(field.get("logIndex"), HIGHEST),
                    field.get("address").address(chain),
                    tuple(hash_of(topic) for topic in field.get("topics").items()),
                    "0x" + field.get("data").hex(),
                )
            )
        except FaultyReply:
            return None
    found.sort(key=lambda log: log.index)
    return tuple(found) if len({log.index for log in found}) == len(found) else None


def log_rows(
    logs: Sequence[Mapping[str, Any]], *, chain: ChainId, block_hash: str, tx_index: int, time: int, source: str
) -> list[Collected]:
    """Return the token movements that logs of one transaction record."""
    found = (
        collect_transfer_log(log, chain=chain, block_hash=block_hash, tx_index=tx_index, time=time, source=source)
        for log in logs
    )
    return [row for row in found if row is not None]


def failure_of(receipt: Receipt, calls: Sequence[CallRecord] | None) -> bool | None:
    """Return whether a transaction failed; ``None`` where neither its receipt nor its calls say."""
    if receipt.failed is not None:
        return receipt.failed
    return calls[0].failed if calls else None


def read_record(
    transaction: EvmTransaction,
    receipt: Receipt,
    header: Header,
    calls: tuple[CallRecord, ...] | None,
    *,
    chain: ChainId,
    source: str,
    unread: str = "",
    listed: Sequence[ExplorerRow] | None = None,
) -> TxRecord:
    """Return a transaction with all that moved in it.

    Parameters
    ----------
    transaction, receipt, header : EvmTransaction, Receipt, Header
        Of one transaction; they are of one chain.
    calls : tuple of CallRecord or None
        All its calls; ``None`` where they are not known.
    chain, source
        As in :class:`tracer.model.Collected`.
    unread : str
        In words, why the calls are not known.
    listed : sequence of ExplorerRow, optional
        What an explorer lists inside it, where that was asked: movements of the coin without a place.
    """
    failed, time, has_coin = failure_of(receipt, calls), header.time, native_asset(chain) is not None
    movements: list[Collected] = []
    if has_coin:
        movements = value_rows(transaction, receipt, failed=bool(failed), chain=chain, time=time, source=source)
    if not failed:
        if has_coin and calls is not None:
            movements += call_rows(calls, transaction, chain=chain, time=time, source=source, cancun=header.cancun)
        for row in listed or () if has_coin and calls is None else ():
            movements += movements_of(row, chain=chain, source=source)
        movements += log_rows(
            receipt.logs, chain=chain, block_hash=header.hash, tx_index=transaction.index, time=time, source=source
        )
    detail = _lacking(transaction, receipt, header, calls, chain, unread, listed)
    return TxRecord(
        chain=chain,
        block=transaction.block,
        block_hash=transaction.block_hash,
        time=time,
        tx=transaction.hash,
        index=transaction.index,
        sender=transaction.sender,
        recipient=transaction.recipient,
        value=transaction.value,
        input=transaction.input,
        receipt=ReceiptRecord(
            failed=failed,
            gas_used=receipt.gas_used,
            gas_price=receipt.gas_price if receipt.gas_price is not None else transaction.gas_price,
            created=receipt.created,
        ),
        logs=parse_logs(receipt, chain),
        calls=calls,
        movements=tuple(movements),
        whole=not detail,
        detail=detail,
        source=source,
    )


def beyond_calls(
    transaction: EvmTransaction, receipt: Receipt, header: Header, calls: Sequence[CallRecord], chain: ChainId
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


def parse_evm_record(line: Field, *, source: str) -> TxRecord:
    """Return the transaction that a line of raw replies holds.

    Parameters
    ----------
    line : Field
        ``{chain, transaction, receipt, header?, internal? | calls?}``: CAIP-2 id; the results of
        ``eth_getTransactionByHash``, ``eth_getTransactionReceipt`` and ``eth_getBlockByNumber``; an explorer's list of
        internal transactions, or a ``callTracer`` tree. Absent or null: it was not asked for.
    source : str
        Name of the source.

    Raises
    ------
    FaultyReply
        If a part is not what it should be, the parts are not of one transaction, or no part says its time.
    InputError
        If the chain is not one.
    """
    chain = parse_chain(line.get("chain").text())
    said, paid = line.get("transaction"), line.get("receipt")
    transaction, receipt = parse_transaction(said, chain), parse_receipt(paid, chain)
    place = transaction.hash, transaction.block_hash, transaction.block, transaction.index
    if place != (receipt.hash, receipt.block_hash, receipt.block, receipt.index):
        raise paid.fault(f"The receipt of {transaction.hash} in its block was expected.")
    header = _header(line, transaction, chain)
    frames, internal = line.maybe("calls"), line.maybe("internal")
    calls = None if frames is None else parse_frames(frames, chain)
    if calls is not None and (wrong := contradiction(calls, transaction, receipt.failed)):
        raise line.get("calls").fault(f"{transaction.hash}: {wrong}.")
    listed = None
    if internal is not None:
        listed = [
            row_or_unread(one, "txlistinternal", chain, transaction.block, tx=transaction.hash)
            for one in internal.items()
        ]
        if any(row.tx != transaction.hash or row.block != transaction.block for row in listed):
            raise internal.fault(f"What happened inside {transaction.hash} was expected.")
        listed = [_placed(row, transaction) for row in listed]
    return read_record(transaction, receipt, header, calls, chain=chain, source=source, listed=listed)


def _header(line: Field, transaction: EvmTransaction, chain: ChainId) -> Header:
    """Return the header of the block, or one of what else says the block's time."""
    said = line.maybe("header")
    if said is not None:
        header = parse_header(said, chain)
        if (header.number, header.hash) != (transaction.block, transaction.block_hash):
            raise said.get("hash").fault(f"The block of {transaction.hash} was expected.")
        return header
    stamps = [line.get("transaction"), *line.get("receipt").get("logs").items()]
    times = {time_of(stamp) for one in stamps if (stamp := one.maybe("blockTimestamp")) is not None}
    if len(times) != 1:
        raise line.fault(f"The time of {transaction.hash} is not said: its block's header is needed.")
    return Header(
        number=transaction.block,
        hash=transaction.block_hash,
        time=times.pop(),
        cancun=False,
        transactions=(),
        withdrawals=(),
    )


def _placed(row: ExplorerRow, transaction: EvmTransaction) -> ExplorerRow:
    """Return a row inside a transaction with the place of that in the chain."""
    return replace(row, block_hash=transaction.block_hash, tx_index=transaction.index)


def _lacking(
    transaction: EvmTransaction,
    receipt: Receipt,
    header: Header,
    calls: tuple[CallRecord, ...] | None,
    chain: ChainId,
    unread: str,
    listed: Sequence[ExplorerRow] | None,
) -> str:
    tx = transaction.hash
    if native_asset(chain) is None:
        return f"The coin of {chain} is not known, so that none of what {tx} moved of it has an asset."
    if receipt.failed:
        return "" if transaction.minted is not None else beyond_calls(transaction, receipt, header, (), chain)
    if calls is not None:
        return beyond_calls(transaction, receipt, header, calls, chain)
    if listed is None:
        also = "" if receipt.failed is not None else "Nor is whether it failed. "
        return f"{UNKNOWN_INSIDE.format(tx=tx)} {also}{unread}".strip()
    if receipt.failed is None:
        return f"Whether {tx} failed is not known."
    unreadable = [row for row in listed if row.unread]
    if unreadable:
        return f"A row of what happened inside {tx} could not be read: {unreadable[0].unread}"
    if any(is_unknown_call(row, chain) for row in listed):
        return f"A call of a kind that no rule is known for shows value in {tx}."
    if transaction.minted is None:
        return beyond_calls(transaction, receipt, header, (), chain)
    return ""
