"""Replies of web services: the fault behind a status or a body, and the answer in one that is sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeVar

from tracer.chains import FaultyReply, Field, nesting
from tracer.io import plain
from tracer.model import ChainId, Coverage
from tracer.net.query import DENIED, PermanentError, Reply, ReplyFault, RetryableError, SplitRequest
from tracer.net.throttle import OverBudgetError
from tracer.net.transport import Check

T = TypeVar("T")
DEEPEST: Final = 500
"""Brackets nested deeper than this are not parsed: the interpreter's own limit would depend on who calls, and where
another library has raised it, depth would overflow the stack."""

_PASSING = (408, 425, 429)
_COMMON_DEPTH: Final = 16
_NO_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))


def reading(parse: Callable[[Field], T], *, exact: bool = False) -> Check[T]:
    """Return a check that reads a JSON reply; a reply that contradicts itself is refused as ``inconsistent``.

    Parameters
    ----------
    parse : callable
        Gives the answer in the parsed body.
    exact : bool
        Whether numbers with a point are wanted, as :class:`decimal.Decimal`; they are never floats that count.
    """

    def check(reply: Reply) -> T:
        refuse_status(reply)
        try:
            return parse(Field(json_of(reply, exact=exact)))
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault

    return check


def text_reading(parse: Callable[[str], T]) -> Check[T]:
    """Return a check that reads a reply of plain text."""

    def check(reply: Reply) -> T:
        refuse_status(reply)
        try:
            return parse(reply.body.decode("ascii", "replace").strip())
        except FaultyReply as fault:
            raise RetryableError(fault.what) from fault

    return check


def json_of(reply: Reply, *, exact: bool = False) -> Any:  # noqa: ANN401 (JSON is of any type)
    """Return the parsed body; whatever is not whole JSON did not come from the service asked.

    Raises
    ------
    RetryableError
        If the body is not JSON, is cut off, or is nested deeper than any answer.
    """
    if too_deep(reply.body):
        raise RetryableError(f"A reply that is nested more than {DEEPEST} deep: {shown(reply.body)}")
    try:
        return json.loads(reply.body, parse_float=_exact if exact else float, parse_constant=_no_number)
    except (ValueError, RecursionError) as cause:
        raise RetryableError(f"A reply that is not JSON: {shown(reply.body)}") from cause


def too_deep(body: bytes) -> bool:
    """Return whether the brackets of a JSON text are nested deeper than :data:`DEEPEST`."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    left, before = body.translate(None, _NO_BRACKETS), b""
    for _ in range(_COMMON_DEPTH):
        left, before = left.replace(b"[]", b"").replace(b"{}", b""), left
        if left == before:
            break
    # What pairs have not used up by then is deep, cut off, or stands in a text: the slow count tells.
    return bool(left) and nesting(body) > DEEPEST


def refuse_status(reply: Reply) -> None:
    """Raise what a status other than 200 says.

    Raises
    ------
    RetryableError
        For too many requests, a time-out or a server error.
    PermanentError
        For anything else that is not 200.
    """
    if reply.status == 200:
        return
    what = f"The reply has status {reply.status}: {shown(reply.body)}"
    if reply.status == 429:
        raise RetryableError(what, reason="rate_limited")
    if reply.status in _PASSING or reply.status >= 500:
        raise RetryableError(what)
    if reply.status in (401, 402, 403):
        raise PermanentError(
            what,
            why="The provider does not let this program in: the key is missing, wrong, or does not allow this.",
            next_step="Set the key of this source, or ask another source.",
            reason=DENIED,
        )
    raise PermanentError(what, why="The provider does not answer this question.")


def shown(body: bytes) -> str:
    """Return the head of a body as one line for a message."""
    return repr(plain(body[:80].decode("utf-8", "replace")))


def costs_itself(fault: ReplyFault) -> None:
    """Raise a fault that is more than one question's: the caller's own limit, and a provider that lets nobody in.

    Any other fault costs the question alone: it becomes a gap with a name. Behind the caller's own limit the provider
    said nothing, and a replay would not repeat it; after a bad key everything would look like an empty history.
    """
    if isinstance(fault, OverBudgetError) or (isinstance(fault, PermanentError) and fault.reason == DENIED):
        raise fault


def may_be_size(fault: ReplyFault) -> bool:
    """Return whether a fault that says nothing known may mean that too much was asked for.

    Providers have more texts for that than can be known, errors of the server among them. Whoever asked about several
    blocks asks about one of them; if that is answered, halving finds what is.
    """
    return isinstance(fault, PermanentError | RetryableError) and getattr(fault, "reason", "") == "error"


def reason_of(fault: ReplyFault) -> str:
    """Return the reason of a coverage entry for a question that got no answer."""
    return "result_window" if isinstance(fault, SplitRequest) else getattr(fault, "reason", "error")


def words_of(fault: ReplyFault) -> str:
    """Return a fault in words, for a coverage entry."""
    return f"{fault.what} {fault.why}".strip()


def gap(
    fault: ReplyFault,
    *,
    chain: ChainId,
    subject: str,
    source: str,
    endpoint: str,
    window: tuple[int, int],
    rows: int = 0,
    pages: int = 0,
) -> Coverage:
    """Return the coverage entry of a question that got no answer: what is missing, and why.

    Raises
    ------
    PermanentError
        If the provider lets nobody in.
    """
    if isinstance(fault, PermanentError) and fault.reason == DENIED:
        raise fault
    return Coverage(chain, subject, source, endpoint, *window, False, reason_of(fault), words_of(fault), rows, pages)


def _exact(text: str) -> Decimal:
    """Return a number as it is printed; one beyond all bounds is no number, which whoever wants one refuses."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")
