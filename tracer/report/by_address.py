"""Who gets what under every rule, one row an address: what ``tracer compare --by address`` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tracer.config.writers import csv_text, plain
from tracer.model import AssetId, ChainId, Origin, format_units
from tracer.report.compare import NOT_TOGETHER
from tracer.report.text import aligned
from tracer.trace import POLICIES, Result
from tracer.trace.intervals import Intervals, Place, Range
from tracer.trace.parties import party_at

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = (
    *("address", "chain", "entity", "category", "stop_reason", "asset", "origin"),
    *POLICIES,
    *("min", "max", "certainty", "origin_asset"),
)
"""Columns of ``compare.csv`` with a row an address, in order."""

_Key = tuple[ChainId, str, AssetId, Origin]


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
        How stolen money ends there; several, joined by `` or ``, where it does so in several ways.
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


def address_rows(results: Mapping[str, Result], intervals: Intervals) -> tuple[AddressRow, ...]:
    """Return who got what, one row an (address, asset, origin) that any policy, or any rule at all, can bring money.

    Parameters
    ----------
    results : mapping of str to Result
        A result for every policy, all of one prepared case.
    intervals : Intervals
        What any rule can do, of every address.

    Returns
    -------
    tuple of AddressRow
        Ordered by origin, largest figure first, then most that any rule can bring, chain, address and asset.
    """
    one = results[POLICIES[0]]
    tainted: dict[_Key, dict[str, int]] = {}
    reasons: dict[_Key, set[str]] = {}
    for policy in POLICIES:
        for leaf in results[policy].exits:
            place = Place(leaf.chain, leaf.address, leaf.asset, leaf.stop_reason)
            key = (*place.spot, leaf.origin)
            held = tainted.setdefault(key, dict.fromkeys(POLICIES, 0))
            held[policy] += leaf.tainted
            reasons.setdefault(key, set()).add(leaf.stop_reason)
    for key, found in intervals.by_address.items():
        if found.max:
            tainted.setdefault(key, dict.fromkeys(POLICIES, 0))
    rows = []
    for key, amounts in tainted.items():
        chain, spot, asset, origin = key
        why = sorted(reasons.get(key, ()))
        address = "" if spot in why else spot
        entity, category = party_at(one.holders, chain, address, why[0] if why else "another rule")
        rows.append(
            AddressRow(
                chain=chain,
                address=address,
                asset=asset,
                origin=origin,
                entity=entity,
                category=category,
                stop_reason=" or ".join(why),
                tainted=amounts,
                range=intervals.by_address.get(key),
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


def address_frame(rows: tuple[AddressRow, ...]) -> pd.DataFrame:
    """Return :func:`address_rows` as a frame, in the columns of the file; amounts are Python integers."""
    import pandas as pd

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
    return frame


def address_text(rows: tuple[AddressRow, ...], result: Result) -> str:
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
