"""Command `import`: exports of explorers, warehouses and tracing tools become a case folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.words import FormatArgument, JsonOption, say, tell, waiting
from tracer.errors import DataFileError, InputError
from tracer.io import plain

_SHOWN = 20
"""Refused rows printed; all of them stand in left_out.csv."""


def import_exports(
    form: FormatArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Exports; several become one case.")],
    out: Annotated[Path, typer.Option(help="Folder of the case.")],
    chain: Annotated[str, typer.Option(help="Chain of files that do not name it, as eip155:42161.")] = "",
    token: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS=DECIMALS", help="Decimals of a token; may be repeated.")
    ] = None,
    asset: Annotated[str, typer.Option(help="The asset of a file that does not name it, as erc20:0x….")] = "",
    decimals: Annotated[int | None, typer.Option(help="Decimals of --asset.")] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN[:UNIT]", help="What a column is, as amount=total_eth:ETH."),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping saved earlier.")] = None,
    save_mapping: Annotated[Path | None, typer.Option(help="Keep the mapping in this file for the next time.")] = None,
    seed: Annotated[str, typer.Option(help="The transaction or address that is the theft, if you know it.")] = "",
    origin: Annotated[str, typer.Option(help="With --seed: the theft's name; else it is called theft.")] = "",
    title: Annotated[str, typer.Option(help="What the case is called; else by the theft and the files.")] = "",
    case_id: Annotated[
        str, typer.Option(metavar="ID", help="What it is called in lists; else by the folder's name.")
    ] = "",
    *,
    nft: Annotated[bool, typer.Option("--nft", help="Take transfers of NFTs too.")] = False,
    decimal_comma: Annotated[
        bool | None, typer.Option("--decimal-comma/--decimal-point", help="How numbers are written; else found.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a case folder of exports: table, seeds to choose from, history. Exit 2 if a row could not be read.

    Then write the theft's name into seeds.csv and say: tracer trace DIR. What no row could be made of is counted and
    named; nothing is dropped in silence. Reactor, TRM, Crystal, QLUE, MetaSleuth, MistTrack, Breadcrumbs and Nansen
    publish no form of their exports: read them with `columns`, naming the columns.
    """
    from tracer.api import read_export
    from tracer.io import check_new

    if origin and not seed:
        raise InputError(
            f"--origin {plain(origin)[:40]!r} names the theft of --seed, and there is none.",
            next_step="Say which with --seed TX, or write the name into seeds.csv afterwards.",
        )
    check_new(out)
    with waiting("reading"), _proposing(out):
        found = read_export(
            form,
            *files,
            chain=chain,
            tokens=token or (),
            asset=asset,
            decimals=decimals,
            nft=nft,
            decimal_comma=decimal_comma,
            mapping=mapped or (),
            mapping_file=mapping,
        )
    if save_mapping is not None:
        found.save_mapping(save_mapping)
    with waiting("writing"):
        found.write(out, seed=seed, origin=origin or "theft", title=title, case_id=case_id)
    for note in found.notes:
        say(note)
    if seed and (note := found.seed_note(seed)):
        say(f"{seed}: {note}")
    refused = found.refused
    for one in refused[:_SHOWN]:
        say(one)
    if len(refused) > _SHOWN:
        say(f"… and {len(refused) - _SHOWN:,} more rows: see {out / 'left_out.csv'}.")
    if as_json:
        record = {"out": str(out), "counts": found.counts, "notes": list(found.notes), "refused": list(refused)}
        tell(json.dumps(record, ensure_ascii=False, sort_keys=True, indent=2))
    else:
        tell(", ".join(f"{what}: {count:,}" for what, count in found.counts.items()))
    step = "Then" if seed else "Choose what was stolen in seeds.csv (its notes say how), then"
    say(f"Written: {out}. {step}: tracer trace {shlex.quote(str(out))}")
    raise typer.Exit(2 if refused else 0)


@contextmanager
def _proposing(out: Path) -> Iterator[None]:
    """Let commands that an error proposes write where the user wanted it."""
    try:
        yield
    except (DataFileError, InputError) as cause:
        step = cause.next_step.replace("--out DIR", f"--out {shlex.quote(str(out))}")
        raise type(cause)(cause.what, why=cause.why, next_step=step) from cause
