"""Ways in which a provider fails, one object each, and when each of them strikes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as the server got it.

    Attributes
    ----------
    service : str
        ``etherscan``, ``blockscout``, ``rpc`` or ``esplora``.
    method, path : str
        HTTP method; path without the query string.
    endpoint : str
        ``account/txlist``, a JSON-RPC method (several joined by commas), ``/tx/:txid/outspends``.
    params : mapping
        Query string; for ``rpc`` the parsed body under ``calls``.
    headers : mapping of str to str
        Lower-case names.
    body : bytes
        As it came.
    """

    service: str
    method: str
    path: str
    endpoint: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is sent back.

    Attributes
    ----------
    body : bytes
        As sent.
    status : int
        HTTP status.
    content_type : str
        Header of that name.
    headers : mapping of str to str
        Further ones.
    wait : float
        Seconds before the body is sent.
    missing : int
        Bytes that the length promises and the body does not have.
    hang_up : bool
        The connection is closed without any reply.
    """

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    missing: int = 0
    hang_up: bool = False


Change = Callable[[Answer], Answer]


@dataclass
class Fault:
    """A change to answers.

    Attributes
    ----------
    change : callable
        From the true answer to what is sent.
    when : callable
        Which requests it may strike.
    every, skip : int
        Of those, every n-th after the first `skip`.
    times : int or None
        How often it strikes; ``None``: always.
    """

    change: Change
    when: Callable[[Asked], bool] = lambda asked: True
    every: int = 1
    skip: int = 0
    times: int | None = None
    seen: int = 0
    struck: int = 0

    def strikes(self, asked: Asked) -> bool:
        """Return whether this request is struck, and remember it."""
        if not self.when(asked):
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.seen - self.skip) % self.every or self.struck == self.times:
            return False
        self.struck += 1
        return True


class FaultPlan:
    """The faults of a server; several may strike one answer, in the order they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Add a fault and return it, so that a test can see how often it struck."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()

    @contextmanager
    def during(self, *faults: Fault) -> Iterator[None]:
        """Have faults for a while."""
        for fault in faults:
            self.add(fault)
        try:
            yield
        finally:
            with self._lock:
                self._faults = [one for one in self._faults if not any(one is fault for fault in faults)]

    def apply(self, asked: Asked, answer: Answer) -> Answer:
        """Return what is sent instead of the true answer."""
        with self._lock:
            striking = [fault for fault in self._faults if fault.strikes(asked)]
        for fault in striking:
            answer = fault.change(answer)
        return answer


def to(service: str = "", endpoint: str = "") -> Callable[[Asked], bool]:
    """Return a predicate: requests to a service and an endpoint, any where empty."""
    return lambda asked: service in ("", asked.service) and endpoint in ("", asked.endpoint)


def rate_limit(retry_after: str | None = None, **when: Any) -> Fault:
    """Answer HTTP 429, with or without ``Retry-After``."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(lambda answer: Answer(b"Too Many Requests", 429, "text/plain", headers), **when)


def server_error(status: int = 500, **when: Any) -> Fault:
    """Answer a server error."""
    return Fault(lambda answer: Answer(b"Internal Server Error", status, "text/plain"), **when)


def cut_short(**when: Any) -> Fault:
    """Send half of the body with a length that fits it: the JSON does not end."""
    return Fault(lambda answer: changed(answer, body=answer.body[: max(1, len(answer.body) // 2)]), **when)


def broken_off(**when: Any) -> Fault:
    """Promise the whole body, send half and close."""
    return Fault(
        lambda answer: changed(
            answer, body=answer.body[: len(answer.body) // 2], missing=len(answer.body) - len(answer.body) // 2
        ),
        **when,
    )


def hang_up(**when: Any) -> Fault:
    """Close the connection without a reply."""
    return Fault(lambda answer: changed(answer, hang_up=True), **when)


def html_page(status: int = 200, **when: Any) -> Fault:
    """Send a web page, as gateways do."""
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>checking</body></html>"
    return Fault(lambda answer: Answer(page, status, "text/html; charset=utf-8"), **when)


def slow(seconds: float, **when: Any) -> Fault:
    """Wait before the body."""
    return Fault(lambda answer: changed(answer, wait=seconds), **when)


def content_type(name: str, **when: Any) -> Fault:
    """Send the true body under another media type."""
    return Fault(lambda answer: changed(answer, content_type=name), **when)


def says(body: bytes | str, status: int = 200, **when: Any) -> Fault:
    """Send another body."""
    sent = body.encode() if isinstance(body, str) else body
    return Fault(lambda answer: changed(answer, body=sent, status=status), **when)


def not_ok_reply(text: str, **when: Any) -> Fault:
    """Send a refusal in an account explorer's envelope, HTTP 200."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return says(f'{{"status":"0","message":"NOTOK","result":"{quoted}"}}', **when)


def altered(change: Callable[[bytes], bytes], **when: Any) -> Fault:
    """Send the true body, altered by a function."""
    return Fault(lambda answer: changed(answer, body=change(answer.body)), **when)


def changed(answer: Answer, **fields: Any) -> Answer:
    """Return an answer with some fields replaced."""
    return Answer(**{**{name: getattr(answer, name) for name in Answer.__dataclass_fields__}, **fields})
