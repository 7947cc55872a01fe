"""Layered layout, left to right: layers by longest path, order by barycentre, heights by isotonic regression.

Knows nothing of money: nodes have a size and edges a label size. Back edges (those that would close a cycle, taken in
the order given) run from right to left along the same lanes. Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for
Visual Understanding of Hierarchical System Structures", IEEE Trans. SMC, 1981; ordering by barycentre sweeps; heights
by pool-adjacent-violators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

SWEEPS: Final = 24
_SLOT: Final = 44.0
"""Height of one incoming edge with its two lines of label."""

_PORT: Final = 15.0
"""Distance of outgoing edges at their payer."""

_GAP: Final = 20.0
_LANE: Final = 18.0
_CHANNEL: Final = 74.0
_CHANNEL_MAX: Final = 170.0
_LABEL_PAD: Final = 22.0


@dataclass(slots=True)
class Box:
    """A node, or a lane that a long edge keeps free in a layer.

    Attributes
    ----------
    width, height : float
        Pixels.
    layer : int
        From 0, left to right.
    x, y : float
        Left edge, and middle.
    into, out : list of int
        Edge segments that end and start here, top to bottom.
    lane : bool
        Whether it is such a lane.
    """

    width: float
    height: float
    layer: int = 0
    x: float = 0.0
    y: float = 0.0
    into: list[int] = field(default_factory=list)
    out: list[int] = field(default_factory=list)
    lane: bool = False


@dataclass(slots=True)
class Segment:
    """The run of an edge from one layer to the next.

    Attributes
    ----------
    edge : int
        Which.
    left, right : int
        Boxes.
    labelled : bool
        Whether the edge's label stands at its right end.
    start, end : tuple of (float, float)
        Points, left and right.
    turn : float
        Where the curve ends and the straight run under the label starts.
    """

    edge: int
    left: int
    right: int
    labelled: bool
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0


@dataclass(slots=True)
class Layout:
    """Where everything is.

    Attributes
    ----------
    boxes : list of Box
        The nodes in the order given, then the lanes.
    segments : list of Segment
        Runs of all edges, edge by edge from left to right.
    back : set of int
        Edges whose money flows from right to left.
    width, height : float
        Pixels.
    crossings : int
        Crossings of segments, as drawn.
    """

    boxes: list[Box]
    segments: list[Segment]
    back: set[int]
    width: float
    height: float
    crossings: int


def lay_out(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], label_widths: Sequence[float]
) -> Layout:
    """Return positions of nodes and runs of edges in which nothing that carries text overlaps.

    Parameters
    ----------
    sizes : sequence of (float, float), shape (n_nodes,)
        Width and height of each node, pixels; nodes in order of first arrival, which settles ties.
    edges : sequence of (int, int), shape (n_edges,)
        Payer and payee, in order of first payment, which settles which edge of a cycle turns back.
    label_widths : sequence of float, shape (n_edges,)
        Pixels.
    """
    back = back_edges(len(sizes), edges)
    forward = [(dst, src) if i in back else (src, dst) for i, (src, dst) in enumerate(edges)]
    layers = longest_path(len(sizes), forward)
    boxes = [Box(w, h, layer) for (w, h), layer in zip(sizes, layers, strict=True)]
    segments = _segments(boxes, forward)
    order, crossings = _order(boxes, segments)
    for box in boxes:
        if not box.lane:
            box.height = max(box.height, _SLOT * len(box.into), _PORT * len(box.out) + 12)
    _set_heights(boxes, segments, order)
    width = _set_columns(boxes, segments, order, label_widths)
    _set_ends(boxes, segments)
    height = max((box.y + box.height / 2 for box in boxes), default=0.0)
    return Layout(boxes, segments, back, width, height, crossings)


def back_edges(n_nodes: int, edges: Sequence[tuple[int, int]]) -> set[int]:
    """Return the edges that would close a cycle when edges are added one after the other.

    Parameters
    ----------
    n_nodes : int
        Nodes are 0 to ``n_nodes - 1``.
    edges : sequence of (int, int)
        In order of first payment.
    """
    after: list[list[int]] = [[] for _ in range(n_nodes)]
    found = set()
    for index, (src, dst) in enumerate(edges):
        if _reaches(after, dst, src):
            found.add(index)
        else:
            after[src].append(dst)
    return found


def longest_path(n_nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return the layer of each node of an acyclic graph: the most edges on a way to it."""
    waiting, after = [0] * n_nodes, [[] for _ in range(n_nodes)]  # type: list[int], list[list[int]]
    for src, dst in edges:
        waiting[dst] += 1
        after[src].append(dst)
    layers, ready = [0] * n_nodes, [node for node in range(n_nodes) if not waiting[node]]
    while ready:
        node = ready.pop()
        for payee in after[node]:
            layers[payee] = max(layers[payee], layers[node] + 1)
            waiting[payee] -= 1
            if not waiting[payee]:
                ready.append(payee)
    return layers


