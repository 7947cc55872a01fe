"""One line of the query ledger: what was asked, when, and what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.errors import SourceError
from tracer.model import ChainId
from tracer.net import CANONICAL, LARGEST_REPLY, PermanentError, Query, ReplyFault, RetryableError, SplitRequest

OUTCOMES: Final = ("ok", "too_large", "refused", "try_again")
"""What can come of a question; all but ``try_again`` are definitive."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try of a question; the body of an ``ok`` lies in its own file.

    Attributes
    ----------
    outcome : str
        One of :data:`OUTCOMES`.
    status : int or None
        HTTP status; ``None`` where no reply came.
    content_type : str
        Media type of the reply.
    sha256 : str
        Of the body as decoded; empty unless ``ok``. What is no answer is not kept as data.
    size : int
        Bytes of that body.
    error, why, next_step, reason : str
        The fault in words, as it is raised again on replay; empty where ``ok``.
    """

    outcome: str
    status: int | None = None
    content_type: str = ""
    sha256: str = ""
    size: int = 0
    error: str = ""
    why: str = ""
    next_step: str = ""
    reason: str = ""

    @property
    def definitive(self) -> bool:
        """Whether the question need not be asked again."""
        return self.outcome != "try_again"

    def fault(self) -> ReplyFault | None:
        """Return the error this outcome is raised as; ``None`` where it is an answer."""
        if self.outcome == "ok":
            return None
        if self.outcome == "too_large":
            return SplitRequest(self.error, why=self.why, next_step=self.next_step)
        if self.outcome == "refused":
            return PermanentError(self.error, why=self.why, next_step=self.next_step, reason=self.reason)
        return RetryableError(self.error, reason=self.reason)


@dataclass(frozen=True, slots=True)
class Record:
    """One try of one question, as the ledger holds it.

    Attributes
    ----------
    query : Query
        What was asked.
    host : str
        Name of the host, without port, path or key.
    time : str
        When it was answered, UTC.
    attempt : int or None
        Which try it was, from 1; ``None`` once the bundle is sealed.
    answer : Answer
        What came of it.
    """

    query: Query
    host: str
    time: str
    attempt: int | None
    answer: Answer

    def line(self) -> bytes:
        """Return the record as one line of canonical JSON."""
        query, answer = self.query, self.answer
        record: dict[str, Any] = {
            "bytes": answer.size,
            "chain": query.chain,
            "content_type": answer.content_type,
            "endpoint": query.endpoint,
            "error": answer.error,
            "head": query.head,
            "host": self.host,
            "key": query.key,
            "next_step": answer.next_step,
            "outcome": answer.outcome,
            "params": dict(query.params),
            "reason": answer.reason,
            "sha256": answer.sha256,
            "source": query.source,
            "status": "error" if answer.status is None else answer.status,
            "time": self.time,
            "why": answer.why,
        }
        if self.attempt is not None:
            record["attempt"] = self.attempt
        return CANONICAL.encode(record).encode() + b"\n"


def outcome_of(fault: ReplyFault, status: int | None, content_type: str) -> Answer:
    """Return a fault as what the ledger holds of it."""
    if isinstance(fault, SplitRequest):
        outcome, reason = "too_large", ""
    elif isinstance(fault, PermanentError):
        outcome, reason = "refused", fault.reason
    else:
        outcome, reason = "try_again", fault.reason if isinstance(fault, RetryableError) else "error"
    return Answer(
        outcome,
        status,
        content_type,
        error=fault.what,
        why=fault.why,
        next_step=fault.next_step,
        reason=reason,
    )


def parse_line(line: bytes, number: int) -> Record:
    """Return the record of a ledger line; its key is checked against its question.

    Parameters
    ----------
    line : bytes
        The line.
    number : int
        Which, from 1, for messages.

    Raises
    ------
    SourceError
        If the line is not one that was written here.
    """
    try:
        record = json.loads(line)
        return _record(record)
    except (ValueError, TypeError, KeyError, RecursionError) as cause:
        raise SourceError(
            f"queries.jsonl, line {number}: this is not a record of a question.",
            why="The bundle was changed after it was written, or is not one.",
            next_step="Take the bundle again from where it came from.",
        ) from cause


def _record(record: Any) -> Record:  # noqa: ANN401 (JSON of any form)
    texts = {name: _text(record, name) for name in ("source", "chain", "endpoint", "head", "host", "time", "key")}
    if not isinstance(record["params"], Mapping):
        raise TypeError("params")
    query = Query(
        texts["source"], ChainId(texts["chain"]), texts["endpoint"], dict(record["params"]), head=texts["head"]
    )
    if query.key != texts["key"]:
        raise ValueError("key")
    attempt = record.get("attempt")
    return Record(
        query, texts["host"], texts["time"], None if attempt is None else _count(record, "attempt"), _answer(record)
    )


def _answer(record: Mapping[str, Any]) -> Answer:
    outcome, sha256 = _text(record, "outcome"), _text(record, "sha256")
    if outcome not in OUTCOMES or bool(sha256) != (outcome == "ok") or (sha256 and not _SHA256.fullmatch(sha256)):
        raise ValueError("outcome")
    if _count(record, "bytes") > LARGEST_REPLY:
        raise ValueError("bytes")
    return Answer(
        outcome,
        None if record["status"] == "error" else _count(record, "status"),
        _text(record, "content_type"),
        sha256,
        _count(record, "bytes"),
        _text(record, "error"),
        _text(record, "why"),
        _text(record, "next_step"),
        _text(record, "reason"),
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _count(record: Mapping[str, Any], name: str) -> int:
    value = record[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(name)
    return value
