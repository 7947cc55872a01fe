"""What each address did with the stolen units it got: whom it paid, what it passed on, traded, charged or gave back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from tracer.flags.homes import Home, is_fresh
from tracer.flags.spread import Spread
from tracer.model import AssetId, ChainId, Holder, Origin, at_least, is_transit
from tracer.trace import Arrival, Movement, Movements, Payment, Share, TraceResult, about, any_grade, received_in

ROUTER_PERCENT: Final = 90
"""Who passes on at least this much of all it got in a transaction charged a fee for it, as a router may."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Stolen units that an address got in one payment, less what it gave of them in the same one (change)."""

    payment: Payment
    shares: tuple[Share, ...]

    @property
    def tainted(self) -> int:
        """Base units of the asset."""
        return sum(share.tainted for share in self.shares)

    def arrival(self, floor: str) -> Arrival:
        """Return it with the units that came by steps graded `floor` or better."""
        part = sum(share.tainted for share in self.shares if at_least(share.grade, floor))
        return Arrival(self.payment.time, self.payment.tx, part)


@dataclass(frozen=True, slots=True)
class Conduct:
    """Receipts of stolen units by address and asset, and what is known of how each address paid on.

    Those `beyond` are the addresses to which some units can have come that no victim had had back and paid on; those
    `returned` gave all they got to a victim or to an address of recovery; stolen units can reach the `weak` by a row
    that is weaker than identified, on some step of some way. `routers` passed on, inside one transaction, all that they
    got in it; `traders` gave one asset and got another in one, in rows that nobody has decoded as a conversion.
    """

    into: Mapping[Holder, Mapping[AssetId, list[Receipt]]]
    paid_to: Mapping[Holder, frozenset[str]]
    swaps: frozenset[Holder]
    seen_with: Mapping[Holder, frozenset[str]]
    beyond: frozenset[Holder]
    weak: frozenset[Holder]
    returned: frozenset[Holder]
    routers: frozenset[Holder]
    traders: frozenset[Holder]
    charging: frozenset[Holder]
    moved: Mapping[Holder, Sequence[Movement]]


def conduct_of(result: TraceResult, home: Home, doubted: Collection[Holder] = ()) -> Conduct:
    """Return what each address of a trace did with the stolen units it got; `doubted` were taken for pools."""
    into: dict[Holder, dict[AssetId, list[Receipt]]] = {}
    paid_to: dict[Holder, set[str]] = {}
    swaps: set[Holder] = set()
    for payment in result.payments:
        givers = [side for side in payment.payers if not side.ends and not is_transit(side.holder)]
        payers = {(payment.chain, side.address) for side in givers}
        given = {side.asset for side in givers}
        for place in payers:
            others = [side for side in payment.payees if (payment.chain, side.address) != place]
            if others:
                paid_to.setdefault(place, set()).update(side.ends for side in others)
            own = {side.asset for side in givers if (payment.chain, side.address) == place}
            if any(side.asset not in (own if side.address == place[1] else given) for side in payment.payees):
                swaps.add(place)
        for (address, asset), shares in received_in(payment).items():
            into.setdefault((payment.chain, address), {}).setdefault(asset, []).append(Receipt(payment, shares))
    seen: dict[Holder, set[str]] = {}
    moved: dict[Holder, list[Movement]] = {}
    for movement in about(result.movements, into):
        if movement.amount:
            moved.setdefault((movement.chain, movement.recipient), []).append(movement)
            moved.setdefault((movement.chain, movement.sender), []).append(movement)
            seen.setdefault((movement.chain, movement.recipient), set()).add(movement.sender)
            seen.setdefault((movement.chain, movement.sender), set()).add(movement.recipient)
    frozen = ({place: frozenset(found) for place, found in one.items()} for one in (paid_to, seen))
    return Conduct(
        into,
        next(frozen),
        frozenset(swaps),
        next(frozen),
        _beyond(result, home, doubted),
        _weak(result),
        _returned(result, into, home),
        *_passers(result, into),
        moved,
    )


