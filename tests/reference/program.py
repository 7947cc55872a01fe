"""Runs the program on worlds, as a stranger would, and reads back every file it writes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from worlds import World, write

ROOT = Path(__file__).parents[2]
LAST_FILES = (
    "summary.json", "exits.csv", "cashouts.csv", "movements.csv", "touched.parquet", "flagged.csv", "kept_off.csv",
    "leads.csv", "graph.svg", "graph.graphml", "report.html", "legend.md", "manifest.json",
)  # fmt: skip


class FailedRunError(Exception):
    """The program did not do what was asked."""


@dataclass
class Output:
    """What one run wrote."""

    folder: Path
    policy: str
    bounds: bool
    complete: bool

    def table(self, name: str) -> list[dict]:
        """Read one of its tables."""
        with (self.folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    def summary(self) -> dict:
        """Read its summary."""
        return json.loads((self.folder / "summary.json").read_text())

    def faults(self) -> list[str]:
        """Say which files are missing, unreadable, or not what the manifest says."""
        found = [f"{name} is missing" for name in LAST_FILES if not (self.folder / name).is_file()]
        manifest = (self.folder / "manifest.json").read_text()
        for name in LAST_FILES:
            path = self.folder / name
            if name in ("manifest.json", "touched.parquet") or not path.is_file():
                continue
            if hashlib.sha256(path.read_bytes()).hexdigest() not in manifest:
                found.append(f"{name} is not what manifest.json says")
        for name in ("graph.svg", "graph.graphml"):
            if (self.folder / name).is_file():
                ET.parse(self.folder / name)
        if (self.folder / "touched.parquet").is_file():
            touched = {(row["event"], row["tx"], row["sender"], row["recipient"]) for row in self.touched()}
            found += [
                f"touched.parquet lacks the movement {row['seq']}"
                for row in self.table("movements.csv")
                if (row["event"], row["tx"], row["sender"], row["recipient"]) not in touched
            ]
        return found

    def touched(self) -> list[dict]:
        """Read the Parquet of all rows that touch a followed holder; what is absent is empty text."""
        import pyarrow.parquet as pq

        rows = pq.read_table(self.folder / "touched.parquet").to_pylist()
        return [{key: "" if value is None else value for key, value in row.items()} for row in rows]


def tracer(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of this checkout."""
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
    )


def trace(worlds: list[World], folder: Path, policy: str, *, bounds: bool = True, complete: bool = True) -> Output:
    """Trace some worlds in one run, to the last file."""
    options = write(worlds, folder / "in")
    out = folder / f"out-{policy}"
    more = ["--bounds"] * bounds + ["--complete"] * complete
    done = tracer("trace", *options, "--policy", policy, *more, "--out", str(out), "--overwrite", "--no-registry")
    if done.returncode:
        raise FailedRunError(f"exit {done.returncode}: {done.stderr.strip()[-2000:]}")
    return Output(out, policy, bounds, complete)


def compare(worlds: list[World], folder: Path, *, complete: bool = True) -> list[dict]:
    """Compare the six rules in one run and return the rows of compare.csv."""
    options = write(worlds, folder / "in")
    out = folder / "compare.csv"
    done = tracer("compare", *options, *["--complete"] * complete, "--out", str(out), "--overwrite", "--no-registry")
    if done.returncode:
        raise FailedRunError(f"exit {done.returncode}: {done.stderr.strip()[-2000:]}")
    with out.open(newline="") as file:
        return list(csv.DictReader(file))
