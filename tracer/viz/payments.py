"""From the payments of a trace to lines between places: thefts, transfers, swaps, transactions, sinks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tracer.model import AssetId, ChainId, Origin
from tracer.trace import Payment, Side, TraceResult

NOWHERE = ChainId("")
"""The chain of a place that is on none."""


class Place(NamedTuple):
    """Something an edge can start or end at.

    Attributes
    ----------
    role : str
        ``theft``, ``holder``, ``event`` (a transaction of several payers), ``sink`` (no payee), or a role that
        folding gives.
    chain : ChainId
        CAIP-2 id; empty for a theft.
    name : str
        Address, origin, event, or the stop reason of a sink.
    """

    role: str
    chain: ChainId
    name: str


class Units(NamedTuple):
    """Stolen units: of the asset held, and of the origin's asset.

    Attributes
    ----------
    tainted, origin_amount : int
        Base units.
    """

    tainted: int
    origin_amount: int


Shares = dict[Origin, Units]


@dataclass(frozen=True, slots=True)
class Arc:
    """One payment of stolen units from a place to a place.

    Attributes
    ----------
    src, dst : Place
        Payer and payee.
    asset : AssetId
        What arrives.
    shares : dict of Origin to Units
        Stolen units that arrive.
    payment : Payment
        The payment it is part of.
    was : AssetId or None
        What was paid, where a swap changed it on the way.
    """

    src: Place
    dst: Place
    asset: AssetId
    shares: Shares
    payment: Payment
    was: AssetId | None = None

    @property
    def order(self) -> int:
        """Place in the total order; 0 for units a holder starts with."""
        return self.payment.seq

    @property
    def grade(self) -> str:
        """Weakest of the rows of its payment."""
        return self.payment.grade

    @property
    def time(self) -> int | None:
        """When, seconds UTC; ``None`` where unknown, and for units a holder starts with."""
        return self.payment.time

    @property
    def tainted(self) -> int:
        """Stolen base units that arrive, all origins."""
        return sum(units.tainted for units in self.shares.values())

    @property
    def printed(self) -> bool:
        """Whether one of its rows was rounded by its source."""
        return self.payment.precision == "printed"


@dataclass(frozen=True, slots=True)
class Swap:
    """A change of asset at one holder.

    Attributes
    ----------
    place : Place
        The holder.
    given, received : tuple of (AssetId, int)
        Asset and stolen base units; 0 given where the event also paid others and the part cannot be told.
    payment : Payment
        The payment it is part of.
    """

    place: Place
    given: tuple[AssetId, int]
    received: tuple[AssetId, int]
    payment: Payment

    @property
    def grade(self) -> str:
        """Weakest of the rows of its payment."""
        return self.payment.grade


def read_arcs(result: TraceResult) -> tuple[list[Arc], list[Swap]]:
    """Return all payments of stolen units, and the swaps at one holder, each in total order."""
    arcs: list[Arc] = []
    swaps: list[Swap] = []
    for payment in result.payments:
        more, changed = _resolved(payment)
        arcs += more
        swaps += changed
    return arcs, swaps


Net = dict[tuple[Place, AssetId], Shares]


def _resolved(payment: Payment) -> tuple[list[Arc], list[Swap]]:
    """Return one payment as lines between those who gave and those who got, with a node of its own where both are many.

    What one place gives and gets of one asset in the same payment is change: only the difference is drawn.
    """
    gave = _net(payment.chain, [side for side in payment.payers if not side.ends])
    got = _net(payment.chain, payment.payees)
    gave |= _thefts(gave, got)
    for key in sorted(gave.keys() & got.keys()):
        _less_change(gave[key], got[key])
    gave, got = ({key: shares for key, shares in side.items() if shares} for side in (gave, got))
    if len(gave) == 1:
        return _from_one(payment, *next(iter(gave.items())), got)
    if len(got) == 1 and len({asset for _, asset in (*gave, *got)}) == 1:
        ((payee, asset), _) = next(iter(got.items()))
        return [Arc(payer, payee, asset, shares, payment) for (payer, _), shares in gave.items()], []
    if _each_origin_has_one_source(gave) and len({asset for _, asset in got}) <= 1:
        return _by_origin(payment, gave, got), []
    event = Place("event", payment.chain, f"{payment.seq}")
    into = [Arc(place, event, asset, shares, payment) for (place, asset), shares in gave.items()]
    return [*into, *(Arc(event, place, asset, shares, payment) for (place, asset), shares in got.items())], []


def _net(chain: ChainId, sides: Iterable[Side]) -> Net:
    found: Net = {}
    for side in sides:
        at = found.setdefault((_place(chain, side), side.asset), {})
        for share in side.shares:
            have = at.get(share.origin, Units(0, 0))
            at[share.origin] = Units(have.tainted + share.tainted, have.origin_amount + share.origin_amount)
    return found


def _place(chain: ChainId, side: Side) -> Place:
    if side.address:
        return Place("holder", side.chain or chain, side.address)
    return Place("sink", chain, side.ends)


def _thefts(gave: Net, got: Net) -> Net:
    """Return what payees got beyond what payers gave: newly stolen, given by the theft."""
    new: dict[Origin, int] = {}
    for side, sign in ((got, 1), (gave, -1)):
        for shares in side.values():
            for origin, units in shares.items():
                new[origin] = new.get(origin, 0) + sign * units.origin_amount
    found: Net = {}
    for origin, amount in new.items():
        if amount > 0:
            place = Place("theft", NOWHERE, origin.name)
            found.setdefault((place, origin.asset), {})[origin] = Units(amount, amount)
    return found


def _less_change(gave: Shares, got: Shares) -> None:
    for origin in sorted(gave.keys() & got.keys()):
        back = Units(*(min(pair) for pair in zip(gave[origin], got[origin], strict=True)))
        for side in (gave, got):
            left = Units(*(have - part for have, part in zip(side[origin], back, strict=True)))
            side[origin] = left
            if not any(left):
                del side[origin]


def _each_origin_has_one_source(gave: Net) -> bool:
    origins = [origin for shares in gave.values() for origin in shares]
    return len(origins) == len(set(origins)) and len({asset for _, asset in gave}) <= 1


def _by_origin(payment: Payment, gave: Net, got: Net) -> list[Arc]:
    """Return the lines of a payment in which every origin comes from one payer: that payer paid it."""
    arcs = []
    for (payer, given), shares in gave.items():
        for (payee, asset), mine in got.items():
            part = {origin: units for origin, units in mine.items() if origin in shares}
            if part:
                arcs.append(Arc(payer, payee, asset, part, payment, None if asset == given else given))
    return arcs


def _from_one(payment: Payment, key: tuple[Place, AssetId], gave: Shares, got: Net) -> tuple[list[Arc], list[Swap]]:
    """Return what one payer's event pays to others, and what it gets back itself in another asset."""
    payer, asset = key
    arcs, swaps = [], []
    for (payee, received), shares in got.items():
        if payee == payer:
            given = sum(units.tainted for units in gave.values()) if len(got) == 1 else 0
            sides = (asset, given), (received, sum(units.tainted for units in shares.values()))
            swaps.append(Swap(payer, *sides, payment))
        else:
            arcs.append(Arc(payer, payee, received, shares, payment, None if received == asset else asset))
    return arcs, swaps
