"""What coverage counts of the rows of a case: of a large table column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tracer.io import TransferRows
from tracer.model import ROW_MARK, Transfer, is_hash


class RowCounts(NamedTuple):
    """Rows by what they are.

    Attributes
    ----------
    rows, zero, to_self, with_tx, printed : int
        All; those that move nothing, or from somebody to himself; with a transaction's hash; with a rounded amount.
    by_grade : dict of str to int
        By grade, sorted.
    first, last : int or None
        Their earliest and latest time, seconds UTC.
    """

    rows: int
    zero: int
    to_self: int
    with_tx: int
    printed: int
    by_grade: dict[str, int]
    first: int | None
    last: int | None


def counted_rows(rows: Sequence[Transfer]) -> RowCounts:
    """Return what coverage counts of some rows."""
    if isinstance(rows, TransferRows):
        return _of_columns(rows)
    times = [row.time for row in rows if row.time is not None]
    return RowCounts(
        rows=len(rows),
        zero=sum(not row.amount for row in rows),
        to_self=sum(bool(row.amount) and row.sender == row.recipient and not row.event for row in rows),
        with_tx=sum(is_hash(row.tx) and row.grade != "asserted" for row in rows),
        printed=sum(row.precision == "printed" for row in rows),
        by_grade=dict(sorted(Counter(row.grade for row in rows).items())),
        first=min(times, default=None),
        last=max(times, default=None),
    )


def _of_columns(rows: TransferRows) -> RowCounts:
    import numpy as np
    import pyarrow.compute as pc

    held, places = rows.columns, rows.all_places()
    moves = (held.low[places] | held.high[places]) > 0
    grades, graded = held.words["grade"][0], held.words["grade"][1][places]
    by_grade = np.bincount(graded, minlength=len(grades)).tolist()
    hashed = pc.and_(pc.not_equal(held.tx, ""), pc.invert(pc.match_substring(held.tx, ROW_MARK)))
    said = hashed.to_numpy(zero_copy_only=False)[places] & (graded != held.number_of("grade", "asserted"))
    printed = held.words["precision"][1][places] == held.number_of("precision", "printed")
    times = None if held.time is None else held.time[places]
    return RowCounts(
        rows=len(rows),
        zero=int((~moves).sum()),
        to_self=int((moves & (held.sender[places] == held.recipient[places])).sum()),
        with_tx=int(said.sum()),
        printed=int(printed.sum()),
        by_grade={grade: count for grade, count in sorted(zip(grades, by_grade, strict=True)) if count},
        first=None if times is None or not len(times) else int(times.min()),
        last=None if times is None or not len(times) else int(times.max()),
    )
