"""Purses of the fast kernel: the lots of one account, kept so that a payment touches only the lots it takes.

Each gives what its order of taking in :mod:`tracer.taint.policies` gives for the same lots, lot for lot; tests compare
them. An order that has no purse of its own here runs as the reference runs it (:class:`AnyOrder`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Protocol

from tracer.model import Lot
from tracer.taint.labels import CLEAN
from tracer.taint.policies import (
    OF_LOTS,
    Rule,
    Take,
    take_clean_first,
    take_dirty_first,
    take_fifo,
    take_haircut,
    take_lifo,
)
from tracer.taint.rounding import apportion

_new = tuple.__new__


def join(lots: deque[Lot] | list[Lot], lot: Lot) -> None:
    """Append a lot; a neighbour of the same label is merged."""
    if lots and lots[-1][1] == lot[1]:
        last = lots[-1]
        lots[-1] = _new(Lot, (last[0] + lot[0], lot[1], last[2] + lot[2], last[3] or lot[3]))
    else:
        lots.append(lot)


def split(lot: Lot, amount: int) -> tuple[Lot, Lot]:
    """Split a lot as :func:`tracer.taint.policies.split_lot` does."""
    held, label, stands, approximate = lot
    carried = amount if stands == held else stands * amount // held
    return (
        _new(Lot, (amount, label, carried, approximate)),
        _new(Lot, (held - amount, label, stands - carried, approximate)),
    )


class LotQueue(Protocol):
    """The lots of one account."""

    def put(self, lots: Iterable[Lot]) -> None:
        """Add lots, in order."""

    def take(self, amount: int) -> list[Lot]:
        """Take an amount that is held, in the order the rule takes it."""

    def lots(self) -> list[Lot]:
        """Return what is held, oldest first."""

    def spread(self) -> None:
        """Mark approximate what the border of a rounded payment bears on."""


class Oldest:
    """First in, first out."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: deque[Lot] = deque()

    def put(self, lots: Iterable[Lot]) -> None:
        """Add lots at the end."""
        held = self.held
        for lot in lots:
            join(held, lot)

    def take(self, amount: int) -> list[Lot]:
        """Take from the front."""
        held = self.held
        taken: list[Lot] = []
        while amount:
            lot = held[0]
            if lot[0] > amount:
                lot, held[0] = split(lot, amount)
            else:
                held.popleft()
            join(taken, lot)
            amount -= lot[0]
        return taken

    def lots(self) -> list[Lot]:
        """Return the queue."""
        return list(self.held)

    def spread(self) -> None:
        """Mark the lot the next payment begins with."""
        if self.held:
            self.held[0] = self.held[0]._replace(approximate=True)


class Newest(Oldest):
    """Last in, first out."""

    __slots__ = ()

    def take(self, amount: int) -> list[Lot]:
        """Take from the end."""
        held = self.held
        taken: list[Lot] = []
        while amount:
            lot = held[-1]
            if lot[0] > amount:
                lot, held[-1] = split(lot, amount)
            else:
                held.pop()
            join(taken, lot)
            amount -= lot[0]
        return taken

    def spread(self) -> None:
        """Mark the lot the next payment begins with."""
        if self.held:
            self.held[-1] = self.held[-1]._replace(approximate=True)


class _Preferred:
    """One kind of lot first, oldest first, then the other.

    ``passed`` holds lots of the other kind that stand before the first preferred one; ``ahead`` begins with it. So the
    next lot is always at an end, and a long queue is never searched. That a rounded size bears on every lot held is
    noted as how many lots at the front of each queue it was: a lot is marked when it is next looked at.
    """

    __slots__ = ("ahead", "marked_ahead", "marked_passed", "passed")
    stolen_first: bool

    def __init__(self) -> None:
        self.passed: deque[Lot] = deque()
        self.ahead: deque[Lot] = deque()
        self.marked_passed = self.marked_ahead = 0

    def put(self, lots: Iterable[Lot]) -> None:
        """Add lots at the end."""
        for lot in lots:
            if self.ahead or (lot[1] != CLEAN) is self.stolen_first:
                self._mark_last(self.ahead, self.marked_ahead)
                join(self.ahead, lot)
            else:
                self._mark_last(self.passed, self.marked_passed)
                join(self.passed, lot)

    def take(self, amount: int) -> list[Lot]:
        """Take preferred lots, then the others; new neighbours are merged only when the payment is done."""
        ahead, passed = self.ahead, self.passed
        taken: list[Lot] = []
        over: deque[Lot] = deque()
        while amount and ahead:
            lot = self._first_ahead()
            if lot[0] > amount:
                lot, ahead[0] = split(lot, amount)
                amount = 0
                join(taken, lot)
                break
            self._drop_ahead()
            join(taken, lot)
            amount -= lot[0]
            while ahead and (ahead[0][1] != CLEAN) is not self.stolen_first:
                over.append(self._first_ahead())
                self._drop_ahead()
        while amount:
            if passed and self.marked_passed:
                passed[0] = _marked(passed[0])
            queue = passed or over
            lot = queue[0]
            if lot[0] > amount:
                lot, queue[0] = split(lot, amount)
            else:
                queue.popleft()
                if queue is passed and self.marked_passed:
                    self.marked_passed -= 1
            join(taken, lot)
            amount -= lot[0]
        for lot in over:
            self._mark_last(passed, self.marked_passed)
            join(passed, lot)
        return taken

    def lots(self) -> list[Lot]:
        """Return both parts of the queue."""
        return [
            _marked(lot) if place < marked else lot
            for queue, marked in ((self.passed, self.marked_passed), (self.ahead, self.marked_ahead))
            for place, lot in enumerate(queue)
        ]

    def spread(self) -> None:
        """Mark every lot: each payment looks at all of them."""
        self.marked_passed, self.marked_ahead = len(self.passed), len(self.ahead)

    def _first_ahead(self) -> Lot:
        if self.marked_ahead:
            self.ahead[0] = _marked(self.ahead[0])
        return self.ahead[0]

    def _drop_ahead(self) -> None:
        self.ahead.popleft()
        if self.marked_ahead:
            self.marked_ahead -= 1

    @staticmethod
    def _mark_last(queue: deque[Lot], marked: int) -> None:
        """Mark the last lot before another may be merged with it."""
        if marked and marked == len(queue):
            queue[-1] = _marked(queue[-1])


