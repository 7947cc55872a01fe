"""Room for large replies: few of them in memory at a time, however many calls are under way."""

from __future__ import annotations

import threading
from typing import Final

LARGE: Final = 4 << 20
"""Bytes of a body beyond which it takes one of the places for large ones."""
LARGE_AT_ONCE: Final = 2
"""Large bodies that are read and understood at one time: each may be as large as its host's settings allow, and what is
parsed of it several times that; 64 calls under way would be more than a machine has."""


class Place:
    """A place among the large replies, taken only by a reply that turns out to be one; left at the end of the block.

    Parameters
    ----------
    free : threading.Semaphore
        The places there are.
    """

    def __init__(self, free: threading.Semaphore) -> None:
        self._free, self._taken = free, False

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def take(self) -> None:
        """Wait for a place, once."""
        if not self._taken:
            self._free.acquire()
            self._taken = True

    def leave(self) -> None:
        """Let another have it."""
        if self._taken:
            self._taken = False
            self._free.release()
