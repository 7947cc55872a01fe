"""A theft transaction laid out as events: whose units are taken, who gets them, what a pool gives for them inside it.

Source: method ev-theft.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tracer.ledger import Nets, resolve, split_legs
from tracer.model import Account, AssetId, Event, Leg, is_transit
from tracer.trace.theft_claims import NOBODY, Claim, IsKnown
from tracer.trace.theft_issue import DESTROYS, ISSUER, MAKES, issue_of
from tracer.trace.theft_parts import Marked, parties_of, passage_of, taken_of
from tracer.trace.theft_shares import allotted, left_behind
from tracer.trace.theft_sides import SHOWN, sides_of, sum_of
from tracer.trace.uncontrolled import is_burnt

Mark = tuple[int, int, int, int]
"""Event, part and debit (-1 for a mint) of a robbery, and the place of the origin that begins there."""


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
    ended : frozenset of str
        Addresses taken for contracts that nobody says are: the trace ends there, and nothing certain rests on it.
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
    ended: frozenset[str] = frozenset()


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


class _Layout:
    """The parts of a theft transaction while they are laid out, stage by stage.

    A stage is an event that moves the stolen assets, then an event in which pools convert what passes through them;
    what they pay for it moves in the next stage.
    """

    def __init__(
        self, event: Event, nets: Nets, claims: Sequence[Claim], is_pool: IsKnown, giving: Collection[str]
    ) -> None:
        self.giving = frozenset(giving)
        issue = issue_of(nets, claims, lambda party: is_pool(event.chain, party, event), giving)
        nets, self.issuing = issue.nets, issue.how
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
        self.stages: list[tuple[str, list[Marked]]] = []
        self.paid: list[Account] = []
        self.named = frozenset(name for claim in claims if (name := claim.behind or claim.recipient))
        self.receivers = set(self.named)
        self.counterparties: set[str] = set()
        self.ended: set[str] = set()
        self.holding: set[str] = set()
        self.shared: set[AssetId] = set()
        self.notes: list[str] = [
            f"Note: in {event.tx} {party} receives stolen {asset} while {made} is newly made for "
            f"{', '.join(list(self.sides[made].payees())[:SHOWN])}. If that is what the units became, name who got it "
            "as recipient; else the units are where they went."
            for party, asset, made in issue.open
        ]

    def run(self) -> None:
        """Lay out all stages: what is taken first, then what becomes of it."""
        first = [Marked(list(fee.debits), list(fee.credits)) for fee in self.nets.fees]
        stolen = list(dict.fromkeys(claim.asset for claim in self.claims))
        current: dict[AssetId, list[Marked]] = {}
        for asset in stolen:
            first += [Marked(list(part.debits), list(part.credits)) for part in self.sides[asset].apart]
            taken, rest = taken_of(self.event.tx, asset, self.allotted[asset])
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
        self.stages[0][1].extend(Marked(list(part.debits), list(part.credits)) for part in resolve(left).parts)

    def _convert(
        self, current: Mapping[AssetId, list[Marked]], moved: set[AssetId]
    ) -> tuple[dict[AssetId, list[Marked]], list[Marked]]:
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
        converted: list[Marked] = []
        through: dict[AssetId, dict[str, Leg]] = {}
        for party, assets in given.items():
            if (
                party != ISSUER
                and not is_burnt(self.event.chain, party)
                and (not self.stages or self.is_pool(self.event.chain, party, self.event))
            ):
                self.counterparties.add(party)
            paid = [asset for asset in self._pays(party, assets[0]) if asset not in before]
            if len(assets) == len(paid) == 1 and paid[0] not in moved and party not in self.giving:
                self.notes.append(self._passing(party, assets[0], paid[0]))
                self.passes.append((party, paid[0]))
                converted += self._pass(party, current[assets[0]], paid[0], through)
                if assets[0] in self.shared or len(parties_of(current[assets[0]])) > 1:
                    self.shared.add(paid[0])
            else:
                for asset in assets:
                    converted += self._end(party, current[asset], asset)
        following: dict[AssetId, list[Marked]] = {}
        for asset, passing in through.items():
            sides = self.sides[asset]
            debits = [passing.get(leg.address, leg) for leg in sides.debits]
            new, passed = split_legs(sides.credits, sides.made)
            moving = (Marked([], new), Marked(list(dict.fromkeys(debits)), passed))
            following[asset] = [part for part in moving if part.credits]
        return following, converted

    def _pays(self, party: str, but: AssetId) -> list[AssetId]:
        return [asset for asset, sides in self.sides.items() if asset != but and party in sides.payers()]

    def _pass(
        self, party: str, parts: Iterable[Marked], paid: AssetId, through: dict[AssetId, dict[str, Leg]]
    ) -> list[Marked]:
        """Credit a pool's passage in its place, and convert that into what the pool pays; the pool keeps the asset."""
        amount, account = 0, None
        for part in parts:
            for place, leg in enumerate(part.credits):
                if leg.address == party and not leg.sink:
                    amount, account = amount + leg.amount, leg.account
                    part.credits[place] = replace(leg, account=passage_of(leg.account))
        assert account is not None
        own = [leg for leg in self.sides[paid].debits if leg.address == party]
        first, total = own[0], sum_of(own)
        out = Leg(passage_of(first.account), party, total)
        rows = tuple(shown for leg in own for shown in leg.shown())
        through.setdefault(paid, {})[party] = replace(out, row=rows[0].row if rows else None, rows=rows)
        passing = Marked([Leg(passage_of(account), party, amount)], [out])
        if party == ISSUER:
            return [passing]
        how = self.issuing.get(party)
        gone = [replace(leg, sink="burned", row=None, rows=()) for leg in own]
        kept = [Leg(account, party, amount)]
        return [passing, Marked([] if how == MAKES else own, gone if how == DESTROYS else kept)]

    def _passing(self, party: str, asset: AssetId, paid: AssetId) -> str:
        """Return the sentence on units that pass through a pool."""
        tx, how = self.event.tx, self.issuing.get(party)
        if party == ISSUER or is_burnt(self.event.chain, party):
            return (
                f"Note: in {tx} all of the stolen {asset} is destroyed and {paid} newly made: that is taken for what "
                "the units became, and followed."
            )
        if how == MAKES:
            said = (
                f"{party} receives stolen {asset} and {paid} is newly made: it is taken for the contract that makes it"
            )
        elif how == DESTROYS:
            said = f"stolen {asset} is destroyed and {party} pays {paid}: it is taken for a pool that redeems"
        else:
            said = f"{party} receives stolen {asset} and pays {paid}: it is taken for a pool that swaps"
        followed = "what is newly made" if how == MAKES else "what it pays"
        return f"Note: in {tx} {said}, and {followed} is followed. If it is the thief, name it as recipient."

    def _end(self, party: str, parts: Iterable[Marked], asset: AssetId) -> list[Marked]:
        """Let what a party receives end as ``contract``: it pays several assets, and their shares need prices."""
        back: list[Marked] = []
        for part in parts:
            for place, leg in enumerate(part.credits):
                if leg.address == party and not leg.sink:
                    part.credits[place] = replace(leg, sink="contract")
                    back.append(Marked([], [replace(leg, row=None, rows=())]))
        if not self.is_pool(self.event.chain, party, self.event):
            self.ended.add(party)
        got = f"in {self.event.tx} {party} receives stolen {asset} and pays"
        self.notes.append(
            f"Note: {got} what no row has (unread.csv), so the trace ends there (contract)."
            if party in self.giving
            else f"I{got[1:]} several other assets: which of them stand for it cannot be told without prices, so the "
            "trace ends there (contract). If it is the thief, name it as recipient."
        )
        return back

    def _see_receivers(self, current: Mapping[AssetId, list[Marked]]) -> None:
        for asset, parts in current.items():
            legs = [leg for part in parts for leg in part.credits]
            here = [leg for leg in legs if not leg.sink and not is_transit(leg.account.holder)]
            self.paid += [leg.account for leg in here]
            self.holding |= {leg.address for leg in here}
            parties = parties_of(parts)
            # What a token burns of itself as it is paid goes to nobody.
            passing = {leg.address for leg in legs if leg.sink not in ("", "burned") or is_transit(leg.account.holder)}
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
        """Return the events that the stages make, with the marks of what is stolen."""
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
                    readings=(),
                )
            )
            for number, part in enumerate(parts):
                marks += [(offset, number, debit, origin) for debit, origin in part.marks.items()]
        not_seeded: dict[int, int] = {}
        for asset, found in self.allotted.items():
            for claims, rest in left_behind(found):
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
            frozenset(self.ended),
        )
