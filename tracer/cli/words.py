"""What the commands share: how they speak, wait and take their options. Results on stdout, words on stderr."""

from __future__ import annotations

import glob
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tracer.errors import EXIT_CODES
from tracer.io import plain


def case_ids(incomplete: str) -> list[str]:
    """Return the incidents that a word can become, for the shell's completion: by the names of their files."""
    from tracer.io import addresses_dir

    return sorted(path.stem for path in (addresses_dir() / "incidents").glob(f"{glob.escape(incomplete)}*.yml"))


def _words(name: str, among: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a completion that offers some words; they are looked up when they are asked for."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in among() if word.startswith(incomplete)]

    complete.__doc__ = f"Return what a {name} can become."
    return complete


def _policies() -> Iterable[str]:
    from tracer.trace import POLICIES

    return POLICIES


def _grades() -> Iterable[str]:
    from tracer.model import GRADES

    return GRADES


def _formats() -> Iterable[str]:
    from tracer.io import FORMATS

    return FORMATS


def _categories(incomplete: str) -> list[str]:
    """Return what the last of several categories can become."""
    from tracer.model import ABSORBING

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{word}" for word in ABSORBING if word.startswith(last)]


CaseArgument = Annotated[
    str | None,
    typer.Argument(
        help="Incident id (see `tracer cases`), or a folder with transfers, seeds, labels.", autocompletion=case_ids
    ),
]
TransfersOption = Annotated[Path | None, typer.Option(help="Transfers table, CSV or Parquet.")]
LedgerOption = Annotated[Path | None, typer.Option(help="Table of debits and credits, CSV or Parquet.")]
SeedsOption = Annotated[Path | None, typer.Option(help="What was stolen.")]
LabelsOption = Annotated[Path | None, typer.Option(help="Labels; those that absorb end the following.")]
AssetsOption = Annotated[Path | None, typer.Option(help="Symbols and decimals: asset, symbol, decimals.")]
PricesOption = Annotated[Path | None, typer.Option(help="Daily closes: asset, date, usd_close, source.")]
HistoryOption = Annotated[
    Path | None, typer.Option(help="Holders whose onward history your table has: address, chain.")
]
UnitOption = Annotated[
    str | None,
    typer.Option(
        help="What amounts of your table count: base (wei, satoshi; default) or whole coins.",
        autocompletion=_words("unit", lambda: ("base", "whole")),
    ),
]
CaseIdOption = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="What a case of your own tables is called in lists; else by its folder's or file's name."
    ),
]
NoRegistryOption = Annotated[
    bool, typer.Option("--no-registry", help="Leave out the registry's labels and its guard: unguarded.")
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        help="Accounting rule: fifo (default), lifo, haircut and others; a wrong word is answered with all of them.",
        autocompletion=_words("policy", _policies),
    ),
]
StopOption = Annotated[
    str | None, typer.Option(help="Label categories that absorb, comma separated.", autocompletion=_categories)
]
HopsOption = Annotated[
    str | None, typer.Option(metavar="N", help="Do not follow holders this many movements from a seed; none: all.")
]
AmountOption = Annotated[
    str | None, typer.Option(metavar="N", help="Do not follow payments that can hold less, in base units.")
]
DegreeOption = Annotated[
    str | None, typer.Option(metavar="N", help="Do not follow holders with more counterparties; none: all.")
]
UntilOption = Annotated[
    str | None, typer.Option(help="Look at events up to this time, UTC; a date: to its end; none: to the last.")
]
GradeOption = Annotated[
    str | None, typer.Option(help="Leave out rows weaker than this grade.", autocompletion=_words("grade", _grades))
]
LinksOption = Annotated[
    Path | None, typer.Option(help="Links over bridges, as `tracer link` writes them; accepted ones are followed.")
]
FollowOption = Annotated[
    str | None,
    typer.Option(
        help="Weakest links over bridges that are followed: identified (usual), inferred or none.",
        autocompletion=_words("grade", lambda: ("identified", "inferred", "none")),
    ),
]
LeadsOption = Annotated[
    bool | None,
    typer.Option(
        "--follow-leads/--no-follow-leads", help="With --follow inferred: links by amount and time alone too."
    ),
]
_KNOWN = "Day whose knowledge of labels is used, not when they hold; default: the registry's release."
AsOfOption = Annotated[str, typer.Option(help=_KNOWN)]
KnownOption = Annotated[
    str | None,
    typer.Option("--as-of", help=_KNOWN),
]
DirectionOption = Annotated[
    str | None,
    typer.Option(
        help="forward (usual), or back: where the money of the seeds came from.",
        autocompletion=_words("direction", lambda: ("forward", "back")),
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option(help="A row an entity, or an address.", autocompletion=_words("row", lambda: ("entity", "address"))),
]
FormatArgument = Annotated[
    str,
    typer.Argument(
        metavar="FORMAT",
        help="etherscan, blockscout, dune, blockchair, tronscan, oklink, esplora, arkham, bigquery; columns for "
        "any other table, with --map; auto to recognise every file by itself.",
        autocompletion=_words("format", _formats),
    ),
]

CompleteOption = Annotated[
    bool, typer.Option("--complete", help="You vouch that your table holds both directions of everything.")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Never fetch; tracing never does.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit 3 if the data is incomplete.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result in --out.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def exit_code_lines() -> list[str]:
    """Return what every command ends with, a line or more a code, as the help shows it."""
    return [
        line
        for code, words in EXIT_CODES
        for line in textwrap.wrap(words, 76, initial_indent=f"  {code}  ", subsequent_indent="     ")
    ]


def shown(text: str) -> str:
    """Return lines as a terminal may have them: names and cells of others change neither screen nor direction."""
    return text if text.isascii() and text.replace("\n", "").isprintable() else "\n".join(map(plain, text.split("\n")))


def tell(text: str) -> None:
    """Write a result to stdout."""
    sys.stdout.write(f"{shown(text)}\n")


def say(text: str) -> None:
    """Write words for people to stderr."""
    sys.stderr.write(f"{shown(text)}\n")


@contextmanager
def waiting(what: str) -> Iterator[Callable[[int, int], None] | None]:
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
