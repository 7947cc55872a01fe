"""What else may have happened in an exchange of more than two, where the rows leave open who gave for whom.

The parts of an event are one reading, the one that rules follow. Whoever gives one asset and receives the other may
have exchanged at a price of its own, or all at one price, each the better for what another gave and did not get; and
who only gives or only receives beside them may take part in the exchange, or have paid its taker, or been paid by its
giver. The rows are the same. What is said of any rule has to hold for each of these. Source: method ev-net.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracer.model import Leg, Part, Reading

Pair = tuple[Leg, Leg]


def readings_of(given: Sequence[Leg], got: Sequence[Leg], back: Part) -> list[Reading]:
    """Return the other readings of one direction of an exchange.

    Parameters
    ----------
    given, got : sequence of Leg
        Who gives one asset, and who receives the other, payments beside left out.
    back : Part
        The other direction, of any kind: who gives what is received here, and who receives what is given here.
    """
    theirs = {leg.account.holder: leg for leg in got if not leg.sink}
    pairs = [(leg, theirs[leg.account.holder]) for leg in given if leg.account.holder in theirs]
    if not pairs or len(given) == len(got) == 1:
        return []
    mine = {one.account.holder for one, _ in pairs}
    rest = [leg for leg in given if leg.account.holder not in mine]
    left = [leg for leg in got if leg.sink or leg.account.holder not in mine]
    if bool(rest) == bool(left):
        return _at_one_price(given, got, pairs, rest, left)
    own = [Reading((one,), (other,), one.amount, other.amount) for one, other in pairs]
    if rest:
        return [*own, Reading(tuple(rest), _up_to(_sum(rest), back.credits))]
    return [*own, Reading(_up_to(_sum(left), back.debits), tuple(left)), *_less(back, _sum(left))]


def crossed_of(payment: Part, givers: Sequence[Leg], takers: Sequence[Leg], got: Sequence[Leg]) -> list[Reading]:
    """Return the other readings of a payment of an asset beside somebody's exchange of it.

    Where no row shows it (:func:`is_shown`), an exchanger may have paid those who are paid, and who pays may have given
    to the exchange in its stead.

    Parameters
    ----------
    payment : Part
        As taken out of the exchange.
    givers : sequence of Leg
        All who give the asset, the exchangers too.
    takers : sequence of Leg
        Who else receives it: for what they give of the other asset.
    got : sequence of Leg
        Who receives the other asset.
    """
    paid = _sum(payment.credits)
    found = [Reading(tuple(givers), payment.credits)]
    if other := _up_to(paid, takers):
        found.append(Reading(payment.debits, other))
    theirs = {leg.account.holder: leg for leg in got if not leg.sink}
    pairs = [(leg, theirs[leg.account.holder]) for leg in givers if leg.account.holder in theirs]
    return [*found, *(Reading(payment.debits, (mine,), leg.amount, mine.amount) for leg, mine in pairs)]


def is_shown(payment: Part, givers: Iterable[Leg], takers: Iterable[Leg]) -> bool:
    """Return whether rows between those who pay and those who are paid show all of a payment.

    Parameters
    ----------
    payment : Part
        Taken out of what some give and get.
    givers, takers : iterable of Leg
        All of that, with the rows it is shown in.
    """
    pays, gets = ({leg.account for leg in legs} for legs in (payment.debits, payment.credits))
    given = {one.row: one.amount for leg in givers if leg.account in pays for one in leg.shown()}
    straight = (min(one.amount, given.get(one.row, 0)) for leg in takers if leg.account in gets for one in leg.shown())
    return sum(straight) >= _sum(payment.credits)


def _at_one_price(
    given: Sequence[Leg], got: Sequence[Leg], pairs: Sequence[Pair], rest: Sequence[Leg], left: Sequence[Leg]
) -> list[Reading]:
    """Return what one price for all would mean: who got less than that gave for those who got more."""
    gave, came = _sum(given), _sum(got)
    found: list[Reading] = []
    over, under = list(rest), list(left)
    for one, other in pairs:
        worth, cost = one.amount * came, other.amount * gave
        if worth > cost:
            found.append(Reading((one,), (other,), gave, came))
            over.append(replace(one, amount=-((cost - worth) // came)))
        elif cost > worth:
            under.append(replace(other, amount=-((worth - cost) // gave)))
    beside = [Reading(tuple(over), tuple(under), gave, came)] if over and under else []
    return [*found, *beside] if any(len(legs) > len(more) for legs, more in ((over, rest), (under, left))) else []


def _up_to(amount: int, legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """Return legs, each with no more than an amount."""
    return tuple(leg if leg.amount <= amount else replace(leg, amount=amount) for leg in legs if not leg.sink)


def _less(back: Part, paid: int) -> list[Reading]:
    """Return what the givers of the other direction got for the rest of their giving, where they paid with some."""
    theirs = {leg.account.holder: leg for leg in back.credits if not leg.sink}
    return [
        Reading((replace(leg, amount=leg.amount - paid),), (other,), leg.amount - paid, other.amount)
        for leg in back.debits
        if leg.amount > paid and (other := theirs.get(leg.account.holder)) is not None
    ]


def _sum(legs: Iterable[Leg]) -> int:
    return sum(leg.amount for leg in legs)
