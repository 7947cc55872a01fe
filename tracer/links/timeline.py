"""Ends in order of time, asked how many of them lie in a window of time and amounts, without looking at each.

Theory of operation
-------------------
Every source asks how many destinations can be its own, and every destination the same of sources. Looked at pair by
pair that is quadratic: ten thousand deposits of one amount on one day are fifty million pairs. Here the amounts, in
order of time, are cut into blocks of :data:`BLOCK`, and blocks are joined in pairs again and again, each sorted once (a
merge-sort tree). A window of time is then at most two blocks of each size, each answered by bisection, so that a
question costs the square of a logarithm, whatever the number of pairs. The first few of a window are found by the same
walk, which steps over blocks without any.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

BLOCK: Final = 32


class Timeline:
    """Ends of one kind in order of time.

    Parameters
    ----------
    entries : iterable of (int, int, int)
        Time, amount and number of each end; in any order.
    """

    __slots__ = ("_amounts", "_levels", "_times", "numbers")

    def __init__(self, entries: Iterable[tuple[int, int, int]]) -> None:
        ordered = sorted((time, number, amount) for time, amount, number in entries)
        self._times = [time for time, _, _ in ordered]
        self._amounts = [amount for _, _, amount in ordered]
        self.numbers: Sequence[int] = [number for _, number, _ in ordered]
        self._levels: list[list[list[int]]] = []
        blocks = [sorted(self._amounts[at : at + BLOCK]) for at in range(0, len(ordered) - BLOCK + 1, BLOCK)]
        while blocks:
            self._levels.append(blocks)
            blocks = [sorted(one + other) for one, other in zip(blocks[::2], blocks[1::2], strict=False)]

    def within(self, first: int, last: int) -> range:
        """Return the places of the ends between two times, both included."""
        return range(bisect_left(self._times, first), bisect_right(self._times, last))

    def count(self, first: int, last: int, least: int, most: int | None) -> int:
        """Return how many ends lie between two times and two amounts, all included; ``None``: any more."""
        return sum(found for _, _, found in self._blocks(first, last, least, most))

    def first(self, limit: int, first: int, last: int, least: int, most: int | None) -> list[int]:
        """Return the numbers of the first ends in the window of :meth:`count`, at most `limit`, in order of time."""
        numbers: list[int] = []
        for start, end, _ in self._blocks(first, last, least, most):
            stack = [(start, end)]
            while stack and len(numbers) < limit:
                here, there = stack.pop()
                if there - here > BLOCK:
                    middle = (here + there) // 2
                    stack += [(at, to) for at, to in ((middle, there), (here, middle)) if self._in(at, to, least, most)]
                    continue
                found = (at for at in range(here, there) if _fits(self._amounts[at], least, most))
                numbers += [self.numbers[at] for at in found][: limit - len(numbers)]
            if len(numbers) >= limit:
                break
        return numbers

    def _blocks(self, first: int, last: int, least: int, most: int | None) -> Iterator[tuple[int, int, int]]:
        """Yield the blocks of a window that hold ends of those amounts, in order of time, and how many each holds."""
        window = self.within(first, last)
        start, end = window.start, window.stop
        while start < end:
            size = BLOCK
            while start % (2 * size) == 0 and start + 2 * size <= end:
                size *= 2
            if start % BLOCK or start + BLOCK > end:
                size = min(end, start - start % BLOCK + BLOCK) - start
            if found := self._in(start, start + size, least, most):
                yield start, start + size, found
            start += size

    def _in(self, start: int, end: int, least: int, most: int | None) -> int:
        """Return how many ends of a block hold such an amount; a block of whole size is bisected."""
        size = end - start
        if size % BLOCK or start % size:
            return sum(1 for amount in self._amounts[start:end] if _fits(amount, least, most))
        held = self._levels[(size // BLOCK).bit_length() - 1][start // size]
        return (len(held) if most is None else bisect_right(held, most)) - bisect_left(held, least)


def _fits(amount: int, least: int, most: int | None) -> bool:
    return least <= amount and (most is None or amount <= most)
