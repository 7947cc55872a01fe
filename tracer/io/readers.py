"""Strict readers: CSV and Parquet tables, YAML and JSON. Everything is text until its meaning is known.

A table that breaks its form is an error that names file, row and column; nothing is guessed or dropped.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from tracer.errors import DataFileError, TracerError
from tracer.io.memory import check_memory

T = TypeVar("T")

MAX_ROWS: Final = 5_000_000
MAX_ROW_CHARACTERS: Final = 64 * 1024
MAX_COLUMNS: Final = 1_000
MAX_TABLE_BYTES: Final = 4 * 1024**3
"""Of a CSV file, and of a Parquet file once unpacked."""
MAX_DOCUMENT_BYTES: Final = 256 * 1024**2
"""Of a JSON or YAML file."""
ROW_BYTES: Final = 2_300
"""What a row takes once it is a record (measured: 2,229 bytes a transfer, from the cell to the ledger)."""
_MEMORY_OF: Final = {"JSON": 25, "JSON lines": 4, "XML": 12, "YAML": 60}
"""Bytes in memory that a byte of a document takes, by its form (measured: lists of labels in YAML 36, empty lists in
JSON 24)."""
_MANY_ROWS: Final = 1_000_000
_CSV_ROW_BYTES: Final = 160
"""A short row of transfers as text; shorter ones make fewer records than the estimate says."""
_YAML_KINDS: Final = ("map", "seq", "str")
_YAML_DEPTH: Final = 50
_WHOLE_COLUMNS: Final = ("block", "position", "time", "decimals")
"""Columns of whole numbers below 2^53, in which pandas writes floats where a cell is missing."""


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
        """Return the error that names this row and a column; of a CSV file also as a spreadsheet counts its rows."""
        if self.file.lower().endswith(".csv"):
            why = (
                f"{why} (a spreadsheet shows row {self.number} as row {self.number + 1}: it counts the header)".strip()
            )
        return DataFileError(f"{self.file}, row {self.number}, column {column!r}: {what}", why=why, next_step=next_step)


def read_table(path: Path | Table, required: Sequence[str], optional: Sequence[str] | None = None) -> Table:
    """Read a CSV or Parquet table, or take one that is held already.

    Parameters
    ----------
    path : Path or Table
        A file; ``.parquet`` or ``.pq`` is Parquet, anything else CSV. Or a table, as :func:`table_of_frame` makes it.
    required : sequence of str
        Columns that must be there.
    optional : sequence of str or None
        Columns that may be there; any other is an error. ``None`` accepts any.

    Raises
    ------
    DataFileError
        If the file is missing, not of its form, or its columns do not fit.
    """
    if isinstance(path, Table):
        check_columns(path.name, path.columns, required, optional)
        return path
    if not path.is_file():
        raise DataFileError(f"There is no file {path.name!r}.", next_step="Check the path.")
    table = _read_parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _read_csv(path)
    check_columns(table.name, table.columns, required, optional)
    return table


def is_frame(value: object) -> bool:
    """Return whether a value is a pandas DataFrame; pandas is not loaded to find out."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def table_of_frame(frame: Any, name: str) -> Table:  # noqa: ANN401 (a DataFrame; pandas loads late)
    """Return the rows of a DataFrame as a table; its index is no column.

    Parameters
    ----------
    frame : DataFrame
        Cells of any dtype. Missing ones (``None``, ``NaN``, ``NaT``, ``NA``) are empty. A column of whole numbers that
        pandas turned into floats because cells were missing is taken back (``block`` 123.0 is 123), but never an
        amount: that a float was exact once cannot be seen any more.
    name : str
        What it is called in messages.

    Raises
    ------
    DataFileError
        If the name of a column is not text, or there are too many rows or columns.
    """
    odd = [column for column in frame.columns if not isinstance(column, str)]
    if odd:
        raise DataFileError(
            f"{name}: the column {str(odd[0])[:40]!r} has no name that is text.",
            why="Columns are known by their names.",
            next_step="Name them: frame.columns = ['sender', 'recipient', 'asset', 'amount', 'block'].",
        )
    if len(frame.columns) > MAX_COLUMNS or len(frame) > MAX_ROWS:
        raise DataFileError(f"{name} is larger than {MAX_ROWS} rows or {MAX_COLUMNS} columns.", next_step="Split it.")
    check_memory(f"{name} with {len(frame):,} rows", len(frame) * ROW_BYTES)
    columns = [_frame_cells(frame.iloc[:, place], column) for place, column in enumerate(frame.columns)]
    return Table(name, tuple(frame.columns), list(zip(*columns, strict=True)))


