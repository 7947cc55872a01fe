"""An exchange for tests: replies written beforehand, every question and every request recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracer.net.query import NotHeld, Query, Reply, Request, RetryableError
from tracer.net.transport import Check, T

Script = Callable[[Query], "Reply | bytes | str | Any"]
"""Gives the reply to a question: a reply, or a body (bytes, text, or anything JSON can hold)."""


def as_reply(body: Any, status: int = 200) -> Reply:
    """Return a reply: bytes and text as they are (text/plain), anything else as JSON."""
    if isinstance(body, Reply):
        return body
    if isinstance(body, bytes):
        return Reply(status, "application/json", body)
    if isinstance(body, str):
        return Reply(status, "text/plain", body.encode())
    return Reply(status, "application/json", json.dumps(body).encode())


@dataclass
class ScriptedExchange:
    """Answers from a script as a real exchange does: a question answered once is not sent again.

    `script` maps ``endpoint`` or ``endpoint`` + canonical JSON of the parameters (see :meth:`say`) to a body, a
    reply, a function of the query, or :class:`Turns` of those. What `check`
    raises as TryAgain is asked again up to `retries` times.
    """

    script: dict[str, Any] = field(default_factory=dict)
    retries: int = 2
    offline: bool = False
    asked: list[Query] = field(default_factory=list)
    sent: list[Request] = field(default_factory=list)
    held: dict[str, Reply] = field(default_factory=dict)

    def say(self, endpoint: str, params: Mapping[str, Any] | None, body: Any, status: int = 200) -> None:
        """Write the reply to a question; `params` of ``None`` means whatever they are."""
        if status != 200:
            body = as_reply(body, status)
        self.script[endpoint if params is None else _name(endpoint, params)] = body

    def ask(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the checked answer to one question."""
        self.asked.append(query)
        if query.key in self.held:
            return check(self.held[query.key])
        if self.offline:
            raise NotHeld(f"Not held: {query.endpoint} {dict(query.params)}")
        for attempt in range(self.retries + 1):
            self.sent.append(request())
            reply = self._reply(query)
            try:
                answer = check(reply)
            except RetryableError:
                if attempt == self.retries:
                    raise
                continue
            self.held[query.key] = reply
            return answer
        raise AssertionError("a question has at least one attempt")

    def ask_all(self, questions: Sequence[tuple[Query, Callable[[], Request], Check[T]]]) -> list[T]:
        """Return the answers of several questions in their order."""
        return [self.ask(*question) for question in questions]

    def _reply(self, query: Query) -> Reply:
        for name in (_name(query.endpoint, query.params), query.endpoint):
            if name in self.script:
                said = self.script[name]
                if isinstance(said, Turns):
                    said = said.next()
                return as_reply(said(query) if callable(said) else said)
        raise AssertionError(f"The script has no reply to {query.endpoint} {dict(query.params)}")


class Turns:
    """Bodies given one after another; the last one stays."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = list(bodies)

    def next(self) -> Any:
        return self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]


def _name(endpoint: str, params: Mapping[str, Any]) -> str:
    return f"{endpoint} {json.dumps(dict(params), sort_keys=True)}"
