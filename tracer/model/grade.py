"""Grades (how sure a row is) and ranks (who says it), strongest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.errors import InputError, did_you_mean

GRADES: Final = ("proven", "recorded", "identified", "inferred", "asserted")
"""``proven`` inclusion proof checked · ``recorded`` chain data from a provider · ``identified`` deterministic
identifier match · ``inferred`` heuristic with a measured error rate · ``asserted`` a publisher's statement."""

RANKS: Final = {
    "A1": "government",
    "A2": "un_or_msmt",
    "A3": "victim_or_service",
    "A4": "analytics_firm",
    "A5": "community",
    "A6": "own",
}
"""Who speaks; a rank says nothing about truth."""

_STRENGTH: Final = {grade: index for index, grade in enumerate(GRADES)}


def parse_grade(text: str) -> str:
    """Return the grade, or raise :class:`~tracer.errors.InputError` for a word that is none."""
    if text not in _STRENGTH:
        raise InputError(
            f"{text[:40]!r} is not a grade.{did_you_mean(text, GRADES)}", why=f"Grades are {', '.join(GRADES)}."
        )
    return text


def weakest(grades: Iterable[str]) -> str:
    """Return the weakest of the grades: a path is as good as its weakest step. No grades: ``proven``."""
    return GRADES[max((_STRENGTH[grade] for grade in grades), default=0)]


def at_least(grade: str, floor: str) -> bool:
    """Return whether `grade` is as strong as `floor` or stronger."""
    return _STRENGTH[grade] <= _STRENGTH[floor]
