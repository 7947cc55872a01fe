"""What a case of the caller's own is called: an id of the name of its folder or file, or as it is told."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.io import addresses_dir, plain

NAMELESS: Final = "table"
"""The id of tables that have no name of their own: DataFrames."""

_LONGEST: Final = 64
_ID: Final = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{_LONGEST - 1}}}", re.ASCII)
_WHATEVER: Final = ("transfers", "ledger", "table", "data")
"""File names that say what a table is, not of which case: there its folder names the case."""


def is_case_id(text: str) -> bool:
    """Return whether a text has the form of an id: lower-case letters, digits and -, 64 at most.

    Examples
    --------
    >>> is_case_id("mr-x-2026"), is_case_id("Mr X")
    (True, False)
    """
    return _ID.fullmatch(text) is not None


def case_id_of(name: str) -> str:
    """Return the id that a folder's or file's name becomes; a name that an incident on file has gets ``own-`` before.

    Examples
    --------
    >>> case_id_of("Mr X (2026)"), case_id_of("ronin-2022"), case_id_of("…")
    ('mr-x-2026', 'own-ronin-2022', 'table')
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[: _LONGEST - len("own-")].strip("-")
    return (f"own-{found}" if _is_on_file(found) else found) or NAMELESS


def case_id_of_table(table: object) -> str:
    """Return the id of a case that is one table: of its file's name, or its folder's where the file has none.

    Examples
    --------
    >>> case_id_of_table("mr-x/transfers.csv"), case_id_of_table("mr-x/Exchange A.csv")
    ('mr-x', 'exchange-a')
    """
    if not isinstance(table, str | Path):
        return NAMELESS
    path = Path(table)
    return case_id_of(path.resolve().parent.name if path.stem.lower() in _WHATEVER else path.stem)


def parse_case_id(text: str) -> str:
    """Return an id that the caller gives his case.

    Raises
    ------
    InputError
        If it has not the form of one, or an incident on file has it.
    """
    if not is_case_id(text):
        raise InputError(
            f"{plain(text)[:60]!r} is no id for a case.",
            why=f"An id is of lower-case letters, digits and -, {_LONGEST} at most: it stands in files and lists.",
            next_step=f"For example --case-id {case_id_of(text)}",
        )
    if _is_on_file(text):
        raise InputError(
            f"{text!r} is the id of an incident on file.",
            why="Two cases of one id could not be told apart in a list.",
            next_step=f"For example --case-id {case_id_of(text)}",
        )
    return text


def _is_on_file(text: str) -> bool:
    return bool(text) and (addresses_dir() / "incidents" / f"{text}.yml").is_file()
