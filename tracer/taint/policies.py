"""The accounting rules, each written once: which lots a payment takes. Exact integers; this is the reference.

A rule is an order in which a queue of lots is consumed. It is written over any kind of lot (:class:`LotAlgebra`): the
kernels run it on amounts with a label, the replay of paths on amounts that know the way they came. Registering a
:class:`Rule` in ``_RULES`` is all that a new rule needs; :mod:`tracer.taint.purse` only makes known orders faster.

Sources: docs/methods.md; FIFO: Devaynes v Noble (Clayton's Case), 1816; Anderson, Shumailov, Ahmed, "Making Bitcoin
Legal", 2018. Haircut: Möser, Böhme, Breuker, 2013-14. TIHO: Tironsakkul et al., 2019 (arXiv 1906.05754). Clean first:
Re Hallett's Estate, 1880 (lowest intermediate balance). LIFO and dirty first: forensic practice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from tracer.errors import AmountError, InputError
from tracer.model import Lot
from tracer.taint.labels import CLEAN
from tracer.taint.rounding import apportion


class AnyLot(Protocol):
    """What a rule sees of a lot: how much it is."""

    @property
    def amount(self) -> int:
        """Base units of the asset it is held in."""


L = TypeVar("L", bound=AnyLot)
Lots = deque[Lot]


class LotAlgebra(NamedTuple, Generic[L]):
    """What a rule can do with one kind of lot.

    Attributes
    ----------
    label : callable
        Returns a lot's label: 0 is clean, the others are in theft order.
    split : callable
        Splits a lot into a part of an amount and the rest; nothing is lost between them.
    append : callable
        Appends a lot to a queue, joined with its neighbour where the two cannot be told apart.
    """

    label: Callable[[L], int]
    split: Callable[[L, int], tuple[L, L]]
    append: Callable[[deque[L] | list[L], L], None]


class Take(Protocol):
    """An order of consuming lots: takes an amount that is held out of a queue, and returns it in the order taken."""

    def __call__(self, lots: deque[L], amount: int, of: LotAlgebra[L], /) -> list[L]:
        """Return what is taken; `lots` keeps the rest."""


def append_lot(lots: Lots | list[Lot], lot: Lot) -> None:
    """Append a lot; a neighbour of the same label is merged, nothing else is (method lots)."""
    if lots and lots[-1].label == lot.label:
        last = lots[-1]
        lots[-1] = join_lots(last, lot)
    else:
        lots.append(lot)


def join_lots(first: Lot, second: Lot) -> Lot:
    """Return two lots of one label as one, approximate if either is."""
    return Lot(
        first.amount + second.amount,
        first.label,
        first.origin_amount + second.origin_amount,
        first.approximate or second.approximate,
    )


def split_lot(lot: Lot, amount: int) -> tuple[Lot, Lot]:
    """Split a lot; the part taken carries ``floor(origin_amount × amount / lot.amount)``, the rest the remainder."""
    carried = lot.origin_amount * amount // lot.amount
    part = lot._replace(amount=amount, origin_amount=carried)
    return part, lot._replace(amount=lot.amount - amount, origin_amount=lot.origin_amount - carried)


OF_LOTS: Final = LotAlgebra[Lot](lambda lot: lot.label, split_lot, append_lot)
"""The algebra of the kernels' lots."""


def take_fifo(lots: deque[L], amount: int, of: LotAlgebra[L]) -> list[L]:
    """Take the oldest lot first."""
    taken: list[L] = []
    while amount:
        lot = lots.popleft()
        if lot.amount > amount:
            lot, rest = of.split(lot, amount)
            lots.appendleft(rest)
        of.append(taken, lot)
        amount -= lot.amount
    return taken


def take_lifo(lots: deque[L], amount: int, of: LotAlgebra[L]) -> list[L]:
    """Take the newest lot first; what remains keeps its order."""
    taken: list[L] = []
    while amount:
        lot = lots.pop()
        if lot.amount > amount:
            lot, rest = of.split(lot, amount)
            lots.append(rest)
        of.append(taken, lot)
        amount -= lot.amount
    return taken


def _take_chosen(lots: deque[L], amount: int, of: LotAlgebra[L], first: Callable[[L], bool]) -> list[L]:
    """Take the lots that `first` names, oldest first, then the others, oldest first; the rest keeps its order."""
    kept = list(lots)
    taken: list[L] = []
    for turn in (True, False):
        for place, lot in enumerate(kept):
            if not amount:
                break
            if lot.amount and first(lot) is turn:
                part, kept[place] = of.split(lot, min(lot.amount, amount))
                of.append(taken, part)
                amount -= part.amount
    lots.clear()
    for lot in kept:
        if lot.amount:
            of.append(lots, lot)
    return taken


def take_dirty_first(lots: deque[L], amount: int, of: LotAlgebra[L]) -> list[L]:
    """Take stolen lots oldest first, then clean."""
    return _take_chosen(lots, amount, of, lambda lot: of.label(lot) != CLEAN)


def take_clean_first(lots: deque[L], amount: int, of: LotAlgebra[L]) -> list[L]:
    """Take clean lots, then stolen lots oldest first."""
    return _take_chosen(lots, amount, of, lambda lot: of.label(lot) == CLEAN)


