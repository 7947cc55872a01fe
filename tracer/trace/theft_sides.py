"""Who loses and who gains an asset in a theft transaction, by party, and what that suggests as its seed.

Source: method ev-theft. Parties are addresses: on Bitcoin the inputs of one address are one party, what comes back to
it is change. Everything works on what the transaction leaves everybody with (:class:`tracer.ledger.Nets`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.ledger import Nets, split_legs
from tracer.model import AssetId, Leg, Part

SHOWN: Final = 8
"""How many parties an error names."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Who loses and who gains an asset, by party, and what moves beside it.

    Attributes
    ----------
    debits, credits : tuple of Leg
        In order, change and fees apart.
    apart : tuple of Part
        Change of a party's own inputs, and fees.
    """

    debits: tuple[Leg, ...]
    credits: tuple[Leg, ...]
    apart: tuple[Part, ...]

    @property
    def made(self) -> int:
        """Units that are newly made, base units."""
        return max(0, sum_of(self.credits) - sum_of(self.debits))

    def payers(self) -> dict[str, int]:
        """Return what each party loses."""
        return by_party(self.debits)

    def payees(self) -> dict[str, int]:
        """Return what each party gains."""
        return by_party(leg for leg in self.credits if not leg.sink)


def sides_of(nets: Nets, asset: AssetId, together: Iterable[Collection[str]] = ()) -> Sides:
    """Return who loses and who gains an asset.

    Parameters
    ----------
    nets : Nets
        Of the transaction.
    asset : AssetId
        Which.
    together : iterable of collection of str
        Parties counted as one: what one of them pays another is no loss.
    """
    debits, credits = list(nets.debits.get(asset, ())), list(nets.credits.get(asset, ()))
    apart: list[Part] = []
    parties = [{address} for address in dict.fromkeys(leg.address for leg in debits)]
    for party in (*parties, *together):
        mine = [leg for leg in debits if leg.address in party]
        back = [leg for leg in credits if not leg.sink and leg.address in party]
        amount = min(sum_of(mine), sum_of(back))
        if amount:
            # the last inputs are what comes back, so that the first are what is taken, in their order
            kept, own = split_legs(mine, sum_of(mine) - amount)
            returned, more = split_legs(back, amount)
            apart.append(Part(tuple(own), tuple(returned)))
            debits = with_rest(debits, mine, kept)
            credits = with_rest(credits, back, more)
    fees = [leg for leg in credits if leg.sink == "fee"]
    if fees and debits:
        # outputs are served first, the fee takes what is left (method ev-fee)
        kept, paying = split_legs(debits, max(0, sum_of(debits) - sum_of(fees)))
        if sum_of(paying) == sum_of(fees):
            apart.append(Part(tuple(paying), tuple(fees)))
            debits, credits = kept, [leg for leg in credits if leg.sink != "fee"]
    return Sides(tuple(debits), tuple(credits), tuple(apart))


def flows_in_words(nets: Nets) -> list[str]:
    """Return the net flows of a transaction, one a party and asset, for a reader to choose from."""
    lines: list[str] = []
    for asset in nets.assets:
        sides = sides_of(nets, asset)
        lines += [f"{party} -{amount} {asset}" for party, amount in sides.payers().items()]
        lines += [f"{party} +{amount} {asset}" for party, amount in sides.payees().items()]
        if sides.made:
            lines.append(f"newly made {sides.made} {asset}")
    return [*lines[: 2 * SHOWN], *([f"and {len(lines) - 2 * SHOWN} more"] if len(lines) > 2 * SHOWN else [])]


def proposals(nets: Nets) -> dict[AssetId, tuple[str, str, int, str]]:
    """Return, by asset that somebody only loses, the seed a transaction suggests: victim, recipient, units lost, why.

    Victim and recipient are empty where several readings are left.
    """
    found: dict[AssetId, tuple[str, str, int, str]] = {}
    sides = {asset: sides_of(nets, asset) for asset in nets.assets}
    for asset, mine in sides.items():
        others = [side for one, side in sides.items() if one != asset]
        gaining = {party for side in others for party in side.payees()}
        paying = {party for side in others for party in side.payers()}
        losing = {party: lost for party, lost in mine.payers().items() if party not in gaining}
        if not losing and not mine.made:
            continue
        payees = [party for party in mine.payees() if party not in paying]
        victim = next(iter(losing)) if len(losing) == 1 else "" if losing else "mint"
        recipient = payees[0] if len(payees) == len(mine.payees()) == 1 else ""
        said = (
            "the only one who only loses it" if len(losing) == 1 else "newly made" if not losing else "several lose it"
        )
        found[asset] = (victim, recipient, sum(losing.values()) or mine.made, said)
    return found


def stands_for(nets: Nets, asset: AssetId, recipient: str) -> bool:
    """Return whether a recipient may have got newly made units, or others for destroyed ones, in an asset's place."""
    burnt = any(leg.sink == "burned" for leg in nets.credits.get(asset, ()))
    others = [sides_of(nets, one) for one in nets.assets if one != asset]
    return any(recipient in one.payees() and (one.made or burnt) for one in others)


def sum_of(legs: Iterable[Leg]) -> int:
    """Return the units of some legs."""
    return sum(leg.amount for leg in legs)


def by_party(legs: Iterable[Leg]) -> dict[str, int]:
    """Return the units of some legs by address, in order."""
    amounts: dict[str, int] = {}
    for leg in legs:
        amounts[leg.address] = amounts.get(leg.address, 0) + leg.amount
    return amounts


def with_rest(legs: Sequence[Leg], old: Sequence[Leg], new: Sequence[Leg]) -> list[Leg]:
    """Return legs in their order, some of them replaced by what is left of them (same accounts, or gone)."""
    left = {id(leg) for leg in old}
    rest = {leg.account: leg for leg in new}
    return [
        leg if id(leg) not in left else rest[leg.account] for leg in legs if id(leg) not in left or leg.account in rest
    ]
