"""An EVM chain from a node: histories of addresses, whole transactions, balances, and what proofs are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from tracer.chains import Field, Header, log_rows, other_token_parties, parse_header, quantity
from tracer.errors import InputError, SourceError
from tracer.model import (
    OTHER_TOKENS,
    Address,
    AssetId,
    ChainId,
    Collected,
    Coverage,
    TxRecord,
    chain_of,
    facts_of,
    native_asset,
    parse_address,
)
from tracer.net import ReplyFault, costs_itself, reason_of, words_of
from tracer.providers.evm.find_missing_withdrawals import closed
from tracer.providers.evm.full_transaction import (
    Whole,
    header_call,
    read_headers,
    read_whole,
    transaction_call,
)
from tracer.providers.evm.logs import Log, LogSettings, collect_logs, one_hash
from tracer.providers.evm.node import Call, Node
from tracer.providers.evm.parts import Parts
from tracer.providers.evm.proofs import ProofMaterial, read_proof_material
from tracer.providers.evm.traces import Found, TraceSettings, find_native
from tracer.providers.evm.windows import Window, joined, windows_of
from tracer.providers.provider import BlockRef, Head, History, Records

T = TypeVar("T")
BALANCE_OF: Final = "0x70a08231"
"""Selector of ``balanceOf(address)`` (ERC-20)."""


@dataclass(frozen=True, slots=True)
class EvmSettings:
    """How a node is asked.

    Attributes
    ----------
    logs : LogSettings
        Ranges of logs.
    traces : TraceSettings
        How transactions are found.
    probes : int
        Balances asked for at most to find what no transaction shows; 0 asks for none.
    """

    logs: LogSettings = field(default_factory=LogSettings)
    traces: TraceSettings = field(default_factory=TraceSettings)
    probes: int = 256


class EvmRpc:
    """A node of an EVM chain as a source.

    Parameters
    ----------
    node : Node
        Who is asked.
    settings : EvmSettings, optional
        How.
    """

    def __init__(self, node: Node, settings: EvmSettings | None = None) -> None:
        if chain_of(node.chain).family != "evm":
            raise InputError(f"{node.chain} is not an EVM chain.", next_step="Ask a source of its own family.")
        self.node, self.settings = node, settings or EvmSettings()
        self._head: Head | None = None
        self._parts = Parts()

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self.node.name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self.node.chain

    def head(self) -> Head:
        """Return the pinned head of the collection; the node must be of the case's chain."""
        if self._head is None:
            served = self.node.call(Call("eth_chainId", (), quantity))
            if f"eip155:{served}" != self.chain:
                raise SourceError(
                    f"The node of {self.name} serves eip155:{served}, not {self.chain}.",
                    why="Its answers would be filed under the wrong chain.",
                    next_step="Set the source's URL to a node of that chain.",
                )
            # Height and hash in one answer: two could be of different chains.
            newest = self.node.call(Call("eth_getBlockByNumber", ("latest", False), self._header))
            latest = BlockRef(newest.number, newest.hash, newest.time)
            height = max(0, latest.number - chain_of(self.chain).finality)
            self._head = Head(latest, latest if height == latest.number else self._reference(height, ""))
        return self._head

    def pin(self, head: Head) -> None:
        """Take a head from now on; nothing is asked."""
        self._head = head

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        return self._reference(number, self._pin(number))

    def size(self, holder: str) -> int | None:
        """Return how many transactions a holder sent: the least it can have; a contract may have any number more."""
        latest = self.head().latest
        return self._or_none(Call("eth_getTransactionCount", (holder, hex(latest.number)), quantity, latest.hash))

    def is_contract(self, address: str) -> bool | None:
        """Return whether code lies at an address at the pinned head.

        An account that only delegates to code (EIP-7702) still belongs to whoever has its key: it is none.
        """
        latest = self.head().latest
        code = self._or_none(Call("eth_getCode", (address, hex(latest.number)), lambda one: one.hex(), latest.hash))
        return None if code is None else bool(code) and not (code.startswith("ef0100") and len(code) == 46)

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return the balance at the end of a block, base units; ``None`` where the node cannot say."""
        head = self._pin(block)
        if asset == native_asset(self.chain):
            return self._or_none(Call("eth_getBalance", (address, hex(block)), quantity, head))
        prefix = f"{self.chain}/erc20:"
        if not asset.startswith(prefix):
            return None
        asked = {"to": asset.removeprefix(prefix), "data": BALANCE_OF + "0" * 24 + address[2:]}
        word = self._or_none(Call("eth_call", (asked, hex(block)), lambda one: one.hex(), head))
        return int(word, 16) if word is not None and len(word) == 64 else None

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return every movement that touches an address in a window of blocks.

        Transactions that moved the chain's coin are found by traces and read whole, tokens by their logs; what blocks
        pay by themselves is found where balances do not close.
        """
        holder = parse_address(self.chain, holder)
        parts = [self._window(holder, window) for window in windows_of(self.head(), since, until)]
        return joined((row for part in parts for row in part.rows), (one for part in parts for one in part.coverage))

    def parts(self, holder: str, since: int, until: int) -> list[Callable[[], object]]:
        """Return what asks for the logs, and for the transactions that moved coin; :meth:`transfers` takes them."""
        holder = parse_address(self.chain, holder)
        windows = windows_of(self.head(), since, until)
        return [
            self._parts.asking((name, holder, window), partial(ask, holder, window))
            for window in windows
            for name, ask in (("logs", self._logs), ("native", self._native))
        ]

    def transaction(self, tx: str) -> History:
        """Return every movement of one transaction."""
        head = self.head()
        try:
            # Which block holds it is a question about now, and asked again of each head.
            found = self.node.call(transaction_call(self.chain, tx, head.latest.hash))
            wholes, missed = self.whole([tx], self._pin(found.block))
            for fault in missed.values():
                raise fault
        except ReplyFault as fault:
            costs_itself(fault)
            missing = Window(0, head.latest.number).gap(
                self.chain, tx, self.name, "transaction", reason_of(fault), words_of(fault)
            )
            return History(coverage=(missing,))
        (whole,) = wholes
        block = whole.transaction.block
        window = Window(block, block, self._pin(block))
        coverage = window.gap(self.chain, tx, self.name, "transaction", whole.reason, whole.detail, len(whole.rows))
        others = other_tokens(self.chain, tx, window, self.name, len(whole.others))
        return joined(whole.rows, [coverage, *others, *unknown_chain(self.chain, tx, window, self.name)])

    def whole(self, txs: Sequence[str], head: str = "") -> tuple[list[Whole], dict[str, ReplyFault]]:
        """Return transactions, each read whole, and why others were not (``whole.read_whole``)."""
        return read_whole(self.node, txs, head)

    def records(self, txs: Mapping[str, int]) -> Records:
        """Return transactions as held, by hash with the height of their block; what is missing is named."""
        found: list[TxRecord] = []
        coverage: list[Coverage] = []
        by_head: dict[str, list[str]] = {}
        for tx, block in sorted(txs.items(), key=lambda one: (one[1], one[0])):
            by_head.setdefault(self._pin(block), []).append(tx)
        for head, asked in by_head.items():
            wholes, missed = self.whole(asked, head)
            for whole in wholes:
                found.append(whole.record)
                if whole.reason != "ok":
                    block = whole.transaction.block
                    here, tx = Window(block, block, head), whole.transaction.hash
                    coverage.append(
                        here.gap(self.chain, tx, self.name, "transaction", whole.reason, whole.detail, len(whole.rows))
                    )
            for tx, fault in missed.items():
                here = Window(txs[tx], txs[tx], head)
                coverage += unread_transactions({tx: fault}, self.chain, tx, here, self.name)
        return Records(tuple(sorted(found, key=TxRecord.order)), tuple(coverage))

    def closed(
        self, holder: Address, window: Window, rows: Sequence[Collected]
    ) -> tuple[list[Collected], Coverage | None]:
        """Return what rows lack by the balances (see :func:`tracer.providers.evm.find_missing_withdrawals.closed`)."""
        if not self.settings.probes:
            return [], None
        return closed(self.node, holder, window, rows, self.settings.probes)

    def proof_material(self, tx: str) -> ProofMaterial:
        """Return the block of a transaction and all receipts of that block, so that its inclusion can be proven."""
        found = self.node.call(transaction_call(self.chain, tx, self.head().latest.hash))
        return read_proof_material(self.node, found, self._pin(found.block))

    def _pin(self, number: int) -> str:
        """Return the head that answers about a block are good for; empty where it is final."""
        head = self.head()
        return head.latest.hash if number > head.final.number else ""

    def _header(self, reply: Field) -> Header:
        return parse_header(reply, self.chain)

    def _reference(self, number: int, head: str) -> BlockRef:
        found = self.node.call(header_call(self.chain, number, head))
        return BlockRef(found.number, found.hash, found.time)

    def _or_none(self, call: Call[T]) -> T | None:
        """Return an answer, or ``None`` where the node does not give it."""
        try:
            return self.node.call(call)
        except ReplyFault as fault:
            costs_itself(fault)
            return None

    def _window(self, holder: Address, window: Window) -> History:
        rows: list[Collected] = []
        coverage: list[Coverage] = [*unknown_chain(self.chain, holder, window, self.name)]
        logs, unread = self._parts.take(("logs", holder, window), lambda: self._logs(holder, window))
        try:
            rows += self._token_rows(logs, holder, window.head)
        except ReplyFault as fault:
            costs_itself(fault)
            unread = fault
        coverage.append(
            self._entry(holder, window, "eth_getLogs", rows=len(logs))
            if unread is None
            else self._gap(holder, window, "eth_getLogs", unread)
        )
        found = self._parts.take(("native", holder, window), lambda: self._native(holder, window))
        rows += found.withdrawals
        coverage.append(self._entry(holder, window, found.endpoint, found.reason, found.detail, len(found.txs)))
        wholes, missed = self.whole(sorted(found.txs, key=lambda tx: (found.txs[tx], tx)), window.head)
        coverage += unread_transactions(missed, self.chain, holder, window, self.name)
        try:
            seen = [(one.transaction.block, one.transaction.block_hash) for one in wholes]
            one_hash([*((row.block, row.block_hash) for row in rows), *seen], self.name)
        except ReplyFault as fault:
            coverage.append(self._gap(holder, window, "transaction", fault))
            return joined(rows, coverage)
        rows += [row for whole in wholes for row in touching(whole.rows, holder)]
        read = {whole.transaction.hash for whole in wholes}
        count = sum(log.tx not in read and other_token_parties(log.raw) is not None for log in logs)
        count += sum(holder in parties for whole in wholes for parties in whole.others)
        coverage += other_tokens(self.chain, holder, window, self.name, count)
        coverage += unread_calls(wholes, self.chain, holder, window, self.name)
        paid, entry = self.closed(holder, window, rows) if found.reason == "ok" and not missed else ([], None)
        return joined(rows + paid, coverage + ([entry] if entry else []))

    def _logs(self, holder: Address, window: Window) -> tuple[list[Log], ReplyFault | None]:
        """Return the transfer logs of a window, or why they were not read."""
        try:
            return collect_logs(self.node, holder, window, self.settings.logs), None
        except ReplyFault as fault:
            costs_itself(fault)
            return [], fault

    def _native(self, holder: Address, window: Window) -> Found:
        return find_native(self.node, holder, window, self.settings.traces)

    def _token_rows(self, logs: Sequence[Log], holder: str, head: str) -> list[Collected]:
        headers = read_headers(self.node, [log.block for log in logs], head)
        rows: list[Collected] = []
        for log in logs:
            header = headers[log.block]
            if header.hash != log.block_hash:
                one_hash([(log.block, log.block_hash), (header.number, header.hash)], self.name)
            rows += log_rows(
                [log.raw],
                chain=self.chain,
                block_hash=header.hash,
                tx_index=log.tx_index,
                time=header.time,
                source=self.name,
            )
        return touching(rows, holder)

    def _entry(
        self, holder: str, window: Window, endpoint: str, reason: str = "ok", detail: str = "", rows: int = 0
    ) -> Coverage:
        return window.gap(self.chain, holder, self.name, endpoint, reason, detail, rows)

    def _gap(self, holder: str, window: Window, endpoint: str, fault: ReplyFault) -> Coverage:
        return self._entry(holder, window, endpoint, reason_of(fault), words_of(fault))


