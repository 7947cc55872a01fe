"""Plain payments, made ready once for every policy: what the fast kernel needs of an event with one payer and payee.

Nearly all events of account chains are such. What they have in common for all policies (who is followed, which credit
is an exit) is looked up here, so that a policy does nothing but take and put lots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tracer.model import GRADES, Account, Event, Leg, Part
from tracer.taint.labels import CLEAN, Labels

if TYPE_CHECKING:
    from tracer.taint.kernel import Plan

NOBODY: Final = -1
"""Number of an account that holds clean money only as far as the trace can tell."""


class Payment(NamedTuple):
    """An event of one debit and one credit in one asset, no theft.

    Attributes
    ----------
    event : int
        Index of the event.
    payer, payee : int
        Numbers of accounts, or :data:`NOBODY`.
    amount : int
        Base units.
    debit, credit : Leg
        As the event has them.
    fate : str
        Of the credit, as in :class:`tracer.taint.Flow`.
    weaker : dict of int to int, or None
        Label after the payment for every label before it; ``None`` where nothing changes.
    printed : bool
        Whether its source printed a rounded amount.
    """

    event: int
    payer: int
    payee: int
    amount: int
    debit: Leg
    credit: Leg
    fate: str
    weaker: dict[int, int] | None
    printed: bool


class Steps(NamedTuple):
    """The events of a plan that can move or meet stolen money, in total order.

    Attributes
    ----------
    accounts : dict of Account to int
        Numbers of the accounts that are followed.
    steps : list of Payment or Event
        Events that are no plain payment are kept whole.
    rounded : bool
        Whether any event or opening lot is rounded; where not, nothing can be approximate.
    """

    accounts: dict[Account, int]
    steps: list[Payment | Event]
    rounded: bool


def steps_of(plan: Plan) -> Steps:
    """Return the steps of a plan; events between accounts that stolen money cannot reach are left out."""
    followed = [account for account in sorted(plan.tracked) if (account.chain, account.holder) not in plan.stopped]
    accounts = {account: number for number, account in enumerate(followed)}
    first = _strongest(plan)
    weaker = {grade: _weaker(plan.labels, grade, first) for grade in GRADES}
    steps: list[Payment | Event] = []
    rounded = any(lot.approximate for lots in plan.opening.values() for lot in lots)
    stopped, cut, thefts = plan.stopped, plan.cut, plan.theft_events
    for event in plan.events:
        printed = event.precision == "printed"
        rounded |= printed
        if not _plain(event.parts) or event.index in thefts:
            steps.append(event)
            continue
        part = event.parts[0]
        debit, credit = part.debits[0], part.credits[0]
        payer = accounts.get(debit.account, NOBODY)
        account = credit.account
        payee = accounts.get(account, NOBODY)
        if payer == payee == NOBODY:
            continue
        if credit.sink:
            fate = credit.sink
        elif (account.chain, account.holder) in stopped:
            fate = "stopped"
        else:
            fate = "below_threshold" if cut and (event.index, 0, 0) in cut else "held"
        steps.append(
            Payment(event.index, payer, payee, debit.amount, debit, credit, fate, weaker[event.grade], printed)
        )
    return Steps(accounts, steps, rounded)


def _plain(parts: tuple[Part, ...]) -> bool:
    return len(parts) == 1 and len(parts[0].debits) == 1 == len(parts[0].credits) and not parts[0].is_swap


def _strongest(plan: Plan) -> int:
    """Return the place of the strongest grade that stolen money begins with."""
    labels = {lot.label for lots in plan.opening.values() for lot in lots if lot.label != CLEAN}
    begun = {GRADES.index(plan.labels.grade(label)) for label in labels}
    return min(begun | {GRADES.index(plan.events[index].grade) for index in plan.theft_events}, default=0)


def _weaker(labels: Labels, grade: str, strongest: int) -> dict[int, int] | None:
    if GRADES.index(grade) <= strongest:
        return None
    held = [labels.of(origin, one) for origin in range(len(labels.origins)) for one in GRADES]
    return {CLEAN: CLEAN, **{label: labels.weaken(label, grade) for label in held}}
