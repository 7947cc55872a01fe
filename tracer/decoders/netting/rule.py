"""Which rows of a transaction are one swap, by net change; everything else is one event a row (method ev-net).

A holder's net change in an asset is what the transaction leaves it with; routers net to nothing. Whoever ends with one
asset less and one asset more has swapped them. Fees, mints and burns are never part of it: they have no counterparty
that could have taken the other side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tracer.model import AssetId, Collected

_ALONE: Final = ("fee", "mint", "burn")
Pair = tuple[AssetId, AssetId]


def swap_rows(rows: Sequence[Collected]) -> tuple[int, ...]:
    """Return which rows of one transaction are one swap; empty where none are.

    Parameters
    ----------
    rows : sequence of Collected
        Of one transaction, in order.

    Returns
    -------
    tuple of int
        Indices, ascending: every row in the two assets that change hands.

    Notes
    -----
    In a chain of pools every pool ends with one asset less and one more, like the trader between whom they stand. The
    trader is told by having started the transaction; where that does not decide and the pairs differ, nothing is a
    swap, and each row stands alone.
    """
    if len({row.asset for row in rows}) < 2:
        return ()
    pair = _pair(rows)
    if pair is None:
        return ()
    return tuple(i for i, row in enumerate(rows) if row.amount and row.kind not in _ALONE and row.asset in pair)


def gives_and_receives(rows: Sequence[Collected], holder: str) -> bool:
    """Return whether a holder gives one asset and receives another, fees apart: its counterparties are then needed."""
    if len({row.asset for row in rows}) < 2:
        return False
    change = net_changes(rows).get(holder, {})
    return any(amount < 0 for amount in change.values()) and any(amount > 0 for amount in change.values())


def net_changes(rows: Sequence[Collected]) -> dict[str, dict[AssetId, int]]:
    """Return what a transaction changes, fees, mints and burns apart: by holder and asset, base units, never 0."""
    change: dict[str, dict[AssetId, int]] = {}
    for row in rows:
        if row.amount and row.kind not in _ALONE:
            for holder, amount in ((row.sender, -row.amount), (row.recipient, row.amount)):
                mine = change.setdefault(holder, {})
                mine[row.asset] = mine.get(row.asset, 0) + amount
    nets = {holder: {asset: net for asset, net in sorted(mine.items()) if net} for holder, mine in change.items()}
    return {holder: mine for holder, mine in sorted(nets.items()) if mine}


def _pair(rows: Sequence[Collected]) -> frozenset[AssetId] | None:
    """Return the two assets that change hands."""
    pairs = {holder: pair for holder, change in net_changes(rows).items() if (pair := _exchanged(change))}
    for starter in _starters(rows):
        if starter in pairs:
            return frozenset(pairs[starter])
    distinct = {frozenset(pair) for pair in pairs.values()}
    return distinct.pop() if len(distinct) == 1 else None


def _exchanged(change: Mapping[AssetId, int]) -> Pair | None:
    down = [asset for asset, amount in change.items() if amount < 0]
    up = [asset for asset, amount in change.items() if amount > 0]
    return (down[0], up[0]) if len(down) == len(up) == 1 else None


def _starters(rows: Sequence[Collected]) -> list[str]:
    """Return who started the transaction: the payer of its fee, or of its own value."""
    return list(dict.fromkeys(row.sender for row in rows if row.kind == "fee" or row.layer in ("fee", "top")))
