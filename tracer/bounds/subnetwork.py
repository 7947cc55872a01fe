"""The part of a network that leads to one destination, and the most of one colour that can arrive there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tracer.bounds.gains import best_gain
from tracer.bounds.inflow import Answer, Inflow, Receipts
from tracer.bounds.maxflow import Amounts, Ints, max_flow, max_flow_value
from tracer.bounds.network import STOLEN, UNSPOILED, Network, Swap, Terminal
from tracer.model import Account
from tracer.taint import Progress

_BLOCK: Final = 62
_STEPS: Final = 8
DIRECTIONS: Final = {"max": STOLEN, "min": UNSPOILED}
"""The colour whose most is sought: for the max stolen money, for the min clean money."""
SOURCE: Final = 0
SINK: Final = 1


@dataclass(frozen=True, slots=True)
class Region:
    """What leads to a destination, for one colour of money.

    Attributes
    ----------
    arcs : ndarray of int64
        Places in the network, ascending, so that what enters a node comes before what leaves it.
    tail, head : ndarray of int64
        Nodes by their place in `nodes`; 0 is the source, 1 the destination.
    capacity : Amounts
        Base units.
    nodes : ndarray of int64
        Places in the network; of the first two, -1.
    swaps : dict of int to Swap
        By place in `arcs`.
    """

    arcs: Ints
    tail: Ints
    head: Ints
    capacity: Amounts
    nodes: Ints
    swaps: dict[int, Swap]


@dataclass(frozen=True, slots=True)
class Most:
    """The most of one colour that can arrive, and the proof.

    Attributes
    ----------
    value : int
        No rule exceeds it.
    attained : int
        A legal flow that puts this much there; `value` less `attained` is the gap.
    method : str
        ``maxflow``, ``scaled`` or ``lp``.
    flow : dict of int to int
        That flow, by arc of the region, where above 0.
    potentials : dict of int to int
        By node of the region: what a unit there is worth at the destination, at most, over `denominator`.
    denominator : int
        What the potentials are divided by.
    """

    value: int
    attained: int
    method: str
    flow: dict[int, int]
    potentials: dict[int, int]
    denominator: int = 1


class Regions:
    """Finds the regions of many destinations with one walk over the network for every 62 of them.

    Attributes
    ----------
    network : Network
        Where money can have gone.
    inflow : Inflow
        What reaches its nodes in closed form.
    searches : int
        Maximum flows sought so far: the part of the work that closed forms did not spare.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.tail = np.array(network.tail, dtype=np.int64)
        self.head = np.array(network.head, dtype=np.int64)
        self.capacity = Amounts.of(network.capacity)
        self.inflow = Inflow(network)
        self.searches = 0
        self._sought: dict[tuple[frozenset[int], str], Answer] = {}

    def ends(self, terminals: Collection[Terminal]) -> frozenset[int]:
        """Return the nodes of a destination's terminals, of those that are in the network."""
        return frozenset(
            self.network.terminals[terminal] for terminal in terminals if terminal in self.network.terminals
        )

    def settle(self, destinations: Sequence[frozenset[int]], progress: Progress | None = None) -> None:
        """Search for whatever :meth:`most` cannot answer in closed form; `progress` is told of searches, as done."""
        paid = [self.inflow.receipts(ends) for ends in destinations]
        asked = self._questions(paid)
        for direction, colour in DIRECTIONS.items():
            for ends, receipts in zip(destinations, paid, strict=True):
                if (ends, direction) not in self._sought and self.inflow.is_open(receipts, colour):
                    asked[ends].add(direction)
        self._search(asked, progress)

    def settle_receipts(self, destinations: Sequence[Receipts]) -> None:
        """Search for what :meth:`tracer.bounds.inflow.Inflow.most` needs for destinations that are not open."""
        self._search(self._questions(destinations))

    def most(self, ends: frozenset[int], direction: str) -> Answer:
        """Return the most of a direction's colour that can reach a destination; it must be settled."""
        sought = self._sought.get((ends, direction))
        return self.inflow.most(self.inflow.receipts(ends), DIRECTIONS[direction]) if sought is None else sought

    def _questions(self, destinations: Sequence[Receipts]) -> dict[frozenset[int], set[str]]:
        asked: dict[frozenset[int], set[str]] = defaultdict(set)
        for direction, colour in DIRECTIONS.items():
            for node in self.inflow.questions(destinations, colour):
                asked[frozenset({node})].add(direction)
        return asked

    def _search(self, asked: Mapping[frozenset[int], set[str]], progress: Progress | None = None) -> None:
        left: dict[frozenset[int], list[str]] = {}
        for ends, directions in asked.items():
            for direction in sorted(directions):
                # Clean money is in most places: nearly always some flow of it alone fills a destination, and is found.
                filled = self.inflow.fill(ends, DIRECTIONS[direction]) if direction == "min" else None
                if filled is None:
                    left.setdefault(ends, []).append(direction)
                else:
                    self._enter(ends, direction, filled)
        places = list(left)
        for done, (ends, leading) in enumerate(zip(places, self.leading(places), strict=True)):
            for direction in left[ends]:
                self.searches += 1
                self._enter(ends, direction, answer_into(self.cut_out(leading, ends, direction), direction))
            if progress is not None:
                progress(done + 1, len(places))

    def _enter(self, ends: frozenset[int], direction: str, answer: Answer) -> None:
        self._sought[ends, direction] = answer
        if len(ends) == 1:
            self.inflow.answer(min(ends), DIRECTIONS[direction], answer)

    def leading(self, ends: Sequence[frozenset[int]]) -> Iterator[Ints]:
        """Yield, for each destination (its terminal nodes), the arcs that lead to it, ascending."""
        for first in range(0, len(ends), _BLOCK):
            block = ends[first : first + _BLOCK]
            # What leads to the head of an arc leads to a destination, and so does its tail.
            leads = self._masks(block)[self.head]
            for place in range(len(block)):
                yield np.nonzero(leads & 1 << place)[0]

    def _masks(self, block: Sequence[frozenset[int]]) -> Ints:
        """Return, for every node, a bit for each destination it leads to."""
        mask = [0] * len(self.network.nodes)
        for place, nodes in enumerate(block):
            for node in nodes:
                mask[node] |= 1 << place
        for tail, head in zip(reversed(self.network.tail), reversed(self.network.head), strict=True):
            if mask[head]:
                mask[tail] |= mask[head]
        return np.array(mask, dtype=np.int64)

    def cut_out(self, leading: Ints, ends: frozenset[int], direction: str) -> Region:
        """Return the region of one colour."""
        from_source = self.tail[leading]
        arcs = leading[(from_source > UNSPOILED) | (from_source == DIRECTIONS[direction])]
        tail, head = self.tail[arcs], self.head[arcs]
        place = np.full(len(self.network.nodes), -1, dtype=np.int64)
        place[head] = 2
        place[tail] = 2
        place[[STOLEN, UNSPOILED]] = -1
        place[list(ends)] = -1
        inner = np.nonzero(place == 2)[0]
        place[inner] = np.arange(2, 2 + len(inner))
        place[[STOLEN, UNSPOILED]] = SOURCE
        place[list(ends)] = SINK
        nodes = np.concatenate((np.array([-1, -1]), inner))
        return Region(arcs, place[tail], place[head], self.capacity.pick(arcs), nodes, self._swaps(arcs))

    def most_absorbing(
        self, leading: Sequence[int], ends: Collection[int], absorbing: Collection[int], direction: str
    ) -> Answer:
        """Return the most of a direction's colour into a destination where what some nodes pay is clean money.

        Parameters
        ----------
        leading : sequence of int
            The arcs that lead there without passing an absorbing node, and those the absorbing nodes pay; ascending.
        ends : collection of int
            The destination's nodes.
        absorbing : collection of int
            Nodes all of whose arcs count as clean; a swap that one pays gives clean money.
        """
        colour = DIRECTIONS[direction]
        network = self.network
        place: dict[int, int] = {}
        arcs: list[int] = []
        tails: list[int] = []
        heads: list[int] = []
        capacity: list[int] = []
        swaps: dict[int, Swap] = {}
        for arc in leading:
            tail, head, most = network.tail[arc], network.head[arc], network.capacity[arc]
            swap = network.swaps.get(arc)
            if tail in absorbing:
                if head in ends:
                    continue
                tail = UNSPOILED
                most, swap = (most * swap.received // swap.given if swap else most), None
            if tail <= UNSPOILED and (tail != colour or (head in ends and tail == UNSPOILED)):
                continue
            if swap is not None:
                swaps[len(arcs)] = swap
            arcs.append(arc)
            tails.append(SOURCE if tail <= UNSPOILED else place.setdefault(tail, 2 + len(place)))
            heads.append(SINK if head in ends else place.setdefault(head, 2 + len(place)))
            capacity.append(most)
        if not arcs:
            return Answer(0, 0)
        region = Region(
            np.array(arcs, dtype=np.int64),
            np.array(tails, dtype=np.int64),
            np.array(heads, dtype=np.int64),
            Amounts.of(capacity),
            np.array([-1, -1, *place], dtype=np.int64),
            swaps,
        )
        return answer_into(region, direction)

    def received(self, leading: Ints, ends: frozenset[int]) -> int:
        """Return what arrives at a destination, of any colour."""
        return int(sum(self.capacity.exact[leading[np.isin(self.head[leading], list(ends))]].tolist()))

    def _swaps(self, arcs: Ints) -> dict[int, Swap]:
        held = self.network.swaps
        if not held:
            return {}
        places = np.array(sorted(held), dtype=np.int64)
        found = np.nonzero(np.isin(arcs, places))[0]
        return {int(at): held[int(arcs[at])] for at in found}


def most_into(region: Region, direction: str) -> Most:
    """Return the most of a direction's colour that can flow through a region into its destination.

    Clean money is in most places, hence for ``min`` the neighbourhood is tried first.
    """
    if region.swaps:
        capacity = region.capacity.exact.tolist()
        return Most(*best_gain(region.tail, region.head, capacity, len(region.nodes), region.swaps))
    everywhere = np.arange(len(region.arcs))
    for places in (_nearby(region), everywhere) if direction == "min" else (everywhere,):
        tail, head, capacities = region.tail[places], region.head[places], region.capacity.pick(places)
        found = max_flow(tail, head, capacities, len(region.nodes), SOURCE, SINK)
        if found.value == found.received:
            break
    near = {int(node): 1 for node in np.nonzero(found.near_sink)[0]}
    flow = {int(places[arc]): moved for arc, moved in found.flow.items()}
    return Most(found.value, found.value, "maxflow", flow, near)


def answer_into(region: Region, direction: str) -> Answer:
    """Return what :func:`most_into` says, without its proof."""
    if region.swaps:
        most = most_into(region, direction)
        return Answer(most.value, most.attained, most.method)
    value = max_flow_value(region.tail, region.head, region.capacity, len(region.nodes), SOURCE, SINK)
    return Answer(value, value)


def _nearby(region: Region) -> Ints:
    """Return the arcs within a few payments of the destination; often all that arrives can already start there."""
    reached: npt.NDArray[np.bool_] = np.zeros(len(region.nodes), dtype=np.bool_)
    reached[SINK] = True
    places = np.nonzero(reached[region.head])[0]
    for _ in range(_STEPS):
        reached[region.tail[places]] = True
        reached[SOURCE] = False
        places = np.nonzero(reached[region.head])[0]
    return places


def holders(network: Network, leading: Ints) -> tuple[Account, ...]:
    """Return the accounts from whose phases the arcs lead, in order."""
    held = network.accounts
    nodes = {network.tail[arc] for arc in leading.tolist()}
    return tuple(sorted({held[node] for node in nodes if node in held}))
