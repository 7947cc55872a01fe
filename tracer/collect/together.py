"""Holders of sources that take many in one question are read together, before the loop asks for each.

Who is asked for together follows from the seeds, the labels and what was read, as everything in the loop does: so
whoever derives a bundle again asks the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tracer.collect.reader import Reader
from tracer.model import ChainId, Holder
from tracer.providers import Bulk


class Together:
    """What one run of the loop has asked for together.

    Parameters
    ----------
    reader : Reader
        Keeps the answers, so that the loop finds them.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asked: set[Holder] = set()

    def new(self, holders: Iterable[Holder]) -> list[Holder]:
        """Return those of some holders that a source takes together and that this run has not asked for."""
        sources = self._reader.sources
        return [one for one in holders if isinstance(sources.get(one[0]), Bulk) and one not in self._asked]

    def read(
        self, holders: Iterable[Holder], since: Callable[[ChainId], int], is_read: Callable[[ChainId, str], bool]
    ) -> None:
        """Read those of some holders together that a source takes together, and that this run has not asked for.

        Parameters
        ----------
        holders : iterable of Holder
            Who is read sooner or later.
        since : callable
            First block of the window of a chain.
        is_read : callable
            Whether a holder is worth reading; asked once of each.
        """
        new: dict[ChainId, list[str]] = {}
        for chain, holder in self.new(holders):
            self._asked.add((chain, holder))
            if is_read(chain, holder):
                new.setdefault(chain, []).append(holder)
        for chain, named in sorted(new.items()):
            self._reader.read_together(chain, sorted(named), since(chain))
