"""When a service was open: intervals in which nothing came out, or nothing went in either, each with who says so.

An end of a link that lies in such an interval cannot be of that service. Times are half-open UTC instants, a bare date
is its first second, as everywhere; where publications differ, the file holds the part that all of them name. What goes
into a service that stands still waits there: only what would come out is impossible.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, TracerError
from tracer.io import addresses_dir, read_yaml
from tracer.model import format_time, parse_time

STATES: Final = ("halted", "closed")
"""``halted``: it paid nothing out, and what went in waited; ``closed``: it was not there yet, or not any more."""
SCHEMA: Final = "tracer-calendar/1"
_FIELDS: Final = ("service", "state", "from", "until", "source", "said", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """An interval in which a service paid nothing out.

    Attributes
    ----------
    service : str
        As decoders and tables call it.
    state : str
        One of :data:`STATES`.
    since, until : int or None
        Seconds UTC, the first included and the last not; ``None``: without beginning, or without end.
    source : str
        Web address of who says so.
    said : str
        What is said there, in few words.
    note : str
        What to know of it; empty where nothing.
    """

    service: str
    state: str
    since: int | None
    until: int | None
    source: str
    said: str
    note: str = ""

    def words(self) -> str:
        """Return in a sentence that the service paid nothing out then."""
        since = f" from {format_time(self.since)}" if self.since is not None else ""
        until = f" until {format_time(self.until)}" if self.until is not None else ""
        return f"{self.service} was {self.state}{since}{until} ({self.source})."


@dataclass(frozen=True, slots=True)
class Calendar:
    """Closures of services.

    Attributes
    ----------
    closures : mapping of str to tuple of Closure
        By service, in order of time, none overlapping.
    """

    closures: Mapping[str, tuple[Closure, ...]] = field(default_factory=dict)

    def against(self, service: str, time: int | None, *, coming_out: bool) -> Closure | None:
        """Return the closure that makes an end impossible at a moment; ``None`` where nothing known does."""
        found = self.closures.get(service, ())
        if not found or time is None:
            return None
        place = bisect_right([-1 if one.since is None else one.since for one in found], time) - 1
        if place < 0 or (found[place].until or time + 1) <= time:
            return None
        return found[place] if coming_out or found[place].state == "closed" else None

    def open_parts(self, service: str, first: int, last: int, *, coming_out: bool) -> list[tuple[int, int]]:
        """Return the parts of an interval, both ends included, in which nothing makes an end impossible."""
        parts = []
        for one in self.closures.get(service, ()):
            if not coming_out and one.state != "closed":
                continue
            since, until = -1 if one.since is None else one.since, last + 1 if one.until is None else one.until
            if since > last or until <= first:
                continue
            if since > first:
                parts.append((first, since - 1))
            first = until
        return [*parts, (first, last)] if first <= last else parts


NO_CALENDAR: Final = Calendar()


def calendar_of(closures: Iterable[Closure]) -> Calendar:
    """Return the calendar of closures, in any order.

    Raises
    ------
    DataFileError
        If two closures of one service overlap, or one ends before it begins.
    """
    by: dict[str, list[Closure]] = {}
    for one in closures:
        by.setdefault(one.service, []).append(one)
    for service, found in by.items():
        found.sort(key=lambda one: -1 if one.since is None else one.since)
        for one in found:
            if one.until is not None and one.since is not None and one.until <= one.since:
                raise DataFileError(f"calendar: a closure of {service} ends before it begins: {one.words()}")
        for before, after in pairwise(found):
            if before.until is None or after.since is None or before.until > after.since:
                raise DataFileError(
                    f"calendar: two closures of {service} overlap: {before.words()} {after.words()}",
                    next_step="Make one of them, or end the first where the second begins.",
                )
    return Calendar({service: tuple(found) for service, found in sorted(by.items())})


def read_calendar(path: Path) -> Calendar:
    """Read a calendar of services, YAML.

    Raises
    ------
    DataFileError
        If an entry breaks the form; it is named by its number.
    """
    document = read_yaml(path)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or set(document) != {"schema", "closures"}:
        raise DataFileError(
            f"{path.name}: it is no calendar.", next_step=f"It needs `schema: {SCHEMA}` and `closures:`."
        )
    entries = document["closures"]
    if not isinstance(entries, list):
        raise DataFileError(f"{path.name}: `closures` is no list.")
    return calendar_of(_closure(path.name, number, entry) for number, entry in enumerate(entries, 1))


def _closure(file: str, number: int, entry: object) -> Closure:
    where = f"{file}, closure {number}"
    if not isinstance(entry, dict) or not all(isinstance(cell, str) for pair in entry.items() for cell in pair):
        raise DataFileError(f"{where}: it is no mapping of texts.")
    unknown = sorted(set(entry) - set(_FIELDS))
    if unknown:
        raise DataFileError(f"{where}: {unknown[0][:40]!r} is not known.", next_step=f"Known: {', '.join(_FIELDS)}.")
    lacking = [name for name in ("service", "state", "source", "said") if not entry.get(name)]
    if lacking or not (entry.get("from") or entry.get("until")):
        raise DataFileError(f"{where}: it lacks {lacking[0] if lacking else '`from` or `until`'}.")
    if entry["state"] not in STATES:
        raise DataFileError(f"{where}: {entry['state'][:40]!r} is no state.", next_step="Say halted or closed.")
    if not entry["source"].startswith(("https://", "http://")):
        raise DataFileError(f"{where}: its source is no web address.")
    try:
        since, until = (parse_time(entry[name]) if entry.get(name) else None for name in ("from", "until"))
    except TracerError as cause:
        raise DataFileError(f"{where}: {cause.what}", why=cause.why, next_step=cause.next_step) from cause
    return Closure(
        service=entry["service"],
        state=entry["state"],
        since=since,
        until=until,
        source=entry["source"],
        said=entry["said"],
        note=entry.get("note", ""),
    )


@cache
def service_calendar() -> Calendar:
    """Return the calendar that ships: ``addresses/calendar.yml``."""
    return read_calendar(addresses_dir() / "calendar.yml")
