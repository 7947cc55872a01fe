"""What any rule can say, in words, beside the figure of one rule."""

from __future__ import annotations

from tracer.report.compare import NOT_TOGETHER
from tracer.report.tables import CashoutRow
from tracer.report.wording import amount_text, count
from tracer.trace.intervals import Intervals
from tracer.trace.result import Result


def range_text(result: Result, row: CashoutRow) -> str:
    """Return an entity's range: ``any rule: 5 to 7 ETH, PARTIAL``; empty where no bounds were computed."""
    if row.min is None or row.max is None:
        return ""
    rests = f" on {count(row.depends_on, 'holding')}" if row.depends_on else ""
    if row.min == row.max:
        return f"any rule says the same, {row.certainty}{rests}"
    least, most = (amount_text(result, row.asset, amount) for amount in (row.min, row.max))
    return f"any rule: {least} to {most}, {row.certainty}{rests}"


def range_note(intervals: Intervals) -> str:
    """Return what must be said beside ranges: what the classes mean, that maxima do not add up, and what is open."""
    open_holders = intervals.open_holders()
    rests = (
        f" CONDITIONAL figures rest on {count(len(open_holders), 'holding')} whose balance no source has reconciled; "
        "summary.json names them."
        if open_holders
        else ""
    )
    return (
        "Any rule: the least and the most that any accounting rule can put there that neither makes nor loses money. "
        f"FORCED: practically no choice; PARTIAL: some for certain; POSSIBLE: perhaps none. {NOT_TOGETHER}{rests}"
    )