def _weak(result: TraceResult) -> frozenset[Holder]:
    """Return the addresses that stolen units can reach by a row that is inferred or asserted."""
    found: set[Holder] = set()
    for movement in result.movements if any_grade(result.movements, "inferred") else ():
        weak = not at_least(movement.grade, "identified") or (movement.chain, movement.sender) in found
        if movement.hop >= 0 and weak:
            found.add((movement.chain, movement.recipient))
    return frozenset(found)


def _beyond(result: TraceResult, home: Home, doubted: Collection[Holder]) -> frozenset[Holder]:
    """Return whom stolen units can have reached, under any rule, otherwise than from who had got them back.

    Whomever a row pays can have got some of all that its payer had: the order of lots clears nobody. Those `doubted`
    were taken for pools without anybody saying so; whatever they pay since they were paid may be stolen.
    """
    if isinstance(result.movements, Movements) and not doubted:
        had: set[tuple[Holder, Origin]] = set()
        spread = Spread(
            result.movements,
            lambda payment, places: _pass_on(payment, places, had, home),
            _carry,
            home.clock(result),
            home.ever,
        )
        return spread.run(result.payments)
    reached: dict[Origin, set[Holder]] = defaultdict(set)
    suspects: set[Holder] = set()
    rows = [one for one in result.movements if one.kind != "fee"]
    groups = {
        group[0].seq: group for _, mine in groupby(rows, key=lambda one: (one.event, one.tx)) if (group := list(mine))
    }
    first = {one.seq: start for start, group in groups.items() for one in group}
    paid: dict[int, list[Payment]] = defaultdict(list)
    for payment in result.payments:
        start = min(payment.rows, default=0)
        paid[first.get(start, start)].append(payment)
    at_home = home.clock(result)
    got: set[tuple[Holder, Origin]] = set()
    for start in sorted(paid.keys() | groups.keys()):
        group, payments = groups.get(start, []), paid.get(start, ())
        for payment in payments:
            _pass_on(payment, reached, got, home)
        if not group:
            continue
        payers = {(one.chain, one.sender) for one in group}
        carrying = [one for one in group if one.hop >= 0]
        for origin, places in reached.items():
            _carry(carrying, places, {place for place in payers if at_home(place, origin, group[0])})
        taken = {(one.chain, one.recipient) for one in group}.intersection(doubted)
        if not any(map(is_fresh, payments)):
            taken = {place for place in taken if any(place in places for places in reached.values())}
        suspects |= taken
        _carry(group, suspects, frozenset())
    return frozenset(suspects.union(*reached.values()))


def _carry(rows: Sequence[Movement], places: set[Holder], homes: Collection[Holder]) -> None:
    """Add whom the rows of an event pay out of some places, whatever their order, but not out of homes.

    Where a row has one side only, as those of a ledger, whoever pays can have paid whomever the event pays.
    """
    apart = all(one.sender and one.recipient for one in rows)
    grown = True
    while grown:
        payers = places.intersection((one.chain, one.sender) for one in rows).difference(homes)
        paid = {
            (one.chain, one.recipient)
            for one in rows
            if payers and one.recipient and (not apart or (one.chain, one.sender) in payers)
        }
        grown = apart and not paid <= places
        places |= paid


def _pass_on(payment: Payment, reached: dict[Origin, set[Holder]], got: set[tuple[Holder, Origin]], home: Home) -> None:
    """Add whom a payment pays units that were at home with none of those who paid them; `got` is who got any."""
    fresh = not payment.payers or is_fresh(payment)
    away: set[Origin] = set()
    for side in payment.payers:
        place = (payment.chain, side.address)
        for share in side.shares:
            came = place in reached[share.origin] or (place, share.origin) not in got
            if came and not home.at(place, payment, (share,)):
                away.add(share.origin)
    for side in payment.payees:
        place = (payment.chain, side.address)
        for share in side.shares:
            got.add((place, share.origin))
            if fresh or share.origin in away:
                reached[share.origin].add(place)


