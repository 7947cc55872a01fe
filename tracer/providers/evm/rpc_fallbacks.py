"""Questions that a node may answer in one of several ways, asked side by side once it is known which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tracer.net import ReplyFault, costs_itself
from tracer.providers.evm.node import Call, Node

T = TypeVar("T")
Wrong = Callable[[int, T], str]
"""Says how an answer to a question (by its number) contradicts what is known; empty where it does not."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What became of one question.

    Attributes
    ----------
    value : T or None
        The answer; ``None`` where no way gave one.
    way : int
        Number of the way that gave it.
    reason, detail : str
        As in :class:`tracer.model.coverage.Coverage`; ``ok`` and empty where there is an answer.
    """

    value: T | None
    way: int = 0
    reason: str = "ok"
    detail: str = ""


def answered(node: Node, questions: Sequence[Sequence[Call[T]]], wrong: Wrong[T]) -> list[Answered[T]]:
    """Return the answers to several questions in their order.

    The first is asked alone, each way in turn; the others together in the way that served it. What that does not give
    is asked alone too.

    Parameters
    ----------
    node : Node
        Who is asked.
    questions : sequence of sequence of Call
        The ways of each question, the best first; all questions have the same ways.
    wrong : callable
        Finds an answer out that contradicts what is known.
    """
    if not questions:
        return []
    first = _alone(node, 0, questions[0], wrong)
    ahead: dict[int, T] = {}
    if first.reason == "ok" and len(questions) > 2:
        ahead = _together(node, [ways[first.way] for ways in questions])
    found = [first]
    for index in range(1, len(questions)):
        if index in ahead and not wrong(index, ahead[index]):
            found.append(Answered(ahead[index], first.way))
        else:
            found.append(_alone(node, index, questions[index], wrong))
    return found


def _together(node: Node, calls: Sequence[Call[T]]) -> dict[int, T]:
    try:
        return dict(enumerate(node.call_all(calls)))
    except ReplyFault as fault:
        costs_itself(fault)
        return {}  # those that were answered are remembered, and cost nothing when asked alone


def _alone(node: Node, index: int, ways: Sequence[Call[T]], wrong: Wrong[T]) -> Answered[T]:
    faults = []
    for number, way in enumerate(ways):
        try:
            value = node.call(way)
        except ReplyFault as fault:
            costs_itself(fault)
            faults.append((getattr(fault, "reason", "error"), fault.what))
            continue
        contradiction = wrong(index, value)
        if not contradiction:
            return Answered(value, number)
        faults.append(("inconsistent", f"{way.method}: {contradiction}."))
    # Of the reasons the one that says most: that a method is not offered says least.
    reason = next((one for one, _ in faults if one != "not_supported"), "not_supported")
    return Answered(None, 0, reason, " ".join(what for _, what in faults))
