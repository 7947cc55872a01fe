"""Ledger entries: ordered debits and credits that belong together, and the lots they move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracer.model.asset import AssetId
from tracer.model.chain import ChainId


class Account(NamedTuple):
    """A holder's holding of one asset: the unit that has a balance and lots.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    holder : str
        Address, or outpoint ``txid:vout``.
    asset : AssetId
        CAIP-19 id or private unit.
    """

    chain: ChainId
    holder: str
    asset: AssetId


@dataclass(frozen=True, slots=True)
class Leg:
    """One debit or credit.

    Attributes
    ----------
    account : Account
        Whose balance changes.
    address : str
        The holder's address (the holder itself on account chains); empty for a fee or burn without payee.
    amount : int
        Base units, above zero.
    row : int or None
        Index of the movement this leg is shown in.
    sink : str
        ``""`` for a holder; ``fee`` or ``burned`` where the credit leaves every holder.
    """

    account: Account
    address: str
    amount: int
    row: int | None = None
    sink: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Debits of one asset that become credits, of the same asset or, in a swap, of another.

    Attributes
    ----------
    debits, credits : tuple of Leg
        In order. In a plain part both sides have equal totals of one asset, except that a mint has no debits.
        In a swap part the debits share one asset and the credits another.
    """

    debits: tuple[Leg, ...]
    credits: tuple[Leg, ...]

    @property
    def is_swap(self) -> bool:
        """Whether the asset changes between debits and credits."""
        return bool(self.debits and self.credits) and (self.debits[0].account.asset != self.credits[0].account.asset)


@dataclass(frozen=True, slots=True)
class Event:
    """A ledger entry in its place in the total order.

    Attributes
    ----------
    index : int
        Place in the total order, from 0.
    name : str
        The table's own event name, or ``e`` and the index.
    chain : ChainId
        CAIP-2 id.
    block, time : int or None
        Height; seconds UTC.
    tx : str
        Transaction hash; empty where unknown.
    kind : str
        ``transfer``, ``swap``, ``fee``, ``mint``, ``burn`` or ``unresolved`` (more than one asset up or down).
    parts : tuple of Part
        What moves. All debits of an event happen before all its credits.
    grade : str
        Weakest grade of its rows.
    precision : str
        ``printed`` if any of its rows is.
    """

    index: int
    name: str
    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    kind: str
    parts: tuple[Part, ...]
    grade: str = "recorded"
    precision: str = "exact"


class Origin(NamedTuple):
    """A theft and the asset it is counted in; the audit closes per origin.

    Attributes
    ----------
    name : str
        As the seeds table names the theft.
    asset : AssetId
        The stolen asset, whose base units count it.
    """

    name: str
    asset: AssetId


class Lot(NamedTuple):
    """An amount with where it came from.

    Attributes
    ----------
    amount : int
        Base units of the asset it is held in now.
    label : int
        0 is clean; otherwise an index into the run's labels (origin and weakest grade so far).
    origin_amount : int
        Base units of the origin's asset, never converted; 0 where clean.
    approximate : bool
        Whether its size rests on a row whose source printed a rounded value. It changes no amount.
    """

    amount: int
    label: int
    origin_amount: int
    approximate: bool = False
