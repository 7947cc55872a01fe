"""All that reading a holder asks, as tasks that lead to each other: so that a late reply holds up that holder alone.

First whether it stops; then the parts of each window of its history side by side; then the windows; then every
transaction in which it gives one thing and receives another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial

from tracer.collect.ahead import Task
from tracer.collect.reader import Reader
from tracer.model import Holder
from tracer.providers import History


class HolderAhead:
    """One holder that is read ahead.

    Parameters
    ----------
    reader : Reader
        Keeps the answers.
    place : int
        Of the holder among those read side by side.
    holder : tuple of ChainId and str
        Who.
    since : callable
        First block of its window.
    stops : callable
        Whether it is not worth reading, so that nothing further is asked.
    conversions : callable
        Transactions of its history that are read whole.
    claimed : dict
        Transactions that any of those read side by side asks for, by who does; shared by all of them.
    """

    def __init__(
        self,
        reader: Reader,
        place: int,
        holder: Holder,
        *,
        since: int,
        stops: Callable[[], object],
        conversions: Callable[[History], Iterable[str]],
        claimed: dict[Holder, HolderAhead],
    ) -> None:
        self._reader, self._place, self._holder, self._since = reader, place, holder, since
        self._stops, self._conversions, self._claimed = stops, conversions, claimed
        self._counting = threading.Lock()

    def task(self) -> Task:
        """Return the first task."""
        return Task((self._place,), self._begin)

    def _begin(self) -> Iterable[Task]:
        if self._stops():
            return ()
        chain, holder = self._holder
        windows = self._reader.windows(chain, self._since)
        left = _Left(len(windows), self._counting)
        tasks: list[Task] = []
        for number, window in enumerate(windows):
            parts = self._reader.parts(chain, holder, *window)
            missing = _Left(len(parts), self._counting)
            read = Task((self._place, number, len(parts)), partial(self._read, window, left))
            tasks += [
                Task((self._place, number, index), partial(self._ask_part, part, missing, read))
                for index, part in enumerate(parts)
            ] or [read]
        return tasks

    @staticmethod
    def _ask_part(part: Callable[[], object], missing: _Left, read: Task) -> Iterable[Task]:
        part()
        return (read,) if missing.is_last() else ()

    def _read(self, window: tuple[int, int], left: _Left) -> Iterable[Task]:
        chain, holder = self._holder
        self._reader.window(chain, holder, *window)
        if not left.is_last():
            return ()
        history = self._reader.history(chain, holder, self._since)
        # Of those who need the same transaction one asks; the table of claims decides that at once for all threads.
        mine = [tx for tx in self._conversions(history) if self._claimed.setdefault((chain, tx), self) is self]
        windows = len(self._reader.windows(chain, self._since))
        return [
            Task((self._place, windows, index), partial(self._ask_transaction, tx)) for index, tx in enumerate(mine)
        ]

    def _ask_transaction(self, tx: str) -> Iterable[Task]:
        self._reader.transaction(self._holder[0], tx)
        return ()


class _Left:
    """Counts what is still to come."""

    def __init__(self, count: int, counting: threading.Lock) -> None:
        self._count, self._counting = count, counting

    def is_last(self) -> bool:
        """Count one that came; return whether it was the last."""
        with self._counting:
            self._count -= 1
            return not self._count
