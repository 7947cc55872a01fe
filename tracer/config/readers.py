"""Strict readers: CSV and Parquet tables, YAML and JSON. Everything is text until its meaning is known.

A table that breaks its form is an error that names file, row and column; nothing is guessed or dropped.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from tracer.errors import DataFileError, TracerError

T = TypeVar("T")

MAX_ROWS: Final = 5_000_000
MAX_ROW_CHARACTERS: Final = 64 * 1024
_YAML_KINDS: Final = ("map", "seq", "str")
_YAML_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: names, and rows of cells not yet interpreted.

    Attributes
    ----------
    name : str
        File name, for messages.
    columns : tuple of str
        Column names in file order.
    rows : list of tuple
        Cells: text (CSV), or the file's own values with ``""`` for null (Parquet).
    """

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> Iterator[Record]:
        """Yield the rows in order, each with its number and typed access to its cells."""
        index = {column: place for place, column in enumerate(self.columns)}
        for number, cells in enumerate(self.rows, 1):
            yield Record(self.name, number, index, cells)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table; reading a cell names file, row and column where the cell is wrong.

    Attributes
    ----------
    file : str
        File name.
    number : int
        Row number, the first data row being 1.
    index : dict of str to int
        Place of each column.
    cells : tuple
        The row's cells.
    """

    file: str
    number: int
    index: dict[str, int]
    cells: tuple[Any, ...]

    def raw(self, column: str) -> Any:  # noqa: ANN401 (a Parquet cell is whatever the file holds)
        """Return a cell as it stands; ``""`` where it is empty or the column is absent."""
        place = self.index.get(column)
        return "" if place is None else self.cells[place]

    def text(self, column: str) -> str:
        """Return a cell as text; a cell of another type is an error."""
        value = self.raw(column)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise self.error(column, f"{str(value)[:40]!r} is a {type(value).__name__}, not text.")

    def parse(self, column: str, parser: Callable[[Any], T]) -> T:
        """Return the cell through `parser`; an error of ours is told with file, row and column."""
        try:
            return parser(self.raw(column))
        except TracerError as cause:
            raise self.error(column, cause.what, cause.why, cause.next_step) from cause

    def optional(self, column: str, parser: Callable[[Any], T]) -> T | None:
        """Return the cell through `parser`, or ``None`` where it is empty."""
        return None if self.raw(column) == "" else self.parse(column, parser)

    def error(self, column: str, what: str, why: str = "", next_step: str = "") -> DataFileError:
        """Return the error that names this row and a column."""
        return DataFileError(f"{self.file}, row {self.number}, column {column!r}: {what}", why=why, next_step=next_step)


def read_table(path: Path, required: Sequence[str], optional: Sequence[str] | None = None) -> Table:
    """Read a CSV or Parquet table.

    Parameters
    ----------
    path : Path
        A file; ``.parquet`` or ``.pq`` is Parquet, anything else CSV.
    required : sequence of str
        Columns that must be there.
    optional : sequence of str or None
        Columns that may be there; any other is an error. ``None`` accepts any.

    Raises
    ------
    DataFileError
        If the file is missing, not of its form, or its columns do not fit.
    """
    if not path.is_file():
        raise DataFileError(f"There is no file {path.name!r}.", next_step="Check the path.")
    table = _read_parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _read_csv(path)
    _check_columns(table, required, optional)
    return table


def _check_columns(table: Table, required: Sequence[str], optional: Sequence[str] | None) -> None:
    seen: set[str] = set()
    for column in table.columns:
        if column in seen:
            raise DataFileError(
                f"{table.name}, row 0 (header): the column {column!r} appears twice.",
                next_step="Rename or delete one of them.",
            )
        seen.add(column)
    missing = [column for column in required if column not in seen]
    if missing:
        raise DataFileError(
            f"{table.name}, row 0 (header): the column {missing[0]!r} is missing.",
            why=f"Required columns: {', '.join(required)}.",
            next_step=f"The file has: {', '.join(table.columns)[:300]}.",
        )
    unknown = sorted(seen.difference(required, optional)) if optional is not None else []
    if unknown:
        raise DataFileError(
            f"{table.name}, row 0 (header): the column {unknown[0]!r} is not known.",
            why="A misspelt column would be ignored in silence.",
            next_step=f"Known columns: {', '.join([*required, *(optional or ())])}.",
        )


def _read_csv(path: Path) -> Table:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise DataFileError(
            f"{path.name}: byte {cause.start} is not UTF-8.", next_step="Save the file as UTF-8."
        ) from cause
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[str, ...]] = []
    try:
        header = tuple(next(reader, ()))
        for cells in reader:
            if not cells:
                continue
            _check_row(path.name, len(rows) + 1, cells, len(header))
            rows.append(tuple(cells))
    except csv.Error as cause:
        raise DataFileError(
            f"{path.name}, row {len(rows) + 1}: {cause}.", why="The quoting is not RFC 4180."
        ) from cause
    if not header:
        raise DataFileError(f"{path.name} is empty.", why="A header line is required.")
    return Table(path.name, header, rows)


def _check_row(name: str, number: int, cells: list[str], width: int) -> None:
    if len(cells) != width:
        raise DataFileError(
            f"{name}, row {number}: {len(cells)} cells, but the header has {width}.",
            why="A ragged row would shift values into other columns.",
        )
    if sum(map(len, cells)) > MAX_ROW_CHARACTERS:
        raise DataFileError(f"{name}, row {number}: the row is longer than {MAX_ROW_CHARACTERS} characters.")
    if number > MAX_ROWS:
        raise DataFileError(f"{name} has more than {MAX_ROWS} rows.", next_step="Split it, or use Parquet.")


def _read_parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # The reader of one file: pq.read_table would add columns from a folder named like `chain=1`.
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as cause:
        raise DataFileError(f"{path.name} cannot be read as Parquet.", why=str(cause).splitlines()[0][:200]) from cause
    columns = [["" if value is None else value for value in column.to_pylist()] for column in table.itercolumns()]
    rows = list(zip(*columns, strict=True)) if columns else []
    return Table(path.name, tuple(table.column_names), rows)


def read_json(path: Path) -> Any:  # noqa: ANN401 (JSON is of any type)
    """Read a JSON file; a duplicate key, a float or NaN is an error, for amounts are text."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise DataFileError(f"{path.name}: the key {key!r} appears twice.")
            found[key] = value
        return found

    def refuse(text: str) -> Any:  # noqa: ANN401
        raise DataFileError(f"{path.name}: the number {text} is not an integer.", why="Floats are not exact.")

    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=unique, parse_float=refuse, parse_constant=refuse)
    except (OSError, ValueError, RecursionError) as cause:
        raise DataFileError(f"{path.name} cannot be read as JSON.", why=str(cause)) from cause


