"""Where data is: the shipped beside the package in a checkout, inside it once installed; the user's own at home."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from tracer.errors import DataFileError


@cache
def addresses_dir() -> Path:
    """Return the folder of incidents, services and bundled cases.

    Raises
    ------
    DataFileError
        If neither the installed package nor the checkout holds it.
    """
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "_addresses", package.parent / "addresses"):
        if (candidate / "incidents").is_dir():
            return candidate
    raise DataFileError(
        "The folder addresses/ is missing.",
        why="It ships with the package and holds incidents, labels and bundled cases.",
        next_step="Install tracer again; from a checkout, use `pip install -e .` in its top folder.",
    )


def bundles_dir() -> Path:
    """Return the folder of the bundled cases."""
    return addresses_dir() / "bundles"


def user_data_dir() -> Path:
    """Return where the user's own data lies; nothing is created.

    ``tracer`` under ``XDG_DATA_HOME`` (``~/.local/share``), on Windows under ``LOCALAPPDATA``.
    """
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "tracer"


def user_bundles_dir() -> Path:
    """Return where fetched bundles lie unless told otherwise: ``TRACER_BUNDLES``, else with the user's own data."""
    given = os.environ.get("TRACER_BUNDLES")
    return Path(given) if given else user_data_dir() / "bundles"
