"""`doctor`: what is installed, what data ships, and what can be reached."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tracer import __version__
from tracer.cli.words import tell, waiting
from tracer.config.writers import plain


def doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the sources whether they answer.")] = False,
) -> None:
    """Say what is installed, what data ships and whether it is whole, which sources answer and what they can give."""
    from importlib.metadata import PackageNotFoundError, version

    from tracer.api import case_list
    from tracer.api import validate as check_folder
    from tracer.attribution import release_date

    tell(f"tracer {__version__}, registry of {release_date()}, Python {sys.version.split()[0]}")
    for package in ("pandas", "pyarrow", "networkx", "matplotlib", "jupyterlab", "web3"):
        try:
            tell(f"  {package} {version(package)}")
        except PackageNotFoundError:
            tell(f"  {package}: not installed; pip install {package}")
    problems = check_folder()
    bundled = [one["id"] for one in case_list() if one["bundle"]]
    tell(f"cases with a bundle: {', '.join(bundled)}")
    _tell_sources(ask=not offline)
    tell(f"addresses/: {'whole' if not problems else f'{len(problems)} problems; run tracer validate'}")
    raise typer.Exit(2 if problems else 0)


def _tell_sources(*, ask: bool) -> None:
    from tracer.api.source_check import source_states, way_out
    from tracer.model import chain_of
    from tracer.report.text import aligned

    with waiting("asking the sources"):
        states = source_states(ask=ask)
    words = {True: "answers", False: "does not answer", None: "not asked"}
    rows = [
        (chain_of(one.chain).name, one.source, words[one.answers], f"key {one.key}" if one.key != "none" else "no key")
        for one in states
    ]
    tell("sources:")
    for line, one in zip(aligned(("chain", "source", "state", "key"), rows).split("\n")[2:], states, strict=True):
        tell(f"  {line}  {plain(one.detail)}")
    for name, gives in sorted({one.source: one.gives for one in states}.items()):
        tell(f"  {name}: {gives}")
    for sentence in way_out():
        tell(f"way out: {sentence}")
