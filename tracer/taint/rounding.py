"""Sharing whole units in proportion without losing one: the method of largest remainders."""

from __future__ import annotations

from collections.abc import Sequence

from tracer.errors import AmountError


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` units in proportion to `weights`, exactly.

    Parameters
    ----------
    total : int
        Units to share, 0 or more.
    weights : sequence of int, shape (n,)
        Whole, 0 or more. Their order decides ties: origins in theft order, clean last.

    Returns
    -------
    list of int, shape (n,)
        Sums to `total`; no share exceeds its weight as long as `total` does not exceed their sum.

    Raises
    ------
    AmountError
        If a weight or the total is negative, or units are to be shared over weights of 0.

    Notes
    -----
    Missing units go, one each, to the largest remainders; ties to the smaller index (method round).

    Examples
    --------
    >>> apportion(7, [10, 10, 10])
    [3, 2, 2]
    """
    weight = sum(weights)
    if total < 0 or any(w < 0 for w in weights) or (total and not weight):
        raise AmountError(f"{total} units cannot be shared over weights of {weight}.")
    if not total:
        return [0] * len(weights)
    shares, remainders = [], []
    for index, mine in enumerate(weights):
        share, remainder = divmod(total * mine, weight)
        shares.append(share)
        remainders.append((-remainder, index))
    for _, index in sorted(remainders)[: total - sum(shares)]:
        shares[index] += 1
    return shares
