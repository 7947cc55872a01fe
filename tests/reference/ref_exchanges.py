"""Exchanges: what rows say who gave for what, and everything else they may mean (methods ev-net and bnd-swap).

An alternative is a list of parts; the first of them is what the rules follow, and an interval must hold all of them. In
an alternative that no rule follows amounts may be fractions: at one price a holder gives a part of what it gave.
"""

from __future__ import annotations

from fractions import Fraction

Leg = tuple[tuple[str, str], int]
Side = tuple[list[Leg], list[Leg]]


def holder(leg: Leg) -> str:
    """Return whose a leg is."""
    return leg[0][0]


def total(legs: list[Leg]) -> int:
    """Add legs up."""
    return sum(amount for _, amount in legs)


def cut(legs: list[Leg], amount: int) -> tuple[list[Leg], list[Leg]]:
    """Cut legs, in their order, into the first `amount` units and the rest."""
    first, rest = [], []
    for account, units in legs:
        mine = min(units, amount)
        amount -= mine
        if mine:
            first.append((account, mine))
        if units > mine:
            rest.append((account, units - mine))
    return first, rest


def route(debits: dict[str, list[Leg]], credits: dict[str, list[Leg]]) -> list[Side] | None:
    """Return the exchanges of assets that go round once: each holder gives one asset and gets one other."""
    if any(len(legs) != 1 or holder(legs[0])[0] == "!" for side in (debits, credits) for legs in side.values()):
        return None
    gave = {holder(legs[0]): (asset, legs[0]) for asset, legs in debits.items()}
    got = {holder(legs[0]): (asset, legs[0]) for asset, legs in credits.items()}
    if gave.keys() != got.keys() or len(gave) != len(debits):
        return None
    # Whoever gets what one gave is next; all must be met before the way is back.
    who = first = next(iter(gave))
    met = []
    while who not in met:
        met.append(who)
        who = holder(credits[gave[who][0]][0])
    if who != first or len(met) != len(gave):
        return None
    return [([gave[one][1]], [got[one][1]]) for one in gave]


def is_exchanged(debits: dict[str, list[Leg]], credits: dict[str, list[Leg]]) -> bool:
    """Say whether somebody gives one asset and gets another, or units are made or destroyed."""
    legs = [leg for side in (debits, credits) for mine in side.values() for leg in mine]
    if any(holder(leg)[0] == "!" for leg in legs):
        return True
    return any(
        {holder(leg) for leg in given} & {holder(leg) for leg in got}
        for one, given in debits.items()
        for other, got in credits.items()
        if one != other
    )


