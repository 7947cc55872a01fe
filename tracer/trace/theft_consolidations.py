"""Seeds that take the same units twice: a payment among those who have a theft's units, listed as a second theft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tracer.errors import InputError
from tracer.ledger import Ledger
from tracer.model import Account, Event, Leg, Part, Seed
from tracer.trace.theft_claims import Claim, IsKnown
from tracer.trace.theft_layout import Robbery
from tracer.trace.thefts import Thefts


@dataclass(slots=True)
class Read:
    """What the seeds take, as far as they are read.

    Attributes
    ----------
    ledger : Ledger
        The events as they are built.
    thefts : Thefts
        What is told of them.
    claims : dict of int to list of Claim
        By event: what ``tx`` seeds take in it.
    outputs : dict of int to list of (int, Seed, Leg, int)
        By event: outpoints it makes that a seed takes; number of the seed, seed, credit, place of the origin.
    held : list of (int, Seed, Account)
        What holders and outpoints have by a seed, with its number.
    """

    ledger: Ledger
    thefts: Thefts = field(default_factory=Thefts, kw_only=True)
    claims: dict[int, list[Claim]] = field(default_factory=dict, kw_only=True)
    outputs: dict[int, list[tuple[int, Seed, Leg, int]]] = field(default_factory=dict, kw_only=True)
    held: list[tuple[int, Seed, Account]] = field(default_factory=list, kw_only=True)


def check_consolidations(read: Read, is_service: IsKnown, robbery: Callable[[int], Robbery]) -> None:
    """Refuse seeds that take the same units twice: what one theft paid, a second of the same name takes again.

    Parameters
    ----------
    read : Read
        What the seeds take.
    is_service : callable
        Whether an address is known as a service, which pays its customers' money.
    robbery : callable
        What an event is laid out as, by its index.

    Raises
    ------
    InputError
        With both seeds.
    """
    paid: dict[tuple[str, Account], int] = {}
    spots: list[tuple[int, str, list[Account], list[Account], int]] = []
    for index, claims in read.claims.items():
        nets = read.ledger.nets[index]
        for claim in claims:
            gets = [leg.account for leg in nets.credits.get(claim.asset, ()) if not leg.sink]
            if claim.recipient:
                gets = [leg.account for leg in nets.credits[claim.asset] if leg.address == claim.recipient]
            gives = [] if claim.named else [leg.account for leg in claim.takes]
            spots.append((index, claim.origin_name, gets, gives, claim.number))
    for index, outputs in read.outputs.items():
        for number, seed, leg, _ in outputs:
            event = read.ledger.events[index]
            spent = [one.account for part in event.parts for one in part.debits]
            spots.append((index, seed.origin, [leg.account], spent, number))
    _refuse_outputs_of_claims(read)
    opened = _opened(read)
    begun = {(seed.origin, account) for _, seed, account in opened} | {
        (seed.origin, leg.account) for outputs in read.outputs.values() for _, seed, leg, _ in outputs
    }
    spots += [(-1, seed.origin, [account], [], number) for number, seed, account in opened]
    spots.sort(key=lambda spot: (spot[0], spot[4]))
    last = max((index for index, _, _, gives, _ in spots if gives), default=-1)
    robbed: dict[str, set[Account]] = {}
    reached, before = _Reached(read.ledger, is_service), -1
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
                read.thefts.notes.append(
                    f"Note: seed {number} takes from {account.holder}, which was paid by those who have units of "
                    f"seed {first}: both count for {name}. Should these be the same units, leave seed {number} out."
                )
        for account in gets:
            reached.mark(name, account, number)
            first = paid.get((name, account))
            if first is not None and (name, account) in begun:
                raise InputError(
                    f"Seeds {first} and {number} count the same money of {account.holder} for {name}.",
                    why="It begins with stolen units, and a theft of the same name pays it.",
                    next_step="Keep the seed of the transaction; give the other a name of its own if it is other "
                    "money.",
                )
            paid[name, account] = number
        # Whom a pool paid for the units has them too.
        for account in robbery(index).paid if index in read.claims else ():
            paid.setdefault((name, account), number)
            reached.mark(name, account, number)


def _refuse_outputs_of_claims(read: Read) -> None:
    """Refuse an output seed of what a seed of its transaction takes already."""
    for index, outputs in read.outputs.items():
        for number, seed, leg, _ in outputs:
            for claim in read.claims.get(index, ()):
                gets = claim.recipient == leg.address or (not claim.recipient and leg.address not in claim.victims)
                if claim.asset == leg.account.asset and gets:
                    raise InputError(
                        f"Seeds {min(number, claim.number)} and {max(number, claim.number)} both claim "
                        f"{seed.value}: one takes it as an output, one as what its transaction pays.",
                        why="No unit is stolen twice.",
                        next_step="Keep one of them, or name another recipient in the seed of the transaction.",
                    )


def _opened(read: Read) -> list[tuple[int, Seed, Account]]:
    """Return the seeds whose units the table does not show arriving and which it does not need either."""
    return [
        (number, seed, account)
        for number, seed, account in read.held
        if account in read.thefts.opening
        and (seed.kind == "output" or (seed.amount or 0) > read.ledger.opening.get(account, 0))
    ]


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
