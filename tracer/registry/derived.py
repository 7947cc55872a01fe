"""What the program makes of ``addresses/``: the list of sources, the counts and hashes of bundles, and the index.

People write the data; these files follow from it. They are compared in every check and written by
``tracer validate --write``, so that nobody copies a count or a hash by hand.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError
from tracer.io import (
    BundleTable,
    Manifest,
    json_text,
    manifest_record,
    read_manifest,
    read_table,
    sha256_of,
    write_file,
)
from tracer.registry.index import INDEX_FILE, build_index
from tracer.registry.tallies import sources_markdown

SOURCES_FILE: Final = "SOURCES.md"


def made_files(folder: Path) -> dict[str, str]:
    """Return the text of every made file that an ``addresses/`` folder has, by its name relative to the folder.

    Raises
    ------
    DataFileError
        If the data they follow from breaks its form.
    """
    made = {}
    if (folder / SOURCES_FILE).is_file():
        made[SOURCES_FILE] = sources_markdown(folder)
    return made | made_manifests(folder)


def made_manifests(folder: Path) -> dict[str, str]:
    """Return the manifests of the bundles with the counts and hashes of the tables beside them."""
    made = {}
    for path in sorted((folder / "bundles").glob("*/manifest.json")):
        manifest = read_manifest(path.parent)
        made[path.relative_to(folder).as_posix()] = json_text(manifest_record(_recounted(path.parent, manifest)))
    return made


def stale_files(folder: Path) -> tuple[str, ...]:
    """Return the names of the made files that are not what the data gives, in order."""
    return tuple(name for name, text in sorted(made_files(folder).items()) if _text(folder / name) != text)


def write_made(folder: Path) -> tuple[str, ...]:
    """Write the made files anew where they differ, manifests first, and an index where one lies there.

    Returns
    -------
    tuple of str
        What was written, in order.

    Raises
    ------
    DataFileError
        If the data they follow from breaks its form: nothing of what follows from it is written then.
    """
    written = [name for name, text in made_manifests(folder).items() if _put(folder / name, text)]
    sources = sources_markdown(folder)
    if _put(folder / SOURCES_FILE, sources):
        written.append(SOURCES_FILE)
    index = folder / INDEX_FILE
    if index.is_file():
        before = index.read_bytes()
        build_index(folder, index)
        written += [INDEX_FILE] if index.read_bytes() != before else []
    return tuple(written)


def _recounted(bundle: Path, manifest: Manifest) -> Manifest:
    """Return a manifest with the rows and bytes of its tables as they are, and how many of its rows are anchored."""
    tables = {}
    anchored, recorded = manifest.anchored, manifest.anchor_rows
    for name, table in manifest.tables.items():
        path = bundle / table.path
        if not path.is_file():
            raise DataFileError(
                f"{bundle.name}/{table.path} is missing.",
                why="The manifest of the bundle names it.",
                next_step="Put the table there, or take it out of the manifest.",
            )
        records = list(read_table(path, ("source",)).records())
        tables[name] = BundleTable(name, table.path, len(records), sha256_of(path.read_bytes()))
        if name in ("transfers", "ledger"):
            said = [record for record in records if name == "ledger" or record.text("grade") == "recorded"]
            recorded, anchored = len(said), sum(bool(record.text("tx")) for record in said)
    return replace(manifest, tables=tables, anchored=anchored, anchor_rows=recorded)


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def _put(path: Path, text: str) -> bool:
    if _text(path) == text:
        return False
    write_file(path, text.encode(), overwrite=True)
    return True
