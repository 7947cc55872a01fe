"""The problem a kernel solves, and its plain payments, made ready once for every policy.

Nearly all events of account chains are such. What they have in common for all policies (who is followed, which credit
is an exit) is looked up here, so that a policy does nothing but take and put lots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from tracer.model import GRADES, Account, ChainId, Event, Leg, Lot, Part
from tracer.taint.labels import CLEAN, Tags

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


@dataclass(frozen=True)
class TaintProblem:
    """Everything a run needs besides the policy; the same for every policy.

    Attributes
    ----------
    events : sequence of Event
        In total order.
    opening : mapping of Account to tuple of Lot
        Lots at the start of every tracked account, oldest first (clean before stolen).
    thefts : mapping of (int, int, int) to int
        For each debit of a theft (event, part, debit; -1 where the part is a mint): the origin its units belong to
        from there on. What the payer itself held of other thefts leaves there, as the exit ``stolen_again``.
    stopped : frozenset of (ChainId, str)
        Holders that absorb: what reaches them is an exit, what they pay is clean.
    cut : frozenset of (int, int, int)
        Credits (event, part, credit) too small to follow: their stolen part is an exit, the payee gets clean money.
    tracked : frozenset of Account
        Accounts stolen money can reach; all others hold and pay clean money only.
    labels : Tags
        Numbering of origins and grades.
    circles : mapping of int to frozenset of Account
        By event that stands for payments that go round in a tie: the accounts whose units can come and go inside it.
    """

    events: Sequence[Event]
    opening: Mapping[Account, tuple[Lot, ...]]
    thefts: Mapping[tuple[int, int, int], int]
    stopped: frozenset[tuple[ChainId, str]]
    cut: frozenset[tuple[int, int, int]]
    tracked: frozenset[Account]
    labels: Tags
    circles: Mapping[int, frozenset[Account]] = field(default_factory=dict)

    @cached_property
    def theft_events(self) -> frozenset[int]:
        """Indices of the events in which a theft takes something."""
        return frozenset(event for event, _, _ in self.thefts)

    @cached_property
    def steps(self) -> Steps:
        """The events as the fast kernel runs them, made once for every policy."""
        return steps_of(self)


def steps_of(plan: TaintProblem) -> Steps:
    """Return the steps of a plan; events between accounts that stolen money cannot reach are left out."""
    followed = [account for account in sorted(plan.tracked) if (account.chain, account.holder) not in plan.stopped]
    accounts = {account: number for number, account in enumerate(followed)}
    weaker = weaker_labels(plan)
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


def weaker_labels(plan: TaintProblem) -> dict[str, dict[int, int] | None]:
    """Return by grade of a payment: the label after it for every label before it, ``None`` where nothing changes."""
    first = _strongest(plan)
    return {grade: _weaker(plan.labels, grade, first) for grade in GRADES}


def _plain(parts: tuple[Part, ...]) -> bool:
    return len(parts) == 1 and len(parts[0].debits) == 1 == len(parts[0].credits) and not parts[0].is_swap


def _strongest(plan: TaintProblem) -> int:
    """Return the place of the strongest grade that stolen money begins with."""
    labels = {lot.label for lots in plan.opening.values() for lot in lots if lot.label != CLEAN}
    begun = {GRADES.index(plan.labels.grade(label)) for label in labels}
    return min(begun | {GRADES.index(plan.events[index].grade) for index in plan.theft_events}, default=0)


def _weaker(labels: Tags, grade: str, strongest: int) -> dict[int, int] | None:
    if GRADES.index(grade) <= strongest:
        return None
    held = [labels.of(origin, one) for origin in range(len(labels.origins)) for one in GRADES]
    return {CLEAN: CLEAN, **{label: labels.weaken(label, grade) for label in held}}
