"""Two tables of legs, what went into services and what came out: which belong together, and what chance would give."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.io import csv_text
from tracer.links import (
    LINK_COLUMNS,
    SameUnit,
    Terms,
    decoys_of,
    link_rows,
    match,
    parse_duration,
    parse_share,
    read_legs,
    read_same_unit,
    service_calendar,
)
from tracer.model import TIERS

if TYPE_CHECKING:
    from tracer.links import Decoy, Matching


@dataclass(frozen=True, slots=True)
class LinkedTables:
    """What came of two tables of legs.

    Attributes
    ----------
    found : Matching
        Candidates, accepted or not.
    terms : Terms
        Under which terms.
    decoys : tuple of Decoy
        What chance would give, by tier.
    """

    found: Matching
    terms: Terms
    decoys: tuple[Decoy, ...]

    def csv(self) -> str:
        """Return the table of links as CSV."""
        return csv_text(LINK_COLUMNS, link_rows(self.found, self.terms))

    def counts(self) -> dict[str, int]:
        """Return how many ends there are, what is accepted by tier, and what stays open."""
        tiers = Counter(one.tier for one in self.found.accepted())
        ambiguous = {one.source for one in self.found.candidates if one.rivals} - {
            one.source for one in self.found.accepted()
        }
        return {
            "sources": len(self.found.sources),
            "destinations": len(self.found.destinations),
            **{tier: tiers[tier] for tier in TIERS},
            "ambiguous_sources": len(ambiguous),
            "open_sources": len(self.found.open_sources()) - len(ambiguous),
            "open_destinations": len(self.found.open_destinations()),
            "impossible": len(self.found.impossible),
        }


def link_tables(
    sources: Path,
    destinations: Path,
    *,
    assets: Path | None = None,
    max_delay: str = "24h",
    min_fee: str = "0",
    max_fee: str = "1%",
    recipients: bool = True,
) -> LinkedTables:
    """Return which legs of two tables are one transfer, in three tiers, and what chance would give.

    Parameters
    ----------
    sources, destinations : Path
        What went into services, and what came out: CSV or Parquet with ``leg, chain, tx, time, asset, amount, sender,
        recipient`` and optional ``key, dest_chain, src_chain, service``.
    assets : Path, optional
        Which assets are one unit: ``src_asset, dst_asset`` and optional ``src_decimals, dst_decimals``; an asset that
        is not in it is one unit with its own name.
    max_delay : str
        As ``24h``; what comes out later belongs to a source by its identifier alone.
    min_fee, max_fee : str
        As ``1%``, ``30bp`` or ``0.01``: share of the amount that is kept, at least and at most.
    recipients : bool
        Whether what sources say of the recipient is used.

    Raises
    ------
    DataFileError, InputError
        If a table or a term cannot be used.
    """
    terms = Terms(
        same_unit=SameUnit() if assets is None else read_same_unit(assets),
        max_delay=parse_duration(max_delay),
        min_fee=parse_share(min_fee),
        max_fee=parse_share(max_fee),
        calendar=service_calendar(),
        ignore_recipients=not recipients,
    )
    found = match(read_legs(sources), read_legs(destinations), terms)
    return LinkedTables(found, terms, decoys_of(found, terms))


def share_text(share: Fraction | None) -> str:
    """Return a share as percent with two places, rounded down, so that nothing below 100 % is printed as 100 %.

    Examples
    --------
    >>> share_text(Fraction(99999, 100000))
    '99.99 %'
    """
    if share is None:
        return "not known"
    whole = share.numerator * 10_000 // share.denominator
    sign = "-" if whole < 0 else ""
    return f"{sign}{abs(whole) // 100}.{abs(whole) % 100:02} %"
