"""The time of every event where labels begin and end, and what rows leave open of it (method lb-time)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from tracer.ledger import Ledger, moments_of, several
from tracer.model import (
    ChainId,
    Holder,
    Label,
)
from tracer.registry import interval_of

FOREVER: Final = 1 << 62
"""A time after all others, where no window ends."""


class Clock:
    """The time of every event: the latest on its chain so far, and of a tie its last."""

    def __init__(self, ledger: Ledger | None, end: int = FOREVER) -> None:
        self._events = () if ledger is None else ledger.events
        self.ties = () if ledger is None else ledger.ties
        self._starts = [start for start, _ in self.ties]
        self.times: list[int] = []
        self._untimed: set[int] = set()
        self._open: dict[int, tuple[int, int]] = {}
        latest: dict[ChainId, int] = {}
        for index, (chain, time) in enumerate(moments_of(self._events)):
            if time is None:
                self._untimed.add(index)
            else:
                latest[chain] = max(latest.get(chain, 0), time)
            self.times.append(latest.get(chain, 0))
        for start, stop in self.ties:
            self.times[start:stop] = [self.times[stop - 1]] * (stop - start)
        self._leave_open()
        self._running = list(accumulate(self.times, max))
        self._dated = frozenset(latest)
        self.last = max(latest.values(), default=0)
        self._end = end

    def _leave_open(self) -> None:
        """Put down between which seconds the events happened whose printed time leaves some open."""
        runs = [
            *self.ties,
            *((event.index, event.index + 1) for event in several(self._events) if event.resolution > 1),
        ]
        for start, stop in runs:
            mine = [event for event in self._events[start:stop] if event.time is not None]
            if any(event.resolution > 1 for event in mine):
                first = min(event.time for event in mine if event.time is not None)
                last = max((event.time or 0) + event.resolution - 1 for event in mine)
                for place in range(start, stop):
                    held = self._open.get(place, (first, last))
                    self._open[place] = (min(first, held[0]), max(last, held[1], self.times[place]))

    def end(self, chain: ChainId) -> int | None:
        """Return the time until which labels are looked at; ``None`` on a chain without times."""
        return self._end if chain in self._dated else None

    def leaves_open(self, holder: Holder, places: Sequence[int], label: Label) -> bool:
        """Return whether the rows of a holder leave open at which of them a label with an interval holds."""
        if self.end(holder[0]) is None:
            return True
        # an event without time, or without seconds, stands where the label can have begun or ended
        points = [point for point in interval_of(label) if point is not None]
        spans = [(self.times[place], self._next(place)) for place in places if place in self._untimed]
        spans += [self._open[place] for place in places if place in self._open]
        return any(first < point <= last for first, last in spans for point in points)

    def place(self, mine: Sequence[int], time: int) -> int:
        """Return before which event a holder with events at `mine` is split at a time; never inside a tie."""
        first = next((place for place in mine if self.times[place] >= time), None)
        if first is not None:
            return self._tie(first)[0]
        place = max(bisect_right(self._running, time - 1), mine[-1] + 1 if mine else 0)
        start, stop = self._tie(place)
        return stop if start < place else place

    def _tie(self, place: int) -> tuple[int, int]:
        at = bisect_right(self._starts, place) - 1
        if at >= 0 and place < self.ties[at][1]:
            return self.ties[at]
        return place, place

    def _next(self, place: int) -> int:
        chain = self._events[place].chain
        following = (one.time for one in self._events[place + 1 :] if one.chain == chain and one.time is not None)
        return next(following, self._end)