def take_haircut(lots: deque[L], amount: int, of: LotAlgebra[L]) -> list[L]:
    """Take the same share of every label, oldest first within it; labels in theft order, clean last."""
    merged: dict[int, deque[L]] = {}
    for lot in lots:
        of.append(merged.setdefault(of.label(lot), deque()), lot)
    ordered = [merged[label] for label in sorted(merged, key=lambda label: (label == CLEAN, label))]
    shares = apportion(amount, [sum(lot.amount for lot in mine) for mine in ordered])
    lots.clear()
    taken: list[L] = []
    for mine, share in zip(ordered, shares, strict=True):
        taken += take_fifo(mine, share, of)
        lots.extend(mine)
    return taken


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy: what the kernels, the replay of paths, the options, the tables and the report know of it.

    Attributes
    ----------
    name : str
        As in the options, and as a column of the tables that compare.
    words : str
        One plain sentence for the report.
    take : callable
        Takes an amount out of a holder's lots.
    serve : callable
        Takes an amount out of an event's pool for one credit.
    next_lot : int or None
        Place of the lot the next payment takes first; ``None`` where every lot bears on it.
    debits_reversed : bool
        Build the pool from the last debit to the first.
    largest_credit_first : bool
        Serve credits by amount descending, ties by index.
    """

    name: str
    words: str
    take: Take
    serve: Take
    next_lot: int | None = None
    debits_reversed: bool = False
    largest_credit_first: bool = False


_RULES: Final = {
    rule.name: rule
    for rule in (
        Rule(
            name="fifo",
            words="The oldest money of a holder leaves first (first in, first out; Clayton's case, 1816).",
            take=take_fifo,
            serve=take_fifo,
            next_lot=0,
        ),
        Rule(
            name="lifo",
            words="The newest money of a holder leaves first (last in, first out).",
            take=take_lifo,
            serve=take_fifo,
            next_lot=-1,
            debits_reversed=True,
        ),
        Rule(
            name="haircut",
            words="Every payment carries stolen and clean money in the proportion in which the holder has them.",
            take=take_haircut,
            serve=take_haircut,
        ),
        Rule(
            name="tiho",
            words="Stolen money leaves first, and goes to the largest payments of an event first"
            " (taint in, highest out).",
            take=take_dirty_first,
            serve=take_dirty_first,
            largest_credit_first=True,
        ),
        Rule(
            name="clean_first",
            words="Clean money leaves first; stolen money only as the rest (Re Hallett's Estate, 1880).",
            take=take_clean_first,
            serve=take_clean_first,
        ),
        Rule(
            name="dirty_first",
            words="Stolen money leaves first; clean money only where nothing stolen is left.",
            take=take_dirty_first,
            serve=take_dirty_first,
        ),
    )
}
CONSERVING: Final = tuple(_RULES)
"""Names of the rules that conserve value; poison is reach, not an amount."""


def spread_approximation(taken: list[Lot], left: Lots, next_lot: int | None, *, printed: bool) -> list[Lot]:
    """Return what was taken, marked approximate where the border between lots is; mark what is left beside it.

    A lot whose size is not exact moves the border to its neighbour: the whole payment that took it is approximate,
    and so is the lot the next payment begins with, or every lot where a rule looks at all of them.
    """
    if not (printed or any(lot.approximate for lot in taken)):
        return taken
    if left and next_lot is not None:
        left[next_lot] = left[next_lot]._replace(approximate=True)
    elif left:
        for place, lot in enumerate(left):
            left[place] = lot._replace(approximate=True)
    return [lot._replace(approximate=True) for lot in taken]


def rule_of(policy: str) -> Rule:
    """Return the rule of a policy name, or raise :class:`~tracer.errors.InputError`."""
    if policy not in _RULES:
        raise InputError(
            f"{policy!r} is not a policy that conserves value.", next_step=f"Choose one of: {', '.join(_RULES)}."
        )
    return _RULES[policy]


def take(policy: str, lots: Iterable[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Take a payment out of a holder's lots.

    Parameters
    ----------
    policy : str
        One of :data:`CONSERVING`.
    lots : iterable of Lot
        Oldest first, in base units of one asset.
    amount : int
        Base units that leave.

    Returns
    -------
    taken, rest : list of Lot
        In the order taken, and what stays in its order; amounts and origin amounts sum to those of `lots`.

    Raises
    ------
    AmountError
        If `amount` is negative or more than the lots hold.

    Examples
    --------
    >>> taken, rest = take("fifo", [Lot(3, 1, 3), Lot(5, 0, 0)], 4)
    >>> [(lot.amount, lot.label) for lot in taken], [(lot.amount, lot.label) for lot in rest]
    ([(3, 1), (1, 0)], [(4, 0)])
    """
    held: Lots = deque(lot for lot in lots if lot.amount)
    check_payment(sum(lot.amount for lot in held), amount)
    return rule_of(policy).take(held, amount, OF_LOTS), list(held)


def check_payment(held: int, amount: int) -> None:
    """Raise :class:`~tracer.errors.AmountError` where a payment is negative or exceeds what is held."""
    if not 0 <= amount <= held:
        raise AmountError(
            f"A payment of {amount} cannot be taken from lots of {held} base units.",
            why="The ledger books missing inflow as opening balance before a policy runs.",
            next_step="Please report the case: this is a fault of the program.",
        )
