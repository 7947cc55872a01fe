"""When events happen, as far as it is printed: a time without seconds may be any second of its minute (method ev-ties).

Where time orders a chain, an event whose printed time leaves seconds open has no order among the events that can have
happened in them and that share a holder with it, directly or through others. All else keeps its order: what touches
none of their holders could stand anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tracer.ledger.blocks import happens_once
from tracer.model import LedgerLeg, Transfer

Row = TypeVar("Row", bound=Transfer | LedgerLeg)


@dataclass(frozen=True, slots=True)
class Placed(Generic[Row]):
    """The rows of one event, and its moment.

    Attributes
    ----------
    rows : tuple
        Rows, in order.
    moment : tuple of int or None
        Events of one chain and moment that stand together have no order but that of their positions: their block or
        their second, and a number where times that leave seconds open meet.
    since : int or None
        First second of all that may have happened at once with it.
    """

    rows: tuple[Row, ...]
    moment: tuple[int | None, int]
    since: int | None


def sharpened(rows: list[Row]) -> list[Row]:
    """Return rows with the sharpest time that the rows of their transaction, event or block have."""
    if all(row.resolution == 1 for row in rows):
        return rows
    best: dict[tuple[str, object], Row] = {}
    for row in rows:
        for key in _shared(row):
            if key not in best or row.resolution < best[key].resolution:
                best[key] = row
    return [_sharper(row, [best[key] for key in _shared(row)]) for row in rows]


def _sharper(row: Row, others: Iterable[Row]) -> Row:
    if row.time is None:
        return row
    known = [one for one in others if one.time is not None and row.time <= one.time < row.time + row.resolution]
    sharp = min(known, key=lambda one: one.resolution, default=row)
    same = (sharp.time, sharp.resolution) == (row.time, row.resolution)
    return row if same else replace(row, time=sharp.time, resolution=sharp.resolution)


def _shared(row: Transfer | LedgerLeg) -> list[tuple[str, object]]:
    """Return what a row shares its time with; nothing where it has none."""
    if row.time is None:
        return []
    keys: list[tuple[str, object]] = [("tx", row.tx)] if happens_once(row) else []
    keys += [("event", row.event)] if row.event else []
    return keys if row.block is None else [*keys, ("block", row.block)]


def placed(groups: Sequence[tuple[Row, ...]], by: str) -> list[Placed[Row]]:
    """Return the events of one chain, in order, with their moments.

    Parameters
    ----------
    groups : sequence of tuple
        Rows of one event each, by block, or by time as printed.
    by : str
        ``block`` or ``time``.
    """
    if by == "block":
        return [Placed(group, (group[0].block, 0), group[0].time) for group in groups]
    if all(group[0].resolution == 1 for group in groups):
        return [Placed(group, (group[0].time, 0), group[0].time) for group in groups]
    found: list[Placed[Row]] = []
    together: list[tuple[Row, ...]] = []
    end = 0
    for group in groups:
        first = group[0].time or 0
        if together and first >= end:
            found += _parted(together)
            together, end = [], 0
        together.append(group)
        end = max(end, first + group[0].resolution)
    return found + _parted(together)


def _parted(groups: Sequence[tuple[Row, ...]]) -> list[Placed[Row]]:
    """Return events that may have happened at once: those in order first, then what shares holders, a number each."""
    since = groups[0][0].time
    parts = _connected(groups)
    rough = {part for group, part in zip(groups, parts, strict=True) if group[0].resolution > 1}
    found = []
    open_to: dict[int, list[tuple[Row, ...]]] = {}
    for group, part in zip(groups, parts, strict=True):
        if part in rough:
            open_to.setdefault(part, []).append(group)
        else:
            found.append(Placed(group, (group[0].time, 0), since))
    for number, mine in enumerate(open_to.values(), 1):
        found += [Placed(group, (since, number), since) for group in mine]
    return found


def _connected(groups: Sequence[tuple[Row, ...]]) -> list[int]:
    """Return a number for each event: equal for those that share a holder, directly or through others."""
    head: dict[str, str] = {}

    def of(holder: str) -> str:
        while head.setdefault(holder, holder) != holder:
            head[holder] = holder = head[head[holder]]
        return holder

    names = [sorted(holders_of(group)) for group in groups]
    for mine in names:
        for holder in mine[1:]:
            head[of(mine[0])] = of(holder)
    numbers: dict[str, int] = defaultdict(lambda: len(numbers))
    return [numbers[of(mine[0])] if mine else -1 for mine in names]


def holders_of(rows: Iterable[Transfer | LedgerLeg]) -> set[str]:
    """Return who takes part in rows."""
    found: set[str] = set()
    for row in rows:
        found.update((row.sender, row.recipient) if isinstance(row, Transfer) else (row.holder,))
    return found - {""}
