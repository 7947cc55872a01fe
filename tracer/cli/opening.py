"""What every command that traces does first: options checked, a case opened, and what is taken from it said."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.cli.words import (
    say,
    waiting,
)
from tracer.errors import InputError

if TYPE_CHECKING:
    from tracer.api import Case, Trace


def check_options(options: dict[str, Any]) -> None:
    """Refuse options that cannot be used before anything is read."""
    from tracer.trace import parse_options

    try:
        parse_options(options)
    except InputError as cause:
        raise InputError(_as_typed(cause.what), why=cause.why, next_step=cause.next_step) from cause


def _as_typed(said: str) -> str:
    """Return what is said of an option with its name as a shell has it: ``--max-hops is 'two'``."""
    from tracer.trace import ALL_OPTIONS

    name = next((one for one in ALL_OPTIONS if said.startswith((f"{one} is ", f"{one}: "))), "")
    return f"--{name.replace('_', '-')}{said.removeprefix(name)}" if name else said


def tables_said(
    transfers: Path | None,
    ledger: Path | None,
    seeds: Path | None,
    labels: Path | None,
    history: Path | None,
    assets: Path | None,
    prices: Path | None,
    unit: str | None,
    case_id: str | None,
    links: Path | None = None,
) -> dict[str, Any]:
    """Return what was said of tables of the caller's own, as :func:`tracer.open_table` takes it."""
    said = {
        **{"transfers": transfers, "ledger": ledger, "seeds": seeds, "labels": labels},
        **{"history": history, "assets": assets, "prices": prices, "unit": unit, "links": links},
        "case_id": case_id,
    }
    return {name: value for name, value in said.items() if value is not None}


def say_notes(case: Case) -> None:
    """Say what the readers of a table of the caller's own have to say; of a case that ships it stands in its report."""
    for note in case.notes if case.incident is None else ():
        say(f"Note: {note}")
    if not case.guarded:
        say("Unguarded: the registry's labels and its guard were left out (--no-registry).")


def repeated_switches(case: Case, folder: str | None) -> frozenset[str]:
    """Return the switches of an earlier result, where that is what is traced: bounds, back."""
    from tracer.api import repeated

    return repeated(Path(folder)) if case.options and folder else frozenset()


def say_taken(
    case: Case,
    options: dict[str, Any],
    folder: str | None,
    besides: tuple[str, ...] = (),
    switches: Sequence[str] = (),
) -> None:
    """Say under which options an earlier result was traced, where they hold now and are not the defaults."""
    from tracer.api import bundled_cases
    from tracer.trace import Options, parse_options

    if not case.options:
        return
    taken = {name: value for name, value in case.options.items() if options.get(name) is None and name not in besides}
    chosen, usual = parse_options(taken), Options()
    words = [
        f"--{name.replace('_', '-')} {','.join(value) if isinstance(value, list) else value}"
        for name, value in sorted(taken.items())
        if getattr(chosen, name) != getattr(usual, name)
    ]
    words += switches
    if words:
        place = Path(folder or "")
        say(f"Taken from the earlier result in {_quoted(place)}, for nothing else was said: {' '.join(words)}")
    if folder and Path(folder).name == folder and folder in bundled_cases():
        say(f"{folder} is a folder here, in which an earlier result lies; from elsewhere it means the shipped case.")


def _quoted(path: Path) -> str:
    """Return a path as a shell takes it, a name beside us with a mark that it is a folder."""
    return shlex.quote(f"./{path}" if path.name == str(path) else str(path))


def opened_case(case: str | None, tables: dict[str, Any], *, complete: bool, no_registry: bool) -> Case:
    """Open what is to be traced: a case by its id, a folder, or tables of the caller's own; labels beside any of it."""
    from tracer.api import is_own_folder, open_case, open_own_folder, open_table
    from tracer.io import TRACE_BYTES, check_memory

    check_memory("a trace", TRACE_BYTES)
    registry = not no_registry
    if case is not None and {"transfers", "ledger", "seeds"} & set(tables):
        raise InputError("Give a case or tables, not both.")
    own = tables.pop("labels", None) if case is not None else None
    if case is not None and is_own_folder(Path(case)):
        with waiting("reading"):
            opened = open_own_folder(Path(case), **tables, complete=complete, registry=registry)
        return opened if own is None else opened.with_labels(own)
    if case is not None and (tables or complete):
        word = next(iter(tables), "complete")
        raise InputError(
            f"--{word.replace('_', '-')} is said of a table of your own.",
            why="A case that ships, or that was fetched, says itself what it holds.",
            next_step=f"Leave --{word.replace('_', '-')} out.",
        )
    if case is not None:
        _say_changed(Path(case))
        return open_case(case, registry=registry, labels=own)
    if "seeds" not in tables:
        raise InputError(
            "There is nothing to trace.",
            why="A case needs an id; a table needs --transfers (or --ledger) and --seeds.",
            next_step="Try `tracer trace ronin-2022`, or `tracer trace --help`.",
        )
    with waiting("reading"):
        return open_table(**tables, complete=complete, registry=registry)


def _say_changed(folder: Path) -> None:
    """Say which files of an earlier result, where that is what was given, are not what its manifest says."""
    from tracer.api import is_result, verify

    if not is_result(folder) or not (folder / "manifest.json").is_file():
        return
    changed = [f"{name} ({state})" for name, state in verify(folder).wrong]
    if changed:
        say(f"Note: the result in {shlex.quote(str(folder))} is not as it was written: {', '.join(changed[:5])}.")


def trace_of(case: Case, options: dict[str, Any], *, bounds: bool = False) -> Trace:
    """Trace a case, and say what is waited for."""
    with waiting("tracing") as progress:
        found = case.trace(bounds=bounds, progress=progress, **options)
    if bounds:
        with waiting("what any rule can say") as progress:
            found.bounds(progress=progress)
    return found
