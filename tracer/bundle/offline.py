"""Replay: questions answered from a bundle alone, by the same checks that read the replies when they came."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from tracer.bundle.record import Answer
from tracer.bundle.store import Store
from tracer.io import plain
from tracer.net import Check, NotHeld, Query, Reply, Request

T = TypeVar("T")
Question = tuple[Query, Callable[[], Request], Check[T]]
"""What is asked, how it is sent, how the reply is read."""


class OfflineExchange:
    """Answers from a bundle and never sends.

    Parameters
    ----------
    store : Store
        The bundle.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def offline(self) -> bool:
        """Whether only the bundle answers: it does."""
        return True

    def holds(self, source: str) -> bool:
        """Return whether the bundle has a line of a source: else nothing asked of it is held."""
        return source in self._store.sources

    def ask(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the checked answer that the bundle holds.

        Raises
        ------
        SplitRequest, PermanentError, RetryableError
            As at the last asking.
        NotHeld
            If the bundle holds neither an answer nor that there was none.
        SourceError
            If the stored reply is missing or was changed.
        """
        answer = self._store.held(query) or self._store.failed(query)
        if answer is None:
            raise not_held(query)
        return replayed(self._store, answer, check)

    def ask_anew(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the answer that the bundle holds: offline there is no newer one. Raises as :meth:`ask`."""
        return self.ask(query, request, check)

    def ask_all(self, questions: Sequence[Question[T]]) -> list[T]:
        """Return the answers of several questions in their order. Raises as :meth:`ask`."""
        return [self.ask(*question) for question in questions]


def replayed(store: Store, answer: Answer, check: Check[T]) -> T:
    """Return what `check` reads in a stored reply, or raise the fault that is remembered in its place.

    Raises
    ------
    SplitRequest, PermanentError
        If that is what is remembered.
    SourceError
        If the stored reply is missing or was changed.
    """
    fault = answer.fault()
    if fault is not None:
        raise fault
    return check(Reply(answer.status or 200, answer.content_type, store.body(answer)))


def not_held(query: Query) -> NotHeld:
    """Return the error that names a question the bundle does not hold."""
    params = json.dumps(dict(query.params), sort_keys=True, ensure_ascii=True)
    asked = f"{query.endpoint[:80]} of {query.source} on {query.chain} with {params[:300]}"
    return NotHeld(
        plain(f"The bundle does not hold {asked}{' at head ' + query.head[:80] if query.head else ''}."),
        why="This run is offline, and the answer was not collected.",
        next_step="Run `tracer fetch` for the case, or run without --offline.",
    )
