"""A local store of imported labels: one DuckDB file, many lists, every list with its days."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tracer.errors import DataFileError, InputError, MachineError, MissingExtraError, TracerError
from tracer.io import EXTRAS, install_line, parse_date, user_data_dir
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON, ChainId, Label, Publication, Statement, chain_of, parse_address
from tracer.registry.labels import ANY_EVM

if TYPE_CHECKING:
    import duckdb

_LABEL: Final = ("chain", "address", "label", "category", "entity", "publisher", "source_url", "rank", "role")
_LABEL_TOO: Final = ("confidence", "valid_from", "valid_until", "incident")
_ROW: Final = (*_LABEL, *_LABEL_TOO)
_BATCH: Final = 50_000
_MARK: Final = (b"DUCK", 8)
"""What a DuckDB file holds, and where."""
_PROPERTIES: Final = ("category", "entity", "label", "role")


class ListCount(NamedTuple):
    """How much of one list the store holds.

    Attributes
    ----------
    name, list_date : str
        The list, and the newest day held.
    labels, ended : int
        Labels on the newest list; labels that only earlier lists held.
    """

    name: str
    list_date: str
    labels: int
    ended: int


def default_path() -> Path:
    """Return where the store lies unless told otherwise; nothing is created.

    ``TRACER_STORE`` if set; else ``labels.duckdb`` among the user's own data.
    """
    given = os.environ.get("TRACER_STORE")
    return Path(given) if given else user_data_dir() / "labels.duckdb"


class LabelStore:
    """Imported labels by address; reading never creates the file, and keeps one connection.

    Parameters
    ----------
    path : Path or None
        The DuckDB file; ``None`` takes :func:`default_path`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._open: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def add(self, labels: Iterable[Label], source_name: str, list_date: str) -> None:
        """Take in a list of one day; what the list of another day does not hold gets its end there.

        The same list of the same day again changes nothing. Lists may come in any order. All or nothing: a run that
        is killed leaves the store as it was.

        Parameters
        ----------
        labels : iterable of Label
            The whole list.
        source_name, list_date : str
            What the list is called, and the day ``YYYY-MM-DD`` it is of.

        Raises
        ------
        InputError
            If the name or the date is missing, another program writes, or another list of that name and day is held.
        MissingExtraError
            If DuckDB is not installed.
        """
        if not source_name or not list_date:
            raise InputError("A list has a name and a day.", why="Without its day nothing could supersede it.")
        try:
            parse_date(list_date)
        except TracerError as cause:
            raise InputError(cause.what, why=cause.why) from cause
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(self.path, read_only=False)
        try:
            connection.execute("BEGIN")
            _stage(connection, labels)
            _merge(connection, source_name, list_date)
            connection.execute("COMMIT")
        finally:
            connection.close()

    def of(self, chain: ChainId, address: str) -> tuple[Label, ...]:
        """Return the labels of a canonical address on a chain, each with the days its list held it; maybe none."""
        chains = {chain, ANY_EVM} if chain_of(chain).family == "evm" else {chain}
        return tuple(label for label, _, _ in self._rows([address]) if label.chain in chains)

    def statements(self, address: str) -> tuple[Statement, ...]:
        """Return what the lists say of an address, on every chain its form fits; maybe nothing.

        A source without a rank counts as A5, and the note names the list and its days.
        """
        rows = self._rows(_forms(address))
        return tuple(said for label, name, days in rows for said in _statements(label, name, days))

    def counts(self) -> tuple[ListCount, ...]:
        """Return the lists held, by name."""
        found = self._query(
            "SELECT name, max(list_date), (SELECT count(*) FILTER (until = '') FROM labels WHERE list = name),"
            " (SELECT count(*) FILTER (until <> '') FROM labels WHERE list = name)"
            " FROM lists GROUP BY name ORDER BY name",
            [],
        )
        return tuple(ListCount(*row) for row in found)

    def _rows(self, addresses: list[str]) -> list[tuple[Label, str, str]]:
        columns = ", ".join(f'"{column}"' for column in _ROW)
        text = f"SELECT {columns}, list, first, until, origin FROM labels WHERE address = ? ORDER BY ALL"  # noqa: S608
        # One address a query: several at once would not use the index.
        return [_entry(row) for address in addresses for row in self._query(text, [address])]

    def _query(self, text: str, values: list[str]) -> list[tuple[Any, ...]]:
        if self._open is None:
            if not self.path.exists():
                return []
            opened = _connect(self.path, read_only=True)
            if not opened.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'lists'").fetchone():
                opened.close()
                return []
            self._open = opened
        try:
            return self._open.execute(text, values).fetchall()
        except _faults() as cause:
            raise _unusable(self.path, cause) from cause


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        import duckdb
    except ImportError as cause:
        raise MissingExtraError(
            "The label store needs DuckDB.", next_step=f"Install it: {install_line(EXTRAS['store'])}"
        ) from cause
    try:
        # No setting may reach for the network or for extensions on its own.
        config: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        return duckdb.connect(str(path), read_only=read_only, config=config)
    except (duckdb.IOException, duckdb.ConnectionException) as cause:
        if "lock" in str(cause).lower() or "different configuration" in str(cause).lower():
            raise InputError(
                f"The label store {path.name} is in use by a program that writes, or reads while this one would write.",
                next_step="Wait until it has ended, then try again.",
            ) from cause
        raise _unusable(path, cause) from cause
    except duckdb.Error as cause:
        raise _unusable(path, cause) from cause


