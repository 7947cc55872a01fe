"""Labels of the user's own: one added to or taken from a table of labels, kept with who says so and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tracer.errors import InputError
from tracer.io import Record, Table, csv_text, plain, read_table, write_file
from tracer.model import ChainId, Label
from tracer.registry.labels import CHECKED, CHECKED_TOO, KEPT, REQUIRED, label_of

OWN_RANK: Final = "A6"
COLUMNS: Final = (
    *("address", "chain", "label", "category", "entity", "source_url", "publisher", "rank", "source_kind"),
    *("valid_from", "valid_until", "list_date", "captured", "notes"),
)
"""Columns of a table that is begun here; ``captured`` is the day on which the label was written down."""


def add_label(path: Path, said: Mapping[str, str], chain: ChainId | None) -> bool:
    """Add a label to a table; the rows that stand there stay as they are.

    Parameters
    ----------
    path : Path
        A CSV table of labels; it is begun where it does not exist.
    said : mapping of str to str
        The cells, by :data:`COLUMNS`.
    chain : ChainId or None
        Chain of the rows of the table that name none.

    Returns
    -------
    bool
        False where the same label stands there already, whenever it was written down.

    Raises
    ------
    DataFileError, InputError
        If a cell cannot be what its column says, or the table cannot be read.
    """
    cells = {column: value for column, value in said.items() if value}
    label = label_of(_record("the label", tuple(cells), tuple(cells.values())), chain)
    if not path.exists():
        write_file(path, csv_text(COLUMNS, [[cells.get(column, "") for column in COLUMNS]]).encode())
        return True
    table = _table(path)
    if label in (label_of(record, chain) for record in table.records()):
        return False
    columns = (*table.columns, *(column for column in cells if column not in table.columns))
    rows = [(*row, *[""] * (len(columns) - len(row))) for row in table.rows]
    _write(path, columns, [*rows, tuple(cells.get(column, "") for column in columns)])
    return True


def remove_label(
    path: Path, chain: ChainId, address: str, default: ChainId | None, *, name: str = "", category: str = ""
) -> Label:
    """Take the one label of an address out of a table, and return it; the other rows stay as they are.

    Parameters
    ----------
    path : Path
        A CSV table of labels.
    chain, address : str
        Whose label.
    default : ChainId or None
        Chain of the rows that name none.
    name, category : str, optional
        Which, where it has several.

    Raises
    ------
    InputError
        If there is no such label, or more than one.
    """
    table = _table(path)
    found = [
        (number, label)
        for number, label in enumerate(label_of(record, default) for record in table.records())
        if (label.chain, label.address) == (chain, address)
        and name in ("", label.label)
        and category in ("", label.category)
    ]
    if len(found) != 1:
        listed = "; ".join(f"{plain(label.label)!r} ({label.category})" for _, label in found)
        raise InputError(
            f"{path.name} has {f'{len(found)} labels' if found else 'no such label'} of {address}.",
            why=f"They are {listed}."
            if found
            else "Labels of the registry cannot be removed; --no-registry leaves out all.",
            next_step="Say which: --name or --category." if found else "Look it up: tracer show CASE ADDRESS.",
        )
    number, label = found[0]
    _write(path, table.columns, [row for place, row in enumerate(table.rows) if place != number])
    return label


def _table(path: Path) -> Table:
    """Return a table of labels to be written again; Parquet is never rewritten."""
    if path.suffix.lower() in (".parquet", ".pq"):
        raise InputError(
            f"{path.name} is Parquet, to which no row is added.",
            next_step="Name a CSV file with --out, and give both: the folder's own table stays beside --labels.",
        )
    return read_table(path, REQUIRED)


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    write_file(path, csv_text(columns, rows).encode(), overwrite=True)


def _record(name: str, columns: Sequence[str], cells: tuple[str, ...]) -> Record:
    known = {*REQUIRED, *KEPT, *CHECKED, *CHECKED_TOO}
    assert known >= set(columns), "a column that no reader knows"
    return Record(name, 1, {column: place for place, column in enumerate(columns)}, cells)
