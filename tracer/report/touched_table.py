"""``touched.parquet`` of a large case, written from columns: no text of a row is made in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tracer.io import csv_of_arrays, integers_of, repeated, strings_of

if TYPE_CHECKING:
    from tracer.trace import Movements

_SAFE: Final = "^([A-Za-z0-9][ !#-+.-:<-~-]*)?$"
"""Cells that a CSV table has as they are: nothing to quote, nothing a spreadsheet would run, nothing that hides."""
_CHUNK: Final = 131_072


def touched_arrays(movements: Movements, read: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the columns of ``touched.parquet`` as Arrow arrays, by name and in order.

    Parameters
    ----------
    movements : Movements
        All rows that touch a followed holder.
    read : mapping of str to (str, str)
        Key and address of each source that the rows give.
    """
    import numpy as np

    touched = movements.touched
    rows, indices = touched.rows, touched.indices
    count = len(indices)
    held = rows.arrow(rows.all_places()[indices])
    empty = repeated("", count)
    numbers = touched.numbers[indices].tolist()
    events = [
        f"e{number + 1}" if number >= 0 else touched.names.get(index, "")
        for index, number in zip(indices.tolist(), numbers, strict=True)
    ]
    tainted, origin = ["0"] * count, [""] * count
    for place, shares in movements.shares.items():
        tainted[place] = str(sum(share.tainted for share in shares))
        origin[place] = ";".join(sorted({share.origin.name for share in shares}))
    hops = touched.hops[indices]
    printed = rows.columns.words["precision"][0]
    rough = strings_of(["approximate" if word == "printed" else "exact" for word in printed])
    precision = rough.take(integers_of(rows.columns.words["precision"][1][rows.all_places()[indices]]))
    told = held["source_url"].to_pylist() if "source_url" in held else [""] * count
    unknown = integers_of(np.zeros(count, np.int64), np.zeros(count, bool))
    return {
        "seq": integers_of(np.arange(1, count + 1)),
        "id": empty,
        "event": strings_of(events),
        "chain": held["chain"],
        "block": held.get("block", unknown),
        "time": held.get("time", empty),
        "tx": held["tx"],
        "kind": held["kind"],
        "sender": held["sender"],
        "recipient": held["recipient"],
        "asset": held["asset"],
        "amount": held["amount"],
        "tainted": strings_of(tainted),
        "origin": strings_of(origin),
        "hop": integers_of(hops, hops >= 0),
        "grade": held["grade"],
        "link": empty,
        "precision": precision,
        "source": strings_of([read[one][0] for one in told]),
        "source_url": strings_of([read[one][1] for one in told]),
    }


def canonical_lines(columns: Sequence[Any]) -> bytes | None:
    """Return the lines of a table as CSV, or ``None`` where a cell would not stand in it as it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in columns:
        if pa.types.is_string(column.type) and pc.match_substring_regex(column, _SAFE).true_count < len(column):
            return None
    return csv_of_arrays(columns)
