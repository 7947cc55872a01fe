"""Everything that can be wrong in ``addresses/``, told with file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from tracer.errors import DataFileError, TracerError
from tracer.io import (
    ASSETS_FILE,
    EntryError,
    Fields,
    addresses_dir,
    read_assets,
    read_json,
    read_manifest,
    read_table,
    read_yaml,
    shown,
    table_fault,
)
from tracer.io import Path as Place
from tracer.model import CATEGORIES, DEFAULT_CHAIN, Incident, Label, parse_address, parse_chain
from tracer.registry.build import INCIDENT_SCHEMA, SERVICE_SCHEMA, Builder
from tracer.registry.derived import stale_files
from tracer.registry.lists import list_files, list_statements, read_list
from tracer.registry.load import incident_files, release_date, service_files

T = TypeVar("T")

_ROW: Final = re.compile(r", row (\d+)")
_LINE: Final = re.compile(r", line (\d+): (.*)", re.DOTALL)
_SCHEMAS: Final = {INCIDENT_SCHEMA: "incident.schema.json", SERVICE_SCHEMA: "service.schema.json"}
_STALE: Final = "it is not what the data gives: `tracer validate --write` makes it."
_BUNDLE_SCHEMA_FILE: Final = "bundle.schema.json"


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    file : str
        File, relative to ``addresses/``.
    line : int
        Line the fault stands on, from 1; 0 where it is of the whole file.
    message : str
        What is wrong, in a sentence or two.
    """

    file: str
    line: int
    message: str


def validate(folder: Path | None = None) -> tuple[Problem, ...]:
    """Return every problem of an ``addresses/`` folder; none means it can be released.

    Parameters
    ----------
    folder : Path or None
        The folder; ``None`` takes the shipped one.

    Returns
    -------
    tuple of Problem
        Ordered by file, line, message. What the program makes of the data is compared only where the data is whole.
    """
    home = folder or addresses_dir()
    found: list[Problem] = []
    labels: list[tuple[str, Label]] = []
    cases: set[str] = set()
    found += _registry(home)
    found += _tokens(home)
    for path in incident_files(home):
        faults, incident = _read(home, path, INCIDENT_SCHEMA, Builder.incident)
        found += faults
        cases.add(path.stem)
        if incident is not None:
            labels += [(_name(home, path), label) for label in incident.labels]
            found += _misnamed(home, path, incident)
    for path in service_files(home):
        faults, service = _read(home, path, SERVICE_SCHEMA, Builder.service)
        found += faults
        labels += [(_name(home, path), label) for label in (service.labels if service else ())]
    found += _guarded_thieves(labels)
    for path in list_files(home):
        found += _list(home, path)
    for path in sorted((home / "bundles").glob("*/manifest.json")):
        found += _bundle(home, path, cases)
    found += _strays(home)
    found = found or [Problem(name, 0, _STALE) for name in stale_files(home)]
    return tuple(sorted(set(found)))


def _name(home: Path, path: Path) -> str:
    return path.relative_to(home).as_posix()


def _registry(home: Path) -> list[Problem]:
    try:
        release_date(home)
    except TracerError as error:
        return [_told("registry.yml", error)]
    return []


def _tokens(home: Path) -> list[Problem]:
    try:
        if (home / ASSETS_FILE).is_file():
            read_assets(home / ASSETS_FILE)
    except TracerError as error:
        return [_told(ASSETS_FILE, error)]
    return []


def _list(home: Path, path: Path) -> list[Problem]:
    """Return the first problem of a published list: of its description, or of a row of its table."""
    name = _name(home, path)
    try:
        published = read_list(path)
        name = _name(home, published.path)
        for _ in list_statements(published):
            pass
    except TracerError as error:
        tables = (table for table in path.parent.glob("*.csv") if error.what.startswith(f"{table.name}, "))
        name = next((_name(home, table) for table in tables), name)
        row = _ROW.search(error.what)
        told = _told(name, error)
        return [told._replace(line=int(row[1]) + 1) if row else told]
    return []


def _told(name: str, error: TracerError) -> Problem:
    """Return an error of a reader as a problem; the reader names the line where it knows it."""
    found = _LINE.search(error.what)
    line, what = (int(found[1]), found[2]) if found else (0, error.what)
    return Problem(name, line, " ".join(part for part in (what, error.why) if part))


def _read(home: Path, path: Path, schema: str, build: Callable[[Builder], T]) -> tuple[list[Problem], T | None]:
    """Return the problems of one YAML file, and what could be read of it."""
    name = _name(home, path)
    try:
        data = read_yaml(path)
        fields = Fields(data, path.name)
    except DataFileError as error:
        return [_told(name, error)], None
    lines, unquoted = _lines(path)
    errors: list[EntryError] = []
    builder = Builder(fields, errors)
    built: T | None = None
    try:
        built = build(builder)
    except EntryError as error:
        errors.append(error)
    found = [_at(name, lines, error) for error in errors]
    if not errors:
        unused = sorted(set(builder.sources) - builder.used)
        found += [
            Problem(name, _line(lines, ("sources", key)), f"the source {key!r} is used by nothing.") for key in unused
        ]
    found += [Problem(name, line, "an address is written in quotes.") for line in unquoted]
    found += [Problem(name, _line(lines, place), what) for place, what in _duplicates(data)]
    for place, what in _schema_faults(home / "schema" / _SCHEMAS[schema], data):
        if not any(_same_place(place, error.path) for error in errors):
            found.append(Problem(name, _line(lines, place), f"{shown(place)}: {what}"))
    return found, built


