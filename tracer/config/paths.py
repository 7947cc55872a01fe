"""Where the shipped data is: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

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
