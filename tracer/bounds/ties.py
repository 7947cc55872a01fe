"""Ties: events of one block or second whose order nobody knows, and bounds that hold for every order (method ev-ties).

The rules follow the order of the rows. The bounds run on another plan, :func:`bounds_plan`, that allows at least what
every order of every tie allows. Why it contains each of them:

*One order, more openings.* Take any order of the ties that the true openings permit, and any legal rule on it. Give an
account more clean money at its opening and never touch it: the rule stays legal and puts the same units everywhere. So
an opening may be raised, never lowered. Where it is not known it is raised to the largest need of any order: in every
tie all that an account pays comes before all that it receives.

*Credits first.* Let each payment of that rule carry the same stolen units, but let every account be credited before it
is debited inside the tie. During the credits both its stolen and its clean units only grow, during the debits they only
fall, to where they stood at the end of the tie before: neither is ever below 0. So the rule is legal in that order too,
as long as there is one, payer before payee all the way.

*Circles.* Where accounts pay each other in a circle no such order exists, and the events of the circle become one, all
debits before all credits, a part for each asset (a mint stays a part of its own). Say an account of the circle begins
it with T stolen units of B in all, and the rule took d of its debits D and gave c of its credits. Units that came in
and went out again may be exchanged: let it pay d − s and receive c − s instead. With s = d − T where d > T, else
with −s = (D − d) − (B − T) where that is above 0, else with s = 0, what it pays is there at the start. For the first
B ≥ D must hold, hence its opening is raised to its largest need even where it is known; for the second nothing but that
its clean units were not below 0 at the end. Every account ends as before, credits that leave the circle are as before,
and as much is exchanged on both sides of the pool, so the one event can do it.

*Thefts.* A theft in a circle is two things: what it pays is stolen, whatever its victim holds, so that it can come
first; and as much of what its victim holds, which may be of other thefts, ends there. Nobody receives that, so it can
come last. Apart, the two need no order that the rows do not tell.

A conversion moves like all else: what it is given turns into what it gives at one rate in every order. Only in a circle
it keeps its place, and what stands before it in the rows stays before it (a circle of conversions would make money).
There the interval does not contain every order, and nothing certain may rest on the accounts concerned
(:func:`unordered`). Elsewhere it does; it need not be the tightest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.bounds.circles import circling, in_order
from tracer.ledger import EventArrays
from tracer.model import LABEL_EVENT, Account, ChainId, Event, Leg, Lot, Part
from tracer.taint import CLEAN, TaintProblem, reach

Tie = tuple[int, int]
"""Half-open range of places in a sequence of events."""
_Key = tuple[int, int, int]

_ROBBED: Final = "~robbed"
"""Ends the name of whom a theft is paid by where what its victim held ends apart from it."""


def victim_of(account: Account) -> Account:
    """Return whom a debit of a theft is taken from, of an event of :func:`bounds_plan`."""
    return account._replace(holder=account.holder.removesuffix(_ROBBED))


def bounds_plan(
    plan: TaintProblem,
    ties: Sequence[Tie],
    known: Mapping[Account, int] | None = None,
    stops: Callable[[ChainId, str], bool] | None = None,
) -> TaintProblem:
    """Return the plan that bounds run on: it allows all that any order of any tie allows.

    Parameters
    ----------
    plan : TaintProblem
        As the rules run it, its events in row order.
    ties : sequence of (int, int)
        Ranges of its events whose order is not known.
    known : mapping of Account to int, optional
        Opening balances that are known, base units: they are not raised, except in a circle.
    stops : callable, optional
        Whether a holder absorbs that only another order leads to; those of the plan unless told.

    Returns
    -------
    TaintProblem
        The plan itself where it has no ties.
    """
    if not ties:
        return plan
    order = _Order(plan.events, ties, plan.thefts)
    amounts = _raised(plan, order, known or {})
    thefts = {
        (moved.event, moved.part, key[2] if key[2] < 0 else moved.debit(key[2])): origin
        for key, origin in plan.thefts.items()
        for moved in (order.moved[key[0], key[1]],)
    }
    cut = frozenset(
        (moved.event, moved.part, moved.credit(key[2])) for key in plan.cut for moved in (order.moved[key[0], key[1]],)
    )
    whole = replace(
        plan, events=tuple(_moving_all(order.events, amounts)), thefts=thefts, cut=cut, circles=order.circles
    )
    return _reaching(whole, amounts, stops or (lambda chain, holder: (chain, holder) in plan.stopped))


def open_runs(events: Sequence[Event], ties: Iterable[Tie]) -> list[Tie]:
    """Return the ranges inside ties in which the order is open; conversions in a circle part them."""
    found: list[Tie] = []
    for first, last in ties:
        start = first
        for place in [*_keeping_place(events, first, last), last]:
            if place - start > 1:
                found.append((start, place))
            start = place + 1
    return found


def unordered(events: Sequence[Event], ties: Iterable[Tie]) -> frozenset[Account]:
    """Return the accounts whose figures rest on the place that a conversion has among the rows of its tie.

    They are touched on both sides of it, or are converted from or to one that something else in the tie touches: in
    another order of the rows another sum is converted. What is converted inside a theft's transaction comes right after
    the theft, which is one event with it.
    """
    found: set[Account] = set()
    for first, last in ties:
        keeping = _keeping_place(events, first, last)
        if not keeping:
            continue
        segments: dict[Account, set[int]] = defaultdict(set)
        names: dict[Account, set[str]] = defaultdict(set)
        segment, fixed = 0, set(keeping)
        for place in range(first, last):
            segment += place in fixed or place - 1 in fixed
            for account in _accounts(events[place].parts):
                segments[account].add(segment)
                names[account].add(events[place].name)
        moved = {account for account, mine in segments.items() if len(mine) > 1 and len(names[account]) > 1}
        found |= moved
        for place in keeping:
            for part in events[place].parts:
                accounts = _accounts([part])
                if not moved.isdisjoint(accounts):
                    found |= accounts
    return frozenset(found)


def _keeping_place(events: Sequence[Event], first: int, last: int) -> list[int]:
    """Return the places of a tie's conversions whose money can come back to them inside it."""
    swaps = [place for place in range(first, last) if any(part.is_swap for part in events[place].parts)]
    return circling(events, first, last, swaps)


