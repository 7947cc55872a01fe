"""Command `verify`: whether the files of a result still are what its manifest says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.words import JsonOption, say, tell, waiting


def verify(
    folder: Annotated[Path, typer.Argument(metavar="RESULT", help="The --out folder of a trace.")],
    against: Annotated[
        Path | None, typer.Option(metavar="RESULT", help="Another result, made again: are the two the same?")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check that every file of a result still fits its manifest, and say how to make it again. Exit 1 if one does not.

    \b
    tracer verify ronin                       # is it as it was written?
    tracer verify ronin --against mine        # is it what I get?
    """  # noqa: D301 (the command line keeps the lines below the mark as they stand)
    from tracer.api import NOTE
    from tracer.api import verify as verify_result

    with waiting("checking"):
        found = verify_result(folder, against=against)
    if as_json:
        from tracer.io import json_text

        tell(json_text(found.record()).rstrip("\n"))
    else:
        for name, state in found.wrong:
            tell(f"{name}: {state}")
        tell(found.sentence())
        for difference in found.differences:
            tell(difference)
        if found.command:
            tell(f"{'It says it was' if against is None else 'The first says it was'} made by: {found.command}")
        if found.other_command:
            tell(f"The second says it was made by: {found.other_command}")
        if found.stand_ins():
            say(found.stand_ins())
        if against is None:
            say(NOTE)
    raise typer.Exit(0 if found.ok else 1)
