"""The options of a trace, checked; they are printed with every result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tracer.errors import InputError
from tracer.model import ABSORBING, parse_category, parse_grade

POLICIES: Final = ("fifo", "lifo", "haircut", "tiho", "clean_first", "dirty_first")
"""The accounting rules that conserve value."""

STOP_REASONS: Final = (
    "service",
    "mixer",
    "bridge",
    "contract",
    "high_degree",
    "below_threshold",
    "max_hops",
    "window_end",
    "at_rest",
    "frozen",
    "burned",
    "fee",
    "incomplete",
    "stolen_again",
)


@dataclass(frozen=True, slots=True)
class Options:
    """How to trace.

    Attributes
    ----------
    policy : str
        One of :data:`POLICIES`.
    stop_at : tuple of str
        Label categories that absorb; default all that do (FORMATS 5).
    max_hops : int or None
        Holders this many movements from a seed are not followed further.
    min_amount : int
        Base units; a payment that can hold less than this of stolen money is not followed.
    high_degree : int or None
        Addresses with more distinct counterparties than this are not followed.
    until : int or None
        Seconds UTC; later events are not looked at, and what is held then leaves as ``window_end``.
    grade : str
        Rows weaker than this are left out.
    as_of : str
        Labels not valid on this day do not count; empty takes the registry's release date.
    """

    policy: str = "fifo"
    stop_at: tuple[str, ...] = field(default=ABSORBING)
    max_hops: int | None = None
    min_amount: int = 0
    high_degree: int | None = None
    until: int | None = None
    grade: str = "asserted"
    as_of: str = ""

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise InputError(f"{self.policy!r} is not a policy.", next_step=f"Choose one of: {', '.join(POLICIES)}.")
        for name in self.stop_at:
            parse_category(name)
        parse_grade(self.grade)
        for name, value in (("max_hops", self.max_hops), ("high_degree", self.high_degree)):
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}, but must be 1 or more.")
        if self.min_amount < 0:
            raise InputError(f"min_amount is {self.min_amount}, but must be 0 or more.")
