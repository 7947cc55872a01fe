"""What several claims on one asset of a theft transaction take together, whatever the order of the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tracer.errors import InputError
from tracer.ledger import Nets
from tracer.model import AssetId
from tracer.trace.allotment import allot
from tracer.trace.theft_claims import Claim
from tracer.trace.theft_sides import Sides, sides_of, sum_of


@dataclass(frozen=True, slots=True)
class Allotment:
    """What the claims on an asset of a transaction take of each net debit, together.

    Attributes
    ----------
    claims : tuple of Claim
        In an order that does not depend on that of the seeds, with the amounts that they take.
    taken : tuple of dict of int to int
        By claim: units by the place of the debit among `sides`; of new issue by their number.
    sides : Sides
        Who loses and who gains it, the victims of each claim counted as one.
    """

    claims: tuple[Claim, ...]
    taken: tuple[dict[int, int], ...]
    sides: Sides


def allotted(tx: str, nets: Nets, asset: AssetId, claims: Iterable[Claim]) -> Allotment:
    """Return what claims on one asset take together.

    Parameters
    ----------
    tx : str
        The transaction, for words.
    nets : Nets
        What it nets to.
    asset : AssetId
        Which.
    claims : iterable of Claim
        On that asset.

    Raises
    ------
    InputError
        If they want more than their victims lost or their recipient received, and it is not one theft whose sum they
        all share.
    """
    mine = sorted(claims, key=lambda one: one.number)
    sides = sides_of(nets, asset, sorted({one.victims for one in mine}, key=sorted))
    gained = sides.payees()
    places = {party: place for place, party in enumerate(gained)}
    mine.sort(
        key=lambda one: (places.get(one.recipient, len(places)), sorted(one.victims), one.origin_name, one.amount)
    )
    for recipient in dict.fromkeys(one.recipient for one in mine if one.recipient):
        those = [one for one in mine if one.recipient == recipient]
        if sum(one.amount for one in those) > gained.get(recipient, 0):
            raise too_much(tx, asset, those, f"{recipient} received {gained.get(recipient, 0)}")
    have = [*(leg.amount for leg in sides.debits), sides.made]
    of_party: dict[str, list[int]] = {}
    for place, leg in enumerate(sides.debits):
        of_party.setdefault(leg.address, []).append(place)
    may = [
        [len(have) - 1] if one.minted else sorted(place for party in one.victims for place in of_party.get(party, ()))
        for one in mine
    ]
    taken, short = allot([one.amount for one in mine], may, have)
    if short:
        those = [one for place, one in enumerate(mine) if place in short]
        free = any(one.told or not one.recipient for one in those)
        if free or len({one.origin for one in those}) > 1 or len({one.recipient for one in those}) < len(those):
            lost = sum(have[store] for store in {store for place in short for store in may[place]})
            raise too_much(tx, asset, those, f"their victims lost {lost}")
    amounts = [sum(one.values()) for one in taken]
    return Allotment(
        tuple(replace(one, amount=amounts[place], joint=one.joint or place in short) for place, one in enumerate(mine)),
        tuple(taken),
        sides,
    )


def too_much(tx: str, asset: AssetId, claims: Sequence[Claim], there: str) -> InputError:
    """Return the refusal of claims that want more together than there is; `there` says what there is."""
    numbers = sorted(one.number for one in claims)
    which = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
    return InputError(
        f"Seeds {which} {'both' if len(numbers) == 2 else 'together'} claim {asset} of transaction {tx}: "
        f"{sum(one.amount for one in claims)} in all, but {there}.",
        why="No unit is stolen twice.",
        next_step="Keep one of them, or give each its own victim, recipient or amount, so that they fit together.",
    )


def left_behind(found: Allotment) -> Iterator[tuple[list[Claim], int]]:
    """Yield claims that share victims, and what these lost that none of them takes."""
    groups: list[tuple[set[str], list[Claim]]] = []
    for claim in found.claims:
        parties, mine = set(claim.victims) or {""}, [claim]
        for group in [one for one in groups if not one[0].isdisjoint(parties)]:
            groups.remove(group)
            parties, mine = parties | group[0], [*group[1], *mine]
        groups.append((parties, mine))
    for parties, mine in groups:
        lost = (
            found.sides.made if "" in parties else sum_of(leg for leg in found.sides.debits if leg.address in parties)
        )
        yield mine, lost - sum(one.amount for one in mine)
