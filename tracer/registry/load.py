"""The incidents, services and release date of ``addresses/``, read strictly."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, InputError
from tracer.io import Fields, addresses_dir, parse_date, read_yaml
from tracer.model import CATEGORIES, Incident, Label, Statement
from tracer.registry.build import Builder, Service
from tracer.registry.lists import load_sanctions

REGISTRY_SCHEMA: Final = "tracer-registry/1"

_NAMED: Final = re.compile(r'address: "([^"]+)"')
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)


def load_incident(incident_id: str, folder: Path | None = None) -> Incident:
    """Return one incident of ``addresses/incidents/``.

    Parameters
    ----------
    incident_id : str
        Its id, for example ``ronin-2022``.
    folder : Path or None
        Another ``addresses/`` folder; ``None`` takes the shipped one.

    Raises
    ------
    InputError
        If no incident has that id; the message lists the nearest ones.
    DataFileError
        If its file breaks the form.
    """
    home = folder or addresses_dir()
    path = home / "incidents" / f"{incident_id}.yml"
    if not _ID.fullmatch(incident_id) or not path.is_file():
        known = [entry.stem for entry in incident_files(home)]
        near = get_close_matches(incident_id, known, n=5, cutoff=0.4)
        raise InputError(
            f"There is no case {incident_id[:60]!r}.",
            why=f"Nearest: {', '.join(near)}." if near else f"{len(known)} cases are known.",
            next_step="`tracer cases` lists them all.",
        )
    return _incident(path)


def load_incidents(folder: Path | None = None) -> tuple[Incident, ...]:
    """Return every incident, ordered by date, then id."""
    found = (_incident(path) for path in incident_files(folder or addresses_dir()))
    return tuple(sorted(found, key=lambda incident: (incident.date, incident.id)))


def load_services(folder: Path | None = None) -> tuple[Statement, ...]:
    """Return everything said of services (exchanges, mixers, bridges, tokens), in the order of their files."""
    files = service_files(folder or addresses_dir())
    return tuple(said for path in files for said in _service(path).statements)


def load_service_labels(folder: Path | None = None, among: Collection[str] | None = None) -> tuple[Label, ...]:
    """Return the labels of services, in the order of their files: what a trace stops at, and a list never flags.

    Parameters
    ----------
    folder : Path or None
        Another ``addresses/`` folder; ``None`` takes the shipped one.
    among : collection of str, optional
        Only labels of these canonical addresses; files that name none of them are not interpreted, which is most of
        the time a case takes to open.
    """
    files = _naming(service_files(folder or addresses_dir()), among)
    return tuple(label for path in files for label in _service(path).labels if among is None or label.address in among)


def load_registry_labels(folder: Path | None = None, among: Collection[str] | None = None) -> tuple[Label, ...]:
    """Return what the registry knows that decides for any input: labels a trace stops at, or a list never flags.

    Those of services, whole, and from every incident the ones whose category absorbs or is guarded: its victims, and
    the deposit addresses it ended at. Whom an incident names beyond that is of that incident alone.

    Parameters
    ----------
    folder, among
        As for :func:`load_service_labels`; files that name none of the addresses are not interpreted.
    """
    home = folder or addresses_dir()
    decisive = [name for name, meaning in CATEGORIES.items() if meaning.guard or meaning.stop_reason]
    found = (
        label
        for path in _naming(incident_files(home), among)
        for label in _incident(path).labels
        if label.category in decisive
    )
    return (
        *load_service_labels(home, among),
        *(label for label in found if among is None or label.address in among),
    )


def all_statements(folder: Path | None = None) -> tuple[Statement, ...]:
    """Return everything said of any address: by incidents, of services, on sanction lists, in the order of files."""
    home = folder or addresses_dir()
    incidents = (_incident(path) for path in incident_files(home))
    return (
        *(said for incident in incidents for said in incident.statements),
        *load_services(home),
        *load_sanctions(home),
    )


def _naming(files: list[Path], among: Collection[str] | None) -> list[Path]:
    """Return the files that name one of these addresses, in whatever letter case, without interpreting them."""
    if among is None:
        return files
    spelt = {address.lower() for address in among}
    return [path for path in files if not spelt.isdisjoint(_named_in(path))]


@cache
def _named_in(path: Path) -> frozenset[str]:
    return frozenset(_NAMED.findall(path.read_text("utf-8").lower()))


def release_date(folder: Path | None = None) -> str:
    """Return the release date ``YYYY-MM-DD`` of ``addresses/``: the default of ``--as-of``."""
    return _released(folder or addresses_dir())


def incident_files(folder: Path) -> list[Path]:
    """Return the incident files of an ``addresses/`` folder, ordered by name."""
    return sorted((folder / "incidents").glob("*.yml"))


def service_files(folder: Path) -> list[Path]:
    """Return the service files of an ``addresses/`` folder, ordered by category and name."""
    return sorted((folder / "services").glob("*/*.yml"))


def _released(folder: Path) -> str:
    top = Fields(read_yaml(folder / "registry.yml"), "registry.yml")
    schema = top.text("schema")
    if schema != REGISTRY_SCHEMA:
        raise top.error(f"{schema[:40]!r} is not {REGISTRY_SCHEMA!r}.", "schema")
    found = top.parse("released", parse_date)
    top.text("version")
    top.done()
    return found


@cache
def _incident(path: Path) -> Incident:
    incident = Builder(Fields(read_yaml(path), path.name)).incident()
    if incident.id != path.stem:
        raise DataFileError(
            f"{path.name}: the id is {incident.id[:60]!r}.", why="A file is named after the incident it holds."
        )
    return incident


@cache
def _service(path: Path) -> Service:
    return Builder(Fields(read_yaml(path), path.name)).service()
