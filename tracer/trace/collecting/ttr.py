"""Ranking by TTR: which holder to download next, by pushing weight along payments in time (METHODS 8.1).

A score, never an amount. Source: TRacer (IEEE TIFS 2023, arXiv 2201.05757). Ties go to the smaller name, and sums are
taken in a fixed order, so that scores are the same on every machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    walk = _Walk(edges, alpha, beta)
    starts = sorted((node, asset) for node, assets in sources.items() for asset in set(assets))
    for node, asset in starts:
        walk.put(node, _Chip(None, asset), 1 / len(starts))
    pushes = 0
    while True:
        fullest = walk.fullest(stopped)
        if fullest is None or walk.left[fullest] <= epsilon:
            break
        walk.push(fullest)
        pushes += 1
    for node in sorted(stopped & walk.left.keys()):
        walk.settle(node)
    left = 0.0
    for node in sorted(walk.left):
        left += walk.left[node]
    return Scores(dict(sorted(walk.score.items())), left, pushes)


class _Walk:
    """Weights at nodes: what stayed, and what is to be pushed on, by time and asset."""

    def __init__(self, edges: Iterable[Edge], alpha: float, beta: float) -> None:
        self.alpha = alpha
        self.shares = ((1 - alpha) * beta, (1 - alpha) * (1 - beta))
        self.out: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        self.into: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        for edge in sorted(edges):
            self.out[edge.payer, edge.asset].append(edge)
            self.into[edge.payee, edge.asset].append(edge)
        self.score: dict[str, float] = {}
        self.chips: dict[str, dict[_Chip, float]] = defaultdict(dict)
        self.left: dict[str, float] = {}

    def put(self, node: str, chip: _Chip, weight: float) -> None:
        mine = self.chips[node]
        mine[chip] = mine.get(chip, 0.0) + weight
        self.left[node] = self.left.get(node, 0.0) + weight

    def fullest(self, stopped: frozenset[str]) -> str | None:
        nodes = [node for node in self.left if node not in stopped]
        return min(nodes, key=lambda node: (-self.left[node], node), default=None)

    def settle(self, node: str) -> float:
        """Empty a node into its score; return what it had."""
        weight = self.left.pop(node)
        self.score[node] = self.score.get(node, 0.0) + weight
        self.chips.pop(node)
        return weight

    def push(self, node: str) -> None:
        chips = sorted(self.chips[node].items(), key=lambda item: (_when(item[0].time), item[0].asset))
        self.chips[node] = {}
        weight = self.left.pop(node)
        self.score[node] = self.score.get(node, 0.0) + self.alpha * weight
        for chip, rho in chips:
            later = [e for e in self.out[node, chip.asset] if chip.time is None or e.time > chip.time]
            earlier = [e for e in self.into[node, chip.asset] if chip.time is None or e.time < chip.time]
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
