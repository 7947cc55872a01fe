"""Commands that trace: `demo`, `trace`, `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracer.cli.words import (
    AmountOption,
    AsOfOption,
    CaseArgument,
    CompleteOption,
    DegreeOption,
    DirectionOption,
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
    _finish(trace, strict=False, drawn=True)


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
    direction: DirectionOption = "forward",
    *,
    bounds: Annotated[bool, typer.Option("--bounds", help="Least and most that any rule can say.")] = False,
    complete: CompleteOption = False,
    offline: OfflineOption = False,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Trace a case or a table. Exit 1 if the audit is open, 3 if incomplete and --strict was given."""
    del offline  # accepted, because scripts say it; only `tracer fetch` and `tracer new` reach out
    options = options_given(stop_at, max_hops, min_amount, high_degree, until, grade, as_of)
    opened = _case(case, transfers, ledger, seeds, labels, complete=complete)
    if parse_direction(direction) == "back":
        _trace_back(opened, policy, options, out, bounds=bounds, overwrite=overwrite, as_json=as_json)
        return
    result = _traced(opened, policy, options, bounds=bounds)
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

        tell(cashout_text(result.result, result.prices, result.bounds() if bounds else None))
    _finish(result, strict=strict, drawn=out is not None)


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
    complete: CompleteOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Show who gets what under every rule, what all rules agree on, and where and why they part."""
    from tracer.api import options_of

    options = options_given(stop_at, max_hops, min_amount, high_degree, until, grade, as_of)
    if case is not None and Path(case).is_dir():
        options = options_of(Path(case)) | {key: value for key, value in options.items() if value != _UNSAID[key]}
    with waiting("tracing under every policy"):
        traced = _case(case, transfers, ledger, seeds, labels, complete=complete).trace(**options)
        text = traced.compare_text()
    if out is not None:
        from tracer.config.writers import write_file

        target = out / "compare.csv" if out.is_dir() else out
        write_file(target, traced.compare_csv().encode(), overwrite=overwrite)
        say(f"Written: {target}")
    tell(text)
    raise typer.Exit(0 if all(result.audit.closed for result in traced.comparison.results.values()) else 1)


def options_given(
    stop_at: str | None,
    max_hops: int | None,
    min_amount: int,
    high_degree: int | None,
    until: str | None,
    grade: str,
    as_of: str,
) -> dict[str, Any]:
    """Return the options of a trace as the caller gave them; ``None`` and the like where nothing was said."""
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


def parse_direction(text: str) -> str:
    """Return ``forward`` or ``back``.

    Raises
    ------
    InputError
        If the text is neither.
    """
    if text not in ("forward", "back"):
        raise InputError(f"{text[:40]!r} is no direction.", next_step="Choose forward or back.")
    return text


def _trace_back(
    case: Case, policy: str, options: dict[str, Any], out: Path | None, *, bounds: bool, overwrite: bool, as_json: bool
) -> None:
    """Say where the money of the seeds came from."""
    from tracer.api import trace_back
    from tracer.report.funds import funds_text

    if bounds:
        raise InputError("There are no bounds on a source of funds.", next_step="Leave --bounds out.")
    with waiting("tracing back"):
        found = trace_back(case, policy, **options)
    if out is not None:
        found.write(out, overwrite=overwrite)
        say(f"Written: {out}")
    if as_json:
        from tracer.config.writers import json_text

        tell(json_text(found.summary()).rstrip("\n"))
    else:
        tell(funds_text(found.funds, found.prepared.assets, case.prices))
    raise typer.Exit(0 if found.funds.closed else 1)


def _case(
    case: str | None,
    transfers: Path | None,
    ledger: Path | None,
    seeds: Path | None,
    labels: Path | None,
    *,
    complete: bool,
) -> Case:
    from tracer.api import open_case, open_table

    tables = [table for table in (transfers, ledger, seeds, labels) if table is not None]
    if case is not None and tables:
        raise InputError("Give a case or tables, not both.")
    if case is not None and complete:
        raise InputError(
            "--complete is said of a table of your own.", why="A case says itself which histories it holds whole."
        )
    if case is not None:
        return open_case(case)
    if seeds is None:
        raise InputError(
            "There is nothing to trace.",
            why="A case needs an id; a table needs --transfers (or --ledger) and --seeds.",
            next_step="Try `tracer trace ronin-2022`, or `tracer trace --help`.",
        )
    with waiting("reading"):
        return open_table(transfers=transfers, ledger=ledger, seeds=seeds, labels=labels, complete=complete)


def _traced(case: Case, policy: str, options: dict[str, Any], *, bounds: bool = False) -> Trace:
    with waiting("tracing") as progress:
        return case.trace(policy, bounds=bounds, progress=progress, **options)


def _say_card(trace: Trace) -> None:
    say(repr(trace))


def _finish(trace: Trace, *, strict: bool, drawn: bool = False) -> None:
    undrawn = trace.undrawn() if drawn else {}
    for name, why in undrawn.items():
        say(f"The picture {name} could not be drawn and is left out: {why}")
    if not trace.audit.closed or undrawn:
        raise typer.Exit(1)
    if strict and any(leaf.stop_reason == "incomplete" for leaf in trace.result.exits):
        say("The data is incomplete, and --strict was given.")
        raise typer.Exit(3)
