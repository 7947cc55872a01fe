"""The order of a tie that known balances permit: that of the rows, changed as little as they ask (method ev-ties).

The rules follow the order of the rows. Where that makes an account pay what it cannot have had yet, the order is
impossible, and the tie takes the first possible one: at each place the earliest row after which all others can still
follow. Without a circle of payments the earliest row that can be paid is always such a row; in a circle it may leave
the others unpaid, and the search goes back.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tracer.bounds.ties import Tie
from tracer.model import Account, Event

_LOOKS: Final = 1_000_000
"""After so many looks at a row a search in circles ends: the tie keeps the order of its rows."""


def possible_places(
    events: Sequence[Event], ties: Iterable[Tie], known: Mapping[Account, int]
) -> tuple[list[int], frozenset[Account]]:
    """Return the places of the events, those of ties in the first order in which no known account is overdrawn.

    Beside them the known accounts that pay in a tie in which every order overdraws somebody (payments in a circle that
    nothing feeds): what one of them opened with is not known after all. Such a tie stands as its rows do.

    Parameters
    ----------
    events : sequence of Event
        In the order of the rows.
    ties : iterable of (int, int)
        Ranges whose order is open.
    known : mapping of Account to int
        Opening balances that are known, base units; no other account forbids an order.
    """
    places = list(range(len(events)))
    runs = dict(ties)
    balance = dict(known)
    wrong: set[Account] = set()
    place = 0
    while place < len(events):
        last = runs.get(place, place + 1)
        if last - place > 1:
            run = _Run(events[place:last], balance)
            found = run.in_rows() or run.forward() or run.search()
            if found:
                places[place:last] = [place + number for number in found]
            else:
                paying = {account for event in events[place:last] for account in _need(event, balance)}
                wrong |= paying
                for account in paying:
                    del balance[account]
        for event in events[place:last]:
            for account, amount in _change(event).items():
                if account in balance:
                    balance[account] += amount
        place = last
    return places, frozenset(wrong)


class _Run:
    """Events of one tie, and what the known accounts hold before it."""

    def __init__(self, events: Sequence[Event], balance: Mapping[Account, int]) -> None:
        self._needs = [_need(event, balance) for event in events]
        changes = [_change(event) for event in events]
        self._changes = [{a: n for a, n in change.items() if a in balance} for change in changes]
        touched = {account for change in self._changes for account in change}
        touched |= {account for need in self._needs for account in need}
        self._start = {account: balance[account] for account in touched}

    def in_rows(self) -> list[int]:
        """Return the order of the rows where it overdraws nobody."""
        held = dict(self._start)
        for number in range(len(self._needs)):
            if self._lacks(number, held) is not None:
                return []
            self._move(number, held, 1)
        return list(range(len(self._needs)))

    def forward(self) -> list[int]:
        """Return the order that always takes the earliest row that can be paid; nothing where that ends in a circle."""
        held = dict(self._start)
        ready = list(range(len(self._needs)))
        waiting: dict[Account, list[int]] = defaultdict(list)
        order: list[int] = []
        while ready:
            number = heapq.heappop(ready)
            lacking = self._lacks(number, held)
            if lacking is not None:
                waiting[lacking].append(number)
                continue
            order.append(number)
            self._move(number, held, 1)
            for account, amount in self._changes[number].items():
                if amount > 0:
                    for other in waiting.pop(account, ()):
                        heapq.heappush(ready, other)
        return order if len(order) == len(self._needs) else []

    def search(self) -> list[int]:
        """Return the first possible order; nothing where there is none, or where the search is too long.

        Which events are done decides what everybody holds, so a set of events that led nowhere is not tried again.
        """
        held = dict(self._start)
        count = len(self._needs)
        order: list[int] = []
        done, looks = 0, 0
        dead: set[int] = set()
        trying: list[Iterator[int]] = [iter(range(count))]
        while trying and looks < _LOOKS:
            for number in trying[-1]:
                looks += 1
                after = done | 1 << number
                if after != done and after not in dead and self._lacks(number, held) is None:
                    order.append(number)
                    self._move(number, held, 1)
                    done = after
                    trying.append(iter(range(count)))
                    break
            else:
                trying.pop()
                dead.add(done)
                if order:
                    last = order.pop()
                    self._move(last, held, -1)
                    done ^= 1 << last
            if len(order) == count:
                return order
        return []

    def _lacks(self, number: int, held: Mapping[Account, int]) -> Account | None:
        return next((account for account, amount in self._needs[number].items() if held[account] < amount), None)

    def _move(self, number: int, held: dict[Account, int], sign: int) -> None:
        for account, amount in self._changes[number].items():
            held[account] += sign * amount


def _need(event: Event, known: Mapping[Account, int]) -> dict[Account, int]:
    """Return what the known accounts must hold before an event: all that it debits."""
    need: dict[Account, int] = {}
    for part in event.parts:
        for leg in part.debits:
            if leg.account in known:
                need[leg.account] = need.get(leg.account, 0) + leg.amount
    return need


def _change(event: Event) -> dict[Account, int]:
    """Return what every account has more or less after an event."""
    change: dict[Account, int] = {}
    for part in event.parts:
        for leg in part.debits:
            change[leg.account] = change.get(leg.account, 0) - leg.amount
        for leg in part.credits:
            if not leg.sink:
                change[leg.account] = change.get(leg.account, 0) + leg.amount
    return change
