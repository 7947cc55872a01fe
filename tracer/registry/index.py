"""The lookup index: every statement of ``addresses/`` in one SQLite file, so that asking of one address reads one.

The file ends with the SHA-256 of what stands before it, and holds a digest of the data it was built from. An index that
is damaged, or that was built from other data or by another version, is not used: the data files answer instead.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Final
from weakref import finalize

from tracer.io import write_file
from tracer.model import Publication, Statement
from tracer.registry.load import all_statements, release_date

INDEX_FILE: Final = "index.sqlite"
"""Name of the index beside the data."""

_SOURCE: Final = tuple(one.name for one in fields(Publication))
_SAID: Final = tuple(one.name for one in fields(Statement) if one.name != "source")
_FORM: Final = f"tracer-index/1 {' '.join(_SOURCE)} | {' '.join(_SAID)}"
_DIGEST_BYTES: Final = 32
_PAGE_BYTES: Final = 4096


class Index:
    """Statements by the text of their subject's address.

    Parameters
    ----------
    connection : sqlite3.Connection
        An index that :func:`open_index` has checked.
    released : str
        Release date ``YYYY-MM-DD`` of the data.
    """

    def __init__(self, connection: sqlite3.Connection, released: str) -> None:
        self._connection, self.released = connection, released
        # One that nobody closes is closed when nobody has it any more: a cache lets go of it without a word.
        self._closing = finalize(self, connection.close)

    def statements(self, forms: Iterable[str]) -> tuple[Statement, ...]:
        """Return everything said of these address texts, on whatever chain, in the order of the file.

        Parameters
        ----------
        forms : iterable of str
            Canonical addresses.
        """
        wanted = sorted(set(forms))
        asked = (
            f"SELECT {_columns('source', _SOURCE)}, {_columns('statement', _SAID)} FROM statement "  # noqa: S608 (own names)
            f"JOIN source ON source.id = statement.source WHERE statement.address IN ({_places(wanted)}) "
            "ORDER BY statement.id"
        )
        cut = len(_SOURCE)
        return tuple(
            Statement(source=Publication(*row[:cut]), **dict(zip(_SAID, row[cut:], strict=True)))
            for row in self._connection.execute(asked, wanted)
        )

    def close(self) -> None:
        """Close the file."""
        self._closing()


def build_index(folder: Path, target: Path) -> None:
    """Write the index of an ``addresses/`` folder; the same data and SQLite version give the same bytes.

    Parameters
    ----------
    folder : Path
        The folder with ``incidents/``, ``services/`` and ``registry.yml``.
    target : Path
        The file to write; an earlier one is replaced.

    Raises
    ------
    DataFileError
        If a data file breaks its form.
    InputError
        If the folder of `target` does not exist.
    """
    facts = {"form": _FORM, "data": data_digest(folder), "released": release_date(folder)}
    with tempfile.TemporaryDirectory() as work:
        built = Path(work) / INDEX_FILE
        with closing(sqlite3.connect(":memory:")) as connection:
            _fill(connection, facts, all_statements(folder))
            connection.execute("VACUUM INTO ?", (str(built),))
        data = built.read_bytes()
    write_file(target, data + sha256(data).digest(), overwrite=True)


def open_index(folder: Path) -> Index | None:
    """Return the index beside the data; ``None`` where there is none, it is damaged, or it is of other data.

    Parameters
    ----------
    folder : Path
        An ``addresses/`` folder; every data file but the bundles is hashed to see that the index is of it.
    """
    path = folder / INDEX_FILE
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if sha256(data[:-_DIGEST_BYTES]).digest() != data[-_DIGEST_BYTES:]:
        return None
    # A library may ask from another thread than the one that opened the file; nothing is ever written.
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False)
    try:
        facts = dict(connection.execute("SELECT key, value FROM fact"))
    except sqlite3.DatabaseError:
        connection.close()
        return None
    if facts.get("form") != _FORM or facts.get("data") != data_digest(folder):
        connection.close()
        return None
    return Index(connection, facts["released"])


def data_digest(folder: Path) -> str:
    """Return the SHA-256 over path and SHA-256 of every data file of an ``addresses/`` folder, bundles left out."""
    whole = sha256()
    for name, path in sorted(_data_files(str(folder), "")):
        with open(path, "rb") as stream:
            whole.update(f"{name}\0{sha256(stream.read()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _data_files(folder: str, place: str) -> Iterator[tuple[str, str]]:
    """Yield path below the top and path of every file; what an editor or a desktop hides there is no data."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{place}{entry.name}"
            if entry.name.startswith(".") or name in ("bundles", INDEX_FILE):
                continue
            if entry.is_dir():
                yield from _data_files(entry.path, f"{name}/")
            else:
                yield name, entry.path


def _fill(connection: sqlite3.Connection, facts: dict[str, str], held: Iterable[Statement]) -> None:
    """Write the tables in a total order, which makes the bytes those of the content alone."""
    rows = sorted({(_cells(said.source, _SOURCE), _cells(said, _SAID)) for said in held}, key=lambda row: row[::-1])
    sources = sorted({source for source, _ in rows})
    number = {source: place for place, source in enumerate(sources, 1)}
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    connection.execute(f"CREATE TABLE source (id INTEGER PRIMARY KEY, {_typed(_SOURCE)})")
    connection.execute(f"CREATE TABLE statement (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, {_typed(_SAID)})")
    connection.execute("CREATE INDEX by_address ON statement (address)")
    connection.executemany("INSERT INTO fact VALUES (?, ?)", sorted(facts.items()))
    _insert(connection, "source", [(number[source], *source) for source in sources])
    _insert(connection, "statement", [(at, number[source], *said) for at, (source, said) in enumerate(rows, 1)])
    connection.commit()


def _insert(connection: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({_places(rows[0])})", rows)  # noqa: S608 (own names)


def _cells(record: Publication | Statement, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(getattr(record, name) for name in names)


def _typed(names: Iterable[str]) -> str:
    return ", ".join(f"{name} TEXT NOT NULL" for name in names)


def _columns(table: str, names: Iterable[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


def _places(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
