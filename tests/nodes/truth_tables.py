"""Writes a story's truth as the input tables of a trace: what a perfect collection would have given."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from scripted import Movement

TRANSFERS = ("chain", "block", "position", "time", "tx", "kind", "sender", "recipient", "asset", "amount", "event")


def write_tables(
    folder: Path, movements: Sequence[Movement], seeds: Sequence[Mapping[str, str]], labels: Sequence[Mapping[str, str]]
) -> None:
    """Write ``transfers.csv``, ``seeds.csv`` and ``labels.csv``; position is the place among a block's movements."""
    rows: list[tuple[object, ...]] = []
    for _, block in groupby(movements, key=lambda one: one.block):
        for position, move in enumerate(block):
            place = (move.chain, move.block, position, move.time, move.tx, move.kind)
            rows.append((*place, move.sender, move.recipient, move.asset, move.amount, move.event))
    write_csv(folder / "transfers.csv", TRANSFERS, rows)
    write_csv(folder / "seeds.csv", tuple(seeds[0]), [tuple(seed.values()) for seed in seeds])
    write_csv(folder / "labels.csv", tuple(labels[0]), [tuple(label.values()) for label in labels])


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with newlines that are the same everywhere."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
