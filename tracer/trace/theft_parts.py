"""The parts of a theft transaction in which an asset is stolen, and those in which the rest of it moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tracer.ledger import split_legs
from tracer.model import TRANSIT, Account, AssetId, Leg, Part
from tracer.taint import MINT
from tracer.trace.theft_shares import Allotment, too_much
from tracer.trace.theft_sides import sum_of, with_rest


@dataclass(slots=True)
class Marked:
    """A part, and at which of its debits which origin begins."""

    debits: list[Leg]
    credits: list[Leg]
    marks: dict[int, int] = field(default_factory=dict)

    def part(self) -> Part:
        """Return the part."""
        return Part(tuple(self.debits), tuple(self.credits))


def taken_of(tx: str, asset: AssetId, found: Allotment) -> tuple[list[Marked], list[Marked]]:
    """Return the parts in which an asset is stolen, and those in which the rest of it moves."""
    sides = found.sides
    debits, credits, made = list(sides.debits), list(sides.credits), sides.made
    short = sum_of(debits) - sum_of(credits)
    if short > 0:  # its other side is not in the source
        credits += [replace(leg, sink="contract") for leg in split_legs(debits, sum_of(credits))[1]]
    taken: list[Marked] = []
    left = dict(enumerate(debits))
    joint = _together(found, left, credits)
    these = [claim for claim in found.claims if claim.joint]
    if these and (joint is None or len({claim.victims for claim in these}) > 1):
        raise too_much(tx, asset, these, "what others paid or was newly made makes up the rest")
    if joint is not None:
        taken.append(joint)
        credits = [leg for leg in credits if leg not in joint.credits]
    for claim, units in zip(found.claims, found.taken, strict=True):
        if not claim.recipient or not claim.amount or (joint is not None and claim.joint):
            continue
        theirs = [leg for leg in credits if not leg.sink and leg.address == claim.recipient]
        received, more = split_legs(theirs, claim.amount)
        credits = with_rest(credits, theirs, more)
        if claim.minted:
            taken.append(Marked([], received, {MINT: claim.origin}))
            made -= claim.amount
            continue
        robbed: list[Leg] = []
        for place in sorted(place for place, amount in units.items() if amount):
            mine, kept = split_legs([left.pop(place)], units[place])
            robbed += mine
            left.update((place, leg) for leg in kept)
        taken.append(Marked(robbed, received, dict.fromkeys(range(len(robbed)), claim.origin)))
    rest = [left[place] for place in sorted(left)]
    free = [claim for claim in found.claims if not claim.recipient]
    new, passed = split_legs(credits, made)
    parts = [Marked([], new), Marked(rest, passed)]
    for claim in free:
        if claim.minted:
            parts[0].marks[MINT] = claim.origin
        parts[1].marks |= {place: claim.origin for place, leg in enumerate(rest) if leg.address in claim.victims}
    parts = [part for part in parts if part.credits]
    return ([*taken, *parts], []) if free else (taken, parts)


def _together(found: Allotment, left: dict[int, Leg], credits: Sequence[Leg]) -> Marked | None:
    """Return the part in which recipients that share what was lost are paid, and take it out of what is left.

    Other payers make up what they received beyond it, in the order of their debits; ``None`` where nobody shares,
    or new issue makes it up.
    """
    places = [place for place, claim in enumerate(found.claims) if claim.joint]
    claims = [found.claims[place] for place in places]
    if not claims or any(claim.minted for claim in claims):
        return None
    names = {claim.recipient for claim in claims}
    received = [leg for leg in credits if not leg.sink and leg.address in names]
    units: dict[int, int] = {}
    for place in places:
        for debit, amount in found.taken[place].items():
            units[debit] = units.get(debit, 0) + amount
    victims = frozenset(party for claim in found.claims for party in claim.victims)
    lacking = sum_of(received) - sum(units.values())
    if lacking > sum(leg.amount for leg in left.values() if leg.address not in victims):
        return None
    for debit, leg in sorted(left.items()):
        if leg.address not in victims and lacking:
            units[debit] = min(lacking, leg.amount)
            lacking -= units[debit]
    paying: list[Leg] = []
    for debit in sorted(debit for debit, amount in units.items() if amount):
        mine, kept = split_legs([left.pop(debit)], units[debit])
        paying += mine
        left.update((debit, leg) for leg in kept)
    marks = {place: claims[0].origin for place, leg in enumerate(paying) if leg.address in victims}
    return Marked(paying, received, marks)


def passage_of(account: Account) -> Account:
    """Return the account in which units pass through a pool."""
    return account._replace(holder=account.holder + TRANSIT)


def parties_of(parts: Iterable[Marked]) -> set[str]:
    """Return who is paid in some parts, fees and what is burned apart."""
    return {leg.address for part in parts for leg in part.credits if leg.sink not in ("fee", "burned")}
