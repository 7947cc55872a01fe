"""Where stolen units are at home again: with whom they were taken from, up to what was taken; recovery addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from tracer.flags.losses import Foreign, foreign_to
from tracer.flags.parties import Parties
from tracer.model import Holder, Label, Origin, caip10, chain_of
from tracer.registry import holds_at
from tracer.trace import Movement, Payment, Share, TraceResult

_HOME: Final = frozenset({"victim", "recovery"})


@dataclass(frozen=True, slots=True)
class Home:
    """Where stolen units are at home again: each theft's victims since they are, and its addresses of recovery in time.

    Attributes
    ----------
    victims : mapping of Origin to mapping of (ChainId, str) to int
        By theft and asset: since which place in the order an address is its victim.
    overpaid : mapping of Origin to mapping of (ChainId, str) to tuple of int
        Those that got more of its units back than they lost, which are no homes, with what they lost; and those that
        got others' units, with the same.
    foreign : mapping of Origin to mapping of (ChainId, str) to Foreign
        What victims got that another theft of the same name took from others: since then they are no homes of what
        they pay.
    labels : mapping of (ChainId, str) to tuple of Label
        Labels of victims and addresses of recovery.
    case_id : str
        What a label of the whole case names.
    begun : frozenset of (ChainId, str)
        Who begins with stolen units by a seed: what it pays was taken, whoever it is.
    """

    victims: Mapping[Origin, Mapping[Holder, int]]
    overpaid: Mapping[Origin, Mapping[Holder, tuple[int, int]]]
    foreign: Mapping[Origin, Mapping[Holder, Foreign]]
    labels: Mapping[Holder, tuple[Label, ...]]
    case_id: str
    begun: frozenset[Holder]

    def at(self, place: Holder, payment: Payment, shares: Iterable[Share]) -> bool:
        """Return whether units of some thefts were surely at home with an address that made a payment."""
        return self._everywhere(
            place,
            payment,
            shares,
            lambda foreign: min(payment.rows, default=foreign.since - 1) < foreign.since,
        )

    def takes(self, place: Holder, payment: Payment, shares: Iterable[Share]) -> bool:
        """Return whether units of some thefts surely came home by a payment to an address."""
        return self._everywhere(place, payment, shares, lambda foreign: foreign.rows.isdisjoint(payment.rows))

    def brings_others(self, place: Holder, payment: Payment, origin: Origin) -> bool:
        """Return whether a payment brings a victim of a theft units that another theft of the name took from others."""
        found = self.foreign.get(origin, {}).get(place)
        return found is not None and not found.rows.isdisjoint(payment.rows)

    def _everywhere(
        self, place: Holder, payment: Payment, shares: Iterable[Share], own: Callable[[Foreign], bool]
    ) -> bool:
        origins = {share.origin for share in shares}
        return (
            bool(origins)
            and place not in self.begun
            and all(
                (
                    payment.seq > self.victims.get(origin, {}).get(place, payment.seq)
                    and ((foreign := self.foreign.get(origin, {}).get(place)) is None or own(foreign))
                )
                or any(
                    label.incident in ("", self.case_id, origin.name)
                    and _surely_holds(label, payment.time, payment.resolution)
                    for label in self.labels.get(place, ())
                )
                for origin in origins
            )
        )

    def clock(self, result: TraceResult) -> Callable[[Holder, Origin, Movement], bool]:
        """Return what says whether an origin's units were surely at home with an address when a row was made."""
        last = {payment.seq: max(payment.rows, default=0) for payment in result.payments}
        resolution = max((payment.resolution for payment in result.payments), default=1)

        def holds(place: Holder, origin: Origin, movement: Movement) -> bool:
            """Return whether a place is the victim's own, or surely labelled so, at a movement."""
            since = self.victims.get(origin, {}).get(place)
            foreign = self.foreign.get(origin, {}).get(place)
            own = foreign is None or movement.seq < foreign.since
            return place not in self.begun and (
                (since is not None and movement.seq > last.get(since, 0) and own)
                or any(
                    label.incident in ("", self.case_id, origin.name)
                    and _surely_holds(label, movement.time, resolution)
                    for label in self.labels.get(place, ())
                )
            )

        return holds

    def ever(self, place: Holder) -> bool:
        """Return whether it is at any time."""
        return any(place in mine for mine in self.victims.values()) or place in self.labels


