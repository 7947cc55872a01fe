"""What a node of an EVM chain is asked, whoever passes the question on to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tracer.chains import Field
from tracer.model import ChainId
from tracer.net import ReplyFault, costs_itself

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One question to a node.

    Attributes
    ----------
    method : str
        JSON-RPC method.
    params : tuple
        Its parameters by place.
    parse : callable
        Reads the result, and refuses one that is not what was asked for. Pure.
    head : str
        As in :class:`tracer.net.query.Query`.
    """

    method: str
    params: tuple[Any, ...]
    parse: Callable[[Field], T]
    head: str = ""


class Node(Protocol):
    """A node, or a service that passes questions on to one."""

    @property
    def name(self) -> str:
        """Name of the source in the registry."""

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""

    def call(self, call: Call[T]) -> T:
        """Return the answer to one question.

        Raises
        ------
        SplitRequest, PermanentError, RetryableError
            As :meth:`tracer.net.transport.CachedTransport.ask`.
        """

    def call_all(self, calls: Sequence[Call[T]]) -> list[T]:
        """Return the answers to several questions in their order."""


def each(node: Node, calls: Sequence[Call[T]]) -> list[T | ReplyFault]:
    """Return the answers to several questions in their order; in the place of one that has none, its fault.

    They are asked together; only where one has no answer they are asked one by one, and what was answered is held.

    Raises
    ------
    ReplyFault
        If a fault is more than one question's (see :func:`tracer.net.replies.costs_itself`).
    """
    found: list[T | ReplyFault] = []
    try:
        answers: list[T] = node.call_all(calls)
        found.extend(answers)
        return found
    except ReplyFault as fault:
        costs_itself(fault)
    for call in calls:
        try:
            found.append(node.call(call))
        except ReplyFault as fault:
            costs_itself(fault)
            found.append(fault)
    return found
