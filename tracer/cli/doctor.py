"""`doctor`: what is installed, what data ships, and what can be reached."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tracer import __version__
from tracer.cli.words import JsonOption, tell, waiting
from tracer.io import install_line, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracer.api import SourceState

PACKAGES: Final = ("pandas", "pyarrow", "networkx", "matplotlib", "jupyterlab", "web3")


def doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the sources whether they answer.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is installed, what data ships and whether it is whole, which sources answer and what they can give.

    Exit 2 if the data is not whole; a source that does not answer is no failure.
    """
    from tracer.api import case_list, source_states, way_out
    from tracer.api import validate as check_folder
    from tracer.registry import release_date

    installed = _installed()
    if not as_json:
        tell(f"tracer {__version__}, registry of {release_date()}, Python {sys.version.split()[0]}")
        for package, version in installed.items():
            tell(f"  {package} {version or f'is not installed; {install_line(package)}'}")
    with waiting("checking addresses/"):
        problems = check_folder()
    bundled = [one["id"] for one in case_list() if one["bundle"]]
    with waiting("asking the sources"):
        states = source_states(ask=not offline)
    if as_json:
        from tracer.io import json_text

        record: dict[str, Any] = {
            "version": __version__,
            "registry": release_date(),
            "python": sys.version.split()[0],
            "packages": installed,
            "cases": bundled,
            "sources": [asdict(one) for one in states],
            "way_out": list(way_out()),
            "problems": [problem._asdict() for problem in problems],
        }
        tell(json_text(record).rstrip("\n"))
    else:
        tell(f"cases with a bundle: {', '.join(bundled)}")
        _tell_sources(states)
        for sentence in way_out():
            tell(f"way out: {sentence}")
        tell(f"addresses/: {'whole' if not problems else f'{len(problems)} problems; run tracer validate'}")
    raise typer.Exit(2 if problems else 0)


def _installed() -> dict[str, str | None]:
    """Return the version of each package that is looked at; ``None`` where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _tell_sources(states: Sequence[SourceState]) -> None:
    from tracer.model import chain_of
    from tracer.report import aligned

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
