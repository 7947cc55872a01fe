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
from tracer.model import TRANSIT, Account, AssetId, ChainId, Event, Holder, Leg, Origin, Part, Seed, Unread, chain_of
from tracer.trace.theft_claims import NOBODY, Claim, IsKnown, find_victims
from tracer.trace.theft_layout import Robbery, robbery_of
from tracer.trace.theft_shares import allotted
from tracer.trace.theft_sides import flows_in_words


@dataclass(slots=True)
class Thefts:
    """What the seeds take.

    Attributes
    ----------
    origins : list of Origin
        In theft order: the order of the seeds, then of the assets as paid.
    debits : dict of (int, int, int) to int
        Debits (event, part, debit; -1 for a mint) at which stolen units begin; their origin's place in `origins`.
    opening : dict of Account to list of (int, int)
        Stolen opening balances: (origin, amount in base units), in seed order.
    asserted : set of Account
        Those of them that rest on a publisher's statement.
    stolen : dict of Origin to int
        What was stolen, base units: what the audit compares with.
    stolen_by_grade : dict of Origin to dict of str to int
        The same by the grade of the theft's rows.
    paid : dict of Account to None
        Accounts the thefts pay, and those that begin with stolen units; a passage through a pool is none.
    victims : set of (ChainId, str)
        Addresses that lost what is stolen; never flagged.
    robbed : dict of Origin to dict of (ChainId, str) to int
        The same of each theft and asset, with what each of them lost, base units.
    doubted : set of (ChainId, str)
        Passages through what nobody says is a pool.
    ended : set of (ChainId, str)
        Receivers that are taken for contracts, though nobody says so, because they paid several assets.
    receivers : set of (ChainId, str)
        Addresses that may be called receivers of a theft: named, or the only ones; and holders and outpoints of seeds.
    counterparties : dict of (ChainId, str) to set of str
        Other net payers of a theft transaction, pools that swapped inside it among them, by transaction: what they got
        in it makes nobody flag them.
    not_seeded : dict of Origin to int
        Lost by the victims there, but not seeded, base units.
    notes : list of str
        What a reader must know, in sentences.
    """

    origins: list[Origin] = field(default_factory=list)
    debits: dict[tuple[int, int, int], int] = field(default_factory=dict)
    opening: dict[Account, list[tuple[int, int]]] = field(default_factory=dict)
    asserted: set[Account] = field(default_factory=set)
    stolen: dict[Origin, int] = field(default_factory=dict)
    stolen_by_grade: dict[Origin, dict[str, int]] = field(default_factory=dict)
    paid: dict[Account, None] = field(default_factory=dict)
    victims: set[Holder] = field(default_factory=set)
    robbed: dict[Origin, dict[Holder, int]] = field(default_factory=dict)
    doubted: set[Holder] = field(default_factory=set)
    ended: set[Holder] = field(default_factory=set)
    receivers: set[Holder] = field(default_factory=set)
    counterparties: dict[Holder, set[str]] = field(default_factory=dict)
    not_seeded: dict[Origin, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def origin(self, name: str, asset: AssetId) -> int:
        """Return the place of an origin, entering it if it is new."""
        origin = Origin(name, asset)
        if origin not in self.origins:
            self.origins.append(origin)
            self.stolen[origin] = 0
            self.stolen_by_grade[origin] = {}
        return self.origins.index(origin)

    def count(self, origin: int, amount: int, grade: str) -> None:
        """Count units as stolen."""
        one = self.origins[origin]
        self.stolen[one] += amount
        by_grade = self.stolen_by_grade[one]
        by_grade[grade] = by_grade.get(grade, 0) + amount

    def stolen_at_opening(self) -> dict[Account, int]:
        """Return the stolen part of every opening balance, base units."""
        return {account: sum(amount for _, amount in lots) for account, lots in self.opening.items()}

    def pay(self, account: Account) -> None:
        """Enter an account that a theft pays."""
        self.paid.setdefault(account)


def theft_transactions(seeds: Iterable[Seed]) -> frozenset[tuple[ChainId, str]]:
    """Return the transactions that seeds name, with their chain; an empty chain means any."""
    return frozenset((seed.chain, seed.value) for seed in seeds if seed.kind == "tx")


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
    search.check_consolidations()
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


class _Reached:
    """Whom the units of earlier seeds reached, as events go by: all of what somebody has, or a part of it.

    Only where all that an account ever had came out of the hands of receivers is it sure that a later theft of it is
    none. A service absorbs: its customers are reached in part, as is who has other money besides.
    """

    def __init__(self, ledger: Ledger, is_service: IsKnown) -> None:
        self._ledger, self._is_service = ledger, is_service
        self._done = 0
        self._number: dict[tuple[str, Account], int] = {}
        self._mixed: set[tuple[str, Account]] = set()
        self._had: set[Account] = set()

    def mark(self, name: str, account: Account, number: int) -> None:
        """Put down that a seed pays an account."""
        self._number.setdefault((name, account), number)
        if account in self._had:
            self._mixed.add((name, account))

    def over(self, index: int) -> None:
        """Let the event of a seed go by, whose payments are marked."""
        if index >= max(self._done, 0):
            self._had |= _paid_in(self._ledger.events[index])
            self._done = index + 1

    def whole(self, name: str, account: Account) -> int | None:
        """Return the seed whose receivers all that an account ever had came from; ``None`` where it has other money."""
        if (name, account) in self._mixed or self._ledger.opening.get(account):
            return None
        return self._number.get((name, account))

    def part(self, name: str, account: Account) -> int | None:
        """Return the seed whose receivers some of what an account had came from."""
        return self._number.get((name, account))

    def until(self, stop: int) -> None:
        """Let the events before `stop` go by."""
        events, self._done = self._ledger.events[self._done : max(stop, 0)], max(self._done, stop, 0)
        names = sorted({name for name, _ in self._number})
        for event in events:
            for part in event.parts:
                for name in names:
                    self._pay(name, part, event)
            self._had |= _paid_in(event)

    def _pay(self, name: str, part: Part, event: Event) -> None:
        found = [(name, leg.account) for leg in part.debits if (name, leg.account) in self._number]
        clean = len(found) < len(part.debits) or any(self.whole(*one) is None for one in found)
        clean = clean or any(
            self._is_service(leg.account.chain, leg.address, event) is not False for leg in part.debits
        )
        for leg in part.credits:
            key = name, leg.account
            if not leg.sink and found:
                fresh = key not in self._number
                self._number.setdefault(key, self._number[found[0]])
                if clean or (fresh and leg.account in self._had):
                    self._mixed.add(key)
            elif not leg.sink and key in self._number:
                self._mixed.add(key)


def _paid_in(event: Event) -> set[Account]:
    return {leg.account for part in event.parts for leg in part.credits if not leg.sink}


@dataclass(slots=True)
class _Search:
    """Claims while the seeds are read, one after the other."""

    ledger: Ledger
    is_victim: IsKnown
    is_pool: IsKnown
    is_service: IsKnown
    known: Mapping[Account, int]
    thefts: Thefts = field(default_factory=Thefts)
    claims: dict[int, list[Claim]] = field(default_factory=dict)
    robberies: dict[int, Robbery] = field(default_factory=dict)
    giving: dict[tuple[ChainId, str], set[str]] = field(default_factory=dict)
    outputs: dict[int, list[tuple[int, Seed, Leg, int]]] = field(default_factory=dict)
    held: list[tuple[int, Seed, Account]] = field(default_factory=list)
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

    def check_consolidations(self) -> None:
        """Refuse seeds that take the same units twice: what one theft paid, a second of the same name takes again."""
        paid: dict[tuple[str, Account], int] = {}
        spots: list[tuple[int, str, list[Account], list[Account], int]] = []
        for index, claims in self.claims.items():
            nets = self.ledger.nets[index]
            for claim in claims:
                gets = [leg.account for leg in nets.credits.get(claim.asset, ()) if not leg.sink]
                if claim.recipient:
                    gets = [leg.account for leg in nets.credits[claim.asset] if leg.address == claim.recipient]
                gives = [] if claim.named else [leg.account for leg in claim.takes]
                spots.append((index, claim.origin_name, gets, gives, claim.number))
        for index, outputs in self.outputs.items():
            for number, seed, leg, _ in outputs:
                event = self.ledger.events[index]
                spent = [one.account for part in event.parts for one in part.debits]
                spots.append((index, seed.origin, [leg.account], spent, number))
        self._refuse_outputs_of_claims()
        opened = self._opened()
        begun = {account for _, _, account in opened} | {
            leg.account for outputs in self.outputs.values() for _, _, leg, _ in outputs
        }
        spots += [(-1, seed.origin, [account], [], number) for number, seed, account in opened]
        spots.sort(key=lambda spot: (spot[0], spot[4]))
        last = max((index for index, _, _, gives, _ in spots if gives), default=-1)
        robbed: dict[str, set[Account]] = {}
        reached, before = _Reached(self.ledger, self.is_service), -1
        for index, name, gets, gives, number in spots:
            if before < index <= last:
                reached.over(before)
                reached.until(index)
            before = index
            taken = [account for account in gives if account not in robbed.get(name, ())]
            robbed.setdefault(name, set()).update(taken)
            for account in taken:
                first = paid.get((name, account), reached.whole(name, account))
                if first is not None:
                    raise InputError(
                        f"Seed {number} takes from {account.holder} what seed {first} paid it, or paid those who "
                        f"paid it: both count for {name}.",
                        why="The second is a payment among those who have one theft's units, not a theft: its units "
                        "would be stolen twice.",
                        next_step="Leave the second seed out; the trace follows it. If it is a theft of other money, "
                        "name its victim or give it an origin of its own.",
                    )
                if (first := reached.part(name, account)) is not None:
                    self.thefts.notes.append(
                        f"Note: seed {number} takes from {account.holder}, which was paid by those who have units of "
                        f"seed {first}: both count for {name}. Should these be the same units, leave seed {number} out."
                    )
            for account in gets:
                reached.mark(name, account, number)
                first = paid.get((name, account))
                if first is not None and account in begun:
                    raise InputError(
                        f"Seeds {first} and {number} count the same money of {account.holder} for {name}.",
                        why="It begins with stolen units, and a theft of the same name pays it.",
                        next_step="Keep the seed of the transaction; give the other a name of its own if it is other "
                        "money.",
                    )
                paid[name, account] = number
            # Whom a pool paid for the units has them too.
            for account in self._robbery(index).paid if index in self.claims else ():
                paid.setdefault((name, account), number)
                reached.mark(name, account, number)

    def _refuse_outputs_of_claims(self) -> None:
        """Refuse an output seed of what a seed of its transaction takes already."""
        for index, outputs in self.outputs.items():
            for number, seed, leg, _ in outputs:
                for claim in self.claims.get(index, ()):
                    gets = claim.recipient == leg.address or (not claim.recipient and leg.address not in claim.victims)
                    if claim.asset == leg.account.asset and gets:
                        raise InputError(
                            f"Seeds {min(number, claim.number)} and {max(number, claim.number)} both claim "
                            f"{seed.value}: one takes it as an output, one as what its transaction pays.",
                            why="No unit is stolen twice.",
                            next_step="Keep one of them, or name another recipient in the seed of the transaction.",
                        )

    def _opened(self) -> list[tuple[int, Seed, Account]]:
        """Return the seeds whose units the table does not show arriving and which it does not need either."""
        return [
            (number, seed, account)
            for number, seed, account in self.held
            if account in self.thefts.opening
            and (seed.kind == "output" or (seed.amount or 0) > self.ledger.opening.get(account, 0))
        ]

    def result(self) -> tuple[Ledger, Thefts]:
        """Lay the events out and return the ledger with what is stolen in it."""
        thefts, inserted = self.thefts, {}
        marks: dict[int, list[tuple[int, int, int, int]]] = {}
        for index in sorted(self.claims.keys() | self.outputs.keys()):
            event = self.ledger.events[index]
            events, found = [event], []
            if index in self.claims:
                robbery = self._robbery(index)
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

    def _robbery(self, index: int) -> Robbery:
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
            mine = thefts.robbed.setdefault(origin, {})
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
