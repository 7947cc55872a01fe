"""Which units that come to a victim cannot be those that it lost: another theft of the same name took them.

Whoever had some of what one theft took may bring it back to its victims. What a victim of another theft gets out of his
hands nobody gives back: not what that theft pays it, nor what it had before anything was taken from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Final, NamedTuple

from tracer.model import ChainId, Holder, Origin, caip10
from tracer.trace import Movement, Payment, TraceResult

Theft = tuple[ChainId, str]
"""Chain and transaction of a theft."""

_NOBODY: Final = 1
"""The mark of units of which nobody says whose they were."""


class Foreign(NamedTuple):
    """What a victim got that it cannot have lost.

    Attributes
    ----------
    since : int
        First row of the first event that brought it any: from then on it pays what may not be its own.
    rows : frozenset of int
        Rows that brought it.
    """

    since: int
    rows: frozenset[int]


def foreign_to(
    result: TraceResult,
    origin: Origin,
    thefts: Mapping[Theft, Mapping[str, int]],
    homes: Mapping[Holder, int],
    fresh: Callable[[Payment], bool],
    places_of: Callable[[frozenset[str]], frozenset[Holder]],
) -> dict[Holder, Foreign]:
    """Return what victims of an origin get of thefts that took nothing from them.

    Parameters
    ----------
    result : TraceResult
        A finished trace.
    origin : Origin
        Its thefts have one name and one asset.
    thefts : mapping of (ChainId, str) to mapping of str to int
        By transaction: CAIP-10 accounts of who lost something in it.
    homes : mapping of (ChainId, str) to int
        The place of the last row of the first theft of each victim that got no more back than it lost.
    fresh : callable
        Whether a theft takes in a payment.
    places_of : callable
        Returns the addresses reached that belong to some accounts.

    Notes
    -----
    Each set of victims is a mark; a row passes on all marks of its payer, whatever the rule, but for a payer with whom
    they are at home. Units of which nobody says whose they were may be anyone's. One pass, O(rows).
    """
    marks = {who: 2 << number for number, who in enumerate(dict.fromkeys(frozenset(one) for one in thefts.values()))}
    if len(marks) < 2:
        return {}
    own: dict[Holder, int] = defaultdict(int)
    for who, mark in marks.items():
        for place in places_of(who):
            own[place] |= mark
    return _Walk(thefts, marks, own, homes).over(result, origin, fresh)


class _Walk:
    """Marks of every address as rows go by, and the rows that brought a victim marks of others alone."""

    def __init__(
        self,
        thefts: Mapping[Theft, Mapping[str, int]],
        marks: Mapping[frozenset[str], int],
        own: Mapping[Holder, int],
        homes: Mapping[Holder, int],
    ) -> None:
        self._thefts, self._own, self._homes = thefts, own, homes
        self._mark = {theft: marks[frozenset(lost)] if lost else _NOBODY for theft, lost in thefts.items()}
        self._held: dict[Holder, int] = defaultdict(int)
        self._found: dict[Holder, list[int]] = defaultdict(list)
        self._since: dict[Holder, int] = {}

    def over(self, result: TraceResult, origin: Origin, fresh: Callable[[Payment], bool]) -> dict[Holder, Foreign]:
        """Return what all rows of a trace brought."""
        rows = [one for one in result.movements if one.kind != "fee"]
        untold: dict[int, list[Holder]] = defaultdict(list)
        for payment in result.payments:
            if self._mark.get((payment.chain, payment.tx), _NOBODY) == _NOBODY and fresh(payment):
                untold[min(payment.rows, default=0)] += [
                    (payment.chain, side.address)
                    for side in payment.payees
                    if any(share.origin == origin for share in side.shares)
                ]
        for place in untold.pop(0, []):
            self._held[place] |= _NOBODY
        for _, mine in groupby(rows, key=lambda one: (one.event, one.tx)):
            group = list(mine)
            self._pass_on(group)
            for place in (place for one in group for place in untold.get(one.seq, ())):
                self._held[place] |= _NOBODY
        return {place: Foreign(self._since[place], frozenset(found)) for place, found in self._found.items()}

    def _pass_on(self, group: Sequence[Movement]) -> None:
        """Let an event pass on marks, whatever the order of its rows."""
        first = group[0]
        apart = all(one.sender and one.recipient for one in group)
        payers = {(one.chain, one.sender) for one in group if one.sender}
        grown = True
        while grown:
            gives = {place: self._gives(place, first) for place in payers}
            every = reduce(or_, gives.values(), 0)
            grown = False
            for one in group:
                place = (one.chain, one.recipient)
                given = gives[one.chain, one.sender] if apart else every
                if one.recipient and given | self._held[place] != self._held[place]:
                    self._held[place] |= given
                    grown = apart
        for one in group:
            place = (one.chain, one.recipient)
            given = gives[one.chain, one.sender] if apart else every
            mine = self._own.get(place, 0)
            if one.recipient and mine and given and not given & (mine | _NOBODY):
                self._found[place].append(one.seq)
                self._since.setdefault(place, first.seq)

    def _gives(self, place: Holder, row: Movement) -> int:
        """Return the marks of what an address pays in an event: all it ever got, and what a theft takes from it there.

        Where it is a victim that has its own back, nothing of that.
        """
        since = self._homes.get(place)
        home = since is not None and row.seq > since and place not in self._found
        theft = (row.chain, row.tx)
        taken = self._mark[theft] if caip10(*place) in self._thefts.get(theft, ()) else 0
        return taken | (0 if home else self._held.get(place, 0))
