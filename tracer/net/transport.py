"""The one road to the outside: every question is answered from the bundle, or sent once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tracer.net.query import Query, Reply, Request

T = TypeVar("T")
Check = Callable[[Reply], T]
"""Reads a reply and gives the answer; raises RetryableError, SplitRequest or PermanentError where it is none. Pure."""


class CachedTransport(Protocol):
    """Asks questions, live or from a bundle; the same answers either way.

    Attributes
    ----------
    offline : bool
        Whether only the bundle answers.
    """

    @property
    def offline(self) -> bool:
        """Whether only the bundle answers."""

    def ask(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the checked answer to one question.

        Parameters
        ----------
        query : Query
            What is asked; its key is looked up in the bundle first.
        request : callable
            Builds what is sent; only called when something is sent, so that keys are not needed offline.
        check : callable
            Reads the reply. What it raises as SplitRequest or PermanentError is remembered and raised again on replay.

        Raises
        ------
        SplitRequest, PermanentError
            As `check` says, now or at the first asking.
        RetryableError
            If the fault did not pass within the retries allowed.
        NotHeld
            Offline, and the bundle does not hold the answer.
        """

    def ask_all(self, questions: Sequence[tuple[Query, Callable[[], Request], Check[T]]]) -> list[T]:
        """Return the answers of several questions in their order, asked side by side within the host's limits."""