def touching(rows: Sequence[Collected], holder: str) -> list[Collected]:
    """Return the rows that a holder pays or receives."""
    return [row for row in rows if holder in (row.sender, row.recipient)]


def unread_calls(wholes: Sequence[Whole], chain: ChainId, holder: str, window: Window, source: str) -> list[Coverage]:
    """Return the coverage entry of transactions whose inside is not known; none where all are."""
    unread = [whole for whole in wholes if whole.reason != "ok"]
    if not unread:
        return []
    detail = f"{len(unread)} of {len(wholes)} transactions, the first: {unread[0].detail}"
    return [window.gap(chain, holder, source, "debug_traceTransaction", unread[0].reason, detail, len(wholes))]


def unread_transactions(
    missed: Mapping[str, ReplyFault], chain: ChainId, subject: str, window: Window, source: str
) -> list[Coverage]:
    """Return the coverage entries of transactions that were not read, one each."""
    return [
        window.gap(
            chain,
            subject,
            source,
            "transaction",
            reason_of(fault),
            f"Transaction {tx} was not read. {words_of(fault)}",
        )
        for tx, fault in sorted(missed.items())
    ]


def other_tokens(chain: ChainId, subject: str, window: Window, source: str, count: int) -> list[Coverage]:
    """Return the coverage entry that counts tokens of kinds that are not followed; none where there are none."""
    if not count:
        return []
    detail = f"{count} movements of NFTs (ERC-721, ERC-1155) or of tokens of no standard, which are not followed."
    return [window.gap(chain, subject, source, OTHER_TOKENS, "not_supported", detail, count)]


def unknown_chain(chain: ChainId, subject: str, window: Window, source: str) -> list[Coverage]:
    """Return the coverage entry that what a chain does differently is not known; none where it is."""
    if facts_of(chain).known:
        return []
    detail = (
        f"What {chain} charges beside gas, and how its coin moves without a transaction's value, is not known: "
        "its movements were read by the rules that EVM chains share."
    )
    return [window.gap(chain, subject, source, "chain", "not_supported", detail)]
