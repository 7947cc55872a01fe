"""What to type to install an optional package: by the Python that runs this, whatever the project is installed as."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "stolen-crypto-tracer"
"""The project's name on a package index, where ``tracer`` is somebody else's. The import and the command are tracer."""

EXTRAS: Final = {"store": "duckdb>=1.0", "keyring": "keyring>=25.0"}
"""What each extra brings: named itself in a hint, so that the line works from a checkout and from a wheel alike."""


def install_line(requirement: str) -> str:
    """Return the command that installs a package where this program finds it.

    Parameters
    ----------
    requirement : str
        As pip takes it.

    Examples
    --------
    >>> install_line("duckdb>=1.0").endswith(" -m pip install 'duckdb>=1.0'")
    True
    """
    python = Path(sys.executable)
    here = Path.cwd()
    shown = python.relative_to(here) if python.is_relative_to(here) else python
    return f"{shlex.quote(str(shown))} -m pip install {shlex.quote(requirement)}"
