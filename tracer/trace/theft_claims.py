"""What a seed claims of a theft transaction: whose loss it means, whose receipt, and how much (method ev-theft)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracer.errors import InputError
from tracer.ledger import Nets
from tracer.model import AssetId, ChainId, Event, Leg, Seed
from tracer.trace.theft_sides import SHOWN, Sides, flows_in_words, sides_of, stands_for

IsKnown = Callable[[ChainId, str, Event], bool | None]
"""Whether an address was known as something at an event; ``None`` where the times leave it open."""
NOBODY: Final[IsKnown] = lambda chain, address, event: False  # noqa: E731


@dataclass(frozen=True, slots=True)
class Claim:
    """What one seed takes of one asset in one transaction.

    Attributes
    ----------
    number : int
        Place of the seed in its table, from 1.
    origin : int
        Place of the origin.
    origin_name : str
        Its name.
    asset : AssetId
        What is taken.
    amount, lost : int
        Base units taken, and all that the victims lose.
    recipient : str
        Whose receipt is taken; empty for all.
    victims : frozenset of str
        Addresses.
    minted : bool
        Whether the units are newly made, not taken of anybody.
    named : bool
        Whether the seed names its victim, or a label does.
    told : bool
        Whether it says how much is taken.
    takes : tuple of Leg
        Net debits of the victims.
    joint : bool
        Whether it and others on one theft want more together than was lost: their recipients share it by the rule.
    behind : str
        Who is named as recipient and is paid by a pool, not in the asset; empty for nobody.
    """

    number: int
    origin: int
    origin_name: str
    asset: AssetId
    amount: int
    lost: int
    recipient: str
    victims: frozenset[str]
    minted: bool
    named: bool
    told: bool
    takes: tuple[Leg, ...]
    joint: bool = False
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Victims:
    """Who lost an asset in a transaction, and how much together."""

    nets: Nets
    sides: Sides
    seed: Seed
    asset: AssetId
    parties: frozenset[str]
    minted: bool
    lost: int
    known: bool = False

    def claim(self, number: int, seed: Seed, origin: int) -> Claim:
        """Return what a seed takes of them, whatever other seeds take (:func:`allotted` sees to that).

        Raises
        ------
        InputError
            If the seed says more than was lost, or than its recipient received, or not whose receipt is meant.
        """
        gained = self.sides.payees()
        recipient, most, behind = seed.recipient, self.lost, ""
        pools = self._pools_before(recipient) if recipient and recipient not in gained else []
        if pools:
            behind, recipient = recipient, pools[0] if len(pools) == 1 else ""
            through = sum(gained[pool] for pool in pools)
            if len(pools) > 1 and pools != list(gained):
                raise self._unfit(f"{behind} is paid by several pools, and others receive of it too")
            if seed.amount not in (None, min(most, through)):
                raise self._unfit(f"{behind} is paid by a pool, and for what part of the units cannot be told")
        elif recipient and recipient not in gained and stands_for(self.nets, self.asset, recipient):
            behind, recipient = recipient, ""
            if seed.amount not in (None, most):
                raise self._unfit(f"{behind} gets what the units became, and for what part of them cannot be told")
        elif not recipient and seed.amount is not None and seed.amount < most:
            if len(gained) != 1 or self._pays_others(next(iter(gained))):
                raise self._unfit(f"{seed.amount} is less than the {most} its victims lose, and several receive it")
            (recipient,) = gained
        if recipient:
            if recipient not in gained:
                raise self._unfit(f"{recipient} receives none of it in net")
            most = min(most, gained[recipient])
        if seed.amount is not None and seed.amount > most:
            said = f" by {recipient}" if recipient else ""
            raise self._unfit(f"{seed.amount} is more than the {most} that were lost and received{said}")
        amount = most if seed.amount is None else seed.amount
        takes = tuple(leg for leg in self.sides.debits if leg.address in self.parties)
        return Claim(
            number=number,
            origin=origin,
            origin_name=seed.origin,
            asset=self.asset,
            amount=amount,
            lost=self.lost,
            recipient=recipient,
            victims=self.parties,
            minted=self.minted,
            named=bool(seed.victim) or self.known,
            told=seed.amount is not None,
            takes=takes,
            behind=behind,
        )

    def _pools_before(self, recipient: str) -> list[str]:
        """Return who gets this asset and pays somebody, straight or through others, in another one."""
        sides = {asset: sides_of(self.nets, asset) for asset in self.nets.assets if asset != self.asset}
        payers = {asset: one.payers().keys() for asset, one in sides.items()}
        leading = {asset for asset, one in sides.items() if recipient in one.payees()}
        grown = True
        while grown:
            more = {
                asset
                for asset, one in sides.items()
                if asset not in leading and any(not one.payees().keys().isdisjoint(payers[other]) for other in leading)
            }
            leading |= more
            grown = bool(more)
        return [party for party in self.sides.payees() if any(party in payers[asset] for asset in leading)]

    def _pays_others(self, party: str) -> bool:
        return any(party in sides_of(self.nets, one).payers() for one in self.nets.assets if one != self.asset)

    def _unfit(self, what: str) -> InputError:
        paying = {party for one in self.nets.assets if one != self.asset for party in sides_of(self.nets, one).payers()}
        # A pool is nobody to name: without a recipient the units pass through it to whom it pays.
        payees = [address for address in self.sides.payees() if address not in paying]
        choices = [*payees[:SHOWN], *([""] if len(payees) < len(self.sides.payees()) else [])]
        rows = [_seed_row(self.seed, self.asset, self.seed.victim, address) for address in choices or [""]]
        return InputError(
            f"The seed does not fit what {self.seed.value} takes of {self.asset}: {what}.",
            why=f"Its net flows: {'; '.join(flows_in_words(self.nets))}.",
            next_step="Correct the amount, leave it empty, or take one of these rows (one without recipient follows "
            f"what a pool pays for the units; kind,value,asset,amount,origin,victim,recipient): {' | '.join(rows)}",
        )


def find_victims(event: Event, nets: Nets, seed: Seed, asset: AssetId, is_victim: IsKnown) -> Victims | None:
    """Return whose loss of an asset a seed means; ``None`` where a seed of all assets means none of this one.

    Raises
    ------
    InputError
        If several readings are left, or none of an asset that the seed names.
    """
    sides = sides_of(nets, asset)
    payers = sides.payers()
    known: list[str] = []
    if seed.victim == "mint":
        parties, minted = frozenset[str](), True
    else:
        minted = False
        named = seed.victim.split(";") if seed.victim else []
        known = [party for party in payers if is_victim(event.chain, party, event)]
        others = {one for one in nets.assets if one != asset}
        gaining = {party for one in others for party in sides_of(nets, one).payees()}
        if seed.victim == "*":
            parties = frozenset(payers)
        elif named:
            parties = frozenset(party.strip() for party in named)
        elif unsure := [party for party in payers if is_victim(event.chain, party, event) is None]:
            what = f"Whether {unsure[0]} was a victim then, its label leaves open: the row has no time, or none exact"
            raise _undecided(event, nets, seed, asset, what)
        elif known:
            parties = frozenset(known)
        else:
            left = [party for party in payers if party not in gaining]
            if len(left) > 1 or (not left and seed.asset is not None):
                raise _undecided(
                    event, nets, seed, asset, "Several lose it" if left else "Nobody is left who only loses"
                )
            parties = frozenset(left)
        sides = sides_of(nets, asset, [parties])
    lost = sides.made if minted else sum(leg.amount for leg in sides.debits if leg.address in parties)
    if lost:
        return Victims(nets, sides, seed, asset, parties, minted, lost, known=not seed.victim and parties == set(known))
    if seed.asset is None:
        return None
    raise _undecided(event, nets, seed, asset, "The victim named loses none of it in net")


def _undecided(event: Event, nets: Nets, seed: Seed, asset: AssetId, what: str) -> InputError:
    sides = sides_of(nets, asset)
    choices = [
        *list(sides.payers())[:SHOWN],
        *(["*"] if len(sides.payers()) > 1 else []),
        *["mint"] * bool(sides.made),
    ]
    rows = " | ".join(_seed_row(seed, asset, choice, "") for choice in choices)
    return InputError(
        f"Whose loss of {asset} in {event.tx} is the theft cannot be told. {what}.",
        why=f"Its net flows: {'; '.join(flows_in_words(nets))}.",
        next_step="Name the victim in the seed, one of these rows (kind,value,asset,amount,origin,victim,recipient): "
        f"{rows}",
    )


def _seed_row(seed: Seed, asset: AssetId, victim: str, recipient: str) -> str:
    return f"{seed.kind},{seed.value},{asset},,{seed.origin},{victim},{recipient}"
