"""The timeline: one lane a venue and asset, one mark a receipt of stolen units; matplotlib, with its own font."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.model import AssetId, format_time, known_place
from tracer.trace import TraceResult
from tracer.viz.captions import Words, words_of
from tracer.viz.flow import audit_alert
from tracer.viz.model import Part, origins_in_order, whole_part
from tracer.viz.node_styles import KINDS, reason_text, venue_text
from tracer.viz.payments import read_arcs
from tracer.viz.svg import ALERT, FAINT, INK, MUTED
from tracer.viz.text import clean, fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

_MAX_LANES: Final = 18
_WIDTH_IN: Final = 13.0
_LANE_IN: Final = 0.52
_HEAD_IN: Final = 1.0
_FOOT_IN: Final = 0.75
_LEFT: Final = 0.27
_RIGHT: Final = 0.79
_MARKERS: Final = {
    "square": "s",
    "diamond": "D",
    "triangle": "^",
    "hexagon": "H",
    "octagon": "8",
    "pentagon": "p",
}
_STEPS: Final = (60, 300, 900, 3600, 10800, 21600, 43200, *(86400 * days for days in (1, 2, 7, 14, 28, 91, 182, 365)))
_TICKS: Final = 9
_DAY: Final = 86400


_Receipts = tuple[Part, tuple[tuple[int | None, int], ...]]
"""An exit, and when how many base units of it arrived."""


@dataclass(slots=True)
class _Lane:
    """One line of the chart: points are (seconds UTC, parts in 4,096 of the theft)."""

    kind: str
    name: str
    detail: str
    total: str
    points: list[tuple[int, int]] = field(default_factory=list)


def timeline_svg(result: TraceResult) -> str:
    """Return when stolen units reached where they ended, in a standalone SVG document.

    One lane for each venue, stop reason and asset; each mark is a receipt, its size growing with the logarithm of its
    share of the theft. What a holder received before it paid on is marked too where the rest ended there.

    Parameters
    ----------
    result : TraceResult
        A finished trace.

    Returns
    -------
    str
        The document; text is drawn as outlines, so no font of the machine matters. The same bytes for the same result
        with the same version of matplotlib.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    lanes = _lanes(result)
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams |= {"svg.hashsalt": "tracer", "svg.fonttype": "path"}
        height = _HEAD_IN + _FOOT_IN + _LANE_IN * max(len(lanes), 1)
        figure = Figure(figsize=(_WIDTH_IN, height), dpi=100)
        FigureCanvasSVG(figure)
        pen = _Pen(
            FontProperties(fname=str(fonts / "DejaVuSans.ttf")),
            FontProperties(fname=str(fonts / "DejaVuSans-Bold.ttf")),
        )
        _draw(figure, result, lanes, pen, height)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Title": f"{clean(result.title)} · {result.tlp}"})
    return out.getvalue().decode("utf-8")


class _Pen:
    """Writes text in matplotlib's own copy of DejaVu Sans, without its markup and without glyphs it lacks."""

    def __init__(self, regular: FontProperties, bold: FontProperties) -> None:
        from matplotlib.font_manager import get_font

        self._fonts = (regular, bold)
        self._known = [frozenset(get_font(str(font.get_file())).get_charmap()) for font in self._fonts]

    def write(
        self,
        figure: Figure,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: str = INK,
        align: str = "left",
    ) -> None:
        """Write a line at a point of the figure (0 to 1 both ways), `size` in points."""
        known = self._known[bold]
        shown = "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in text)
        more: dict[str, Any] = {"ha": align, "va": "center", "parse_math": False}
        figure.text(x, y, shown, fontproperties=self._fonts[bold], fontsize=size, color=colour, **more)


