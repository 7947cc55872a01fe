"""Where rules begin to differ: the first holders on the way to a destination that hold stolen and other money together.

Until then every unit of a holder is of one kind, and all rules say the same. From there on they may not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tracer.analysis.replay import Commingled, Inflow, Replay, replay
from tracer.analysis.ways import CoHeld
from tracer.model import Account, Leg, Origin
from tracer.trace import ExitKey, PreparedCase


@dataclass(frozen=True, slots=True)
class CommingledHolding:
    """A holder on the way that paid while it held stolen and other money together.

    A payment to somebody else counts too: it decides what is left to pay on, or to hold.

    Attributes
    ----------
    account : Account
        Whose holding.
    address : str
        Address beside the holder.
    event : int
        Index of its first such payment.
    time, tx
        Of that payment; ``None`` or empty where the source does not say.
    held, other : int
        Units of this origin, and all other units, that it held just before; of the second, `clean` is no theft's.
    clean : int
        Units that belong to no theft.
    beside : tuple of CoHeld
        Where the other money had come from by then, the largest first.
    """

    account: Account
    address: str
    event: int
    time: int | None
    tx: str
    held: int
    other: int
    clean: int
    beside: tuple[CoHeld, ...]


def mixings(prepared: PreparedCase, places: Collection[ExitKey], origin: Origin) -> tuple[CommingledHolding, ...]:
    """Return the holders on the way to some places that mixed, each at its first mixed payment, in order of time.

    Parameters
    ----------
    prepared : PreparedCase
        A prepared case.
    places : collection of ExitKey
        The destination.
    origin : Origin
        Which theft is called stolen; money of other thefts counts as other.

    Notes
    -----
    Up to the first of them no rule can differ, so it does not matter that the replay runs under ``haircut``, which
    takes a share of everything and therefore visits every holder that any rule can.
    """
    asked = {(place.chain, place.address, place.asset) for place in places}

    def target(leg: Leg) -> bool:
        return (leg.account.chain, leg.address, leg.account.asset) in asked

    found = replay(prepared.plan, "haircut", target)
    number = prepared.plan.labels.origins.index(origin)
    first = [(mixed, account) for (account, place), mixed in found.mixed.items() if place == number]
    return tuple(_told(prepared, found, account, mixed, number) for mixed, account in sorted(first))


def _told(prepared: PreparedCase, found: Replay, account: Account, mixed: Commingled, origin: int) -> CommingledHolding:
    event = prepared.plan.events[mixed.event]
    return CommingledHolding(
        account,
        prepared.ledger.addresses.get(account, account.holder),
        event.index,
        event.time,
        event.tx,
        mixed.held,
        mixed.other,
        mixed.clean,
        beside(prepared, found, account, event.index, origin),
    )


def beside(prepared: PreparedCase, found: Replay, account: Account, event: int, origin: int) -> tuple[CoHeld, ...]:
    """Return who had paid an account other money than an origin's before an event, the largest first."""
    sums: dict[str, int] = {}
    for inflow in found.inflows.get(account, []):
        other = inflow.amount - inflow.stolen.get(origin, 0)
        if inflow.event < event and other:
            name = _payer(prepared, inflow)
            sums[name] = sums.get(name, 0) + other
    return tuple(CoHeld(name, amount) for name, amount in sorted(sums.items(), key=lambda one: (-one[1], one[0])))


def _payer(prepared: PreparedCase, inflow: Inflow) -> str:
    if inflow.event < 0:
        return ""
    payers = prepared.plan.events[inflow.event].parts[inflow.part].debits
    return payers[0].address if payers else ""
