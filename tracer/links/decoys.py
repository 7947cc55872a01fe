"""What a tier accepts where nothing is true: the rate of chance matches, which needs no truth.

All that went in is moved back in time and matched again. Whatever is accepted then is chance; moved forward instead,
late true pairs would be caught again. Source: method xc-amount-time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from tracer.links.ends import DAY, Terms
from tracer.links.matching import Matching, match

SHIFTS: Final = (7, 14, 30)
"""Days by which sources are moved back."""
DECOY_TIERS: Final = ("structured", "amount_time")
"""Tiers that chance can satisfy; an identifier is in the data of both ends or it is not."""


@dataclass(frozen=True, slots=True)
class Decoy:
    """What one tier accepted with all sources moved back.

    Attributes
    ----------
    tier : str
        Which tier.
    days : int
        By how much they were moved.
    accepted : int
        Pairs accepted all the same.
    of : int
        Pairs the tier accepts on the data as they are.
    """

    tier: str
    days: int
    accepted: int
    of: int

    @property
    def precision(self) -> Fraction | None:
        """One less the share of chance: at most so many of the accepted are none; ``None`` where none is accepted."""
        return None if not self.of else 1 - Fraction(self.accepted, self.of)


def decoys_of(found: Matching, terms: Terms) -> tuple[Decoy, ...]:
    """Return what chance satisfies, by tier, then by days; over the ends that no identifier has linked."""
    by_key = found.accepted("identifier")
    gone, come = {one.source for one in by_key}, {one.destination for one in by_key}
    sources = [end for number, end in enumerate(found.sources) if number not in gone]
    destinations = [end for number, end in enumerate(found.destinations) if number not in come]
    used = [tier for tier in DECOY_TIERS if found.accepted(tier)]
    if not used:
        return ()
    moved = {
        days: match(
            [end if end.time is None else replace(end, time=end.time - days * DAY) for end in sources],
            destinations,
            terms,
            tiers=DECOY_TIERS,
        )
        for days in SHIFTS
    }
    return tuple(
        Decoy(tier, days, len(moved[days].accepted(tier)), len(found.accepted(tier)))
        for tier in used
        for days in SHIFTS
    )
