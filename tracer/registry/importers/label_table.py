"""Label tables as others write them, and the columns of a facts table with attribution tiers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, TracerError
from tracer.io import Record, Table, plain, read_table
from tracer.model import RANKS, Label, parse_address, parse_chain
from tracer.registry.build import CONFIDENCE_OF_RANK
from tracer.registry.importers.imported import Imported, Refused
from tracer.registry.importers.words import category_of
from tracer.registry.labels import REQUIRED, label_of, labels_to_csv

FACTS: Final = ("chain", "address", "label", "category", "incident_id", "role", "attribution_tier", "source_url")

_COLUMN: Final = re.compile(r".*?, row \d+, column '([^']*)': ")
_RANK_OF: Final = {name: rank for rank, name in RANKS.items()} | {"victim": "A3"}
"""Tiers by their word; tables written by others call A3 after the victim alone."""


def read(path: Path) -> Imported:
    """Read a label table; a row that cannot be used is refused and counted, a foreign category is translated.

    Raises
    ------
    DataFileError
        If the file is no table, or has the columns of neither form.
    """
    table = read_table(path, ("address", "label", "category", "source_url"))
    facts = set(FACTS) <= set(table.columns)
    if not facts and not set(REQUIRED) <= set(table.columns):
        missing = next(column for column in REQUIRED if column not in table.columns)
        raise DataFileError(
            f"{path.name}, row 0 (header): the column {missing!r} is missing.",
            why=f"A table of labels has the columns {', '.join(REQUIRED)}; one of facts {', '.join(FACTS)}.",
            next_step=f"The file has: {', '.join(table.columns)[:300]}.",
        )
    labels: dict[Label, None] = {}
    refused: list[Refused] = []
    notes: list[str] = []
    for record in table.records():
        try:
            found = _facts(record, notes) if facts else (label_of(_translated(table, record, notes)),)
        except TracerError as cause:
            column = _COLUMN.match(cause.what)
            what = cause.what[column.end() :] if column else cause.what
            refused.append(Refused(path.name, record.number, column[1] if column else "", what))
            continue
        labels.update(dict.fromkeys(found))
    return Imported(tuple(labels), tuple(dict.fromkeys(notes)), tuple(refused))


def write(labels: Iterable[Label]) -> str:
    """Return labels as a table with every column of a label."""
    return labels_to_csv(labels)


def _translated(table: Table, record: Record, notes: list[str]) -> Record:
    """Return the record with its category in our words."""
    category = _category(record, notes)
    place = table.columns.index("category")
    cells = (*record.cells[:place], category, *record.cells[place + 1 :])
    return Record(record.file, record.number, record.index, cells)


def _category(record: Record, notes: list[str]) -> str:
    category, word = category_of(record.text("category"))
    if word and category == "unknown":
        raise record.error(
            "category", f"{word[:40]!r} is not a category.", "It would decide whether money is followed."
        )
    if word:
        notes.append(f"{word!r} is filed under {category}.")
    return category


def _facts(record: Record, notes: list[str]) -> tuple[Label, ...]:
    """Return a label for each incident that the row names."""
    chain = record.parse("chain", lambda _: parse_chain(record.text("chain")))
    category = _category(record, notes)
    tier = record.text("attribution_tier")
    if tier not in _RANK_OF:
        raise record.error("attribution_tier", f"{tier[:40]!r} is not a tier.", f"Tiers are {', '.join(_RANK_OF)}.")
    rank = _RANK_OF[tier]
    label = plain(record.text("label"))
    incidents = dict.fromkeys(plain(record.text("incident_id")).split(";"))
    one = Label(
        chain=chain,
        address=record.parse("address", lambda _: parse_address(chain, record.text("address"))),
        label=label,
        category=category,
        entity="",
        publisher=plain(record.text("source_title") or record.text("source_url")),
        source_url=plain(record.text("source_url")),
        rank=rank,
        role=plain(record.text("role")),
        confidence=CONFIDENCE_OF_RANK[rank],
    )
    return tuple(replace(one, incident=incident) for incident in incidents)
