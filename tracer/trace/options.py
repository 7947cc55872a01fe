"""The options of a trace, a comparison and a report, checked. Their defaults stand here alone.

A caller says ``None`` of an option that it does not give: a notebook, the command line and the folder of an earlier
result are laid over each other so, and only what is left takes its default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final

from tracer.errors import InputError, TracerError, did_you_mean
from tracer.model import ABSORBING, parse_category, parse_grade, parse_time, parse_until
from tracer.taint import CONSERVING

POLICIES: Final = CONSERVING
"""The accounting rules that conserve value, as :mod:`tracer.taint.policies` registers them."""

FOLLOW: Final = ("identified", "inferred", "none")
"""The weakest grade of links over which following goes on."""

DIRECTIONS: Final = ("forward", "back")
"""Where the money of the seeds went, or where it came from."""

BY: Final = ("entity", "address")
"""What a row of a comparison is of."""

_OF_THE_QUESTION: Final = {"printed": False}
"""Marks an option of what is asked of a trace; it changes no figure, and is not printed with the others."""

_OF_LINKS: Final = {"printed": False}
"""Marks an option that no figure depends on where a case has no links; it is printed where it has."""

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
        Label categories that absorb; default all that do (method stops).
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
        The day whose knowledge is used: labels that became known later do not count. When a label holds is its own
        matter, judged at the time of each event. Empty takes the registry's release date.
    follow : str
        One of :data:`FOLLOW`: over which links following goes on.
    follow_leads : bool
        Whether links by amount and time alone are followed too, where `follow` takes inferred ones.
    direction : str
        One of :data:`DIRECTIONS`.
    bounds : bool
        Whether min, max, certainty and depends_on are filled: what any value-conserving rule can say.
    by : str
        One of :data:`BY`.
    """

    policy: str = "fifo"
    stop_at: tuple[str, ...] = field(default=ABSORBING)
    max_hops: int | None = None
    min_amount: int = 0
    high_degree: int | None = None
    until: int | None = None
    grade: str = "asserted"
    as_of: str = ""
    follow: str = field(default="identified", metadata=_OF_LINKS)
    follow_leads: bool = field(default=False, metadata=_OF_LINKS)
    direction: str = field(default="forward", metadata=_OF_THE_QUESTION)
    bounds: bool = field(default=False, metadata=_OF_THE_QUESTION)
    by: str = field(default="entity", metadata=_OF_THE_QUESTION)

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise InputError(
                f"{self.policy[:40]!r} is not a policy.{did_you_mean(self.policy, POLICIES)}",
                next_step=f"Choose one of: {', '.join(POLICIES)}.",
            )
        for name in self.stop_at:
            parse_category(name)
        parse_grade(self.grade)
        for name, value in (("max_hops", self.max_hops), ("high_degree", self.high_degree)):
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}, but must be 1 or more.")
        if self.min_amount < 0:
            raise InputError(f"min_amount is {self.min_amount}, but must be 0 or more.")
        _follow("follow", self.follow)
        _direction("direction", self.direction)
        _by("by", self.by)


LINK_OPTIONS: Final = ("follow", "follow_leads")
"""Names of the options that figures depend on where a case has links."""
ALL_OPTIONS: Final = tuple(one.name for one in fields(Options))
"""Names of all options."""
OPTIONS: Final = tuple(one.name for one in fields(Options) if one.metadata.get("printed", True))
"""Names of the options that figures depend on, in the order in which they are printed."""


def parse_options(given: Mapping[str, Any]) -> Options:
    """Return the options from what a caller says; ``None`` says nothing, and takes the default.

    Parameters
    ----------
    given : mapping
        By name of :class:`Options`, values as a notebook or a command line has them: numbers also as text, categories
        also as one text with commas, times as :func:`tracer.model.parse_until` takes them. ``none`` for `max_hops`,
        `high_degree` or `until` says that there is no limit.

    Raises
    ------
    InputError
        If a name is no option, or a value cannot be used; it is named.

    Examples
    --------
    >>> parse_options({"max_hops": "2", "stop_at": "exchange,mixer", "grade": None}).stop_at
    ('exchange', 'mixer')
    """
    for name in given:
        if name not in _PARSERS:
            raise InputError(
                f"The option {str(name)[:40]!r} is not known.{did_you_mean(str(name), ALL_OPTIONS)}",
                next_step=f"Options: {', '.join(ALL_OPTIONS)}.",
            )
    return Options(**{name: _parsed(name, value) for name, value in given.items() if value is not None})


def _parsed(name: str, value: object) -> Any:  # noqa: ANN401 (each option has its own type)
    """Return the value of one option; whatever is wrong with it is said with its name."""
    try:
        return _PARSERS[name](name, value)
    except TracerError as cause:
        if cause.what.startswith(f"{name} is "):
            raise
        raise InputError(f"{name}: {cause.what}", why=cause.why, next_step=cause.next_step) from cause


def _whole(name: str, value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or not text.removeprefix("-").isdecimal():
        raise InputError(f"{name} is {text[:40]!r}, which is not a whole number.", next_step="Give an integer.")
    return int(text)


def _limit(name: str, value: object) -> int | None:
    return None if value == NO_LIMIT else _whole(name, value)


def _until(name: str, value: object) -> int | None:
    del name  # its errors are told with the name
    return None if value == NO_LIMIT else parse_until(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name} is a {type(value).__name__}, not text.")
    return value


def _categories(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, Iterable):
        raise InputError(f"{name} is a {type(value).__name__}.", next_step="Give categories, as exchange,mixer.")
    parts = value.split(",") if isinstance(value, str) else [_text(name, one) for one in value]
    return tuple(parse_category(part.strip()) for part in parts if part.strip())


def _grade(name: str, value: object) -> str:
    return parse_grade(_text(name, value))


def _direction(name: str, value: object) -> str:
    text = _text(name, value)
    if text not in DIRECTIONS:
        raise InputError(f"{text[:40]!r} is no direction.", next_step="Choose forward or back.")
    return text


def _follow(name: str, value: object) -> str:
    text = _text(name, value)
    if text not in FOLLOW:
        raise InputError(
            f"{text[:40]!r} says not which links are followed.{did_you_mean(text, FOLLOW)}",
            next_step=f"Choose one of: {', '.join(FOLLOW)}.",
        )
    return text


def _by(name: str, value: object) -> str:
    text = _text(name, value)
    if text not in BY:
        raise InputError(
            f"Nothing is compared by {text[:40]!r}.{did_you_mean(text, BY)}", next_step="Choose entity or address."
        )
    return text


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{name} is {str(value)[:40]!r}, but must be true or false.")
    return value


def _day(name: str, value: object) -> str:
    """Return a day or time of knowledge as it was written; a ``date`` or ``datetime`` as its text."""
    if isinstance(value, date):
        value = value.isoformat()
    text = _text(name, value)
    if text:
        parse_time(text)
    return text


NO_LIMIT: Final = "none"
"""What says that there is no limit, where an earlier trace or a caller's habit has one."""

_PARSERS: Final[dict[str, Callable[[str, object], Any]]] = {
    "policy": _text,
    "grade": _grade,
    "as_of": _day,
    **dict.fromkeys(("max_hops", "high_degree"), _limit),
    "stop_at": _categories,
    "min_amount": _whole,
    "until": _until,
    "follow": _follow,
    "follow_leads": _flag,
    "direction": _direction,
    "bounds": _flag,
    "by": _by,
}
