"""Commands that trace: `demo`, `trace`, `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tracer.cli.opening import (
    check_options,
    opened_case,
    repeated_switches,
    say_notes,
    say_taken,
    tables_said,
    trace_of,
)
from tracer.cli.words import (
    AmountOption,
    AssetsOption,
    ByOption,
    CaseArgument,
    CaseIdOption,
    CompleteOption,
    DegreeOption,
    DirectionOption,
    FollowOption,
    GradeOption,
    HistoryOption,
    HopsOption,
    JsonOption,
    KnownOption,
    LabelsOption,
    LeadsOption,
    LedgerOption,
    LinksOption,
    NoRegistryOption,
    OfflineOption,
    OverwriteOption,
    PolicyOption,
    PricesOption,
    SeedsOption,
    StopOption,
    StrictOption,
    TransfersOption,
    UnitOption,
    UntilOption,
    say,
    tell,
    waiting,
)
from tracer.errors import DataFileError, InputError
from tracer.io import is_ours, read_json

if TYPE_CHECKING:
    from tracer.api import Case, Trace

_DEMO: Final = "ronin-2022"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the result; an earlier demo there is replaced.")] = Path(
        "tracer-demo"
    ),
    *,
    overwrite: OverwriteOption = False,
) -> None:
    """Trace the shipped Ronin case, offline, and show where the money went."""
    from tracer.api import bundled_cases, open_case
    from tracer.report import cashout_text, checkpoint_text

    trace = trace_of(open_case(_DEMO), {})
    _say_card(trace)
    tell(cashout_text(trace.result, trace.prices))
    tell(checkpoint_text(trace.result, trace.check()))
    with waiting("drawing and writing"):
        folder = trace.write(out, overwrite=overwrite or _is_demo(out))
    tell(f"Report: {folder / 'report.html'}")
    others = [name for name in bundled_cases() if name != trace.case.id]
    tell(f"Other cases that can be traced offline: {', '.join(others)}. Try `tracer trace {others[0]}`.")
    _finish(trace, strict=False, drawn=True)


def trace(
    case: CaseArgument = None,
    transfers: TransfersOption = None,
    ledger: LedgerOption = None,
    seeds: SeedsOption = None,
    labels: LabelsOption = None,
    history: HistoryOption = None,
    assets: AssetsOption = None,
    prices: PricesOption = None,
    unit: UnitOption = None,
    case_id: CaseIdOption = None,
    policy: PolicyOption = None,
    stop_at: StopOption = None,
    max_hops: HopsOption = None,
    min_amount: AmountOption = None,
    high_degree: DegreeOption = None,
    until: UntilOption = None,
    grade: GradeOption = None,
    links: LinksOption = None,
    follow: FollowOption = None,
    as_of: KnownOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the result; without it only a summary.")] = None,
    direction: DirectionOption = None,
    *,
    bounds: Annotated[
        bool | None, typer.Option("--bounds/--no-bounds", help="Least and most that any rule can say.")
    ] = None,
    complete: CompleteOption = False,
    follow_leads: LeadsOption = None,
    no_registry: NoRegistryOption = False,
    offline: OfflineOption = False,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Trace a case or a table. Exit 1 if the audit is open, 3 if incomplete and --strict was given."""
    del offline  # accepted, because scripts say it; only `tracer fetch` and `tracer new` reach out
    options: dict[str, Any] = {
        **{"policy": policy, "stop_at": stop_at, "max_hops": max_hops, "min_amount": min_amount},
        **{"high_degree": high_degree, "until": until, "grade": grade, "as_of": as_of},
        **{"follow": follow, "follow_leads": follow_leads},
    }
    check_options(options | {"direction": direction, "bounds": bounds})
    opened = opened_case(
        case,
        tables_said(transfers, ledger, seeds, labels, history, assets, prices, unit, case_id, links),
        complete=complete,
        no_registry=no_registry,
    )
    say_notes(opened)
    again = repeated_switches(opened, case)
    back = (direction or ("back" if "back" in again else "")) == "back"
    taken = {
        "--direction back": back and direction is None,
        "--bounds": not back and bounds is None and "bounds" in again,
    }
    bounds = taken["--bounds"] or bool(bounds)
    say_taken(opened, options, case, switches=[word for word, is_taken in taken.items() if is_taken])
    if back:
        _trace_back(opened, options, out, bounds=bounds, strict=strict, overwrite=overwrite, as_json=as_json)
        return
    result = trace_of(opened, options, bounds=bounds)
    _say_card(result)
    if out is not None:
        with waiting("drawing and writing") as progress:
            result.write(out, overwrite=overwrite, progress=progress)
        say(f"Written: {out}")
    if as_json:
        from tracer.io import json_text

        tell(json_text(result.summary()).rstrip("\n"))
    else:
        from tracer.report import cashout_text

        tell(cashout_text(result.result, result.prices, result.bounds() if bounds else None))
    _finish(result, strict=strict, drawn=out is not None)


