"""Lists of account explorers, read to their true end without overlap and without dropping what stands twice.

A list is cut in two ways: after a number of rows that may be smaller than what was asked for, without saying so; and
beyond a window of pages. Reading starts again at the block where it was cut, and that block is read anew as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tracer.chains import ExplorerRow
from tracer.net import PermanentError, ReplyFault, SplitRequest, costs_itself, may_be_size
from tracer.providers.evm.explorer_replies import Page, window_in

MOST_PAGES = 10_000
"""Questions after which a list is not read on."""
Ask = Callable[[Page], tuple[ExplorerRow, ...]]


@dataclass
class Listed:
    """What a list gave.

    Attributes
    ----------
    rows : list of ExplorerRow
        In listed order.
    pages : int
        Questions asked.
    overflowing : list of int
        Blocks with more rows than the list shows of one.
    refused : SplitRequest or None
        Where a single block was too much.
    """

    rows: list[ExplorerRow] = field(default_factory=list)
    pages: int = 0
    overflowing: list[int] = field(default_factory=list)
    refused: SplitRequest | None = None


class Lister:
    """Reads one list of one address.

    Parameters
    ----------
    ask : callable
        Asks for one page.
    action, holder : str
        The list; the address.
    size, window : int
        Rows of a page; largest page times size.
    """

    def __init__(self, ask: Ask, action: str, holder: str, size: int, window: int) -> None:
        self._ask, self._action, self._holder = ask, action, holder
        self._size, self._window = min(size, window), window
        self._longest = 0
        self._divisible = self._is_hopeless = False
        self._listed = Listed()

    def read(self, first: int, last: int) -> Listed:
        """Return the list of a window of blocks."""
        self._range(first, last)
        return self._listed

    def _range(self, first: int, last: int) -> None:
        cursor = first
        while cursor <= last:
            try:
                rows, ended = self._run(cursor, last)
            except SplitRequest as fault:
                if self._smaller(fault):
                    continue
                self._split(cursor, last, fault)
                return
            except ReplyFault as fault:
                if cursor == last or not may_be_size(fault) or not self._answers_less(cursor):
                    raise
                middle = (cursor + last) // 2
                self._range(cursor, middle)
                self._range(middle + 1, last)
                return
            if rows is None:
                continue
            if ended:
                self._listed.rows += rows
                return
            cut = rows[-1].block
            if cut == cursor:
                self._listed.rows += rows
                self._listed.overflowing.append(cursor)
                cursor += 1
            else:
                self._listed.rows += [row for row in rows if row.block < cut]
                cursor = cut

    def _split(self, first: int, last: int, fault: SplitRequest) -> None:
        if first == last:
            self._listed.refused = self._listed.refused or fault
            return
        middle = (first + last) // 2
        self._range(first, middle)
        self._range(middle + 1, last)

    def _answers_less(self, block: int) -> bool:
        """Return whether a single block is answered where a range was refused in words that nobody knows."""
        if not self._divisible and not self._is_hopeless:
            try:
                self._page(block, block, 1)
                self._divisible = True
            except ReplyFault as fault:
                costs_itself(fault)
                self._is_hopeless = True
        return self._divisible and self._listed.pages < MOST_PAGES

    def _smaller(self, fault: SplitRequest) -> bool:
        """Adopt the window that a refusal names; return whether that changes anything."""
        window = window_in(fault)
        if window is None or window >= self._window:
            return False
        self._window, self._size = window, min(self._size, window)
        return True

    def _run(self, first: int, last: int) -> tuple[list[ExplorerRow] | None, bool]:
        """Return the rows from a block on as far as the window of pages reaches, and whether the list ended there.

        No rows at all: pages turned out to be smaller than was asked for, and are to be read again as such.
        """
        rows: list[ExplorerRow] = []
        for number in range(1, self._window // self._size + 1):
            page = self._page(first, last, number)
            rows += page
            if not page:
                return rows, True
            if len(page) < self._size:
                # Where a longer page was given, nothing but the end of the list makes this one short.
                whole = len(page) < self._longest or self._ends(rows, last)
                return (rows, True) if whole else (None, False)
        return rows, False

    def _ends(self, rows: list[ExplorerRow], last: int) -> bool:
        """Ask once more from the last block on: a page shorter than asked for may be the provider's own limit."""
        end, short = rows[-1].block, len(rows)
        held = [row for row in rows if row.block == end]
        again = list(self._page(end, last, 1))
        if again[: len(held)] != held:
            raise PermanentError(
                f"{self._action} gave other rows of block {end} when it was asked again.",
                why="The explorer contradicts itself.",
                reason="inconsistent",
            )
        if again == held and short > len(held):
            return True
        # There are more rows; or all rows of the page are of one block, where the row after them tells.
        if again == held and not self._page(end, last, short + 1, 1):
            return True
        self._size = short
        return False

    def _page(self, first: int, last: int, number: int, size: int = 0) -> tuple[ExplorerRow, ...]:
        if self._listed.pages >= MOST_PAGES:
            raise PermanentError(
                f"{self._action} did not come to its end in {MOST_PAGES:,} pages.", reason="result_window"
            )
        self._listed.pages += 1
        rows = self._ask(Page(self._action, self._holder, first, last, number, size or self._size))
        if rows and all(row.unread and not row.tx for row in rows):
            # Such a page says neither what it leaves out nor whether the list goes on: another would be like it.
            raise PermanentError(
                f"{self._action} gave a page of which no row can be read. {rows[0].unread}", reason="inconsistent"
            )
        self._longest = max(self._longest, len(rows))
        return rows