def _accounts(parts: Iterable[Part]) -> set[Account]:
    return {leg.account for part in parts for leg in (*part.debits, *part.credits) if not leg.sink}


def least_openings(
    events: Sequence[Event], ties: Iterable[Tie], *, debits_first: bool, whole: bool = False
) -> dict[Account, int]:
    """Return the least opening balance of every account that needs one, in base units, whatever the order of the ties.

    Parameters
    ----------
    debits_first : bool
        Whether all that an account pays in a tie comes first (the largest need of any order), or all it receives (the
        least).
    whole : bool, default False
        Whether conversions move in a tie like all else, so that nothing depends on the order of the rows.
    """
    ties = tuple(ties)
    if isinstance(events, EventArrays) and not ties:
        return dict(events.opening)
    balance: dict[Account, int] = defaultdict(int)
    lowest: dict[Account, int] = {}
    start_of = dict(ties if whole else open_runs(events, ties))
    place = 0
    while place < len(events):
        last = start_of.get(place, place + 1)
        run = events[place:last]
        alone = len(run) == 1
        if alone or debits_first:
            _pay(run, balance, lowest)
            _receive(run, balance)
        else:
            _receive(run, balance)
            _pay(run, balance, lowest)
        place = last
    return {account: -low for account, low in sorted(lowest.items())}


def touching(events: Sequence[Event], ties: Iterable[Tie], followed: Collection[Account]) -> tuple[int, int]:
    """Return how many ties touch a followed account, and in how many of them one both is paid and pays."""
    touched = both = 0
    for first, last in ties:
        paid: set[Account] = set()
        received: set[Account] = set()
        for event in events[first:last]:
            for part in event.parts:
                paid.update(leg.account for leg in part.debits if leg.account in followed)
                received.update(leg.account for leg in part.credits if not leg.sink and leg.account in followed)
        touched += bool(paid or received)
        both += not paid.isdisjoint(received)
    return touched, both


