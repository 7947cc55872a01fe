"""A theft transaction laid out: whose units are taken, who gets them, and what a pool gives for them inside it.

Source: method ev-theft. Parties are addresses: on Bitcoin the inputs of one address are one party, and what comes back
to it is change. Everything here works on what the transaction leaves everybody with (:class:`tracer.ledger.Nets`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.errors import InputError
from tracer.ledger import Nets, resolve, split_legs
from tracer.model import TRANSIT, Account, AssetId, ChainId, Event, Leg, Part, Seed, is_transit
from tracer.taint import MINT
from tracer.trace.allotment import allot

_SHOWN = 8

IsKnown = Callable[[ChainId, str, Event], bool | None]
"""Whether an address was known as something at an event; ``None`` where the times leave it open."""
NOBODY: Final[IsKnown] = lambda chain, address, event: False  # noqa: E731

Mark = tuple[int, int, int, int]
"""Event, part and debit (-1 for a mint) of a robbery, and the place of the origin that begins there."""


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
        return max(0, _sum(self.credits) - _sum(self.debits))

    def payers(self) -> dict[str, int]:
        """Return what each party loses."""
        return _by_party(self.debits)

    def payees(self) -> dict[str, int]:
        """Return what each party gains."""
        return _by_party(leg for leg in self.credits if not leg.sink)


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
        amount = min(_sum(mine), _sum(back))
        if amount:
            # the last inputs are what comes back, so that the first are what is taken, in their order
            kept, own = split_legs(mine, _sum(mine) - amount)
            returned, more = split_legs(back, amount)
            apart.append(Part(tuple(own), tuple(returned)))
            debits = _replaced(debits, mine, kept)
            credits = _replaced(credits, back, more)
    fees = [leg for leg in credits if leg.sink == "fee"]
    if fees and debits:
        # outputs are served first, the fee takes what is left (method ev-fee)
        kept, paying = split_legs(debits, max(0, _sum(debits) - _sum(fees)))
        if _sum(paying) == _sum(fees):
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
    return [*lines[: 2 * _SHOWN], *([f"and {len(lines) - 2 * _SHOWN} more"] if len(lines) > 2 * _SHOWN else [])]


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
        choices = [*payees[:_SHOWN], *([""] if len(payees) < len(self.sides.payees()) else [])]
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
        *list(sides.payers())[:_SHOWN],
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
            raise _too_much(tx, asset, those, f"{recipient} received {gained.get(recipient, 0)}")
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
            raise _too_much(tx, asset, those, f"their victims lost {lost}")
    amounts = [sum(one.values()) for one in taken]
    return Allotment(
        tuple(replace(one, amount=amounts[place], joint=one.joint or place in short) for place, one in enumerate(mine)),
        tuple(taken),
        sides,
    )


def _too_much(tx: str, asset: AssetId, claims: Sequence[Claim], there: str) -> InputError:
    numbers = sorted(one.number for one in claims)
    which = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
    return InputError(
        f"Seeds {which} {'both' if len(numbers) == 2 else 'together'} claim {asset} of transaction {tx}: "
        f"{sum(one.amount for one in claims)} in all, but {there}.",
        why="No unit is stolen twice.",
        next_step="Keep one of them, or give each its own victim, recipient or amount, so that they fit together.",
    )


@dataclass(frozen=True, slots=True)
class Robbery:
    """A theft transaction laid out as events.

    Attributes
    ----------
    events : tuple of Event
        What stands in the place of the transaction's one event; the indices are not yet theirs.
    thefts : tuple of Mark
        Debits at which stolen units begin.
    paid : tuple of Account
        Accounts it pays stolen units; a passage through a pool is none.
    victims, receivers, counterparties : frozenset of str
        Addresses; see :class:`tracer.trace.thefts.Thefts`.
    not_seeded : dict of int to int
        By origin: lost, but not seeded.
    notes : tuple of str
        What a reader must know.
    doubted : frozenset of str
        Addresses taken for pools that nobody says are: certainty rests on it.
    """

    events: tuple[Event, ...]
    thefts: tuple[Mark, ...]
    paid: tuple[Account, ...]
    victims: frozenset[str]
    receivers: frozenset[str]
    counterparties: frozenset[str]
    not_seeded: dict[int, int]
    notes: tuple[str, ...]
    doubted: frozenset[str] = frozenset()


def robbery_of(
    event: Event, nets: Nets, claims: Sequence[Claim], is_pool: IsKnown = NOBODY, giving: Collection[str] = ()
) -> Robbery:
    """Return a transaction laid out for what seeds claim of it.

    Parameters
    ----------
    event, nets, claims
        The transaction, what it leaves everybody with, and what is claimed of it.
    is_pool : callable
        Who is known to be a contract.
    giving : collection of str
        Who pays in it what no row has.
    """
    layout = _Layout(event, nets, claims, is_pool, giving)
    layout.run()
    return layout.robbery()


@dataclass(slots=True)
class _Marked:
    """A part, and at which of its debits which origin begins."""

    debits: list[Leg]
    credits: list[Leg]
    marks: dict[int, int] = field(default_factory=dict)

    def part(self) -> Part:
        return Part(tuple(self.debits), tuple(self.credits))


class _Layout:
    """The parts of a theft transaction while they are laid out, stage by stage.

    A stage is an event that moves the stolen assets, then an event in which pools convert what passes through them;
    what they pay for it moves in the next stage.
    """

    def __init__(
        self, event: Event, nets: Nets, claims: Sequence[Claim], is_pool: IsKnown, giving: Collection[str]
    ) -> None:
        self.giving = frozenset(giving)
        self.event, self.nets, self.claims, self.is_pool = event, nets, claims, is_pool
        self.passes: list[tuple[str, AssetId]] = []
        self.victims = frozenset(party for claim in claims for party in claim.victims)
        self.allotted = {
            asset: allotted(event.tx, nets, asset, [one for one in claims if one.asset == asset])
            for asset in dict.fromkeys(claim.asset for claim in claims)
        }
        self.sides = {
            asset: self.allotted[asset].sides if asset in self.allotted else sides_of(nets, asset)
            for asset in nets.assets
        }
        self.stages: list[tuple[str, list[_Marked]]] = []
        self.paid: list[Account] = []
        self.named = frozenset(name for claim in claims if (name := claim.behind or claim.recipient))
        self.receivers = set(self.named)
        self.counterparties: set[str] = set()
        self.holding: set[str] = set()
        self.shared: set[AssetId] = set()
        self.notes: list[str] = []

    def run(self) -> None:
        first = [_Marked(list(fee.debits), list(fee.credits)) for fee in self.nets.fees]
        stolen = list(dict.fromkeys(claim.asset for claim in self.claims))
        current: dict[AssetId, list[_Marked]] = {}
        for asset in stolen:
            first += [_Marked(list(part.debits), list(part.credits)) for part in self.sides[asset].apart]
            taken, rest = self._taken(asset)
            current[asset] = taken
            first += rest
            payers = self.sides[asset].payers()
            self.counterparties |= payers.keys() - self.victims
        moved = set(stolen)
        stage = first
        while current:
            following, converted = self._convert(current, moved)
            moved |= following.keys()
            self._see_receivers(current)
            stage += [part for parts in current.values() for part in parts]
            self.stages.append(("transfer", stage))
            if converted:
                self.stages.append(("swap", converted))
            current, stage = following, []
        cold = {asset for asset in self.nets.assets if asset not in moved}
        left = Nets(
            {asset: legs for asset, legs in self.nets.debits.items() if asset in cold},
            {asset: legs for asset, legs in self.nets.credits.items() if asset in cold},
        )
        self.stages[0][1].extend(_Marked(list(part.debits), list(part.credits)) for part in resolve(left)[1])

    def _taken(self, asset: AssetId) -> tuple[list[_Marked], list[_Marked]]:
        """Return the parts in which an asset is stolen, and those in which the rest of it moves."""
        sides = self.sides[asset]
        debits, credits, made = list(sides.debits), list(sides.credits), sides.made
        short = _sum(debits) - _sum(credits)
        if short > 0:  # its other side is not in the source
            credits += [replace(leg, sink="contract") for leg in split_legs(debits, _sum(credits))[1]]
        taken: list[_Marked] = []
        found = self.allotted[asset]
        left = dict(enumerate(debits))
        joint = self._together(found, left, credits)
        these = [claim for claim in found.claims if claim.joint]
        if these and (joint is None or len({claim.victims for claim in these}) > 1):
            raise _too_much(self.event.tx, asset, these, "what others paid or was newly made makes up the rest")
        if joint is not None:
            taken.append(joint)
            credits = [leg for leg in credits if leg not in joint.credits]
        for claim, units in zip(found.claims, found.taken, strict=True):
            if not claim.recipient or not claim.amount or (joint is not None and claim.joint):
                continue
            theirs = [leg for leg in credits if not leg.sink and leg.address == claim.recipient]
            received, more = split_legs(theirs, claim.amount)
            credits = _replaced(credits, theirs, more)
            if claim.minted:
                taken.append(_Marked([], received, {MINT: claim.origin}))
                made -= claim.amount
                continue
            robbed: list[Leg] = []
            for place in sorted(place for place, amount in units.items() if amount):
                mine, kept = split_legs([left.pop(place)], units[place])
                robbed += mine
                left.update((place, leg) for leg in kept)
            taken.append(_Marked(robbed, received, dict.fromkeys(range(len(robbed)), claim.origin)))
        rest = [left[place] for place in sorted(left)]
        free = [claim for claim in found.claims if not claim.recipient]
        new, passed = split_legs(credits, made)
        parts = [_Marked([], new), _Marked(rest, passed)]
        for claim in free:
            if claim.minted:
                parts[0].marks[MINT] = claim.origin
            parts[1].marks |= {place: claim.origin for place, leg in enumerate(rest) if leg.address in claim.victims}
        parts = [part for part in parts if part.credits]
        return ([*taken, *parts], []) if free else (taken, parts)

    @staticmethod
    def _together(found: Allotment, left: dict[int, Leg], credits: Sequence[Leg]) -> _Marked | None:
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
        lacking = _sum(received) - sum(units.values())
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
        return _Marked(paying, received, marks)

    def _convert(
        self, current: Mapping[AssetId, list[_Marked]], moved: set[AssetId]
    ) -> tuple[dict[AssetId, list[_Marked]], list[_Marked]]:
        """Let what pools receive pass through them; return what moves next, and the conversions.

        Who is named as recipient is no pool: what it pays beside (a tip, gas) is its own.
        """
        given: dict[str, list[AssetId]] = {}
        # What somebody pays of an asset that moved before stands there, as money of its own: a thief who adds to what
        # it swaps is paid by the pool, and is none.
        before = moved - current.keys()
        for asset, parts in current.items():
            for party in dict.fromkeys(leg.address for part in parts for leg in part.credits if not leg.sink):
                pays = party in self.giving or set(self._pays(party, asset)) - before
                if party not in self.victims | self.named and pays:
                    given.setdefault(party, []).append(asset)
        converted: list[_Marked] = []
        through: dict[AssetId, dict[str, Leg]] = {}
        for party, assets in given.items():
            if not self.stages or self.is_pool(self.event.chain, party, self.event):
                self.counterparties.add(party)
            paid = [asset for asset in self._pays(party, assets[0]) if asset not in before]
            if len(assets) == len(paid) == 1 and paid[0] not in moved and party not in self.giving:
                self.notes.append(
                    f"Note: in {self.event.tx} {party} receives stolen {assets[0]} and pays {paid[0]}: it is taken "
                    "for a pool that swaps, and what it pays is followed. If it is the thief, name it as recipient."
                )
                self.passes.append((party, paid[0]))
                converted += self._pass(party, current[assets[0]], paid[0], through)
                if assets[0] in self.shared or len(_parties(current[assets[0]])) > 1:
                    self.shared.add(paid[0])
            else:
                for asset in assets:
                    converted += self._end(party, current[asset], asset)
        following: dict[AssetId, list[_Marked]] = {}
        for asset, passing in through.items():
            sides = self.sides[asset]
            debits = [passing.get(leg.address, leg) for leg in sides.debits]
            new, passed = split_legs(sides.credits, sides.made)
            moving = (_Marked([], new), _Marked(list(dict.fromkeys(debits)), passed))
            following[asset] = [part for part in moving if part.credits]
        return following, converted

    def _pays(self, party: str, but: AssetId) -> list[AssetId]:
        return [asset for asset, sides in self.sides.items() if asset != but and party in sides.payers()]

    def _pass(
        self, party: str, parts: Iterable[_Marked], paid: AssetId, through: dict[AssetId, dict[str, Leg]]
    ) -> list[_Marked]:
        """Credit a pool's passage in its place, and convert that into what the pool pays; the pool keeps the asset."""
        amount, account = 0, None
        for part in parts:
            for place, leg in enumerate(part.credits):
                if leg.address == party and not leg.sink:
                    amount, account = amount + leg.amount, leg.account
                    part.credits[place] = replace(leg, account=_passage(leg.account))
        assert account is not None
        own = [leg for leg in self.sides[paid].debits if leg.address == party]
        first, total = own[0], _sum(own)
        out = Leg(_passage(first.account), party, total)
        rows = tuple(shown for leg in own for shown in leg.shown())
        through.setdefault(paid, {})[party] = replace(out, row=rows[0].row if rows else None, rows=rows)
        return [
            _Marked([Leg(_passage(account), party, amount)], [out]),
            _Marked(own, [Leg(account, party, amount)]),
        ]

    def _end(self, party: str, parts: Iterable[_Marked], asset: AssetId) -> list[_Marked]:
        """Let what a party receives end as ``contract``: it pays several assets, and their shares need prices."""
        back: list[_Marked] = []
        for part in parts:
            for place, leg in enumerate(part.credits):
                if leg.address == party and not leg.sink:
                    part.credits[place] = replace(leg, sink="contract")
                    back.append(_Marked([], [replace(leg, row=None, rows=())]))
        got = f"in {self.event.tx} {party} receives stolen {asset} and pays"
        self.notes.append(
            f"Note: {got} what no row has (unread.csv), so the trace ends there (contract)."
            if party in self.giving
            else f"I{got[1:]} several other assets: which of them stand for it cannot be told without prices, so the "
            "trace ends there (contract)."
        )
        return back

    def _see_receivers(self, current: Mapping[AssetId, list[_Marked]]) -> None:
        for asset, parts in current.items():
            legs = [leg for part in parts for leg in part.credits]
            here = [leg for leg in legs if not leg.sink and not is_transit(leg.account.holder)]
            self.paid += [leg.account for leg in here]
            self.holding |= {leg.address for leg in here}
            parties = _parties(parts)
            passing = {leg.address for leg in legs if leg.sink or is_transit(leg.account.holder)}
            named = any(claim.recipient for claim in self.claims if claim.asset == asset)
            # What a pool paid for a part of the units only has one of several receivers; whom somebody paid that nobody
            # says is a pool may be no receiver at all (whoever was tipped by the thief).
            sure = all(self.is_pool(self.event.chain, party, self.event) for party, _ in self.passes)
            sure = sure and not any(claim.behind for claim in self.claims)
            if len(parties) == 1 and not passing and not named and sure and asset not in self.shared:
                self.receivers |= parties

    def _doubted(self) -> set[str]:
        """Return who is taken for a pool though neither a label nor a seed that names who is behind it says so."""
        named = {claim.behind for claim in self.claims if claim.behind}
        vouched: set[str] = set()
        for party, paid in reversed(self.passes):
            if not (named | vouched).isdisjoint(self.sides[paid].payees()):
                vouched.add(party)
        known = {party for party, _ in self.passes if self.is_pool(self.event.chain, party, self.event)}
        return {party for party, _ in self.passes} - vouched - known

    def robbery(self) -> Robbery:
        events: list[Event] = []
        marks: list[Mark] = []
        for offset, (kind, parts) in enumerate(self.stages):
            one = len(self.stages) == 1 and self.event.kind in ("mint", "burn")
            events.append(
                replace(
                    self.event,
                    kind=self.event.kind if one else kind,
                    parts=tuple(part.part() for part in parts),
                    unstated_fee=0 if offset else self.event.unstated_fee,
                )
            )
            for number, part in enumerate(parts):
                marks += [(offset, number, debit, origin) for debit, origin in part.marks.items()]
        not_seeded: dict[int, int] = {}
        for asset, found in self.allotted.items():
            for claims, rest in _left_behind(found):
                if rest > 0:
                    origin = min(claims, key=lambda one: one.origin_name).origin
                    not_seeded[origin] = not_seeded.get(origin, 0) + rest
                    self.notes.append(f"{rest} of {asset} lost in {self.event.tx} is not seeded.")
        return Robbery(
            tuple(events),
            tuple(marks),
            tuple(dict.fromkeys(self.paid)),
            self.victims,
            frozenset(self.receivers - (self.counterparties - self.named) - self.victims),
            # Who paid money of its own and got stolen units for it is no receiver, and no bystander either: a lead.
            frozenset(self.counterparties - self.victims - self.holding - self.named),
            not_seeded,
            tuple(self.notes),
            frozenset(self._doubted()),
        )


