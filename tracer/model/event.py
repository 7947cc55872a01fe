"""Ledger entries: ordered debits and credits that belong together, and the lots they move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

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


TRANSIT: Final = "~transit"
"""Ends the name of the holder that stolen units pass through where a pool swaps them inside the theft transaction."""


PASSAGE: Final = "~link"
"""Stands, with a number and :data:`TRANSIT`, in the name of the holder through which a link carries units."""


LABEL_EVENT: Final = "label"
"""Kind of the event that moves a whole balance from one segment of a holder's history to the next."""


def is_transit(holder: str) -> bool:
    """Return whether a holder is only the passage of stolen units through a pool; nothing ever stays there."""
    return holder.endswith(TRANSIT)


def is_over_link(holder: str) -> bool:
    """Return whether a holder is only the passage of what a link carries from one chain to another."""
    return is_transit(holder) and PASSAGE in holder


def plain_holder(holder: str) -> str:
    """Return a holder without the mark of its passage or of a segment of its history (``~transit``, ``~2``)."""
    return holder.partition("~")[0] if "~" in holder else holder


class Shown(NamedTuple):
    """A movement that a leg is shown in, and how much of the leg it can show: its own amount, base units."""

    row: int
    amount: int


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
        Index of the movement this leg is shown in, the first of them where it is the net of several.
    sink : str
        ``""`` for a holder; ``fee``, ``burned`` or ``contract`` where the credit leaves every holder.
    rows : tuple of Shown
        The movements a net leg rests on, in order; empty where :attr:`row` alone shows all of it.
    """

    account: Account
    address: str
    amount: int
    row: int | None = None
    sink: str = ""
    rows: tuple[Shown, ...] = ()

    def shown(self) -> tuple[Shown, ...]:
        """Return the movements the leg is shown in, each with the most it can show of it."""
        return self.rows or (() if self.row is None else (Shown(self.row, self.amount),))


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
class Reading:
    """Where else debits of an event may have gone, where its rows leave open who gave for whom.

    No rule follows it; what is said of any rule has to hold for it as well.

    Attributes
    ----------
    debits, credits : tuple of Leg
        Of accounts that the parts debit and credit too, each with the most that may have gone this way. Without debits
        the credits are clean.
    given, received : int
        The rate: `received` units credited for every `given` debited.
    """

    debits: tuple[Leg, ...]
    credits: tuple[Leg, ...]
    given: int = 1
    received: int = 1


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
    whole : bool
        Whether it is all of a raw transaction, or of a provider's full reply; an own ledger's event never is.
    unstated_fee : int
        What the inputs hold beyond the outputs and no leg says is a fee, base units: booked as fee.
    resolution : int
        Seconds that its time leaves open, as in :class:`Transfer`.
    readings : tuple of Reading
        What else may have happened, beside what the parts say; only in an exchange of more than two.
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
    whole: bool = False
    unstated_fee: int = 0
    resolution: int = 1
    readings: tuple[Reading, ...] = ()


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


def is_laid_out(event: Event) -> bool:
    """Return whether an event is of those that a theft's transaction was laid out as, with passages through pools."""
    return any(is_transit(leg.account.holder) for part in event.parts for leg in (*part.debits, *part.credits))
