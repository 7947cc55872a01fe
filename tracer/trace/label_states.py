"""What a holder is while labels hold: whether it absorbs, why and by which label; its segments (method lb-time)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tracer.model import (
    CATEGORIES,
    DECODED_THROUGH,
    Label,
)
from tracer.registry import holds_at, interval_of

SEGMENT: Final = "~"
"""Stands between a holder and the number of its segment, from the second on."""

_ORDER: Final = ("frozen", "burn", "government", "custodian", "exchange_deposit", "exchange", "mixer", "bridge")


class State(NamedTuple):
    """What a holder is while it is one segment.

    Attributes
    ----------
    reason : str
        Stop reason; empty where it is followed.
    label : Label or None
        The label behind it.
    """

    reason: str
    label: Label | None


FOLLOWED: Final = State("", None)


class Names:
    """The segments of one holder: from which time it has which name and is in which state."""

    def __init__(self, holder: str, spans: Sequence[tuple[int | None, State]]) -> None:
        self._begins = [time for time, _ in spans[1:] if time is not None]
        self._states = [state for _, state in spans]
        self._names = [holder, *(f"{holder}{SEGMENT}{number}" for number in range(2, len(spans) + 1))]

    @property
    def moves(self) -> bool:
        """Whether the holder is several in turn."""
        return len(self._names) > 1

    def at(self, time: int) -> str:
        """Return the name at a time."""
        return self._names[bisect_right(self._begins, time)]

    def states(self) -> Iterator[tuple[str, State]]:
        """Return each segment with its state."""
        return zip(self._names, self._states, strict=True)

    def changes(self) -> Iterator[tuple[int, str, str]]:
        """Yield when one segment follows another: the time, its name before and after."""
        pairs = zip(self._names, self._names[1:], strict=False)
        return ((begin, *pair) for begin, pair in zip(self._begins, pairs, strict=True))

    def last(self) -> tuple[str, State]:
        """Return the last segment and its state."""
        return self._names[-1], self._states[-1]


def _state(labels: Sequence[Label]) -> State:
    """Return the state that the labels in force make: the printed reason goes by category, then by who speaks."""
    if not labels:
        return FOLLOWED
    first = min(labels, key=_precedence)
    else_why = "contract" if first.category in DECODED_THROUGH else "service"
    return State(CATEGORIES[first.category].stop_reason or else_why, first)


def _means(state: State) -> tuple[str, str, str]:
    """Return what makes a state another one: why it absorbs, and who does; two services in turn are two holders."""
    return state.reason, *((state.label.entity, state.label.category) if state.label else ("", ""))


def _precedence(label: Label) -> tuple[int, str, int, str, str, str]:
    category = _ORDER.index(label.category) if label.category in _ORDER else len(_ORDER)
    begin = interval_of(label)[0]
    return category, label.rank or "~", -(begin or 0), label.publisher, label.category, label.label


def _spans(labels: Sequence[Label], end: int | None) -> list[tuple[int | None, State]]:
    """Return from when on the holder is in which state; the first from always, each different from the one before."""
    points = sorted(
        {
            point
            for label in labels
            for point in interval_of(label)
            if point is not None and (end is None or point <= end)
        }
    )
    found: list[tuple[int | None, State]] = [(None, _state([x for x in labels if interval_of(x)[0] is None]))]
    for point in points:
        state = _state([label for label in labels if holds_at(label, point)])
        if _means(state) != _means(found[-1][1]):
            found.append((point, state))
    return found


def segments_of(holder: str, labels: Sequence[Label], times: Sequence[int], end: int | None, *, opened: bool) -> Names:
    """Return the segments that a holder has: from its first event, or from the start if it held something."""
    if end is None:
        return Names(holder, [(None, _state(labels))])
    spans = _spans(labels, end)
    first = 0 if opened or not times else bisect_right([time or 0 for time, _ in spans[1:]], times[0])
    return Names(holder, spans[first:])
