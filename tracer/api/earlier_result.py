"""An earlier result as something to open: which case it is of, under which options it was traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from tracer.api.case import OWN_LABELS
from tracer.api.commands import spoken_options
from tracer.api.registry import bundled_cases
from tracer.errors import DataFileError, InputError
from tracer.io import (
    plain,
    read_json,
)
from tracer.trace import OPTIONS, parse_options


class EarlierResult(NamedTuple):
    """What a result says of itself.

    Attributes
    ----------
    case_id : str
        The case that ships which it is of.
    options : dict of str to Any
        The options it was traced under.
    registry : bool
        Whether the registry's labels and its guard applied.
    """

    case_id: str
    options: dict[str, Any]
    registry: bool


def is_result(folder: Path) -> bool:
    """Return whether a folder is the output of a trace."""
    return (folder / "summary.json").is_file()


def check_own_labels(folder: Path) -> None:
    """Refuse a result that was traced with labels of its user's own, which it does not hold, where none are given.

    Raises
    ------
    InputError
        If it was.
    """
    held = read_json(folder / "summary.json")
    inputs = held.get("input_hashes") if isinstance(held, dict) else None
    if isinstance(inputs, dict) and OWN_LABELS in inputs:
        raise InputError(
            f"The result in {folder.name!r} was traced with labels of your own.",
            why="It does not hold them, and without them other figures would come out.",
            next_step="Give them again: --labels FILE.",
        )


def earlier_result(folder: Path) -> EarlierResult:
    """Return the case of an earlier result, with the options that it was traced under.

    Raises
    ------
    DataFileError
        If the summary is not one of ours.
    InputError
        If its case does not ship: a result does not hold the tables it was made from.
    """
    path = folder / "summary.json"
    held = read_json(path)
    case_id, said = (held.get("case"), held.get("options", {})) if isinstance(held, dict) else (None, None)
    if not isinstance(case_id, str) or not isinstance(said, dict):
        raise DataFileError(
            f"{path.name} holds no case and options.",
            why="It was not written by a trace.",
            next_step="Give an incident id, a case folder, or the --out folder of a trace.",
        )
    options = {("as_of" if name == "known_as_of" else name): value for name, value in said.items()}
    if not options:  # a backward trace says its options in its command alone
        spoken = spoken_options(str(held.get("command", "")))
        options = {
            name: spoken[word] for name in (*OPTIONS, "follow") if (word := f"--{name.replace('_', '-')}") in spoken
        }
    try:
        parse_options(options)
    except InputError as cause:
        raise DataFileError(f"{path.name}: {cause.what}", why=cause.why, next_step=cause.next_step) from cause
    if case_id not in bundled_cases():
        raise InputError(
            f"The result in {path.parent.name!r} is of {plain(case_id)[:60]!r}, which does not ship with this program.",
            why="A result does not hold the tables that it was made from.",
            next_step="Trace it again from those: --transfers (or --ledger) and --seeds, or the case's own folder.",
        )
    return EarlierResult(case_id, options, held.get("registry") is not False)
