"""Addresses of a file, in whatever form somebody's spreadsheet gives it, and the answer in the same form."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracer.errors import DataFileError
from tracer.io import plain
from tracer.model import (
    hex_form,
    is_solana_form,
    known_form_elsewhere,
)
from tracer.report import (
    Asked,
    AskedRow,
)

if TYPE_CHECKING:
    pass

_LOOKED_AT: Final = 1_000
"""Rows by which a column of addresses is known."""
_MAX_BYTES: Final = 1 << 27
_COLUMN: Final = "address"
_CHAINS: Final = ("chain", "network", "blockchain", "netz", "netzwerk", "réseau")
"""Columns that say on which chain an address is; the first of these that a table has counts."""


def read_addresses(path: Path, column: str = "", told: Callable[[str], None] | None = None) -> list[Asked]:
    """Return the addresses of a file: a column ``address``, or one a line; ``chain`` or ``network`` says where.

    Without a column of that name it is the one whose cells are addresses, if there is one alone.

    Parameters
    ----------
    path : path
        CSV with commas, semicolons or tabs, or plain text.
    column : str, optional
        The column with the addresses, where it is not called ``address``; letter case does not matter.
    told : callable, optional
        Told which column was taken, where nobody named it.

    Raises
    ------
    DataFileError
        If there is no such file, it is no text, too large or empty, or its header has no such column.
    """
    if not path.is_file():
        raise DataFileError(f"There is no file {plain(str(path))!r}.", next_step="Check the path.")
    if path.stat().st_size > _MAX_BYTES:
        raise DataFileError(f"{path.name} is larger than {_MAX_BYTES >> 20} MiB.", next_step="Split it.")
    text = _text_of(path, told)
    written = [line for line in text.split("\n") if line.strip()]
    first = next((line for line in written if not line.startswith("#")), text)
    mark = _mark_of(first)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as cause:
        raise DataFileError(f"{path.name} is no table: {cause}.", next_step="Write one address a line.") from cause
    # A mark opens a comment where it stands before everything, or alone: a customer's number may begin with it.
    wanted = column.strip().casefold() or _COLUMN
    rows = [row for row in rows if any(row) and not (row[0].startswith("#") and not any(row[1:]))]
    while rows and rows[0][0].startswith("#") and wanted not in [cell.casefold() for cell in rows[0]]:
        del rows[0]
    if not rows:
        raise DataFileError(f"{path.name} holds no address.", next_step="Write one address a line.")
    header = [cell.casefold() for cell in rows[0]]
    if wanted in header:
        return list(_in_columns(rows, header.index(wanted)))
    places = [] if column else _columns_of_addresses(rows)
    if len(places) == 1:
        (place,) = places
        if told is not None:
            told(f"The addresses of {path.name} are in its column {plain(rows[0][place])[:60]!r}.")
        return list(_in_columns(rows, place))
    if len(header) > 1 or column:
        raise DataFileError(
            f"{path.name} has no column {wanted!r}.",
            why=f"Several have addresses: {', '.join(repr(plain(rows[0][one])[:60]) for one in places)}."
            if places
            else f"Its first line is: {plain(first.strip())[:200]}",
            next_step="Name the column that has the addresses: --column "
            f"{shlex.quote(plain(rows[0][places[0]])[:60]) if places else repr('Deposit Address')}"
            f"{', and ask again for the next' if places else ', say'}.",
        )
    return [Asked(row[0]) for row in rows if not row[0].startswith("#")]


def _mark_of(line: str) -> str:
    """Return what stands between the cells of a line."""
    return next((mark for mark in (",", ";", "\t") if mark in line), ",")


def in_form_of(path: Path, text: str) -> bytes:
    """Return a table in the form of the asker's: what opens in his spreadsheet program opens there again.

    Parameters
    ----------
    path : path
        The file of addresses that was read.
    text : str
        The answer, with commas.
    """
    asked = _text_of(path, None)
    mark = _mark_of(next((line for line in asked.split("\n") if line.strip() and not line.startswith("#")), ""))
    data = path.read_bytes()
    marked = data.startswith(b"\xef\xbb\xbf") or data.decode("utf-8", "replace") != asked
    if mark != ",":
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=mark, lineterminator="\n").writerows(csv.reader(io.StringIO(text)))
        text = out.getvalue()
    return text.encode("utf-8-sig" if marked else "utf-8")


def _text_of(path: Path, told: Callable[[str], None] | None) -> str:
    """Return a file's text: UTF-8, or what a spreadsheet program of Windows writes as 'CSV', said to `told`."""
    data = path.read_bytes()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataFileError(f"{path.name} is a spreadsheet.", next_step="Save it as 'CSV UTF-8' and give that.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        fault = cause
    try:
        text = data.decode("cp1252") if b"\0" not in data else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise DataFileError(
            f"{path.name}: byte {fault.start} is not UTF-8.", next_step="Save it as 'CSV UTF-8', or as plain text."
        ) from fault
    if told is not None:
        told(
            f"{path.name} is not UTF-8 and was read as Windows-1252: no address depends on it, but a name in another "
            "column may look otherwise."
        )
    return text


def _columns_of_addresses(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the places of the columns under whose names addresses stand.

    Most of their cells must have the form of an address, whatever their checksums, and their names must not.
    """
    found = []
    for place in range(len(rows[0]) if len(rows) > 1 else 0):
        cells = [row[place] for row in rows[1:_LOOKED_AT] if place < len(row) and row[place]]
        if cells and not is_address_form(rows[0][place]) and 2 * sum(map(is_address_form, cells)) > len(cells):
            found.append(place)
    return found


def is_address_form(text: str) -> bool:
    """Return whether a text has the form of a whole address, with its chain or without, whatever its checksum."""
    rest = text.rpartition(":")[2]
    return bool(hex_form(rest.lower()) or known_form_elsewhere(rest) or is_solana_form(rest))


def _in_columns(rows: Sequence[Sequence[str]], place: int) -> Iterator[Asked]:
    """Yield the addresses of a table with a header, each with the other cells of its row."""
    header = [cell.casefold() for cell in rows[0]]
    on = next((header.index(name) for name in _CHAINS if name in header), None)
    names = _column_names(rows[0])
    for row in rows[1:]:
        cells = [*row, *[""] * (len(names) - len(row))]
        if any(cells):  # a row whose cell is empty is answered too: no customer goes missing
            besides = tuple(
                (name, cell) for n, (name, cell) in enumerate(zip(names, cells, strict=False)) if n != place
            )
            yield Asked(cells[place], "" if on is None else cells[on], besides)


def _column_names(header: Sequence[str]) -> list[str]:
    """Return names for the columns of a table of the asker's own: all different, and none of an answer's."""
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = " ".join(plain(cell).replace(";", " ").split()) or f"column {number}"
        # A column of the answer keeps its name, and no header can be read as a formula.
        name = f"asked_{name}" if name.casefold() in AskedRow.columns() or not name[0].isalnum() else name
        names.append(name if name not in names else f"{name} {number}")
    return names