def _reaches(after: list[list[int]], start: int, goal: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        if node == goal:
            return True
        fresh = [payee for payee in after[node] if payee not in seen]
        seen.update(fresh)
        waiting += fresh
    return False


def _segments(boxes: list[Box], edges: Sequence[tuple[int, int]]) -> list[Segment]:
    """Return the runs of all edges, adding a lane in each layer that an edge passes."""
    segments = []
    for index, (src, dst) in enumerate(edges):
        left = src
        for layer in range(boxes[src].layer + 1, boxes[dst].layer):
            boxes.append(Box(0.0, _LANE, layer, lane=True))
            segments.append(Segment(index, left, len(boxes) - 1, labelled=False))
            left = len(boxes) - 1
        segments.append(Segment(index, left, dst, labelled=True))
    return segments


Order = list[list[int]]


def _order(boxes: list[Box], segments: list[Segment]) -> tuple[Order, int]:
    """Return the boxes of each layer from top to bottom, and the crossings of the best of all sweeps."""
    layers: Order = [[] for _ in range(max((box.layer for box in boxes), default=-1) + 1)]
    first = {segment.right: number for number, segment in reversed(list(enumerate(segments)))}
    for index in sorted(range(len(boxes)), key=lambda i: (first.get(i, -1), i)):
        layers[boxes[index].layer].append(index)
    left: list[list[int]] = [[] for _ in boxes]
    right: list[list[int]] = [[] for _ in boxes]
    for segment in segments:
        left[segment.right].append(segment.left)
        right[segment.left].append(segment.right)
    best, fewest = [list(layer) for layer in layers], _count(layers, segments)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            _sort_layer(layers, layer, left if down else right, first)
        crossings = _count(layers, segments)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    _attach(boxes, segments, best)
    return best, fewest


def _sort_layer(layers: Order, layer: list[int], beside: list[list[int]], first: dict[int, int]) -> None:
    place = _places(layers)
    now = {index: position for position, index in enumerate(layer)}

    def middle(index: int) -> float:
        near = [place[other] for other in beside[index]]
        return sum(near) / len(near) if near else float(now[index])

    layer.sort(key=lambda index: (middle(index), first.get(index, -1), index))


def _places(layers: Order) -> dict[int, int]:
    return {index: position for layer in layers for position, index in enumerate(layer)}


def _count(layers: Order, segments: list[Segment]) -> int:
    """Return how many pairs of segments between the same two layers cross."""
    place = _places(layers)
    layer_of = {index: number for number, layer in enumerate(layers) for index in layer}
    between: dict[int, list[tuple[int, int]]] = {}
    for segment in segments:
        ends = (place[segment.left], place[segment.right])
        between.setdefault(layer_of[segment.left], []).append(ends)
    total = 0
    for ends_here in between.values():
        ends_here.sort()
        for i, (a, b) in enumerate(ends_here):
            total += sum(1 for c, d in ends_here[i + 1 :] if a < c and b > d)
    return total


def _attach(boxes: list[Box], segments: list[Segment], order: Order) -> None:
    """List at each box its segments from top to bottom, by where their other ends are."""
    place = _places(order)
    for number, segment in enumerate(segments):
        boxes[segment.left].out.append(number)
        boxes[segment.right].into.append(number)
    for box in boxes:
        box.into.sort(key=lambda n: (place[segments[n].left], segments[n].edge))
        box.out.sort(key=lambda n: (place[segments[n].right], segments[n].edge))


def _set_heights(boxes: list[Box], segments: list[Segment], order: Order) -> None:
    """Move every box towards the middle of its neighbours without changing the order or letting any touch."""
    for layer in order:
        y = 0.0
        for index in layer:
            boxes[index].y = y + boxes[index].height / 2
            y += boxes[index].height + _GAP
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in order if down else reversed(order):
            _align(boxes, layer, [_wish(boxes, segments, index, from_left=down) for index in layer])
    for layer in order:
        _align(boxes, layer, [_wish(boxes, segments, index, from_left=None) for index in layer])
    top = min((box.y - box.height / 2 for box in boxes), default=0.0)
    for box in boxes:
        box.y -= top


def _wish(boxes: list[Box], segments: list[Segment], index: int, *, from_left: bool | None) -> float:
    box = boxes[index]
    near = [boxes[segments[n].left].y for n in box.into] if from_left is not False else []
    if from_left is not True:
        near += [boxes[segments[n].right].y for n in box.out]
    return sum(near) / len(near) if near else box.y


def _align(boxes: list[Box], layer: list[int], wishes: list[float]) -> None:
    """Give each box of a layer the height nearest to its wish, in least squares, that keeps order and distance."""
    offsets, y = [], 0.0
    for above, index in zip([None, *layer], layer, strict=False):
        if above is not None:
            y += (boxes[above].height + boxes[index].height) / 2 + _GAP
        offsets.append(y)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        total, count = wish - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    for index, level, offset in zip(layer, levels, offsets, strict=True):
        boxes[index].y = level + offset


def _set_columns(boxes: list[Box], segments: list[Segment], order: Order, label_widths: Sequence[float]) -> float:
    """Set the left edge of every layer and of every label column; return the whole width."""
    x = 0.0
    for number, layer in enumerate(order):
        arriving = [n for index in layer for n in boxes[index].into]
        if number:
            x += min(_CHANNEL + 5 * len(arriving), _CHANNEL_MAX)
        for n in arriving:
            segments[n].turn = x
        labels = [label_widths[segments[n].edge] for n in arriving if segments[n].labelled]
        x += max(labels, default=0.0) + _LABEL_PAD if arriving else 0.0
        column = max((boxes[index].width for index in layer), default=0.0)
        for index in layer:
            boxes[index].x = x
            boxes[index].width = column
        x += column
    return x


def _set_ends(boxes: list[Box], segments: list[Segment]) -> None:
    """Spread the segments over the sides of their boxes."""
    for box in boxes:
        for place, number in enumerate(box.into):
            y = box.y + (place - (len(box.into) - 1) / 2) * _SLOT
            segments[number].end = (box.x, y)
        step = min(18.0, (box.height - 16) / max(len(box.out) - 1, 1))
        for place, number in enumerate(box.out):
            y = box.y + (place - (len(box.out) - 1) / 2) * (0.0 if box.lane else step)
            segments[number].start = (box.x + box.width, y)
