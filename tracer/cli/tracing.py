"""Commands that trace: `demo`, `trace`, `compare`, `show`."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Never

import typer

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
    case_ids,
    say,
    tell,
    waiting,
)
from tracer.errors import AbsentError, DataFileError, InputError
from tracer.io import is_ours, read_json

if TYPE_CHECKING:
    from tracer.api import Case, Trace
    from tracer.report import Asked

_WIDEST: Final = 140
"""Columns beyond which a line is hard to follow."""
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

    trace = _traced(open_case(_DEMO), {})
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
    _check(options | {"direction": direction, "bounds": bounds})
    opened = _case(
        case,
        _tables(transfers, ledger, seeds, labels, history, assets, prices, unit, case_id, links),
        complete=complete,
        no_registry=no_registry,
    )
    _say_notes(opened)
    again = _repeated(opened, case)
    back = (direction or ("back" if "back" in again else "")) == "back"
    taken = {
        "--direction back": back and direction is None,
        "--bounds": not back and bounds is None and "bounds" in again,
    }
    bounds = taken["--bounds"] or bool(bounds)
    _say_taken(opened, options, case, switches=[word for word, is_taken in taken.items() if is_taken])
    if back:
        _trace_back(opened, options, out, bounds=bounds, strict=strict, overwrite=overwrite, as_json=as_json)
        return
    result = _traced(opened, options, bounds=bounds)
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
    _check(options | {"by": by})
    opened = _case(
        case,
        _tables(transfers, ledger, seeds, labels, history, assets, prices, unit, case_id, links),
        complete=complete,
        no_registry=no_registry,
    )
    _say_notes(opened)
    _say_taken(opened, options, case, besides=("policy",))
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


def show(
    case: Annotated[
        str | None,
        typer.Argument(
            help="Incident id, or a folder; with --transfers or --ledger the address. Without one, of every shipped "
            "case; with --addresses there can be several.",
            autocompletion=case_ids,
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS…",
            help="Address or outpoint of the case; its beginning or short form where it means one alone. Several, "
            "whole, give one table.",
        ),
    ] = None,
    addresses: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file of addresses: one a line, or a column 'address'; gives one table."),
    ] = None,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Its column with the addresses, if not called 'address'.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Of several addresses: write the table here, as CSV.")] = None,
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
    as_of: KnownOption = None,
    *,
    bounds: Annotated[
        bool, typer.Option("--bounds", help="Least and most that any rule can put there; of a file always.")
    ] = False,
    complete: CompleteOption = False,
    no_registry: NoRegistryOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show one page on one address: labels in time, what came and went, with whom, its paths, its line on the list.

    Of several addresses, or a file of them, show one table: which of them stolen units reached, and which not; in one
    case, in several, or where none is named in all that ship. Exit 1 if none of them is in any row of the case
    nor named by the registry.

    \b
    tracer show ronin-2022 0x098b716b8aaf21512996dc57eb0615e2383e2f96
    tracer show ronin-2022 0x098b716b --policy haircut --bounds
    tracer show ronin-2022 0x098b…2f96 --json
    tracer show ronin-2022 bybit-2025 --addresses deposits.csv
    tracer show --addresses deposits.csv --out answers.csv
    """  # noqa: D301 (the command line keeps the lines below the mark as they stand)
    given, opened_from = list(address or ()), case
    if case is not None and (transfers or ledger):
        given, opened_from = [case, *given], None
    several: list[str] = []
    if not (transfers or ledger or seeds):
        several, given = _cases_among([] if case is None else [case, *given], from_file=addresses is not None)
        given = given if several else list(address or ())
    if not given and addresses is None:
        raise InputError(
            "Which address?",
            next_step=f"A file of addresses is given so: tracer show --addresses {shlex.quote(case)}"
            if case is not None and Path(case).is_file()
            else "tracer show CASE ADDRESS, for example tracer show ronin-2022 0x098b; or --addresses FILE",
        )
    if column is not None and addresses is None:
        raise InputError("--column is of the file of --addresses.", next_step="Leave it out, or give --addresses FILE.")
    many = len(given) > 1 or addresses is not None or bool(several)
    if not many and (out is not None or overwrite):
        raise InputError(
            f"--{'out' if out is not None else 'overwrite'} is of the table of several addresses.",
            next_step="Leave it out, or give more addresses; one page is written by --json > FILE.",
        )
    options: dict[str, Any] = {
        **{"policy": policy, "stop_at": stop_at, "max_hops": max_hops, "min_amount": min_amount},
        **{"high_degree": high_degree, "until": until, "grade": grade, "as_of": as_of},
    }
    _check(options)
    tables = _tables(transfers, ledger, seeds, labels, history, assets, prices, unit, case_id)
    if several:
        traces = _each(several, tables, options, complete=complete, no_registry=no_registry)
        texts, bounds = _texts(given, addresses, column or ""), bounds or addresses is not None
        _show_many(traces, texts, addresses, out, bounds=bounds, overwrite=overwrite, as_json=as_json)
    opened = _case(opened_from, tables, complete=complete, no_registry=no_registry)
    _say_notes(opened)
    _say_taken(opened, options, opened_from)
    traced = _traced(opened, options)
    if many:
        texts, bounds = _texts(given, addresses, column or ""), bounds or addresses is not None
        _show_many([traced], texts, addresses, out, bounds=bounds, overwrite=overwrite, as_json=as_json)
    try:
        with waiting("looking"):
            page = traced.address(given[0], bounds=bounds)
    except AbsentError as absent:  # a question that was answered: no
        say(str(absent))
        raise typer.Exit(1) from absent
    if as_json:
        from tracer.io import json_text

        tell(json_text(page.record()).rstrip("\n"))
    else:
        tell(page.text(min(shutil.get_terminal_size((100, 40)).columns, _WIDEST)).rstrip("\n"))


