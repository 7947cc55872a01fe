"""What an address receives of stolen units in one payment: less what it gave of them in the same one (its change)."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.model import AssetId, Origin, is_transit
from tracer.trace.result import Payment, Share, Side


def received_in(payment: Payment, *, passing: bool = False) -> dict[tuple[str, AssetId], tuple[Share, ...]]:
    """Return what each address receives in a payment, by address and asset; who only gets change is not there.

    Every list, page and range counts receipts by this one rule. What holders begin with is a receipt too.

    Parameters
    ----------
    payment : Payment
        One payment of a trace.
    passing : bool, default False
        Whether what passes through somebody inside one transaction counts: on a page it does, a list names nobody by
        it.
    """
    givers = [side for side in payment.payers if not side.ends and (passing or not is_transit(side.holder))]
    payees = [side for side in payment.payees if side.holder and (passing or not is_transit(side.holder))]
    found = {}
    for key in dict.fromkeys((side.address, side.asset) for side in payees):
        shares = _received(key, payees, givers, _there_before(key, payment))
        if shares:
            found[key] = shares
    return found


def _there_before(key: tuple[str, AssetId], payment: Payment) -> int:
    """Return what an output held of other thefts when a seed takes the whole of it: its receipt, counted already."""
    own = {side.holder for side in payment.payees if side.holder}
    return sum(
        share.tainted
        for side in payment.payers
        if side.ends and side.holder in own and (side.address, side.asset) == key
        for share in side.shares
    )


def _received(
    key: tuple[str, AssetId], payees: Iterable[Side], payers: Iterable[Side], before: int
) -> tuple[Share, ...]:
    """Return what an address got in a payment beyond what it gave of the same theft in it (change to itself).

    `before` are units that were there and are stolen anew there: they are received once.
    """
    back: dict[Origin, int] = {}
    for side in payers:
        if (side.address, side.asset) == key:
            for share in side.shares:
                back[share.origin] = back.get(share.origin, 0) + share.tainted
    got: dict[tuple[Origin, str], int] = {}
    for side in payees:
        if (side.address, side.asset) == key:
            for share in side.shares:
                less = min(back.get(share.origin, 0), share.tainted)
                back[share.origin] = back.get(share.origin, 0) - less
                again = min(before, share.tainted - less)
                before, less = before - again, less + again
                if share.tainted > less:
                    label = (share.origin, share.grade)
                    got[label] = got.get(label, 0) + share.tainted - less
    return tuple(Share(origin, grade, amount, 0) for (origin, grade), amount in got.items())
