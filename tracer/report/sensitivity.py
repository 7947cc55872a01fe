"""What each label, stop and link decides, as a table and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracer.analysis import Moved, sensitivity
from tracer.io import plain
from tracer.model import format_time
from tracer.report.wording import amount_text, count
from tracer.trace import Movement, PreparedCase, TraceResult

if TYPE_CHECKING:
    from tracer.report.frame import Frame

COLUMNS: Final = (
    *("dropped", "what", "figure", "name", "category", "asset", "origin", "before", "after", "change", "movements"),
    *("statement", "source_url", "reveal"),
)
"""Columns of the sensitivity table, in order."""

_SHOWN: Final = 3


def sensitivity_frame(prepared: PreparedCase, result: TraceResult) -> Frame:
    """Return one row a top-line figure that one label, stop or link moves; amounts are Python integers."""
    import pandas as pd

    from tracer.report.frame import framed

    rows = [
        (
            *(one.dropped.kind, one.dropped.what, one.figure.kind, one.figure.name, one.figure.category),
            *(one.figure.asset, one.figure.origin.name, one.before, one.after, one.after - one.before),
            *(len(one.movements), one.dropped.statement, one.dropped.source_url, reveal(one, result)),
        )
        for one in sensitivity(prepared, result)
    ]
    return framed(pd.DataFrame(rows, columns=list(COLUMNS), dtype="object"), result.assets, order="size")


def reveal(moved: Moved, result: TraceResult) -> str:
    """Return in words what is responsible: the statement with its source, and the movements that then carry others."""
    dropped = moved.dropped
    said = {
        "label": f"the label says {plain(dropped.statement)} ({plain(dropped.source_url) or 'no source given'})",
        "stop": f"following stops at {plain(dropped.what)}",
        "link": f"the link is {plain(dropped.statement)} ({plain(dropped.source_url) or 'no source given'})",
    }[dropped.kind]
    shown = "; ".join(_movement(one, result) for one in moved.movements[:_SHOWN])
    more = len(moved.movements) - _SHOWN
    rest = f"; and {more:,} more" if more > 0 else ""
    if moved.rerouted:
        return f"{said}; without it {count(len(moved.movements), 'movement')} carry other amounts: {shown}{rest}"
    brought = count(len(moved.movements), "movement")
    did = f"without it what {brought} brought ends otherwise" if moved.stops else f"it only names who got {brought}"
    return f"{said}; {did}: {shown}{rest}"


def _movement(movement: Movement, result: TraceResult) -> str:
    when = f" at {format_time(movement.time)}" if movement.time is not None else ""
    tx = f" ({plain(movement.tx)})" if movement.tx else ""
    amount = amount_text(result, movement.asset, movement.amount)
    return f"{plain(movement.sender)} to {plain(movement.recipient)}, {amount}{when}{tx}"
