"""The same case under every rule, side by side: who got how much, whichever accounting rule a court prefers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracer.config.writers import csv_text
from tracer.model import AssetId
from tracer.report.tables import cashout_rows
from tracer.trace import POLICIES, Result

_KEYS = ("entity", "category", "asset", "origin")
_TAIL = ("min", "max", "certainty", "origin_asset")
COLUMNS: Final = (*_KEYS, *POLICIES, *_TAIL)
"""Columns of ``compare.csv``, in order."""


@dataclass(frozen=True, slots=True)
class CompareRow:
    """What one entity got of one origin under every policy.

    Attributes
    ----------
    entity, category, asset, origin, origin_asset
        As in ``cashouts.csv``.
    tainted : dict of str to int
        By policy, in base units of `asset`; 0 where the policy brings it nothing.
    """

    entity: str
    category: str
    asset: AssetId
    origin: str
    origin_asset: AssetId
    tainted: dict[str, int]

    @property
    def agreed(self) -> bool:
        """Whether every policy gives the same figure."""
        return len(set(self.tainted.values())) == 1


def compare_rows(results: Mapping[str, Result]) -> tuple[CompareRow, ...]:
    """Return one row an (entity, category, asset, origin) that any policy brings something.

    Parameters
    ----------
    results : mapping of str to Result
        A result for every policy, all of one prepared case.

    Returns
    -------
    tuple of CompareRow
        Ordered by origin, origin asset, largest figure first, then entity, category and asset.
    """
    found: dict[tuple[str, str, AssetId, str, AssetId], dict[str, int]] = {}
    for policy in POLICIES:
        for row in cashout_rows(results[policy], None):
            key = (row.entity, row.category, row.asset, row.origin, row.origin_asset)
            found.setdefault(key, dict.fromkeys(POLICIES, 0))[policy] = row.tainted
    rows = [CompareRow(*key, tainted) for key, tainted in found.items()]
    return tuple(
        sorted(
            rows,
            key=lambda r: (r.origin, r.origin_asset, -max(r.tainted.values()), r.entity, r.category, r.asset),
        )
    )


def compare_csv(results: Mapping[str, Result]) -> str:
    """Return ``compare.csv``; rows and order of :func:`compare_rows`. Bounds were not computed and are empty."""
    return csv_text(
        COLUMNS,
        (
            (
                *(row.entity, row.category, row.asset, row.origin),
                *(str(row.tainted[policy]) for policy in POLICIES),
                *("", "", "", row.origin_asset),
            )
            for row in compare_rows(results)
        ),
    )
