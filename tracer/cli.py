"""The command line: the verbs of the notebook, for a shell. Results on stdout or in files, words on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracer import __version__
from tracer.errors import InputError, TracerError

if TYPE_CHECKING:
    from tracer.api import Case, Trace

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Follow stolen crypto from an attributed theft to where it went, exactly and checkably.",
)
registry_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Lists of your own beside the registry.")
app.add_typer(registry_app, name="registry")

CaseArgument = Annotated[
    str | None, typer.Argument(help="Incident id (see `tracer cases`), or a folder with transfers, seeds, labels.")
]
TransfersOption = Annotated[Path | None, typer.Option(help="Transfers table, CSV or Parquet.")]
LedgerOption = Annotated[Path | None, typer.Option(help="Table of debits and credits, CSV or Parquet.")]
SeedsOption = Annotated[Path | None, typer.Option(help="What was stolen.")]
LabelsOption = Annotated[Path | None, typer.Option(help="Labels; those that absorb end the following.")]
StopOption = Annotated[str | None, typer.Option(help="Label categories that absorb, comma separated.")]
HopsOption = Annotated[int | None, typer.Option(help="Do not follow holders this many movements from a seed.")]
AmountOption = Annotated[int, typer.Option(help="Do not follow payments that can hold less, in base units.")]
DegreeOption = Annotated[int | None, typer.Option(help="Do not follow holders with more counterparties.")]
UntilOption = Annotated[str | None, typer.Option(help="Look at events up to this time, UTC.")]
GradeOption = Annotated[str, typer.Option(help="Leave out rows weaker than this grade.")]
AsOfOption = Annotated[str, typer.Option(help="Day on which labels must be valid; default: the registry's release.")]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Never fetch (this version never does).")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit 3 if the data is incomplete.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result in --out.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]

_UNSAID: dict[str, Any] = {
    **dict.fromkeys(("stop_at", "max_hops", "high_degree", "until")),
    **{"min_amount": 0, "grade": "asserted", "as_of": ""},
}
"""What the options are when the caller says nothing, so that an earlier trace's own may stand."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the result; an earlier demo there is replaced.")] = Path(
        "tracer-demo"
    ),
) -> None:
    """Trace the shipped Ronin case, offline, and show where the money went."""
    from tracer.api import open_case
    from tracer.report.text import cashout_text, checkpoint_text

    trace = _traced(open_case("ronin-2022"), "fifo", {})
    _say_card(trace)
    _tell(cashout_text(trace.result, trace.prices))
    _tell(checkpoint_text(trace.result, trace.check()))
    with _waiting("drawing and writing"):
        folder = trace.write(out, overwrite=True)
    _tell(f"Report: {folder / 'report.html'}")
    _finish(trace, strict=False)


