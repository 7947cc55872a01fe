"""Seeds become thefts: what is stolen of whom, a constant of the case fixed before any rule (method ev-theft).

The rows of a theft transaction are one event. What its victims lose of an asset, netted together, is stolen there:
at those debits new lots begin, whatever the victims held. Where a pool swaps stolen units inside the transaction, they
pass through it to what it paid for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracer.bounds import least_openings
from tracer.errors import InputError
from tracer.ledger import Ledger, touching, with_events
from tracer.model import TRANSIT, Account, ChainId, Holder, Leg, Origin, Part, Seed, Unread, chain_of
from tracer.trace.theft_claims import NOBODY, Claim, IsKnown, find_victims
from tracer.trace.theft_consolidations import Read, check_consolidations
from tracer.trace.theft_layout import Robbery, robbery_of
from tracer.trace.theft_shares import allotted
from tracer.trace.theft_sides import flows_in_words
from tracer.trace.thefts import Thefts


def find_thefts(
    ledger: Ledger,
    seeds: Sequence[Seed],
    is_victim: IsKnown = NOBODY,
    is_pool: IsKnown = NOBODY,
    is_service: IsKnown = NOBODY,
    known: Mapping[Account, int] | None = None,
    *,
    unread: Iterable[Unread] = (),
) -> tuple[Ledger, Thefts]:
    """Return what the seeds take, and the ledger with the events of the thefts laid out for it.

    Parameters
    ----------
    ledger : Ledger
        Built with :func:`theft_transactions` of the seeds.
    seeds : sequence of Seed
        In theft order.
    is_victim : callable
        Whether an address is known as a victim of the case's incidents.
    is_pool : callable
        Whether it is known as a contract that swaps, lends or passes on.
    is_service : callable
        Whether it is known as a service, which pays its customers' money.
    known : mapping of Account to int, optional
        Opening balances that are known, base units.
    unread : iterable of Unread
        Movements that are in no row.

    Raises
    ------
    InputError
        If a seed does not fit the rows, more than one reading of it is left, or two seeds claim the same units.
    """
    search = _Search(ledger, is_victim, is_pool, is_service, known or {})
    for lost in unread:
        search.giving.setdefault((lost.chain, lost.tx), set()).add(lost.sender)
    for number, seed in enumerate(seeds, 1):
        if seed.kind == "tx":
            search.transaction(number, seed)
        elif seed.kind == "output":
            search.output(number, seed)
        else:
            search.holder(number, seed)
    search.count_claims()
    check_consolidations(search, search.is_service, search.robbery)
    return search.result()


def _losses(origins: Sequence[Origin], claims: Iterable[Claim]) -> dict[Origin, dict[str, int]]:
    """Return what each victim lost of each origin in one transaction; seeds that share a victim share its loss."""
    found: dict[Origin, dict[str, int]] = {}
    for claim in claims:
        mine: dict[str, int] = dict.fromkeys(sorted(claim.victims), 0)
        for leg in claim.takes:
            mine[leg.address] = mine.get(leg.address, 0) + leg.amount
        held = found.setdefault(origins[claim.origin], {})
        for address, lost in mine.items():
            held[address] = max(held.get(address, 0), lost)
    return found


@dataclass(slots=True)
class _Search(Read):
    """Claims while the seeds are read, one after the other."""

    is_victim: IsKnown
    is_pool: IsKnown
    is_service: IsKnown
    known: Mapping[Account, int]
    robberies: dict[int, Robbery] = field(default_factory=dict)
    giving: dict[tuple[ChainId, str], set[str]] = field(default_factory=dict)
    made: dict[Holder, tuple[int, Leg]] = field(default_factory=dict)
    spent: dict[Holder, Leg] = field(default_factory=dict)
    by_tx: dict[str, list[int]] = field(default_factory=dict)
    most: dict[Account, int] = field(default_factory=dict)

    def transaction(self, number: int, seed: Seed) -> None:
        """Read a ``tx`` seed."""
        events = self.ledger.events
        if not self.by_tx:
            for index, nets in self.ledger.nets.items():
                if nets.assets:
                    self.by_tx.setdefault(events[index].tx, []).append(index)
        found = [index for index in self.by_tx.get(seed.value, []) if seed.chain in ("", events[index].chain)]
        chains = sorted({events[index].chain for index in found})
        if len(chains) > 1:
            raise InputError(
                f"Seed {number}: the transaction {seed.value} stands on several chains: {', '.join(chains)}.",
                why="Units of two chains are never summed.",
                next_step="Fill the column 'chain' of the seed.",
            )
        claimed = [claim for index in found for claim in self._claims(number, seed, index)]
        if not claimed:
            flows = [line for index in found for line in flows_in_words(self.ledger.nets[index])]
            raise InputError(
                f"The seed transaction {seed.value} takes nothing{f' of {seed.asset}' if seed.asset else ''} from a "
                "victim.",
                why=f"Its net flows: {'; '.join(flows)}." if flows else "It is not in the table, or moves nothing.",
                next_step="Check the hash, the chain and the asset of the seed, or name its victim.",
            )

    def _claims(self, number: int, seed: Seed, index: int) -> list[Claim]:
        event, nets = self.ledger.events[index], self.ledger.nets[index]
        found: list[Claim] = []
        for asset in nets.assets:
            if seed.asset not in (None, asset):
                continue
            victims = find_victims(event, nets, seed, asset, self.is_victim)
            if victims is None:
                continue
            claim = victims.claim(number, seed, self.thefts.origin(seed.origin, asset))
            self.claims.setdefault(index, []).append(claim)
            found.append(claim)
        return found

    def output(self, number: int, seed: Seed) -> None:
        """Read an ``output`` seed: the whole value of an outpoint."""
        if not self.made and not self.spent:
            self._index_outpoints()
        made, spent = self.made.get((seed.chain, seed.value)), self.spent.get((seed.chain, seed.value))
        leg = made[1] if made else spent
        if leg is None and (seed.amount is None or seed.asset is None):
            raise InputError(
                f"Seed {number}: the table neither makes nor spends outpoint {seed.value}.",
                why="An output seed stands for the outpoint's whole value, which nothing here tells.",
                next_step="Check the outpoint, or give the seed its asset and its amount.",
            )
        value = leg.amount if leg is not None else seed.amount or 0
        asset = leg.account.asset if leg is not None else seed.asset
        assert asset is not None
        if (seed.amount is not None and seed.amount != value) or seed.asset not in (None, asset):
            raise InputError(
                f"Seed {number} says {seed.amount} of {seed.asset}, but {seed.value} holds {value} of {asset}.",
                why="An output seed stands for the outpoint's whole value.",
                next_step="Correct the seed, or leave its amount empty.",
            )
        account = Account(seed.chain, seed.value, asset)
        place = self.thefts.origin(seed.origin, asset)
        self._refuse_second(number, seed, account)
        if made is not None:
            event = self.ledger.events[made[0]]
            self.outputs.setdefault(made[0], []).append((number, seed, made[1], place))
            self.thefts.count(place, value, event.grade)
        else:
            self.thefts.opening.setdefault(account, []).append((place, value))
            self.thefts.count(place, value, "recorded")
        self.held.append((number, seed, account))
        self.thefts.receivers.add((seed.chain, leg.address if leg is not None else seed.value))
        self.thefts.pay(account)

    def _index_outpoints(self) -> None:
        for event in self.ledger.events:
            for part in event.parts:
                self.made |= {leg.account[:2]: (event.index, leg) for leg in part.credits if not leg.sink}
                self.spent |= {leg.account[:2]: leg for leg in part.debits}

    def _refuse_second(self, number: int, seed: Seed, account: Account) -> None:
        for other, first, held in self.held:
            if held == account:
                raise InputError(
                    f"Seeds {other} and {number} both claim {first.value}.",
                    why="No unit is stolen twice.",
                    next_step="Keep one of them.",
                )

    def holder(self, number: int, seed: Seed) -> None:
        """Read a ``holder`` seed: what a holder starts with."""
        if ":" in seed.value and chain_of(seed.chain).family == "bitcoin":
            raise InputError(
                f"Seed {number}: {seed.value} is an outpoint, not a holder that starts with something.",
                why="An outpoint is made once, in full, by its transaction.",
                next_step="Write the seed as kind 'output'.",
            )
        thefts, opening = self.thefts, self.ledger.opening
        if seed.amount is not None and seed.asset is not None:
            amounts = {Account(seed.chain, seed.value, seed.asset): seed.amount}
        else:
            amounts = self._begun(number, seed)
            if not amounts:
                thefts.notes.append(
                    f"The seed {seed.value} of {seed.origin} pays nothing it did not first receive in the table: "
                    "nothing is stolen there."
                )
        for account, amount in amounts.items():
            held = thefts.opening.setdefault(account, [])
            if held and (seed.amount is None or any(one.amount is None for _, one, of in self.held if of == account)):
                raise InputError(
                    f"Two seeds claim the opening balance of {seed.value}.",
                    why="A seed without an amount takes all of it.",
                    next_step="Give every seed of this holder its amount.",
                )
            place = thefts.origin(seed.origin, account.asset)
            held.append((place, amount))
            thefts.count(place, amount, seed.grade)
            if seed.grade != "recorded":
                thefts.asserted.add(account)
            thefts.pay(account)
            self.held.append((number, seed, account))
            if seed.amount is not None and amount > opening.get(account, 0):
                self._tell_receipts(number, seed, account)
        thefts.receivers.add((seed.chain, seed.value))

    def _begun(self, number: int, seed: Seed) -> dict[Account, int]:
        """Return the opening balances of a holder, whatever the order of the rows of one block.

        In a tie all it pays comes before all it receives: what is stolen is a constant, and this is the largest need of
        any order. A known opening balance is no larger than it is known to be.
        """
        if not self.most:
            self.most.update(least_openings(self.ledger.events, self.ledger.ties, debits_first=True, whole=True))
        least, amounts = self.ledger.opening, {}
        for account, most in self.most.items():
            if (account.chain, account.holder) == (seed.chain, seed.value) and seed.asset in (None, account.asset):
                need = max(min(most, self.known.get(account, most)), least.get(account, 0))
                if need:
                    amounts[account] = need
        if any(amount > self._in_any_order().get(account, 0) for account, amount in amounts.items()):
            self.thefts.notes.append(
                f"Note: seed {number} names no amount, and the order of the rows of {seed.value} in one block is not "
                "known: it takes the most that any order needs."
            )
        return amounts

    def _in_any_order(self) -> dict[Account, int]:
        return least_openings(self.ledger.events, self.ledger.ties, debits_first=False, whole=True)

    def _tell_receipts(self, number: int, seed: Seed, account: Account) -> None:
        """Say where a holder receives in the table what its seed may mean: the two are counted apart."""
        received = sum(
            leg.amount
            for event in touching(self.ledger.events, {(account.chain, account.holder)})
            for part in event.parts
            for leg in part.credits
            if leg.account == account and not leg.sink
        )
        if received:
            self.thefts.notes.append(
                f"Note: seed {number} gives {seed.value} {seed.amount} of {account.asset} from the start, beside the "
                f"{received} that the table pays it. If the seed means that payment, name its transaction (kind tx)."
            )

    def count_claims(self) -> None:
        """Count as stolen what the seeds of each transaction take together; refuse those that want too much."""
        for index, claims in self.claims.items():
            event, nets = self.ledger.events[index], self.ledger.nets[index]
            by_seed: list[Claim] = []
            for asset in dict.fromkeys(claim.asset for claim in claims):
                by_seed += allotted(event.tx, nets, asset, [one for one in claims if one.asset == asset]).claims
            self.claims[index] = sorted(by_seed, key=lambda one: one.number)
            for claim in self.claims[index]:
                self.thefts.count(claim.origin, claim.amount, event.grade)

    def result(self) -> tuple[Ledger, Thefts]:
        """Lay the events out and return the ledger with what is stolen in it."""
        thefts, inserted = self.thefts, {}
        marks: dict[int, list[tuple[int, int, int, int]]] = {}
        for index in sorted(self.claims.keys() | self.outputs.keys()):
            event = self.ledger.events[index]
            events, found = [event], []
            if index in self.claims:
                robbery = self.robbery(index)
                events, found = list(robbery.events), list(robbery.thefts)
                self._enter(event.chain, event.tx, robbery, self.claims[index])
            for _, _, leg, place in self.outputs.get(index, []):
                own = Part((replace(leg, rows=(), row=None),), (replace(leg, rows=(), row=None),))
                found.append((len(events), 0, 0, place))
                events.append(replace(event, kind="transfer", parts=(own,), unstated_fee=0, readings=()))
            inserted[index], marks[index] = events, found
        changed = {index: events for index, events in inserted.items() if events != [self.ledger.events[index]]}
        ledger, place_of = with_events(self.ledger, changed) if changed else (self.ledger, {})
        for index, found in marks.items():
            start = place_of.get(index, index)
            thefts.debits |= {(start + offset, part, debit): origin for offset, part, debit, origin in found}
        return ledger, thefts

    def robbery(self, index: int) -> Robbery:
        """Return what the event of a theft is laid out as."""
        if index not in self.robberies:
            nets = self.ledger.nets[index]
            event = self.ledger.events[index]
            giving = self.giving.get((event.chain, event.tx), set()) - {""}
            self.robberies[index] = robbery_of(event, nets, self.claims[index], self.is_pool, giving)
        return self.robberies[index]

    def _enter(self, chain: ChainId, tx: str, robbery: Robbery, claims: Iterable[Claim]) -> None:
        thefts = self.thefts
        thefts.victims |= {(chain, address) for address in robbery.victims}
        for origin, losses in _losses(thefts.origins, claims).items():
            mine = thefts.robbed.setdefault(origin, {}).setdefault((chain, tx), {})
            for address, lost in losses.items():
                mine[chain, address] = mine.get((chain, address), 0) + lost
        thefts.receivers |= {(chain, address) for address in robbery.receivers}
        for address in sorted(robbery.counterparties):
            thefts.counterparties.setdefault((chain, address), set()).add(tx)
        thefts.notes += robbery.notes
        thefts.ended |= {(chain, address) for address in robbery.ended}
        thefts.doubted |= {(chain, address + TRANSIT) for address in robbery.doubted}
        for account in robbery.paid:
            thefts.pay(account)
        for place, amount in robbery.not_seeded.items():
            origin = thefts.origins[place]
            thefts.not_seeded[origin] = thefts.not_seeded.get(origin, 0) + amount
