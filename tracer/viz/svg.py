"""A small SVG writer: shapes and measured text, no script, no style sheet, no outside reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracer.viz.node_styles import Kind
from tracer.viz.text import FONT, escape, width

INK: Final = "#1a1a1a"
MUTED: Final = "#5c5c5c"
LINE: Final = "#6b6b6b"
BACK: Final = "#9c5a24"
FAINT: Final = "#d9d9d9"
ALERT: Final = "#a8320a"

_POLYGONS: Final = {
    "square": ((-9, -9), (9, -9), (9, 9), (-9, 9)),
    "diamond": ((0, -12), (12, 0), (0, 12), (-12, 0)),
    "triangle": ((0, -12), (12, 9), (-12, 9)),
    "hexagon": ((-6, -10.5), (6, -10.5), (12, 0), (6, 10.5), (-6, 10.5), (-12, 0)),
    "octagon": ((-4.5, -11), (4.5, -11), (11, -4.5), (11, 4.5), (4.5, 11), (-4.5, 11), (-11, 4.5), (-11, -4.5)),
    "pentagon": ((0, -12), (11.4, -3.7), (7, 9.7), (-7, 9.7), (-11.4, -3.7)),
}


def number(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


class Canvas:
    """SVG elements in the order they are drawn.

    Parameters
    ----------
    title : str
        What the picture shows, in a line.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._out: list[str] = []
        self._closing: list[str] = []

    def open_group(self, title: str, page: str | None = None) -> None:
        """Start a group whose text is shown when the reader points at it; several lines are allowed.

        With a `page` it leads there: a link for the reader, nothing that a picture loads.
        """
        link = f'<a href="{escape(page)}" target="_blank" rel="noreferrer noopener">' if page else ""
        shown = f"<title>{escape(title)}</title>" if title else ""
        self._out.append(f"{link}<g>{shown}")
        self._closing.append("</g></a>" if page else "</g>")

    def close_group(self) -> None:
        """End the group."""
        self._out.append(self._closing.pop())

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        fill: str = INK,
        anchor: str = "start",
    ) -> None:
        """Draw one line of text, its base line at `y`; its length is fixed so that any font fits its room."""
        if not text:
            return
        length = width(text, size, bold=bold)
        weight = ' font-weight="bold"' if bold else ""
        at = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._out.append(
            f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}"{weight}{at} fill="{fill}" '
            f'textLength="{number(length)}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
        )

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: str,
        stroke: str = "none",
        stroke_width: float = 1.0,
        radius: float = 0.0,
        dash: str = "",
        opacity: str = "",
    ) -> None:
        """Draw a rectangle."""
        round_ = f' rx="{number(radius)}"' if radius else ""
        line = f' stroke="{stroke}" stroke-width="{number(stroke_width)}"' if stroke != "none" else ""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        dashes += f' fill-opacity="{opacity}"' if opacity else ""
        self._out.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}"{round_} '
            f'fill="{fill}"{line}{dashes}/>'
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = FAINT, w: float = 1.0, dash: str = ""
    ) -> None:
        """Draw a straight line."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._out.append(
            f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" '
            f'stroke="{stroke}" stroke-width="{number(w)}"{dashes}/>'
        )

    def path(
        self,
        d: str,
        *,
        stroke: str = "none",
        w: float = 1.0,
        fill: str = "none",
        dash: str = "",
        opacity: str = "",
        name: str = "",
    ) -> None:
        """Draw a path; `name` becomes its class."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        line = f' stroke="{stroke}" stroke-width="{number(w)}"{dashes}' if stroke != "none" else ""
        clear = f' fill-opacity="{opacity}"' if opacity else ""
        kind = f' class="{name}"' if name else ""
        self._out.append(f'<path{kind} d="{d}" fill="{fill}"{clear}{line}/>')

    def polygon(self, points: Sequence[tuple[float, float]], *, fill: str, stroke: str = INK, w: float = 1.2) -> None:
        """Draw a closed polygon."""
        text = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self._out.append(
            f'<polygon points="{text}" fill="{fill}" stroke="{stroke}" stroke-width="{number(w)}" '
            'stroke-linejoin="round"/>'
        )

    def circle(self, x: float, y: float, r: float, *, fill: str, stroke: str = INK, dash: str = "") -> None:
        """Draw a circle."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._out.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(r)}" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="1.2"{dashes}/>'
        )

    def mark(self, x: float, y: float, kind: Kind) -> None:
        """Draw a kind's mark around a point: its shape in its colour, its letter on it."""
        if kind.shape in _POLYGONS:
            self.polygon([(x + dx, y + dy) for dx, dy in _POLYGONS[kind.shape]], fill=kind.fill)
        elif kind.shape == "stack":
            for offset in (3, 0, -3):
                self.rect(x - 9 + offset, y - 7 - offset, 16, 14, fill=kind.fill, stroke=INK)
        elif kind.shape == "chain":
            for offset in (8, 0, -8):
                self.circle(x + offset, y, 5, fill=kind.fill)
        else:
            radius = 5.0 if kind.shape == "small" else 10.0
            self.circle(x, y, radius, fill=kind.fill, dash="3 2" if kind.shape == "dashed" else "")
            if kind.shape == "double":
                self.circle(x, y, 6, fill="#000000")
        if kind.letter:
            dx, dy = {"stack": (-4, 6.5), "triangle": (0, 5.5)}.get(kind.shape, (0, 4.2))
            self.text(x + dx, y + dy, kind.letter, 11.5, bold=True, fill=kind.ink, anchor="middle")

    def document(self, w: float, h: float) -> str:
        """Return the whole SVG document of a size in pixels."""
        size = f'width="{number(w)}" height="{number(h)}" viewBox="0 0 {number(w)} {number(h)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}">'
        ground = f'<rect width="{number(w)}" height="{number(h)}" fill="#ffffff"/>'
        return "\n".join((head, f"<title>{escape(self._title)}</title>", ground, *self._out, "</svg>", ""))
