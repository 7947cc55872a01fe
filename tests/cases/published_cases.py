"""Real cases of other hands, opened from their tables, and the few sums that tests of them ask for."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import tracer

BITCOIN = "bip122:000000000019d6689c085ae165831e93/slip44:0"


def opened(shared: Path, name: str, **said: Any) -> tracer.Case:
    """Open the tables of one case of the recorded facts as an analyst would open his own."""
    folder = shared / "facts" / "cases" / name
    rows = "ledger" if (folder / "ledger.csv").is_file() else "transfers"
    given: dict[str, Any] = {
        rows: folder / f"{rows}.csv",
        "seeds": folder / "seeds.csv",
        "labels": folder / "labels.csv",
    }
    return tracer.open_table(**{**given, **said})


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def at(trace: tracer.Trace, address: str, origin: str = "") -> dict[str, int]:
    """Return what a rule leaves at an address, by asset; of one theft where it is named."""
    found: dict[str, int] = defaultdict(int)
    for leaf in trace.result.exits:
        if leaf.address == address and origin in ("", leaf.origin.name):
            found[leaf.asset] += leaf.tainted
    return dict(found)


def any_rule(trace: tracer.Trace, address: str, origin: str) -> list[tuple[int, int, str]]:
    """Return the interval and class at each place of an address for a theft."""
    ranges = trace.bounds().by_theft
    return [
        (one.min, one.max, one.certainty)
        for (place, theft), one in sorted(ranges.items(), key=lambda item: item[0])
        if (place.address, theft) == (address, origin)
    ]


def closes(trace: tracer.Trace) -> bool:
    """Return whether the audit closes with difference 0 for every origin, and the exits are what was stolen."""
    exits: dict[tuple[str, str], int] = defaultdict(int)
    for leaf in trace.result.exits:
        exits[leaf.origin.name, leaf.origin.asset] += leaf.origin_amount
    audit = trace.result.audit
    return audit.closed and set(audit.difference.values()) == {0} and exits == trace.result.stolen


def is_drawn_and_written(trace: tracer.Trace, out: Path) -> bool:
    """Return whether every picture and every file comes out, the report among them."""
    trace.write(out)
    pictures = (trace.draw().svg, trace.sankey().svg, trace.timeline().svg)
    return not trace.undrawn() and all("<svg" in one for one in pictures) and (out / "report.html").is_file()