def _lanes(result: TraceResult) -> list[_Lane]:
    """Return the lanes in order of first receipt, the thefts first; the smallest share one lane where too many."""
    words = words_of(result, [])
    groups: dict[tuple[str, str, str, AssetId], list[_Receipts]] = {}
    for leaf in result.exits:
        part = whole_part(result, leaf)
        arrived = tuple((arrival.time, arrival.tainted) for arrival in leaf.arrivals)
        groups.setdefault((part.kind, part.venue, part.stop_reason, part.asset), []).append((part, arrived))
    # A lane without any time shows nothing of when: where there are too many, it makes room first.
    undated = {key for key, group in groups.items() if not _points(result, group)}
    ranked = sorted(
        groups.items(), key=lambda item: (item[0] in undated, -_weight(result, (p for p, _ in item[1])), item[0])
    )
    cut = len(ranked) if len(ranked) <= _MAX_LANES else _MAX_LANES - 1
    lanes = [_lane(result, words, key, group) for key, group in ranked[:cut]]
    lanes.sort(key=lambda lane: (min(lane.points, default=(1 << 62, 0)), lane.name, lane.detail))
    if ranked[cut:]:
        rest = [pair for _, group in ranked[cut:] for pair in group]
        name = f"{len(ranked) - cut} lanes, smaller or undated" if undated else f"{len(ranked) - cut} smaller lanes"
        lanes.append(_Lane("stub", name, "several kinds", _sums(words, [p for p, _ in rest]), _points(result, rest)))
    thefts = _thefts(result)
    if thefts:
        amounts = (words.amount(result.stolen[origin], origin.asset) for origin in origins_in_order(result))
        stolen = " + ".join(amounts)
        lanes.insert(0, _Lane("theft", "Theft", "", stolen, thefts))
    return lanes


def _lane(
    result: TraceResult,
    words: Words,
    key: tuple[str, str, str, AssetId],
    group: list[_Receipts],
) -> _Lane:
    kind, venue, reason, _ = key
    addresses = len({(part.chain, part.address) for part, _ in group if part.address})
    undated = sum(time is None for _, arrived in group for time, _ in arrived)
    facts = [reason_text(reason, kind)]
    if addresses:
        facts.append(f"{addresses:,} address" + ("es" if addresses > 1 else ""))
    if undated:
        facts.append(f"{undated:,} without time")
    total = _sums(words, [part for part, _ in group])
    return _Lane(kind, clean(venue_text(venue, reason), 80), " · ".join(facts), total, _points(result, group))


