"""Blocks as SQD's Portal gives them: transactions with their receipts, logs and calls, apart; pure parsing.

Sources: subsquid/data, crates/query/docs/evm-query-syntax.md (fields, relations, where each stands in a line) and
crates/query/src/query/eth.rs; subsquid/squid-sdk, evm/evm-processor/src/mapping/schema.ts (which values are hexadecimal
quantities and which are integers). A line is one block with the items that were asked for; it names neither the blocks'
withdrawals, nor what blobs or an operator cost, nor what a deposit brings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tracer.chains.evm import TRANSFER_TOPIC, collect_transfer_log, other_token_parties
from tracer.chains.evm_block import EvmTransaction, Header, Receipt, parse_receipt, parse_transaction, value_rows
from tracer.chains.evm_calls import burns_itself, call_rows, contradiction, happened, keeps_destroyed, parse_flat
from tracer.chains.evm_fields import hash_of, height_of, quantity, time_of
from tracer.chains.fields import HIGHEST, FaultyReply, Field
from tracer.model import CallRecord, ChainId, Collected, facts_of

BLOB_TYPE: Final = 3
"""Transactions that carry blobs (EIP-4844)."""
_BORROWED: Final = ("DELEGATECALL", "CALLCODE")
"""Calls that run another's code as the caller: what they call is called by the caller."""


@dataclass(frozen=True, slots=True)
class PortalBlock:
    """One line: a block with what was asked for in it.

    Attributes
    ----------
    header : Header
        Of the block; the Portal lists no withdrawals.
    items : dict of int to PortalItems
        By the index of the transaction they belong to.
    """

    header: Header
    items: dict[int, PortalItems]


@dataclass(frozen=True, slots=True)
class PortalItems:
    """What a line holds of one transaction, as it stands there.

    Attributes
    ----------
    transactions, logs, traces : list of Field
        One transaction, unless the line contradicts itself.
    """

    transactions: list[Field]
    logs: list[Field]
    traces: list[Field]

    def names(self, address: str) -> bool:
        """Return whether an address stands anywhere in it."""
        return any(_names(one.value, address[2:]) for one in (*self.transactions, *self.logs, *self.traces))


@dataclass(frozen=True, slots=True)
class PortalTransaction:
    """One transaction, as far as a line shows it.

    Attributes
    ----------
    block, index : int
        Height; index in the block.
    hash, sender : str
        Canonical.
    rows : tuple of Collected
        Its movements in order, as far as they touch whom was asked for.
    others : tuple of tuple of str
        Whom each log names that records a token of a kind that is not followed.
    parties : frozenset of str
        Whose histories it is part of.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`: what of it is not known.
    concerns : frozenset of str
        Whose histories lack that.
    """

    block: int
    index: int
    hash: str
    sender: str
    rows: tuple[Collected, ...]
    others: tuple[tuple[str, ...], ...]
    parties: frozenset[str]
    reason: str = "ok"
    detail: str = ""
    concerns: frozenset[str] = frozenset()


def parse_page(lines: Iterable[Field], low: int, high: int) -> tuple[PortalBlock, ...]:
    """Return the blocks of a reply about a range; it covers the range up to its last block, and may end at any.

    The first and the last block of what it covers always stand in it, whether or not anything is in them.

    Raises
    ------
    FaultyReply
        If a block is not of the range, stands twice or out of order, is older than the one before it, or is not the
        first one asked for.
    """
    found: list[PortalBlock] = []
    for line in lines:
        block = _block(line)
        number = block.header.number
        if not low <= number <= high or (found and number <= found[-1].header.number):
            raise line.get("header").fault(f"The next block of {low} to {high} was expected.")
        if not found and number != low:
            raise line.get("header").fault(f"Block {low} was asked for first: those before this one are missing.")
        if found and block.header.time < found[-1].header.time:
            raise line.get("header").fault("A block is older than the one before it.")
        found.append(block)
    return tuple(found)


def transactions_of(
    block: PortalBlock, *, chain: ChainId, source: str, asked: frozenset[str], filtered: bool = True
) -> tuple[list[PortalTransaction], list[tuple[int, FaultyReply]]]:
    """Return the transactions of a block, and which could not be read, by their index: each costs itself.

    Parameters
    ----------
    block : PortalBlock
        The block.
    chain, source
        As in :class:`tracer.model.Collected`.
    asked : frozenset of str
        Whose transactions, logs and calls were asked for: their own transactions must come with their calls.
    filtered : bool
        Whether nothing else was asked for; else all logs and calls of these transactions were.
    """
    found: list[PortalTransaction] = []
    unread: list[tuple[int, FaultyReply]] = []
    for index, items in sorted(block.items.items()):
        try:
            if filtered:
                for log in items.logs:
                    _check_asked(log, asked)
            found.append(_transaction(block.header, index, items, chain, source, asked))
        except FaultyReply as fault:
            unread.append((index, fault))
    return found, unread


