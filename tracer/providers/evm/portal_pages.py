"""SQD's Portal asked: one question gone on with until its last block, several side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from tracer.bundle import Question
from tracer.chains import FaultyReply, Field, PortalBlock, hash_of, height_of, parse_page
from tracer.model import ChainId
from tracer.net import (
    CachedTransport,
    Query,
    ReplyFault,
    Request,
    RetryableError,
    SplitRequest,
    costs_itself,
    lines_reading,
    may_be_size,
    reading,
)
from tracer.providers.evm.portal_query import body_of

T = TypeVar("T")
Shape = Callable[[Sequence[str], int, int], dict[str, Any]]
"""Makes a question of addresses and a range of blocks."""
NAME: Final = "sqd"
STREAM: Final = "finalized-stream"


@dataclass
class Reading:
    """One question while its replies are gone on with.

    Attributes
    ----------
    addresses : tuple of str
        Whom it names.
    at, high : int
        Next block to ask for; last block of the window.
    span : int or None
        Blocks asked for at once; ``None``: all that are left.
    then : int
        Blocks to ask for at once after a single one was answered, where a range was refused in words nobody knows.
    blocks : list of PortalBlock
        What was read.
    fault : ReplyFault or None
        Why it ended before its last block.
    pages : int
        Replies.
    """

    addresses: tuple[str, ...]
    at: int
    high: int
    span: int | None = None
    then: int = 0
    blocks: list[PortalBlock] = field(default_factory=list)
    fault: ReplyFault | None = None
    pages: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing is left to ask."""
        return self.fault is not None or self.at > self.high

    @property
    def until(self) -> int:
        """Last block of the next question."""
        return self.high if self.span is None else min(self.high, self.at + self.span - 1)

    def take(self, answer: tuple[PortalBlock, ...] | ReplyFault) -> None:
        """Go on behind what a reply covers; after a refusal with fewer blocks, as long as fewer are answered."""
        if not isinstance(answer, ReplyFault):
            self.blocks += answer
            self.at = answer[-1].header.number + 1
            self.pages += 1
            self.span, self.then = (self.then, 0) if self.then else (self.span, 0)
            return
        costs_itself(answer)
        blocks = self.until - self.at + 1
        if blocks == 1 or not (isinstance(answer, SplitRequest) or may_be_size(answer)):
            self.fault = answer
        elif isinstance(answer, SplitRequest):
            self.span = (blocks + 1) // 2
        else:
            self.span, self.then = 1, (blocks + 1) // 2


class Portal:
    """One data set of the Portal.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Of the data set.
    """

    def __init__(self, chain: ChainId, exchange: CachedTransport, url: str) -> None:
        self._chain, self._exchange, self._url = chain, exchange, url.rstrip("/")

    def finalized(self) -> tuple[int, str]:
        """Return number and hash of the newest block that is final to the Portal."""
        query = Query(NAME, self._chain, "finalized-head")
        return self._exchange.ask(query, lambda: Request("GET", f"{self._url}/finalized-head"), reading(_head))

    def ask(self, asked: Mapping[str, Any], head: str) -> tuple[PortalBlock, ...]:
        """Return the blocks of one reply.

        Parameters
        ----------
        asked : mapping
            A question of :mod:`tracer.providers.evm.portal_query`.
        head : str
            As in :class:`tracer.net.query.Query`.

        Raises
        ------
        ReplyFault
            As :meth:`tracer.net.transport.CachedTransport.ask`.
        """
        return self._exchange.ask(*self._question(asked, head))

    def read(self, readings: Sequence[Reading], shape: Shape, head: str) -> None:
        """Ask until every reading has its last block or a fault; those that are open are asked side by side."""
        while open_ones := [one for one in readings if not one.over]:
            asked = [self._question(shape(one.addresses, one.at, one.until), head) for one in open_ones]
            for one, answer in zip(open_ones, self._each(asked), strict=True):
                one.take(answer)

    def _question(self, asked: Mapping[str, Any], head: str) -> Question[tuple[PortalBlock, ...]]:
        low, high = asked["fromBlock"], asked["toBlock"]

        def request() -> Request:
            headers = {"Content-Type": "application/json", "Accept": "application/jsonl"}
            return Request("POST", f"{self._url}/{STREAM}", headers=headers, body=body_of(asked))

        query = Query(NAME, self._chain, STREAM, asked, head)
        return query, request, lines_reading(lambda lines: parse_page(_own(lines), low, high))

    def _each(self, questions: Sequence[Question[T]]) -> list[T | ReplyFault]:
        """Return the answers to several questions; in the place of one that has none, its fault."""
        found: list[T | ReplyFault] = []
        try:
            answers: list[T] = self._exchange.ask_all(questions)
            found.extend(answers)
            return found
        except ReplyFault as fault:
            costs_itself(fault)
        for question in questions:
            try:
                found.append(self._exchange.ask(*question))
            except ReplyFault as fault:
                costs_itself(fault)
                found.append(fault)
        return found


def _own(lines: Iterable[Field]) -> Iterator[Field]:
    """Yield the lines of a reply of the Portal; an error in another's form passes, and costs nobody a history.

    Raises
    ------
    RetryableError
        If all that came is one object that is no block, as gateways send them.
    """
    rest = iter(lines)
    first = next(rest)
    second = next(rest, None)
    if second is None and not (isinstance(first.value, dict) and "header" in first.value):
        raise RetryableError("The reply is no block of the Portal, but something else in one line.")
    yield first
    if second is not None:
        yield second
    yield from rest


def _head(reply: Field) -> tuple[int, str]:
    """Return number and hash of the newest final block; there must be one."""
    if reply.value is None:
        raise FaultyReply("The Portal holds no final block.", why="The data set is empty, or not served any more.")
    return height_of(reply.get("number")), hash_of(reply.get("hash"))
