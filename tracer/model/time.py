"""Times: whole seconds UTC as an ``int``, and their one text form ``YYYY-MM-DDTHH:MM:SSZ``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from tracer.errors import InputError

_SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LAST: Final = 253402300799
_DAY: Final = 86_400


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


def format_time(seconds: int | None) -> str:
    """Return the UTC text of a time; empty for ``None`` (unknown)."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
