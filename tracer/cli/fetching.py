"""Commands that reach out to the chains: `new` and `fetch`."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracer.cli.words import (
    DirectionOption,
    JsonOption,
    KnownOption,
    StopOption,
    StrictOption,
    UntilOption,
    case_ids,
    say,
    tell,
    waiting,
)

if TYPE_CHECKING:
    from tracer.api import Case, FetchResult, Settings
    from tracer.bundle import Progress
    from tracer.collect import Filling, Told

FromOption = Annotated[str, typer.Option("--from", help="Source to read from; default: the first that can be asked.")]


def new(
    values: Annotated[list[str], typer.Argument(metavar="TX|ADDRESS…", help="Theft transactions or holders.")],
    out: Annotated[Path, typer.Option(help="Folder of the new case.")],
    title: Annotated[str, typer.Option(help="What the case is about.")] = "",
    source: FromOption = "",
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody what the transactions pay out.")] = False,
) -> None:
    """Make a private case folder (seeds, labels, notes; TLP:AMBER) that every command takes like a shipped case."""
    from tracer.api import new_case

    with waiting("reading the transactions"):
        flows: list[str] = []
        case = new_case(values, out, title=title, source=source, offline=offline, told=flows.append)
    for flow in flows:
        tell(flow)
    for seed in case.seeds.to_dict("records"):
        where = str(seed["chain"]) or "any chain"
        tell(f"{seed['origin']}: {seed['kind']} {seed['value']} on {where} {seed['asset'] or ''}".rstrip())
    say(f"Written: {out}. Check seeds.csv, then: tracer fetch {shlex.quote(str(out))}")


def fetch(
    case: Annotated[
        str,
        typer.Argument(help="Incident id, or a case folder as `tracer new` makes it.", autocompletion=case_ids),
    ],
    source: FromOption = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the bundle; default: with the case, or yours.")] = None,
    second: Annotated[str, typer.Option("--against", help="With --cross-check: the second source.")] = "",
    max_calls: Annotated[int | None, typer.Option(help="Send at most so many calls.")] = None,
    max_addresses: Annotated[int | None, typer.Option(help="Read at most so many holders; 0 for no limit.")] = None,
    max_rows: Annotated[int | None, typer.Option(help="Stop reading once so many rows are held; 0: no limit.")] = None,
    max_hops: Annotated[int | None, typer.Option(help="Do not read holders this many movements from a seed.")] = None,
    high_degree: Annotated[
        int | None, typer.Option(help="Do not read holders with more transactions; 0 for no limit.")
    ] = None,
    min_amount: Annotated[
        int | None, typer.Option(help="Do not follow payments that can hold less, in base units.")
    ] = None,
    stop_at: StopOption = None,
    until: UntilOption = None,
    as_of: KnownOption = None,
    direction: DirectionOption = None,
    max_proofs: Annotated[int, typer.Option(help="Ask for the proofs of at most so many transactions.")] = 200,
    *,
    cross_check: Annotated[bool, typer.Option("--cross-check", help="Ask a second source for the same.")] = False,
    proofs: Annotated[bool, typer.Option("--proofs/--no-proofs", help="Keep headers, receipts, branches.")] = True,
    prices: Annotated[bool, typer.Option("--prices/--no-prices", help="Ask for daily closes in dollars.")] = True,
    contracts: Annotated[bool, typer.Option("--contracts", help="Read unlabelled contracts too.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Read on to the newest block of now.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Derive the tables again from what is kept.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it will take: requests, time, disk.")
    ] = False,
    strict: StrictOption = False,
    as_json: JsonOption = False,
) -> None:
    """Collect a case from the chain into a bundle; run it again to go on. Exit 3 if incomplete and --strict was given.

    Printed with the result: what was read, what was not, and under which limits.
    """
    from tracer.api import Settings, filling_of, open_for_fetch, rederived
    from tracer.api import fetch as fetch_case
    from tracer.collect import limits_of
    from tracer.trace import parse_options

    given = {"stop_at": stop_at, "max_hops": max_hops, "min_amount": min_amount, "until": until, "as_of": as_of}
    limits = limits_of(
        parse_options(given | {"direction": direction}),
        addresses=max_addresses,
        rows=max_rows,
        high_degree=high_degree,
        contracts=contracts,
    )
    opened = open_for_fetch(case)
    if offline:
        with waiting("deriving"):
            done = rederived(opened, out)
    else:
        settings = Settings(
            source=source,
            cross_check=cross_check,
            second=second,
            proofs=proofs,
            proof_budget=max_proofs,
            calls=max_calls,
            prices=prices,
            refresh=refresh,
            limits=limits,
        )
        if estimate:
            _estimate(opened, out, settings, as_json=as_json)
            return
        with _collecting() as (holders, calls):
            done = fetch_case(opened, out, settings, progress=holders, calls_progress=calls)
    _report(done, as_json=as_json)
    _compare_published(filling_of(opened, done.gathered), done)
    if strict and not done.gathered.complete:
        say("The collection is incomplete, and --strict was given.")
        raise typer.Exit(3)


def _estimate(case: Case, out: Path | None, settings: Settings, *, as_json: bool) -> None:
    """Say what a fetch will take, and leave everything as it is."""
    from tracer.api import estimate

    with waiting("asking what the theft reaches"):
        found = estimate(case, out, settings)
    tell(json.dumps(found.record(), ensure_ascii=False, sort_keys=True, indent=2) if as_json else found.text())


@contextmanager
def _collecting() -> Iterator[tuple[Told | None, Callable[[Progress], None] | None]]:
    """Show holders, rows, pages and the budget left while a case is collected, on a terminal only."""
    if not sys.stderr.isatty():
        yield None, None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from tracer.api import span

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("collecting", total=None)
        words = {"holders": "collecting", "calls": ""}

        def say_words() -> None:
            bar.update(task, description=" · ".join(filter(None, words.values())))

        begun = time.monotonic()

        def holders(read: int, waits: int, rows: int) -> None:
            # At the pace so far; whom those that wait will lead to, nobody knows.
            left = f", about {span((time.monotonic() - begun) / read * waits)}" if read and waits else ""
            words["holders"] = f"{read} holders read, {waits} known to be left{left} · {rows:,} rows"
            bar.update(task, completed=read, total=read + waits)
            say_words()

        def calls(so_far: Progress) -> None:
            left = "" if so_far.calls_left is None else f", {so_far.calls_left:,} calls left"
            words["calls"] = f"{so_far.asked:,} pages ({so_far.from_bundle:,} kept){left}"
            say_words()

        yield holders, calls


def _compare_published(filling: Filling | None, done: FetchResult) -> None:
    """Write the published rows with what the chain says of each beside the bundle, and print every difference."""
    if filling is None:
        return
    from tracer.io import write_file
    from tracer.report import filled_csv, filling_text

    target = done.bundle.folder / "filled.csv"
    write_file(target, filled_csv(filling).encode(), overwrite=True)
    say(filling_text(filling))
    say(f"Written: {target}")


def _report(done: FetchResult, *, as_json: bool) -> None:
    from tracer.report import collected_record, collected_text

    what = (done.gathered, done.differences, done.proven, done.unproven)
    if as_json:
        tell(json.dumps(collected_record(*what), ensure_ascii=False, sort_keys=True, indent=2))
    else:
        tell(collected_text(*what))
