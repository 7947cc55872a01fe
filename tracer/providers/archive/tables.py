"""Archives: whose Parquet files lie in a folder, told by their columns, and opened as tables of one shape.

Schemas: BigQuery's public ``crypto_ethereum`` and ``crypto_bitcoin`` (blockchain-etl) and the AWS copies of both, cryo
0.3, and tracer's own (:mod:`tracer.providers.archive.own`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.errors import DataFileError, InputError, MissingExtraError
from tracer.io import EXTRAS, install_line

if TYPE_CHECKING:
    import duckdb

BATCH: Final = 10_000
"""Rows held in memory at once while a table is walked."""
_MEMORY: Final = "512MB"
_HASH_BLOCK: Final = 1 << 20

_MARKS: Final = (
    ("tracer", "transfers", {"chain", "block", "layer", "place", "sender", "recipient", "asset", "amount_text"}),
    ("tracer", "blocks", {"block", "block_hash", "time", "chain"}),
    ("bitcoin", "transactions", {"hash", "block_number", "block_timestamp", "inputs", "outputs", "is_coinbase"}),
    ("bitcoin", "blocks", {"number", "hash", "timestamp", "stripped_size"}),
    ("bigquery", "transactions", {"hash", "transaction_index", "from_address", "value", "receipt_gas_used"}),
    ("bigquery", "traces", {"trace_type", "call_type", "trace_address", "from_address", "value"}),
    ("bigquery", "logs", {"log_index", "transaction_index", "address", "data", "topics"}),
    ("bigquery", "blocks", {"number", "hash", "timestamp", "miner"}),
    ("bigquery", "token_transfers", {"token_address", "from_address", "to_address", "value", "log_index"}),
    ("cryo", "transactions", {"transaction_hash", "value_string", "gas_used", "success"}),
    ("cryo", "traces", {"action_from", "action_value", "action_type", "trace_address"}),
    ("cryo", "logs", {"block_number", "log_index", "topic0", "topic1", "data"}),
    ("cryo", "blocks", {"block_number", "block_hash", "timestamp", "author"}),
    ("cryo", "native_transfers", {"transfer_index", "value_string", "from_address"}),
    ("cryo", "erc20_transfers", {"erc20", "value_string", "from_address"}),
)


@dataclass(frozen=True, slots=True)
class ArchiveFiles:
    """Parquet files of one archive.

    Attributes
    ----------
    folder : Path
        Where they lie.
    dialect : str
        ``tracer``, ``bigquery``, ``cryo`` or ``bitcoin``.
    tables : dict of str to tuple of Path
        Files by table, sorted.
    columns : dict of str to dict of str to str
        By table: name and Arrow type of each column.
    """

    folder: Path
    dialect: str
    tables: dict[str, tuple[Path, ...]]
    columns: dict[str, dict[str, str]]

    def is_exact(self, table: str, column: str) -> bool:
        """Return whether a column can hold amounts: integers, text, decimals that DuckDB reads as such."""
        kind = self.columns.get(table, {}).get(column, "")
        return kind.startswith(("int", "uint", "string", "large_string", "decimal128"))

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file, by its path in the folder."""
        files = sorted(path for paths in self.tables.values() for path in paths)
        return {path.relative_to(self.folder).as_posix(): _sha256(path) for path in files}


def find_archive(folder: Path) -> ArchiveFiles:
    """Return the archive in a folder.

    Raises
    ------
    InputError
        If the folder holds no Parquet files, or none that is known.
    DataFileError
        If a file is damaged, is of no known schema, or the files are of several archives.
    """
    found: dict[str, dict[str, list[Path]]] = {}
    columns: dict[str, dict[str, str]] = {}
    for path in sorted(folder.rglob("*.parquet")):
        names = _columns(path)
        dialect, table = _recognised(path, names)
        found.setdefault(dialect, {}).setdefault(table, []).append(path)
        known = columns.setdefault(table, names)
        differing = sorted(name for name in known.keys() & names.keys() if known[name] != names[name])
        if differing:
            raise DataFileError(
                f"{path.name} has another type in column {differing[0]!r} than the files beside it.",
                why="Amounts that are exact in one file and rounded in another are not one table.",
            )
    if not found:
        raise InputError(
            f"There is no archive in {folder.name!r}.",
            why="An archive is a folder of Parquet files.",
            next_step="Export transactions, logs, traces and blocks into one folder.",
        )
    if len(found) > 1:
        raise DataFileError(
            f"The files in {folder.name!r} are of several archives: {', '.join(sorted(found))}.",
            next_step="Keep one archive a folder.",
        )
    ((dialect, tables),) = found.items()
    return ArchiveFiles(folder, dialect, {name: tuple(paths) for name, paths in sorted(tables.items())}, columns)


class Tables:
    """The tables of an archive, open for reading; amounts come out as text, so that none is rounded.

    Parameters
    ----------
    files : ArchiveFiles
        What lies in the folder.

    Raises
    ------
    MissingExtraError
        If DuckDB is not installed.
    """

    def __init__(self, files: ArchiveFiles) -> None:
        try:
            import duckdb
        except ImportError as cause:
            raise MissingExtraError(
                "Archives need DuckDB.", next_step=f"Install it: {install_line(EXTRAS['store'])}"
            ) from cause
        self.files = files
        # No setting may reach for the network or for extensions on its own.
        config: dict[str, Any] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": _MEMORY,
            "temp_directory": tempfile.gettempdir(),
            "threads": 2,
        }
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(config=config)
        self._failures: tuple[type[Exception], ...] = (duckdb.Error,)
        for name, paths in files.tables.items():
            listed = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in paths)
            self._connection.execute(
                f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{listed}], hive_partitioning=false)'  # noqa: S608
            )

    def has(self, table: str, column: str = "") -> bool:
        """Return whether there is a table, and in it a column."""
        return table in self.files.tables and (not column or column in self.files.columns[table])

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, a batch at a time.

        Raises
        ------
        DataFileError
            If a file cannot be read as its columns promise.
        """
        cursor = self._connection.cursor()
        try:
            cursor.execute(query, list(values))
            while batch := cursor.fetchmany(BATCH):
                yield from batch
        except self._failures as cause:
            raise DataFileError(
                f"The archive in {self.files.folder.name!r} cannot be read.", why=str(cause)[:200]
            ) from cause
        finally:
            cursor.close()

    def close(self) -> None:
        """Close the tables."""
        self._connection.close()


def exact(text: str | None, what: str) -> int:
    """Return an amount given as text; decimals with nothing behind the point are whole.

    Raises
    ------
    DataFileError
        If it is not a whole number of base units.
    """
    whole, _, part = ("" if text is None else text).partition(".")
    if not (whole.isascii() and whole.isdigit()) or part.strip("0"):
        raise DataFileError(f"{what} of the archive is not a whole number of base units: {str(text)[:40]!r}.")
    return int(whole)


def _columns(path: Path) -> dict[str, str]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(path)
    except (pa.ArrowException, OSError) as cause:
        raise DataFileError(f"{path.name} is no Parquet file.", why=str(cause)[:200]) from cause
    return {field.name: str(field.type) for field in schema}


def _recognised(path: Path, names: dict[str, str]) -> tuple[str, str]:
    for dialect, table, mark in _MARKS:
        if mark <= names.keys():
            return dialect, table
    raise DataFileError(
        f"{path.name} is of no schema that is known.",
        why=f"Its columns are {', '.join(sorted(names))[:200]}.",
        next_step="Known are the exports of BigQuery and AWS, cryo (with hex), and tracer's own.",
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()
