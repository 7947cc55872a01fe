"""`doctor`: what is installed, what data ships, and what can be reached."""

from __future__ import annotations

import sys

import typer

from tracer import __version__
from tracer.cli.words import tell


def doctor() -> None:
    """Say what is installed, what data ships, and whether it is whole."""
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
    tell("sources: bundled cases and your own tables; this version does not fetch from chains")
    tell(f"addresses/: {'whole' if not problems else f'{len(problems)} problems; run tracer validate'}")
    raise typer.Exit(2 if problems else 0)