def _faults() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _unusable(path: Path, cause: Exception) -> TracerError:
    """Return the error of a file that DuckDB refuses: damaged where it is a store, else no store at all."""
    why = str(cause).split("\n", 1)[0][:200]
    try:
        with path.open("rb") as stream:
            is_store = stream.read(_MARK[1] + len(_MARK[0]))[_MARK[1] :] == _MARK[0]
    except OSError:
        is_store = False
    if not is_store:
        return DataFileError(
            f"{path.name} is no label store.", why=why, next_step="Give the file that `tracer registry import` made."
        )
    return MachineError(
        f"The label store {path.name} is damaged, or the disk failed.",
        why=why,
        next_step="Restore it from a copy, or delete it and import its lists again.",
    )


def _stage(connection: duckdb.DuckDBPyConnection, labels: Iterable[Label]) -> None:
    import pyarrow as pa

    columns = ", ".join(f'"{column}" VARCHAR' for column in _ROW)
    connection.execute("CREATE TABLE IF NOT EXISTS lists (name VARCHAR, list_date VARCHAR)")
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS labels"
        f" ({columns}, list VARCHAR, first VARCHAR, until VARCHAR, origin VARCHAR, digest VARCHAR)"
    )
    connection.execute(f"CREATE TEMP TABLE staged ({columns})")
    batch: list[tuple[str, ...]] = []

    def flush() -> None:
        table = pa.table({name: [row[i] for row in batch] for i, name in enumerate(_ROW)})
        connection.register("batch", table)
        connection.execute("INSERT INTO staged SELECT * FROM batch")
        connection.unregister("batch")
        batch.clear()

    for label in labels:
        batch.append(tuple(getattr(label, name) for name in _ROW))
        if len(batch) == _BATCH:
            flush()
    if batch:
        flush()


