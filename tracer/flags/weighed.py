"""What an address got counted by weight: units that came by the theft's own way, and those out of other hands.

Other hands are a service's, which pays its customers' money, a victim's, who has it back, and a lead's. Who pays units
of both kinds pays them in the proportion in which it holds them: one unit of a thief's beside a customer's withdrawal
makes neither the customer nor whom he pays the thief's, and one of a service's does not clear a thief.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from tracer.flags.homes import Home, is_fresh
from tracer.model import CATEGORIES, AssetId, ChainId, Holder, Label, Origin
from tracer.registry import holds_at
from tracer.trace import HolderInfo, Payment, Share, TraceResult

Holding = tuple[ChainId, str, AssetId]

_POOLING: Final = ("service", "mixer", "bridge", "contract")


def firm_of(
    result: TraceResult,
    receivers: Collection[Holder],
    traders: frozenset[Holder],
    home: Home,
    unshown: Collection[int] = (),
) -> frozenset[Holding]:
    """Return the addresses and assets of which at least half of the units came by ways on which nobody is a lead.

    Leads are those whom a theft paid without being its receivers, who traded in rows that nobody decoded, whose key is
    a service's on another chain, and services that are followed all the same, while they are such; what comes out of
    their hands, or out of a victim's who had it back, is no surer, nor is what a conversion that nobody shows pays to
    others than who gave in it.
    """
    pooling = {place for place, holder in result.holders.items() if holder.elsewhere}
    leads = pooling | (traders - set(receivers))
    leads |= {place for place, holder in result.holders.items() if holder.is_seed and place not in receivers}
    services = {place: found for place, holder in result.holders.items() if (found := _pooling_labels(holder))}
    weights = _Weights(leads, services, home, frozenset(unshown))
    for payment in result.payments:
        weights.add(payment)
    firm = {key for key, (sure, other) in weights.got.items() if sure and sure >= other}
    received = {key for key in weights.got if key[:2] in receivers and key[:2] not in pooling}
    return frozenset(firm | received)


def _pooling_labels(holder: HolderInfo) -> tuple[Label, ...]:
    """Return the labels that make a holder a service: what it pays while they hold is its customers' money."""
    return tuple(label for label in holder.labels if CATEGORIES[label.category].stop_reason in _POOLING)


@dataclass(slots=True)
class _Weights:
    """Units of both kinds, sure first: what each address holds by origin, and all it got."""

    leads: Collection[Holder]
    services: Mapping[Holder, tuple[Label, ...]]
    home: Home
    unshown: frozenset[int]
    held: dict[tuple[Holding, Origin], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    back: dict[tuple[Holder, Origin], int] = field(default_factory=lambda: defaultdict(int))
    got: dict[Holding, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, payment: Payment) -> None:
        """Count a payment."""
        sure, paid = self._paid(payment)
        payers = {side.address for side in payment.payers}
        for side in payment.payees:
            place = (payment.chain, side.address)
            doubted = place in self.leads or self._pools(place, payment)
            doubted = doubted or (payment.seq in self.unshown and side.address not in payers)
            key = (*place, side.asset)
            for share in side.shares:
                origin = share.origin
                part = 0 if doubted else _part(share.tainted, sure[origin], paid[origin])
                part = min(part, share.tainted - self._given_back(place, payment, share))
                for counted in (self.held[key, origin], self.got[key]):
                    counted[0] += part
                    counted[1] += share.tainted - part

    def _paid(self, payment: Payment) -> tuple[Mapping[Origin, int], Mapping[Origin, int]]:
        """Return how many of the units paid are sure, and how many there are, by origin; what is newly stolen is."""
        sure: dict[Origin, int] = defaultdict(int)
        paid: dict[Origin, int] = defaultdict(int)
        fresh = is_fresh(payment)
        for side in payment.payers:
            place = (payment.chain, side.address)
            doubted = place in self.leads or self._pools(place, payment)
            doubted = doubted or (not fresh and self.home.at(place, payment, side.shares))
            for share in side.shares:
                held = self.held[(*place, side.asset), share.origin]
                part = _part(share.tainted, held[0], sum(held)) if sum(held) else share.tainted
                paid[share.origin] += share.origin_amount
                if not doubted:
                    sure[share.origin] += _part(share.origin_amount, part, share.tainted)
                held[0] = max(held[0] - part, 0)
                held[1] = max(held[1] - (share.tainted - part), 0)
        reached: dict[Origin, int] = defaultdict(int)
        for side in payment.payees:
            for share in side.shares:
                reached[share.origin] += share.origin_amount
        for origin, amount in reached.items():
            sure[origin] += max(amount - paid[origin], 0)
            paid[origin] = max(amount, paid[origin])
        return sure, paid

    def _given_back(self, place: Holder, payment: Payment, share: Share) -> int:
        """Return how many units of a receipt are at home with a victim that got more than it lost, or others' too."""
        since, lost = self.home.overpaid.get(share.origin, {}).get(place, (payment.seq, 0))
        if payment.seq <= since or self.home.brings_others(place, payment, share.origin):
            return 0
        amount = min(share.origin_amount, lost - self.back[place, share.origin])
        self.back[place, share.origin] += amount
        return _part(share.tainted, amount, share.origin_amount)

    def _pools(self, place: Holder, payment: Payment) -> bool:
        """Return whether an address is a service when a payment is made."""
        return any(holds_at(label, payment.time) for label in self.services.get(place, ()))


def _part(amount: int, sure: int, total: int) -> int:
    """Return how many of some units are sure where so many of a total are, to the nearest whole one."""
    return min(amount, (2 * amount * sure + total) // (2 * total)) if total else 0
