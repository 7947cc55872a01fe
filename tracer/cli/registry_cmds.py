"""Commands on what is held: `cases`, `why`, `validate`, `registry import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.words import AsOfOption, JsonOption, say, tell, waiting
from tracer.errors import InputError


def cases(
    *,
    table: Annotated[bool, typer.Option("--table", help="The annex of all thefts, with totals and sources.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="With --table: as CSV instead of Markdown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the incidents on file: date, loss, who attributes it, seeds, and whether a bundle ships."""
    from tracer.api import case_list

    if table:
        from tracer.registry import load_incidents
        from tracer.report import annex_csv, annex_markdown

        tell((annex_csv if csv else annex_markdown)(load_incidents()).rstrip("\n"))
        return
    records = case_list()
    if as_json:
        tell(json.dumps(records, ensure_ascii=False, sort_keys=True, indent=2))
        return
    from tracer.report import cases_text

    tell(cases_text(records))


def why(
    address: Annotated[str, typer.Argument(help="An address, or a CAIP-10 id.")],
    as_of: AsOfOption = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what is held on an address, by whom, since when. Exit 1 if nothing is held (a hint is not)."""
    from tracer.api import why_hints, why_list

    statements, hints = why_list(address, as_of=as_of), why_hints(address, as_of=as_of)
    if as_json:
        found = {"address": address, "statements": statements, "hints": hints}
        tell(json.dumps(found, ensure_ascii=False, sort_keys=True, indent=2))
    elif not statements:
        say(f"Nothing is held on {address}. That says nothing about it: the registry lists incidents and services.")
    else:
        from tracer.report import why_text

        tell(why_text(statements))
    if hints and not as_json:
        from tracer.report import hints_text

        tell(hints_text(hints))
    raise typer.Exit(0 if statements else 1)


def validate(
    folder: Annotated[Path | None, typer.Argument(help="Another addresses/ folder.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Make SOURCES.md, counts and hashes anew first.")] = False,
) -> None:
    """Check addresses/: schema, checksums, duplicates, dates, sources, hashes. Exit 2 if something is wrong."""
    from tracer.api import validate as check_folder
    from tracer.io import addresses_dir
    from tracer.registry import counts, write_made

    if folder is not None and not folder.is_dir():
        raise InputError(f"There is no folder {folder.name!r}.", next_step="Check the path.")
    if write:
        with waiting("writing"):
            written = write_made(folder or addresses_dir())
        say(f"Written: {', '.join(written) or 'nothing, all is current'}.")
    with waiting("checking"):
        problems = check_folder(folder)
    for problem in problems:
        tell(f"{problem.file}:{problem.line}: {problem.message}")
    if problems:
        say("1 problem." if len(problems) == 1 else f"{len(problems)} problems.")
        raise typer.Exit(2)
    for sentence in counts(folder).sentences():
        tell(sentence)
    say("All is well.")


def registry_import(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="ofac, tagpack, ftm or csv.")],
    file: Annotated[Path, typer.Argument(help="The list.")],
    store: Annotated[Path | None, typer.Option(help="Label store; default: yours, or TRACER_STORE.")] = None,
    name: Annotated[str, typer.Option(help="Name of the list; default: the file's.")] = "",
    list_date: Annotated[str, typer.Option(help="Day the list is of, where it does not say.")] = "",
) -> None:
    """Take a foreign list into the local label store; rows that cannot be used are named. Exit 2 if any was refused."""
    from tracer.registry import LabelStore, import_file

    with waiting("reading"):
        found = import_file(form, file)
    day = list_date or found.list_date
    if not day:
        raise InputError(
            f"{file.name} does not say of which day it is.",
            why="A later list supersedes an earlier one, so its day must be known.",
            next_step="Add --list-date YYYY-MM-DD.",
        )
    with waiting("storing"), LabelStore(store) as held:
        held.add(found.labels, name or ("ofac-sdn" if form == "ofac" else file.stem), day)
        lists = held.counts()
    for note in found.notes:
        say(note)
    for one in found.refused:
        say(f"{one.file}, row {one.row}, {one.column or 'row'}: {one.reason}")
    tell(f"{len(found.labels):,} labels of {day} taken in, {len(found.refused):,} rows refused.")
    for kept in lists:
        tell(f"{kept.name} of {kept.list_date}: {kept.labels:,} labels in force, {kept.ended:,} ended")
    raise typer.Exit(2 if found.refused else 0)
