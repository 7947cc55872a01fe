"""Opening a case: a shipped one by its id, a private one, a folder of tables, or an earlier result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tracer.api.case import Case
from tracer.api.case_parts import NO_PRICES, input_hashes, only_chain, with_registry
from tracer.api.earlier_result import check_own_labels, earlier_result, is_result
from tracer.api.own_tables import open_own_folder, tables_in
from tracer.api.registry import bundled_cases
from tracer.bundle import Bundle, bundle_of, open_bundle
from tracer.collect import gathered_of, whole_transactions
from tracer.errors import InputError
from tracer.io import (
    Fields,
    read_ledger,
    read_seeds,
    read_transfers,
    read_yaml,
    registry_assets,
    user_bundles_dir,
)
from tracer.model import OWN, PUBLIC, Incident, Label, LedgerLeg, Transfer, parse_marking
from tracer.registry import LabelIndex, label_notes, load_incident, read_labels
from tracer.trace import CaseData

CASE_FILE: Final = "case.yml"
BUNDLE_FOLDER: Final = "bundle"


def open_case(
    name: str | Path, *, offline: bool = True, registry: bool = True, labels: str | Path | None = None
) -> Case:
    """Open a shipped case by its id, or a folder of the caller's own.

    Parameters
    ----------
    name : str or Path
        An incident id as :func:`cases` lists it; or a folder with ``transfers`` or ``ledger`` and ``seeds`` (CSV or
        Parquet) and optionally ``labels``; or the output folder of a trace of a shipped case.
    offline : bool, default True
        Whether the case is read from its bundle alone; else it is fetched first, or gone on with.
    registry : bool, default True
        Whether the registry's labels of services and victims stop and guard; without them everything says unguarded.
        What an incident itself says of its addresses belongs to the case either way.
    labels : path, optional
        A table of labels of the caller's own, beside those of the case.

    Raises
    ------
    InputError
        If there is no such case, it has no bundle, or a result was traced with own labels and none are given.
    SourceError
        If it is fetched and a source fails.
    """
    if labels is not None:
        return _opened(name, offline=offline, registry=registry).with_labels(labels)
    if is_result(Path(name)):
        check_own_labels(Path(name))
    return _opened(name, offline=offline, registry=registry)


def _opened(name: str | Path, *, offline: bool, registry: bool) -> Case:
    if not offline:
        return _fetched(name, registry=registry)
    folder = Path(name)
    if folder.is_dir():
        return _open_folder(folder, registry=registry)
    return _on_file(str(name), registry=registry)


def _on_file(name: str, *, registry: bool) -> Case:
    """Open an incident that has a bundle."""
    incident = load_incident(name)
    bundle = bundle_of(incident.id) or fetched_bundle(user_bundles_dir() / incident.id)
    if bundle is None:
        raise InputError(
            f"The case {incident.id} ships without a bundle.",
            why="Its incident is on file, but its movements are not.",
            next_step=f"Fetch it with `tracer fetch {incident.id}`, or open one of: {', '.join(bundled_cases())}.",
        )
    return _incident_case(incident, bundle, registry=registry)


def _fetched(name: str | Path, *, registry: bool) -> Case:
    """Fetch a case and open what was fetched."""
    from tracer.api.collecting import fetch

    case = open_seeds(name)
    bundle = fetch(case).bundle
    if case.incident is None:
        return _open_folder(Path(name), registry=registry)
    return _incident_case(case.incident, bundle, registry=registry)


def open_seeds(name: str | Path) -> Case:
    """Open a case by its seeds and labels alone, to fetch what it does not have.

    Parameters
    ----------
    name : str or Path
        As for :func:`open_case`; the incident needs no bundle.

    Raises
    ------
    InputError
        If there is no such case.
    """
    folder = Path(name)
    if (folder / CASE_FILE).is_file() and not is_result(folder):
        return _own_case(folder, tables_in(folder), registry=True, with_rows=False)
    if folder.is_dir():
        return _open_folder(folder, registry=True)
    incident = load_incident(str(name))
    inputs = CaseData(
        case_id=incident.id,
        title=incident.name,
        rows=(),
        seeds=incident.seeds,
        labels=LabelIndex(incident.labels, ""),
        history=frozenset(),
        assets=incident.assets,
        hashes=input_hashes(incident.seeds, incident.labels),
        tlp=PUBLIC,
    )
    return Case(inputs, incident.labels, NO_PRICES, incident)


def fetched_bundle(folder: Path) -> Bundle | None:
    """Return the bundle a fetch left in a folder, or ``None`` where there is none."""
    return open_bundle(folder) if (folder / "manifest.json").is_file() else None


def _incident_case(incident: Incident, bundle: Bundle, *, registry: bool) -> Case:
    rows, notes = _rows_of(bundle)
    inputs = CaseData(
        case_id=incident.id,
        title=incident.name,
        rows=rows,
        seeds=incident.seeds,
        labels=LabelIndex(incident.labels, ""),
        history=incident.history,
        assets={**registry_assets(), **incident.assets},
        notes=notes,
        tlp=PUBLIC,
    )
    return _with_bundle(inputs, incident.labels, bundle, incident, registry=registry)


def _rows_of(bundle: Bundle) -> tuple[Sequence[Transfer] | Sequence[LedgerLeg], tuple[str, ...]]:
    """Return the movements of a bundle and the notes of their reader; a ledger in it has whole transactions."""
    tables = bundle.manifest.tables
    if "ledger" in tables:
        ledger = read_ledger(bundle.table("ledger"))
        return whole_transactions(ledger.legs), ledger.notes
    if "transfers" in tables:
        table = read_transfers(bundle.table("transfers"))
        return table.transfers, table.notes
    return (), ()


def _with_bundle(
    inputs: CaseData, own: tuple[Label, ...], bundle: Bundle, incident: Incident | None, *, registry: bool
) -> Case:
    """Return a case with the rows of its bundle, and what the registry knows of the addresses among them."""
    if bundle.manifest.pins is not None:
        inputs = gathered_of(bundle).inputs(inputs)
    labels = with_registry(own, inputs.rows, registry=registry)
    held = {name: table.sha256 for name, table in bundle.manifest.tables.items() if name in ("transfers", "ledger")}
    hashes = {"bundle": {"case": bundle.manifest.case, **held}, **input_hashes(inputs.seeds, labels, bundle.prices())}
    folder = bundle.folder.parent if bundle.folder.name == BUNDLE_FOLDER else None
    inputs = replace(inputs, labels=LabelIndex(labels, ""), hashes=hashes, registry=registry)
    words = (inputs.case_id, *(() if registry else ("--no-registry",)))
    return Case(inputs, labels, bundle.prices(), incident, folder, words=words)


def is_own_folder(folder: Path) -> bool:
    """Return whether a folder holds tables of the caller's own, neither a private case nor a result."""
    return folder.is_dir() and not any((folder / name).exists() for name in (CASE_FILE, "summary.json"))


