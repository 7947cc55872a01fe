"""A question to a provider, how it is sent, and what an answer may be other than an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.errors import SourceError
from tracer.io import sha256_of
from tracer.model import ChainId

CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
"""Writes equal records alike. Made once: each question is written several times."""
DENIED: Final = "denied"
"""Reason of a refusal of whoever asks: a bad key. It ends a fetch, since whatever comes next would be refused too."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question, without host or key: what the bundle remembers an answer by.

    Attributes
    ----------
    source : str
        Name of the source, as in the registry.
    chain : ChainId
        CAIP-2 id.
    endpoint : str
        What is asked: a JSON-RPC method, ``account/txlist``, ``/tx/:txid/outspends``.
    params : mapping of str to JSON value
        Everything that changes the answer, never a key. Integers stay integers.
    head : str
        Hash of the block the answer is only good for, where it speaks of blocks that can still be reorganised, or of
        "now"; empty where the answer is final.
    """

    source: str
    chain: ChainId
    endpoint: str
    params: Mapping[str, Any] = field(default_factory=dict)
    head: str = ""
    _key: str = field(default="", init=False, repr=False, compare=False)

    def text(self) -> str:
        """Return the question as canonical JSON."""
        record = {
            "source": self.source,
            "chain": self.chain,
            "endpoint": self.endpoint,
            "params": dict(self.params),
            "head": self.head,
        }
        return CANONICAL.encode(record)

    @property
    def key(self) -> str:
        """SHA-256 of :meth:`text`: equal questions have equal keys."""
        if not self._key:  # asked for at every step of a question
            object.__setattr__(self, "_key", sha256_of(self.text().encode()))
        return self._key


@dataclass(frozen=True, slots=True)
class Request:
    """How a question is sent.

    Attributes
    ----------
    method : str
        ``GET`` or ``POST``.
    url : str
        Whole URL without keys in it, except where a node's own URL is one; it is never written anywhere.
    params : mapping of str to str
        Query string.
    headers : mapping of str to str
        Header fields, keys among them; never written anywhere.
    body : bytes
        Empty for GET.
    """

    method: str
    url: str = field(repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes
    ----------
    status : int
        HTTP status.
    content_type : str
        Media type without parameters, lower case.
    body : bytes
        Decoded body, whole.
    """

    status: int
    content_type: str
    body: bytes


class ReplyFault(SourceError):  # noqa: N818 (a reply, not a mistake of ours)
    """A reply that is no answer. Raised by the `check` of a question; caught by the exchange."""


class RetryableError(ReplyFault):
    """A passing fault: rate limit, server error, time-out, truncated or foreign body. The exchange asks again.

    Parameters
    ----------
    what : str
        What came back, in words.
    after : float, optional
        Seconds the provider asks to wait.
    reason : str
        Reason of :data:`tracer.model.coverage.REASONS` if it never passes: ``error`` or ``rate_limited``.
    lasting : bool
        Whether it passes at once or not for long, so that asking once more is enough.
    """

    def __init__(self, what: str, *, after: float | None = None, reason: str = "error", lasting: bool = False) -> None:
        super().__init__(what, why="The provider did not answer.", next_step="Run the same command again later.")
        self.after, self.reason, self.lasting = after, reason, lasting


class SplitRequest(ReplyFault):
    """The provider will not answer so much at once; ask for less. Remembered, so that a replay splits likewise."""


class PermanentError(ReplyFault):
    """The provider will not answer this at all: bad key, unknown method, no archive state. Remembered.

    Parameters
    ----------
    what : str
        What came back, in words.
    reason : str
        Reason of :data:`tracer.model.coverage.REASONS`, or :data:`DENIED`.
    """

    def __init__(self, what: str, *, why: str = "", next_step: str = "", reason: str = "error") -> None:
        super().__init__(what, why=why, next_step=next_step)
        self.reason = reason


class NotHeld(SourceError):  # noqa: N818 (it says what is the case)
    """Offline, and the bundle does not hold the answer; the question is named."""