def _left_behind(found: Allotment) -> Iterator[tuple[list[Claim], int]]:
    """Yield claims that share victims, and what these lost that none of them takes."""
    groups: list[tuple[set[str], list[Claim]]] = []
    for claim in found.claims:
        parties, mine = set(claim.victims) or {""}, [claim]
        for group in [one for one in groups if not one[0].isdisjoint(parties)]:
            groups.remove(group)
            parties, mine = parties | group[0], [*group[1], *mine]
        groups.append((parties, mine))
    for parties, mine in groups:
        lost = found.sides.made if "" in parties else _sum(leg for leg in found.sides.debits if leg.address in parties)
        yield mine, lost - sum(one.amount for one in mine)


def _passage(account: Account) -> Account:
    return account._replace(holder=account.holder + TRANSIT)


def _parties(parts: Iterable[_Marked]) -> set[str]:
    """Return who is paid in some parts, fees apart."""
    return {leg.address for part in parts for leg in part.credits if leg.sink != "fee"}


def _sum(legs: Iterable[Leg]) -> int:
    return sum(leg.amount for leg in legs)


def _by_party(legs: Iterable[Leg]) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for leg in legs:
        amounts[leg.address] = amounts.get(leg.address, 0) + leg.amount
    return amounts


def _replaced(legs: Sequence[Leg], old: Sequence[Leg], new: Sequence[Leg]) -> list[Leg]:
    """Return legs in their order, some of them replaced by what is left of them (same accounts, or gone)."""
    left = {id(leg) for leg in old}
    rest = {leg.account: leg for leg in new}
    return [
        leg if id(leg) not in left else rest[leg.account] for leg in legs if id(leg) not in left or leg.account in rest
    ]
