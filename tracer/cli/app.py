"""The commands of the command line, and what becomes of their errors."""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import Annotated

import typer

from tracer import __version__
from tracer.cli import decoding, fetching, importing, labelling, linking, showing, swapping, tracing, verifying
from tracer.cli import doctor as health
from tracer.cli import registry_cmds as holdings
from tracer.cli.boundary import guarded
from tracer.cli.words import exit_code_lines, say, tell

NAME = "tracer"

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Follow stolen crypto from an attributed theft to where it went, exactly and checkably.",
    epilog="\b\n" + "\n".join(["Exit codes:", *exit_code_lines()]),
)
registry_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Lists of your own beside the registry.")
app.add_typer(registry_app, name="registry")
for command in (
    *(tracing.demo, holdings.cases, holdings.why, fetching.new, fetching.fetch, tracing.trace, tracing.compare),
    *(
        showing.show,
        labelling.label,
        swapping.swaps,
        decoding.decode,
        linking.link,
        verifying.verify,
        holdings.validate,
        health.doctor,
    ),
):
    app.command()(command)
app.command("import")(importing.import_exports)
registry_app.command("import")(holdings.registry_import)


def _say_version(asked: bool) -> None:
    if asked:
        tell(f"{NAME} {__version__}")
        raise typer.Exit(0)


@app.callback()
def every_command(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Follow stolen crypto from an attributed theft to where it went, exactly and checkably."""
    del version  # answered before anything else


class _Said(logging.Handler):
    """Shows what the rooms below have to say while a command runs: a line on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        say(record.getMessage())


def main() -> None:
    """Run the command line; every error becomes three lines on stderr and an exit code."""
    # Matrix libraries take memory for every core when they load, and end the process where it does not suffice.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A name that the terminal's encoding lacks is shown escaped; it never ends a command.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logger = logging.getLogger("tracer.providers")
    logger.addHandler(_Said())
    logger.propagate = False
    # The shell's completion asks for the command by its name, which is not what `python -m` would call it.
    code = guarded(lambda: app(prog_name=NAME))
    try:
        sys.stdout.flush()
    except OSError:  # told already; what is left goes nowhere, else the interpreter fails on it again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
