"""The scene between layout and drawing: what stands where, in whose name, with ids that stay; pure data.

A picture and a canvas that is moved by hand show the same scene. An id names what a node is, never its place or its
number, so that a node keeps its id when others are folded, another rule is chosen, or the picture grows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.model import caip10
from tracer.trace import TraceResult
from tracer.viz.captions import Words, edge_lines, edge_title, graph_words, node_lines, node_title
from tracer.viz.collapse import build_graph
from tracer.viz.explorer_links import edge_page, node_page
from tracer.viz.layout import lay_out
from tracer.viz.model import Edge, FlowGraph, Node
from tracer.viz.payments import Place
from tracer.viz.text import fit, width

NAME_SIZE: Final = 12.5
BODY_SIZE: Final = 11.0
LABEL_SIZE: Final = 10.5
LINE_HEIGHT: Final = 16.0
MARK_ROOM: Final = 42.0
_ROOM: Final = 230.0
_DOUBLINGS: Final = 12
"""Edges below one part in 4,096 of the theft are the thinnest."""
_ID_DIGITS: Final = 16

Line = tuple[str, bool]
"""A line of text as it fits, and whether it is bold."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneNode:
    """A card of the picture.

    Attributes
    ----------
    id : str
        What it is: CAIP-10 of an address or outpoint, else its role and a hash of what it gathers; never two alike.
    kind : str
        One of :data:`tracer.viz.node_styles.KINDS`.
    role : str
        As in :class:`tracer.viz.payments.Place`.
    members : tuple of str
        CAIP-10 of the addresses that stand in it, sorted.
    lines : tuple of (str, bool)
        Its text as it fits, and whether a line is bold.
    title : str
        What is shown where the reader points at it: full addresses and exact amounts.
    page : str or None
        Page of a public explorer on it.
    x, y, width, height : float
        Left and upper edge, and size, pixels from the corner of the scene.
    """

    id: str
    kind: str
    role: str
    members: tuple[str, ...]
    lines: tuple[Line, ...]
    title: str
    page: str | None
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Run:
    """The run of an edge from one layer to the next.

    Attributes
    ----------
    start, end : tuple of (float, float)
        Points, left and right.
    turn : float
        Where the curve ends and the straight run under the label starts.
    """

    start: Point
    end: Point
    turn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneEdge:
    """A line of the picture: parallel payments of one asset in one direction.

    Attributes
    ----------
    id : str
        What it is, from the ids of its ends and its asset.
    source, target : str
        Ids of the nodes that pay and are paid.
    number : int
        Its place in time, from 1.
    movements : tuple of int
        The `seq` of every movement that it shows, ascending.
    stroke : float
        Width of the line, pixels.
    is_back : bool
        Whether it runs from right to left, to an earlier holder.
    is_dashed, is_approximate : bool
        Whether no record of the chain says so; whether it rests on a rounded row.
    runs : tuple of Run
        From left to right.
    when, amount : str
        The two lines of its label.
    title : str
        What is shown where the reader points at it: every payment.
    page : str or None
        Page of a public explorer on it.
    """

    id: str
    source: str
    target: str
    number: int
    movements: tuple[int, ...]
    stroke: float
    is_back: bool
    is_dashed: bool
    is_approximate: bool
    runs: tuple[Run, ...]
    when: str
    amount: str
    title: str
    page: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is drawn of a flow graph, and where.

    Attributes
    ----------
    nodes : tuple of SceneNode
        In order of first arrival.
    edges : tuple of SceneEdge
        In order of their first payment.
    width, height : float
        Pixels.
    """

    nodes: tuple[SceneNode, ...]
    edges: tuple[SceneEdge, ...]
    width: float
    height: float

    def record(self) -> dict[str, object]:
        """Return the scene as JSON holds it; coordinates have one decimal, as a picture's."""
        return {
            "width": _round(self.width),
            "height": _round(self.height),
            "nodes": [_node_record(node) for node in self.nodes],
            "edges": [_edge_record(edge) for edge in self.edges],
        }


def flow_scene(result: TraceResult, *, max_edges: int = 60) -> Scene:
    """Return the scene of a trace, as :func:`tracer.viz.flow_svg` draws it.

    Parameters
    ----------
    result : TraceResult
        A finished trace.
    max_edges : int, default 60
        Folding goes on until no more edges than this are left, or nothing is left to fold.

    Raises
    ------
    AuditError
        If, for any theft, the exits and stubs of the scene are not the traced total.
    """
    graph = build_graph(result, max_edges)
    return scene_of(graph, graph_words(graph))