def _merge(connection: duckdb.DuckDBPyConnection, name: str, day: str) -> None:
    """Book the staged list: a row holds from the first of its days to the first list without it."""
    held = [row[0] for row in connection.execute("SELECT list_date FROM lists WHERE name = ?", [name]).fetchall()]
    digest = ", ".join(f'"{column}"' for column in _ROW)
    connection.execute(f"CREATE TEMP TABLE new AS SELECT *, md5([{digest}]::VARCHAR) AS digest FROM staged")  # noqa: S608
    connection.execute("CREATE TEMP TABLE here AS SELECT DISTINCT digest FROM new")
    if day in held:
        covering = "list = $n AND first <= $d AND ($d < until OR until = '')"
        differ = connection.execute(
            "SELECT count(*) FROM ((SELECT digest FROM here) EXCEPT (SELECT digest FROM labels WHERE "  # noqa: S608
            f"{covering}) UNION ALL (SELECT digest FROM labels WHERE {covering}) EXCEPT (SELECT digest FROM here))",
            {"n": name, "d": day},
        ).fetchone()
        if differ and differ[0]:
            raise InputError(
                f"Another list {name!r} of {day} is held.", next_step="Give it another name, or its own day."
            )
        return
    following = min((one for one in held if one > day), default="")
    origin = min([*held, day])
    values = {"n": name, "d": day, "f": following}
    cut = "list = $n AND first <= $d AND ($d < until OR until = '') AND digest NOT IN (SELECT digest FROM here)"
    columns = ", ".join(f'"{column}"' for column in _ROW)
    if following:  # what an earlier list held, this one lacks, and the next one holds again
        connection.execute(
            f"INSERT INTO labels SELECT {columns}, list, $f, until, '', digest FROM labels WHERE {cut}"  # noqa: S608
            " AND (until > $f OR until = '')",
            values,
        )
    ending = {"n": name, "d": day}
    connection.execute(f"UPDATE labels SET until = $d WHERE {cut}", ending)  # noqa: S608
    connection.execute(
        "UPDATE labels SET first = $d WHERE list = $n AND first = $f AND $f <> '' AND digest IN (SELECT digest FROM"
        " here) AND digest NOT IN (SELECT digest FROM labels WHERE list = $n AND first <= $d AND ($d < until OR"
        " until = ''))",
        values,
    )
    connection.execute(
        f"INSERT INTO labels SELECT {columns}, $n, $d, $f, '', digest FROM"  # noqa: S608
        " (SELECT * FROM new QUALIFY row_number() OVER (PARTITION BY digest ORDER BY digest) = 1)"
        " WHERE digest NOT IN (SELECT digest FROM labels WHERE list = $n AND first <= $d AND ($d < until OR"
        " until = ''))",
        values,
    )
    connection.execute("INSERT INTO lists VALUES ($n, $d)", ending)
    connection.execute("UPDATE labels SET origin = $o WHERE list = $n", {"n": name, "o": origin})
    # Sorted and indexed anew, so that a look-up of one address touches little of the file.
    connection.execute("CREATE TEMP TABLE sorted AS SELECT * FROM labels ORDER BY address, chain, list, first, digest")
    connection.execute("CREATE OR REPLACE TABLE labels AS SELECT * FROM sorted")
    connection.execute("CREATE INDEX by_address ON labels(address)")


def _entry(row: tuple[Any, ...]) -> tuple[Label, str, str]:
    values = dict(zip(_ROW, row, strict=False))
    name, first, until, origin = row[len(_ROW) :]
    label = Label(**values)
    # An earlier list without the row bounds its start; the first list held does not.
    starts = max(label.valid_from, first if first != origin else "")
    ends = min(filter(None, (label.valid_until, until)), default="")
    days = f"in the imported list {name}, from {first}" + (f" until {until}" if until else "")
    return replace(label, valid_from=starts, valid_until=ends), name, days


def _statements(label: Label, name: str, days: str) -> Iterable[Statement]:
    source = Publication(name, label.publisher, name, label.source_url, rank=label.rank or "A5")
    said = [(one, getattr(label, one)) for one in _PROPERTIES]
    if label.category == "sanctions":
        said.append(("sanction", label.label))
    for one, value in said:
        if value:
            yield Statement(
                *(label.chain, label.address, one, value, source),
                confidence=label.confidence or "unknown",
                incident=label.incident,
                valid_from=label.valid_from,
                valid_until=label.valid_until,
                note=days,
            )


def _forms(text: str) -> list[str]:
    """Return the canonical texts an address can be filed under; a CAIP-10 id stands for its account."""
    text = text.rpartition(":")[2]
    forms = {text: None}
    for chain in (DEFAULT_CHAIN, BITCOIN, TRON):
        if chain == TRON and text[:2].lower() == "0x":
            continue  # those 20 bytes are an account of Tron too, but the form is Ethereum's
        try:
            forms[parse_address(chain, text)] = None
        except InputError:
            continue
    return list(forms)