def _cases_among(words: list[str], *, from_file: bool) -> tuple[list[str], list[str]]:
    """Return which cases are asked together, and about which addresses; no case where it is one, or a wrong word.

    Without any case in front of addresses, or of a file of them, all that ship are asked.
    """
    from tracer.api import is_case, real_cases

    cases = [word for word in dict.fromkeys(words) if is_case(word)] if from_file else []
    rest = [word for word in words if word not in cases]
    if len(cases) > 1:
        return cases, rest
    if not cases and (from_file or rest) and all(map(_like_address, rest)):
        return real_cases(), rest
    return [], words


def _like_address(word: str) -> bool:
    """Return whether a word can be an address as a whole; a beginning or a short form is of one case."""
    from tracer.model import hex_form, known_form_elsewhere

    rest = word.rpartition(":")[2]
    return bool(hex_form(rest.lower()) or known_form_elsewhere(rest))


def _each(
    cases: list[str], tables: dict[str, Any], options: dict[str, Any], *, complete: bool, no_registry: bool
) -> Iterator[Trace]:
    """Trace one case after another, so that one alone is held."""
    for name in cases:
        opened = _case(name, dict(tables), complete=complete, no_registry=no_registry)
        if opened.incident is None:
            _say_notes(opened)
        yield opened.trace(**options)


def _texts(given: list[str], file: Path | None, column: str) -> list[str | Asked]:
    """Return all that is asked about: what was typed, and what a file has."""
    from tracer.api import read_addresses

    return [*given, *(read_addresses(file, column, say) if file is not None else ())]


def _show_many(
    traces: Iterable[Trace],
    texts: list[str | Asked],
    file: Path | None,
    out: Path | None,
    *,
    bounds: bool,
    overwrite: bool,
    as_json: bool,
) -> Never:
    """Show, and write, one table on many addresses."""
    from tracer.api import in_form_of, screened
    from tracer.io import json_text, write_file
    from tracer.report import ABSENT, EMPTY, NOT_LOOKED_FOR, UNSUPPORTED, asked_csv, asked_record, asked_text

    with waiting("looking"):
        found = screened(traces, texts, bounds=bounds)
    rows, assets, tlp = found.rows, found.assets, found.tlp
    if out is not None:
        text = asked_csv(rows, assets, tlp)
        write_file(out, text.encode() if file is None else in_form_of(file, text), overwrite=overwrite)
        say(f"Written: {out}")
    record = asked_record(rows, assets, tlp) | {"cases": list(found.cases)}
    tell(json_text(record).rstrip("\n") if as_json else asked_text(rows, assets, tlp, found.cases))
    answers = {row.answer for row in rows}
    unread = answers.intersection(NOT_LOOKED_FOR)
    if unread:
        say("Not looked for, everything else was: " + ", ".join(one for one in NOT_LOOKED_FOR if one in unread) + ".")
    if unread - {UNSUPPORTED, EMPTY}:
        raise typer.Exit(2)
    raise typer.Exit(1 if answers <= {ABSENT, UNSUPPORTED, EMPTY} else 0)


def _is_demo(folder: Path) -> bool:
    """Return whether an earlier demo lies in a folder, and nothing else: it may go unasked, for it comes again."""
    if not is_ours(folder):
        return False
    try:
        summary = read_json(folder / "summary.json")
    except DataFileError:
        return False
    return isinstance(summary, dict) and summary.get("case") == _DEMO


def _check(options: dict[str, Any]) -> None:
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


def _tables(
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


def _say_notes(case: Case) -> None:
    """Say what the readers of a table of the caller's own have to say; of a case that ships it stands in its report."""
    for note in case.notes if case.incident is None else ():
        say(f"Note: {note}")
    if not case.guarded:
        say("Unguarded: the registry's labels and its guard were left out (--no-registry).")


def _repeated(case: Case, folder: str | None) -> frozenset[str]:
    """Return the switches of an earlier result, where that is what is traced: bounds, back."""
    from tracer.api import repeated

    return repeated(Path(folder)) if case.options and folder else frozenset()


def _say_taken(
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


def _case(case: str | None, tables: dict[str, Any], *, complete: bool, no_registry: bool) -> Case:
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


def _traced(case: Case, options: dict[str, Any], *, bounds: bool = False) -> Trace:
    with waiting("tracing") as progress:
        found = case.trace(bounds=bounds, progress=progress, **options)
    if bounds:
        with waiting("what any rule can say") as progress:
            found.bounds(progress=progress)
    return found


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
