"""The accounting rules: which lots a payment takes. Exact integers, transparent, slow where clarity asks for it.

Sources: METHODS 3 and 4. FIFO: Devaynes v Noble (Clayton's Case), 1816; Anderson, Shumailov, Ahmed, "Making Bitcoin
Legal", 2018. Haircut: Möser, Böhme, Breuker, 2013-14. TIHO: Tironsakkul et al., 2019 (arXiv 1906.05754). Clean first:
Re Hallett's Estate, 1880 (lowest intermediate balance). LIFO and dirty first: METHODS 4.4 and 4.7.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tracer.errors import AmountError, InputError
from tracer.model import Lot
from tracer.taint.labels import CLEAN
from tracer.taint.rounding import apportion

Lots = deque[Lot]
Take = Callable[[Lots, int], list[Lot]]


def append_lot(lots: Lots | list[Lot], lot: Lot) -> None:
    """Append a lot; a neighbour of the same label is merged, nothing else is (METHODS 3)."""
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


def _take_fifo(lots: Lots, amount: int) -> list[Lot]:
    """Take the oldest lot first."""
    taken: list[Lot] = []
    while amount:
        lot = lots.popleft()
        if lot.amount > amount:
            lot, rest = split_lot(lot, amount)
            lots.appendleft(rest)
        append_lot(taken, lot)
        amount -= lot.amount
    return taken


def _take_lifo(lots: Lots, amount: int) -> list[Lot]:
    """Take the newest lot first; what remains keeps its order."""
    taken: list[Lot] = []
    while amount:
        lot = lots.pop()
        if lot.amount > amount:
            lot, rest = split_lot(lot, amount)
            lots.append(rest)
        append_lot(taken, lot)
        amount -= lot.amount
    return taken


def _take_chosen(lots: Lots, amount: int, first: Callable[[Lot], bool]) -> list[Lot]:
    """Take the lots that `first` names, oldest first, then the others, oldest first; the rest keeps its order."""
    kept = list(lots)
    taken: list[Lot] = []
    for turn in (True, False):
        for place, lot in enumerate(kept):
            if not amount:
                break
            if lot.amount and first(lot) is turn:
                part, kept[place] = split_lot(lot, min(lot.amount, amount))
                append_lot(taken, part)
                amount -= part.amount
    lots.clear()
    for lot in kept:
        if lot.amount:
            append_lot(lots, lot)
    return taken


def _take_dirty_first(lots: Lots, amount: int) -> list[Lot]:
    """Take stolen lots oldest first, then clean."""
    return _take_chosen(lots, amount, lambda lot: lot.label != CLEAN)


def _take_clean_first(lots: Lots, amount: int) -> list[Lot]:
    """Take clean lots, then stolen lots oldest first."""
    return _take_chosen(lots, amount, lambda lot: lot.label == CLEAN)


def _take_haircut(lots: Lots, amount: int) -> list[Lot]:
    """Take the same share of every label; taken and rest are one lot a label, in theft order, clean last."""
    merged: dict[int, Lot] = {}
    for lot in lots:
        merged[lot.label] = join_lots(merged[lot.label], lot) if lot.label in merged else lot
    ordered = [merged[label] for label in sorted(merged, key=lambda label: (label == CLEAN, label))]
    shares = apportion(amount, [lot.amount for lot in ordered])
    lots.clear()
    taken: list[Lot] = []
    for lot, share in zip(ordered, shares, strict=True):
        part, rest = split_lot(lot, share)
        if part.amount:
            taken.append(part)
        if rest.amount:
            lots.append(rest)
    return taken


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy as the event kernel needs it (METHODS 3).

    Attributes
    ----------
    name : str
        As in the options.
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
    take: Take
    serve: Take
    next_lot: int | None = None
    debits_reversed: bool = False
    largest_credit_first: bool = False


_RULES: Final = {
    rule.name: rule
    for rule in (
        Rule("fifo", _take_fifo, _take_fifo, next_lot=0),
        Rule("lifo", _take_lifo, _take_fifo, next_lot=-1, debits_reversed=True),
        Rule("haircut", _take_haircut, _take_haircut),
        Rule("tiho", _take_dirty_first, _take_dirty_first, largest_credit_first=True),
        Rule("clean_first", _take_clean_first, _take_clean_first),
        Rule("dirty_first", _take_dirty_first, _take_dirty_first),
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
    return rule_of(policy).take(held, amount), list(held)


def check_payment(held: int, amount: int) -> None:
    """Raise :class:`~tracer.errors.AmountError` where a payment is negative or exceeds what is held."""
    if not 0 <= amount <= held:
        raise AmountError(
            f"A payment of {amount} cannot be taken from lots of {held} base units.",
            why="The ledger books missing inflow as opening balance before a policy runs.",
            next_step="Please report the case: this is a fault of the program.",
        )
