"""Where stolen units are at home again: with whom they were taken from, up to what was taken; recovery addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tracer.flags.parties import Parties
from tracer.model import Holder, Label, Origin, caip10, chain_of
from tracer.registry import holds_at
from tracer.trace import Payment, Share, TraceResult

_HOME: Final = frozenset({"victim", "recovery"})


@dataclass(frozen=True, slots=True)
class Home:
    """Where stolen units are at home again: each theft's victims since they are, and its addresses of recovery in time.

    Attributes
    ----------
    victims : mapping of Origin to mapping of (ChainId, str) to int
        By theft and asset: since which place in the order an address is its victim.
    labels : mapping of (ChainId, str) to tuple of Label
        Labels of victims and addresses of recovery.
    case_id : str
        What a label of the whole case names.
    begun : frozenset of (ChainId, str)
        Who begins with stolen units by a seed: what it pays was taken, whoever it is.
    """

    victims: Mapping[Origin, Mapping[Holder, int]]
    labels: Mapping[Holder, tuple[Label, ...]]
    case_id: str
    begun: frozenset[Holder]

    def at(self, place: Holder, payment: Payment, shares: Iterable[Share]) -> bool:
        """Return whether units of some thefts were surely at home with an address when a payment was made."""
        origins = {share.origin for share in shares}
        return (
            bool(origins)
            and place not in self.begun
            and all(
                payment.seq > self.victims.get(origin, {}).get(place, payment.seq)
                or any(
                    label.incident in ("", self.case_id, origin.name) and _surely_holds(label, payment)
                    for label in self.labels.get(place, ())
                )
                for origin in origins
            )
        )

    def ever(self, place: Holder) -> bool:
        """Return whether it is at any time."""
        return any(place in mine for mine in self.victims.values()) or place in self.labels


def _surely_holds(label: Label, payment: Payment) -> bool:
    """Return whether a label was in force at a payment, whatever second of its printed time it was made in."""
    if payment.time is None:
        return not (label.valid_from or label.valid_until)
    return all(holds_at(label, second) for second in (payment.time, payment.time + payment.resolution - 1))


def home_of(result: TraceResult, parties: Parties, incidents: frozenset[str]) -> Home:
    """Return where the units of every theft of a trace are at home, for labels of some incidents or of none."""
    labels = {
        place: tuple(
            label
            for label in holder.labels
            if {label.category, label.role} & _HOME and label.incident in {"", *incidents}
        )
        for place, holder in result.holders.items()
    }
    return Home(
        {origin: _at_home(result, origin, parties) for origin in result.stolen},
        {place: found for place, found in labels.items() if found},
        result.case_id,
        frozenset(
            (payment.chain, side.address) for payment in result.payments if not payment.seq for side in payment.payees
        ),
    )


def _at_home(result: TraceResult, origin: Origin, parties: Parties) -> dict[Holder, int]:
    """Return a theft's victims that got no more of its units back than they lost, and since which payment they are."""
    lost = parties.robbed.get(origin, {})
    back: dict[Holder, int] = {}
    since: dict[Holder, int] = {}
    for payment in result.payments:
        if is_fresh(payment):
            for sender in payment.senders:
                since.setdefault((payment.chain, sender), payment.seq)
        for side in payment.payees:
            place = (payment.chain, side.address)
            back[place] = back.get(place, 0) + sum(one.origin_amount for one in side.shares if one.origin == origin)
    by_key = {one.rpartition(":")[2]: amount for one, amount in lost.items() if one.startswith("eip155:")}
    begun = {place[1]: seq for place, seq in since.items()}
    return {
        place: since.get(place, begun.get(place[1], -1))
        for place in _places_of(result, lost if parties.robbed else parties.victims)
        if not parties.robbed or back.get(place, 0) <= lost.get(caip10(*place), by_key.get(place[1], 0))
    }


def _places_of(result: TraceResult, accounts: Collection[str]) -> frozenset[Holder]:
    """Return the addresses reached that are some accounts, or have the key of one on another EVM chain."""
    keys = {one.rpartition(":")[2] for one in accounts if one.startswith("eip155:")}
    return frozenset(
        place
        for place in result.holders
        if caip10(*place) in accounts or (place[1] in keys and chain_of(place[0]).family == "evm")
    )


def is_fresh(payment: Payment) -> bool:
    """Return whether a theft takes in a payment, which passes on more of an origin's units than its payers gave.

    In the origin's own units, for a swap gives other numbers of another asset.
    """
    balance: dict[Origin, int] = {}
    for sign, sides in ((-1, payment.payers), (1, payment.payees)):
        for share in (share for side in sides for share in side.shares):
            balance[share.origin] = balance.get(share.origin, 0) + sign * share.origin_amount
    return any(amount > 0 for amount in balance.values())
