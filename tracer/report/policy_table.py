"""The same case under every rule, side by side: who got how much, whichever accounting rule a court prefers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracer.io import csv_text
from tracer.model import AssetId, Origin
from tracer.report.tables import party
from tracer.trace import POLICIES, Intervals, Range, TraceResult

_KEYS = ("entity", "category", "asset", "origin")
_TAIL = ("min", "max", "certainty", "origin_asset")
COLUMNS: Final = (*_KEYS, *POLICIES, *_TAIL)
"""Columns of ``compare.csv``, in order."""

NOT_TOGETHER: Final = (
    "The same stolen units can go to one place only: maxima of several rows are not attainable together, and minima of "
    "several rows are not a total."
)
"""What must be said beside intervals of several rows."""


@dataclass(frozen=True, slots=True)
class CompareRow:
    """What one entity got of one origin under every policy.

    Attributes
    ----------
    entity, category, asset, origin, origin_asset
        As in ``cashouts.csv``.
    tainted : dict of str to int
        By policy, in base units of `asset`; 0 where the policy brings it nothing.
    range : Range or None
        What any rule can bring it, all its addresses jointly; ``None`` where no bounds were computed.
    """

    entity: str
    category: str
    asset: AssetId
    origin: str
    origin_asset: AssetId
    tainted: dict[str, int]
    range: Range | None = None

    @property
    def agreed(self) -> bool:
        """Whether every policy gives the same figure."""
        return len(set(self.tainted.values())) == 1


def compare_rows(results: Mapping[str, TraceResult], intervals: Intervals | None = None) -> tuple[CompareRow, ...]:
    """Return one row an (entity, category, asset, origin) that any policy, or with intervals any rule, can bring money.

    Parameters
    ----------
    results : mapping of str to TraceResult
        A result for every policy, all of one prepared case.
    intervals : Intervals, optional
        What any rule can do.

    Returns
    -------
    tuple of CompareRow
        Ordered by origin, origin asset, largest figure first, then entity, category and asset.
    """
    found: dict[tuple[str, str, AssetId, str, AssetId], dict[str, int]] = {}
    for policy in POLICIES:
        for leaf in results[policy].exits:
            key = (*party(leaf), leaf.asset, *leaf.origin)
            found.setdefault(key, dict.fromkeys(POLICIES, 0))[policy] += leaf.tainted
    for (who, origin), held in intervals.by_party.items() if intervals else ():
        if held.max:
            key = (*who, *origin)
            found.setdefault(key, dict.fromkeys(POLICIES, 0))
    rows = [CompareRow(*key, tainted, _range(key, intervals)) for key, tainted in found.items()]
    return tuple(sorted(rows, key=_order))


def compare_csv(results: Mapping[str, TraceResult], intervals: Intervals | None = None) -> str:
    """Return ``compare.csv``; rows and order of :func:`compare_rows`. Bounds that were not computed are empty."""
    tlp = results[POLICIES[0]].tlp
    return csv_text(
        (*COLUMNS, "tlp"),
        (
            (
                *(row.entity, row.category, row.asset, row.origin),
                *(str(row.tainted[policy]) for policy in POLICIES),
                *_bounds(row),
                tlp,
            )
            for row in compare_rows(results, intervals)
        ),
    )


def _bounds(row: CompareRow) -> tuple[str, ...]:
    if row.range is None:
        return "", "", "", row.origin_asset
    held = row.range
    return str(held.min), str(held.max), held.certainty, row.origin_asset


def _range(key: tuple[str, str, AssetId, str, AssetId], intervals: Intervals | None) -> Range | None:
    entity, category, asset, name, origin_asset = key
    return intervals.of(entity, category, asset, Origin(name, origin_asset)) if intervals else None


def _order(row: CompareRow) -> tuple[str, AssetId, int, str, str, AssetId]:
    return row.origin, row.origin_asset, -max(row.tainted.values()), row.entity, row.category, row.asset