def _weight(result: TraceResult, parts: Iterable[Part]) -> int:
    return sum((part.origin_amount << 30) // (result.stolen.get(part.origin) or 1) for part in parts)


def _points(result: TraceResult, group: list[_Receipts]) -> list[tuple[int, int]]:
    """Return dated receipts with their parts in 4,096 of the theft, in order of time."""
    found = []
    for part, arrived in group:
        whole = sum(tainted for _, tainted in arrived) or 1
        stolen = result.stolen.get(part.origin) or 1
        for time, tainted in arrived:
            if time is not None:
                found.append((time, (part.origin_amount * tainted << 12) // (whole * stolen)))
    return sorted(found)


def _thefts(result: TraceResult) -> list[tuple[int, int]]:
    """Return when the thefts were, with their parts in 4,096 of what was stolen."""
    found: dict[int, int] = {}
    for arc in read_arcs(result)[0]:
        time = arc.time if arc.src.role == "theft" else None
        if time is not None:
            for origin, units in arc.shares.items():
                part = (units.origin_amount << 12) // (result.stolen.get(origin) or 1)
                found[time] = found.get(time, 0) + part
    return sorted(found.items())


def _sums(words: Words, parts: list[Part]) -> str:
    by_asset: dict[AssetId, list[Part]] = {}
    for part in sorted(parts, key=lambda part: known_place(part.asset)):
        by_asset.setdefault(part.asset, []).append(part)
    return " + ".join(
        words.amount(sum(p.tainted for p in group), asset, approximate=any(p.approximate for p in group))
        for asset, group in by_asset.items()
    )


def _draw(figure: Figure, result: TraceResult, lanes: list[_Lane], pen: _Pen, height: float) -> None:
    title = f"When the stolen funds ended: {clean(result.title) or clean(result.case_id)}"
    pen.write(figure, 0.03, 1 - 0.32 / height, fit(title, 20.5, 1170, bold=True), 15, bold=True)
    reading = "Each mark is a receipt of stolen units; its size grows with the logarithm of its share. Times are UTC."
    if not lanes:
        reading = "Nothing stolen was found in this trace."
    subtitle = f"Policy {result.options.policy} · {reading}"
    alert = audit_alert(result)
    marked = f"{result.tlp} · {alert or subtitle}"
    pen.write(figure, 0.03, 1 - 0.62 / height, marked, 9, bold=bool(alert), colour=ALERT if alert else MUTED)
    if not lanes:
        return
    axes = figure.add_axes((_LEFT, _FOOT_IN / height, _RIGHT - _LEFT, _LANE_IN * len(lanes) / height))
    for place, lane in enumerate(lanes):
        y = 1 - (_HEAD_IN + _LANE_IN * (place + 0.5)) / height
        _draw_lane(axes, lane, len(lanes) - 1 - place)
        line = 0.085 / height
        pen.write(figure, 0.065, y + line if lane.detail else y, fit(lane.name, 12, 250, bold=True), 9, bold=True)
        pen.write(figure, 0.065, y - line, lane.detail, 7.5, colour=MUTED)
        pen.write(figure, _RIGHT + 0.012, y, fit(lane.total, 11.5, 235), 8.5)
        _draw_mark(figure, lane.kind, 0.043, y, pen)
    _set_axes(axes, [time for lane in lanes for time, _ in lane.points], len(lanes), figure, pen, height)


def _draw_lane(axes: Axes, lane: _Lane, level: int) -> None:
    from matplotlib.lines import Line2D

    kind = KINDS[lane.kind]
    axes.axhline(level, color=FAINT, linewidth=0.8, zorder=1)
    marker = _MARKERS.get(kind.shape, "o")
    for time, share in lane.points:
        size = 4.0 + 0.9 * min(share.bit_length(), 13)
        mark = Line2D(
            [time],
            [level],
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=kind.fill,
            markeredgecolor=INK,
            markeredgewidth=0.8,
            alpha=0.85,
            zorder=2,
            clip_on=False,
        )
        axes.add_line(mark)


def _draw_mark(figure: Figure, name: str, x: float, y: float, pen: _Pen) -> None:
    from matplotlib.lines import Line2D

    kind = KINDS[name]
    marker = _MARKERS.get(kind.shape, "o")
    figure.add_artist(
        Line2D(
            [x],
            [y],
            linestyle="none",
            marker=marker,
            markersize=15,
            markerfacecolor=kind.fill,
            markeredgecolor=INK,
            markeredgewidth=0.9,
        )
    )
    pen.write(figure, x, y, kind.letter, 8, bold=True, colour=kind.ink, align="center")


def _set_axes(axes: Axes, times: list[int], lanes: int, figure: Figure, pen: _Pen, height: float) -> None:
    """Set the limits and draw the ticks: whole steps of UTC, at most nine."""
    first, last = (min(times), max(times)) if times else (0, _DAY)
    span = max(last - first, 3600)
    low, high = first - span // 30, last + span // 30 + 1
    axes.set_xlim(low, high)
    axes.set_ylim(-0.5, lanes - 0.5)
    axes.set_yticks([])
    axes.set_xticks([])
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    if not times:
        return
    step = next((s for s in _STEPS if (high - low) // s <= _TICKS), (high - low) // _TICKS + 1)
    for time in range((low // step + 1) * step, high, step):
        axes.axvline(time, color=FAINT, linewidth=0.6, zorder=0)
        x = _LEFT + (_RIGHT - _LEFT) * (time - low) / (high - low)
        text = format_time(time)
        pen.write(figure, x, (_FOOT_IN - 0.16) / height, text[:10], 7.5, colour=MUTED, align="center")
        if step < _DAY:
            pen.write(figure, x, (_FOOT_IN - 0.32) / height, text[11:16], 7.5, colour=MUTED, align="center")
