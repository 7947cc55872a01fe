"""A link: two ends that belong together though no transfer records it, how that is known, what else was possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.model.asset import AssetId
from tracer.model.chain import ChainId
from tracer.model.movement_id import MovementId

LINK_KINDS: Final = ("bridge", "exchanger", "deposit", "cluster", "coinjoin", "mixer")
"""What stands between two ends: a bridge; a service that swaps across chains; a deposit address and the wallet it is
swept to; addresses of one owner; a transaction of many; a mixer."""

TIERS: Final = ("identifier", "structured", "amount_time")
"""How two ends were found to belong together: the same identifier stands in the data of both; the first
states the recipient, and amount and time agree; amount and time alone."""

TIER_GRADES: Final = {"identifier": "identified", "structured": "inferred", "amount_time": "inferred"}
"""The strongest grade that a tier can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnd:
    """One end of a link: what moved there.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    movements : tuple of MovementId
        What moved at this end, in order.
    tx : str
        Transaction hash.
    time : int or None
        Header time, seconds UTC.
    holder : str
        Canonical: who gives at the source, who receives at the destination.
    asset : AssetId
        CAIP-19 id.
    amount : int
        Base units, above zero.
    """

    chain: ChainId
    movements: tuple[MovementId, ...]
    tx: str
    time: int | None
    holder: str
    asset: AssetId
    amount: int


@dataclass(frozen=True, slots=True)
class RejectedEnd:
    """An end that was looked at and does not belong to the link.

    Attributes
    ----------
    end : LinkEnd
        Which.
    reason : str
        In words, what speaks against it.
    """

    end: LinkEnd
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two ends that belong together, possibly on two chains.

    Attributes
    ----------
    kind : str
        One of :data:`LINK_KINDS`.
    protocol : str
        Which bridge or service, as its decoder is named.
    source : LinkEnd
        Where it goes in.
    destination : LinkEnd or None
        Where it comes out; ``None``: that is not known, or several fit and none is chosen.
    tier : str
        One of :data:`TIERS`.
    grade : str
        One of :data:`tracer.model.GRADES`, never stronger than :data:`TIER_GRADES` allows.
    key : str
        Identifier that both ends have; empty in tiers without one.
    fee : int or None
        What was kept between the ends, base units of the source's asset; ``None`` where the ends are not of one unit.
    rivals : int
        How many other ends fit as well; with any, nothing is identified.
    rejected : tuple of RejectedEnd
        What was looked at and does not fit, in order.
    evidence : tuple of str
        What the link rests on: ids of movements, pages, or words, in order.
    destination_said : str
        Where the source itself says that it goes, in its own words; hostile text.
    """

    kind: str
    protocol: str
    source: LinkEnd
    destination: LinkEnd | None
    tier: str
    grade: str
    key: str = ""
    fee: int | None = None
    rivals: int = 0
    rejected: tuple[RejectedEnd, ...] = ()
    evidence: tuple[str, ...] = ()
    destination_said: str = ""

    @property
    def is_open(self) -> bool:
        """Whether its other end is not known."""
        return self.destination is None

    @property
    def delta(self) -> int | None:
        """Seconds from source to destination by the headers of both chains; ``None`` where one is not known."""
        if self.destination is None or self.destination.time is None or self.source.time is None:
            return None
        return self.destination.time - self.source.time
