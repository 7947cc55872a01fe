"""The fast kernel on a ledger of arrays: only what stolen lots can meet is run.

An account that no stolen lot has come to holds one clean lot, its balance, under every rule; the sums of its payments
before tell how much that is. So an account gets its purse when the first stolen lot comes to it, and what happens
between accounts without a purse is passed over. Flows and lots are those of the kernel that runs every event.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracer.errors import AuditError
from tracer.ledger import EventArrays, exact
from tracer.model import Account, Event, Lot
from tracer.taint.fast import Fast, run_steps
from tracer.taint.kernel import Flow, Progress, TaintOutcome
from tracer.taint.labels import CLEAN
from tracer.taint.policies import check_payment
from tracer.taint.purse import LotQueue, join, purses_of
from tracer.taint.steps import TaintProblem, weaker_labels


def fast_kernel(plan: TaintProblem, policy: str, progress: Progress | None = None) -> TaintOutcome:
    """Run a policy over the plan's events; see :func:`tracer.taint.reference_kernel` for what it may raise.

    Notes
    -----
    O(events + lots taken): no queue is searched or copied. On arrays only events that stolen lots can meet cost more
    than a look.
    """
    if not isinstance(plan.events, EventArrays) or not exact(plan.events) or _is_rounded(plan):
        return run_steps(plan, policy, progress)
    run = _Sparse(plan, plan.events, policy)
    total = len(plan.events)
    live = run.live
    events, whole = plan.events, plan.events.whole
    for index, (payer, payee) in enumerate(zip(events.payer.tolist(), events.payee.tolist(), strict=True)):
        if payer < 0:
            run.whole(whole[index])
        elif live[payer] or live[payee]:
            run.plain(index, payer, payee)
        if progress is not None and not index & 65_535:
            progress(index, total)
    return run.outcome()


def _is_rounded(plan: TaintProblem) -> bool:
    return any(lot.approximate for lots in plan.opening.values() for lot in lots)


class _Sparse(Fast):
    """One run in which an account has a purse once stolen lots came to it, or are about to."""

    def __init__(self, plan: TaintProblem, events: EventArrays, policy: str) -> None:
        numbers = events.numbers
        followed = (account for account in plan.tracked if (account.chain, account.holder) not in plan.stopped)
        super().__init__(plan, policy, {one: numbers[one] for one in followed if one in numbers}, rounded=False)
        self.events, self.amounts = events, events.amounts
        self.accounts = list(numbers)
        self.live = bytearray(len(self.accounts))
        self.weaker = weaker_labels(plan)
        self._purse = purses_of(self.rule)
        self.purses: dict[int, LotQueue] = {}
        self.held: dict[int, int] = {}
        self._unmoved: dict[Account, tuple[Lot, ...]] = {}
        for account, lots in plan.opening.items():
            if any(lot[1] != CLEAN for lot in lots):
                if account in self.numbers:
                    self._begin(self.numbers[account], lots)
                elif (account.chain, account.holder) not in plan.stopped:
                    self._unmoved[account] = tuple(lots)

    def plain(self, index: int, payer: int, payee: int) -> None:
        """Run a plain payment one side of which has a purse."""
        amount = self.amounts[index]
        if not self.live[payer]:
            self._receive(payee, amount, [Lot(amount, CLEAN, 0)])
            return
        held = self.held[payer]
        if amount > held:
            check_payment(held, amount)
        self.held[payer] = held - amount
        lots = self.purses[payer].take(amount)
        if len(lots) == 1 and not lots[0][1]:
            if self.live[payee]:
                self._receive(payee, amount, lots)
            return
        self._stolen_moves(index, payee, amount, lots)

    def _stolen_moves(self, index: int, payee: int, amount: int, lots: list[Lot]) -> None:
        event = self.events[index]
        (debit,), (credit,) = event.parts[0].debits, event.parts[0].credits
        weaker = self.weaker[event.grade]
        if weaker is not None:
            lots = [lot._replace(label=weaker[lot.label]) for lot in lots]
        moved = tuple([lot for lot in lots if lot[1]])
        self.flows.append(Flow(index, debit, False, "", moved))
        if weaker is not None:
            lots = _joined(lots)
            moved = tuple([lot for lot in lots if lot[1]])
        account = credit.account
        if (account.chain, account.holder) in self.plan.stopped:
            fate = "stopped"
        else:
            fate = "below_threshold" if (index, 0, 0) in self.plan.cut else "held"
        self.flows.append(Flow(index, credit, True, fate, moved))
        if fate == "held":
            if account not in self.numbers:
                raise AuditError(f"Stolen money reached {account.holder} in event {index}, beyond the reach.")
            self._wake(payee, index)
            self._receive(payee, amount, lots)
        elif fate == "below_threshold" and self.live[payee]:
            self._receive(payee, amount, [Lot(amount, CLEAN, 0)])

    def whole(self, event: Event) -> None:
        """Run an event that is no plain payment where it is a theft, or one of its accounts has a purse."""
        mine = {leg.account for part in event.parts for leg in (*part.debits, *part.credits)}
        numbers = [self.numbers[account] for account in mine if account in self.numbers]
        if event.index in self.plan.theft_events or any(self.live[number] for number in numbers):
            for number in numbers:
                self._wake(number, event.index)
            self.apply(event)

    def outcome(self) -> TaintOutcome:
        """Return what the run did."""
        lots = dict(self._unmoved)
        for number, purse in self.purses.items():
            held = purse.lots()
            if any(lot[1] for lot in held):
                lots[self.accounts[number]] = tuple(held)
        return TaintOutcome(dict(sorted(lots.items())), tuple(self.flows))

    def _receive(self, number: int, amount: int, lots: list[Lot]) -> None:
        self.held[number] += amount
        self.purses[number].put(lots)

    def _wake(self, number: int, index: int) -> None:
        """Give an account its purse, with the clean money it holds before an event."""
        if not self.live[number]:
            opening = sum(lot[0] for lot in self.plan.opening.get(self.accounts[number], ()))
            balance = opening + self.events.balance_before(number, index)
            self._begin(number, [Lot(balance, CLEAN, 0)] if balance else [])

    def _begin(self, number: int, lots: Iterable[Lot]) -> None:
        lots = list(lots)
        self.live[number] = 1
        self.purses[number] = self._purse()
        self.purses[number].put(lots)
        self.held[number] = sum(lot[0] for lot in lots)


def _joined(lots: list[Lot]) -> list[Lot]:
    merged: list[Lot] = []
    for lot in lots:
        join(merged, lot)
    return merged
