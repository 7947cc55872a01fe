"""What every provider of Bitcoin data does alike: windows of an address, outpoints, balances from whole histories."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, cast

from tracer.chains import contradictions, placed, split_outpoint, sums_of, without
from tracer.model import AssetId, ChainId, CollectedTx, Coverage, format_time, native_asset
from tracer.net import PermanentError, ReplyFault, gap
from tracer.providers.bitcoin.outpoints import balance_in, outpoint_history
from tracer.providers.provider import BlockRef, Head, History

T = TypeVar("T")
KEPT: Final = 256
"""Answers kept as they were read, the last ones used."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What a provider counts for an address in blocks.

    Attributes
    ----------
    transactions, received, paid : int
        Number of transactions; satoshis its outputs and inputs hold, change in both.
    """

    transactions: int
    received: int
    paid: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole history of an address, and what is wrong with it.

    Attributes
    ----------
    transactions : tuple of CollectedTx
        Newest first, without places.
    pages : int
        Pages read.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`.
    """

    transactions: tuple[CollectedTx, ...]
    pages: int
    reason: str = "ok"
    detail: str = ""


class BitcoinSource(ABC):
    """A provider of Bitcoin data, bound to one chain.

    Parameters
    ----------
    chain : ChainId
        Bitcoin, or a regtest chain.
    name : str
        Name in the registry.
    """

    history_endpoint = "address"
    place_endpoint = "place"

    def __init__(self, chain: ChainId, name: str) -> None:
        self._chain, self._name = chain, name
        self._head: Head | None = None
        self._parsed: OrderedDict[str, object] = OrderedDict()
        self._keeping = threading.Lock()

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self._name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    def head(self) -> Head:
        """Return the pinned head: the tip at the first asking, and the block that deep below it which is final."""
        if self._head is None:
            self._head = self._pinned()
        return self._head

    def pin(self, head: Head) -> None:
        """Take a head from now on; nothing is asked."""
        self._head = head

    @abstractmethod
    def block(self, number: int) -> BlockRef:
        """Return a block by height."""

    def size(self, holder: str) -> int | None:
        """Return how many transactions an address has in blocks; an outpoint has two at most."""
        if split_outpoint(holder):
            return 2
        try:
            return self._stats(holder, 1).transactions
        except PermanentError:
            return None

    def is_contract(self, address: str) -> bool | None:
        """Return ``False``: there is no code at an address of Bitcoin."""
        del address
        return False

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return the transactions of a window that touch an address or an outpoint.

        An outpoint has the transaction that makes it and the one that spends it; that none does holds as of the
        pinned head. An address is read to the end of its list, and is whole where number and sums of its transactions
        agree with what the provider counts, before and after.
        """
        until = min(until, self.head().latest.number)
        if since > until:
            return History()
        if split_outpoint(holder):
            return outpoint_history(self, holder, since, until)
        window = (since, until)
        try:
            read = self._whole(holder)
        except ReplyFault as fault:
            return History(coverage=(self._gap(fault, holder, self.history_endpoint, window),))
        inside = [tx for tx in read.transactions if since <= tx.block <= until]
        placed_rows, places = self.with_places(inside, window)
        # Those outside the window are looked at too: what is spent in it was made before.
        outside = [tx for tx in read.transactions if not since <= tx.block <= until]
        wrong = contradictions((*outside, *placed_rows))
        rows = without(placed_rows, wrong)
        covered = self._covered(holder, window, read, rows=len(rows))
        gaps = self.contradicted(holder, window, [wrong[tx.tx] for tx in placed_rows if tx.tx in wrong])
        return History(transactions=rows, coverage=(covered, *places, *gaps))

    def transaction(self, tx: str) -> History:
        """Return one transaction, with its index in the block; one that no block up to the head holds is a gap."""
        endpoint, latest = "transaction", self.head().latest.number
        try:
            found = self.creation(tx)
            if found is None or found.block > latest:
                raise PermanentError(f"No block up to the pinned head holds {tx}.", reason="unconfirmed_head")
        except ReplyFault as fault:
            return History(coverage=(self._gap(fault, tx, endpoint, (0, latest)),))
        window = (found.block, found.block)
        rows, places = self.with_places((found,), window)
        return History(transactions=rows, coverage=(self._covered(tx, window, Whole(rows, 1), rows=1), *places))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return what an address or outpoint holds after a block, from its whole history; ``None`` without that."""
        if asset != native_asset(self._chain) or block > self.head().latest.number:
            return None
        if split_outpoint(address):
            return balance_in(self.transfers(address, 0, block), address)
        try:
            read = self._whole(address)
        except PermanentError:
            return None
        if read.reason != "ok":
            return None
        if contradictions(read.transactions):
            return None
        received, paid = sums_of((tx for tx in read.transactions if tx.block <= block), address)
        return received - paid

    @abstractmethod
    def creation(self, tx: str) -> CollectedTx | None:
        """Return a transaction without its place, or ``None`` where no block holds it."""

    @abstractmethod
    def spender(self, tx: str, vout: int) -> CollectedTx | None:
        """Return the transaction that spends an output, or ``None`` where no block up to the pinned head has one."""

    def with_places(
        self, transactions: Iterable[CollectedTx], window: tuple[int, int]
    ) -> tuple[tuple[CollectedTx, ...], tuple[Coverage, ...]]:
        """Return transactions in chain order with their index in the block, and what could not be placed.

        Of two times the block's own is taken: its header has it.
        """
        rows: list[CollectedTx] = []
        gaps: list[Coverage] = []
        for tx in transactions:
            try:
                index, time = self._place_in_chain(tx)
                if time != tx.time:
                    said, own = format_time(tx.time), format_time(time)
                    words = f"{tx.tx} is said to be of {said}, and its block, {tx.block}, of {own}."
                    gaps += self.contradicted(tx.tx, window, [words])
                rows.append(placed(replace(tx, time=time), index))
            except ReplyFault as fault:
                gaps.append(self._gap(fault, tx.tx, self.place_endpoint, window))
                rows.append(tx)
        return tuple(sorted(rows, key=CollectedTx.order)), tuple(gaps)

    def _once(self, name: str, ask: Callable[[], T]) -> T:
        """Return an answer as of the pinned head, read once: of many outputs each is asked about, and has the same."""
        key = f"{self.head().latest.hash} {name}"
        with self._keeping:
            if key in self._parsed:
                self._parsed.move_to_end(key)
                return cast(T, self._parsed[key])
        found = ask()
        with self._keeping:
            self._parsed[key] = found
            if len(self._parsed) > KEPT:
                self._parsed.popitem(last=False)
        return found

    def contradicted(self, subject: str, window: tuple[int, int], words: Sequence[str]) -> tuple[Coverage, ...]:
        """Return the coverage entries of transactions that others contradict, one each."""
        chain, name = self._chain, self._name
        return tuple(
            Coverage(chain, subject, name, "contradiction", *window, complete=False, reason="inconsistent", detail=one)
            for one in words
        )

    @abstractmethod
    def _pinned(self) -> Head:
        """Return the head as of the first asking."""

    @abstractmethod
    def _stats(self, address: str, turn: int) -> Stats:
        """Return what the provider counts for an address; each turn is a question of its own."""

    @abstractmethod
    def _whole(self, address: str) -> Whole:
        """Return all transactions of an address, newest first."""

    @abstractmethod
    def _place(self, tx: CollectedTx) -> int:
        """Return the index of a transaction in its block."""

    @abstractmethod
    def _size_of_block(self, tx: CollectedTx) -> tuple[int | None, int]:
        """Return how many transactions the block of a transaction has, which must be the one at its height; its time.

        ``None`` where its place was found in the list of the block, which tells as much.
        """

    def _place_in_chain(self, tx: CollectedTx) -> tuple[int, int]:
        """Return index and time of a transaction in its block, held against what else the provider says of that.

        Raises
        ------
        PermanentError
            If the provider contradicts itself.
        """
        head = self.head()
        if tx.block > head.latest.number:
            raise PermanentError(
                f"{tx.tx} is said to be in block {tx.block}, above the pinned head.", reason="inconsistent"
            )
        for known in (head.latest, head.final):
            if tx.block == known.number and tx.block_hash != known.hash:
                what = f"{tx.tx} is said to be in block {tx.block_hash}, and at height {tx.block} is {known.hash}."
                raise PermanentError(what, reason="inconsistent")
        index, (count, time) = self._place(tx), self._size_of_block(tx)
        if count is not None and index >= count:
            what = f"{tx.tx} is said to be number {index} of block {tx.block}, which has {count} transactions."
            raise PermanentError(what, reason="inconsistent")
        return index, time

    def _pin(self, number: int) -> str:
        """Return what a question about a block is only good for: nothing where the block is final."""
        head = self.head()
        return "" if number <= head.final.number else head.latest.hash

    def _gap(self, fault: ReplyFault, subject: str, endpoint: str, window: tuple[int, int]) -> Coverage:
        return gap(fault, chain=self._chain, subject=subject, source=self._name, endpoint=endpoint, window=window)

    def _covered(self, subject: str, window: tuple[int, int], read: Whole, *, rows: int) -> Coverage:
        final = self.head().final.number
        return Coverage(
            self._chain,
            subject,
            self._name,
            self.history_endpoint,
            *window,
            complete=read.reason == "ok",
            reason=read.reason,
            detail=read.detail,
            rows=rows,
            pages=read.pages,
            unconfirmed_from=max(final + 1, window[0]) if window[1] > final else None,
        )


def judged(rows: Sequence[CollectedTx], pages: int, address: str, said: Stats) -> Whole:
    """Return a history that was read to its end, judged by what the provider counts."""
    got = Stats(len({tx.tx for tx in rows}), *sums_of(rows, address))
    if said == got and len(rows) == got.transactions:
        return Whole(tuple(rows), pages)
    counts, holds = (f"{one.transactions}, {one.received}, {one.paid}" for one in (said, got))
    detail = f"Transactions, satoshis in, satoshis out: the provider counts {counts}; its list holds {holds}."
    return Whole(tuple(rows), pages, "inconsistent", detail)
