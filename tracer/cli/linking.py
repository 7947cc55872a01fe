"""Command `link`: which legs of two tables, into services and out of them, are one transfer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.words import JsonOption, OverwriteOption, say, tell, waiting


def link(
    sources: Annotated[Path, typer.Argument(metavar="SRC", help="Legs that went into bridges or other services.")],
    destinations: Annotated[Path, typer.Argument(metavar="DST", help="Legs that came out of them.")],
    out: Annotated[Path | None, typer.Option(help="Table of links, CSV; without it, stdout.")] = None,
    assets: Annotated[
        Path | None,
        typer.Option(
            metavar="MAP", help="Assets of one unit: src_asset, dst_asset[, src_decimals, dst_decimals]; else by name."
        ),
    ] = None,
    max_delay: Annotated[str, typer.Option(help="Longest way without a common identifier, as 24h, 90m, 7d.")] = "24h",
    max_fee: Annotated[str, typer.Option(help="Most that is kept of an amount, as 1%, 30bp or 0.01.")] = "1%",
    min_fee: Annotated[str, typer.Option(help="Least that is kept of an amount.")] = "0",
    *,
    no_recipient: Annotated[
        bool, typer.Option("--no-recipient", help="Leave recipients aside: leads by amount and time.")
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Link legs in three tiers: identifier, structured (recipient, asset, amount, time), amount and time alone.

    Columns of both tables: leg, chain, tx, time, asset, amount, sender, recipient; optional key, dest_chain, src_chain,
    service. A pair is accepted only where each is the other's only candidate; else the rivals are counted and none is
    chosen. What closed services could not have done is impossible (addresses/calendar.yml).
    """
    from tracer.api import link_tables, share_text
    from tracer.io import write_file

    with waiting("linking"):
        found = link_tables(
            sources,
            destinations,
            assets=assets,
            max_delay=max_delay,
            max_fee=max_fee,
            min_fee=min_fee,
            recipients=not no_recipient,
        )
    counts = found.counts()
    if out is not None:
        write_file(out, found.csv().encode(), overwrite=overwrite)
    if as_json:
        decoys = [
            {"tier": one.tier, "days_earlier": one.days, "accepted": one.accepted, "of": one.of} for one in found.decoys
        ]
        tell(json.dumps({"counts": counts, "decoys": decoys}, sort_keys=True, indent=2))
    elif out is None:
        tell(found.csv().rstrip("\n"))
    say(", ".join(f"{name.replace('_', ' ')}: {count:,}" for name, count in counts.items()))
    for one in found.decoys:
        say(
            f"Chance: with all sources {one.days} days earlier, {one.tier} accepts {one.accepted:,} "
            f"(of {one.of:,} as they are): decoy precision {share_text(one.precision)}."
        )
    if not found.decoys:
        say("Chance: nothing is accepted without an identifier, so there is nothing to measure.")
    if out is not None:
        say(f"Written: {out}")
