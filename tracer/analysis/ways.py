"""Ways as plain records: the payments between a theft and a destination, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracer.model import Account, AssetId, ChainId, Origin


class CoHeld(NamedTuple):
    """Other money a payer had received before it paid.

    Attributes
    ----------
    address : str
        Who paid it; empty for what the payer must have held before the table begins, and for new issue.
    amount : int
        Base units, all payments together.
    """

    address: str
    amount: int


@dataclass(frozen=True, slots=True)
class Step:
    """One payment on a way.

    Attributes
    ----------
    kind : str
        ``theft``, ``opening`` (the payee began with stolen units), ``payment`` or ``conversion``.
    event : int
        Index of the event; -1 for an opening balance.
    chain, block, time, tx
        As in the input; ``None`` or empty where it does not say. Seconds UTC.
    sender, recipient : str
        Addresses; empty where a side has none.
    asset, amount
        What left the sender: of this way, whole base units. Before a conversion a small way may round to 0 here; all
        ways together lose nothing but what the conversion itself rounds away.
    asset_in, amount_in
        What reached the recipient of it: another asset and amount in a conversion, else the same.
    paid : int
        The whole payment that it was part of, base units of `asset_in`.
    held, other : int
        Units of this origin, and all other units, that the sender held before it; 0 for a theft and an opening balance.
    beside : tuple of CoHeld
        Where the other units had come from, the largest first; may be more than what was left of them.
    grade : str
        Of the rows of the event.
    source_url : str
        Where the row comes from; empty where the table does not say.
    """

    kind: str
    event: int
    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    sender: str
    recipient: str
    asset: AssetId
    amount: int
    asset_in: AssetId
    amount_in: int
    paid: int
    held: int
    other: int
    beside: tuple[CoHeld, ...]
    grade: str
    source_url: str


@dataclass(frozen=True, slots=True)
class Way:
    """A chain of payments from a theft to the destination.

    Attributes
    ----------
    steps : tuple of Step
        From the theft on.
    account : Account
        Where it arrives.
    amount : int
        Base units of the account's asset that came this way.
    origin : Origin
        The theft.
    origin_amount : int
        Base units of the stolen asset it stands for. A rule counts neighbouring lots of one theft as one; where lots
        bought at several prices met, this is the way's share of what all of them stand for.
    grade : str
        Weakest grade on the way.
    """

    steps: tuple[Step, ...]
    account: Account
    amount: int
    origin: Origin
    origin_amount: int
    grade: str


class Total(NamedTuple):
    """What a destination got of one origin in one asset.

    Attributes
    ----------
    chain, asset, origin
        What, and of which theft.
    amount, origin_amount : int
        Base units of the asset, and of the stolen asset.
    ways : int
        Chains of payments it came by.
    """

    chain: ChainId
    asset: AssetId
    origin: Origin
    amount: int
    origin_amount: int
    ways: int


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways to a destination under one policy.

    Attributes
    ----------
    address : str
        The destination.
    policy : str
        The rule.
    ways : tuple of Way
        By chain, asset and origin; the largest first, then the earliest.
    totals : tuple of Total
        What it received, in the same order; each is the exact sum of its ways. Units that leave and come back are
        received twice; the change of its own payment is not received.
    """

    address: str
    policy: str
    ways: tuple[Way, ...]
    totals: tuple[Total, ...]