def merged(one: PortalTransaction, other: PortalTransaction) -> PortalTransaction:
    """Return a transaction that two lines show in part: its movements stand once, what either lacks is lacking."""
    known = {row.id for row in one.rows}
    lacking = one if one.reason != "ok" else other
    return replace(
        one,
        rows=tuple(sorted((*one.rows, *(row for row in other.rows if row.id not in known)), key=Collected.order)),
        parties=one.parties | other.parties,
        reason=lacking.reason,
        detail=lacking.detail,
        concerns=one.concerns | other.concerns,
    )


def _block(line: Field) -> PortalBlock:
    said = line.get("header")
    header = Header(
        height_of(said.get("number")),
        hash_of(said.get("hash")),
        time_of(said.get("timestamp")),
        said.maybe("excessBlobGas") is not None,
        (),
        (),
    )
    items: dict[int, PortalItems] = {}
    for name in ("transactions", "logs", "traces"):
        listed = line.maybe(name)
        for one in listed.items() if listed else ():
            place = one.get("transactionIndex")
            index = place.below(place.integer(), HIGHEST)
            getattr(items.setdefault(index, PortalItems([], [], [])), name).append(one)
    return PortalBlock(header, items)


def _transaction(
    header: Header, index: int, items: PortalItems, chain: ChainId, source: str, asked: frozenset[str]
) -> PortalTransaction:
    if len(items.transactions) != 1:
        where = f"transaction {index} of block {header.number}"
        raise Field(len(items.transactions), where).fault("One transaction was expected with what belongs to it.")
    transaction, receipt = _parsed(header, index, items.transactions[0], chain)
    calls = _calls(items.traces, transaction, chain)
    rooted = bool(calls) and not calls[0].path
    known = receipt.failed if receipt.failed is not None else calls[0].failed if rooted else None
    if rooted and (wrong := contradiction(calls, transaction, receipt.failed)):
        raise items.traces[0].fault(f"{transaction.hash}: {wrong}.")
    if not known and transaction.value and not (transaction.recipient or receipt.created):
        raise items.transactions[0].fault(f"{transaction.hash} pays nobody.")
    if known and items.logs:
        raise items.logs[0].fault(f"{transaction.hash} failed, and has logs.")
    rows = value_rows(transaction, receipt, failed=bool(known), chain=chain, time=header.time, source=source)
    logs = [_log(one, header, transaction) for one in items.logs]
    if not known:
        rows += call_rows(calls, transaction, chain=chain, time=header.time, source=source, cancun=header.cancun)
        rows += _token_rows(logs, header, transaction, chain, source)
    others = tuple(one for one in map(other_token_parties, logs) if one is not None)
    named = {party for row in rows for party in (row.sender, row.recipient)} | {transaction.sender}
    named |= {transaction.recipient, receipt.created} | {party for one in others for party in one}
    parties = frozenset(named & asked)
    if not parties and not asked & {party for call in calls for party in (call.sender, call.recipient)}:
        raise items.transactions[0].fault(f"Nothing in {transaction.hash} touches whom was asked for.")
    own = {transaction.sender, transaction.recipient} & parties
    unpaid = _unpaid(items.transactions[0], transaction, receipt, chain)
    reason, detail, concerns = _lacking(header, transaction, receipt, calls, known, own, parties, chain, unpaid)
    return PortalTransaction(
        block=header.number,
        index=index,
        hash=transaction.hash,
        sender=transaction.sender,
        rows=tuple(rows),
        others=others,
        parties=parties,
        reason=reason,
        detail=detail,
        concerns=concerns,
    )


def _parsed(header: Header, index: int, said: Field, chain: ChainId) -> tuple[EvmTransaction, Receipt]:
    """Return transaction and receipt of an item, in the form in which a node gives the two."""
    number = said.maybe("chainId")
    if number is not None and f"eip155:{number.integer()}" != chain:
        raise number.fault(f"A transaction of {chain} was expected: this data set is of another chain.")
    value: dict[str, Any] = dict(said.value)
    place = {"blockNumber": header.number, "blockHash": header.hash, "transactionIndex": index}
    transaction = parse_transaction(Field(value | place, said.path), chain)
    receipt: dict[str, Any] = {"transactionHash": value.get("hash"), "logs": []}
    return transaction, parse_receipt(Field(value | place | receipt, said.path), chain)