def _marked(lot: Lot) -> Lot:
    return lot if lot[3] else _new(Lot, (lot[0], lot[1], lot[2], True))


class StolenFirst(_Preferred):
    """Stolen lots oldest first, then clean."""

    __slots__ = ()
    stolen_first = True


class CleanFirst(_Preferred):
    """Clean lots, then stolen lots oldest first."""

    __slots__ = ()
    stolen_first = False


class Shared:
    """The same share of every label; one lot a label, in theft order, clean last."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: dict[int, Lot] = {}

    def put(self, lots: Iterable[Lot]) -> None:
        """Add lots to those of their label."""
        held = self.held
        for lot in lots:
            mine = held.get(lot[1])
            if mine is not None:
                held[lot[1]] = _new(Lot, (mine[0] + lot[0], lot[1], mine[2] + lot[2], mine[3] or lot[3]))
            elif lot[0]:
                held[lot[1]] = lot

    def take(self, amount: int) -> list[Lot]:
        """Take the share of every label, by largest remainders."""
        ordered = self.lots()
        held = self.held
        taken = []
        for lot, share in zip(ordered, _shares(amount, ordered), strict=True):
            if share == lot[0]:
                del held[lot[1]]
                taken.append(lot)
            elif share:
                part, held[lot[1]] = split(lot, share)
                taken.append(part)
        return taken

    def lots(self) -> list[Lot]:
        """Return one lot a label."""
        held = self.held
        if len(held) < 2:
            return list(held.values())
        labels = sorted(held)
        if labels[0] == CLEAN:
            labels.append(labels.pop(0))
        return [held[label] for label in labels]

    def spread(self) -> None:
        """Mark every lot: each payment looks at all of them."""
        for label, lot in self.held.items():
            self.held[label] = lot._replace(approximate=True)


def _shares(amount: int, lots: list[Lot]) -> list[int]:
    """Return what :func:`apportion` returns; one and two labels, nearly all cases, without its sorting."""
    if len(lots) == 1:
        return [amount]
    if len(lots) != 2:
        return apportion(amount, [lot[0] for lot in lots])
    first, second = lots[0][0], lots[1][0]
    share, rest = divmod(amount * first, first + second)
    if rest and 2 * rest >= first + second:
        share += 1
    return [share, amount - share]


class AnyOrder:
    """Lots under a rule whose order nothing here makes faster: as the reference holds and takes them."""

    __slots__ = ("held", "rule")

    def __init__(self, rule: Rule) -> None:
        self.held: deque[Lot] = deque()
        self.rule = rule

    def put(self, lots: Iterable[Lot]) -> None:
        """Add lots at the end."""
        for lot in lots:
            join(self.held, lot)

    def take(self, amount: int) -> list[Lot]:
        """Take as the rule says."""
        return self.rule.take(self.held, amount, OF_LOTS)

    def lots(self) -> list[Lot]:
        """Return the queue."""
        return list(self.held)

    def spread(self) -> None:
        """Mark the lot the next payment begins with, or every lot where the rule looks at all of them."""
        held = self.held
        places = range(len(held)) if self.rule.next_lot is None else (self.rule.next_lot,) if held else ()
        for place in places:
            held[place] = _marked(held[place])


_FASTER: Final[tuple[tuple[Take, type[Oldest | _Preferred | Shared]], ...]] = (
    (take_fifo, Oldest),
    (take_lifo, Newest),
    (take_haircut, Shared),
    (take_dirty_first, StolenFirst),
    (take_clean_first, CleanFirst),
)
"""The purse of an order of taking, where there is a faster one than the reference's."""


def purses_of(rule: Rule) -> Callable[[], LotQueue]:
    """Return what makes an empty purse under a rule."""
    for order, kind in _FASTER:
        if rule.take is order:
            return kind
    return partial(AnyOrder, rule)