def read_yaml(path: Path) -> Any:  # noqa: ANN401 (YAML is of any type)
    """Read a YAML file safely, every scalar as text; a repeated key, an alias or a tag is an error with its line."""
    import yaml

    try:
        text = path.read_text("utf-8")
        _refuse_yaml_tricks(text)
        return yaml.load(text, Loader=_text_loader())  # noqa: S506 (a SafeLoader without resolvers)
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise DataFileError(
            f"{path.name}{line}: {cause.problem or cause.context}.", why="The YAML is broken."
        ) from cause
    except (OSError, ValueError, yaml.YAMLError) as cause:
        raise DataFileError(f"{path.name} cannot be read as YAML.", why=str(cause)) from cause


def _refuse_yaml_tricks(text: str) -> None:
    """Refuse aliases, which can grow without bound, and nesting so deep that it would end the process."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "an alias stands for another value", mark)
        if depth > _YAML_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"nesting beyond {_YAML_DEPTH} levels", mark)


def _text_loader() -> type:
    """Return a safe YAML loader in which every scalar is text and a repeated key is an error."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class TextLoader(base):  # type: ignore[misc]
        """Safe YAML without implicit types: ``0x1f``, ``no`` and ``12:30`` stay what they are."""

        yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 (declared so by the base)
        yaml_constructors = {  # noqa: RUF012 (declared so by the base); `None` refuses every other tag
            tag: base.yaml_constructors[tag] for tag in (*(f"tag:yaml.org,2002:{kind}" for kind in _YAML_KINDS), None)
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401
            seen: set[str] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if not isinstance(key, str) or key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} appears twice, or is not text", key_node.start_mark
                    )
                seen.add(key)
            built: dict[Any, Any] = super().construct_mapping(node, deep=deep)
            return built

    return TextLoader
