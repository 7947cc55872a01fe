"""The event kernel: runs one policy over a ledger, lot by lot (method lots).

This is the reference: exact, transparent, pure Python. A faster kernel takes its place by having the same signature
(:class:`Kernel`) and giving an equal :class:`TaintOutcome`; under haircut, lots of one label may be one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from tracer.errors import AuditError
from tracer.model import Account, Event, Leg, Lot, Part
from tracer.taint.labels import CLEAN
from tracer.taint.policies import OF_LOTS, Lots, Rule, append_lot, check_payment, rule_of, spread_approximation
from tracer.taint.steps import TaintProblem

MINT: Final = -1
"""In place of a debit's: the units that a part without debits makes."""


class Flow(NamedTuple):
    """Stolen lots that one leg moved.

    Attributes
    ----------
    event : int
        Index of the event.
    leg : Leg
        The debit or credit.
    is_credit : bool
        Which side it is.
    fate : str
        ``held``; or, for a credit that is an exit, ``stopped``, ``below_threshold`` or the name of its sink.
        Empty for a debit, except ``stolen_again`` where a theft takes units that were stolen before: an exit too.
    lots : tuple of Lot
        The stolen lots, in the order taken.
    """

    event: int
    leg: Leg
    is_credit: bool
    fate: str
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class TaintOutcome:
    """What a policy did to a ledger.

    Attributes
    ----------
    lots : dict of Account to tuple of Lot
        What tracked accounts hold at the end, oldest first; accounts without stolen lots are left out.
    flows : tuple of Flow
        Every leg that moved stolen lots, in order.
    """

    lots: dict[Account, tuple[Lot, ...]]
    flows: tuple[Flow, ...]


Progress = Callable[[int, int], None]
"""Told how many events are done, and of how many."""


class Kernel(Protocol):
    """Anything that can run a policy."""

    def __call__(self, plan: TaintProblem, policy: str, progress: Progress | None = None) -> TaintOutcome:
        """Return the outcome of one policy on a plan; `progress` is told how many events are done, of how many."""


def reference_kernel(plan: TaintProblem, policy: str, progress: Progress | None = None) -> TaintOutcome:
    """Run a policy over the plan's events, lot by lot.

    Raises
    ------
    AuditError
        If stolen money reaches an account the plan says it cannot reach: a fault of the program.
    AmountError
        If an account pays more than it holds: a fault of the program.

    Notes
    -----
    O(events × lots touched). FIFO and LIFO touch only what a payment takes; the other rules touch every lot a payer
    holds.
    """
    run = Run(plan, rule_of(policy))
    for done, event in enumerate(plan.events):
        run.apply(event)
        if progress is not None and done % 4096 == 0:
            progress(done, len(plan.events))
    return run.outcome()