def scene_of(graph: FlowGraph, words: Words) -> Scene:
    """Return the scene of a flow graph with its words."""
    places = list(graph.nodes)
    index = {place: i for i, place in enumerate(places)}
    lines = [_fitted(node_lines(graph.nodes[place], graph, words)) for place in places]
    ends = [(index[edge.src], index[edge.dst]) for edge in graph.edges]
    labels = [
        max(width(text, LABEL_SIZE, bold=True) for text in edge_lines(edge, words, back=True)) for edge in graph.edges
    ]
    layout = lay_out([_card_size(text) for text in lines], ends, labels)
    ids = node_ids(graph)
    nodes = tuple(
        SceneNode(
            id=ids[place],
            kind=graph.nodes[place].kind,
            role=place.role,
            members=tuple(caip10(*member) for member in graph.nodes[place].members),
            lines=text,
            title=node_title(graph.nodes[place], graph, words),
            page=node_page(graph.nodes[place]),
            x=box.x,
            y=box.y - box.height / 2,
            width=box.width,
            height=box.height,
        )
        for place, text, box in zip(places, lines, layout.boxes, strict=False)
    )
    runs: dict[int, list[Run]] = {}
    for segment in layout.segments:
        runs.setdefault(segment.edge, []).append(Run(segment.start, segment.end, segment.turn))
    edges = tuple(
        _scene_edge(edge, graph.result, words, ids, runs[number], is_back=number in layout.back)
        for number, edge in enumerate(graph.edges)
    )
    return Scene(nodes, edges, layout.width, layout.height)


def node_ids(graph: FlowGraph) -> dict[Place, str]:
    """Return the id of each node by its place: what it is, and nothing of how it is drawn."""
    names: dict[Place, str] = {}
    for edge in graph.edges:
        for place in (edge.src, edge.dst):
            if place.role == "event":  # its name is a number in this trace; its transaction is not
                names.setdefault(place, edge.arcs[0].payment.tx or place.name)
    found: dict[Place, str] = {}
    taken: set[str] = set()
    for place, node in graph.nodes.items():
        name = _id_of(node, names.get(place, place.name))
        while name in taken:  # two events of one transaction: the earlier keeps the name
            name += "'"
        taken.add(name)
        found[place] = name
    return found


def edge_width(edge: Edge, result: TraceResult) -> float:
    """Return the width of an edge in pixels: a step wider each time its share of the theft doubles.

    Counted in whole doublings of integers, so that no machine's logarithm matters.
    """
    share = 0
    for origin, amount in edge.origin_amounts().items():
        share += (amount << _DOUBLINGS) // (result.stolen.get(origin) or 1)
    return 1.0 + 0.55 * min(share.bit_length(), _DOUBLINGS + 1)


def _id_of(node: Node, name: str) -> str:
    place = node.place
    if place.role == "holder":
        return caip10(place.chain, place.name)
    return f"{place.role}-{_short(place.role, place.chain, name)}"


def _short(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def _scene_edge(
    edge: Edge, result: TraceResult, words: Words, ids: Mapping[Place, str], runs: Sequence[Run], *, is_back: bool
) -> SceneEdge:
    when, amount = edge_lines(edge, words, back=is_back)
    source, target = ids[edge.src], ids[edge.dst]
    style = "dashed" if edge.dashed else "solid"
    return SceneEdge(
        id=f"edge-{_short(source, target, edge.asset, edge.was or '', style)}",
        source=source,
        target=target,
        number=edge.number,
        movements=tuple(sorted({row for arc in edge.arcs for row in arc.payment.rows})),
        stroke=edge_width(edge, result),
        is_back=is_back,
        is_dashed=edge.dashed,
        is_approximate=edge.approximate,
        runs=tuple(runs),
        when=when,
        amount=amount,
        title=edge_title(edge, words),
        page=edge_page(edge),
    )


def _fitted(lines: list[str]) -> tuple[Line, ...]:
    """Return the lines of a card and whether each is bold: the name in two lines at most, the rest cut."""
    kept = [line for line in lines if line]
    if not kept:
        return ()
    name = kept[0]
    head = name
    while width(head, NAME_SIZE, bold=True) > _ROOM and " " in head:
        head = head.rpartition(" ")[0]
    names = [part for part in (head, name[len(head) :].strip()) if part]
    fitted = [(fit(part, NAME_SIZE, _ROOM, bold=True), True) for part in names]
    return (*fitted, *((fit(line, BODY_SIZE, _ROOM), False) for line in kept[1:]))


def _card_size(lines: Sequence[Line]) -> tuple[float, float]:
    text = max((width(line, NAME_SIZE if bold else BODY_SIZE, bold=bold) for line, bold in lines), default=0.0)
    return max(text, 80.0) + MARK_ROOM + 18, max(44.0, LINE_HEIGHT * len(lines) + 18)


def _round(value: float) -> float:
    return round(value, 1) + 0.0  # no minus before a nought


def _node_record(node: SceneNode) -> dict[str, object]:
    return {
        **{"id": node.id, "kind": node.kind, "role": node.role, "members": list(node.members)},
        **{"lines": [text for text, _ in node.lines], "title": node.title, "page": node.page},
        **{"x": _round(node.x), "y": _round(node.y), "width": _round(node.width), "height": _round(node.height)},
    }


def _edge_record(edge: SceneEdge) -> dict[str, object]:
    return {
        **{"id": edge.id, "source": edge.source, "target": edge.target, "number": edge.number},
        **{"movements": list(edge.movements), "stroke": _round(edge.stroke), "back": edge.is_back},
        **{"dashed": edge.is_dashed, "approximate": edge.is_approximate},
        **{"when": edge.when, "amount": edge.amount, "title": edge.title, "page": edge.page},
        "runs": [
            {"start": [_round(one) for one in run.start], "end": [_round(one) for one in run.end]}
            | {"turn": _round(run.turn)}
            for run in edge.runs
        ],
    }
