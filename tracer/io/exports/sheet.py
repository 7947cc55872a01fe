"""From text to rows: delimiter, header, quoting, rows too long or too short, exports pasted together."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tracer.errors import DataFileError
from tracer.io.readers import MAX_COLUMNS, MAX_ROW_CHARACTERS, MAX_ROWS
from tracer.io.writers import plain

DELIMITERS: Final = (",", "\t", ";", "|")
_LEAD: Final = 4
"""How many first lines may be the header: some sites put a title above it."""
_PASTED: Final = 1_000
"""Exports pasted together that are still read."""
_CUT: Final = "the file ends inside a row: the download was cut"
_LONG: Final = f"a cell is longer than {MAX_ROW_CHARACTERS} characters"
_UNCLOSED: Final = "a quote is opened and never closed: nothing from here on could be read"


def fold(name: str) -> str:
    """Return a column name without case, no-break spaces and blanks at its ends.

    Examples
    --------
    >>> fold(" Token  Symbol")
    'token symbol'
    """
    return " ".join(name.replace("\u00a0", " ").replace("\ufeff", "").split()).lower()


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a sheet.

    Attributes
    ----------
    file : str
        File name.
    names : tuple of str
        As written.
    keys : dict of str to int
        Place of each column by what the form calls it.
    """

    file: str
    names: tuple[str, ...]
    keys: dict[str, int]

    def shown(self, key: str) -> str:
        """Return a column's name as the file writes it."""
        place = self.keys.get(key)
        return key if place is None else plain(self.names[place]).strip()


@dataclass(frozen=True, slots=True)
class Row:
    """One data row; the header is row 1, as a spreadsheet counts.

    Attributes
    ----------
    header : Header
        Its columns.
    number : int
        Row number.
    cells : tuple of str
        Cells, blanks at their ends cut off.
    """

    header: Header
    number: int
    cells: tuple[str, ...]

    def __contains__(self, key: str) -> bool:
        return key in self.header.keys

    def text(self, key: str) -> str:
        """Return a cell; empty where the column is absent or holds the empty mark of a database."""
        place = self.header.keys.get(key)
        cell = "" if place is None or place >= len(self.cells) else self.cells[place]
        return "" if cell in ("\\N", "NULL", "null", "<nil>", "None", "nan", "NaN") else cell

    def error(self, key: str, what: str, why: str = "", next_step: str = "") -> DataFileError:
        """Return the error that names file, row and column."""
        column = f", {self.header.shown(key)}" if key else ""
        return DataFileError(f"{self.header.file}, row {self.number}{column}: {what}", why=why, next_step=next_step)


@dataclass(slots=True)
class Sheet:
    """A header with the rows below it.

    Attributes
    ----------
    file : str
        File name.
    names, folded : tuple of str
        Columns as written, and folded.
    delimiter : str
        What parts the cells.
    rows : list of tuple of int and tuple of str
        Row number and cells.
    faults : list of tuple of int and str
        Rows that are no rows, and why.
    notes : list of str
        What is to be said.
    """

    file: str
    names: tuple[str, ...]
    folded: tuple[str, ...]
    delimiter: str
    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_sheets(
    text: str, file: str, known: Callable[[Sequence[str]], bool], check: Callable[[Sheet], object] = lambda _: None
) -> list[Sheet]:
    """Return the sheets of a delimited text: one, or several where exports were pasted together.

    Parameters
    ----------
    text : str
        The file's text.
    file : str
        Its name, for messages.
    known : callable
        Whether folded names are those of a header we know.
    check : callable, optional
        Raises what is wrong with a header, before any of the rows below it is held.

    Raises
    ------
    DataFileError
        If a column stands twice, the quoting breaks off, or the file is too long.
    """
    lead, delimiter = _header_of(text, known)
    sheets: list[Sheet] = []
    sheet: Sheet | None = None
    number = 0
    broken: list[tuple[int, str]] = []
    for number, cells in _records(text, delimiter, file, broken):
        if number > MAX_ROWS:
            raise DataFileError(f"{file} has more than {MAX_ROWS} rows.", next_step="Split it.")
        if number <= lead or not any(cells):
            continue
        if sheet is None:
            sheet = _sheet(file, cells, delimiter)
            check(sheet)
            sheets.append(sheet)
            if lead:
                sheet.notes.append(f"{file}: {lead} line(s) above the header were skipped.")
            continue
        if _is_header(cells, sheet, known):
            if len(sheets) >= _PASTED:
                raise DataFileError(
                    f"{file}, row {number}: the {_PASTED + 1:,}th header.",
                    why="So many exports are not pasted together by hand.",
                    next_step="Import the files as they were downloaded.",
                )
            sheet = _sheet(file, cells, delimiter)
            check(sheet)
            sheet.notes.append(f"{file}, row {number}: a second header; two exports were pasted together, read as two.")
            sheets.append(sheet)
            continue
        _add(sheet, number, cells)
    if sheet is None:
        raise DataFileError(f"{file} has no header line.", next_step="Download it again.")
    if sheet.faults and sheet.faults[-1][0] == number and not text.endswith(("\n", "\r")):
        sheet.faults[-1] = (number, _CUT)
    sheet.faults += broken
    return sheets


