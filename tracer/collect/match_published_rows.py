"""Published rows beside the chain's own: what each lacks (hash, block, exact amount) and where the two differ.

A case whose rows come from a published table is made checkable by finding each row on the chain. A row is matched by
what both sides hold (payer, payee, asset, time or block); the amount decides between candidates and is never assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.model import ChainId, Transfer

_PRINTED_DIGITS: Final = 15
"""Digits a double prints without loss: two amounts that agree in so many are one printed number."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One published row and its movement on the chain.

    Attributes
    ----------
    row : Transfer
        As published.
    found : Transfer or None
        Its movement on the chain; ``None`` where the chain's rows hold none.
    difference : int or None
        Chain less published, base units; ``None`` where nothing was found.
    rivals : int
        Other movements of the same payer, payee, asset and moment that were free to be it.
    """

    row: Transfer
    found: Transfer | None
    difference: int | None
    rivals: int

    @property
    def agrees(self) -> bool:
        """Whether it was found, with the same amount or one that the published figure is a rounding of."""
        if self.found is None:
            return False
        return self.difference == 0 or (
            self.row.precision == "printed" and same_printed(self.row.amount, self.found.amount)
        )


@dataclass(frozen=True, slots=True)
class Filling:
    """A published table against the chain.

    Attributes
    ----------
    rows : tuple of Filled
        One a published row, in table order.
    unpublished : tuple of Transfer
        Movements between two holders of the table, of its assets and inside its window, that it does not hold.
    """

    rows: tuple[Filled, ...]
    unpublished: tuple[Transfer, ...]


def fill(published: Sequence[Transfer], collected: Iterable[Transfer]) -> Filling:
    """Return each published row with its movement on the chain.

    Parameters
    ----------
    published : sequence of Transfer
        Rows of a published table; each with a block or a time.
    collected : iterable of Transfer
        What sources gave; with blocks and times.

    Notes
    -----
    Exact amounts are matched first, then the nearest; a movement is given to one row only. The order of the table
    decides between rows that are alike, so the result never depends on the order of `collected`.
    """
    free: dict[tuple[object, ...], list[Transfer]] = defaultdict(list)
    every = sorted(collected, key=_place)
    for movement in every:
        for key in _keys_of(movement):
            free[key].append(movement)
    taken: set[int] = set()
    given: dict[int, Filled] = {}
    for exact in (True, False):
        for place, row in enumerate(published):
            if place in given:
                continue
            open_ones = [one for one in free.get(_key_of(row), ()) if id(one) not in taken]
            chosen = _choose(row, open_ones, exact=exact)
            if chosen is not None:
                taken.add(id(chosen))
                given[place] = Filled(row, chosen, chosen.amount - row.amount, len(open_ones) - 1)
    rows = tuple(given.get(place, Filled(row, None, None, 0)) for place, row in enumerate(published))
    return Filling(rows, _unpublished(published, every, taken))


def same_printed(published: int, exact: int) -> bool:
    """Return whether a printed amount is a rounding of the exact one: they differ only beyond the 15th digit.

    Examples
    --------
    >>> same_printed(3693537583527971500000, 3693537583527971465999)
    True
    >>> same_printed(100, 101)
    False
    """
    unit = 10 ** max(0, len(str(max(published, exact))) - _PRINTED_DIGITS)
    return abs(published - exact) < unit if unit > 1 else published == exact


def _choose(row: Transfer, candidates: Sequence[Transfer], *, exact: bool) -> Transfer | None:
    if exact:
        return next((one for one in candidates if one.amount == row.amount), None)
    return min(candidates, key=lambda one: (abs(one.amount - row.amount), _place(one)), default=None)


def _key_of(row: Transfer) -> tuple[object, ...]:
    moment = ("time", row.time) if row.block is None else ("block", row.block)
    return row.chain, moment, row.sender, row.recipient, row.asset


def _keys_of(movement: Transfer) -> Iterable[tuple[object, ...]]:
    for moment in (("time", movement.time), ("block", movement.block)):
        yield movement.chain, moment, movement.sender, movement.recipient, movement.asset


def _place(row: Transfer) -> tuple[object, ...]:
    return row.chain, row.block or 0, row.position or 0, row.sender, row.recipient, row.amount


def _unpublished(published: Sequence[Transfer], collected: Sequence[Transfer], taken: set[int]) -> tuple[Transfer, ...]:
    holders: dict[ChainId, set[str]] = defaultdict(set)
    for row in published:
        holders[row.chain].update((row.sender, row.recipient))
    assets = {row.asset for row in published}
    times = [row.time for row in published if row.time is not None]
    first, last = min(times, default=0), max(times, default=0)
    return tuple(
        one
        for one in collected
        if id(one) not in taken
        and one.kind != "fee"
        and one.asset in assets
        and {one.sender, one.recipient} <= holders[one.chain]
        and one.time is not None
        and first <= one.time <= last
    )
