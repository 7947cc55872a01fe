"""The search for reference cycles while a collection runs: seldom, since it walks all that is held each time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_YOUNG: Final = 200_000
"""Records made between two searches of the youngest: a few seconds of reading."""
_OLDER: Final = 100
"""Searches of the younger between two of those that were left over."""


@contextmanager
def seldom_searched() -> Iterator[None]:
    """Search for reference cycles seldom inside the block: what a collection holds makes none, and grows all the time.

    Not never: what goes wrong on the network leaves some, and a collection may run for days.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _YOUNG), *(max(one, _OLDER) for one in before[1:]))
    try:
        yield
    finally:
        gc.set_threshold(*before)
