"""The command `show`: one page on one address, or one table on many, in one case or in all."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, Never

import typer

from tracer.cli.opening import (
    check_options,
    opened_case,
    say_notes,
    say_taken,
    tables_said,
    trace_of,
)
from tracer.cli.words import (
    AmountOption,
    AssetsOption,
    CaseIdOption,
    CompleteOption,
    DegreeOption,
    GradeOption,
    HistoryOption,
    HopsOption,
    JsonOption,
    KnownOption,
    LabelsOption,
    LedgerOption,
    NoRegistryOption,
    OverwriteOption,
    PolicyOption,
    PricesOption,
    SeedsOption,
    StopOption,
    TransfersOption,
    UnitOption,
    UntilOption,
    case_ids,
    say,
    tell,
    waiting,
)
from tracer.errors import AbsentError, InputError

if TYPE_CHECKING:
    from tracer.api import Trace
    from tracer.report import Asked

_WIDEST: Final = 140
"""Columns beyond which a line is hard to follow."""


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
    out: Annotated[
        Path | None,
        typer.Option(help="Write the page here (.html, .txt, .json), of several addresses the table (.csv)."),
    ] = None,
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
    question = _question(
        case, list(address or ()), own_table=bool(transfers or ledger), seeded=bool(seeds), file=addresses
    )
    _check_question(question, case, addresses, column, out, overwrite=overwrite)
    options: dict[str, Any] = {
        **{"policy": policy, "stop_at": stop_at, "max_hops": max_hops, "min_amount": min_amount},
        **{"high_degree": high_degree, "until": until, "grade": grade, "as_of": as_of},
    }
    check_options(options)
    tables = tables_said(transfers, ledger, seeds, labels, history, assets, prices, unit, case_id)
    if question.cases:
        traces = _each(question.cases, tables, options, complete=complete, no_registry=no_registry)
    else:
        traces = iter([_one(question.opened_from, tables, options, complete=complete, no_registry=no_registry)])
    if question.many:
        texts, bounds = _texts(question.texts, addresses, column or ""), bounds or addresses is not None
        _show_many(traces, texts, addresses, out, bounds=bounds, overwrite=overwrite, as_json=as_json)
    _show_one(next(traces), question.texts[0], out, bounds=bounds, overwrite=overwrite, as_json=as_json)


class _Question(NamedTuple):
    """What is asked about, and of what.

    Attributes
    ----------
    cases : list of str
        The cases that are asked together; empty where it is one.
    opened_from : str or None
        The one case; ``None`` for tables of the caller's own.
    texts : list of str
        The addresses that were typed.
    many : bool
        Whether the answer is one table on several, not a page on one.
    """

    cases: list[str]
    opened_from: str | None
    texts: list[str]
    many: bool


def _question(case: str | None, address: list[str], *, own_table: bool, seeded: bool, file: Path | None) -> _Question:
    """Return what the words of the command line ask: a first word is a case, or beside an own table an address."""
    texts, opened_from = address, case
    if case is not None and own_table:
        texts, opened_from = [case, *texts], None
    cases: list[str] = []
    if not (own_table or seeded):
        cases, among = _cases_among([] if case is None else [case, *texts], from_file=file is not None)
        texts = among if cases else address
    return _Question(cases, opened_from, texts, len(texts) > 1 or file is not None or bool(cases))


def _check_question(
    question: _Question,
    case: str | None,
    file: Path | None,
    column: str | None,
    out: Path | None,
    *,
    overwrite: bool,
) -> None:
    """Refuse a question about nothing, and options that have nothing to be of."""
    if not question.texts and file is None:
        raise InputError(
            "Which address?",
            next_step=f"A file of addresses is given so: tracer show --addresses {shlex.quote(case)}"
            if case is not None and Path(case).is_file()
            else "tracer show CASE ADDRESS, for example tracer show ronin-2022 0x098b; or --addresses FILE",
        )
    if column is not None and file is None:
        raise InputError("--column is of the file of --addresses.", next_step="Leave it out, or give --addresses FILE.")
    if overwrite and out is None:
        raise InputError("--overwrite is of the file of --out.", next_step="Leave it out, or give --out FILE.")


def _one(
    case: str | None, tables: dict[str, Any], options: dict[str, Any], *, complete: bool, no_registry: bool
) -> Trace:
    """Open and trace one case, and say what is to be said of it."""
    opened = opened_case(case, tables, complete=complete, no_registry=no_registry)
    say_notes(opened)
    say_taken(opened, options, case)
    return trace_of(opened, options)


def _show_one(trace: Trace, text: str, out: Path | None, *, bounds: bool, overwrite: bool, as_json: bool) -> None:
    """Show, and write, one page on one address."""
    try:
        with waiting("looking"):
            page = trace.address(text, bounds=bounds)
    except AbsentError as absent:  # a question that was answered: no
        say(str(absent))
        raise typer.Exit(1) from absent
    if out is not None:
        page.write(out, overwrite=overwrite)
        say(f"Written: {out}")
    if as_json:
        from tracer.io import json_text

        tell(json_text(page.record()).rstrip("\n"))
    else:
        tell(page.text(min(shutil.get_terminal_size((100, 40)).columns, _WIDEST)).rstrip("\n"))


def _cases_among(words: list[str], *, from_file: bool) -> tuple[list[str], list[str]]:
    """Return which cases are asked together, and about which addresses; no case where it is one, or a wrong word.

    Without any case in front of addresses, or of a file of them, all that ship are asked.
    """
    from tracer.api import is_address_form, is_case, real_cases

    cases = [word for word in dict.fromkeys(words) if is_case(word)] if from_file else []
    rest = [word for word in words if word not in cases]
    if len(cases) > 1:
        return cases, rest
    if not cases and (from_file or rest) and all(map(is_address_form, rest)):
        return real_cases(), rest
    return [], words


def _each(
    cases: list[str], tables: dict[str, Any], options: dict[str, Any], *, complete: bool, no_registry: bool
) -> Iterator[Trace]:
    """Trace one case after another, so that one alone is held."""
    for name in cases:
        opened = opened_case(name, dict(tables), complete=complete, no_registry=no_registry)
        if opened.incident is None:
            say_notes(opened)
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
