"""A label of the user's own on any case: written down with who says so and when, in the case's folder or beside it."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path

from tracer.analysis import find_address, split_chain
from tracer.api.case import Case
from tracer.api.earlier_result import is_result
from tracer.api.load import open_case, open_seeds
from tracer.errors import AddressError, InputError, TracerError
from tracer.io import parse_date
from tracer.model import ChainId, Label, chain_by_word, parse_holder
from tracer.registry import OWN_RANK, add_label, remove_label

_TABLE = "labels"


@dataclass(frozen=True, slots=True)
class Labelled:
    """What became of a label.

    Attributes
    ----------
    path : Path
        The table it stands in.
    chain, address : str
        Whose label.
    changed : bool
        False where it stood there already.
    inside : bool
        Whether the table belongs to the case's folder, so that every command reads it; else it is given with
        ``--labels``.
    known : bool
        Whether a row of the case names the address.
    removed : Label or None
        The label taken out, where one was.
    """

    path: Path
    chain: ChainId
    address: str
    changed: bool
    inside: bool
    known: bool
    removed: Label | None = None


def label(
    case: str | Path,
    address: str,
    *,
    category: str,
    source: str,
    name: str = "",
    entity: str = "",
    chain: str = "",
    valid_from: str = "",
    valid_until: str = "",
    known: str = "",
    by: str = "",
    on: str = "",
    note: str = "",
    out: str | Path | None = None,
) -> Labelled:
    """Write down a label of one's own on an address of a case.

    Parameters
    ----------
    case : str or Path
        An incident id, or a folder of tables or a private case; a folder keeps it in its ``labels.csv``.
    address : str
        The whole address, after its chain (CAIP-10) where the case has several.
    category, source : str
        One of the categories, which decides whether following stops; where that is said, best a web address.
    name, entity : str, optional
        What it is called, and who stands behind it; each is the other unless told.
    chain : str, optional
        CAIP-2, where the case has several.
    valid_from, valid_until : str, optional
        The time in which it holds, half-open.
    known : str, optional
        Day from which it was known, for ``--as-of``; always, unless told.
    by, on : str, optional
        Who says so and when it was written down; the user of this machine and today unless told.
    note : str, optional
        Anything else.
    out : path, optional
        The table to write to; needed for a case that ships.

    Raises
    ------
    InputError, DataFileError
        If the address is not whole or is of no chain of the case, or the label cannot be used as it is.
    """
    opened = _opened(case)
    path, inside = _place(case, out)
    found_chain, found, is_known = _subject(opened, address, chain)
    cells = {
        "address": found,
        "chain": found_chain,
        "label": name or entity or category,
        "category": category,
        "entity": entity or name,
        "source_url": source,
        "publisher": by or _user(),
        "rank": OWN_RANK,
        "source_kind": "own",
        "valid_from": valid_from,
        "valid_until": valid_until,
        "list_date": known,
        "captured": on or _today(),
        "notes": note,
    }
    for needed in ("label", "category", "source_url"):
        if not cells[needed].strip():
            raise InputError(
                f"A label needs {'a source' if needed == 'source_url' else f'a {needed}'}.",
                why="What nobody can look up is no evidence." if needed == "source_url" else "",
            )
    for option, text in (("known", known), ("on", on), ("valid_from", valid_from), ("valid_until", valid_until)):
        _check_day(option, text, times=option.startswith("valid"))
    changed = add_label(path, cells, opened.only_chain)
    return Labelled(path, found_chain, found, changed, inside, is_known)


def unlabel(
    case: str | Path,
    address: str,
    *,
    name: str = "",
    category: str = "",
    chain: str = "",
    out: str | Path | None = None,
) -> Labelled:
    """Take a label of one's own out again; parameters as for :func:`label`, `name` and `category` where it has several.

    Raises
    ------
    InputError
        If there is no such label, or more than one.
    """
    opened = _opened(case)
    path, inside = _place(case, out)
    found_chain, found, is_known = _subject(opened, address, chain)
    removed = remove_label(path, found_chain, found, opened.only_chain, name=name, category=category)
    return Labelled(
        path=path, chain=found_chain, address=found, changed=True, inside=inside, known=is_known, removed=removed
    )


def _opened(case: str | Path) -> Case:
    """Open a case with its rows where it has them, by its seeds where nothing was fetched yet."""
    try:
        return open_case(case)
    except InputError:
        return open_seeds(case)


def _place(case: str | Path, out: str | Path | None) -> tuple[Path, bool]:
    """Return the table to write to, and whether it belongs to the case's folder."""
    folder = Path(case)
    own = folder / f"{_TABLE}.csv"
    if out is not None:
        return Path(out), folder.is_dir() and Path(out).resolve() == own.resolve()
    if not folder.is_dir() or is_result(folder):
        what = "a result" if folder.is_dir() else "a case that ships"
        raise InputError(
            f"No label is written into {folder.name!r}: it is {what}.",
            why="Its own labels are published ones; yours stand beside them, in a table of your own.",
            next_step="Name the table: --out my-labels.csv. Then give it with --labels my-labels.csv.",
        )
    if (folder / f"{_TABLE}.parquet").is_file():
        raise InputError(
            f"The labels of {folder.name!r} are Parquet, to which no row is added.",
            next_step="Name a table of your own: --out my-labels.csv. Then give it with --labels my-labels.csv.",
        )
    return own, True


def _subject(case: Case, text: str, chain: str) -> tuple[ChainId, str, bool]:
    """Return chain and address of a label, and whether a row of the case names it: whole addresses only."""
    asked = f"{chain_by_word(chain)}:{text}" if chain else text
    try:
        found = find_address(case.names, asked, whole=True)
    except AddressError:
        raise
    except InputError as unknown:
        named, rest = split_chain(asked)
        on = named or case.only_chain
        if on is None:
            raise
        try:
            return on, parse_holder(on, rest), False
        except AddressError:
            raise unknown from None
    return found.chain, found.address, True


def _check_day(option: str, text: str, *, times: bool) -> None:
    """Refuse what is no day: digits alone would be taken for seconds, and a year for a moment of 1970."""
    if not text or (times and not text.isdigit()):
        return
    try:
        parse_date(text)
    except TracerError as cause:
        raise InputError(
            f"{option} is {text[:40]!r}, which is no day.",
            why=cause.what,
            next_step="Write it YYYY-MM-DD" + (", or as a time: 2022-03-23T13:29:09Z." if times else "."),
        ) from cause


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as cause:  # no name in the environment, and none for the number of the user
        raise InputError("It is not known who says so.", next_step="Say it: --by WHO.") from cause


def _today() -> str:
    """Return the day: the one place that asks the clock, for it goes into an input, never into an output."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()
