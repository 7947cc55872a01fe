"""Which of the units lost in a transaction each seed takes, where several seeds share victims or recipients.

A feasible flow from seeds to net debits: a seed that could take of several victims leaves to another seed what only
that one can take. What comes out does not depend on the order of the seeds. Source: method ev-theft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def allot(
    wants: Sequence[int], may: Sequence[Sequence[int]], have: Sequence[int]
) -> tuple[list[dict[int, int]], set[int]]:
    """Return what each claimant takes of each store, and the claimants that together want too much.

    Parameters
    ----------
    wants : sequence of int
        Units each claimant asks for; in the order in which they are served.
    may : sequence of sequence of int
        Stores each of them can take from, the preferred ones first.
    have : sequence of int
        Units of each store.

    Returns
    -------
    taken : list of dict of int to int
        By claimant: units by store, as many together as can be.
    short : set of int
        Empty where everybody has what he wants; else claimants whose stores together hold too little.

    Notes
    -----
    Augmenting paths, the shortest first: O(claimants * stores) each, and only where stores are shared.

    Examples
    --------
    >>> allot([100, 50], [[0, 1], [0]], [50, 100])
    ([{0: 0, 1: 100}, {0: 50}], set())
    """
    free = list(have)
    taken: list[dict[int, int]] = [{} for _ in wants]
    short: set[int] = set()
    for one, want in enumerate(wants):
        missing = want
        for store in may[one]:
            amount = min(missing, free[store])
            if amount:
                taken[one][store] = amount
                free[store] -= amount
                missing -= amount
        while missing:
            before, end, asked = _way(one, may, free, taken)
            if end is None:
                short |= asked
                break
            missing -= _shift(before, end, missing, free, taken)
    return taken, short


Step = tuple[int, int | None]
"""Who takes of a store, and the store he gives up for it; ``None`` for the one who lacks something."""


def _way(
    one: int, may: Sequence[Sequence[int]], free: Sequence[int], taken: Sequence[Mapping[int, int]]
) -> tuple[dict[int, Step], int | None, set[int]]:
    """Return by which steps stores can be reached from a claimant, the first that has units left, and whom they ask."""
    before: dict[int, Step] = {}
    queue: list[tuple[int, int | None]] = [(one, None)]
    asked = {one}
    for claimant, given in queue:
        for store in may[claimant]:
            if store in before:
                continue
            before[store] = (claimant, given)
            if free[store]:
                return before, store, asked
            for other, mine in enumerate(taken):
                if mine.get(store) and other not in asked:
                    asked.add(other)
                    queue.append((other, store))
    return before, None, asked


def _shift(before: Mapping[int, Step], end: int, missing: int, free: list[int], taken: Sequence[dict[int, int]]) -> int:
    """Move units along the way to a store that has some left; return how many."""
    amount, store = min(missing, free[end]), end
    steps: list[tuple[int, int, int | None]] = []
    while True:
        claimant, given = before[store]
        steps.append((claimant, store, given))
        if given is None:
            break
        amount = min(amount, taken[claimant][given])
        store = given
    free[end] -= amount
    for claimant, store, given in steps:
        taken[claimant][store] = taken[claimant].get(store, 0) + amount
        if given is not None:
            taken[claimant][given] -= amount
    return amount
