"""Replies of one JSON text a line, as services send that stream what they find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tracer.chains import FaultyReply, Field
from tracer.net.query import PermanentError, Reply, RetryableError
from tracer.net.replies import json_of, refuse_status
from tracer.net.transport import Check

T = TypeVar("T")


def lines_reading(parse: Callable[[Sequence[Field]], T]) -> Check[T]:
    """Return a check that reads a reply line by line.

    A reply without a line says nothing, and a line that is no JSON was cut off: neither is believed to be an end.

    Parameters
    ----------
    parse : callable
        Gives the answer in the parsed lines; a reply that contradicts itself is refused as ``inconsistent``.
    """

    def check(reply: Reply) -> T:
        """Return what the lines of a reply hold, or raise the fault that it is."""
        if reply.status == 204:
            raise RetryableError("The reply is empty: the provider does not have these blocks yet.")
        refuse_status(reply)
        texts = [line for line in reply.body.split(b"\n") if line.strip()]
        if not texts:
            raise RetryableError("The reply has no line.")
        found = [json_of(Reply(reply.status, reply.content_type, text)) for text in texts]
        try:
            return parse([Field(value, f"line {number}") for number, value in enumerate(found, 1)])
        except FaultyReply as fault:
            raise PermanentError(fault.what, why=fault.why, reason="inconsistent") from fault

    return check
