"""The bundle of a case: tables whose bytes are checked against the manifest before anything is read from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracer.bundle.writing import refuse_links
from tracer.errors import SourceError
from tracer.io import Manifest, Pins, Prices, bundles_dir, price_sources, read_manifest, read_prices, table_fault
from tracer.model import Publication


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose tables are what its manifest says.

    Attributes
    ----------
    folder : Path
        Where it is.
    manifest : Manifest
        What it says of itself: case, days, sources, tables, anchors, and what is missing.
    """

    folder: Path
    manifest: Manifest

    def table(self, name: str) -> Path:
        """Return the file of a table.

        Raises
        ------
        PublicationError
            If the bundle has no such table.
        """
        held = self.manifest.tables.get(name)
        if held is None:
            raise SourceError(
                f"The bundle of {self.manifest.case} has no table {name[:40]!r}.",
                why=f"It has: {', '.join(sorted(self.manifest.tables))}.",
            )
        return self.folder / held.path

    def source(self, key: str) -> Publication:
        """Return where a row comes from, by the key in its column `source`.

        Raises
        ------
        PublicationError
            If the manifest does not name that source.
        """
        if key not in self.manifest.sources:
            raise SourceError(
                f"The bundle of {self.manifest.case} does not name the source {key[:40]!r}.",
                why="Every row of a bundle says where it comes from.",
            )
        return self.manifest.sources[key]

    def prices(self) -> Prices:
        """Return the prices of the bundle; without a table of them, nothing has a price."""
        if "prices" not in self.manifest.tables:
            return Prices({}, "")
        named = (self.source(key) for key in price_sources(self.table("prices")))
        return read_prices(self.table("prices"), "; ".join(f"{one.publisher}, {one.title}" for one in named))


def open_bundle(folder: Path) -> Bundle:
    """Return the bundle in a folder, its tables checked byte for byte.

    Raises
    ------
    PublicationError
        If there is no bundle, a table is missing or was changed, or a link stands in its place; it is named.
    DataFileError
        If the manifest breaks its form.
    """
    if not (folder / "manifest.json").is_file():
        raise SourceError(
            f"There is no bundle in {folder.name!r}.",
            why="A bundle is a folder with a manifest.json.",
            next_step="`tracer cases` says which cases ship with one.",
        )
    refuse_links(folder)
    manifest = read_manifest(folder)
    for name in sorted(manifest.tables):
        fault = table_fault(folder, manifest.tables[name])
        if fault:
            raise SourceError(
                f"The bundle of {manifest.case} is damaged: {fault}",
                why="Figures derived from changed bytes would not be those of the case.",
                next_step="Fetch the case again, or take the bundle again from the release it came with.",
            )
    return Bundle(folder, manifest)


def pins_before(folder: Path) -> Pins | None:
    """Return what an earlier fetch into a folder says of itself, or ``None`` where there was none.

    Its tables are not looked at: whoever fetches derives them anew, and a kill while they were replaced leaves some
    that the manifest was not written for.

    Raises
    ------
    SourceError
        If a link stands in its place.
    DataFileError
        If the manifest breaks its form.
    """
    if not (folder / "manifest.json").is_file():
        return None
    refuse_links(folder)
    return read_manifest(folder).pins


def bundle_of(incident_id: str) -> Bundle | None:
    """Return the shipped bundle of an incident, or ``None`` where the incident ships without one."""
    folder = bundles_dir() / incident_id
    return open_bundle(folder) if (folder / "manifest.json").is_file() else None
