"""Room for replies in memory: so many bytes, with what is parsed of them, however many calls are under way.

Theory of operation. A call has room from when its reply turns out to be no small one until it was understood and
written down. Each asks for more as its body comes in, and holds what it has; if all waited for each other's, none would
go on. So whoever has had room for longest gets what it asks for, whatever the others have: the most in memory is the
room and one largest reply.
"""

from __future__ import annotations

import threading
from typing import Final

from tracer.net.query import SplitRequest

SMALL: Final = 1 << 18
"""Bytes of a body up to which none are counted while it comes in."""
ROOM: Final = 384 << 20
"""Bytes of all replies that are in memory at one time."""
MOST: Final = 1 << 30
"""No reply is understood that takes more, with what is parsed of it."""


def weight(body: bytes) -> int:
    """Return about how many bytes a JSON text takes with what is parsed of it: as many as its values take at least.

    A text of two bytes a value can take fifty times its length.

    Examples
    --------
    >>> weight(b'{"a":[1,2]}') < 1_000 < weight(b"[]," * 10)
    True
    """
    return 3 * len(body) + 64 * body.count(b",") + 96 * body.count(b"[") + 232 * body.count(b"{")


class Room:
    """The room that the calls of one client share.

    Parameters
    ----------
    size : int
        Bytes.

    Attributes
    ----------
    used : int
        Bytes that are held now.
    """

    def __init__(self, size: int = ROOM) -> None:
        self.size, self.used = size, 0
        self._changed = threading.Condition()
        self._holders: dict[Place, None] = {}

    def place(self) -> Place:
        """Return the place of one call, which holds nothing yet."""
        return Place(self)

    def take(self, place: Place, more: int) -> None:
        """Wait until there is room for so many bytes more, and hold it."""
        with self._changed:
            self._holders.setdefault(place)
            self._changed.wait_for(lambda: self.used + more <= self.size or next(iter(self._holders)) is place)
            self.used += more

    def give(self, place: Place, held: int) -> None:
        """Let others have what a place held."""
        with self._changed:
            self._holders.pop(place, None)
            self.used -= held
            self._changed.notify_all()


class Place:
    """What one call holds of the room; nothing is left of it at the end of the block.

    Parameters
    ----------
    room : Room
        Of which it is a part.
    """

    def __init__(self, room: Room) -> None:
        self._room, self._held = room, 0

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def need(self, size: int) -> None:
        """Wait for room for so many bytes in all; what is small has it.

        Raises
        ------
        SplitRequest
            If no reply may take as many.
        """
        if size > MOST:
            raise SplitRequest(
                f"A reply would take about {size >> 20} MiB of memory once it was read.",
                why="Larger ones are not read, so that none can fill the memory.",
                next_step="Ask for less at once.",
            )
        if size > max(SMALL, self._held):
            self._room.take(self, size - self._held)
            self._held = size

    def leave(self) -> None:
        """Let others have it."""
        if self._held:
            self._room.give(self, self._held)
            self._held = 0
