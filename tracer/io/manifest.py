"""The manifest of a bundled case: what its tables are, and whether their bytes are still those."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracer.io.fields import Fields, parse_date
from tracer.io.provenance import Pins, pins_record, read_pins
from tracer.io.readers import read_json
from tracer.io.writers import sha256_of
from tracer.model import RANKS, Publication, parse_amount

BUNDLE_SCHEMA: Final = "tracer-bundle/1"


@dataclass(frozen=True, slots=True)
class BundleTable:
    """One table of a bundle.

    Attributes
    ----------
    name, path : str
        Its name, and its file name inside the bundle.
    rows : int
        Number of data rows.
    sha256 : str
        Hash of its bytes, lower-case hex.
    """

    name: str
    path: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself.

    Attributes
    ----------
    case : str
        Incident id.
    as_of : dict of str to str
        Day each part of the bundle speaks for (``labels``, ``transfers``, ``prices``).
    sources : dict of str to Publication
        Where the rows come from; the column `source` of a table holds these keys.
    tables : dict of str to BundleTable
        By name.
    raw : tuple of str
        Raw responses kept, by hash.
    raw_reason : str
        Why there are none, where there are none.
    missing : tuple of str
        What the bundle does not have, in sentences.
    anchored, anchor_rows : int
        How many rows of how many carry a transaction hash a reader can look up on the chain.
    anchor_note : str
        What the count means.
    sha256 : str
        Hash of the manifest's own bytes.
    pins : Pins or None
        Of a bundle collected from sources: where it ends on each chain, under which limits, and its raw replies.
    """

    case: str
    as_of: dict[str, str]
    sources: dict[str, Publication]
    tables: dict[str, BundleTable]
    raw: tuple[str, ...]
    raw_reason: str
    missing: tuple[str, ...]
    anchored: int
    anchor_rows: int
    anchor_note: str
    sha256: str
    pins: Pins | None = None


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a bundle folder.

    Raises
    ------
    DataFileError
        If it is missing or breaks its form.
    """
    path = folder / "manifest.json"
    top = Fields(read_json(path), path.name)
    schema = top.text("schema")
    if schema != BUNDLE_SCHEMA:
        raise top.error(f"{schema[:40]!r} is not {BUNDLE_SCHEMA!r}.", "schema", "This program reads that form only.")
    as_of = top.sub("as_of")
    anchors = top.sub("anchors")
    manifest = Manifest(
        case=top.text("case"),
        as_of={key: as_of.parse(key, parse_date) for key in as_of.rest()},
        sources={key: _source(key, entry) for key, entry in top.subs("sources")},
        tables={name: _table(name, entry) for name, entry in top.subs("tables")},
        raw=top.texts("raw"),
        raw_reason=top.text("raw_reason", ""),
        missing=top.texts("missing"),
        anchored=anchors.parse("rows", parse_amount),
        anchor_rows=anchors.parse("of", parse_amount),
        anchor_note=anchors.text("note"),
        sha256=sha256_of(path.read_bytes()),
        pins=read_pins(top.sub("collected")) if top.has("collected") else None,
    )
    anchors.done()
    top.done()
    return manifest


def manifest_record(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as its file holds it, without its own hash; numbers are text."""
    record: dict[str, Any] = {
        "schema": BUNDLE_SCHEMA,
        "case": manifest.case,
        "as_of": dict(sorted(manifest.as_of.items())),
        "sources": {key: _source_record(one) for key, one in sorted(manifest.sources.items())},
        "tables": {
            name: {"path": one.path, "rows": str(one.rows), "sha256": one.sha256}
            for name, one in sorted(manifest.tables.items())
        },
        "raw": list(manifest.raw),
        "missing": list(manifest.missing),
        "anchors": {
            "rows": str(manifest.anchored),
            "of": str(manifest.anchor_rows),
            "note": manifest.anchor_note,
        },
    }
    if manifest.raw_reason:
        record["raw_reason"] = manifest.raw_reason
    if manifest.pins is not None:
        record["collected"] = pins_record(manifest.pins)
    return record


def table_fault(folder: Path, table: BundleTable) -> str:
    """Return what is wrong with a table's file, or an empty text: missing, other bytes, or other rows."""
    path = folder / table.path
    if not path.is_file():
        return f"the table {table.name!r} is missing ({table.path})."
    data = path.read_bytes()
    if sha256_of(data) != table.sha256:
        return f"the bytes of the table {table.name!r} ({table.path}) are not those the manifest was written for."
    return ""


def _table(name: str, entry: Fields) -> BundleTable:
    path = entry.text("path")
    if "/" in path or "\\" in path or path.startswith("."):
        raise entry.error(f"{path[:60]!r} is not a plain file name.", "path", "A table never leaves its bundle.")
    table = BundleTable(name, path, entry.parse("rows", parse_amount), entry.text("sha256"))
    entry.done()
    return table


def _source_record(source: Publication) -> dict[str, str]:
    record = {
        "publisher": source.publisher,
        "title": source.title,
        "url": source.url,
        "rank": source.rank,
        "licence": source.licence,
    }
    days = {"published": source.published, "retrieved": source.retrieved}
    return record | {key: day for key, day in days.items() if day}


def _source(key: str, entry: Fields) -> Publication:
    rank = entry.text("rank")
    if rank not in RANKS:
        raise entry.error(f"{rank[:10]!r} is not a rank.", "rank", f"Ranks are {', '.join(RANKS)}.")
    source = Publication(
        key=key,
        publisher=entry.text("publisher"),
        title=entry.text("title"),
        url=entry.text("url"),
        published=entry.date("published"),
        retrieved=entry.date("retrieved"),
        rank=rank,
        licence=entry.text("licence"),
    )
    entry.done()
    return source