def _frame_cells(column: Any, name: str) -> list[Any]:  # noqa: ANN401 (a Series; pandas loads late)
    missing = column.isna().tolist()
    return ["" if gone else _plain_cell(cell, name) for cell, gone in zip(column.tolist(), missing, strict=True)]


def _plain_cell(cell: Any, name: str) -> Any:  # noqa: ANN401 (a cell is of any type)
    """Return a cell as Python's own value: a number of NumPy's, a day or time as text, a whole number among gaps."""
    if type(cell).__module__.split(".")[0] == "numpy":
        cell = cell.item()
    if isinstance(cell, date):
        text = cell.isoformat()
        return text.removesuffix("T00:00:00") if name not in _WHOLE_COLUMNS else text
    if name in _WHOLE_COLUMNS and isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell


def check_columns(
    name: str, columns: Sequence[str], required: Sequence[str], optional: Sequence[str] | None = None
) -> None:
    """Refuse a header that has a column twice, or lacks one, or has one that is not known.

    Parameters
    ----------
    name : str
        What the table is called in the message.
    columns : sequence of str
        Its header.
    required, optional
        As for :func:`read_table`.

    Raises
    ------
    DataFileError
        If the header does not fit.
    """
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            raise DataFileError(
                f"{name}, row 0 (header): the column {column!r} appears twice.",
                next_step="Rename or delete one of them.",
            )
        seen.add(column)
    missing = [column for column in required if column not in seen]
    if missing:
        raise DataFileError(
            f"{name}, row 0 (header): the column {missing[0]!r} is missing.",
            why=f"Required columns: {', '.join(required)}.",
            next_step=f"The file has: {', '.join(columns)[:300]}.",
        )
    unknown = sorted(seen.difference(required, optional)) if optional is not None else []
    if unknown:
        raise DataFileError(
            f"{name}, row 0 (header): the column {unknown[0]!r} is not known.",
            why="A misspelt column would be ignored in silence.",
            next_step=f"Known columns: {', '.join([*required, *(optional or ())])}.",
        )


def check_document(path: Path, form: str) -> None:
    """Refuse a document that is too large, or for whose parts there is no memory, before it is read.

    Parameters
    ----------
    path : Path
        The file.
    form : str
        ``JSON``, ``YAML``, ``XML``, or ``JSON lines``, which are read one by one.

    Raises
    ------
    DataFileError
        If it is larger than :data:`MAX_DOCUMENT_BYTES`.
    MachineError
        If less memory is free than it is likely to take.
    """
    check_memory(path.name, _check_size(path, MAX_DOCUMENT_BYTES) * _MEMORY_OF[form])


def _check_size(path: Path, limit: int) -> int:
    """Return the size of a file; one beyond the limit is an error before it is read."""
    size = path.stat().st_size
    if size > limit:
        raise DataFileError(
            f"{path.name} is {size:,} bytes.",
            why=f"Files of its form are read up to {limit:,} bytes.",
            next_step="Split it, or leave out what is not needed.",
        )
    return size


