"""Reading holders and transactions from the sources of a case, within what was allowed; each is read once.

A question that the caller's budget or an offline bundle leaves without an answer is a gap with a name, never an end of
the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from tracer.errors import InputError
from tracer.model import AssetId, ChainId, Coverage
from tracer.net import NotHeld, OverBudgetError
from tracer.providers import BlockRef, Bulk, Head, History, Parted, Pinning, Provider

NOT_READ: Final = "Not read: the budget of the fetch ended before, or the bundle does not hold it."

T = TypeVar("T")


class Reader:
    """Asks the sources of a case and keeps what they answered, so that nothing is asked twice.

    Parameters
    ----------
    sources : mapping of ChainId to Provider
        One source for each chain that can be read.
    """

    def __init__(self, sources: Mapping[ChainId, Provider]) -> None:
        self.sources = dict(sorted(sources.items()))
        self._windows: dict[tuple[ChainId, str, int, int], History] = {}
        self._transactions: dict[tuple[ChainId, str], History] = {}
        self._facts: dict[tuple[object, ...], object] = {}

    def head(self, chain: ChainId) -> Head:
        """Return the pinned head of a chain."""
        return self.source(chain).head()

    def source(self, chain: ChainId) -> Provider:
        """Return the source of a chain.

        Raises
        ------
        InputError
            If no source reads that chain.
        """
        if chain not in self.sources:
            raise InputError(
                f"No source reads {chain}.",
                why=f"Sources are set up for: {', '.join(self.sources) or 'no chain'}.",
                next_step="Name a source of that chain, or leave its seeds out.",
            )
        return self.sources[chain]

    def history(self, chain: ChainId, holder: str, since: int) -> History:
        """Return what touches a holder from a block to the pinned head: final blocks and later ones apart."""
        parts = [self.window(chain, holder, *window) for window in self.windows(chain, since)]
        return History(
            tuple(row for part in parts for row in part.rows),
            tuple(tx for part in parts for tx in part.transactions),
            tuple(one for part in parts for one in part.coverage),
        )

    def windows(self, chain: ChainId, since: int) -> list[tuple[int, int]]:
        """Return the windows of blocks a history is read in: those that are final, and later ones."""
        head = self.head(chain)
        final, latest = head.final.number, head.latest.number
        windows = [(since, min(final, latest)), (max(since, final + 1), latest)]
        return [window for window in windows if window[0] <= window[1]]

    def read_together(self, chain: ChainId, holders: Sequence[str], since: int) -> None:
        """Ask a source that takes many holders in one question for all of these, and keep their histories.

        Where there is no answer, nothing is kept: each is then asked for by itself.
        """
        source = self.source(chain)
        if not isinstance(source, Bulk):
            return
        for low, high in self.windows(chain, since):
            found = self._answer(partial(source.histories, holders, low, high))
            self._windows |= {(chain, holder, low, high): one for holder, one in (found or {}).items()}

    def transaction(self, chain: ChainId, tx: str) -> History:
        """Return every movement of a transaction."""
        key = (chain, tx)
        if key not in self._transactions:
            source = self.source(chain)
            latest = self.head(chain).latest.number
            found = self._answer(lambda: source.transaction(tx))
            self._transactions[key] = found or _unread(source, tx, "transaction", 0, latest)
        return self._transactions[key]

    def size(self, chain: ChainId, holder: str) -> int | None:
        """Return about how many transactions a holder has; ``None`` where nobody says."""
        source = self.source(chain)
        return self._fact((chain, "size", holder), lambda: source.size(holder))

    def is_contract(self, chain: ChainId, address: str) -> bool | None:
        """Return whether code lies at an address; ``None`` where nobody says."""
        source = self.source(chain)
        return self._fact((chain, "code", address), lambda: source.is_contract(address))

    def balance(self, chain: ChainId, address: str, asset: AssetId, block: int) -> int | None:
        """Return a balance at the end of a block; before the first block it is 0; ``None`` where nobody says."""
        if block < 0:
            return 0
        source = self.source(chain)
        return self._fact((chain, "balance", address, asset, block), lambda: source.balance(address, asset, block))

    def first_block_at(self, chain: ChainId, time: int) -> int:
        """Return the first block whose header time is at or after a time, or the pinned head where none is."""
        low, high = 0, self.head(chain).latest.number
        while low < high:
            middle = (low + high) // 2
            if self.source(chain).block(middle).time < time:
                low = middle + 1
            else:
                high = middle
        return low

    def repin(self, chain: ChainId, newest: BlockRef) -> tuple[Head, Head]:
        """Take another newest block as head, the final block staying; return the heads before and after.

        Raises
        ------
        InputError
            If the source of the chain cannot move its head.
        """
        source = self.source(chain)
        before = source.head()
        after = Head(newest, before.final)
        pin(source, after)
        if after != before:
            self._forget(chain, before.final.number)
        return before, after

    def _forget(self, chain: ChainId, final: int) -> None:
        """Drop what was answered of blocks that were not final, or of now."""
        self._windows = {key: held for key, held in self._windows.items() if key[0] != chain or key[3] <= final}
        self._transactions = {key: held for key, held in self._transactions.items() if key[0] != chain}
        self._facts = {key: held for key, held in self._facts.items() if key[0] != chain}

    def window(self, chain: ChainId, holder: str, since: int, until: int) -> History:
        """Return what touches a holder in a window of blocks."""
        key = (chain, holder, since, until)
        if key not in self._windows:
            source = self.source(chain)
            found = self._answer(lambda: source.transfers(holder, since, until))
            self._windows[key] = found or _unread(source, holder, "transfers", since, until)
        return self._windows[key]

    def parts(self, chain: ChainId, holder: str, since: int, until: int) -> list[Callable[[], object]]:
        """Return what asks for the parts of a window that can be asked side by side; the source keeps the answers."""
        source = self.source(chain)
        if not isinstance(source, Parted) or (chain, holder, since, until) in self._windows:
            return []
        return [partial(self._answer, part) for part in source.parts(holder, since, until)]

    def _fact(self, key: tuple[object, ...], ask: Callable[[], T | None]) -> T | None:
        if key not in self._facts:
            self._facts[key] = self._answer(ask)
        return self._facts[key]  # type: ignore[return-value]

    @staticmethod
    def _answer(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except (NotHeld, OverBudgetError):
            return None


def _unread(source: Provider, subject: str, what: str, since: int, until: int) -> History:
    gap = Coverage(
        source.chain, subject, source.name, what, since, until, complete=False, reason="over_budget", detail=NOT_READ
    )
    return History(coverage=(gap,))


def pin(source: Provider, head: Head) -> None:
    """Give a source the head it ends at: after a reorganisation, or the one a bundle was collected at.

    Raises
    ------
    InputError
        If the head of the source cannot be moved.
    """
    if source.head() == head:
        return
    if not isinstance(source, Pinning):
        raise InputError(
            f"The head of {source.name} cannot be moved.",
            why="It reads what does not change any more.",
            next_step="Collect the case anew from it.",
        )
    source.pin(head)