def compare(
    case: CaseArgument = None,
    transfers: TransfersOption = None,
    ledger: LedgerOption = None,
    seeds: SeedsOption = None,
    labels: LabelsOption = None,
    history: HistoryOption = None,
    assets: AssetsOption = None,
    prices: PricesOption = None,
    unit: UnitOption = None,
    case_id: CaseIdOption = None,
    stop_at: StopOption = None,
    max_hops: HopsOption = None,
    min_amount: AmountOption = None,
    high_degree: DegreeOption = None,
    until: UntilOption = None,
    grade: GradeOption = None,
    links: LinksOption = None,
    follow: FollowOption = None,
    as_of: KnownOption = None,
    by: ByOption = None,
    out: Annotated[Path | None, typer.Option(help="Write compare.csv here.")] = None,
    *,
    complete: CompleteOption = False,
    follow_leads: LeadsOption = None,
    no_registry: NoRegistryOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show who gets what under every rule, what all rules agree on, and where and why they part."""
    options: dict[str, Any] = {
        **{"stop_at": stop_at, "max_hops": max_hops, "min_amount": min_amount, "high_degree": high_degree},
        **{"until": until, "grade": grade, "as_of": as_of},
        **{"follow": follow, "follow_leads": follow_leads},
    }
    check_options(options | {"by": by})
    opened = opened_case(
        case,
        tables_said(transfers, ledger, seeds, labels, history, assets, prices, unit, case_id, links),
        complete=complete,
        no_registry=no_registry,
    )
    say_notes(opened)
    say_taken(opened, options, case, besides=("policy",))
    with waiting("tracing under every policy"):
        traced = opened.trace(**options)
        record = traced.compare_record(by=by)
        text, table = "" if as_json else traced.compare_text(by=by), traced.compare_csv(by=by)
    if out is not None:
        from tracer.io import write_file

        target = out / "compare.csv" if out.is_dir() else out
        write_file(target, table.encode(), overwrite=overwrite)
        say(f"Written: {target}")
    if as_json:
        from tracer.io import json_text

        text = json_text(record).rstrip("\n")
    tell(text)
    _refuse_nothing(traced)
    raise typer.Exit(0 if all(result.audit.closed for result in traced.comparison.results.values()) else 1)


def _is_demo(folder: Path) -> bool:
    """Return whether an earlier demo lies in a folder, and nothing else: it may go unasked, for it comes again."""
    if not is_ours(folder):
        return False
    try:
        summary = read_json(folder / "summary.json")
    except DataFileError:
        return False
    return isinstance(summary, dict) and summary.get("case") == _DEMO


def _trace_back(
    case: Case, options: dict[str, Any], out: Path | None, *, bounds: bool, strict: bool, overwrite: bool, as_json: bool
) -> None:
    """Say where the money of the seeds came from."""
    from tracer.api import trace_back
    from tracer.report import funds_text

    if bounds:
        raise InputError("There are no bounds on a source of funds.", next_step="Leave --bounds out.")
    with waiting("tracing back"):
        found = trace_back(case, **options)
    if out is not None:
        found.write(out, overwrite=overwrite)
        say(f"Written: {out}")
    if as_json:
        from tracer.io import json_text

        tell(json_text(found.summary()).rstrip("\n"))
    else:
        tell(funds_text(found.funds, found.prepared.assets, case.prices))
    if not found.funds.closed:
        raise typer.Exit(1)
    _exit_if_strict(strict and any(one.why == "incomplete" for one in found.funds.inflows))


def _say_card(trace: Trace) -> None:
    say(repr(trace))


def _finish(trace: Trace, *, strict: bool, drawn: bool = False) -> None:
    undrawn = trace.undrawn() if drawn else {}
    for name, why in undrawn.items():
        say(f"The picture {name} could not be drawn and is left out: {why}")
    _refuse_nothing(trace)
    if not trace.audit.closed or undrawn:
        raise typer.Exit(1)
    _exit_if_strict(strict and any(leaf.stop_reason == "incomplete" for leaf in trace.result.exits))


def _refuse_nothing(trace: Trace) -> None:
    """End with 2 where no seed takes anything: an empty table that adds up answers nothing.

    Raises
    ------
    InputError
        If nothing is stolen.
    """
    if not any(trace.result.stolen.values()):
        raise InputError(
            "Nothing is stolen: no seed takes anything in this table, so that nothing was traced.",
            why="A seed of kind holder without an amount takes what its holder pays and had not received in the table.",
            next_step="Name the transaction that is the theft (kind tx), or who paid it (kind holder).",
        )


def _exit_if_strict(incomplete: bool) -> None:
    if incomplete:
        say("The data is incomplete, and --strict was given.")
        raise typer.Exit(3)