def alternatives(debits: dict[str, list[Leg]], credits: dict[str, list[Leg]], rows: list[dict]) -> list[list[Side]]:
    """Return what an event of two assets can have been, as sides of debits and credits; what rules follow first."""
    one, two = debits
    out = {asset: [leg for leg in debits[asset] if holder(leg)[0] != "!"] for asset in (one, two)}
    into = {asset: [leg for leg in credits[asset] if holder(leg)[0] != "!"] for asset in (one, two)}
    both = {
        given: {holder(leg) for leg in out[given]} & {holder(leg) for leg in into[got]}
        for given, got in ((one, two), (two, one))
    }
    beside: list[Side] = []
    crossed: list[tuple[str, list[Side], list[Leg], list[Leg]]] = []
    if both[one] or both[two]:
        for asset, other in ((one, two), (two, one)):
            pays = [leg for leg in out[asset] if holder(leg) not in both[asset]]
            gets = [leg for leg in into[asset] if holder(leg) not in both[other]]
            paid = min(total(pays), total(gets))
            (mine, more), (theirs, over) = cut(pays, paid), cut(gets, paid)
            if not paid or (more and len(pays) > 1) or (over and len(gets) > 1):
                continue
            beside.append((mine, theirs))
            swapping = [leg for leg in out[asset] if leg not in pays]
            payers, payees = set(map(holder, pays)), set(map(holder, gets))
            direct = [row for row in rows if row["asset"] == asset and row["sender"] in payers]
            straight = sum(row["amount"] for row in direct if row["recipient"] in payees)
            if straight < paid and len(swapping) == 1:
                # An exchanger may have paid them, and who pays given to the exchange in its stead.
                instead, less = cut(swapping, min(paid, total(swapping)))
                their, rest = cut(theirs, total(instead))
                lent, kept = cut(mine, total(instead))
                bought = [leg for leg in into[other] if holder(leg) == holder(swapping[0])]
                crossed.append((asset, [(instead, their), *([(kept, rest)] if kept else [])], [*less, *lent], bought))
            out[asset] = [leg for leg in out[asset] if leg not in pays] + more
            into[asset] = [leg for leg in into[asset] if leg not in gets] + over
    elif {holder(leg) for leg in out[one]} & {holder(leg) for leg in out[two]} or (
        {holder(leg) for leg in into[one]} & {holder(leg) for leg in into[two]}
    ):
        return [[(debits[asset], credits[asset]) for asset in (one, two)]]  # two payments
    ways = [
        directions(out[given], into[got], out[got], into[given], both[given]) for given, got in ((one, two), (two, one))
    ]
    found = [[*beside, *ways[0][0][0], *ways[1][0][0]]]
    for turn in (0, 1):
        for forth, back in ways[turn][1:]:
            others = [back] if back is not None else [usual for usual, told in ways[1 - turn] if told is None]
            found += [[*beside, *forth, *other] for other in others]
    for asset, paying, giving, bought in crossed:
        turn = 0 if asset == one else 1
        # What is left of this direction is the exchange alone, of one who gives and gets.
        if len(ways[turn][0][0]) == 1 and len(beside) == 1 and bought:
            found.append([*paying, (giving, bought), *ways[1 - turn][0][0]])
    return found


def directions(
    given: list[Leg], got: list[Leg], giving: list[Leg], taking: list[Leg], both: set[str]
) -> list[tuple[list[Side], list[Side] | None]]:
    """Return what one direction can have been, each with what the other then is where that is told with it.

    `giving` and `taking` are those of the other direction.
    """
    gets = {holder(leg): leg for leg in got}
    own = [([leg], [gets[holder(leg)]]) for leg in given if holder(leg) in both]
    rest = [leg for leg in given if holder(leg) not in both]
    left = [leg for leg in got if holder(leg) not in both]
    if bool(rest) == bool(left):
        usual = [*own, *([(rest, left)] if rest else [])]
    elif given and got:
        usual = [(given, got)]
    elif given:
        usual = [([leg], [(("!contract", leg[0][1]), leg[1])]) for leg in given]
    else:
        usual = [([(("!mint", got[0][0][1]), total(got))], got)] if got else []
    found: list[tuple[list[Side], list[Side] | None]] = [(usual, None)]
    if not own or not given or not got or len(given) == len(got) == 1:
        return found
    if bool(rest) == bool(left):
        price = Fraction(total(got), total(given))
        over, under, sides = list(rest), list(left), []
        for (mine,), (theirs,) in own:
            units = min(Fraction(mine[1]), theirs[1] / price)
            sides.append(([(mine[0], units)], [(theirs[0], units * price)]))
            if mine[1] > units:
                over.append((mine[0], mine[1] - units))
            if theirs[1] > units * price:
                under.append((theirs[0], theirs[1] - units * price))
        found.append(([*sides, *([(over, under)] if over else [])], None))
    elif len(giving) == len(taking) == 1 and holder(giving[0]) == holder(taking[0]):
        # One pool. Who only gives has paid it, who only gets was paid by it: the rest of it was exchanged.
        if rest:
            paid, kept = cut(taking, total(rest))
            found.append(([*own, (rest, paid)], [(giving, kept)]))
        else:
            paid, kept = cut(giving, total(left))
            found.append(([*own, (paid, left)], [(kept, taking)]))
    return found
