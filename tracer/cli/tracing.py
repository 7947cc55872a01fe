"""Commands that trace: `demo`, `trace`, `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracer.cli.words import (
    AmountOption,
    AsOfOption,
    CaseArgument,
    DegreeOption,
    GradeOption,
    HopsOption,
    JsonOption,
    LabelsOption,
    LedgerOption,
    OfflineOption,
    OverwriteOption,
    SeedsOption,
    StopOption,
    StrictOption,
    TransfersOption,
    UntilOption,
    say,
    tell,
    waiting,
)
from tracer.errors import InputError

if TYPE_CHECKING:
    from tracer.api import Case, Trace

_UNSAID: dict[str, Any] = {
    **dict.fromkeys(("stop_at", "max_hops", "high_degree", "until")),
    **{"min_amount": 0, "grade": "asserted", "as_of": ""},
}
"""What the options are when the caller says nothing, so that an earlier trace's own may stand."""


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
    tell(cashout_text(trace.result, trace.prices))
    tell(checkpoint_text(trace.result, trace.check()))
    with waiting("drawing and writing"):
        folder = trace.write(out, overwrite=True)
    tell(f"Report: {folder / 'report.html'}")
    _finish(trace, strict=False)


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
        with waiting("drawing and writing"):
            result.write(out, overwrite=overwrite)
        say(f"Written: {out}")
    if as_json:
        from tracer.config.writers import json_text

        tell(json_text(result.summary()).rstrip("\n"))
    else:
        from tracer.report.text import cashout_text

        tell(cashout_text(result.result, result.prices))
    _finish(result, strict=strict)


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
    with waiting("tracing under every policy"):
        traced = _case(case, transfers, ledger, seeds, labels).trace(**options)
        results = traced.every_policy()
    if out is not None:
        from tracer.config.writers import write_file

        target = out / "compare.csv" if out.is_dir() else out
        write_file(target, compare_csv(results).encode(), overwrite=overwrite)
        say(f"Written: {target}")
    tell(compare_text(results))
    raise typer.Exit(0 if all(result.audit.closed for result in results.values()) else 1)


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
    with waiting("reading"):
        return open_table(transfers=transfers, ledger=ledger, seeds=seeds, labels=labels)


def _traced(case: Case, policy: str, options: dict[str, Any]) -> Trace:
    with waiting("tracing") as progress:
        return case.trace(policy, progress=progress, **options)


def _say_card(trace: Trace) -> None:
    say(repr(trace))


def _finish(trace: Trace, *, strict: bool) -> None:
    if not trace.audit.closed:
        raise typer.Exit(1)
    if strict and any(leaf.stop_reason == "incomplete" for leaf in trace.result.exits):
        say("The data is incomplete, and --strict was given.")
        raise typer.Exit(3)
