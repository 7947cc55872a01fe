"""Times: whole seconds UTC as an ``int``, and their one text form ``YYYY-MM-DDTHH:MM:SSZ``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from tracer.errors import InputError

_SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}", re.ASCII)
_LAST: Final = 253402300799
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3_600, 86_400, 604_800
_UNITS: Final = (
    (re.compile(r"\d{4}-?W\d{2}", re.ASCII), _WEEK, "%G-W%V"),
    (re.compile(r"\d{4}-?(?:\d{2}-?\d{2}|W\d{2}-?\d)", re.ASCII), _DAY, "%Y-%m-%d"),
    (re.compile(r"[^T ]+[T ]\d{2}(?:Z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII), _HOUR, "%Y-%m-%dT%HZ"),
    (re.compile(r"[^T ]+[T ]\d{2}:?\d{2}(?:Z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII), _MINUTE, "%Y-%m-%dT%H:%MZ"),
)
"""What ISO 8601 prints without seconds: pattern, how many it leaves open, and how such a time is written."""


def parse_time(value: object) -> int:
    """Return seconds since 1970-01-01T00:00:00Z.

    Parameters
    ----------
    value : object
        ISO 8601 text (a date alone is its first second; an offset is converted; without one it is UTC), digits of
        Unix seconds, an ``int``, or a ``datetime`` (as Parquet gives; naive is UTC).

    Raises
    ------
    InputError
        If it is none of these, or not a whole second.

    Examples
    --------
    >>> parse_time("2022-03-23T13:29:09Z")
    1648042149
    """
    if isinstance(value, str):
        value = int(value) if _SECONDS.fullmatch(value) else _from_iso(value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        if moment.microsecond:
            raise _refused(value, "A block time is a whole second.")
        value = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST:
        raise _refused(value, "It is not a time between 1970 and 9999.")
    return value


def parse_until(value: object) -> int:
    """Return the last second that an end of a window includes; a date without a time includes its whole day.

    Parameters
    ----------
    value : object
        As for :func:`parse_time`; or a ``date``.

    Examples
    --------
    >>> format_time(parse_until("2022-04-15"))
    '2022-04-15T23:59:59Z'
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    moment = parse_time(value)
    return moment + _DAY - 1 if isinstance(value, str) and _DATE.fullmatch(value) else moment


def resolution_of(value: object) -> int:
    """Return how many seconds a time that :func:`parse_time` reads leaves open, beginning with the one it returns.

    Examples
    --------
    >>> [resolution_of(text) for text in ("2022-03-23", "2022-03-23T13:29Z", "2022-03-23T13:29:09Z", "1648042149")]
    [86400, 60, 1, 1]
    """
    if not isinstance(value, str) or _WHOLE.match(value) or _SECONDS.fullmatch(value):
        return 1
    return next((size for pattern, size, _ in _UNITS if pattern.fullmatch(value)), 1)


def format_time(seconds: int | None, resolution: int = 1) -> str:
    """Return the UTC text of a time; empty for ``None`` (unknown).

    Parameters
    ----------
    seconds : int or None
        Since 1970-01-01T00:00:00Z.
    resolution : int, default 1
        Seconds it leaves open, as :func:`resolution_of` counts them: what is not known is not written.
    """
    if seconds is None:
        return ""
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return moment.strftime(next((form for _, size, form in _UNITS if size == resolution), "%Y-%m-%dT%H:%M:%SZ"))


def _from_iso(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise _refused(text, "It is not ISO 8601.") from cause
    if _DATE.fullmatch(text):
        return moment.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refused(value: object, why: str) -> InputError:
    return InputError(
        f"{str(value)[:40]!r} is not a time.", why=why, next_step="Write UTC times as 2022-03-23T13:29:09Z."
    )
