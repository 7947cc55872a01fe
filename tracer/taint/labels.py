"""Labels of lots: 0 is clean, any other is an origin with the weakest grade on its way so far.

Numbered so that ascending order is theft order with the stronger grade first, and so that a compiled kernel can treat
a label as a plain integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.model import GRADES, Origin

CLEAN: Final = 0
_N: Final = len(GRADES)


@dataclass(frozen=True, slots=True)
class Tags:
    """The labels of one run.

    Attributes
    ----------
    origins : tuple of Origin
        In theft order.
    """

    origins: tuple[Origin, ...]

    def of(self, origin: int, grade: str) -> int:
        """Return the label of an origin (index into `origins`) at a grade."""
        return 1 + origin * _N + GRADES.index(grade)

    def origin_index(self, label: int) -> int:
        """Return the index of a label's origin; the label must not be clean."""
        return (label - 1) // _N

    def origin(self, label: int) -> Origin:
        """Return a label's origin; the label must not be clean."""
        return self.origins[self.origin_index(label)]

    def grade(self, label: int) -> str:
        """Return the weakest grade on the way of a stolen label."""
        return GRADES[(label - 1) % _N]

    def weaken(self, label: int, grade: str) -> int:
        """Return the label after a movement of `grade`: the weaker of the two; clean stays clean."""
        if label == CLEAN:
            return CLEAN
        return label + max(0, GRADES.index(grade) - (label - 1) % _N)