@app.command()
def cases(
    *,
    table: Annotated[bool, typer.Option("--table", help="The annex of all thefts, with totals and sources.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="With --table: as CSV instead of Markdown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the incidents on file: date, loss, who attributes it, seeds, and whether a bundle ships."""
    from tracer.api import case_list

    if table:
        from tracer.attribution import load_incidents
        from tracer.report.annex import annex_csv, annex_markdown

        _tell((annex_csv if csv else annex_markdown)(load_incidents()).rstrip("\n"))
        return
    records = case_list()
    if as_json:
        _tell(json.dumps(records, ensure_ascii=False, sort_keys=True, indent=2))
        return
    from tracer.report.text import cases_text

    _tell(cases_text(records))


@app.command()
def why(
    address: Annotated[str, typer.Argument(help="An address, or a CAIP-10 id.")],
    as_of: AsOfOption = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what is held on an address, by whom, since when. Exit 1 if nothing is held."""
    from tracer.api import why_list

    statements = why_list(address, as_of=as_of)
    if as_json:
        _tell(json.dumps({"address": address, "statements": statements}, ensure_ascii=False, sort_keys=True, indent=2))
    elif not statements:
        _say(f"Nothing is held on {address}. That says nothing about it: the registry lists incidents and services.")
    else:
        from tracer.report.text import why_text

        _tell(why_text(statements))
    raise typer.Exit(0 if statements else 1)


@app.command()
def trace(
    case: CaseArgument = None,
    transfers: TransfersOption = None,
    ledger: LedgerOption = None,
    seeds: SeedsOption = None,
    labels: LabelsOption = None,
    policy: Annotated[str, typer.Option(help="fifo, lifo, haircut, tiho, clean_first or dirty_first.")] = "fifo",
    stop_at: StopOption = None,
    max_hops: HopsOption = None,
    min_amount: AmountOption = 0,
    high_degree: DegreeOption = None,
    until: UntilOption = None,
    grade: GradeOption = "asserted",
    as_of: AsOfOption = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the result; without it only a summary.")] = None,
    *,
    offline: OfflineOption = False,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Trace a case or a table. Exit 1 if the audit is open, 3 if incomplete and --strict was given."""
    del offline  # accepted, because scripts say it; nothing here fetches
    options = _options(stop_at, max_hops, min_amount, high_degree, until, grade, as_of)
    result = _traced(_case(case, transfers, ledger, seeds, labels), policy, options)
    _say_card(result)
    if out is not None:
        with _waiting("drawing and writing"):
            result.write(out, overwrite=overwrite)
        _say(f"Written: {out}")
    if as_json:
        from tracer.config.writers import json_text

        _tell(json_text(result.summary()).rstrip("\n"))
    else:
        from tracer.report.text import cashout_text

        _tell(cashout_text(result.result, result.prices))
    _finish(result, strict=strict)


@app.command()
def compare(
    case: CaseArgument = None,
    transfers: TransfersOption = None,
    ledger: LedgerOption = None,
    seeds: SeedsOption = None,
    labels: LabelsOption = None,
    stop_at: StopOption = None,
    max_hops: HopsOption = None,
    min_amount: AmountOption = 0,
    high_degree: DegreeOption = None,
    until: UntilOption = None,
    grade: GradeOption = "asserted",
    as_of: AsOfOption = "",
    out: Annotated[Path | None, typer.Option(help="Write compare.csv here.")] = None,
    *,
    overwrite: OverwriteOption = False,
) -> None:
    """Run every policy on a case and show who gets what under each."""
    from tracer.api import options_of
    from tracer.report.compare import compare_csv
    from tracer.report.text import compare_text

    options = _options(stop_at, max_hops, min_amount, high_degree, until, grade, as_of)
    if case is not None and Path(case).is_dir():
        options = options_of(Path(case)) | {key: value for key, value in options.items() if value != _UNSAID[key]}
    with _waiting("tracing under every policy"):
        traced = _case(case, transfers, ledger, seeds, labels).trace(**options)
        results = traced.every_policy()
    if out is not None:
        from tracer.config.writers import write_file

        target = out / "compare.csv" if out.is_dir() else out
        write_file(target, compare_csv(results).encode(), overwrite=overwrite)
        _say(f"Written: {target}")
    _tell(compare_text(results))
    raise typer.Exit(0 if all(result.audit.closed for result in results.values()) else 1)


@registry_app.command("import")
def registry_import(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="ofac, tagpack, ftm or csv.")],
    file: Annotated[Path, typer.Argument(help="The list.")],
    store: Annotated[Path | None, typer.Option(help="Label store; default: yours, or TRACER_STORE.")] = None,
    name: Annotated[str, typer.Option(help="Name of the list; default: the file's.")] = "",
    list_date: Annotated[str, typer.Option(help="Day the list is of, where it does not say.")] = "",
) -> None:
    """Take a foreign list into the local label store; rows that cannot be used are named. Exit 3 if any was refused."""
    from tracer.attribution.importers import import_file
    from tracer.attribution.store import LabelStore

    with _waiting("reading"):
        found = import_file(form, file)
    day = list_date or found.list_date
    if not day:
        raise InputError(
            f"{file.name} does not say of which day it is.",
            why="A later list supersedes an earlier one, so its day must be known.",
            next_step="Add --list-date YYYY-MM-DD.",
        )
    with _waiting("storing"), LabelStore(store) as held:
        held.add(found.labels, name or ("ofac-sdn" if form == "ofac" else file.stem), day)
        lists = held.counts()
    for note in found.notes:
        _say(note)
    for one in found.refused:
        _say(f"{one.file}, row {one.row}, {one.column or 'row'}: {one.reason}")
    _tell(f"{len(found.labels):,} labels of {day} taken in, {len(found.refused):,} rows refused.")
    for kept in lists:
        _tell(f"{kept.name} of {kept.list_date}: {kept.labels:,} labels in force, {kept.ended:,} ended")
    raise typer.Exit(3 if found.refused else 0)


@app.command()
def validate(folder: Annotated[Path | None, typer.Argument(help="Another addresses/ folder.")] = None) -> None:
    """Check addresses/: schema, checksums, duplicates, dates, sources, hashes. Exit 2 if something is wrong."""
    from tracer.api import validate as check_folder
    from tracer.attribution.counts import counts

    if folder is not None and not folder.is_dir():
        raise InputError(f"There is no folder {folder.name!r}.", next_step="Check the path.")
    with _waiting("checking"):
        problems = check_folder(folder)
    for problem in problems:
        _tell(f"{problem.file}:{problem.line}: {problem.message}")
    if problems:
        _say(f"{len(problems)} problems.")
        raise typer.Exit(2)
    for sentence in counts(folder).sentences():
        _tell(sentence)
    _say("All is well.")


@app.command()
def doctor() -> None:
    """Say what is installed, what data ships, and whether it is whole."""
    from importlib.metadata import PackageNotFoundError, version

    from tracer.api import case_list
    from tracer.api import validate as check_folder
    from tracer.attribution import release_date

    _tell(f"tracer {__version__}, registry of {release_date()}, Python {sys.version.split()[0]}")
    for package in ("pandas", "pyarrow", "networkx", "matplotlib", "jupyterlab", "web3"):
        try:
            _tell(f"  {package} {version(package)}")
        except PackageNotFoundError:
            _tell(f"  {package}: not installed; pip install {package}")
    problems = check_folder()
    bundled = [one["id"] for one in case_list() if one["bundle"]]
    _tell(f"cases with a bundle: {', '.join(bundled)}")
    _tell("sources: bundled cases and your own tables; this version does not fetch from chains")
    _tell(f"addresses/: {'whole' if not problems else f'{len(problems)} problems; run tracer validate'}")
    raise typer.Exit(2 if problems else 0)


def main() -> None:
    """Run the command line; every expected error becomes three lines on stderr and an exit code."""
    try:
        app()
    except TracerError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _options(
    stop_at: str | None,
    max_hops: int | None,
    min_amount: int,
    high_degree: int | None,
    until: str | None,
    grade: str,
    as_of: str,
) -> dict[str, Any]:
    from tracer.model import parse_time

    return {
        "stop_at": None if stop_at is None else tuple(part.strip() for part in stop_at.split(",") if part.strip()),
        "max_hops": max_hops,
        "min_amount": min_amount,
        "high_degree": high_degree,
        "until": None if until is None else parse_time(until),
        "grade": grade,
        "as_of": as_of,
    }


def _case(
    case: str | None, transfers: Path | None, ledger: Path | None, seeds: Path | None, labels: Path | None
) -> Case:
    from tracer.api import open_case, open_table

    tables = [table for table in (transfers, ledger, seeds, labels) if table is not None]
    if case is not None and tables:
        raise InputError("Give a case or tables, not both.")
    if case is not None:
        return open_case(case)
    if seeds is None:
        raise InputError(
            "There is nothing to trace.",
            why="A case needs an id; a table needs --transfers (or --ledger) and --seeds.",
            next_step="Try `tracer trace ronin-2022`, or `tracer trace --help`.",
        )
    with _waiting("reading"):
        return open_table(transfers=transfers, ledger=ledger, seeds=seeds, labels=labels)


def _traced(case: Case, policy: str, options: dict[str, Any]) -> Trace:
    with _waiting("tracing") as progress:
        return case.trace(policy, progress=progress, **options)


@contextmanager
def _waiting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar while something is going on, on a terminal only; gives what moves the bar."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say_card(trace: Trace) -> None:
    _say(repr(trace))


def _finish(trace: Trace, *, strict: bool) -> None:
    if not trace.audit.closed:
        raise typer.Exit(1)
    if strict and any(leaf.stop_reason == "incomplete" for leaf in trace.result.exits):
        _say("The data is incomplete, and --strict was given.")
        raise typer.Exit(3)


if __name__ == "__main__":
    main()
