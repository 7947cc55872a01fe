"""Replies of one JSON text a line, as services send that stream what they find."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from tracer.chains import FaultyReply, Field
from tracer.net.query import PermanentError, Reply, RetryableError
from tracer.net.replies import json_of, refuse_status
from tracer.net.transport import Check

T = TypeVar("T")
_LINE: Final = re.compile(rb"\S[^\n]*")


def lines_reading(parse: Callable[[Iterator[Field]], T]) -> Check[T]:
    """Return a check that reads a reply line by line.

    A reply without a line says nothing, and a line that is no JSON was cut off: neither is believed to be an end.

    Parameters
    ----------
    parse : callable
        Gives the answer in the lines, each parsed when it is asked for, so that the first bad one ends it; a reply that
        contradicts itself is refused as ``inconsistent``.
    """

    def check(reply: Reply) -> T:
        """Return what the lines of a reply hold, or raise the fault that it is."""
        if reply.status == 204:
            raise RetryableError("The reply is empty: the provider does not have these blocks yet.")
        refuse_status(reply)
        try:
            return parse(_parsed(reply))
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault

    return check


def _parsed(reply: Reply) -> Iterator[Field]:
    number = 0
    for number, found in enumerate(_LINE.finditer(reply.body), 1):
        yield Field(json_of(Reply(reply.status, reply.content_type, found[0])), f"line {number}")
    if not number:
        raise RetryableError("The reply has no line.")