@dataclass(slots=True)
class _Moved:
    """Where a part went: its new event and part, and how many debits and credits stand before its own there."""

    event: int
    part: int
    debits: int = 0
    credits: int = 0

    def debit(self, leg: int) -> int:
        return self.debits + leg

    def credit(self, leg: int) -> int:
        return self.credits + leg


@dataclass(slots=True)
class _Order:
    """Events with payers before payees in every tie, circles as one event, and where each part went."""

    source: Sequence[Event]
    ties: Sequence[Tie]
    thefts: Collection[_Key]
    events: list[Event] = field(default_factory=list)
    moved: dict[tuple[int, int], _Moved] = field(default_factory=dict)
    circling: set[Account] = field(default_factory=set)
    circles: dict[int, frozenset[Account]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        done = 0
        robbed = sorted({event for event, _, _ in self.thefts})
        for first, last in open_runs(self.source, self.ties):
            self._keep(range(done, first))
            ends = self._part_thefts(first, last, robbed[bisect_left(robbed, first) : bisect_left(robbed, last)])
            for group in in_order(self.source, first, last):
                if len(group) == 1:
                    self._keep(group)
                else:
                    self._join(group)
            self.events += [numbered(event, len(self.events) + more) for more, event in enumerate(ends)]
            done = last
        self._keep(range(done, len(self.source)))

    def _part_thefts(self, first: int, last: int, robbed: Collection[int]) -> list[Event]:
        """Part the thefts in circles of a run from what their victims held, and return the events that end that."""
        round_about = circling(self.source, first, last, robbed)
        if not round_about:
            return []
        source, ends = list(self.source), []
        for place in round_about:
            event = source[place]
            parts, held = [], []
            for rank, part in enumerate(event.parts):
                debits = []
                for number, leg in enumerate(part.debits):
                    if (place, rank, number) not in self.thefts:
                        debits.append(leg)
                        continue
                    paying = leg.account._replace(holder=leg.account.holder + _ROBBED)
                    debits.append(replace(leg, account=paying))
                    held.append(Part((leg,), (replace(leg, sink="stolen_again"),)))
                parts.append(replace(part, debits=tuple(debits)))
            source[place] = replace(event, parts=tuple(parts))
            ends.append(replace(event, parts=tuple(held), readings=()))
        self.source = source
        return ends

    def _keep(self, places: Iterable[int]) -> None:
        for place in places:
            event = self.source[place]
            for part in range(len(event.parts)):
                self.moved[place, part] = _Moved(len(self.events), part)
            self.events.append(numbered(event, len(self.events)))

    def _join(self, group: Sequence[int]) -> None:
        """Make one event of a circle."""
        number = len(self.events)
        debits: dict[str, list[Leg]] = {}
        credits: dict[str, list[Leg]] = {}
        place_of: dict[str, int] = {}
        mints: list[Part] = []
        minted: list[tuple[int, int]] = []
        for place in group:
            for rank, part in enumerate(self.source[place].parts):
                if not part.debits:
                    mints.append(part)
                    minted.append((place, rank))
                    continue
                asset = part.debits[0].account.asset
                out, into = debits.setdefault(asset, []), credits.setdefault(asset, [])
                at = place_of.setdefault(asset, len(place_of))
                self.moved[place, rank] = _Moved(number, at, len(out), len(into))
                out += part.debits
                into += part.credits
        parts = [Part(tuple(debits[asset]), tuple(credits[asset])) for asset in place_of]
        for one, part in zip(minted, mints, strict=True):
            self.moved[one] = _Moved(number, len(parts))
            parts.append(part)
        first = self.source[group[0]]
        self.circles[number] = frozenset(_both_sides([self.source[place] for place in group]))
        self.circling |= self.circles[number]
        self.events.append(replace(first, index=number, kind="transfer", parts=tuple(parts)))


def _both_sides(events: Iterable[Event]) -> set[Account]:
    """Return the accounts that are paid and pay in some of the events."""
    paid: set[Account] = set()
    received: set[Account] = set()
    for event in events:
        for part in event.parts:
            paid.update(leg.account for leg in part.debits)
            received.update(leg.account for leg in part.credits if not leg.sink)
    return paid & received


def numbered(event: Event, number: int) -> Event:
    """Return an event under another number."""
    return event if event.index == number else replace(event, index=number)


def _pay(run: Iterable[Event], balance: dict[Account, int], lowest: dict[Account, int]) -> None:
    for event in run:
        for part in event.parts:
            for leg in part.debits:
                left = balance[leg.account] - leg.amount
                balance[leg.account] = left
                if left < lowest.get(leg.account, 0):
                    lowest[leg.account] = left


def _receive(run: Iterable[Event], balance: dict[Account, int]) -> None:
    for event in run:
        for part in event.parts:
            for leg in part.credits:
                if not leg.sink:
                    balance[leg.account] += leg.amount


def _raised(plan: TaintProblem, order: _Order, known: Mapping[Account, int]) -> dict[Account, int]:
    """Return the opening balance of every account, raised to the largest need of any order where it is not known."""
    most = least_openings(plan.events, order.ties, debits_first=True)
    least = least_openings(plan.events, order.ties, debits_first=False)
    given = {account: sum(lot.amount for lot in lots) for account, lots in plan.opening.items()}
    amounts: dict[Account, int] = {}
    for account in most.keys() | given.keys() | known.keys():
        sure = account in known and account not in order.circling
        need = max(least.get(account, 0), known.get(account, 0)) if sure else most.get(account, 0)
        amounts[account] = max(need, given.get(account, 0))
    # What a later segment of a holder needs it had from the start: a label moves it on, with all that was there.
    before = {
        leg.account: part.debits[0].account
        for event in plan.events
        if event.kind == LABEL_EVENT
        for part in event.parts
        for leg in part.credits
    }
    for account in [one for one in amounts if one in before and one not in known]:
        first = account
        while first in before:
            first = before[first]
        amounts[first] = amounts.get(first, 0) + amounts.pop(account)
    return amounts


def _moving_all(events: Sequence[Event], amounts: Mapping[Account, int]) -> list[Event]:
    """Return the events where a label that begins or ends moves all that its holder has, as the best order gives it.

    Row order gave it less where it made the holder pay, in a tie, out of what came in it (methods ev-ties and lb-time).
    """
    if not any(event.kind == LABEL_EVENT for event in events):
        return list(events)
    balance: dict[Account, int] = defaultdict(int, amounts)
    found = []
    for event in events:
        if event.kind == LABEL_EVENT:
            parts = []
            for part in event.parts:
                (debit,), (credit,) = part.debits, part.credits
                amount = max(debit.amount, balance[debit.account])
                parts.append(Part((replace(debit, amount=amount),), (replace(credit, amount=amount),)))
            event = replace(event, parts=tuple(part for part in parts if part.debits[0].amount))  # noqa: PLW2901
        for part in event.parts:
            for leg in part.debits:
                balance[leg.account] -= leg.amount
            for leg in part.credits:
                if not leg.sink:
                    balance[leg.account] += leg.amount
        found.append(event)
    return found


def _reaching(
    plan: TaintProblem, amounts: Mapping[Account, int], stops: Callable[[ChainId, str], bool]
) -> TaintProblem:
    """Return a plan with its openings and with all that stolen money can have reached in any order."""
    stolen = {
        account: sum(lot.amount for lot in lots if lot.label != CLEAN)
        for account, lots in plan.opening.items()
        if any(lot.label != CLEAN for lot in lots)
    }
    found = reach(plan.events, amounts, stolen, plan.thefts, stops)
    tracked = plan.tracked | found.tracked
    return replace(
        plan,
        opening={
            account: _topped_up(plan.opening.get(account, ()), amounts.get(account, 0)) for account in sorted(tracked)
        },
        stopped=plan.stopped | frozenset(holder for holder in found.hop if stops(*holder)),
        tracked=tracked,
    )


def _topped_up(lots: tuple[Lot, ...], amount: int) -> tuple[Lot, ...]:
    """Return opening lots with clean money added, oldest, up to an amount."""
    missing = amount - sum(lot.amount for lot in lots)
    if missing <= 0:
        return lots
    if lots and lots[0].label == CLEAN:
        return (lots[0]._replace(amount=lots[0].amount + missing), *lots[1:])
    return (Lot(missing, CLEAN, 0), *lots)