def _is_header(cells: tuple[str, ...], sheet: Sheet, known: Callable[[Sequence[str]], bool]) -> bool:
    """Return whether a row is a header again; only one whose first cell is a column's name is looked at closely."""
    if not 3 <= len(cells) <= MAX_COLUMNS or fold(cells[0]) not in sheet.folded:
        return False
    again = tuple(fold(cell) for cell in cells)
    return again == sheet.folded or known(again)


def _header_of(text: str, known: Callable[[Sequence[str]], bool]) -> tuple[int, str]:
    """Return how many lines stand above the header, and the delimiter."""
    lines = [line for _, line in zip(range(_LEAD), io.StringIO(text, newline=""), strict=False)]
    for place, line in enumerate(lines):
        for delimiter in DELIMITERS:
            try:
                cells = next(csv.reader([line[:MAX_ROW_CHARACTERS]], delimiter=delimiter, skipinitialspace=True), [])
            except csv.Error:  # no header: what breaks off here is named when the rows are read
                continue
            if 1 < len(cells) <= MAX_COLUMNS and known([fold(cell) for cell in cells]):
                return place, delimiter
    first = lines[0]
    return 0, max(DELIMITERS, key=first.count)


def _records(
    text: str, delimiter: str, file: str, broken: list[tuple[int, str]]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield record number and cells; what breaks off at the end goes into `broken`.

    Tab-separated dumps know no quoting: a bare quote is a character like others.
    """
    if delimiter == "\t":
        for number, line in enumerate(io.StringIO(text, newline=None), 1):
            yield number, tuple(cell.strip() for cell in line.split("\t")) if line.strip() else ()
        return
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    while True:
        number += 1
        begun = lines.count
        try:
            cells = next(reader, None)
        except csv.Error as cause:
            if "field limit" in str(cause):
                # The reader begins anew with the next line: safe where the cell began and ended in this one.
                whole = lines.count == begun + 1 and lines.last.count('"') % 2 == 0
                broken.append((number, _LONG if whole else f"{_LONG}; {_UNCLOSED}"))
                if whole:
                    continue
                return
            if "unexpected end of data" in str(cause):
                broken.append((number, _UNCLOSED if lines.count > begun + 1 else _CUT))
                return
            if number == 1:
                raise DataFileError(
                    f"{file}: its first line is no header: {cause}.",
                    why="Cells are parted by commas, tabs, semicolons or bars.",
                    next_step="Save it as CSV with commas, or use the file as it was downloaded.",
                ) from cause
            raise DataFileError(
                f"{file}, row {number}: {cause}.",
                why="The quoting breaks off there, so that what follows cannot be told apart.",
                next_step="Download the file again; a spreadsheet or an editor has changed it.",
            ) from cause
        if cells is None:
            return
        yield number, tuple(cell.strip() for cell in cells)


class _Lines:
    """The lines of a text, with their number and the last one."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text, newline="")
        self.count, self.last = 0, ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self.last = next(self._text)
        self.count += 1
        return self.last


def _sheet(file: str, cells: tuple[str, ...], delimiter: str) -> Sheet:
    if len(cells) > MAX_COLUMNS or sum(map(len, cells)) > MAX_ROW_CHARACTERS:
        raise DataFileError(
            f"{file}: its header has {len(cells):,} columns and {sum(map(len, cells)):,} characters.",
            why=f"No site writes more than {MAX_COLUMNS:,} columns or {MAX_ROW_CHARACTERS:,} characters.",
            next_step="Download it again.",
        )
    folded = tuple(fold(cell) for cell in cells)
    seen: set[str] = set()
    for name in folded:
        if name and name in seen:
            raise DataFileError(
                f"{file}: two columns are named {plain(name)[:60]!r}: which one?",
                next_step="Rename or delete one of them.",
            )
        seen.add(name)
    return Sheet(file, cells, folded, delimiter)


def _add(sheet: Sheet, number: int, cells: tuple[str, ...]) -> None:
    if len(cells) == 1 and cells[0].startswith("#"):
        sheet.notes.append(f"{sheet.file}, row {number}: a comment, skipped.")
    elif sum(map(len, cells)) > MAX_ROW_CHARACTERS:
        sheet.faults.append((number, f"the row is longer than {MAX_ROW_CHARACTERS} characters"))
    elif len(cells) < len(sheet.names):
        sheet.faults.append((number, f"{len(cells)} cells, but the header has {len(sheet.names)}"))
    else:
        sheet.rows.append((number, cells))
