"""Windows of blocks: what can no longer be reorganised is asked once for all, the rest for the pinned head only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracer.errors import InputError
from tracer.model import ChainId, Collected, Coverage
from tracer.providers.provider import Head, History


@dataclass(frozen=True, slots=True)
class Window:
    """Blocks that are asked about together.

    Attributes
    ----------
    low, high : int
        First and last height.
    head : str
        Hash of the pinned head where the blocks may still be reorganised; else empty.
    """

    low: int
    high: int
    head: str = ""

    @property
    def unconfirmed_from(self) -> int | None:
        """First height that was not final when it was read."""
        return self.low if self.head else None

    def gap(
        self,
        chain: ChainId,
        subject: str,
        source: str,
        endpoint: str,
        reason: str = "ok",
        detail: str = "",
        rows: int = 0,
    ) -> Coverage:
        """Return the coverage entry of a question about this window, complete where the reason is ``ok``."""
        return Coverage(
            chain,
            subject,
            source,
            endpoint,
            self.low,
            self.high,
            reason == "ok",
            reason,
            detail,
            rows,
            unconfirmed_from=self.unconfirmed_from,
        )


def windows_of(head: Head, since: int, until: int) -> list[Window]:
    """Return the windows of a range of blocks that ends at the pinned head at the latest.

    Raises
    ------
    InputError
        If the range is inverted: nodes answer it with nothing, which would look like an empty history.
    """
    if since < 0 or until < since:
        raise InputError(f"The blocks {since} to {until} are no range.", why="The first must not be after the last.")
    until, windows = min(until, head.latest.number), []
    if since <= min(until, head.final.number):
        windows.append(Window(since, min(until, head.final.number)))
    if until > head.final.number and until >= since:
        windows.append(Window(max(since, head.final.number + 1), until, head.latest.hash))
    return windows


def joined(rows: Iterable[Collected], coverage: Iterable[Coverage]) -> History:
    """Return a history of rows in chain order; rows that the chain gives one key stand once."""
    keyed: dict[str, Collected] = {}
    unkeyed: list[Collected] = []
    for row in rows:
        if row.id:
            keyed.setdefault(row.id, row)
        else:
            unkeyed.append(row)
    ordered = sorted([*keyed.values(), *unkeyed], key=Collected.order)
    return History(tuple(ordered), (), tuple(coverage))
