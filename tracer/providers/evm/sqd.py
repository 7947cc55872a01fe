"""SQD's Portal as a source: many addresses in a few questions, without a key, of blocks that are final.

How it works. A question names up to 500 addresses and a range of blocks, and is answered by lines, one a block. A reply
may end at any block, and a short one looks like a whole one: what it covers ends at its last line, whatever that holds,
and only a reply whose last line is the block asked for is the end. Each reply is asked on from there. Of every
transaction the reply holds what touches the addresses; times, places and fees come with it.

What the Portal does not have (withdrawals, what blobs and operators cost, what a deposit brings, a transaction by its
hash, balances) a node beside it completes, where one is set up; else it is coverage. The node also reads a sample of
the transactions again, and its balances close every history.

Sources: beta.docs.sqd.dev/en/api/evm/introduction, beta.docs.sqd.dev/api/evm/finalized-head; subsquid/sqd-portal,
src/endpoints/stream.rs (statuses, the two streams); subsquid/data, crates/query/docs/evm-query-syntax.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.chains import PortalBlock, PortalTransaction, merged, quantity, transactions_of
from tracer.errors import InputError, SourceError
from tracer.io import sha256_of
from tracer.model import Address, AssetId, ChainId, Collected, Coverage, chain_of, facts_of, parse_address
from tracer.net import CachedTransport, PermanentError, ReplyFault, costs_itself, reason_of, words_of
from tracer.providers.evm import portal_query
from tracer.providers.evm.find_missing_withdrawals import ENDPOINT as BALANCES
from tracer.providers.evm.full_transaction import Whole
from tracer.providers.evm.logs import one_hash
from tracer.providers.evm.node import Call, each
from tracer.providers.evm.portal_pages import NAME, STREAM, Portal, Reading
from tracer.providers.evm.source import EvmRpc, other_tokens, unknown_chain, unread_transactions
from tracer.providers.evm.windows import Window, joined, windows_of
from tracer.providers.provider import BlockRef, Head, History, Records

NO_RECORDS: Final = "The Portal gives no transaction with all its logs and calls; a node does."
SAMPLE_LEAST: Final = 2
SAMPLE_ONE_IN: Final = 100
"""Of the transactions of a question so many are read again by the node: the least, and one in so many."""


@dataclass
class _Found:
    """What was found of some holders in a window.

    Attributes
    ----------
    holders : tuple of str
        Whom it is about.
    rows : dict of str to list of Collected
        By holder.
    coverage : dict of str to list of Coverage
        By holder.
    broken : set of str
        Holders of whom something is known to be missing, so that no sum can close.
    """

    holders: tuple[str, ...]
    rows: dict[str, list[Collected]] = field(default_factory=dict)
    coverage: dict[str, list[Coverage]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


class Sqd:
    """SQD's Portal as a source of one data set.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Of the data set, as ``https://portal.sqd.dev/datasets/ethereum-mainnet``.
    rpc : EvmRpc, optional
        A node that completes and checks it.
    """

    def __init__(self, chain: ChainId, exchange: CachedTransport, url: str, rpc: EvmRpc | None = None) -> None:
        if chain_of(chain).family != "evm":
            raise InputError(f"{chain} is not an EVM chain.", next_step="Ask a source of its own family.")
        self._chain, self._portal, self._rpc = chain, Portal(chain, exchange, url), rpc
        self._head: Head | None = None
        self._seen: dict[str, tuple[int, str]] = {}

    @property
    def name(self) -> str:
        """Name in the registry."""
        return NAME

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    def head(self) -> Head:
        """Return the pinned head: the newest block that is final to the Portal, so that nothing read can change.

        Raises
        ------
        SourceError
            If the node beside it is of another chain, or has another block there.
        """
        if self._head is None:
            number, block_hash = self._portal.finalized()
            newest = self.block(number)
            self._same(newest, BlockRef(number, block_hash, newest.time), "its own list of blocks")
            if self._rpc is not None:
                self._rpc.head()  # refuses a node of another chain
                self._rpc.pin(Head(newest, newest))
                self._same(newest, self._rpc.block(number), f"the node {self._rpc.name}")
            self._head = Head(newest, newest)
        return self._head

    def pin(self, head: Head) -> None:
        """Take a head from now on; nothing is asked. The node beside it takes it too."""
        self._head = head
        if self._rpc is not None:
            self._rpc.pin(head)

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        (found,) = self._portal.ask(portal_query.header(number), "")
        return BlockRef(found.header.number, found.header.hash, found.header.time)

    def size(self, holder: str) -> int | None:
        """Return how many transactions a holder sent, as the node says; ``None`` without one."""
        return None if self._rpc is None else self._rpc.size(holder)

    def is_contract(self, address: str) -> bool | None:
        """Return whether code lies at an address, as the node says; ``None`` without one."""
        return None if self._rpc is None else self._rpc.is_contract(address)

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return the balance at the end of a block, as the node says; ``None`` without one."""
        return None if self._rpc is None else self._rpc.balance(address, asset, block)

    def proof_material(self, tx: str) -> object:
        """Ask the node for the block of a transaction and its receipts.

        Raises
        ------
        PermanentError
            If there is no node.
        """
        if self._rpc is None:
            raise PermanentError(
                "The Portal gives no proofs.", next_step="Set the URL of a node.", reason="not_supported"
            )
        return self._rpc.proof_material(tx)

    def records(self, txs: Mapping[str, int]) -> Records:
        """Return transactions as held, from the node: the Portal gives a part of each, and without a node none."""
        if self._rpc is not None:
            return self._rpc.records(txs).under(NAME)
        gaps = (
            Window(block, block, "").gap(self._chain, tx, NAME, "transaction", "not_supported", NO_RECORDS)
            for tx, block in sorted(txs.items(), key=lambda one: (one[1], one[0]))
        )
        return Records(coverage=tuple(gaps))

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return every movement that touches an address in a window of blocks."""
        return self.histories([holder], since, until)[holder]

    def histories(self, holders: Sequence[str], since: int, until: int) -> dict[str, History]:
        """Return the histories of many holders in one window, asked for together.

        What is asked depends on who is asked for together: the same holders give the same questions.
        """
        named = {holder: parse_address(self._chain, holder) for holder in holders}
        addresses = sorted(set(named.values()))
        found: dict[str, tuple[list[Collected], list[Coverage]]] = {one: ([], []) for one in addresses}
        for window in windows_of(self.head(), since, until):
            for part in self._window(addresses, window):
                for holder in part.holders:
                    found[holder][0].extend(part.rows[holder])
                    found[holder][1].extend(part.coverage[holder])
        return {holder: joined(*found[address]) for holder, address in named.items()}

    def transaction(self, tx: str) -> History:
        """Return every movement of one transaction: from the node, else of one that a history has shown.

        The Portal finds no transaction by its hash.
        """
        if self._rpc is not None:
            history = self._rpc.transaction(tx)
            return History(tuple(replace(row, source=NAME) for row in history.rows), (), history.coverage)
        if tx not in self._seen:
            detail = "The Portal finds no transaction by its hash: a node has to be set up beside it."
            window = Window(0, self.head().latest.number)
            return History(coverage=(window.gap(self._chain, tx, NAME, "transaction", "not_supported", detail),))
        number, sender = self._seen[tx]
        window = Window(number, number, self._pin(number))
        try:
            (block,) = self._portal.ask(portal_query.transaction(sender, number), window.head)
        except ReplyFault as fault:
            costs_itself(fault)
            gap = window.gap(self._chain, tx, NAME, "transaction", reason_of(fault), words_of(fault))
            return History(coverage=(gap,))
        return self._whole(tx, block, sender, window)

    def _whole(self, tx: str, block: PortalBlock, sender: str, window: Window) -> History:
        """Return a transaction of a block that was asked for with all its logs and calls."""
        read, unread = transactions_of(block, chain=self._chain, source=NAME, asked=frozenset({sender}), filtered=False)
        one = next((one for one in read if one.hash == tx), None)
        if one is None:
            what = unread[0][1].what if unread else "The Portal does not hold it any more."
            return History(coverage=(window.gap(self._chain, tx, NAME, "transaction", "inconsistent", what),))
        entry = window.gap(self._chain, tx, NAME, "transaction", one.reason, one.detail, len(one.rows))
        others = other_tokens(self._chain, tx, window, NAME, len(one.others))
        return joined(one.rows, [entry, *others, *unknown_chain(self._chain, tx, window, NAME)])

    def _pin(self, number: int) -> str:
        head = self.head()
        return head.latest.hash if number > head.final.number else ""

    def _same(self, ours: BlockRef, theirs: BlockRef, whose: str) -> None:
        if ours.hash != theirs.hash:
            raise SourceError(
                f"Block {ours.number} of the Portal is {ours.hash}, and {theirs.hash} by {whose}.",
                why="They are not of one chain, or one of them is wrong.",
                next_step=f"Set both URLs to {self._chain}.",
            )

    def _window(self, addresses: Sequence[str], window: Window) -> list[_Found]:
        readings = [Reading(part, window.low, window.high) for part in portal_query.chunks_of(addresses)]
        self._portal.read(readings, portal_query.accounts, window.head)
        return [self._part(one, window) for one in readings]

    def _part(self, reading: Reading, window: Window) -> _Found:
        """Return what one question gave, completed and checked by the node."""
        found = _Found(reading.addresses)
        found.rows = {holder: [] for holder in reading.addresses}
        found.coverage = {holder: unknown_chain(self._chain, holder, window, NAME) for holder in reading.addresses}
        read = self._transactions(reading.blocks, found, window)
        more = self._creations(read, found, window)
        read |= {tx: merged(read[tx], one) if tx in read else one for tx, one in more.items()}
        self._seen.update((tx, (one.block, one.sender)) for tx, one in read.items())
        replaced = self._completed(read, found, window)
        self._cross_checked({tx: one for tx, one in read.items() if tx not in replaced}, found, window)
        others: dict[str, int] = dict.fromkeys(reading.addresses, 0)
        for tx, one in read.items():
            rows, named = (replaced[tx].rows, replaced[tx].others) if tx in replaced else (one.rows, one.others)
            for row in rows:
                for holder in {row.sender, row.recipient} & found.rows.keys():
                    found.rows[holder].append(row if row.source == NAME else replace(row, source=NAME))
            for parties in named:
                for holder in others.keys() & set(parties):
                    others[holder] += 1
        for holder in reading.addresses:
            found.coverage[holder] += self._stream_entries(reading, holder, window, len(found.rows[holder]))
            found.coverage[holder] += other_tokens(self._chain, holder, window, NAME, others[holder])
        self._close(found, window, whole=reading.fault is None)
        return found

    def _stream_entries(self, reading: Reading, holder: str, window: Window, rows: int) -> list[Coverage]:
        entries = []
        if reading.at > window.low:
            covered = replace(window, high=reading.at - 1)
            entry = covered.gap(self._chain, holder, NAME, STREAM, rows=rows)
            entries.append(replace(entry, pages=reading.pages))
        if reading.fault is not None:
            missing = replace(window, low=reading.at)
            fault = reading.fault
            entries.append(missing.gap(self._chain, holder, NAME, STREAM, reason_of(fault), words_of(fault)))
        return entries

    def _transactions(
        self, blocks: Sequence[PortalBlock], found: _Found, window: Window
    ) -> dict[str, PortalTransaction]:
        """Return the transactions of blocks by hash; one that cannot be read is a gap of those whom it names."""
        asked = frozenset(found.holders)
        read: dict[str, PortalTransaction] = {}
        for block in blocks:
            number = block.header.number
            ones, unread = transactions_of(block, chain=self._chain, source=NAME, asked=asked)
            read.update((one.hash, one) for one in ones)
            for index, fault in unread:
                named = [holder for holder in found.holders if block.items[index].names(holder)]
                detail = f"Transaction {index} of block {number} was not read. {fault.what} {fault.why}"
                at = replace(window, low=number, high=number)
                self._gap(found, named or found.holders, at, "transaction", "inconsistent", detail)
        try:
            one_hash(((one.header.number, one.header.hash) for one in blocks), NAME)
        except ReplyFault as fault:
            self._gap(found, found.holders, window, STREAM, reason_of(fault), words_of(fault))
        return read

    def _creations(
        self, read: Mapping[str, PortalTransaction], found: _Found, window: Window
    ) -> dict[str, PortalTransaction]:
        """Return the transactions that made contracts, in pieces of the window: over all of it some are left out.

        Whoever sent a transaction, or has no code, is no contract, and was not made.
        """
        size = portal_query.CREATION_BLOCKS
        if window.high - window.low < size:
            return {}
        sent = {one.sender for one in read.values()}
        silent = tuple(one for one in found.holders if one not in sent and self.is_contract(one) is not False)
        if not silent:
            return {}
        lows = range(window.low, window.high + 1, size)
        pieces = [Reading(silent, low, min(low + size - 1, window.high)) for low in lows]
        self._portal.read(pieces, portal_query.creations, window.head)
        for one in pieces:
            if one.fault is not None:
                missing = replace(window, low=one.at, high=one.high)
                words = f"Contracts that were made were not read. {words_of(one.fault)}"
                self._gap(found, silent, missing, "creations", reason_of(one.fault), words)
        return self._transactions([block for one in pieces for block in one.blocks], found, window)

    def _completed(self, read: Mapping[str, PortalTransaction], found: _Found, window: Window) -> dict[str, Whole]:
        """Return the transactions of which the Portal does not say all, read whole from the node, by hash."""
        lacking = [tx for tx, one in read.items() if one.reason != "ok"]
        if self._rpc is None:
            self._say_lacking([read[tx] for tx in lacking], found, window)
            return {}
        wholes, missed = self._rpc.whole(lacking, window.head) if lacking else ([], {})
        for tx, fault in missed.items():
            for entry in unread_transactions({tx: fault}, self._chain, "", window, NAME):
                self._gap(found, read[tx].concerns, window, entry.endpoint, entry.reason, entry.detail)
        for one in wholes:
            if one.reason != "ok":
                concerned = read[one.transaction.hash].concerns
                self._gap(found, concerned, window, "transaction", one.reason, one.detail)
        return {one.transaction.hash: one for one in wholes}

    def _say_lacking(self, lacking: Sequence[PortalTransaction], found: _Found, window: Window) -> None:
        by_holder: dict[str, list[PortalTransaction]] = {}
        for one in lacking:
            for holder in one.concerns:
                by_holder.setdefault(holder, []).append(one)
        for holder, ones in by_holder.items():
            at = replace(window, low=min(one.block for one in ones), high=max(one.block for one in ones))
            detail = f"{len(ones)} transactions are not known whole. {ones[0].detail}"
            self._gap(found, [holder], at, "transaction", ones[0].reason, detail)

    def _cross_checked(self, read: Mapping[str, PortalTransaction], found: _Found, window: Window) -> None:
        """Hold a sample of transactions against the node: which, nobody can choose who answers."""
        if self._rpc is None or not read:
            return
        ordered = sorted(read, key=lambda tx: sha256_of(tx.encode()))
        sample = ordered[: max(SAMPLE_LEAST, len(ordered) // SAMPLE_ONE_IN)]
        wholes, missed = self._rpc.whole(sample, window.head)
        checked: dict[str, int] = {}
        for whole in wholes:
            one = read[whole.transaction.hash]
            for holder in one.parties:
                checked[holder] = checked.get(holder, 0) + 1
            # A call the node cannot trace is nothing that it says otherwise.
            if whole.reason == "ok" and (wrong := _differing(one, whole, found.rows.keys())):
                at = replace(window, low=one.block, high=one.block)
                detail = f"The movements of {one.hash} are not those that {self._rpc.name} gives."
                self._gap(found, wrong, at, "cross-check", "inconsistent", detail)
        for holder, count in checked.items():
            words = f"{count} of the transactions were read again from {self._rpc.name}."
            found.coverage[holder].append(window.gap(self._chain, holder, NAME, "cross-check", detail=words))
        for tx in missed:
            for holder in read[tx].parties:
                words = f"{self._rpc.name} was asked for {tx} and did not answer."
                found.coverage[holder].append(window.gap(self._chain, holder, NAME, "cross-check", detail=words))

    def _close(self, found: _Found, window: Window, *, whole: bool) -> None:
        """Add what the node's balances show that no transaction does, or say that withdrawals are not known."""
        if self._rpc is None:
            if facts_of(self._chain).validators:
                detail = "The Portal lists no withdrawals."
                self._gap(found, found.holders, window, "withdrawals", "not_supported", detail)
            return
        holders = [one for one in found.holders if whole and one not in found.broken]
        ends = sorted({max(0, window.low - 1), window.high})
        if self._rpc.settings.probes and len(holders) > 1:
            heads = {at: window.head if at >= window.low else "" for at in ends}
            asked = [Call(BALANCES, (one, hex(at)), quantity, heads[at]) for one in holders for at in ends]
            each(self._rpc.node, asked)  # side by side; the sums below find them answered
        for holder in holders:
            paid, entry = self._rpc.closed(Address(holder), window, joined(found.rows[holder], ()).rows)
            found.rows[holder] += [replace(row, source=NAME) for row in paid]
            if entry is not None:
                found.coverage[holder].append(replace(entry, source=NAME))

    def _gap(
        self,
        found: _Found,
        holders: Iterable[str],
        window: Window,
        endpoint: str,
        reason: str,
        detail: str,
    ) -> None:
        for holder in sorted(holders):
            found.coverage[holder].append(window.gap(self._chain, holder, NAME, endpoint, reason, detail))
            found.broken.add(holder)


def _differing(one: PortalTransaction, whole: Whole, holders: Set[str]) -> Set[str]:
    """Return which holders have movements that only one of two readings of a transaction has."""
    ours, theirs = (
        {_said(row): holders & {row.sender, row.recipient} for row in rows} for rows in (one.rows, whole.rows)
    )
    return {holder for key in ours.keys() ^ theirs.keys() for holder in (ours | theirs)[key]}


def _said(row: Collected) -> tuple[object, ...]:
    return (row.id, row.layer, row.place, row.kind, row.sender, row.recipient, row.asset, row.amount, row.time)
