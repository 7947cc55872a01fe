"""Who gets what under every rule, one row an address: what ``tracer compare --by address`` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tracer.io import csv_text, plain
from tracer.model import Asset, AssetId, ChainId, Origin, format_units
from tracer.report.policy_table import NOT_TOGETHER
from tracer.report.text import aligned
from tracer.trace import POLICIES, ExitKey, Intervals, Range, TraceResult, place_of_exit

if TYPE_CHECKING:
    from tracer.report.frame import Frame

COLUMNS: Final = (
    *("address", "chain", "entity", "category", "stop_reason", "asset", "origin"),
    *POLICIES,
    *("min", "max", "certainty", "origin_asset"),
)
"""Columns of ``compare.csv`` with a row an address, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow:
    """What one address got of one origin under every policy.

    Attributes
    ----------
    chain, address, asset, origin
        Where, in what, and of which theft. A fee or a burn without payee has no address.
    entity, category : str
        As in ``exits.csv``.
    stop_reason : str
        How stolen money ends there; an address at which it ends in several ways has a row for each.
    tainted : dict of str to int
        By policy, in base units of `asset`; 0 where the policy brings it nothing.
    range : Range or None
        What any rule can bring it.
    """

    chain: ChainId
    address: str
    asset: AssetId
    origin: Origin
    entity: str
    category: str
    stop_reason: str
    tainted: Mapping[str, int]
    range: Range | None

    @property
    def agreed(self) -> bool:
        """Whether every policy says the same."""
        return len(set(self.tainted.values())) == 1


def address_rows(results: Mapping[str, TraceResult], intervals: Intervals) -> tuple[AddressRow, ...]:
    """Return who got what, a row for each exit of an address and origin that any policy, or any rule, can bring money.

    Parameters
    ----------
    results : mapping of str to TraceResult
        A result for every policy, all of one prepared case.
    intervals : Intervals
        What any rule can do, of every address.

    Returns
    -------
    tuple of AddressRow
        Ordered by origin, largest figure first, then most that any rule can bring, chain, address and asset.
    """
    tainted: dict[tuple[ExitKey, Origin], dict[str, int]] = {}
    for policy in POLICIES:
        for leaf in results[policy].exits:
            place = place_of_exit(leaf)
            tainted.setdefault((place, leaf.origin), dict.fromkeys(POLICIES, 0))[policy] += leaf.tainted
    for key in intervals.places():
        tainted.setdefault(key, dict.fromkeys(POLICIES, 0))
    rows = []
    for (place, origin), amounts in tainted.items():
        rows.append(
            AddressRow(
                chain=place.chain,
                address=place.address,
                asset=place.asset,
                origin=origin,
                entity=place.entity,
                category=place.category,
                stop_reason=place.stop_reason,
                tainted=amounts,
                range=intervals.by_address.get((place, origin)),
            )
        )
    return tuple(sorted(rows, key=_order))


def address_csv(rows: tuple[AddressRow, ...], tlp: str) -> str:
    """Return ``compare.csv`` with a row an address; `tlp` is the marking of each."""
    return csv_text(
        (*COLUMNS, "tlp"),
        (
            (
                *(row.address, row.chain, row.entity, row.category, row.stop_reason, row.asset, row.origin.name),
                *(str(row.tainted[policy]) for policy in POLICIES),
                *((str(row.range.min), str(row.range.max), row.range.certainty) if row.range else ("", "", "")),
                row.origin.asset,
                tlp,
            )
            for row in rows
        ),
    )


def address_frame(rows: tuple[AddressRow, ...], assets: Mapping[AssetId, Asset] | None = None) -> Frame:
    """Return :func:`address_rows` as a frame, in the columns of the file; `assets` name symbols and decimals."""
    import pandas as pd

    from tracer.report.frame import BY_SIZE, framed

    values = [
        (
            *(row.address, row.chain, row.entity, row.category, row.stop_reason, row.asset, row.origin.name),
            *(row.tainted[policy] for policy in POLICIES),
            *((row.range.min, row.range.max, row.range.certainty) if row.range else (None, None, "")),
            row.origin.asset,
        )
        for row in rows
    ]
    frame = pd.DataFrame(values, columns=list(COLUMNS), dtype=object)
    frame.attrs = {"note": NOT_TOGETHER}
    return framed(frame, assets, order=BY_SIZE)


def address_text(rows: tuple[AddressRow, ...], result: TraceResult) -> str:
    """Return the rows for a terminal; `result` names symbols and decimals."""
    shown = []
    for row in rows:
        known = result.assets[row.asset]
        units = [format_units(row.tainted[policy], known.decimals) for policy in POLICIES]
        held = row.range
        ends = ["", "", ""]
        if held is not None:
            ends = [format_units(held.min, known.decimals), format_units(held.max, known.decimals), held.certainty]
        who = (row.address or row.stop_reason, plain(row.entity), row.origin.name, known.symbol or row.asset)
        shown.append((*who, *units, *ends))
    head = ["address", "who", "from", "asset", *POLICIES, "min", "max", "certainty"]
    return f"{aligned(head, shown, right=range(4, 4 + len(POLICIES) + 2))}\n{NOT_TOGETHER}"


def _order(row: AddressRow) -> tuple[str, AssetId, int, int, ChainId, str, AssetId, str]:
    most = row.range.max if row.range else 0
    figures = -max(row.tainted.values()), -most
    return (row.origin.name, row.origin.asset, *figures, row.chain, row.address, row.asset, row.stop_reason)
