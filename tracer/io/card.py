"""What a notebook shows of a record: a card of a few lines, a table of a few rows.

Pure functions of what they are given: no network, no disk, every text escaped. Colours are those of the page, so that a
card reads in light and in dark; a box and an alarm alone have their own, chosen to do so too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

from tracer.io.writers import plain

T = TypeVar("T")

ROWS: Final = 15
"""Rows of a table that fit on a screen beside its cell."""
_LONGEST: Final = 44
_LINE: Final = 110
_MANY: Final = 8
"""Columns from which on a table is set a little smaller."""
_WHOLE: Final = ";white-space:nowrap"
_BOX: Final = (
    "max-width:72em;padding:10px 14px;border:1px solid rgba(128,128,128,.45);border-radius:6px;overflow-x:auto"
)
_TABLE: Final = "border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums"
_ALARM: Final = "color:#d33;font-weight:600;"


class Cell(NamedTuple):
    """What stands in a cell.

    Attributes
    ----------
    text : str
        As it is shown.
    whole : str
        All of it, where it was shortened: shown when the pointer rests on it.
    href : str
        Where it leads; only an ``https`` page is taken.
    """

    text: str
    whole: str = ""
    href: str = ""


def shortened(text: str, most: int = _LONGEST) -> Cell:
    """Return a text as a cell, cut where it is longer than `most` characters; between words, where one ends near.

    A number cut in its middle would read as another number.
    """
    text = plain(text)
    if len(text) <= most:
        return Cell(text)
    head, _, _ = text[:most].rpartition(" ")
    kept = head if len(head) * 2 > most else text[: most - 1]
    return Cell(f"{kept.rstrip()}…", text)


def short_name(text: str, href: str = "") -> Cell:
    """Return an address or hash by its first and last characters; an outpoint keeps its number."""
    text = plain(text)
    body, colon, number = text.partition(":")
    if len(text) <= 20 or (colon and not number.isdecimal()):
        return shortened(text, 20)._replace(href=href)
    return Cell(f"{body[:8]}…{body[-4:]}{colon}{number}", text, href)


def card_html(title: str, rows: Iterable[tuple[str, Sequence[str]]], alarm: Iterable[str] = ()) -> str:
    """Return a card: a title, and named lines.

    Parameters
    ----------
    title : str
        What it is.
    rows : iterable of (str, sequence of str)
        A name and its lines.
    alarm : iterable of str
        Names whose lines say that something is wrong.
    """
    wrong = set(alarm)
    body = "".join(
        '<tr style="background:none"><th style="text-align:left;vertical-align:top;padding:2px 18px 2px 0;'
        f'font-weight:600;white-space:nowrap">{escape(plain(name))}</th>'
        f'<td style="text-align:left;padding:2px 0;{_ALARM if name in wrong else ""}">'
        f"{'<br>'.join(escape(plain(line)) for line in lines)}</td></tr>"
        for name, lines in rows
        if lines
    )
    return (
        f'<div style="{_BOX}"><div style="font-weight:600;font-size:1.1em;padding-bottom:6px">{escape(plain(title))}'
        f'</div><table style="{_TABLE}"><tbody>{body}</tbody></table></div>'
    )


def table_html(
    head: Sequence[str], rows: Iterable[Sequence[Cell | str]], right: Iterable[int] = (), notes: Iterable[str] = ()
) -> str:
    """Return a table with a line below it.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : iterable of sequence of Cell or str
        As many cells as there are columns.
    right : iterable of int
        Columns that are aligned to the right: numbers.
    notes : iterable of str
        What is said below.
    """
    aligned = ["right" if place in set(right) else "left" for place in range(len(head))]
    names = "".join(
        f'<th style="text-align:{side};vertical-align:bottom">{escape(plain(name))}</th>'
        for name, side in zip(head, aligned, strict=True)
    )
    body = "".join(
        f"<tr>{''.join(_cell_html(cell, side) for cell, side in zip(row, aligned, strict=True))}</tr>" for row in rows
    )
    below = "".join(f'<div style="opacity:.75;padding-top:4px">{escape(plain(note))}</div>' for note in notes if note)
    small = ";font-size:.88em" if len(head) > _MANY else ""
    return (
        f'<div style="overflow-x:auto"><table style="{_TABLE}{small}"><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table>{below}</div>"
    )


def _cell_html(cell: Cell | str, side: str) -> str:
    one = Cell(cell) if isinstance(cell, str) else cell
    text = escape(plain(one.text))
    if one.href.startswith("https://"):
        link = 'target="_blank" rel="noreferrer noopener" style="color:inherit;text-decoration:underline dotted"'
        text = f'<a href="{escape(one.href)}" {link}>{text}</a>'
    title = f' title="{escape(plain(one.whole))}"' if one.whole else ""
    # Words break between lines where a table would be wider than the page; numbers, names and links never do.
    kept = "" if side == "left" and not one.href and " " in one.text and not one.text[:1].isdecimal() else _WHOLE
    return f'<td style="text-align:{side}{kept}"{title}>{text}</td>'


class Card(NamedTuple):
    """What a record says of itself.

    Attributes
    ----------
    title : str
        What it is.
    rows : tuple of (str, tuple of str)
        Names, and lines.
    alarm : tuple of str
        Names whose lines say that something is wrong.
    """

    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    alarm: tuple[str, ...] = ()


class Carded:
    """A record that shows itself as a card, in a terminal as in a notebook, however much it holds."""

    __slots__ = ()

    def card(self) -> Card:
        """Return what it says of itself."""
        raise NotImplementedError

    def __repr__(self) -> str:
        title, rows, _ = self.card()
        lines = [
            f"  {plain(name) if not number else '':<14}{line}"
            for name, said in rows
            for number, line in enumerate(part for text in said for part in _wrapped(plain(text)))
        ]
        return "\n".join([plain(title), *lines])

    def _repr_html_(self) -> str:
        return card_html(*self.card())


def _wrapped(line: str) -> list[str]:
    """Return a long text as lines that a terminal holds; one word that is longer stays whole."""
    return textwrap.wrap(line, _LINE, break_long_words=False, break_on_hyphens=False) or [line]


class Row:
    """A record that says which of its fields stand in a table, and how.

    Attributes
    ----------
    HEAD : tuple of str
        Names of the columns.
    """

    __slots__ = ()
    HEAD: ClassVar[tuple[str, ...]] = ()

    def cells(self) -> Sequence[Cell | str]:
        """Return its cells, as many as there are names."""
        raise NotImplementedError


class Records(tuple[T, ...]):
    """Records in their order; as a tuple, but showing no more of itself than a screen holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        shown = [shortened(repr(one), 200).text for one in self[:ROWS]]
        more = len(self) - len(shown)
        if not shown:
            return "()"
        return "\n".join(
            [f"{len(self):,} {type(self[0]).__name__}:", *shown, *([f"… and {more:,} more"] if more else [])]
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401 (IPython's printer)
        printer.text("(…)" if cycle else repr(self))

    def _repr_html_(self) -> str:
        if not self:
            return "<p>None.</p>"
        notes = [f"{ROWS} of {len(self):,}."] if len(self) > ROWS else []
        if isinstance(self[0], Row):
            return table_html(self[0].HEAD, [one.cells() for one in self[:ROWS] if isinstance(one, Row)], (), notes)
        names = _fields(self[0])
        if not names:
            return f"<pre>{escape(repr(self))}</pre>"
        used = [name for name in names if any(_said(getattr(one, name)) for one in self[:ROWS])]
        shown, left = used[:9], used[9:]
        rows = [[shortened(_said(getattr(one, name))) for name in shown] for one in self[:ROWS]]
        if left:
            notes.append(f"Each has more: {', '.join(left)}.")
        return table_html(shown, rows, (), [" ".join(notes)])


def _fields(record: object) -> list[str]:
    return list(getattr(record, "__dataclass_fields__", getattr(record, "_fields", ())))


def _said(value: object) -> str:
    return "" if value is None or value in ((), {}) else str(value)


class Document(dict[str, Any]):
    """A mapping as a file holds it; shown with its longest values folded away."""

    def _repr_html_(self) -> str:
        rows = [(name, [shortened(_brief(value), 110).text]) for name, value in self.items()]
        return card_html(str(self.get("title", "Document")), [row for row in rows if row[0] != "title"][:ROWS])


def _brief(value: object) -> str:
    if isinstance(value, dict):
        short = not any(isinstance(one, dict | list) for one in value.values()) and len(str(value)) <= 110
        return ", ".join(f"{name} {one}" if short else str(name) for name, one in value.items()) or "none"
    if isinstance(value, list | tuple) and len(str(value)) > 110:
        return f"{len(value):,} values: {', '.join(map(str, value))}"
    return str(value)
