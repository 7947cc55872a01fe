"""Parts of a history that were asked for ahead, kept until the history is put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, TypeVar

Part = TypeVar("Part")


class Parts:
    """What parts of histories are, as far as they were asked for ahead; each is taken out once."""

    def __init__(self) -> None:
        self._held: dict[Hashable, Any] = {}

    def asking(self, key: Hashable, ask: Callable[[], object]) -> Callable[[], object]:
        """Return what asks for a part ahead; used by several threads, each for parts of its own."""
        return partial(self._ask, key, ask)

    def take(self, key: Hashable, ask: Callable[[], Part]) -> Part:
        """Return a part: the one that was asked for ahead, which goes, or else that of now."""
        if key in self._held:
            found: Part = self._held.pop(key)
            return found
        return ask()

    def _ask(self, key: Hashable, ask: Callable[[], object]) -> None:
        self._held[key] = ask()
