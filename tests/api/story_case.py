"""A private case as an investigator would make it of a story acted out on a node: its thefts and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tracer.api.create import new_case
from tracer.io.writers import csv_text


class Story(Protocol):
    """What is known of a story from outside."""

    thefts: dict[str, str]
    seeds: list[dict[str, str]]
    labels: list[dict[str, str]]


def private_case(folder: Path, story: Story, chain: str = "eip155:31337") -> Path:
    """Make the case of a story without asking anybody; return its folder."""
    new_case([f"{chain}:{tx}" for tx in story.thefts.values()], folder, offline=True)
    write_table(folder / "seeds.csv", story.seeds)
    write_table(folder / "labels.csv", story.labels)
    return folder


def write_table(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write records as a table, a column for every key."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    path.write_text(csv_text(columns, [[row.get(column, "") for column in columns] for row in rows]), "utf-8")
