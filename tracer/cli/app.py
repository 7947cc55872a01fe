"""The commands of the command line, and what becomes of their errors."""

from __future__ import annotations

import os
import sys

import typer

from tracer.cli import fetching, health, holdings, importing, tracing
from tracer.cli.words import say
from tracer.errors import TracerError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Follow stolen crypto from an attributed theft to where it went, exactly and checkably.",
)
registry_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Lists of your own beside the registry.")
app.add_typer(registry_app, name="registry")
for command in (
    *(tracing.demo, holdings.cases, holdings.why, fetching.new, fetching.fetch, tracing.trace, tracing.compare),
    *(holdings.validate, health.doctor),
):
    app.command()(command)
app.command("import")(importing.import_exports)
registry_app.command("import")(holdings.registry_import)


def main() -> None:
    """Run the command line; every expected error becomes three lines on stderr and an exit code."""
    try:
        app()
    except TracerError as error:
        say(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
