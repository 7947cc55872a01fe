"""The layered flow graph as SVG: evidence, every edge dated and counted, every unit accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.model import format_time
from tracer.trace import TraceResult
from tracer.viz.captions import SWAP, Words, edge_lines, edge_title, graph_words, node_lines, node_title
from tracer.viz.collapse import build_graph
from tracer.viz.explorer_links import edge_page, node_page
from tracer.viz.layout import Box, Layout, Segment, lay_out
from tracer.viz.model import DASHED, Edge, FlowGraph, Node
from tracer.viz.node_styles import KINDS
from tracer.viz.svg import ALERT, BACK, INK, LINE, MUTED, Canvas, number
from tracer.viz.text import clean, fit, width
from tracer.viz.totals import draw_table, table_size, total_rows

MARGIN: Final = 40.0
_NAME: Final = 12.5
_BODY: Final = 11.0
_LABEL: Final = 10.5
_ROOM: Final = 230.0
_MARK_ROOM: Final = 42.0
_LINE_HEIGHT: Final = 16.0
_ARROW: Final = 9.0
_UNRECORDED: Final = tuple(f"{SWAP} ({grade})" for grade in DASHED)
"""How the lines of swaps begin that no record of the chain shows."""
_DOUBLINGS: Final = 12
"""Edges below one part in 4,096 of the theft are the thinnest."""


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
    places = list(graph.nodes)
    index = {place: i for i, place in enumerate(places)}
    lines = [_fitted(node_lines(graph.nodes[place], graph, words)) for place in places]
    ends = [(index[edge.src], index[edge.dst]) for edge in graph.edges]
    labels = [max(_label_width(text) for text in edge_lines(edge, words, back=True)) for edge in graph.edges]
    layout = lay_out([_card_size(text) for text in lines], ends, labels)
    canvas = Canvas(f"Flow of stolen funds: {clean(result.title)}")
    rows = total_rows((part for node in graph.nodes.values() for part in node.parts), words)
    table_width, table_height = table_size(rows)
    legend = _legend_entries(graph, layout)
    inner = max(layout.width, table_width, 860.0)
    y = _draw_header(canvas, result, graph, inner)
    y = _draw_legend(canvas, legend, MARGIN, y, inner) + 30
    shift = MARGIN + (inner - layout.width) / 2
    _draw_edges(canvas, layout, graph, words, shift, y)
    for place, text, box in zip(places, lines, layout.boxes, strict=False):
        _draw_node(canvas, graph.nodes[place], text, box, (shift, y), node_title(graph.nodes[place], graph, words))
    if rows:
        y += layout.height + 46
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
    payments = sum(row.tainted > 0 for row in result.movements)
    undated = sum(row.tainted > 0 and row.time is None for row in result.movements)
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


def _legend_entries(graph: FlowGraph, layout: Layout) -> list[Entry]:
    """Return mark and meaning of every code that occurs."""
    kinds = {node.kind for node in graph.nodes.values()}
    kinds |= {part.kind for node in graph.nodes.values() for part in node.parts}
    entries = [(kind, KINDS[kind].meaning) for kind in KINDS if kind in kinds]
    if any(not edge.dashed for edge in graph.edges):
        entries.append(("solid", "proven, recorded or identified"))
    unrecorded = any(swap.grade in DASHED for node in graph.nodes.values() for swap in node.swaps)
    if unrecorded or any(edge.dashed for edge in graph.edges):
        entries.append(("dashed", "inferred or asserted"))
    if layout.back:
        entries.append(("back", "↩ paid back to an earlier holder"))
    if any(edge.approximate for edge in graph.edges):
        entries.append(("", "≈ rests on an amount that its source rounded"))
    return entries


def _draw_legend(canvas: Canvas, entries: list[Entry], x: float, y: float, room: float) -> float:
    left, top = x, y + 14
    for kind, meaning in entries:
        sign = {"solid": 40.0, "dashed": 40.0, "back": 40.0, "": 0.0}.get(kind, 32.0)
        need = sign + width(meaning, _BODY) + 28
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
        canvas.text(left + sign, top + 4, meaning, _BODY, fill=INK)
        left += need
    return top + 18 if entries else y


Line = tuple[str, bool]


def _fitted(lines: list[str]) -> list[Line]:
    """Return the lines of a card and whether each is bold: the name in two lines at most, the rest cut."""
    kept = [line for line in lines if line]
    if not kept:
        return []
    name = kept[0]
    head = name
    while width(head, _NAME, bold=True) > _ROOM and " " in head:
        head = head.rpartition(" ")[0]
    names = [part for part in (head, name[len(head) :].strip()) if part]
    fitted = [(fit(part, _NAME, _ROOM, bold=True), True) for part in names]
    return [*fitted, *((fit(line, _BODY, _ROOM), False) for line in kept[1:])]


def _card_size(lines: list[Line]) -> tuple[float, float]:
    text = max((width(line, _NAME if bold else _BODY, bold=bold) for line, bold in lines), default=0.0)
    return max(text, 80.0) + _MARK_ROOM + 18, max(44.0, _LINE_HEIGHT * len(lines) + 18)


def _label_width(text: str) -> float:
    return width(text, _LABEL, bold=True)


def _draw_node(canvas: Canvas, node: Node, lines: list[Line], box: Box, shift: tuple[float, float], title: str) -> None:
    kind = KINDS[node.kind]
    x, y = box.x + shift[0], box.y - box.height / 2 + shift[1]
    canvas.open_group(title, node_page(node))
    black = node.kind in ("theft", "seed")
    dash = "4 3" if node.kind == "incomplete" else ""
    edge = kind.fill if kind.fill != "#ffffff" and not black else (INK if black else "#9a9a9a")
    edge = ALERT if dash else edge
    canvas.rect(
        x, y, box.width, box.height, fill=kind.tint, stroke=edge, stroke_width=2 if black else 1.2, radius=6, dash=dash
    )
    if dash:
        _hatch(canvas, x + box.width - 12, y + 1, 11, box.height - 2)
    canvas.mark(x + 22, y + box.height / 2, kind)
    top = y + box.height / 2 - _LINE_HEIGHT * len(lines) / 2
    for place in range(1, len(lines)):
        if lines[place][0].startswith(_UNRECORDED):
            _dashed_beside(canvas, x + _MARK_ROOM - 5, top + _LINE_HEIGHT * place, lines[place + 1 :])
    for place, (line, bold) in enumerate(lines):
        size, fill = (_NAME, INK) if bold else (_BODY, MUTED)
        canvas.text(x + _MARK_ROOM, top + _LINE_HEIGHT * place + 12, line, size, bold=bold, fill=fill)
    canvas.close_group()


def _dashed_beside(canvas: Canvas, x: float, y: float, rest: list[Line]) -> None:
    """Draw the dashed line beside a swap that no record of the chain shows: its own line, and what came of it."""
    lines = 2 if rest and rest[0][0].startswith("→") else 1
    canvas.line(x, y + 2, x, y + _LINE_HEIGHT * lines + 1, stroke=LINE, w=1.6, dash="4 3")


def _hatch(canvas: Canvas, x: float, y: float, w: float, h: float) -> None:
    """Draw the strip of slanted lines that marks incomplete data."""
    step, offset = 6.0, 0.0
    while offset < h - w:
        canvas.line(x, y + offset + w, x + w, y + offset, stroke=ALERT, w=0.9)
        offset += step


def edge_width(edge: Edge, result: TraceResult) -> float:
    """Return the width of an edge in pixels: a step wider each time its share of the theft doubles.

    Counted in whole doublings of integers, so that no machine's logarithm matters.
    """
    share = 0
    for origin, amount in edge.origin_amounts().items():
        share += (amount << _DOUBLINGS) // (result.stolen.get(origin) or 1)
    return 1.0 + 0.55 * min(share.bit_length(), _DOUBLINGS + 1)


def _draw_edges(canvas: Canvas, layout: Layout, graph: FlowGraph, words: Words, dx: float, dy: float) -> None:
    runs: dict[int, list[Segment]] = {}
    for segment in layout.segments:
        runs.setdefault(segment.edge, []).append(segment)
    drawn = sorted(range(len(graph.edges)), key=lambda i: (-edge_width(graph.edges[i], graph.result), i))
    for index in drawn:
        edge, run = graph.edges[index], runs[index]
        back = index in layout.back
        w = edge_width(edge, graph.result)
        canvas.open_group(edge_title(edge, words), edge_page(edge))
        ends = _edge_path(canvas, run, edge, w, (dx, dy), back=back)
        _arrow(canvas, *ends, w, leftward=back)
        canvas.close_group()
    for index, edge in enumerate(graph.edges):
        last = runs[index][-1]
        x, y = last.turn + dx + 4, last.end[1] + dy
        half = edge_width(edge, graph.result) / 2
        when, amount = edge_lines(edge, words, back=index in layout.back)
        canvas.open_group("", edge_page(edge))
        canvas.text(x, y - half - 4, when, _LABEL, fill=MUTED)
        canvas.text(x, y + half + 11.5, amount, _LABEL, bold=True)
        canvas.close_group()


def _edge_path(
    canvas: Canvas, run: list[Segment], edge: Edge, w: float, shift: tuple[float, float], *, back: bool
) -> tuple[float, float]:
    """Draw the line of an edge and return where its arrow's tip is."""
    dx, dy = shift
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
    dash = f"{number(2 * w + 4)} {number(w + 3)}" if edge.dashed else ""
    canvas.path("".join(d), stroke=BACK if back else LINE, w=w, dash=dash, name="flow")
    return (start[0] + dx, start[1] + dy) if back else (end[0] + dx, y)


def _arrow(canvas: Canvas, x: float, y: float, w: float, *, leftward: bool) -> None:
    """Draw an arrow head with its tip at a point."""
    length, half = _ARROW + w / 2, 3.5 + w * 0.7
    base = x + length if leftward else x - length
    colour = BACK if leftward else LINE
    canvas.polygon([(x, y), (base, y - half), (base, y + half)], fill=colour, stroke=colour, w=0.5)
