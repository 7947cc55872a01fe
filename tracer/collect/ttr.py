"""Ranking by TTR: which holder to download next, by pushing weight along payments in time (method rank-ttr).

A score, never an amount. Source: TRacer (IEEE TIFS 2023, arXiv 2201.05757). Ties go to the smaller name, and sums are
taken in a fixed order, so that scores are the same on every machine.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, NamedTuple

ALPHA: Final = 0.15
BETA: Final = 0.8
EPSILON: Final = 1e-3


class Edge(NamedTuple):
    """A payment between two nodes.

    Attributes
    ----------
    payer, payee : str
        Names of the nodes.
    amount : int
        Base units.
    time : int
        Anything that orders payments.
    asset : str
        What was paid; weight stays in its asset.
    """

    payer: str
    payee: str
    amount: int
    time: int
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the pushing gave.

    Attributes
    ----------
    score : dict of str to float
        Weight that stayed at each node.
    left : float
        Weight not yet pushed; scores and this sum to the weight that was put in.
    pushes : int
        How many nodes were emptied.
    """

    score: dict[str, float]
    left: float
    pushes: int


class _Chip(NamedTuple):
    time: int | None
    asset: str


def rank_ttr(
    edges: Iterable[Edge],
    sources: Mapping[str, Sequence[str]],
    *,
    stopped: frozenset[str] = frozenset(),
    alpha: float = ALPHA,
    beta: float = BETA,
    epsilon: float = EPSILON,
) -> Scores:
    """Return the score of every node that weight reaches.

    Parameters
    ----------
    edges : iterable of Edge
        The payments known.
    sources : mapping of str to sequence of str
        Where weight starts: for each node the assets it starts in; the weight 1 is shared among all of them.
    stopped : frozenset of str
        Nodes that keep what reaches them: no weight is pushed on from them.
    alpha, beta : float
        Share kept at a node; share of the rest that goes forward in time.
    epsilon : float
        Pushing ends when no node has more left than this.
    """
    graph = Graph()
    for edge in edges:
        graph.add(edge)
    return graph.rank(sources, stopped=stopped, alpha=alpha, beta=beta, epsilon=epsilon)


class Graph:
    """Payments between nodes, of which some may come and go between two rankings."""

    def __init__(self) -> None:
        self.out: dict[tuple[str, str], list[Edge]] = {}
        self.into: dict[tuple[str, str], list[Edge]] = {}

    def add(self, edge: Edge) -> None:
        """Take a payment in."""
        insort(self.out.setdefault((edge.payer, edge.asset), []), edge)
        insort(self.into.setdefault((edge.payee, edge.asset), []), edge)

    def remove(self, edge: Edge) -> None:
        """Take out a payment that was taken in."""
        for held in (self.out[edge.payer, edge.asset], self.into[edge.payee, edge.asset]):
            del held[bisect_left(held, edge)]

    def rank(
        self,
        sources: Mapping[str, Sequence[str]],
        *,
        stopped: Container[str] = frozenset(),
        alpha: float = ALPHA,
        beta: float = BETA,
        epsilon: float = EPSILON,
    ) -> Scores:
        """Return the score of every node that weight reaches; parameters as of :func:`rank_ttr`."""
        walk = _Walk(self, stopped, alpha, beta)
        starts = sorted((node, asset) for node, assets in sources.items() for asset in set(assets))
        for node, asset in starts:
            walk.put(node, _Chip(None, asset), 1 / len(starts))
        pushes = 0
        while (fullest := walk.fullest()) is not None and walk.left[fullest] > epsilon:
            walk.push(fullest)
            pushes += 1
        for node in sorted(node for node in walk.left if node in stopped):
            walk.settle(node)
        left = 0.0
        for node in sorted(walk.left):
            left += walk.left[node]
        return Scores(dict(sorted(walk.score.items())), left, pushes)


class _Walk:
    """Weights at nodes: what stayed, and what is to be pushed on, by time and asset."""

    def __init__(self, graph: Graph, stopped: Container[str], alpha: float, beta: float) -> None:
        self.alpha, self.stopped = alpha, stopped
        self.shares = ((1 - alpha) * beta, (1 - alpha) * (1 - beta))
        self.out, self.into = graph.out, graph.into
        self.score: dict[str, float] = {}
        self.chips: dict[str, dict[_Chip, float]] = defaultdict(dict)
        self.left: dict[str, float] = {}
        self.heap: list[tuple[float, str]] = []

    def put(self, node: str, chip: _Chip, weight: float) -> None:
        mine = self.chips[node]
        mine[chip] = mine.get(chip, 0.0) + weight
        left = self.left[node] = self.left.get(node, 0.0) + weight
        if node not in self.stopped:
            heappush(self.heap, (-left, node))

    def fullest(self) -> str | None:
        """Return the node with the most left, the smaller name where several have; entries overtaken are dropped."""
        while self.heap and self.left.get(self.heap[0][1]) != -self.heap[0][0]:
            heappop(self.heap)
        return self.heap[0][1] if self.heap else None

    def settle(self, node: str) -> float:
        """Empty a node into its score; return what it had."""
        weight = self.left.pop(node)
        self.score[node] = self.score.get(node, 0.0) + weight
        self.chips.pop(node)
        return weight

    def push(self, node: str) -> None:
        """Pass the weight of a node on to whom it paid later and was paid by earlier."""
        chips = sorted(self.chips[node].items(), key=lambda item: (_when(item[0].time), item[0].asset))
        self.chips[node] = {}
        weight = self.left.pop(node)
        self.score[node] = self.score.get(node, 0.0) + self.alpha * weight
        for chip, rho in chips:
            later = [e for e in self.out.get((node, chip.asset), ()) if chip.time is None or e.time > chip.time]
            earlier = [e for e in self.into.get((node, chip.asset), ()) if chip.time is None or e.time < chip.time]
            for share, edges, forward in ((self.shares[0], later, True), (self.shares[1], earlier, False)):
                total = sum(edge.amount for edge in edges)
                if not total:
                    self.put(node, chip, share * rho)
                    continue
                for edge in edges:
                    other = edge.payee if forward else edge.payer
                    self.put(other, _Chip(edge.time, chip.asset), share * rho * (edge.amount / total))


def _when(time: int | None) -> tuple[bool, int]:
    return time is not None, time or 0
