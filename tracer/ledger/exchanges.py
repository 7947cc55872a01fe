"""What an exchange rests on: somebody who takes what is given and gives what is received, or only two payments at once.

Rows show who gave and who got, never for what. Where the one who got the given asset gives nothing in the event, it may
be a pool whose other side pays from elsewhere, or who was simply paid while a token of a third came in; where somebody
else gets what it gives, it may have paid that one of its own. A service that is paid so was paid; of anybody else it is
not known, and nothing certain may rest on it. Source: method ev-net.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tracer.ledger.events import UNTOLD, Resolved, resolve
from tracer.ledger.nets import Nets, is_income, split_by_row
from tracer.model import Account, AssetId, Event, Leg, Part, Shown, Transfer

IsPaid = Callable[[Leg, Sequence[Leg], Sequence[Leg], bool], bool]
"""Whether a credit is a payment; see :func:`settled`."""


def takers(event: Event, part: Part) -> tuple[Leg, ...]:
    """Return who got the asset that a part gives and is not shown to have given anything for it: a pool, or was paid.

    Shown is an exchange in which the giver itself gets what the taker gives. Where another is paid, the taker may have
    paid it of its own; where the part ends as ``contract``, nothing is shown.
    """
    given = part.debits[0].account.asset
    mine = {leg.account.holder for leg in part.debits}
    shown: set[str] = set()
    if part.is_swap and {leg.account.holder for leg in part.credits} <= mine:
        shown = _givers(event, given)
    return tuple(
        leg
        for other in event.parts
        if not _is_plain(other, event)
        for leg in other.credits
        if leg.account.asset == given and not leg.sink and leg.account.holder not in shown | mine
    )


def settled(event: Event, rows: Sequence[Transfer], is_paid: IsPaid) -> Event:
    """Return an event with the payments of those who were surely paid taken out of its exchange.

    Parameters
    ----------
    event : Event
        Of a kind in :data:`~tracer.ledger.events.UNTOLD`, all of whose movements are known.
    rows : sequence of Transfer
        Of the ledger: who paid whom.
    is_paid : callable
        Whether a credit is a payment, given what pays it, who gives other assets, and whether rows pay it straight to
        somebody who gives nothing where another takes and gives. Asked of those whose payers the rows tell, and who
        pay these nothing.
    """
    kept = tuple(
        part
        for part in event.parts
        if is_income(part, event.parts) or all(leg.sink not in ("", "contract") for leg in part.credits)
    )
    changed = False
    parts, readings = [*kept], []
    kinds = set()
    for dealing in _dealings(tuple(part for part in event.parts if part not in kept), rows):
        found = _settled(dealing, rows, is_paid)
        mine = {leg.account for part in dealing for leg in (*part.debits, *part.credits)}
        if found is None:
            parts += dealing
            readings += [
                one for one in event.readings if all(leg.account in mine for leg in (*one.debits, *one.credits))
            ]
            kinds |= {_kind_of(dealing)}
            continue
        changed = True
        parts += found.parts
        readings += found.readings
        kinds |= {found.kind}
    if not changed:
        return event
    kind = next((told for told in UNTOLD if told in kinds), "transfer")
    return replace(event, kind=kind, parts=tuple(parts), readings=tuple(readings))


def _kind_of(dealing: Iterable[Part]) -> str:
    """Return the kind of a dealing by its parts, as far as it is one of :data:`~tracer.ledger.events.UNTOLD`."""
    if any(leg.sink == "contract" for part in dealing for leg in part.credits):
        return "unresolved"
    return "swap" if any(part.is_swap for part in dealing) else "transfer"


def _dealings(parts: Sequence[Part], rows: Sequence[Transfer]) -> list[list[Part]]:
    """Return the parts of an event apart by who deals with whom, in the rows that they are shown in."""
    dealings: list[tuple[set[str], list[Part]]] = []
    for part in parts:
        legs = (*part.debits, *part.credits)
        shown = [rows[row] for leg in legs for row, _ in leg.shown()]
        mine = {leg.account.holder for leg in legs} | {
            name for row in shown for name in (row.sender, row.recipient) if name
        }
        touching = [one for one in dealings if one[0] & mine]
        dealings = [one for one in dealings if not one[0] & mine]
        dealings.append((mine.union(*(one[0] for one in touching)), [*(x for one in touching for x in one[1]), part]))
    return [sorted(mine, key=parts.index) for _, mine in dealings]


def _settled(
    others: Sequence[Part],
    rows: Sequence[Transfer],
    is_paid: IsPaid,
) -> Resolved | None:
    """Return what a dealing comes to without the payments of those who were surely paid; ``None`` where nobody was."""
    debits = _by_asset(leg for part in others for leg in part.debits)
    credits = _by_asset(leg for part in others for leg in part.credits if leg.sink != "contract")
    paid: list[Part] = []
    for asset in list(credits):
        beside = [one for kind, legs in debits.items() if kind != asset for one in legs]
        for leg in credits[asset]:
            told = _paid_by_rows(leg, debits.get(asset, []), rows)
            if leg.sink or told is None:
                continue
            parts, left = told
            payers = [one for part in parts for one in part.debits]
            takes = any(one is not leg and _gives(one, beside) for one in credits[asset])
            straight = takes and not _gives(leg, beside) and _is_straight(leg, parts, rows)
            if not _pays_back(leg, payers, beside, rows) and is_paid(leg, payers, beside, straight):
                debits[asset] = left
                credits[asset] = [one for one in credits[asset] if one is not leg]
                paid += parts
    if not paid:
        return None
    rest = resolve(_nets(debits, credits))
    return Resolved(rest.kind if rest.parts else "transfer", (*paid, *rest.parts), rest.readings)


def _gives(leg: Leg, beside: Iterable[Leg]) -> bool:
    """Return whether who gets a credit gives something else."""
    return any(one.account.holder == leg.account.holder for one in beside)


def _is_straight(leg: Leg, parts: Iterable[Part], rows: Sequence[Transfer]) -> bool:
    """Return whether the rows of the payments that a credit is made of are between its payers and who gets it."""
    return all(
        (rows[row].sender, rows[row].recipient) == (one.account.holder, leg.account.holder)
        for part in parts
        for one in part.debits
        for row, _ in one.shown()
    )


def _pays_back(leg: Leg, payers: Sequence[Leg], beside: Sequence[Leg], rows: Sequence[Transfer]) -> bool:
    """Return whether who gets a credit pays its payers of another asset: then they exchange."""
    given = {one.account.holder for one in payers}
    mine = [one for one in beside if one.account.holder == leg.account.holder]
    return any(rows[row].recipient in given for one in mine for row, _ in one.shown())


def _paid_by_rows(leg: Leg, debits: Sequence[Leg], rows: Sequence[Transfer]) -> tuple[list[Part], list[Leg]] | None:
    """Return the payments a credit is made of, as its rows name their payers, and what is left of the debits.

    ``None`` where they do not: somebody in between passed the units on, and several gave some.
    """
    left = list(debits)
    missing = leg.amount
    parts: list[Part] = []
    for row, most in leg.shown():
        amount = min(most, missing)
        payers = [one for one in left if one.account.holder == rows[row].sender] or (left if len(left) == 1 else [])
        if not amount or not payers or payers[0].amount < amount:
            continue
        mine, rest = split_by_row(payers[0], row, amount)
        left = [one for other in left for one in ((rest,) if other is payers[0] else (other,)) if one.amount]
        parts.append(Part((mine,), (replace(leg, amount=amount, row=row, rows=(Shown(row, amount),)),)))
        missing -= amount
    return (parts, left) if parts and not missing else None


def _is_plain(part: Part, event: Event) -> bool:
    """Return whether a part gives and brings the same asset: a payment, a fee, or what goes into a contract."""
    return (bool(part.debits and part.credits) and not part.is_swap) or is_income(part, event.parts)


def _givers(event: Event, asset: AssetId) -> set[str]:
    """Return who gives anything but an asset in an event, fees apart."""
    return {
        leg.account.holder
        for part in event.parts
        if not (part.credits and all(leg.sink == "fee" for leg in part.credits))
        for leg in part.debits
        if leg.account.asset != asset
    }


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