def _passers(
    result: TraceResult, into: Mapping[Holder, Mapping[AssetId, list[Receipt]]]
) -> tuple[frozenset[Holder], frozenset[Holder], frozenset[Holder]]:
    """Return who passed on all it got, who traded it, and who charged, where stolen units came in a transaction.

    A trader got one asset and gave another in such a transaction, undecoded. Who charged passed on all but a small
    part, as a router does that takes a fee. What an address does in other transactions says nothing of these units.
    """
    sides: dict[tuple[ChainId, str, str], _Sides] = {}
    for movement in about(result.movements, into):
        if not movement.tx or not movement.amount or movement.kind == "fee":
            continue
        for address, sign in ((movement.recipient, 1), (movement.sender, -1)):
            if address:
                sides.setdefault((movement.chain, movement.tx, address), _Sides()).add(movement, sign)
    parties = {key: side for key, side in sides.items() if side.got and side.gave and len(side.events) > 1}
    brought = {
        (chain, address): {receipt.payment.tx for receipts in assets.values() for receipt in receipts}
        for (chain, address), assets in into.items()
    }

    def sides_of(place: Holder) -> list[_Sides | None]:
        return [parties.get((place[0], tx, place[1])) for tx in sorted(brought[place])]

    return (
        frozenset(
            place for place in brought if all(side is not None and side.got == side.gave for side in sides_of(place))
        ),
        frozenset(place for place in brought if any(side is not None and side.trades for side in sides_of(place))),
        frozenset(
            place
            for place in brought
            if all(side is not None and (side.got == side.gave or side.charges) for side in sides_of(place))
        ),
    )


@dataclass(slots=True)
class _Sides:
    """What an address got and gave in one transaction, and in which events."""

    got: dict[AssetId, int] = field(default_factory=dict)
    gave: dict[AssetId, int] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)

    @property
    def trades(self) -> bool:
        """Whether it got an asset that it did not give, and gave one that it did not get."""
        return bool(self.got.keys() - self.gave.keys() and self.gave.keys() - self.got.keys())

    @property
    def charges(self) -> bool:
        """Whether it gave, of every asset, nearly all it got of it."""
        return (
            self.got.keys() == self.gave.keys()
            and self.got != self.gave
            and all(
                100 * self.got[asset] >= 100 * gave >= ROUTER_PERCENT * self.got[asset]
                for asset, gave in self.gave.items()
            )
        )

    def add(self, movement: Movement, sign: int) -> None:
        """Count a movement."""
        held = self.got if sign > 0 else self.gave
        held[movement.asset] = held.get(movement.asset, 0) + movement.amount
        self.events.add(movement.event)


def _returned(
    result: TraceResult, into: Mapping[Holder, Mapping[AssetId, list[Receipt]]], home: Home
) -> frozenset[Holder]:
    """Return the addresses that gave everything they ever got to where it is at home again, whatever the rule.

    They got nothing but stolen units of the asset and paid no more than they got, so no rule can say that they gave
    others.
    """
    paid: dict[tuple[Holder, AssetId], int] = {}
    for movement in about(result.movements, into):
        key = ((movement.chain, movement.sender), movement.asset)
        paid[key] = paid.get(key, 0) + movement.amount
    back: dict[tuple[Holder, AssetId], int] = {}
    for payment in result.payments:
        payees = {(payment.chain, side.address) for side in payment.payees}
        for side in payment.payers:
            if not payees or not all(home.takes(place, payment, side.shares) for place in payees):
                continue
            key = ((payment.chain, side.address), side.asset)
            back[key] = back.get(key, 0) + sum(share.tainted for share in side.shares)
    return frozenset(
        place
        for place, assets in into.items()
        if not home.ever(place)
        and all(
            back.get((place, asset), 0)
            >= sum(one.tainted for one in receipts)
            >= max(result.holders[place].received.get(asset, 0), paid.get((place, asset), 0))
            > 0
            for asset, receipts in assets.items()
        )
    )
