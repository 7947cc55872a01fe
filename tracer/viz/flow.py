"""The layered flow graph as SVG: evidence, every edge dated and counted, every unit accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tracer.model import format_time
from tracer.trace import TraceResult, carrying
from tracer.viz.captions import SWAP, graph_words
from tracer.viz.collapse import build_graph
from tracer.viz.model import DASHED, FlowGraph
from tracer.viz.node_styles import KINDS
from tracer.viz.scene import (
    BODY_SIZE,
    LABEL_SIZE,
    LINE_HEIGHT,
    MARK_ROOM,
    NAME_SIZE,
    Line,
    Scene,
    SceneEdge,
    SceneNode,
    scene_of,
)
from tracer.viz.svg import ALERT, BACK, INK, LINE, MUTED, Canvas, number
from tracer.viz.text import clean, fit, width
from tracer.viz.totals import draw_table, table_size, total_rows

MARGIN: Final = 40.0
_ARROW: Final = 9.0
_UNRECORDED: Final = tuple(f"{SWAP} ({grade})" for grade in DASHED)
"""How the lines of swaps begin that no record of the chain shows."""


def flow_svg(result: TraceResult, *, max_edges: int = 60) -> str:
    """Return the trace as a layered flow graph, left to right, in a standalone SVG document.

    Only stolen money is drawn. Services are repeated at each payer; their totals stand in the table below. Peel
    chains, leaves of one entity and small flows are folded, with their sums.

    Parameters
    ----------
    result : TraceResult
        A finished trace.
    max_edges : int, default 60
        Folding goes on until no more edges than this are left, or nothing is left to fold.

    Returns
    -------
    str
        The document; the same bytes for the same result on any machine.

    Raises
    ------
    AuditError
        If, for any theft, the drawn exits and stubs are not the traced total.
    """
    graph = build_graph(result, max_edges)
    words = graph_words(graph)
    scene = scene_of(graph, words)
    canvas = Canvas(f"Flow of stolen funds: {clean(result.title)}")
    rows = total_rows((part for node in graph.nodes.values() for part in node.parts), words)
    table_width, table_height = table_size(rows)
    legend = _legend_entries(graph, scene)
    inner = max(scene.width, table_width, 860.0)
    y = _draw_header(canvas, result, graph, inner)
    y = _draw_legend(canvas, legend, MARGIN, y, inner) + 30
    shift = MARGIN + (inner - scene.width) / 2
    _draw_edges(canvas, scene, shift, y)
    for node in scene.nodes:
        _draw_node(canvas, node, (shift, y))
    if rows:
        y += scene.height + 46
        canvas.text(MARGIN, y, "Totals", 14, bold=True)
        draw_table(canvas, rows, MARGIN, y + 10)
        y += 10 + table_height
    return canvas.document(inner + 2 * MARGIN, y + MARGIN)


def draw_heading(canvas: Canvas, title: str, subtitles: list[str], room: float, alert: str = "") -> float:
    """Draw title and subtitles at the top; return the height below them."""
    canvas.text(MARGIN, MARGIN + 14, fit(title, 20, room, bold=True), 20, bold=True)
    y = MARGIN + 38
    for line in subtitles:
        canvas.text(MARGIN, y, fit(line, 12, room), 12, fill=MUTED)
        y += 19
    if alert:
        canvas.text(MARGIN, y, fit(alert, 12, room, bold=True), 12, bold=True, fill=ALERT)
        y += 19
    return y


def audit_alert(result: TraceResult) -> str:
    """Return a warning for a trace that does not close; empty for one that does."""
    if result.audit.closed:
        return ""
    return "This trace does not close: what is drawn is less or more than what was stolen."


def period(times: Iterable[int | None], thefts: Iterable[int | None]) -> str:
    """Return from which day to which payments are dated, and that of the thefts none is, where that is so.

    Examples
    --------
    >>> period([0, 3600, None], [None])
    '1970-01-01 UTC, the theft itself without a date'
    """
    known = [time for time in times if time is not None]
    if not known:
        return "no dated payment"
    days = dict.fromkeys(format_time(time)[:10] for time in (min(known), max(known)))
    undated = [time is None for time in thefts]
    return f"{' to '.join(days)} UTC{', the theft itself without a date' if undated and all(undated) else ''}"


def _draw_header(canvas: Canvas, result: TraceResult, graph: FlowGraph, room: float) -> float:
    arcs = [arc for edge in graph.edges for arc in edge.arcs]
    span = period([arc.time for arc in arcs], [arc.time for arc in arcs if arc.src.role == "theft"])
    times = [arc.time for arc in arcs if arc.time is not None]
    moved = carrying(result.movements)
    payments = sum(row.tainted > 0 for row in moved)
    undated = sum(row.tainted > 0 and row.time is None for row in moved)
    if times and undated:
        span = f"{span}, {undated:,} of them without a time"
    addresses = len({member for node in graph.nodes.values() for member in node.members})
    drawn = f"{payments:,} stolen movements between {addresses:,} addresses, drawn as {len(graph.edges)} edges"
    rule = f"{result.tlp} · Policy {result.options.policy} · {drawn} · {span}"
    reading = "Edges: [order in time] date, stolen amount; width grows with the logarithm of its share of the theft."
    if not result.stolen:
        reading = "Nothing stolen was found in this trace."
    title = f"Where the stolen funds went: {clean(result.title) or clean(result.case_id)}"
    return draw_heading(canvas, title, [rule, reading], room, audit_alert(result))


Entry = tuple[str, str]


def _legend_entries(graph: FlowGraph, scene: Scene) -> list[Entry]:
    """Return mark and meaning of every code that occurs."""
    kinds = {node.kind for node in graph.nodes.values()}
    kinds |= {part.kind for node in graph.nodes.values() for part in node.parts}
    entries = [(kind, KINDS[kind].meaning) for kind in KINDS if kind in kinds]
    if any(not edge.dashed for edge in graph.edges):
        entries.append(("solid", "proven, recorded or identified"))
    unrecorded = any(swap.grade in DASHED for node in graph.nodes.values() for swap in node.swaps)
    if unrecorded or any(edge.dashed for edge in graph.edges):
        entries.append(("dashed", "inferred or asserted"))
    if any(edge.is_back for edge in scene.edges):
        entries.append(("back", "↩ paid back to an earlier holder"))
    if any(edge.approximate for edge in graph.edges):
        entries.append(("", "≈ rests on an amount that its source rounded"))
    return entries


def _draw_legend(canvas: Canvas, entries: list[Entry], x: float, y: float, room: float) -> float:
    left, top = x, y + 14
    for kind, meaning in entries:
        sign = {"solid": 40.0, "dashed": 40.0, "back": 40.0, "": 0.0}.get(kind, 32.0)
        need = sign + width(meaning, BODY_SIZE) + 28
        if left > x and left + need > x + room:
            left, top = x, top + 30
        if kind in KINDS:
            canvas.mark(left + 13, top, KINDS[kind])
        elif kind:
            canvas.path(
                f"M{number(left)} {number(top)}H{number(left + 30)}",
                stroke=BACK if kind == "back" else LINE,
                w=2.4,
                dash="6 4" if kind == "dashed" else "",
            )
            if kind == "back":
                _arrow(canvas, left, top, 2.4, leftward=True)
        canvas.text(left + sign, top + 4, meaning, BODY_SIZE, fill=INK)
        left += need
    return top + 18 if entries else y


def _draw_node(canvas: Canvas, node: SceneNode, shift: tuple[float, float]) -> None:
    kind = KINDS[node.kind]
    x, y = node.x + shift[0], node.y + shift[1]
    canvas.open_group(node.title, node.page)
    black = node.kind in ("theft", "seed")
    dash = "4 3" if node.kind == "incomplete" else ""
    edge = kind.fill if kind.fill != "#ffffff" and not black else (INK if black else "#9a9a9a")
    edge = ALERT if dash else edge
    stroke_width = 2 if black else 1.2
    canvas.rect(
        x, y, node.width, node.height, fill=kind.tint, stroke=edge, stroke_width=stroke_width, radius=6, dash=dash
    )
    if dash:
        _hatch(canvas, x + node.width - 12, y + 1, 11, node.height - 2)
    canvas.mark(x + 22, y + node.height / 2, kind)
    top = y + node.height / 2 - LINE_HEIGHT * len(node.lines) / 2
    for place in range(1, len(node.lines)):
        if node.lines[place][0].startswith(_UNRECORDED):
            _dashed_beside(canvas, x + MARK_ROOM - 5, top + LINE_HEIGHT * place, node.lines[place + 1 :])
    for place, (line, bold) in enumerate(node.lines):
        size, fill = (NAME_SIZE, INK) if bold else (BODY_SIZE, MUTED)
        canvas.text(x + MARK_ROOM, top + LINE_HEIGHT * place + 12, line, size, bold=bold, fill=fill)
    canvas.close_group()


def _dashed_beside(canvas: Canvas, x: float, y: float, rest: Sequence[Line]) -> None:
    """Draw the dashed line beside a swap that no record of the chain shows: its own line, and what came of it."""
    lines = 2 if rest and rest[0][0].startswith("→") else 1
    canvas.line(x, y + 2, x, y + LINE_HEIGHT * lines + 1, stroke=LINE, w=1.6, dash="4 3")


def _hatch(canvas: Canvas, x: float, y: float, w: float, h: float) -> None:
    """Draw the strip of slanted lines that marks incomplete data."""
    step, offset = 6.0, 0.0
    while offset < h - w:
        canvas.line(x, y + offset + w, x + w, y + offset, stroke=ALERT, w=0.9)
        offset += step


def _draw_edges(canvas: Canvas, scene: Scene, dx: float, dy: float) -> None:
    for edge in sorted(scene.edges, key=lambda one: -one.stroke):
        canvas.open_group(edge.title, edge.page)
        ends = _edge_path(canvas, edge, (dx, dy))
        _arrow(canvas, *ends, edge.stroke, leftward=edge.is_back)
        canvas.close_group()
    for edge in scene.edges:
        last = edge.runs[-1]
        x, y = last.turn + dx + 4, last.end[1] + dy
        half = edge.stroke / 2
        canvas.open_group("", edge.page)
        canvas.text(x, y - half - 4, edge.when, LABEL_SIZE, fill=MUTED)
        canvas.text(x, y + half + 11.5, edge.amount, LABEL_SIZE, bold=True)
        canvas.close_group()


def _edge_path(canvas: Canvas, edge: SceneEdge, shift: tuple[float, float]) -> tuple[float, float]:
    """Draw the line of an edge and return where its arrow's tip is."""
    dx, dy = shift
    run, w, back = edge.runs, edge.stroke, edge.is_back
    start, end = run[0].start, run[-1].end
    tip = _ARROW + w / 2
    first_x = start[0] + dx + (tip if back else 0)
    d = [f"M{number(first_x)} {number(start[1] + dy)}"]
    x, y = first_x, start[1] + dy
    for place, segment in enumerate(run):
        turn, to_y = segment.turn + dx, segment.end[1] + dy
        bend = (turn - x) / 2
        if abs(to_y - y) < 0.05:
            d.append(f"H{number(turn)}")
        else:
            to = number(to_y)
            d.append(f"C{number(x + bend)} {number(y)} {number(turn - bend)} {to} {number(turn)} {to}")
        is_last = place == len(run) - 1
        stop = segment.end[0] + dx if is_last else run[place + 1].start[0] + dx
        x, y = (stop - tip if is_last and not back else stop), to_y
        d.append(f"H{number(x)}")
    dash = f"{number(2 * w + 4)} {number(w + 3)}" if edge.is_dashed else ""
    canvas.path("".join(d), stroke=BACK if back else LINE, w=w, dash=dash, name="flow")
    return (start[0] + dx, start[1] + dy) if back else (end[0] + dx, y)


def _arrow(canvas: Canvas, x: float, y: float, w: float, *, leftward: bool) -> None:
    """Draw an arrow head with its tip at a point."""
    length, half = _ARROW + w / 2, 3.5 + w * 0.7
    base = x + length if leftward else x - length
    colour = BACK if leftward else LINE
    canvas.polygon([(x, y), (base, y - half), (base, y + half)], fill=colour, stroke=colour, w=0.5)
