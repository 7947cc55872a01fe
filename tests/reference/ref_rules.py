"""Lots and the six rules, written from method lots and ev-net and from nothing else.

A lot is a tuple (amount, origin, origin_amount); origin None means clean. A holder's lots are a list, oldest first.
Nothing here is fast, and nothing here is shared with the package.
"""

from __future__ import annotations

POLICIES = ("fifo", "lifo", "haircut", "tiho", "clean_first", "dirty_first")

Lot = tuple[int, tuple[str, str] | None, int]


def apportion(total: int, weights: list[int]) -> list[int]:
    """Share `total` by largest remainders; equal remainders favour the smaller index (method round)."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def merge(lots: list[Lot]) -> list[Lot]:
    """Keep one entry per run of equal origin."""
    out: list[Lot] = []
    for amount, origin, origin_amount in lots:
        if amount == 0 and origin_amount == 0:
            continue
        if out and out[-1][1] == origin:
            out[-1] = (out[-1][0] + amount, origin, out[-1][2] + origin_amount)
        else:
            out.append((amount, origin, origin_amount))
    return out


def split(lot: Lot, amount: int) -> tuple[Lot, Lot]:
    """Cut `amount` off a lot; the part taken has the floor of the origin units, the rest the remainder."""
    share = lot[2] * amount // lot[0]
    return (amount, lot[1], share), (lot[0] - amount, lot[1], lot[2] - share)


def in_turn(lots: list[Lot], turn: list[int], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Take from the lots in the order `turn` of their indexes; what remains keeps its place."""
    left: list[Lot | None] = list(lots)
    taken: list[Lot] = []
    for i in turn:
        if amount == 0:
            break
        lot = lots[i]
        if lot[0] <= amount:
            taken.append(lot)
            left[i] = None
        else:
            part, left[i] = split(lot, amount)
            taken.append(part)
        amount -= taken[-1][0]
    assert amount == 0, "more was paid than was held"
    return merge(taken), merge([lot for lot in left if lot is not None])


def pro_rata(lots: list[Lot], amount: int, origins: list[tuple[str, str]]) -> tuple[list[Lot], list[Lot]]:
    """Merge by origin, origins in theft order and clean last, and take of each its share."""
    sums = {}
    for held, origin, origin_amount in lots:
        old = sums.get(origin, (0, 0))
        sums[origin] = (old[0] + held, old[1] + origin_amount)
    piles = [(sums[o][0], o, sums[o][1]) for o in [*origins, None] if o in sums]
    if amount == 0:
        return [], piles
    parts = [split(pile, share) for pile, share in zip(piles, apportion(amount, [p[0] for p in piles]), strict=True)]
    return merge([part for part, _ in parts]), merge([rest for _, rest in parts])


def take(policy: str, lots: list[Lot], amount: int, origins: list[tuple[str, str]]) -> tuple[list[Lot], list[Lot]]:
    """Return what a payment of `amount` takes under the rule, in leaving order, and what is left."""
    order = list(range(len(lots)))
    stolen = [i for i in order if lots[i][1] is not None]
    clean = [i for i in order if lots[i][1] is None]
    if policy == "haircut":
        return pro_rata(lots, amount, origins)
    turn = {
        "fifo": order,
        "lifo": order[::-1],
        "tiho": stolen + clean,
        "dirty_first": stolen + clean,
        "clean_first": clean + stolen,
    }[policy]
    return in_turn(lots, turn, amount)


def share_out(policy: str, pool: list[Lot], credits: list[int], origins: list[tuple[str, str]]) -> list[list[Lot]]:
    """Fill the credits of an event from its pool; the answer stands in the order of `credits`."""
    if len(credits) == 1:
        return [pool]
    turn = list(range(len(credits)))
    if policy == "tiho":
        turn.sort(key=lambda i: (-credits[i], i))
    # Under LIFO the pool is in leaving order already.
    rule = "fifo" if policy == "lifo" else policy
    filled: list[list[Lot]] = [[] for _ in credits]
    for i in turn:
        filled[i], pool = take(rule, pool, credits[i], origins)
    assert not pool, "an event's credits fall short of its debits"
    return filled


def convert(pool: list[Lot], given: int, got: int) -> tuple[list[Lot], list[Lot]]:
    """Scale lots of a conversion by cumulative floors (method ev-net); return them and those too small for one unit.

    A lot that becomes nothing gives its origin units to a neighbour of the same origin, else it is dust.
    """
    scaled: list[Lot] = []
    total = 0
    for amount, origin, origin_amount in pool:
        before = total * got // given
        total += amount
        scaled.append((total * got // given - before, origin, origin_amount))
    dust: list[Lot] = []
    for i, (amount, origin, origin_amount) in enumerate(scaled):
        if amount or origin is None:
            continue
        near = [j for j in (i - 1, i + 1) if 0 <= j < len(scaled) and scaled[j][1] == origin and scaled[j][0]]
        if near:
            j = near[0]
            scaled[j] = (scaled[j][0], origin, scaled[j][2] + origin_amount)
        else:
            dust.append((0, origin, origin_amount))
        scaled[i] = (0, origin, 0)
    return merge([lot for lot in scaled if lot[0]]), dust
