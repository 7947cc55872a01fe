"""What ``addresses/`` holds, as a notebook and the command line ask for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.errors import InputError
from tracer.io import Records, bundles_dir
from tracer.model import RANKS, Statement
from tracer.registry import as_of_date, in_force, load_incidents, release_date, same_key
from tracer.registry import why as statements_on

if TYPE_CHECKING:
    from tracer.registry import LabelStore, Problem
    from tracer.report import Frame


def cases() -> Frame:
    """Return the incidents on file, one row each, in order of date."""
    import pandas as pd

    from tracer.report import framed

    return framed(pd.DataFrame(case_list(), dtype=object))


def case_list() -> list[dict[str, Any]]:
    """Return the incidents on file as plain records, ordered by date.

    Keys: id, name, date, kind, losses (exact, where published so), taken (as published), usd_min, usd_max,
    attribution_rank (of what is on file), reported_rank (of what that reports), attributed_to, suspected, contested,
    seeds, labels, bundle.
    """
    from tracer.report import annex_row

    bundled = bundled_cases()
    records = []
    for incident in load_incidents():
        row = annex_row(incident)
        records.append(
            {
                "id": incident.id,
                "name": incident.name,
                "date": incident.date,
                "kind": incident.kind,
                "losses": [{"asset": loss.asset, "amount": str(loss.amount)} for loss in incident.losses],
                "taken": list(row.taken),
                "usd_min": "" if row.usd_min is None else str(row.usd_min),
                "usd_max": "" if row.usd_max is None else str(row.usd_max),
                "attribution_rank": row.rank,
                "reported_rank": row.reported,
                "attributed_to": list(row.to),
                "suspected": list(row.suspected),
                "contested": row.contested,
                "seeds": len(incident.seeds),
                "labels": len(incident.labels),
                "bundle": incident.id in bundled,
            }
        )
    return records


def why(addresses: str | Iterable[str], *, as_of: str | date = "") -> Frame:
    """Return every statement held on one or more addresses, in the order asked; unknown ones come back empty.

    Parameters
    ----------
    addresses : str or iterable of str
        An address or a CAIP-10 id, or several.
    as_of : str or date, optional
        The day on which a statement is in force or not; the registry's release unless told.

    Raises
    ------
    AddressError
        If a text is no address of any chain.
    """
    import pandas as pd

    day = as_of_date(as_of)
    asked = [addresses] if isinstance(addresses, str) else list(addresses)
    records = [record for address in asked for record in (why_list(address, as_of=day) or [{"address": address}])]
    columns = list(_STATEMENT_COLUMNS)
    from tracer.report import framed

    return framed(pd.DataFrame(records, columns=columns, dtype=object).fillna(""))


_STATEMENT_COLUMNS: Final = (
    *("address", "chain", "property", "value", "publisher", "rank", "rank_name", "grade", "confidence", "incident"),
    *("valid_from", "valid_until", "in_force", "title", "source_url", "published", "licence", "note"),
)


def why_list(address: str, *, as_of: str = "") -> list[dict[str, Any]]:
    """Return the statements on one address as plain records, those in force first."""
    day = as_of or release_date()
    return [_record(said, day) for said in statements_on(address, as_of=as_of, store=_store())]


def why_hints(address: str, *, as_of: str = "") -> list[dict[str, Any]]:
    """Return what is said of the same key on other chains: records as of :func:`why_list`, and ``hint``, what it is."""
    day = as_of or release_date()
    return [{**_record(said, day), "hint": meaning} for said, meaning in same_key(address, as_of=as_of, store=_store())]


def _record(said: Statement, day: str) -> dict[str, Any]:
    cells = (
        *(said.address, said.chain, said.property, said.value, said.source.publisher, said.source.rank),
        *(RANKS.get(said.source.rank, ""), said.grade, said.confidence, said.incident),
        *(said.valid_from, said.valid_until, in_force(said, day), said.source.title, said.source.url),
        *(said.source.published, said.source.licence, said.note),
    )
    return dict(zip(_STATEMENT_COLUMNS, cells, strict=True))


def _store() -> LabelStore | None:
    """Return the local label store, or ``None`` where nothing was imported yet.

    Raises
    ------
    InputError
        If ``TRACER_STORE`` names a place where no store is: "nothing is held" would be said of a mistyped name.
    """
    from tracer.registry import LabelStore, default_path

    path = default_path()
    if path.is_file():
        return LabelStore(None)
    if os.environ.get("TRACER_STORE"):
        raise InputError(
            f"There is no label store {path.name!r}.",
            why="TRACER_STORE names a folder." if path.is_dir() else "TRACER_STORE names a file that does not exist.",
            next_step="Correct it; or import a list first, which makes the store: tracer registry import FORMAT FILE.",
        )
    return None


def validate(folder: str | Path | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with an ``addresses/`` folder, each with file and line; empty when all is well."""
    from tracer.registry import validate as check_folder

    return Records(check_folder(Path(folder) if folder is not None else None))


def bundled_cases() -> list[str]:
    """Return the ids of the incidents that ship with a bundle, sorted."""
    folder = bundles_dir()
    return sorted(path.parent.name for path in folder.glob("*/manifest.json")) if folder.is_dir() else []
