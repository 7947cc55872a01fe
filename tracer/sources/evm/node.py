"""What a node of an EVM chain is asked, whoever passes the question on to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tracer.chains.fields import Field
from tracer.model import ChainId
from tracer.sources.wire.query import ReplyFault
from tracer.sources.wire.throttle import OverBudget

T = TypeVar("T")


def not_by_budget(fault: ReplyFault) -> None:
    """Raise a fault that the caller's own limit is behind: the node said nothing, and a replay would not repeat it."""
    if isinstance(fault, OverBudget):
        raise fault


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
        As in :class:`tracer.sources.wire.query.Query`.
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
        TooLarge, Refused, TryAgain
            As :meth:`tracer.sources.wire.exchange.Exchange.ask`.
        """

    def call_all(self, calls: Sequence[Call[T]]) -> list[T]:
        """Return the answers to several questions in their order."""
