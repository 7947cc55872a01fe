"""The fast kernel: equal to the reference, for tables of a hundred thousand rows and more, still pure Python.

Plain payments run on numbered accounts and purses that touch only the lots they take; every other event (swaps,
several payers or payees, thefts) runs as the reference runs it, on the same purses.
"""

from __future__ import annotations

from tracer.errors import AuditError
from tracer.model import Account, Lot
from tracer.taint.kernel import Flow, Progress, Run, TaintOutcome
from tracer.taint.labels import CLEAN
from tracer.taint.policies import check_payment, rule_of
from tracer.taint.purse import LotQueue, join, purses_of
from tracer.taint.steps import NOBODY, Payment, TaintProblem

_new = tuple.__new__


def run_steps(plan: TaintProblem, policy: str, progress: Progress | None = None) -> TaintOutcome:
    """Run a policy over every event of a plan that touches a followed account."""
    run = Fast(plan, policy, plan.steps.accounts, rounded=plan.steps.rounded)
    run.fill()
    steps = plan.steps.steps
    for done, step in enumerate(steps):
        if isinstance(step, Payment):
            run.pay(step)
        else:
            run.apply(step)
        if progress is not None and done % 4096 == 0:
            progress(done, len(steps))
    return run.outcome()


class Fast(Run):
    """One run on numbered accounts.

    Parameters
    ----------
    plan : TaintProblem
        What is run.
    policy : str
        By which rule.
    numbers : dict of Account to int
        Numbers of the accounts that are followed.
    rounded : bool
        Whether anything can be approximate.
    """

    def __init__(self, plan: TaintProblem, policy: str, numbers: dict[Account, int], *, rounded: bool) -> None:
        super().__init__(plan, rule_of(policy), lots={})
        self.numbers, self.rounded = numbers, rounded
        self.purses: dict[int, LotQueue] = {}
        self.held: dict[int, int] = {}

    def fill(self) -> None:
        """Give every account its purse, with what it opens with."""
        purse = purses_of(self.rule)
        self.purses = {number: purse() for number in self.numbers.values()}
        self.held = dict.fromkeys(self.numbers.values(), 0)
        for account, lots in self.plan.opening.items():
            if account in self.numbers:
                self.purses[self.numbers[account]].put(lots)
                self.held[self.numbers[account]] = sum(lot.amount for lot in lots)

    def pay(self, step: Payment) -> None:
        """Run a plain payment."""
        index, payer, payee, amount, _, credit, fate, _, printed = step
        if payer == NOBODY:
            lots, stolen = [Lot(amount, CLEAN, 0, printed)], False
        else:
            lots, stolen = self._paid(step, self.purses[payer])
        if stolen:
            self.flows.append(_new(Flow, (index, credit, True, fate, tuple([lot for lot in lots if lot[1]]))))
        if fate == "held":
            if payee != NOBODY:
                self.held[payee] += amount
                self.purses[payee].put(lots)
            elif stolen:
                raise AuditError(f"Stolen money reached {credit.account.holder} in event {index}, beyond the reach.")
        elif fate == "below_threshold" and payee != NOBODY:
            self.held[payee] += amount
            self.purses[payee].put([Lot(amount, CLEAN, 0, printed)])

    def take(self, account: Account, amount: int, *, printed: bool) -> list[Lot]:
        """Take a payment out of an account's lots."""
        number = self.numbers[account]
        check_payment(self.held[number], amount)
        self.held[number] -= amount
        return self._spread(self.purses[number].take(amount), self.purses[number], printed=printed)

    def put(self, account: Account, amount: int, lots: list[Lot]) -> None:
        """Add what an account received to its lots."""
        number = self.numbers[account]
        self.held[number] += amount
        self.purses[number].put(lots)

    def outcome(self) -> TaintOutcome:
        """Return what the run did."""
        lots = {}
        for account, number in self.numbers.items():
            held = self.purses[number].lots()
            if any(lot[1] for lot in held):
                lots[account] = tuple(held)
        return TaintOutcome(lots, tuple(self.flows))

    def _paid(self, step: Payment, purse: LotQueue) -> tuple[list[Lot], bool]:
        """Take a plain payment; return its lots as they arrive, and whether any of them is stolen."""
        index, payer, _, amount, debit, _, _, weaker, printed = step
        held = self.held[payer]
        if amount > held:
            check_payment(held, amount)
        self.held[payer] = held - amount
        lots = purse.take(amount)
        if self.rounded:
            lots = self._spread(lots, purse, printed=printed)
        if len(lots) == 1 and not lots[0][1]:
            return lots, False
        if weaker is not None:
            lots = [lot._replace(label=weaker[lot.label]) for lot in lots]
        self.flows.append(_new(Flow, (index, debit, False, "", tuple([lot for lot in lots if lot[1]]))))
        return lots if weaker is None else _merged(lots), True

    @staticmethod
    def _spread(taken: list[Lot], purse: LotQueue, *, printed: bool) -> list[Lot]:
        """Mark what a rounded size bears on, as :func:`tracer.taint.policies.spread_approximation` does."""
        if not (printed or any(lot.approximate for lot in taken)):
            return taken
        purse.spread()
        return [lot._replace(approximate=True) for lot in taken]


def _merged(lots: list[Lot]) -> list[Lot]:
    merged: list[Lot] = []
    for lot in lots:
        join(merged, lot)
    return merged
