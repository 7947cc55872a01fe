"""The table of totals under a flow graph: one row a venue, stop reason and asset, one line a theft that sums them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tracer.model import AssetId, Origin
from tracer.viz.captions import Words
from tracer.viz.model import Part, origins_in_order
from tracer.viz.node_styles import KINDS, reason_text, venue_text
from tracer.viz.svg import FAINT, INK, MUTED, Canvas
from tracer.viz.text import clean, fit, share_text, width

ROW: Final = 30.0
_MAX_ROWS: Final = 24
_SIZE: Final = 12.0
_PAD: Final = 26.0
_HEADS: Final = ("Where it went", "Stop reason", "Theft", "Amount", "Share", "Addresses", "Payments")
_RIGHT: Final = (False, False, False, True, True, True, True)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    kind : str
        Its mark; empty for a sum.
    cells : tuple of str
        As in the heads.
    exact : str
        The amount to the last digit.
    """

    kind: str
    cells: tuple[str, ...]
    exact: str


def total_rows(parts: Iterable[Part], words: Words) -> list[Row]:
    """Return the rows of the table: by theft, then largest share first, each theft closed by its sum.

    Parameters
    ----------
    parts : iterable of Part
        All exits as drawn.
    words : Words
        Names of the picture.
    """
    by_origin: dict[Origin, dict[tuple[str, str, str, AssetId], list[Part]]] = {
        origin: {} for origin in origins_in_order(words.result)
    }
    for part in parts:
        key = (part.kind, part.venue, part.stop_reason, part.asset)
        by_origin.setdefault(part.origin, {}).setdefault(key, []).append(part)
    room = max(_MAX_ROWS // max(len(by_origin), 1), 4)
    rows = []
    for origin, groups in by_origin.items():
        ranked = sorted(groups.items(), key=lambda item: (-sum(p.origin_amount for p in item[1]), item[0]))
        shown, rest = (ranked, []) if len(ranked) <= room else (ranked[: room - 1], ranked[room - 1 :])
        rows += [_row(kind, venue, reason, group, words) for (kind, venue, reason, _), group in shown]
        if rest:
            rows.append(_rest_row(origin, [part for _, group in rest for part in group], len(rest), words))
        rows.append(_sum_row(origin, [part for group in groups.values() for part in group], words))
    return rows


def table_size(rows: list[Row]) -> tuple[float, float]:
    """Return width and height of the table in pixels."""
    return sum(_columns(rows)) + _PAD * (len(_HEADS) - 1) + 34, ROW * (len(rows) + 1)


def draw_table(canvas: Canvas, rows: list[Row], x: float, y: float) -> None:
    """Draw the table with its upper left corner at a point."""
    columns = _columns(rows)
    whole = table_size(rows)[0]
    _draw_cells(canvas, _HEADS, columns, x, y, bold=True, fill=MUTED)
    for number, row in enumerate(rows, 1):
        top = y + number * ROW
        is_sum = not row.kind
        canvas.line(x, top, x + whole, top, stroke=INK if is_sum else FAINT, w=1.2 if is_sum else 1)
        canvas.open_group(row.exact)
        if row.kind:
            canvas.mark(x + 13, top + ROW / 2, KINDS[row.kind])
        _draw_cells(canvas, row.cells, columns, x, top, bold=is_sum, fill=INK)
        canvas.close_group()


def _draw_cells(
    canvas: Canvas, cells: tuple[str, ...], columns: list[float], x: float, y: float, *, bold: bool, fill: str
) -> None:
    left = x + 34
    for text, room, right in zip(cells, columns, _RIGHT, strict=True):
        at = left + room if right else left
        canvas.text(at, y + 19.5, text, _SIZE, bold=bold, fill=fill, anchor="end" if right else "start")
        left += room + _PAD


def _columns(rows: list[Row]) -> list[float]:
    lines = [_HEADS, *(row.cells for row in rows)]
    return [max(width(line[i], _SIZE, bold=True) for line in lines) for i in range(len(_HEADS))]


def _row(kind: str, venue: str, reason: str, group: list[Part], words: Words) -> Row:
    first = group[0]
    stolen = words.result.stolen.get(first.origin, 0)
    tainted = sum(p.tainted for p in group)
    rough = any(p.approximate for p in group)
    name = fit(clean(venue_text(venue, reason), 80), _SIZE, 340)
    cells = (
        name,
        reason_text(reason, kind),
        _theft(first.origin, words),
        words.amount(tainted, first.asset, approximate=rough),
        share_text(sum(p.origin_amount for p in group), stolen),
        _count(len({(p.chain, p.address) for p in group if p.address})),
        _count(sum(p.payments for p in group)),
    )
    return Row(kind, cells, words.exact(tainted, first.asset))


def _rest_row(origin: Origin, parts: list[Part], lines: int, words: Words) -> Row:
    amount = sum(p.origin_amount for p in parts)
    cells = (
        f"{lines} smaller lines, counted in the stolen asset",
        "several",
        _theft(origin, words),
        words.amount(amount, origin.asset, approximate=any(p.approximate for p in parts)),
        share_text(amount, words.result.stolen.get(origin, 0)),
        _count(len({(p.chain, p.address) for p in parts if p.address})),
        _count(sum(p.payments for p in parts)),
    )
    return Row("stub", cells, words.exact(amount, origin.asset))


def _sum_row(origin: Origin, parts: list[Part], words: Words) -> Row:
    amount = sum(p.origin_amount for p in parts)
    stolen = words.result.stolen.get(origin, 0)
    cells = (
        "Sum = stolen" if amount == stolen else "Sum (the trace does not close)",
        "",
        _theft(origin, words),
        words.amount(amount, origin.asset),
        share_text(amount, stolen),
        _count(len({(p.chain, p.address) for p in parts if p.address})),
        "",
    )
    return Row("", cells, words.exact(amount, origin.asset))


def _theft(origin: Origin, words: Words) -> str:
    return fit(f"{clean(origin.name, 60)} · {words.unit(origin.asset)}", _SIZE, 220)


def _count(value: int) -> str:
    return f"{value:,}" if value else "–"  # noqa: RUF001
