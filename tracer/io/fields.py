"""Strict interpretation of a data file: every field is taken once, and what is left over is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final, TypeVar

from tracer.errors import DataFileError, TracerError

T = TypeVar("T")
Path = tuple[str | int, ...]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHEN: Final = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII)


class EntryError(DataFileError):
    """A data file breaks its form at one place.

    Parameters
    ----------
    file : str
        File name.
    path : tuple of str or int
        Keys and places from the top of the file to the value.
    what, why, next_step : str
        As in :class:`~tracer.errors.TracerError`.
    """

    def __init__(self, file: str, path: Path, what: str, *, why: str = "", next_step: str = "") -> None:
        self.path, self.said = path, what
        super().__init__(f"{file}, {shown(path)}: {what}", why=why, next_step=next_step)


def shown(path: Path) -> str:
    """Return a place in a file for people, for example ``labels[3].address``."""
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".") or "top level"


def parse_date(text: str) -> str:
    """Return a date ``YYYY-MM-DD`` that exists in the calendar.

    Raises
    ------
    DataFileError
        If the text is anything else.
    """
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise DataFileError(f"{text[:40]!r} is not a date.", why="A date is a day of the calendar, YYYY-MM-DD.")


def parse_when(text: str) -> str:
    """Return a date as precise as it was published: a year, a month, a day, or ``from..until`` of two of them.

    Raises
    ------
    DataFileError
        If the text is anything else.
    """
    ends = text.split("..")
    if len(ends) > 2 or not all(_WHEN.fullmatch(end) for end in ends):
        raise DataFileError(f"{text[:40]!r} is not a date.", why="A date is YYYY, YYYY-MM or YYYY-MM-DD, or a..b.")
    for end in ends:
        parse_date(end + "-01-01"[len(end) - 4 :] if len(end) < 10 else end)
    if len(ends) == 2 and ends[1] < ends[0]:
        raise DataFileError(f"{text[:40]!r} ends before it begins.")
    return text


class Fields:
    """The fields of one mapping of a data file, taken one by one.

    Parameters
    ----------
    value : object
        What the file holds there; anything but a mapping is an error.
    file : str
        File name, for messages.
    path : tuple
        Where the mapping stands in the file.
    """

    def __init__(self, value: object, file: str, path: Path = ()) -> None:
        self.file, self.path = file, path
        if not isinstance(value, dict):
            raise self.error("a mapping of keys and values is expected here.")
        self._rest: dict[str, Any] = dict(value)

    def error(self, what: str, key: str = "", why: str = "", next_step: str = "") -> EntryError:
        """Return the error that names this place, or a key in it."""
        path = (*self.path, key) if key else self.path
        return EntryError(self.file, path, what, why=why, next_step=next_step)

    def has(self, key: str) -> bool:
        """Return whether the key is there and not yet taken."""
        return key in self._rest

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; a missing one is `default`, or an error where there is none."""
        if key not in self._rest and default is not None:
            return default
        value = self._take(key)
        if not isinstance(value, str):
            raise self.error("one value is expected here, not a list or a mapping.", key)
        if value == "" and default is None:
            raise self.error("the value is empty.", key)
        return value

    def parse(self, key: str, parser: Callable[[str], T], default: str | None = None) -> T:
        """Take a text through `parser`; an error of ours is told with its place."""
        text = self.text(key, default)
        try:
            return parser(text)
        except TracerError as cause:
            raise self.error(cause.what, key, cause.why, cause.next_step) from cause

    def date(self, key: str) -> str:
        """Take a date that may be absent; empty where it is."""
        return self.parse(key, parse_date) if self.has(key) else ""

    def sub(self, key: str) -> Fields:
        """Take a mapping; an absent one is empty."""
        return Fields(self._rest.pop(key, {}), self.file, (*self.path, key))

    def subs(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Take a mapping of mappings: each key with its fields, in file order."""
        value = self._rest.pop(key, {})
        if not isinstance(value, dict):
            raise self.error("a mapping of keys and values is expected here.", key)
        for name, entry in value.items():
            yield name, Fields(entry, self.file, (*self.path, key, name))

    def entries(self, key: str) -> Iterator[Fields]:
        """Take a list of mappings; an absent one is empty."""
        for place, entry in enumerate(self._list(key)):
            yield Fields(entry, self.file, (*self.path, key, place))

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts; an absent one is empty."""
        values = self._list(key)
        for place, value in enumerate(values):
            if not isinstance(value, str):
                raise EntryError(self.file, (*self.path, key, place), "a text is expected here.")
        return tuple(values)

    def text_or_texts(self, key: str) -> str | tuple[str, ...]:
        """Take a text that may be empty, or a list of texts."""
        return self.texts(key) if isinstance(self._rest.get(key), list) else self.text(key, "")

    def parse_key(self, key: str, parser: Callable[[str], T]) -> T:
        """Return a key of this mapping through `parser`; an error of ours is told with its place."""
        try:
            return parser(key)
        except TracerError as cause:
            raise self.error(cause.what, key, cause.why, cause.next_step) from cause

    def rest(self) -> tuple[str, ...]:
        """Return the keys not yet taken, in file order."""
        return tuple(self._rest)

    def done(self) -> None:
        """End the reading: a field nobody took is an error."""
        for key in self._rest:
            raise self.error("the key is not known.", key, "A misspelt key would be ignored in silence.")

    def _take(self, key: str) -> Any:  # noqa: ANN401 (a data file holds any form until it is read)
        if key not in self._rest:
            raise self.error(f"the key {key!r} is missing.")
        return self._rest.pop(key)

    def _list(self, key: str) -> list[Any]:
        value = self._rest.pop(key, [])
        if not isinstance(value, list):
            raise self.error("a list is expected here.", key)
        return value
