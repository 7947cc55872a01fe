"""The output tables as pandas frames: amounts stay Python integers, times are UTC, unknown is ``None`` or ``NaT``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tracer.report.policy_table import COLUMNS as COMPARE_COLUMNS
from tracer.report.policy_table import NOT_TOGETHER, compare_rows
from tracer.report.tables import TIME_COLUMNS, CashoutRow, ExitRow, MovementRow, cashout_rows, exits_rows, movement_rows
from tracer.report.text import ends_as
from tracer.report.wording import GRADE_NOTE, UNPRICED, cashout_notes, named_by
from tracer.trace import POLICIES, Intervals, PriceTable, TraceResult

if TYPE_CHECKING:
    import pandas as pd

    from tracer.report.frame import Frame

_COUNTS: Final = {"n_addresses": "int64", "n_transfers": "int64", "seq": "int64", "hop": "Int64", "block": "Int64"}


def exits_frame(result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None) -> Frame:
    """Return ``exits.csv`` as a frame; columns and order of :class:`tracer.report.tables.ExitRow`."""
    return _frame(ExitRow, exits_rows(result, prices, intervals), result, order="size")


def cashouts_frame(result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None) -> Frame:
    """Return ``cashouts.csv`` as a frame; columns and order of :class:`tracer.report.tables.CashoutRow`.

    Then ``ends_as``, why following stops there, and ``named_by``, the rank of who calls it so.
    """
    rows = cashout_rows(result, prices, intervals)
    frame = _frame(CashoutRow, rows, result, order="size")
    reasons, ranks = ends_as(result), named_by(result)
    keys = [(row.entity, row.category, row.asset, (row.origin, row.origin_asset)) for row in rows]
    frame["ends_as"] = _words(", ".join(reasons.get(key, [])) for key in keys)
    frame["named_by"] = _words(ranks.get(key[:2], "") for key in keys)
    unpriced = [UNPRICED] if any(row.usd_at_time is None for row in rows) else []
    frame.attrs["note"] = " ".join((GRADE_NOTE, *cashout_notes(result), *unpriced))
    return frame


def movements_frame(result: TraceResult, *, touched: bool = False, sources: Mapping[str, str] | None = None) -> Frame:
    """Return ``movements.csv``, or with `touched` ``touched.parquet``, as a frame."""
    return _frame(MovementRow, movement_rows(result, touched=touched, sources=sources), result)


def compare_frame(results: Mapping[str, TraceResult], intervals: Intervals | None = None) -> Frame:
    """Return ``compare.csv`` as a frame, and ``depends_on``: how many open holders a CONDITIONAL class rests on."""
    import pandas as pd

    from tracer.report.frame import framed

    rows = [
        (
            *(row.entity, row.category, row.asset, row.origin),
            *(row.tainted[policy] for policy in POLICIES),
            *((row.range.min, row.range.max, row.range.certainty) if row.range else (None, None, "")),
            row.origin_asset,
            row.range.depends_on if row.range else None,
        )
        for row in compare_rows(results, intervals)
    ]
    frame = pd.DataFrame(rows, columns=[*COMPARE_COLUMNS, "depends_on"], dtype="object")
    frame.attrs = {"note": NOT_TOGETHER} if intervals else {}
    return framed(frame, next(iter(results.values())).assets, order="size")


def _words(texts: Iterable[str]) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(list(texts), dtype="object")


def _frame(kind: type[Any], rows: Sequence[Any], result: TraceResult, *, order: str = "") -> Frame:
    """Build column by column, so that no amount ever passes through a type of 64 bits or a float."""
    import pandas as pd

    from tracer.report.frame import framed

    frame = pd.DataFrame({field.name: _column(field.name, rows) for field in fields(kind)})
    frame["tlp"] = pd.Series([result.tlp] * len(rows), dtype=object)
    frame.attrs = {"case": result.case_id, "policy": result.options.policy, "labels_as_of": result.options.as_of}
    return framed(frame, result.assets, order=order)


def _column(name: str, rows: Sequence[Any]) -> pd.Series[Any]:
    import pandas as pd

    values = [getattr(row, name) for row in rows]
    if name in TIME_COLUMNS:
        moments = [pd.NaT if value is None else datetime.fromtimestamp(value, tz=UTC) for value in values]
        return pd.Series(moments, dtype="datetime64[s, UTC]")
    if name in _COUNTS:
        return pd.Series(values, dtype=_COUNTS[name])
    return pd.Series(values, dtype="object")
