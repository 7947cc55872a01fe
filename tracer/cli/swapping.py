"""Command `swaps`: what THORChain or Maya did with a transaction, so that a trail can be gone on with by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tracer.cli.words import JsonOption, say, tell, waiting

if TYPE_CHECKING:
    from tracer.chains import SwapLink, SwapSide


def swaps(
    what: Annotated[str, typer.Argument(metavar="TX|ADDRESS", help="A transaction hash of any chain, or an address.")],
    network: Annotated[str, typer.Option(help="thorchain (default) or maya.")] = "thorchain",
    url: Annotated[str, typer.Option(help="A Midgard server; default: TRACER_URL_MIDGARD.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask what THORChain or Maya did with a transaction or for an address. Exit 1 if nothing, 3 if not all was read.

    What it says links two chains; amounts are rounded and belong in no ledger.
    """
    from tracer.api import swaps as asked

    with waiting("asking"):
        found = asked(what, network=network, url=url)
    if as_json:
        record = {"links": [asdict(link) for link in found.links], "coverage": asdict(found.coverage)}
        tell(json.dumps(record, ensure_ascii=False, sort_keys=True, indent=2))
    for link in () if as_json else found.links:
        for line in _lines(link):
            tell(line)
    if found.coverage.detail:
        say(found.coverage.detail)
    if not found.links:
        say(f"The network knows nothing of {what[:80]}.")
    raise typer.Exit(3 if not found.coverage.complete else 0 if found.links else 1)


def _lines(link: SwapLink) -> list[str]:
    """Return one swap in words: what came in, what went out, to whom it was meant."""
    from tracer.io import plain
    from tracer.model import format_time

    meant = link.recipients()
    head = f"{format_time(link.time)}  {' and '.join(link.types)}, {link.status}"
    head += "" if link.is_followable else "; not to be followed as one payment"
    lines = [head, *(f"  in   {_side(side)}" for side in link.inputs)]
    lines += [f"  out  {_side(side)}{'' if side in meant else '  (not whom the memo names)'}" for side in link.outputs]
    lines += [f"  memo {plain(link.memo)}"] if link.memo else []
    lines += [f"  why  {plain(link.reason)}"] if link.reason else []
    return lines


def _side(side: SwapSide) -> str:
    from tracer.io import plain

    coins = ", ".join(f"about {amount / 10**8:,.8f} {plain(asset)}" for asset, amount in side.coins)
    return f"{plain(side.chain or side.code)}  {plain(side.address)}  {coins}  {plain(side.tx) or 'no transaction'}"