def _open_folder(folder: Path, *, registry: bool) -> Case:
    if is_result(folder):
        before = earlier_result(folder)
        return _on_file(before.case_id, registry=registry and before.registry).under(before.options)
    if (folder / CASE_FILE).is_file():
        return _own_case(folder, tables_in(folder), registry=registry)
    return open_own_folder(folder, registry=registry)


def _own_case(folder: Path, found: Mapping[str, Any], *, registry: bool, with_rows: bool = True) -> Case:
    """Open a private case: its seeds and labels, and if wanted the rows of its bundle once it was fetched."""
    said = Fields(read_yaml(folder / CASE_FILE), CASE_FILE)
    case_id, title = said.text("id"), said.text("title")
    said.text("schema")
    marking = said.parse("tlp", parse_marking, OWN)
    said.done()
    seeds = read_seeds(found["seeds"])
    chain = only_chain(seed.chain for seed in seeds if seed.chain)
    labels = read_labels(found["labels"], chain) if "labels" in found else ()
    notes = label_notes(found["labels"]) if "labels" in found else ()
    hashes = input_hashes(seeds, labels)
    inputs = CaseData(
        case_id, title, (), seeds, LabelIndex(labels, ""), frozenset(), hashes=hashes, notes=notes, tlp=marking
    )
    bundle = fetched_bundle(folder / BUNDLE_FOLDER) if with_rows else None
    if bundle is None:
        return Case(replace(inputs, registry=registry), labels, NO_PRICES, None, folder)
    return _with_bundle(inputs, labels, bundle, None, registry=registry)
