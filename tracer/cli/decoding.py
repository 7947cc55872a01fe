"""Command `decode`: what raw transactions mean, one row a leg."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.words import OverwriteOption, say, tell, waiting
from tracer.io import plain

_SHOWN = 20
"""Refused transactions printed; each is a row `unknown` besides."""


class LegForm(StrEnum):
    """How legs are written."""

    csv = "csv"
    jsonl = "jsonl"


def decode(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Transactions with their receipts: one JSON object a line, .gz or not."),
    ],
    out: Annotated[Path | None, typer.Option(help="Write here instead of to stdout.")] = None,
    transfers: Annotated[
        Path | None, typer.Option(help="Write what moved here too, as a table for `tracer trace --transfers`.")
    ] = None,
    form: Annotated[LegForm, typer.Option("--format", help="csv, or jsonl for one JSON object a line.")] = LegForm.csv,
    *,
    overwrite: OverwriteOption = False,
) -> None:
    """Say what transactions mean: swaps, wraps, loans, both ends of bridges. Exit 2 if one could not be read.

    A line is {chain, transaction, receipt, header?, internal? | calls?} as a node or an explorer answers; of Bitcoin
    {chain, transaction} as Esplora answers. What is not understood is a row `unknown` with its reason; a line that
    cannot be read costs itself alone.
    """
    from tracer.api import decode_files
    from tracer.io import write_file

    with waiting("decoding"):
        found = decode_files(files)
    text = found.csv() if form is LegForm.csv else found.json_lines()
    if out is None:
        tell(text.removesuffix("\n"))
    else:
        write_file(out, text.encode(), overwrite=overwrite)
    if transfers is not None:
        write_file(transfers, found.transfers_csv().encode(), overwrite=overwrite)
    for one in found.refused[:_SHOWN]:
        say(plain(one))
    if len(found.refused) > _SHOWN:
        say(f"… and {len(found.refused) - _SHOWN:,} more transactions could not be read.")
    say(f"transactions: {found.transactions:,}, legs: {len(found.rows):,}, refused: {len(found.refused):,}")
    raise typer.Exit(2 if found.refused else 0)