def _surely_holds(label: Label, time: int | None, resolution: int) -> bool:
    """Return whether a label was in force at a printed time, whatever second of it was meant."""
    if time is None:
        return not (label.valid_from or label.valid_until)
    return all(holds_at(label, second) for second in (time, time + resolution - 1))


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
    homes = {origin: _homes(result, origin, parties) for origin in result.stolen}
    return Home(
        {origin: one.since for origin, one in homes.items()},
        {origin: one.overpaid for origin, one in homes.items()},
        {origin: one.foreign for origin, one in homes.items()},
        {place: found for place, found in labels.items() if found},
        result.case_id,
        frozenset(
            (payment.chain, side.address) for payment in result.payments if not payment.seq for side in payment.payees
        ),
    )


def _came_back(
    result: TraceResult, origin: Origin, since: Mapping[Holder, int], foreign: Mapping[Holder, Foreign]
) -> dict[Holder, int]:
    """Return how many of a theft's units came back to its victims out of other hands than victims'.

    What a victim moves among wallets of its own comes back to it again and again, and was given back once. What another
    theft took from others comes back to nobody.
    """
    away: dict[Holder, int] = defaultdict(int)
    home: dict[Holder, int] = defaultdict(int)
    for payment in result.payments:
        fresh = is_fresh(payment)
        paid = 0
        for side in payment.payers:
            place = (payment.chain, side.address)
            amount = sum(share.origin_amount for share in side.shares if share.origin == origin)
            if fresh or place not in since:
                paid += min(amount, away[place]) if home[place] and not fresh else amount
        for side in payment.payees:
            place = (payment.chain, side.address)
            if place in foreign and not foreign[place].rows.isdisjoint(payment.rows):
                continue
            amount = sum(share.origin_amount for share in side.shares if share.origin == origin)
            other = amount if fresh or not payment.payers else min(amount, paid)
            away[place] += other
            home[place] += amount - other
    return {place: away[place] for place in since}


class _Homes(NamedTuple):
    """The homes of one theft: as in :class:`Home`, of one origin."""

    since: dict[Holder, int]
    overpaid: dict[Holder, tuple[int, int]]
    foreign: dict[Holder, Foreign]


def _homes(result: TraceResult, origin: Origin, parties: Parties) -> _Homes:
    """Return where the units of thefts of one name and asset are at home."""
    thefts = parties.robbed.get(origin, {})
    lost: dict[str, int] = {}
    for losses in thefts.values():
        for account, amount in losses.items():
            lost[account] = lost.get(account, 0) + amount
    began: dict[Holder, int] = {}
    for payment in result.payments:
        if is_fresh(payment):
            for sender in payment.senders:
                began.setdefault((payment.chain, sender), payment.seq)
    by_key = {one.rpartition(":")[2]: amount for one, amount in lost.items() if one.startswith("eip155:")}
    begun = {place[1]: seq for place, seq in began.items()}
    since = {
        place: began.get(place, begun.get(place[1], -1))
        for place in _places_of(result, lost if parties.robbed else parties.victims)
    }
    if not parties.robbed:
        return _Homes(since, {}, {})
    last = {payment.seq: max(payment.rows, default=0) for payment in result.payments}

    def foreign_beside(homes: Mapping[Holder, int]) -> dict[Holder, Foreign]:
        rows = {place: last.get(seq, 0) for place, seq in homes.items()}
        return foreign_to(result, origin, thefts, rows, is_fresh, lambda accounts: _places_of(result, accounts))

    foreign = foreign_beside(since)
    back = _came_back(result, origin, since, foreign)
    known = {place: (seq, lost.get(caip10(*place), by_key.get(place[1], 0))) for place, seq in since.items()}
    overpaid = {place: one for place, one in known.items() if back[place] > one[1]}
    homes = {place: seq for place, seq in since.items() if place not in overpaid}
    if overpaid and foreign:  # who got too much back is no home of what it pays to others
        foreign = foreign_beside(homes)
    return _Homes(homes, overpaid | {place: known[place] for place in foreign if place in known}, foreign)


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
