"""The command `label`: what the user knows of an address of a case, written down with who says so and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.words import say
from tracer.errors import InputError


def label(
    case: Annotated[str, typer.Argument(help="Incident id, or a folder of tables or a private case.")],
    address: Annotated[str, typer.Argument(help="The whole address, after its chain where the case has several.")],
    category_word: Annotated[str, typer.Argument(metavar="[CATEGORY]", help="As --category.", show_default=False)] = "",
    name: Annotated[str, typer.Option(help="What it is called; default: the entity.")] = "",
    category: Annotated[str, typer.Option(help="exchange, mixer, bridge, attacker, victim …: what decides.")] = "",
    source: Annotated[str, typer.Option(help="Where that is said, best a web address.")] = "",
    entity: Annotated[str, typer.Option(help="Who stands behind it; default: the name.")] = "",
    chain: Annotated[str, typer.Option(help="CAIP-2 chain, where the case has several.")] = "",
    valid_from: Annotated[str, typer.Option(help="It holds from here on: a date or time, UTC.")] = "",
    valid_until: Annotated[str, typer.Option(help="And until here, itself not included.")] = "",
    known: Annotated[str, typer.Option(help="Day from which it was known, for --as-of; default: always.")] = "",
    by: Annotated[str, typer.Option(help="Who says so; default: the user of this machine.")] = "",
    on: Annotated[str, typer.Option(help="Day on which it is written down; default: today.")] = "",
    note: Annotated[str, typer.Option(help="Anything else.")] = "",
    out: Annotated[Path | None, typer.Option(help="Table to write to; needed for a case that ships.")] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take the label out again.")] = False,
) -> None:
    """Label an address of a case: kept in the folder's labels.csv, or with --out beside a case that ships.

    \b
    tracer label my-case 0x… --name "Kraken 7" --category exchange --source https://…
    tracer label ronin-2022 0x… --name "Kraken 7" --category exchange --source https://… --out my-labels.csv
    tracer trace ronin-2022 --labels my-labels.csv
    tracer label my-case 0x… --remove
    """  # noqa: D301 (the command line keeps the lines below the mark as they stand)
    from tracer.api import label as write_down
    from tracer.api import unlabel

    if category and category_word and category != category_word:
        raise InputError(f"The category is {category_word[:40]!r} and {category[:40]!r}.", next_step="Say it once.")
    chosen = category or category_word
    if remove:
        done = unlabel(case, address, name=name, category=chosen, chain=chain, out=out)
        gone = done.removed
        assert gone is not None
        say(f"Removed from {done.path.name}: {gone.label!r} ({gone.category}), by {gone.publisher or 'nobody named'}.")
        return
    for word, value in (("category", chosen), ("source", source)):
        if not value:
            raise InputError(
                f"--{word} is missing.", next_step="A label needs a category and --source, best --name too."
            )
    done = write_down(
        case,
        address,
        name=name,
        category=chosen,
        source=source,
        entity=entity,
        chain=chain,
        valid_from=valid_from,
        valid_until=valid_until,
        known=known,
        by=by,
        on=on,
        note=note,
        out=out,
    )
    say(f"{'Written' if done.changed else 'Already there'}: {done.path.name}, {done.chain}:{done.address}")
    say(_effect(chosen))
    if not done.known:
        say("No row of the case names that address: the label does nothing until one does.")
    if known:
        say(f"It counts with --as-of {known} or later; without --as-of the day is that of the registry's release.")
    if not done.inside:
        say(f"Use it: tracer trace {case} --labels {done.path}")


def _effect(category: str) -> str:
    """Return what a category does to a trace and to a list."""
    from tracer.model import CATEGORIES

    kind = CATEGORIES[category]
    follows = "Following stops there" if kind.stop_reason else "The money is still followed through it"
    return f"{follows}, and {'it can never be listed' if kind.guard else 'it can still be listed'} ({category})."