def _calls(traces: Sequence[Field], transaction: EvmTransaction, chain: ChainId) -> tuple[CallRecord, ...]:
    """Return the calls of a transaction that a line shows; each that moved coin with all it stands under."""
    flat = []
    for one in traces:
        # Without its kind a call may only repeat its caller's value; one that pays must say how much.
        if one.get("type").text() == "call" and one.get("action").get("callType").text() == "call":
            quantity(one.get("action").get("value"))
        flat.append(one.value | {"transactionHash": transaction.hash})
    if not flat:
        return ()
    calls = parse_flat(Field(flat, traces[0].path), chain).get(transaction.hash, ())
    by_path = {call.path: call for call in calls}
    if len(by_path) != len(calls):
        raise traces[0].fault(f"A call of {transaction.hash} stands twice.")
    for call in calls:
        if call.value and any(call.path[:end] not in by_path for end in range(len(call.path))):
            raise traces[0].fault(f"What the call {call.path} of {transaction.hash} stands under is missing.")
        above = by_path.get(call.path[:-1]) if call.path else None
        caller = "" if above is None else above.sender if above.kind in _BORROWED else above.recipient
        if caller and call.sender != caller:
            raise traces[0].fault(f"The call {call.path} of {transaction.hash} is not by whom it stands under.")
    return calls


def _log(said: Field, header: Header, transaction: EvmTransaction) -> dict[str, Any]:
    if hash_of(said.get("transactionHash")) != transaction.hash:
        raise said.get("transactionHash").fault(f"A log of {transaction.hash} was expected.")
    place = said.get("logIndex")
    place.below(place.integer(), HIGHEST)
    for topic in said.get("topics").items():
        hash_of(topic)
    said.get("data").hex()
    return {**said.value, "blockNumber": header.number}


def _check_asked(said: Field, asked: frozenset[str]) -> None:
    """Refuse a log that is no transfer from or to whom was asked for: one that was altered, or another's."""
    topics = [hash_of(topic) for topic in said.get("topics").items()]
    parties = {f"0x{topic[26:]}" for topic in topics[1:3]}
    if topics[:1] != [TRANSFER_TOPIC] or not parties & asked:
        raise said.get("topics").fault("A transfer from or to whom was asked for was expected.")


def _token_rows(
    logs: Iterable[dict[str, Any]], header: Header, transaction: EvmTransaction, chain: ChainId, source: str
) -> list[Collected]:
    found = (
        collect_transfer_log(
            log, chain=chain, block_hash=header.hash, tx_index=transaction.index, time=header.time, source=source
        )
        for log in logs
    )
    return [row for row in found if row is not None]


def _unpaid(said: Field, transaction: EvmTransaction, receipt: Receipt, chain: ChainId) -> str:
    """Return for what a transaction paid that the Portal does not say, in words; empty where it says all."""
    facts = facts_of(chain)
    if transaction.free:
        return ""
    if receipt.gas_price is None and transaction.gas_price is None:
        return "for its gas"
    if facts.layer_one_fee and said.maybe("l1Fee") is None:
        return "for layer 1"
    if facts.blob_fee and transaction.type == BLOB_TYPE:
        return "for its blobs"
    return "to the operator of the chain" if facts.operator_fee else ""


def _lacking(
    header: Header,
    transaction: EvmTransaction,
    receipt: Receipt,
    calls: Sequence[CallRecord],
    failed: bool | None,
    own: Collection[str],
    parties: frozenset[str],
    chain: ChainId,
    unpaid: str,
) -> tuple[str, str, frozenset[str]]:
    """Return what of a transaction the Portal does not say, as reason and words, and whose histories lack it."""
    facts, tx, sender = facts_of(chain), transaction.hash, frozenset({transaction.sender}) & parties
    rooted = bool(calls) and not calls[0].path
    detail, concerns = "", parties
    if failed is None and transaction.value:
        detail = f"Whether {tx} failed is not known."
    elif not rooted and own and transaction.recipient and not failed:
        detail, concerns = f"The Portal holds no calls of {tx}.", frozenset(own)
    elif transaction.type in facts.deposit_types and not facts.deposits_are_values and sender:
        detail, concerns = f"The Portal does not say what the deposit {tx} brought.", sender
    elif transaction.type in facts.beside_calls:
        detail = f"What {tx} moved outside its calls is not known: the Portal does not list it."
    elif unpaid and sender:
        detail, concerns = f"The Portal does not say what {tx} paid {unpaid}.", sender
    elif keeps_destroyed(chain, header.number, header.time, cancun=header.cancun) is None and any(
        map(burns_itself, happened(calls))
    ):
        detail = f"A contract destroyed itself to itself in {tx}; whether {chain} burns its coin then is not known."
    return ("not_supported", detail, concerns) if detail and concerns else ("ok", "", frozenset())


def _names(value: object, digits: str) -> bool:
    if isinstance(value, str):
        return digits in value.lower()
    if isinstance(value, dict):
        return any(_names(one, digits) for one in value.values())
    return isinstance(value, list) and any(_names(one, digits) for one in value)
