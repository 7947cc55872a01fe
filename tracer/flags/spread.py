"""Whom stolen units can have reached in a large trace: a row is looked at where its payer can have some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby

from tracer.model import Holder, Origin
from tracer.trace import Movement, Movements, Payment

PassOn = Callable[[Payment, dict[Origin, set[Holder]]], None]
Carry = Callable[[Sequence[Movement], set[Holder], Collection[Holder]], None]
AtHome = Callable[[Holder, Origin, Movement], bool]


class Spread:
    """Who was reached of each theft's units while the rows go by.

    Parameters
    ----------
    movements : Movements
        The rows that touch a followed holder.
    pass_on : callable
        Adds whom a payment of stolen units pays, to who was reached by theft.
    carry : callable
        Adds whom the rows of an event pay out of some places, but not out of homes.
    at_home : callable
        Whether a theft's units were at home with somebody when a row was made.
    ever : callable
        Whether they are at any time.
    """

    def __init__(
        self, movements: Movements, pass_on: PassOn, carry: Carry, at_home: AtHome, ever: Callable[[Holder], bool]
    ) -> None:
        self._touched = movements.touched
        columns = self._touched.rows.columns
        self._chain, self._names = columns.chain, columns.names
        self._codes = {name: code for code, name in enumerate(columns.names)}
        self._pass_on, self._carry, self._at_home, self._ever = pass_on, carry, at_home, ever
        self.reached: dict[Origin, set[Holder]] = defaultdict(set)
        self._flags: dict[Origin, bytearray] = {}

    def run(self, payments: Iterable[Payment]) -> frozenset[Holder]:
        """Let payments and rows go by in order, and return who was reached of any theft's units."""
        touched = self._touched
        columns, places = touched.rows.columns, touched.rows.all_places()[touched.indices]
        groups = self._groups()
        first = {one.seq: start for start, group in groups.items() for one in group}
        paid: dict[int, list[Payment]] = defaultdict(list)
        for payment in payments:
            start = min(payment.rows, default=0)
            paid[first.get(start, start)].append(payment)
        self._apply(paid.get(0, ()))
        alone = touched.numbers[touched.indices] >= 0
        rows = zip(
            (alone & (touched.hops[touched.indices] >= 0)).tolist(),
            columns.sender[places].tolist(),
            columns.recipient[places].tolist(),
            strict=True,
        )
        for seq, (carries, sender, recipient) in enumerate(rows, 1):
            if seq in paid:
                self._apply(paid[seq])
            if seq in groups:
                self._event(groups[seq])
            elif carries:
                for origin, flags in self._flags.items():
                    if flags[sender] and not flags[recipient] and not self._is_home(sender, origin, seq):
                        self.reached[origin].add((self._chain, self._names[recipient]))
                        flags[recipient] = 1
        return frozenset[Holder]().union(*self.reached.values())

    def _groups(self) -> Mapping[int, list[Movement]]:
        """Return the rows of events of several rows, or of none, by their first: rows of one event stand together."""
        import numpy as np

        touched = self._touched
        alone = touched.numbers[touched.indices] >= 0
        others = np.flatnonzero(~alone)
        before = np.cumsum(alone)[others].tolist()
        rows = [(count, one) for count, one in zip(before, touched.some(others), strict=True) if one.kind != "fee"]
        found: dict[int, list[Movement]] = {}
        for _, mine in groupby(rows, key=lambda pair: (pair[0], pair[1].event, pair[1].tx)):
            group = [one for _, one in mine]
            found[group[0].seq] = group
        return found

    def _apply(self, payments: Iterable[Payment]) -> None:
        for payment in payments:
            self._pass_on(payment, self.reached)
            self._flag((payment.chain, side.address) for side in payment.payees)

    def _event(self, group: Sequence[Movement]) -> None:
        payers = {(one.chain, one.sender) for one in group}
        carrying = [one for one in group if one.hop >= 0]
        for origin, places in self.reached.items():
            homes = {place for place in payers if self._at_home(place, origin, group[0])}
            self._carry(carrying, places, homes)
        self._flag((one.chain, one.recipient) for one in group)

    def _flag(self, holders: Iterable[Holder]) -> None:
        for chain, name in holders:
            code = self._codes.get(name)
            for origin, places in self.reached.items():
                flags = self._flags.setdefault(origin, bytearray(len(self._names)))
                if code is not None and (chain, name) in places:
                    flags[code] = 1

    def _is_home(self, sender: int, origin: Origin, seq: int) -> bool:
        import numpy as np

        place = (self._chain, self._names[sender])
        if not self._ever(place):
            return False
        (row,) = self._touched.some(np.array([seq - 1]))
        return self._at_home(place, origin, row)