def _same_place(one: Place, other: Place) -> bool:
    """Return whether one place is the other, or lies around it."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _at(name: str, lines: dict[Place, int], error: EntryError) -> Problem:
    said = f"{shown(error.path)}: {error.said}"
    return Problem(name, _line(lines, error.path), " ".join(part for part in (said, error.why) if part))


def _line(lines: dict[Place, int], place: Place) -> int:
    """Return the line of a place, or of the nearest one around it that the file has."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _lines(path: Path) -> tuple[dict[Place, int], list[int]]:
    """Return the line of every place of a YAML file, and the lines of addresses without quotes."""
    import yaml

    lines: dict[Place, int] = {}
    unquoted: list[int] = []

    def walk(node: yaml.Node, place: Place) -> None:
        """Note the line of a node and of all in it."""
        lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                lines[*place, key.value] = key.start_mark.line + 1
                walk(value, (*place, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                walk(value, (*place, index))
        elif place[-1:] == ("address",) and isinstance(node, yaml.ScalarNode) and node.style not in ("'", '"'):
            unquoted.append(node.start_mark.line + 1)

    with path.open(encoding="utf-8") as stream:
        top = yaml.compose(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if top is not None:
        walk(top, ())
    return lines, unquoted


@cache
def _validator(path: Path) -> Any:  # noqa: ANN401 (jsonschema has no types)
    from jsonschema import Draft202012Validator

    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _schema_faults(schema: Path, data: object) -> Iterator[tuple[Place, str]]:
    for error in _validator(schema).iter_errors(data):
        yield tuple(error.absolute_path), error.message[:300]


def _duplicates(data: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Yield the entries that say what an entry above them says."""
    rules = {
        "labels": ("category", "source"),
        "victims": ("source",),
        "statements": ("property", "value", "source"),
        "seeds": ("kind", "asset", "origin"),
    }
    for section, columns in rules.items():
        seen: dict[tuple[str, ...], int] = {}
        entries = data.get(section)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if not isinstance(entry, dict):
                continue
            subject = _subject(entry, str(data.get("chain", DEFAULT_CHAIN)))
            key = (*subject, *(str(entry.get(column, "")) for column in columns))
            if key in seen:
                yield (section, index), f"{section}[{index + 1}] says the same as {section}[{seen[key] + 1}]."
            seen.setdefault(key, index)


def _subject(entry: dict[str, Any], default: str) -> tuple[str, str]:
    chain, address = str(entry.get("chain", default)), str(entry.get("address", entry.get("value", "")))
    try:
        return chain, parse_address(parse_chain(chain), address)
    except TracerError:
        return chain, address.lower()


def _misnamed(home: Path, path: Path, incident: Incident) -> list[Problem]:
    if incident.id == path.stem:
        return []
    return [Problem(_name(home, path), 0, f"the id is {incident.id!r}: a file is named after the incident it holds.")]


def _guarded_thieves(labels: Iterable[tuple[str, Label]]) -> Iterator[Problem]:
    """Yield addresses that one file calls a thief's and one calls a service, a token or a victim."""
    held = list(labels)
    guarded = {(label.chain, label.address): name for name, label in held if CATEGORIES[label.category].guard}
    for name, label in held:
        other = guarded.get((label.chain, label.address))
        if label.category in ("theft", "attacker") and other is not None:
            yield Problem(
                name, 0, f"{label.address} is labelled {label.category} here and guarded in {other}: it cannot be both."
            )


def _bundle(home: Path, path: Path, cases: set[str]) -> Iterator[Problem]:
    name = _name(home, path)
    try:
        yield from (
            Problem(name, 0, f"{shown(place)}: {what}")
            for place, what in _schema_faults(home / "schema" / _BUNDLE_SCHEMA_FILE, read_json(path))
        )
        manifest = read_manifest(path.parent)
    except DataFileError as error:
        yield _told(name, error)
        return
    if manifest.case not in cases or manifest.case != path.parent.name:
        yield Problem(name, 0, f"the case {manifest.case!r} is not the incident this folder is named after.")
    for table in manifest.tables.values():
        fault = table_fault(path.parent, table)
        if fault:
            yield Problem(name, 0, fault)
            continue
        records = list(read_table(path.parent / table.path, ("source",)).records())
        if len(records) != table.rows:
            yield Problem(name, 0, f"the table {table.name!r} has {len(records)} rows, not {table.rows}.")
        for key in sorted({record.text("source") for record in records} - set(manifest.sources)):
            yield Problem(name, 0, f"rows of the table {table.name!r} name the source {key!r}, which is not listed.")


def _strays(home: Path) -> Iterator[Problem]:
    """Yield files that would be read by nobody: another extension, or another folder."""
    known = {*incident_files(home), *service_files(home)}
    for section in ("incidents", "services"):
        for path in sorted((home / section).rglob("*")):
            if path.is_file() and path not in known:
                yield Problem(_name(home, path), 0, "this file is read by nobody: data files end in .yml.")
