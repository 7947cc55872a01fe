"""One event of reach at a time: what of its payers' caps comes to whom (method reach)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tracer.model import Account, ChainId, Event, Holder, Leg, Part, Reading, is_over_link, is_transit
from tracer.taint.kernel import MINT


@dataclass(slots=True)
class Reach:
    """What stolen money can have reached.

    Attributes
    ----------
    tracked : set of Account
        Accounts that can have held it; absorbing holders are not among them.
    hop : dict of (ChainId, str) to int
        Fewest movements from a seed, in time order, of every holder reached, absorbing ones included.
    first_time : dict of (ChainId, str) to int or None
        First time it can have arrived, seconds UTC; ``None`` for an opening balance or an unknown time.
    row_hop : dict of int to int
        For each row (by index) that can have carried it: movements from the seed to the payee.
    cut : set of (int, int, int)
        Credits (event, part, credit) that can hold less than the threshold.
    arrived : dict of Account to int
        The most that can have arrived at a tracked account, over all its receipts, base units.
    """

    tracked: set[Account] = field(default_factory=set)
    hop: dict[Holder, int] = field(default_factory=dict)
    first_time: dict[Holder, int | None] = field(default_factory=dict)
    row_hop: dict[int, int] = field(default_factory=dict)
    cut: set[tuple[int, int, int]] = field(default_factory=set)
    arrived: dict[Account, int] = field(default_factory=dict)


class Step:
    """What one event does to reach, and the state between events: balance and cap (the most that can be stolen).

    Parameters
    ----------
    balance, cap : dict of Account to int
        Of every account before the first event; changed by :meth:`apply`.
    thefts, stops, min_amount
        As for :func:`tracer.taint.reach`.
    """

    def __init__(
        self,
        balance: dict[Account, int],
        cap: dict[Account, int],
        thefts: Collection[tuple[int, int, int]],
        stops: Callable[[ChainId, str], bool],
        min_amount: int,
    ) -> None:
        self.balance, self.cap, self.thefts = balance, cap, thefts
        self.robbed = {event for event, _, _ in thefts}
        self.stops, self.min_amount = stops, min_amount
        self.found = Reach()

    def start(self, account: Account) -> None:
        """Enter an account that begins with stolen units."""
        self.found.tracked.add(account)
        self.found.arrived[account] = self.cap[account]
        self.found.hop[account.chain, account.holder] = 0
        self.found.first_time[account.chain, account.holder] = None

    def apply(self, event: Event) -> None:
        """Follow one event."""
        carried = [self._debit(event.index, index, part) for index, part in enumerate(event.parts)]
        beside = self._beside(event.readings, [most for most, _ in carried]) if event.readings else {}
        for index, (part, (most, taken)) in enumerate(zip(event.parts, carried, strict=True)):
            self._credit(event, index, part, most, taken, beside)

    def _beside(
        self, readings: Sequence[Reading], carried: Sequence[Mapping[Account, int]]
    ) -> dict[Account, tuple[int, int]]:
        """Return what each payee can have got by another reading at most, and the hop of the nearest payer."""
        paid: dict[Account, int] = {}
        for account, amount in (pair for most in carried for pair in most.items()):
            paid[account] = paid.get(account, 0) + amount
        found: dict[Account, tuple[int, int]] = {}
        for one in readings:
            payers = [leg for leg in one.debits if paid.get(leg.account)]
            total = sum(min(leg.amount, paid[leg.account]) for leg in payers)
            total = -(-total * one.received // one.given)
            hops = [self.found.hop[leg.account.chain, leg.account.holder] for leg in payers]
            for leg in one.credits if total else ():
                amount, hop = found.get(leg.account, (0, min(hops)))
                found[leg.account] = amount + min(leg.amount, total), min(hop, *hops)
        return found

    def _debit(self, event: int, index: int, part: Part) -> tuple[dict[Account, int], int]:
        """Return, for each payer that can hold stolen money, the most it can pay here; and what a theft takes."""
        most: dict[Account, int] = {}
        robbed, taken = event in self.robbed, 0
        if robbed and not part.debits and (event, index, MINT) in self.thefts:
            taken = sum(leg.amount for leg in part.credits)
        for place, leg in enumerate(part.debits):
            account = leg.account
            left = self.balance.get(account, 0) - leg.amount
            self.balance[account] = left
            cap = self.cap.get(account, 0)
            stolen = robbed and (event, index, place) in self.thefts
            if stolen:
                taken += leg.amount
                self._see_rows(leg, 0)
            if not cap:
                continue
            if not stolen:
                most[account] = most.get(account, 0) + min(cap, leg.amount)
            self.cap[account] = min(cap, left)
        return most, taken

    def _credit(
        self,
        event: Event,
        index: int,
        part: Part,
        most: Mapping[Account, int],
        taken: int,
        beside: Mapping[Account, tuple[int, int]],
    ) -> None:
        if not most and not taken and not any(leg.account in beside for leg in part.credits):
            self._add_clean(part)
            return
        total = self._received(part, sum(most.values()) + taken)
        payers = {(account.chain, account.holder) for account in most}
        nearest = min((self.found.hop[payer] for payer in payers), default=0)
        for leg in part.debits:
            if leg.account in most:
                self._see_rows(leg, nearest + 1)
        for place, leg in enumerate(part.credits):
            account = leg.account
            if not leg.sink:
                self.balance[account] = self.balance.get(account, 0) + leg.amount
            other, near = beside.get(account, (0, nearest))
            if not most and not taken:
                nearest = near
            amount = min(leg.amount, total + other)
            if amount:
                same = (account.chain, account.holder) in payers or (
                    bool(payers) and all(is_transit(payer) and not is_over_link(payer) for _, payer in payers)
                )
                hop = 0 if taken else nearest + (0 if same else 1)
                self._arrive(event, (event.index, index, place), leg, amount, hop)

    def _add_clean(self, part: Part) -> None:
        balance = self.balance
        for leg in part.credits:
            if not leg.sink:
                balance[leg.account] = balance.get(leg.account, 0) + leg.amount

    @staticmethod
    def _received(part: Part, most: int) -> int:
        """Return the most that can be stolen in what was received: scaled up in a swap, never rounded down."""
        if not part.is_swap:
            return most
        given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
        return -(-most * received // given)

    def _see_rows(self, leg: Leg, hop: int) -> None:
        for row, _ in leg.shown():
            self.found.row_hop[row] = min(hop, self.found.row_hop.get(row, hop))

    def _arrive(self, event: Event, key: tuple[int, int, int], leg: Leg, amount: int, hop: int) -> None:
        found, account = self.found, leg.account
        for row, _ in leg.shown():
            found.row_hop[row] = hop
        if leg.sink:
            return
        holder = (account.chain, account.holder)
        found.first_time.setdefault(holder, event.time)
        found.hop[holder] = min(hop, found.hop.get(holder, hop))
        if self.stops(*holder):
            return
        if amount < self.min_amount and hop:
            found.cut.add(key)
        else:
            found.tracked.add(account)
            found.arrived[account] = found.arrived.get(account, 0) + amount
            self.cap[account] = self.cap.get(account, 0) + amount
