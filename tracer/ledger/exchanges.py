"""What an exchange rests on: somebody who takes what is given and gives what is received, or only two payments at once.

Rows show who gave and who got, never for what. Where the one who got the given asset gives nothing in the event, it may
be a pool whose other side pays from elsewhere, or who was simply paid while a token of a third came in. A service that
is paid so was paid; of anybody else it is not known, and nothing certain may rest on it. Source: method ev-net.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tracer.ledger.events import resolve
from tracer.ledger.nets import Nets, is_income, split_legs
from tracer.model import Account, AssetId, Event, Leg, Part


def takers(event: Event, part: Part) -> tuple[Leg, ...]:
    """Return who got the asset that a swap part gives, and gave nothing for it: a pool, or somebody who was paid."""
    given, received = part.debits[0].account.asset, part.credits[0].account.asset
    giving = _givers(event, given)
    return tuple(
        leg
        for other in event.parts
        if not _is_plain(other, event)
        for leg in other.credits
        if leg.account.asset == given
        and not leg.sink
        and leg.account.holder not in giving
        and not received.partition(":")[2].endswith(f":{leg.account.holder}")  # the received token's own contract
    )


def settled(event: Event, is_paid: Callable[[Leg, Sequence[Leg], Sequence[Leg]], bool]) -> Event:
    """Return an event with the payments of those who were surely paid taken out of its exchange.

    Parameters
    ----------
    event : Event
        Of a kind in :data:`~tracer.ledger.events.UNTOLD`, all of whose movements are known.
    is_paid : callable
        Whether a credit is a payment, given who gives its asset and who gives others. Asked of those who give nothing.
    """
    kept = tuple(part for part in event.parts if _is_plain(part, event) and part.credits[0].sink != "contract")
    others = [part for part in event.parts if part not in kept]
    debits = _by_asset(leg for part in others for leg in part.debits)
    credits = _by_asset(leg for part in others for leg in part.credits if leg.sink != "contract")
    paid: list[Part] = []
    for asset in list(credits):
        giving = _givers(event, asset)
        for leg in credits[asset]:
            given = debits.get(asset, [])
            beside = [one for kind, legs in debits.items() if kind != asset for one in legs]
            if leg.sink or leg.account.holder in giving or not is_paid(leg, given, beside):
                continue
            got = {one.account.holder for kind, legs in credits.items() if kind != asset for one in legs}
            given.sort(key=lambda one: one.account.holder in got)  # who gets nothing for it pays first
            mine, rest = split_legs(given, leg.amount)
            (to_it, more) = split_legs([leg], sum(one.amount for one in mine))
            debits[asset] = rest
            credits[asset] = [one for one in credits[asset] if one is not leg] + more
            paid += [Part(tuple(mine), tuple(to_it))] if mine else []
    if not paid:
        return event
    kind, parts = resolve(_nets(debits, credits))
    return replace(event, kind=kind if parts else "transfer", parts=(*kept, *paid, *parts))


def _is_plain(part: Part, event: Event) -> bool:
    """Return whether a part gives and brings the same asset: a payment, a fee, or what goes into a contract."""
    return (bool(part.debits and part.credits) and not part.is_swap) or is_income(part, event.parts)


def _givers(event: Event, asset: AssetId) -> set[str]:
    """Return who gives anything but an asset in an event."""
    return {leg.account.holder for part in event.parts for leg in part.debits if leg.account.asset != asset}


def _nets(debits: dict[AssetId, list[Leg]], credits: dict[AssetId, list[Leg]]) -> Nets:
    return Nets(
        {asset: tuple(legs) for asset, legs in debits.items() if legs},
        {asset: tuple(legs) for asset, legs in credits.items() if legs},
    )


def _by_asset(legs: Iterable[Leg]) -> dict[AssetId, list[Leg]]:
    """Return legs by their asset, those of one account as one."""
    found: dict[AssetId, dict[tuple[Account, str], Leg]] = {}
    for leg in legs:
        mine, key = found.setdefault(leg.account.asset, {}), (leg.account, leg.sink)
        mine[key] = _together(mine[key], leg) if key in mine else leg
    return {asset: list(mine.values()) for asset, mine in found.items()}


def _together(one: Leg, other: Leg) -> Leg:
    return replace(one, amount=one.amount + other.amount, rows=(*one.shown(), *other.shown()))
