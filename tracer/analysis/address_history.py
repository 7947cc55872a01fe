"""All that a trace knows of one address: what came and went, with whom, its balance after every event, where it ends.

Everything is counted from the events that the trace itself runs on: inside one event a holder's rows of one asset are
one, so that what only passes through it there does not count. Stolen units are those of the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tracer.analysis.poison_reach import poisoned
from tracer.ledger import is_income
from tracer.model import LABEL_EVENT, Account, AssetId, ChainId, Event, Label, Leg, Origin, Part, plain_holder
from tracer.trace import Exit, HolderInfo, PreparedCase, PriceTable, Side, TraceResult, opening_of, priced

NEW_ISSUE: Final = "new issue"
NO_PAYEE: Final = "fees and burns"
FEES: Final = "fees that others pay"
CHANGE: Final = "itself (change)"
CONVERSION: Final = "its own conversion"
"""Names of counterparties that are nobody else, or not to be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What an address received and paid of one asset.

    Attributes
    ----------
    asset : AssetId
        Of what.
    opening : int
        What it must have held before the table begins, base units, as everything here.
    opening_stolen : int
        The stolen units it begins with, as a seed says: a theft paid them to it before the table begins.
    received, paid : int
        Sums of its receipts and payments; ``opening + received - paid == balance``. What it gets of its own payment
        (change) is neither.
    received_stolen, paid_stolen : int
        The stolen units in them under the rule.
    taken : int
        The part of `paid_stolen` that a theft took from it: it became stolen there.
    receipts, payments : int
        How many.
    balance : int
        What is left at the end.
    held_stolen : int
        ``opening_stolen + received_stolen - (paid_stolen - taken)``: the sum of the exits here. Where following
        stops it can be more than the balance, for what a stopped holder pays on is not followed.
    approximate : bool
        Whether an event was rounded by its source.
    """

    asset: AssetId
    opening: int
    opening_stolen: int
    received: int
    received_stolen: int
    receipts: int
    paid: int
    paid_stolen: int
    taken: int
    payments: int
    balance: int
    held_stolen: int
    approximate: bool

    @property
    def came(self) -> int:
        """The stolen units that came to it, in the table or before it begins."""
        return self.opening_stolen + self.received_stolen


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparty:
    """Whom an address was paid by or paid, in one asset.

    Attributes
    ----------
    addresses : tuple of str
        One; several where one event has them on that side together; none for :data:`NEW_ISSUE`, :data:`NO_PAYEE`,
        :data:`FEES`, :data:`CHANGE` and :data:`CONVERSION`.
    name : str
        The entity behind it, or which of these five; empty where nobody says.
    direction : str
        ``in`` or ``out``, as the address sees it.
    asset, amount, stolen, payments
        What, how much of it, the stolen units in it, in how many payments.
    first_time, last_time : int or None
        Seconds UTC.
    """

    addresses: tuple[str, ...]
    name: str
    direction: str
    asset: AssetId
    amount: int
    stolen: int
    payments: int
    first_time: int | None
    last_time: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancePoint:
    """What an address held of one asset after an event that changed it.

    Attributes
    ----------
    asset : AssetId
        Of what.
    time, block, tx
        Of the event; ``None`` and empty where the input does not say.
    change : int
        What the event brought (above zero) or took, base units.
    balance, stolen : int
        What it held then, and the stolen units that had come and not gone.
    """

    asset: AssetId
    time: int | None
    block: int | None
    tx: str
    change: int
    balance: int
    stolen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """One address in one trace.

    Attributes
    ----------
    chain, address : str
        Which; the name of an outpoint where it was asked for.
    labels : tuple of Label
        Every label of it that was known, whenever it holds, strongest first.
    not_yet_known : int
        Labels left out because they became known after the day whose knowledge is used.
    holder : HolderInfo or None
        What the trace has on it; ``None`` where none reach it in the order of the rows, or so far as is followed.
    can_have : bool
        Whether stolen units can have reached it at all: under any rule, in any order that the data leaves open.
    robbed : bool
        Whether a theft of this case took units from it.
    flows : tuple of Flow
        By asset: those of which stolen units came first, then by asset.
    counterparties : tuple of Counterparty
        Those with stolen units first; then by worth where a price is known, by asset and amount where not.
    points : tuple of BalancePoint
        By asset in the order of `flows`, then in time.
    exits : tuple of Exit
        Where following ends here.
    """

    chain: ChainId
    address: str
    labels: tuple[Label, ...]
    not_yet_known: int
    holder: HolderInfo | None
    can_have: bool
    robbed: bool
    flows: tuple[Flow, ...]
    counterparties: tuple[Counterparty, ...]
    points: tuple[BalancePoint, ...]
    exits: tuple[Exit, ...]


def facts_of(
    prepared: PreparedCase, result: TraceResult, chain: ChainId, address: str, prices: PriceTable | None = None
) -> AddressFacts:
    """Return what a trace knows of an address.

    Parameters
    ----------
    prepared, result
        The trace.
    chain, address : str
        An address or outpoint that the rows name.
    prices : PriceTable, optional
        For the order of counterparties in different assets.
    """
    seen = _Seen(prepared, result, chain, address)
    holder = result.holders.get((chain, address))
    flows = sorted(
        map(seen.flow, {key[1] for key in seen.sums} | seen.points.keys()),
        key=lambda flow: (not flow.came, "/slip44:" not in flow.asset, flow.asset),
    )
    return AddressFacts(
        chain=chain,
        address=address,
        labels=prepared.inputs.labels.of(chain, address),
        not_yet_known=prepared.inputs.labels.not_yet_known(chain, address),
        holder=holder,
        can_have=holder is not None or any(map(seen.is_mine, poisoned(prepared, beyond_limits=True))),
        robbed=(chain, address) in prepared.thefts.victims,
        flows=tuple(flows),
        counterparties=seen.counterparties(prices),
        points=tuple(point for flow in flows for point in seen.points.get(flow.asset, ())),
        exits=tuple(leaf for leaf in result.exits if (leaf.chain, leaf.address) == (chain, address)),
    )


@dataclass(slots=True)
class _Sum:
    """Receipts or payments added up."""

    amount: int = 0
    stolen: int = 0
    number: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, amount: int, stolen: int, time: int | None) -> None:
        """Count one more amount, of it stolen, at a time."""
        self.amount += amount
        self.stolen += stolen
        self.number += 1
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)


@dataclass(slots=True)
class _Moved:
    """What one leg of an address moves, by and by less its change."""

    leg: Leg
    amount: int
    stolen: dict[Origin, int]
    taken: bool = False


def _by_origin(side: Side) -> dict[Origin, int]:
    found: dict[Origin, int] = {}
    for share in side.shares:
        found[share.origin] = found.get(share.origin, 0) + share.tainted
    return found


def _cancel_change(moved: dict[tuple[str, AssetId], list[_Moved]]) -> None:
    """Take out of what an address pays and gets in one payment what it gets of its own: that is no receipt.

    Stolen units by theft, as :func:`tracer.trace.received_in` does it; of the amounts so much that what is left of
    each side still holds its stolen units.
    """
    for asset in [asset for direction, asset in moved if direction == "in" and ("out", asset) in moved]:
        out, into = (moved[direction, asset] for direction in ("out", "in"))
        plain = [one for one in out if not one.taken]  # what a theft takes of it did not come back as its change
        for origin in {origin for one in into for origin in one.stolen}:
            both = min(sum(one.stolen.get(origin, 0) for one in legs) for legs in (plain, into))
            for legs in (plain, into):
                rest = both
                for one in legs:
                    less = min(rest, one.stolen.get(origin, 0))
                    one.stolen[origin] = one.stolen.get(origin, 0) - less
                    rest -= less
        free = [sum(one.amount - sum(one.stolen.values()) for one in legs) for legs in (plain, into)]
        for legs in (plain, into):
            rest = min(free)
            for one in legs:
                less = min(rest, one.amount - sum(one.stolen.values()))
                one.amount -= less
                rest -= less


class _Seen:
    """The events of one address, added up."""

    def __init__(self, prepared: PreparedCase, result: TraceResult, chain: ChainId, address: str) -> None:
        self.prepared, self.result = prepared, result
        self.chain, self.address = chain, address
        self.sums: dict[tuple[str, AssetId], _Sum] = defaultdict(_Sum)
        self.taken: dict[AssetId, int] = defaultdict(int)
        self.rough: set[AssetId] = set()
        self.points: dict[AssetId, list[BalancePoint]] = defaultdict(list)
        self._parties: dict[tuple[str, AssetId, tuple[str, ...], str], _Sum] = defaultdict(_Sum)
        self._came: dict[Account, tuple[str, AssetId, tuple[str, ...], str]] = {}
        self._balance: dict[AssetId, int] = defaultdict(int)
        self._held: dict[AssetId, int] = defaultdict(int)
        self._began: dict[AssetId, int] = defaultdict(int)
        self._stolen: dict[tuple[int, str, Account, int], list[dict[Origin, int]]] = defaultdict(list)
        for payment in result.payments:
            for direction, sides in (("out", payment.payers), ("in", payment.payees)):
                for side in sides:
                    account = Account(payment.chain, side.holder, side.asset)
                    self._stolen[payment.seq, direction, account, side.amount].append(_by_origin(side))
        self._begin()
        for event in prepared.ledger.events:
            if event.chain == chain:
                self._add(event)

    def is_mine(self, account: Account) -> bool:
        """Return whether an account is one of the address."""
        return account.chain == self.chain and (
            plain_holder(account.holder) == self.address or self.prepared.ledger.addresses.get(account) == self.address
        )

    def _named(self, account: Account) -> str:
        return self.prepared.ledger.addresses.get(account, plain_holder(account.holder))

    def _begin(self) -> None:
        """Take what it holds before the first event, and the stolen units in it."""
        whole = opening_of(self.prepared.ledger, self.prepared.inputs, self.prepared.thefts)
        for account, amount in whole.items():
            if amount and self.is_mine(account):
                self._balance[account.asset] += amount
        for (seq, _, account, _), amounts in self._stolen.items():
            if not seq and self.is_mine(account):
                self._began[account.asset] += sum(sum(one.values()) for one in amounts)
        self._held.update(self._began)
        for asset in sorted(self._balance.keys() | self._held.keys()):
            self._point(asset, None, self._balance[asset])

    def _add(self, event: Event) -> None:
        change: dict[AssetId, int] = defaultdict(int)
        held: dict[AssetId, int] = defaultdict(int)
        for number, part in enumerate(event.parts):
            moved: dict[tuple[str, AssetId], list[_Moved]] = defaultdict(list)
            for direction, legs in (("out", part.debits), ("in", part.credits)):
                for place, leg in enumerate(legs):
                    if leg.sink or not self.is_mine(leg.account):
                        continue
                    asset, sign = leg.account.asset, 1 if direction == "in" else -1
                    found = self._stolen.get((event.index + 1, direction, leg.account, leg.amount))
                    of = found.pop(0) if found else {}
                    stolen = sum(of.values())
                    change[asset] += sign * leg.amount
                    held[asset] += sign * stolen
                    if event.kind == LABEL_EVENT:
                        continue  # its whole balance at the moment in which a label of it begins or ends
                    others = part.debits if sign > 0 else part.credits
                    if any(one.account == leg.account and not one.sink for one in others):
                        self._seed(leg, direction, stolen)
                        continue
                    taken = direction == "out" and (event.index, number, place) in self.prepared.thefts.debits
                    moved[direction, asset].append(_Moved(leg, leg.amount, of, taken=taken))
            _cancel_change(moved)
            for (direction, asset), legs_moved in moved.items():
                for one in legs_moved:
                    if one.taken:
                        self.taken[asset] += one.amount
                    if one.amount:
                        stolen = one.amount if one.taken else sum(one.stolen.values())
                        self._count(event, part, one, direction, stolen)
        for asset in sorted(asset for asset in change if change[asset] or held[asset]):
            self._balance[asset] += change[asset]
            self._held[asset] += held[asset]
            self._point(asset, event, change[asset])

    def _count(self, event: Event, part: Part, moved: _Moved, direction: str, stolen: int) -> None:
        leg, asset = moved.leg, moved.leg.account.asset
        self.sums[direction, asset].add(moved.amount, stolen, event.time)
        if self._is_rough(event, leg):
            self.rough.add(asset)
        others, name = self._across(event, part.credits if direction == "out" else part.debits, asset, direction)
        if name == NEW_ISSUE and is_income(part, event.parts):
            name = FEES
        self._parties[direction, asset, others, name].add(moved.amount, stolen, event.time)
        if direction == "in":
            self._came[leg.account] = (direction, asset, others, name)

    def _seed(self, leg: Leg, direction: str, stolen: int) -> None:
        """Take note that what an outpoint holds is stolen, as a seed says: nothing moves, its receipt is stolen."""
        if direction == "in":
            self.sums["in", leg.account.asset].stolen += stolen
            if leg.account in self._came:
                self._parties[self._came[leg.account]].stolen += stolen

    def _is_rough(self, event: Event, leg: Leg) -> bool:
        """Return whether the source rounded what a leg shows; of a leg without row, whether anything of its event."""
        rows = [self.prepared.ledger.rows[one.row] for one in leg.shown()]
        return any(row.precision == "printed" for row in rows) if rows else event.precision == "printed"

    def _across(self, event: Event, legs: Sequence[Leg], asset: AssetId, direction: str) -> tuple[tuple[str, ...], str]:
        """Return who stands on the other side; where it is nobody else, what that is called."""
        holders = [leg for leg in legs if not leg.sink]
        others = sorted({self._named(leg.account) for leg in holders if not self.is_mine(leg.account)})
        if others and direction == "in" and len(others) < len({self._named(leg.account) for leg in holders}):
            others = sorted([*others, self.address])  # it paid with others, and which of their units came back is open
        if others:
            return tuple(others), ""
        if not holders and direction == "in" and (payers := self._into_contract(event, asset)):
            return payers, ""
        into = direction == "out" and any(leg.sink == "contract" for leg in legs)
        if not holders and into and (payees := self._out_of_contract(event, asset)):
            return payees, ""
        if not holders:
            return (), NEW_ISSUE if direction == "in" else NO_PAYEE
        if any(leg.account.asset == asset for leg in holders):
            return (), CHANGE
        # Each side of a swap is a conversion of its own; who gave what the other got stands in the event beside it.
        sides = (part.credits if direction == "out" else part.debits for part in event.parts)
        beside = {leg.account for side in sides for leg in side if not leg.sink and leg.account.asset == asset}
        partners = sorted({self._named(account) for account in beside if not self.is_mine(account)})
        return (tuple(partners), "") if partners else ((), CONVERSION)

    def _into_contract(self, event: Event, asset: AssetId) -> tuple[str, ...]:
        """Return who gave an asset where it ends as ``contract``: what others got of it has no payer of its own.

        A theft in which its receiver is taken for a contract stands as two events, the second with what that one got.
        """
        before = self.prepared.ledger.events[max(event.index - 1, 0)]
        given = {
            self._named(leg.account)
            for one in ((before, event) if before.name == event.name else (event,))
            for part in one.parts
            if any(credit.sink == "contract" for credit in part.credits)
            for leg in part.debits
            if leg.account.asset == asset and not self.is_mine(leg.account)
        }
        return tuple(sorted(given))

    def _out_of_contract(self, event: Event, asset: AssetId) -> tuple[str, ...]:
        """Return who got an asset that ends as ``contract`` in an event; nothing tells who of its givers paid whom."""
        got = {
            self._named(leg.account)
            for part in event.parts
            if not part.debits and not is_income(part, event.parts)
            for leg in part.credits
            if leg.account.asset == asset and not self.is_mine(leg.account)
        }
        return tuple(sorted(got))

    def _point(self, asset: AssetId, event: Event | None, change: int) -> None:
        self.points[asset].append(
            BalancePoint(
                asset=asset,
                time=event.time if event else None,
                block=event.block if event else None,
                tx=event.tx if event else "",
                change=change,
                balance=self._balance[asset],
                stolen=self._held[asset],
            )
        )

    def flow(self, asset: AssetId) -> Flow:
        """Return the totals of an asset."""
        came, went = self.sums.get(("in", asset), _Sum()), self.sums.get(("out", asset), _Sum())
        return Flow(
            asset=asset,
            opening=self._balance[asset] - came.amount + went.amount,
            opening_stolen=self._began[asset],
            received=came.amount,
            received_stolen=came.stolen,
            receipts=came.number,
            paid=went.amount,
            paid_stolen=went.stolen,
            taken=self.taken[asset],
            payments=went.number,
            balance=self._balance[asset],
            held_stolen=self._held[asset],
            approximate=asset in self.rough,
        )

    def counterparties(self, prices: PriceTable | None) -> tuple[Counterparty, ...]:
        """Return all of them, those with stolen units first."""
        found = [self._party(*key, one) for key, one in self._parties.items()]

        def place(one: Counterparty) -> tuple[object, ...]:
            worth = priced(one.amount, one.asset, one.last_time, self.result.assets, prices)
            stolen = priced(one.stolen, one.asset, one.last_time, self.result.assets, prices)
            sums = (-(stolen or Decimal(0)), -(worth or Decimal(0)), one.asset, -one.stolen, -one.amount)
            return (not one.stolen, worth is None, *sums, one.direction, one.addresses, one.name)

        return tuple(sorted(found, key=place))

    def _party(self, direction: str, asset: AssetId, others: tuple[str, ...], name: str, found: _Sum) -> Counterparty:
        return Counterparty(
            addresses=others,
            name=self._entity(others[0]) if len(others) == 1 else name,
            direction=direction,
            asset=asset,
            amount=found.amount,
            stolen=found.stolen,
            payments=found.number,
            first_time=found.first,
            last_time=found.last,
        )

    def _entity(self, address: str) -> str:
        """Return whom labels in force while the table speaks of it say to be behind an address, in time."""
        return ", then ".join(self.prepared.stops.names(self.chain, address))
