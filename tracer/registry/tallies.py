"""How much ``addresses/`` holds, what may only be imported, and every source it rests on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.io import Fields, addresses_dir, read_yaml
from tracer.model import RANKS, Publication, parse_amount
from tracer.registry.lists import list_files, read_list
from tracer.registry.load import all_statements, load_incidents, load_service_labels

IMPORTABLE_SCHEMA: Final = "tracer-importable/1"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the registry holds.

    Attributes
    ----------
    thefts, investigations, trainings : int
        Incidents by kind; a training case is synthetic.
    attributed, disputed, suspected : int
        Thefts that somebody on file attributes; those of them that somebody disputes; thefts with a suspicion only.
    labels, service_labels, listed : int
        Addresses labelled in incidents, of services, and rows of published lists.
    statements, sources : int
        Single statements, and where they are published.
    importable : dict of str to int
        Rows of collections without a licence, which do not ship, by collection.
    """

    thefts: int
    investigations: int
    trainings: int
    attributed: int
    disputed: int
    suspected: int
    labels: int
    service_labels: int
    listed: int
    statements: int
    sources: int
    importable: dict[str, int]

    def sentences(self) -> tuple[str, ...]:
        """Return the counts in words."""
        collections = ", ".join(f"{name} {rows:,}" for name, rows in self.importable.items())
        shipped = self.labels + self.service_labels
        return (
            f"{self.thefts} thefts and {self.investigations} investigations on file; "
            f"{self.trainings} synthetic training case{'' if self.trainings == 1 else 's'}.",
            f"{self.attributed} thefts are attributed, {self.disputed} of them against dissent; {self.suspected} are "
            f"only suspected and {self.thefts - self.attributed - self.suspected} attributed by nobody: these never "
            "count as attributed.",
            f"Shipped: {shipped:,} labels ({self.labels:,} in incidents, {self.service_labels:,} of services), "
            f"{self.listed:,} rows of lists; {self.statements:,} statements of {self.sources:,} sources.",
            f"Importable only: {sum(self.importable.values()):,} rows of collections without licence ({collections}).",
        )


def counts(folder: Path | None = None) -> Counts:
    """Return how much an ``addresses/`` folder holds.

    Raises
    ------
    DataFileError
        If a file breaks its form.
    """
    home = folder or addresses_dir()
    incidents = load_incidents(home)
    statements = all_statements(home)
    thefts = [incident for incident in incidents if incident.kind == "theft"]
    return Counts(
        thefts=len(thefts),
        investigations=sum(incident.kind == "investigation" for incident in incidents),
        trainings=sum(incident.kind == "training" for incident in incidents),
        attributed=sum(one.attributed for one in thefts),
        disputed=sum(one.attributed and bool(one.dissent) for one in thefts),
        suspected=sum(bool(one.attributions) and not one.attributed for one in thefts),
        labels=sum(len(incident.labels) for incident in incidents),
        service_labels=len(load_service_labels(home)),
        listed=sum(read_list(path).rows for path in list_files(home)),
        statements=len(statements),
        sources=len(_sources(home)),
        importable=read_importable(home),
    )


def read_importable(folder: Path) -> dict[str, int]:
    """Return the rows that do not ship, by collection.

    Raises
    ------
    DataFileError
        If ``importable.yml`` breaks its form.
    """
    path = folder / "importable.yml"
    top = Fields(read_yaml(path), path.name)
    schema = top.text("schema")
    if schema != IMPORTABLE_SCHEMA:
        raise top.error(f"{schema[:40]!r} is not {IMPORTABLE_SCHEMA!r}.", "schema")
    top.text("reason")
    collections = top.sub("collections")
    found = {name: collections.parse(name, parse_amount) for name in collections.rest()}
    top.done()
    return found


def sources_markdown(folder: Path | None = None) -> str:
    """Return ``SOURCES.md``: every source, strongest rank first, with its licence and how often it is used."""
    used = _sources(folder or addresses_dir())
    lines = [
        "# Sources",
        "",
        "Every statement and figure in `addresses/` names one of these. The file is made by the program, and a test",
        "compares the two. Ranks say who speaks, not whether it is true.",
        "",
        "| rank | publisher | title | published | licence | uses |",
        "|---|---|---|---|---|--:|",
    ]
    for source in sorted(used, key=lambda one: (one.rank, one.publisher.lower(), one.title, one.url, one.published)):
        cells = (
            f"{source.rank} {RANKS[source.rank]}",
            _cell(source.publisher),
            f"[{_cell(source.title)}]({source.url.replace(' ', '%20').replace(')', '%29')})",
            source.published,
            _cell(source.licence),
            str(used[source]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _sources(folder: Path) -> Counter[Publication]:
    """Return every source without its local key, and how many statements and figures rest on it."""
    used: Counter[Publication] = Counter()
    for incident in load_incidents(folder):
        named = [one.source for one in incident.figures]
        named += [one.source for one in incident.losses]
        named += [one.source for one in (*incident.attributions, *incident.dissent)]
        named += [one.source for one in incident.checkpoints]
        named += [one.source for one in incident.claims]
        used.update(map(_bare, named))
    used.update(_bare(said.source) for said in all_statements(folder))
    return used


def _bare(source: Publication) -> Publication:
    return Publication(
        key="",
        publisher=source.publisher,
        title=source.title,
        url=source.url,
        published=source.published,
        retrieved=source.retrieved,
        rank=source.rank,
        licence=source.licence,
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]").replace("<", "&lt;")
