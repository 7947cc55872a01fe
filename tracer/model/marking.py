"""To whom something may be passed on: the Traffic Light Protocol, version 2.0."""

from __future__ import annotations

from typing import Final

from tracer.errors import InputError

MARKINGS: Final = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
"""The five markings, from what anybody may have to what only those present may."""

PUBLIC: Final = "TLP:CLEAR"
"""Marking of what ships with the program."""

OWN: Final = "TLP:AMBER"
"""Marking of a case of the user's own that says nothing else."""


def parse_marking(text: str) -> str:
    """Return a marking, or raise :class:`~tracer.errors.InputError` for a text that is none.

    Examples
    --------
    >>> parse_marking("TLP:RED")
    'TLP:RED'
    """
    if text not in MARKINGS:
        raise InputError(
            f"{text[:40]!r} is no marking.",
            why=f"TLP 2.0 has {', '.join(MARKINGS)}; TLP:WHITE of its first version is TLP:CLEAR.",
            next_step="Write one of them.",
        )
    return text