class Run:
    """One run: the lots of every tracked account, and what was recorded on the way."""

    def __init__(self, plan: TaintProblem, rule: Rule, lots: Mapping[Account, Iterable[Lot]] | None = None) -> None:
        self.plan, self.rule = plan, rule
        begun = plan.opening if lots is None else lots
        self.lots: dict[Account, Lots] = {account: deque(mine) for account, mine in begun.items()}
        self.balance = {account: sum(lot.amount for lot in mine) for account, mine in self.lots.items()}
        self.flows: list[Flow] = []

    def apply(self, event: Event) -> None:
        """Debit all parts, then credit all parts."""
        pools = [self._pool(event, index, part) for index, part in enumerate(event.parts)]
        for index, (part, pool) in enumerate(zip(event.parts, pools, strict=True)):
            moved = self._swapped(event, part, pool) if part.is_swap else pool
            self._serve(event, index, part, moved)

    def outcome(self) -> TaintOutcome:
        """Return what the run did."""
        lots = {
            account: tuple(held)
            for account, held in sorted(self.lots.items())
            if any(lot.label != CLEAN for lot in held)
        }
        return TaintOutcome(lots, tuple(self.flows))

    def _pool(self, event: Event, index: int, part: Part) -> Lots:
        """Take what each debit pays and return it in leaving order; a mint's pool is clean, unless it is a theft."""
        pool: Lots = deque()
        places = range(len(part.debits))
        for place in reversed(places) if self.rule.debits_reversed else places:
            leg = part.debits[place]
            taken = self._debit(leg, printed=event.precision == "printed")
            weakened = [lot._replace(label=self.plan.labels.weaken(lot.label, event.grade)) for lot in taken]
            origin = self.plan.thefts.get((event.index, index, place))
            fate = "" if origin is None else "stolen_again"
            self._record(event, leg, is_credit=False, fate=fate, lots=weakened)
            for lot in weakened if origin is None else (self._stolen(event, leg.amount, origin),):
                append_lot(pool, lot)
        if not part.debits:
            total = sum(leg.amount for leg in part.credits)
            origin = self.plan.thefts.get((event.index, index, MINT))
            made = Lot(total, CLEAN, 0, event.precision == "printed")
            append_lot(pool, made if origin is None else self._stolen(event, total, origin))
        return pool

    def _stolen(self, event: Event, amount: int, origin: int) -> Lot:
        """Return what a theft takes: one lot of a size no rule can change."""
        return Lot(amount, self.plan.labels.of(origin, event.grade), amount, event.precision == "printed")

    def _debit(self, leg: Leg, *, printed: bool) -> list[Lot]:
        account = leg.account
        if account not in self.plan.tracked or (account.chain, account.holder) in self.plan.stopped:
            return [Lot(leg.amount, CLEAN, 0, printed)]
        return self.take(account, leg.amount, printed=printed)

    def take(self, account: Account, amount: int, *, printed: bool) -> list[Lot]:
        """Take a payment out of an account's lots."""
        held = self.lots.setdefault(account, deque())
        self.balance[account] = self.balance.get(account, 0) - amount
        check_payment(self.balance[account] + amount, amount)
        taken = self.rule.take(held, amount, OF_LOTS)
        return spread_approximation(taken, held, self.rule.next_lot, printed=printed)

    def put(self, account: Account, amount: int, lots: list[Lot]) -> None:
        """Add what an account received to its lots."""
        held = self.lots.setdefault(account, deque())
        self.balance[account] = self.balance.get(account, 0) + amount
        for lot in lots:
            append_lot(held, lot)

    def _swapped(self, event: Event, part: Part, pool: Lots) -> Lots:
        """Scale the pool to what was received, by cumulative floor; origin amounts travel unscaled (method lots)."""
        given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
        scaled: list[Lot] = []
        before = 0
        approximate = any(lot.approximate for lot in pool)
        for lot in pool:
            after = before + lot.amount
            amount = after * received // given - before * received // given
            scaled.append(lot._replace(amount=amount, approximate=approximate))
            before = after
        return self._keep_origin_amounts(event, part, scaled)

    def _keep_origin_amounts(self, event: Event, part: Part, scaled: list[Lot]) -> Lots:
        """Give the origin amount of a lot scaled to 0 to the nearest lot of its origin, else book it as an exit."""
        labels = self.plan.labels
        for place, lot in enumerate(scaled):
            if lot.amount or not lot.origin_amount:
                continue
            origin = labels.origin_index(lot.label)
            heirs = [
                i
                for i, other in enumerate(scaled)
                if other.amount and other.label != CLEAN and labels.origin_index(other.label) == origin
            ]
            if heirs:
                heir = min(heirs, key=lambda i: (abs(i - place), i))
                kept = scaled[heir]
                scaled[heir] = kept._replace(origin_amount=kept.origin_amount + lot.origin_amount)
            else:
                self.flows.append(Flow(event.index, part.credits[0], True, "below_threshold", (lot,)))
        pool: Lots = deque()
        for lot in scaled:
            if lot.amount:
                append_lot(pool, lot)
        return pool

    def _serve(self, event: Event, index: int, part: Part, pool: Lots) -> None:
        places = list(range(len(part.credits)))
        if self.rule.largest_credit_first:
            places.sort(key=lambda i: (-part.credits[i].amount, i))
        for place in places:
            leg = part.credits[place]
            self._credit(event, (event.index, index, place), leg, self._served(pool, part, leg))

    def _served(self, pool: Lots, part: Part, leg: Leg) -> list[Lot]:
        """Return one credit's lots; a single credit receives the pool as it is."""
        if len(part.credits) == 1:
            return list(pool)
        served = self.rule.serve(pool, leg.amount, OF_LOTS)
        return spread_approximation(served, pool, 0 if self.rule.next_lot is not None else None, printed=False)

    def _credit(self, event: Event, key: tuple[int, int, int], leg: Leg, lots: list[Lot]) -> None:
        account = leg.account
        fate = leg.sink or self._fate(key, account)
        self._record(event, leg, is_credit=True, fate=fate, lots=lots)
        if fate == "below_threshold":
            lots = [Lot(leg.amount, CLEAN, 0, event.precision == "printed")]
        elif fate != "held":
            return
        if account not in self.plan.tracked:
            if any(lot.label != CLEAN for lot in lots):
                raise AuditError(f"Stolen money reached {account.holder} in event {event.name}, beyond the reach.")
            return
        self.put(account, leg.amount, lots)

    def _fate(self, key: tuple[int, int, int], account: Account) -> str:
        if (account.chain, account.holder) in self.plan.stopped:
            return "stopped"
        return "below_threshold" if key in self.plan.cut else "held"

    def _record(self, event: Event, leg: Leg, *, is_credit: bool, fate: str, lots: Sequence[Lot]) -> None:
        stolen = tuple(lot for lot in lots if lot.label != CLEAN)
        if stolen:
            self.flows.append(Flow(event.index, leg, is_credit, fate, stolen))