def _read_csv(path: Path) -> Table:
    size = _check_size(path, MAX_TABLE_BYTES)
    check_memory(f"{path.name} with about {size // _CSV_ROW_BYTES:,} rows", size // _CSV_ROW_BYTES * ROW_BYTES)
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
        _check_header(path.name, header)
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


def _check_header(name: str, header: tuple[str, ...]) -> None:
    if len(header) > MAX_COLUMNS:
        raise DataFileError(
            f"{name} has more than {MAX_COLUMNS} columns.", next_step="Leave out what is no column here."
        )
    if sum(map(len, header)) > MAX_ROW_CHARACTERS:
        raise DataFileError(f"{name}, row 0 (header): the row is longer than {MAX_ROW_CHARACTERS} characters.")


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
        # The reader of one file: pq.read_table would add columns from a folder named like `chain=1`. Text is read as
        # a dictionary, so that one long value that stands in every row is held once.
        with pq.ParquetFile(path) as file:
            check_parquet(path, file)
            _check_row_memory(path, file)
            texts = [field.name for field in file.schema_arrow if _is_text(pa, field.type)]
            table = pq.ParquetFile(path, read_dictionary=texts).read()
        columns = [
            _cells(path.name, name, column) for name, column in zip(table.column_names, table.columns, strict=True)
        ]
    except (pa.ArrowException, OSError) as cause:
        if isinstance(cause, MemoryError) or getattr(cause, "errno", None):
            raise
        raise DataFileError(f"{path.name} cannot be read as Parquet.", why=str(cause).splitlines()[0][:200]) from cause
    rows = list(zip(*columns, strict=True)) if columns else []
    return Table(path.name, tuple(table.column_names), rows)


def check_parquet(path: Path, file: Any) -> None:  # noqa: ANN401 (pyarrow ships no types)
    """Refuse a table that is larger than tables may be, by what its footer says, before anything is unpacked.

    Parameters
    ----------
    path : Path
        The file.
    file : ParquetFile
        The same, opened.

    Raises
    ------
    DataFileError
        If it has too many rows, columns or bytes.
    """
    held = file.metadata
    packed = path.stat().st_size
    if held.num_columns > MAX_COLUMNS:
        raise DataFileError(
            f"{path.name} has more than {MAX_COLUMNS} columns.", next_step="Leave out what is no column here."
        )
    if held.num_rows > MAX_ROWS:
        raise DataFileError(f"{path.name} has more than {MAX_ROWS} rows.", next_step="Split it.")
    if held.num_rows > max(_MANY_ROWS, packed):
        raise DataFileError(
            f"{path.name} says that it holds {held.num_rows:,} rows in {packed:,} bytes.",
            why="No row of different payments fits into less than a byte: it is the same row over and over.",
            next_step="Export the table again.",
        )
    size = sum(held.row_group(place).total_byte_size for place in range(held.num_row_groups))
    if size > MAX_TABLE_BYTES:
        raise DataFileError(
            f"{path.name} is {size:,} bytes once unpacked.",
            why=f"Tables are read up to {MAX_TABLE_BYTES:,} bytes.",
            next_step="Split it, or leave out columns that are not needed.",
        )


def _check_row_memory(path: Path, file: Any) -> None:  # noqa: ANN401 (pyarrow ships no types)
    held = file.metadata
    size = sum(held.row_group(place).total_byte_size for place in range(held.num_row_groups))
    check_memory(f"{path.name} with {held.num_rows:,} rows", size + held.num_rows * ROW_BYTES)


def _is_text(pa: Any, kind: Any) -> bool:  # noqa: ANN401 (pyarrow ships no types)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _cells(file: str, name: str, column: Any) -> list[Any]:  # noqa: ANN401 (pyarrow ships no types)
    """Return the cells of a Parquet column as Python values, ``""`` for null; a value that has none is named."""
    import pyarrow as pa

    cells: list[Any] = []
    for chunk in column.chunks:
        kind = chunk.type
        if pa.types.is_dictionary(kind) and _is_text(pa, kind.value_type):
            texts = _texts(file, name, chunk.dictionary)
            cells += ["" if place is None else texts[place] for place in chunk.indices.to_pylist()]
        elif pa.types.is_timestamp(kind) and kind.unit == "ns":
            cells += _whole_seconds(file, name, len(cells), chunk)
        else:
            cells += _values(file, name, len(cells), chunk)
    return cells


def _texts(file: str, name: str, dictionary: Any) -> list[str]:  # noqa: ANN401 (pyarrow ships no types)
    """Return the different texts of a column; one that is too long, or no UTF-8, is an error."""
    import pyarrow as pa
    import pyarrow.compute as pc

    longest = pc.max(pc.binary_length(dictionary)).as_py() or 0
    if longest > 4 * MAX_ROW_CHARACTERS:
        raise DataFileError(
            f"{file}, column {name!r}: a cell is {longest:,} bytes long.",
            why=f"A row may be {MAX_ROW_CHARACTERS} characters.",
        )
    try:
        return [text or "" for text in dictionary.to_pylist()]
    except UnicodeDecodeError as cause:
        shown = cause.object[cause.start : cause.start + 4]
        raise DataFileError(
            f"{file}, column {name!r}: a cell holds the bytes {shown!r}, which are not UTF-8.",
            next_step="Write the file again with text as UTF-8.",
        ) from cause
    except pa.ArrowException as cause:
        raise DataFileError(f"{file}, column {name!r}: {str(cause).splitlines()[0][:200]}") from cause


def _whole_seconds(file: str, name: str, before: int, chunk: Any) -> list[Any]:  # noqa: ANN401 (pyarrow ships no types)
    """Return nanoseconds since 1970 as seconds; Python's own times are of microseconds, and a block's of seconds."""
    cells: list[Any] = []
    for number, value in enumerate(chunk.cast("int64").to_pylist(), before + 1):
        if value is not None and value % 10**9:
            raise DataFileError(
                f"{file}, row {number}, column {name!r}: {value} nanoseconds are no whole second.",
                why="A block time is a whole second.",
            )
        cells.append("" if value is None else value // 10**9)
    return cells


def _values(file: str, name: str, before: int, chunk: Any) -> list[Any]:  # noqa: ANN401 (pyarrow ships no types)
    try:
        return ["" if value is None else value for value in chunk.to_pylist()]
    except (ValueError, OverflowError):
        return [_value(file, name, number, one) for number, one in enumerate(chunk, before + 1)]


def _value(file: str, name: str, number: int, one: Any) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    try:
        value = one.as_py()
    except (ValueError, OverflowError) as cause:
        raise DataFileError(
            f"{file}, row {number}, column {name!r}: the {one.type} cannot be read.", why=str(cause)[:200]
        ) from cause
    return "" if value is None else value


def parse_json(text: str, name: str) -> Any:  # noqa: ANN401 (JSON is of any type)
    """Return what a JSON text holds; half a character, which no file can hold, is an error.

    Parameters
    ----------
    text : str
        The document.
    name : str
        What it is called in the message.

    Raises
    ------
    DataFileError
        If it is no JSON, or a text in it holds a lone surrogate.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise DataFileError(f"{name}: it is no JSON.", why=str(cause)) from cause
    _refuse_half_characters(text, value, name)
    return value


def _refuse_half_characters(text: str, value: Any, name: str) -> None:  # noqa: ANN401 (JSON is of any type)
    if "\\ud" not in text.lower():
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as cause:
        raise DataFileError(f"{name}: it is no JSON.", why="It is nested too deeply.") from cause
    except UnicodeEncodeError as cause:
        raise DataFileError(
            f"{name}: a text holds half a character (a lone surrogate).",
            why="It is no Unicode text, and could not be written again.",
            next_step="Delete the character.",
        ) from cause


def read_json(path: Path) -> Any:  # noqa: ANN401 (JSON is of any type)
    """Read a JSON file; a duplicate key, a float or NaN is an error, for amounts are text."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object whose keys are all different."""
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise DataFileError(f"{path.name}: the key {key!r} appears twice.")
            found[key] = value
        return found

    def refuse(text: str) -> Any:  # noqa: ANN401
        raise DataFileError(f"{path.name}: the number {text} is not an integer.", why="Floats are not exact.")

    text = _document(path, "JSON")
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as cause:
        raise DataFileError(f"{path.name} cannot be read as JSON.", why=str(cause)) from cause
    _refuse_half_characters(text, value, path.name)
    return value


def _document(path: Path, form: str) -> str:
    """Return the text of a document; a missing file and bytes that are not UTF-8 are errors with its name."""
    try:
        check_document(path, form)
        return path.read_text("utf-8")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, UnicodeDecodeError) as cause:
        raise DataFileError(f"{path.name} cannot be read as {form}.", why=str(cause)) from cause


def read_yaml(path: Path) -> Any:  # noqa: ANN401 (YAML is of any type)
    """Read a YAML file safely, every scalar as text; a repeated key, an alias or a tag is an error with its line."""
    import yaml

    text = _document(path, "YAML")
    try:
        _refuse_yaml_tricks(text)
        return yaml.load(text, Loader=_text_loader())  # noqa: S506 (a SafeLoader without resolvers)
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise DataFileError(
            f"{path.name}{line}: {cause.problem or cause.context}.", why="The YAML is broken."
        ) from cause
    except (ValueError, yaml.YAMLError) as cause:
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
            """Return a mapping whose keys are texts, all different."""
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
