"""Sending one question: again while the fault may pass, within the caller's budget, every try written down."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tracer.bundle.offline import Question
from tracer.bundle.record import Answer, Record, outcome_of
from tracer.errors import TracerError
from tracer.io import plain, sha256_of
from tracer.net import (
    LONGEST_WAIT_S,
    Budget,
    Check,
    Http,
    OverBudgetError,
    Pause,
    PermanentError,
    Place,
    Received,
    Reply,
    ReplyFault,
    Request,
    RetryableError,
    SplitRequest,
    Stopped,
    back_off,
    holds_key,
    host_of,
    redact,
    weight,
)

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Sent:
    """What sending one question gave.

    Attributes
    ----------
    tries : list of tuple of Record and bytes
        Every call that was answered or failed, with its body where that is an answer.
    value : Any
        What the check read, where there is no fault.
    fault : TracerError or None
        What to raise.
    """

    tries: list[tuple[Record, bytes]] = field(default_factory=list)
    value: Any = None
    fault: TracerError | None = None


class Sender:
    """Sends questions; what comes of them is for its caller to remember. Used by several threads.

    While `patient` is false, questions are sent once: the provider has not answered for long.

    Parameters
    ----------
    http : Http
        The way out.
    budget : Budget
        Calls allowed.
    now : callable
        Gives the time of a record.
    chance : random.Random
        Of the waits between tries.
    """

    def __init__(self, http: Http, budget: Budget, now: Callable[[], str], chance: random.Random) -> None:
        self._http, self._budget, self._now, self._chance = http, budget, now, chance
        self.patient = True

    def send(self, question: Question[T], pause: Pause, place: Place) -> Sent:
        """Send one question, again where the fault may pass. The first call was counted by who asks.

        What comes back is held in the place, which is left by who asks once it is kept.
        """
        query, request_of, check = question
        request = request_of()
        host = host_of(request.url)
        tries = self._http.settings(request.url).retries + 1 if self.patient else 1
        sent = Sent()
        for attempt in range(1, tries + 1):
            try:
                if attempt > 1:
                    self._budget.spend()
                answer, body, sent.value, after, lasting = self._try(request, check, pause, place)
            except (OverBudgetError, Stopped) as fault:
                sent.fault = fault
                return sent
            sent.tries.append((Record(query, host, self._now(), attempt, answer), body))
            sent.fault = answer.fault()
            if answer.definitive:
                self._http.praise(request.url)
                return sent
            if lasting and attempt > 1:
                return sent
            if attempt < tries:
                pause.wait(0)  # where it was broken off meanwhile, nothing is asked again, and nothing said of it
                sooner = answer.reason != "rate_limited"
                seconds = min(after or back_off(attempt, self._chance, sooner=sooner), LONGEST_WAIT_S)
                said = sent.fault.what if sent.fault is not None else f"{host} did not answer."
                # Said while it waits: half a minute of silence looks like a program that hangs.
                _LOG.warning("%s Asked again in %d s (try %d of %d).", said, max(1, seconds), attempt + 1, tries)
                self._wait(request.url, answer, seconds, pause)
        return sent

    def _wait(self, url: str, answer: Answer, seconds: float, pause: Pause) -> None:
        if answer.reason == "rate_limited":
            self._http.complain(url, seconds)  # the next call to the host, whoever's, waits for it
        else:
            pause.wait(seconds)

    def _try(
        self, request: Request, check: Check[T], pause: Pause, place: Place
    ) -> tuple[Answer, bytes, T | None, float | None, bool]:
        """Send one call; return what the ledger holds of it, the body, the answer, the wait asked for, if it lasts."""
        got: Received | None = None
        try:
            got = self._http.send(request, pause, place)
            if holds_key(got.reply.body):
                raise PermanentError(
                    f"The reply of {host_of(request.url)} repeats the key, and is not kept.",
                    why="What a bundle holds is published; a key in it would be too.",
                    reason="inconsistent",
                )
            place.need(weight(got.reply.body))
            value = _checked(got, check)
        except OverBudgetError:
            raise
        except ReplyFault as caught:
            fault = caught
        except TracerError as error:
            _clean(error)
            raise
        else:
            reply = got.reply
            kept = Answer("ok", reply.status, reply.content_type, sha256_of(reply.body), len(reply.body))
            return kept, reply.body, value, None, False
        place.leave()
        _clean(fault)
        status, kind = (got.reply.status, got.reply.content_type) if got else (None, "")
        after = fault.after if isinstance(fault, RetryableError) else None
        if after is None and got is not None:
            after = got.after
        lasting = isinstance(fault, RetryableError) and fault.lasting
        return outcome_of(fault, status, kind), b"", None, after, lasting


def _checked(got: Received, check: Check[T]) -> T:
    """Return what the check reads in a reply; server errors and rate limits pass, whatever their body says.

    One thing a body may say with a server error: that too much was asked for.
    """
    reply = got.reply
    if reply.status == 429:
        raise RetryableError(
            "The provider says that it was asked too often (429).", after=got.after, reason="rate_limited"
        )
    if reply.status < 500 and reply.status not in (408, 425):
        return check(reply)
    large = _too_large(reply, check)
    if large is not None:
        raise large
    raise RetryableError(f"The provider failed with HTTP status {reply.status}.", after=got.after)


def _too_large(reply: Reply, check: Check[T]) -> SplitRequest | None:
    if not reply.content_type.endswith("json"):
        return None
    try:
        check(reply)
    except SplitRequest as fault:
        return fault
    except (TracerError, LookupError, TypeError, ValueError, AttributeError):
        return None  # a balancer's own JSON need not have the form of the endpoint
    return None


def _clean(error: TracerError) -> None:
    """Take keys, control characters and excess length out of an error's text, which may quote a reply."""
    error.what, error.why, error.next_step = (
        plain(redact(text))[:600] for text in (error.what, error.why, error.next_step)
    )
    error.args = (error.what,)
