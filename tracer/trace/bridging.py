"""Links as movements: what goes into a bridge comes out of it on another chain, as far as its links are followed.

Theory of operation
-------------------
A link names two rows of the table: a payment into a bridge, and a payment out of one. In the ledger the first pays, in
place of the bridge, a *passage* of this link alone, and the second is paid by the passage in place of the bridge. It
gets the whole amount and gives the whole amount, so that nothing stays in it and nothing else gets into it; what the
bridge does with its other money is as before. On the way the asset changes as in a swap: lots are scaled to what came
out, and origin amounts travel unscaled, so that one audit closes over all chains. Where both ends are of one unit, what
came out less than went in is a fee of its own, taken as the rule takes any payment.

A payment out has to come after its payment in. Where headers say otherwise, within what the clocks of two chains allow,
the events are put in the first order that is possible: each chain keeps its own. A link that no order permits, that
does not fit the rows, or whose rows another link has, is not followed, and a note says so.

Source: methods xc-follow, ev-order.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tracer.bounds import numbered
from tracer.ledger import Ledger, opening_balances, split_legs, with_events
from tracer.links import tolerance_between
from tracer.model import (
    PASSAGE,
    TRANSIT,
    Account,
    Event,
    Leg,
    Link,
    LinkEnd,
    Part,
    Transfer,
    at_least,
    weakest,
)
from tracer.trace.options import Options

FOLLOWED: Final = {"none": "", "identified": "identified", "inferred": "inferred"}
"""By what ``--follow`` says: the weakest grade of links that is followed."""

_DECIMALS: Final = 36
"""More decimals than two forms of one unit differ by."""


@dataclass(frozen=True, slots=True)
class FollowedLink:
    """A link whose two rows were found.

    Attributes
    ----------
    name : str
        What it is called in tables: protocol and identifier, or the transactions of both ends.
    link : Link
        The link.
    source, destination : int
        Its rows, by index.
    passage : Account or None
        Through which it passes in the ledger; ``None`` before that is made.
    """

    name: str
    link: Link
    source: int
    destination: int
    passage: Account | None = None


@dataclass(frozen=True, slots=True)
class Bridged:
    """A ledger in which links are movements.

    Attributes
    ----------
    ledger : Ledger
        With the passages, and a note for each link that is not followed.
    followed : tuple of FollowedLink
        Those that are, in order of their names.
    """

    ledger: Ledger
    followed: tuple[FollowedLink, ...] = ()

    def passages(self) -> dict[Account, bool]:
        """Return the passages, and of each whether all of its history is here.

        What an identifier links goes nowhere else; of what is inferred nobody can vouch for that.
        """
        return {one.passage: one.link.grade == "identified" for one in self.followed if one.passage}

    def rows(self) -> dict[int, FollowedLink]:
        """Return the link of each row that is an end of one."""
        return {row: one for one in self.followed for row in (one.source, one.destination)}


def name_of(link: Link) -> str:
    """Return what a link is called: its protocol and identifier, or the transactions of its ends."""
    other = "" if link.destination is None else f">{link.destination.tx}"
    return f"{link.protocol or 'link'}:{link.key or f'{link.source.tx}{other}'}"


def chosen(links: Iterable[Link], options: Options) -> list[Link]:
    """Return the links that are followed under the options, each once, in order of their names.

    Backward none is: where money came from is asked of one side of a bridge alone.
    """
    if options.direction == "back":
        return []
    weakest_grade = FOLLOWED[options.follow]
    found = {}
    for link in links:
        wanted = bool(weakest_grade) and at_least(link.grade, weakest_grade) and at_least(link.grade, options.grade)
        wanted = wanted and (link.tier != "amount_time" or options.follow_leads)
        if wanted and link.destination is not None and not link.rivals:
            found[repr(link)] = link
    return sorted(found.values(), key=lambda link: (name_of(link), repr(link)))


def in_order(ledger: Ledger, links: Iterable[Link], options: Options) -> Ledger:
    """Return the ledger with every payment out after its payment in, as far as the clocks of the chains allow that."""
    pairs = []
    found = _found(ledger, chosen(links, options))[0]
    places = _places(ledger) if found else {}
    for one in found:
        gone, come = places.get(one.source), places.get(one.destination)
        if gone is not None and come is not None and come < gone and not _too_early(one.link):
            pairs.append((gone, come))
    if not pairs:
        return ledger
    order = _possible(ledger, pairs)
    new = {old: place for place, old in enumerate(order)}
    events = tuple(numbered(ledger.events[old], place) for place, old in enumerate(order))
    note = (
        f"{len(pairs)} link(s) pay out, by the headers of two chains, before they are paid in, by less than their "
        "clocks can be wrong: each chain keeps its order, and what goes in comes first."
    )
    return replace(
        ledger,
        events=events,
        opening=opening_balances(events),
        ties=tuple(sorted((new[start], new[end - 1] + 1) for start, end in ledger.ties)),
        nets={new[old]: nets for old, nets in ledger.nets.items()},
        notes=(*ledger.notes, note),
    )


def bridged(ledger: Ledger, links: Iterable[Link], options: Options, robbed: Collection[int]) -> Bridged:
    """Return the ledger in which the links that are followed are movements.

    Parameters
    ----------
    ledger : Ledger
        Thefts laid out; events as :func:`in_order` has them.
    links : iterable of Link
        All that the case has.
    options : Options
        Which of them are followed.
    robbed : collection of int
        Events at which thefts take something: nothing is paid out of a bridge in them.
    """
    wanted = chosen(links, options)
    if not wanted:
        return Bridged(ledger)
    candidates, notes = _found(ledger, wanted)
    places = _places(ledger)
    events = list(ledger.events)
    followed: list[FollowedLink] = []
    for one in candidates:
        reason = _fault(one, places, robbed)
        changed = None if reason else _rewired(one, events, places, len(followed) + 1)
        if changed is None:
            notes.append(_not_followed(one.link, reason or "its rows are netted with others of their events"))
            continue
        for event in changed[:2]:
            events[event.index] = event
        followed.append(replace(one, passage=changed[2]))
    if not followed:
        return Bridged(replace(ledger, notes=(*ledger.notes, *notes)))
    inserted = {event.index: (event,) for event in events if event is not ledger.events[event.index]}
    changed_ledger, _ = with_events(ledger, inserted)
    return Bridged(replace(changed_ledger, notes=(*changed_ledger.notes, *notes)), tuple(followed))


def _not_followed(link: Link, reason: str) -> str:
    return f"Note: the link {name_of(link)} ({link.tier}) is not followed: {reason}."


def _places(ledger: Ledger) -> dict[int, int]:
    """Return the event that each row is shown in."""
    return {
        row: event.index
        for event in ledger.events
        for part in event.parts
        for leg in (*part.debits, *part.credits)
        for row, _ in leg.shown()
    }


def _found(ledger: Ledger, links: Sequence[Link]) -> tuple[list[FollowedLink], list[str]]:
    """Return the links whose rows are in the table, each row in one link alone, and what is said of the others."""
    if not links:
        return [], []
    by: dict[tuple[str, str], list[int]] = defaultdict(list)
    wanted = {(end.chain, end.tx) for link in links for end in (link.source, link.destination) if end is not None}
    for index, row in enumerate(ledger.rows):
        if (row.chain, row.tx) in wanted:
            by[row.chain, row.tx].append(index)
    found: list[FollowedLink] = []
    notes: list[str] = []
    for link in links:
        assert link.destination is not None, "an open link is not chosen"
        gone = _row(ledger, by, link.source, going=True)
        come = _row(ledger, by, link.destination, going=False)
        if len(gone) == len(come) == 1:
            found.append(FollowedLink(name_of(link), link, gone[0], come[0]))
            continue
        which, rows = ("goes in", gone) if len(gone) != 1 else ("comes out", come)
        notes.append(_not_followed(link, f"{len(rows) or 'no'} row(s) of the table can be what {which}"))
    uses: dict[int, int] = defaultdict(int)
    for one in found:
        uses[one.source] += 1
        uses[one.destination] += 1
    single = [one for one in found if uses[one.source] == uses[one.destination] == 1]
    notes += [_not_followed(one.link, "another link has the same row") for one in found if one not in single]
    return single, notes


def _row(ledger: Ledger, by: Mapping[tuple[str, str], list[int]], end: LinkEnd, *, going: bool) -> list[int]:
    names = {str(name) for name in end.movements}
    rows = by.get((end.chain, end.tx), [])
    named = [index for index in rows if ledger.rows[index].id in names] if names else []
    return [index for index in named or rows if _is(ledger, ledger.rows[index], end, going=going)]


def _is(ledger: Ledger, row: Transfer, end: LinkEnd, *, going: bool) -> bool:
    """Return whether a row can be an end: its asset and amount, and its party or the address beside it."""
    party = row.sender if going else row.recipient
    names = ("", party, ledger.addresses.get(Account(row.chain, party, row.asset), party))
    return row.kind != "fee" and (row.asset, row.amount) == (end.asset, end.amount) and end.holder in names


def _too_early(link: Link) -> bool:
    assert link.destination is not None, "an open link is not chosen"
    delta = link.delta
    return delta is not None and delta < -tolerance_between(link.source.chain, link.destination.chain)


def _fault(one: FollowedLink, places: Mapping[int, int], robbed: Collection[int]) -> str:
    """Return why a link cannot be followed, whatever its rows are netted with; empty where it can."""
    gone, come = places.get(one.source), places.get(one.destination)
    if gone is None or come is None:
        return "one of its rows moves nothing"
    if come in robbed:
        return "what comes out of it is a theft itself"
    if _too_early(one.link):
        return "it pays out before it is paid in, by more than the clocks of both chains allow"
    if not _adds_up(one.link):
        return "its fee is not what its two amounts leave"
    return "" if gone < come else "no order of the events permits that it pays out after it is paid in"


def _adds_up(link: Link) -> bool:
    """Return whether a fee is what goes in less what comes out, at some difference of decimals between the two."""
    assert link.destination is not None, "an open link is not chosen"
    gone, come, fee = link.source.amount, link.destination.amount, link.fee
    if fee is None:
        return True
    return 0 <= fee < gone and any(
        fee in (gone - come * 10**digits, (gone * 10**digits - come) // 10**digits) for digits in range(_DECIMALS + 1)
    )


def _possible(ledger: Ledger, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Return the order nearest to the ledger's in which each chain keeps its own and sources come first, if any does.

    Events of a tie stay together. Where constraints go round in a circle, the first event of what is left goes on
    without its own, so that the links of the circle alone are not followed.
    """
    block = list(range(len(ledger.events)))
    for start, end in ledger.ties:
        block[start:end] = [start] * (end - start)
    members: dict[int, list[int]] = defaultdict(list)
    for index, first in enumerate(block):
        members[first].append(index)
    after: dict[int, set[int]] = defaultdict(set)
    latest: dict[str, int] = {}
    for first in members:
        chain = ledger.events[first].chain
        if chain in latest:
            after[latest[chain]].add(first)
        latest[chain] = first
    for gone, come in pairs:
        after[block[gone]].add(block[come])
    waits: dict[int, int] = dict.fromkeys(members, 0)
    for others in after.values():
        for other in others:
            waits[other] += 1
    ready = [first for first, count in waits.items() if not count]
    heapq.heapify(ready)
    order: list[int] = []
    left = set(members)
    waiting = iter(members)  # in order
    while left:
        first = heapq.heappop(ready) if ready else next(one for one in waiting if one in left)
        if first not in left:
            continue
        left.remove(first)
        order += members[first]
        for other in after[first]:
            waits[other] -= 1
            if not waits[other] and other in left:
                heapq.heappush(ready, other)
    return order


def _rewired(
    one: FollowedLink, events: Sequence[Event], places: Mapping[int, int], number: int
) -> tuple[Event, Event, Account] | None:
    """Return the two events of a link, and the passage between them; ``None`` where a row cannot be told apart."""
    link = one.link
    assert link.destination is not None, "an open link is not chosen"
    going, coming = events[places[one.source]], events[places[one.destination]]
    fee = min(max(link.fee or 0, 0), link.source.amount - 1)
    into = _into(going, one.source, link.source.amount, fee, number)
    if into is None:
        return None
    first, passage = into
    if fee:  # that it was kept is known by the link alone
        first = replace(first, grade=weakest((first.grade, link.grade)))
    second = _out_of(coming, one.destination, link, passage)
    return None if second is None else (first, second, passage.account)


def _into(event: Event, row: int, amount: int, fee: int, number: int) -> tuple[Event, Leg] | None:
    """Return an event that pays a passage what one of its rows pays a bridge, and the leg by which the passage pays."""
    for place, part in enumerate(event.parts):
        for at, leg in enumerate(part.credits):
            if row not in {shown for shown, _ in leg.shown()} or leg.amount < amount or part.is_swap:
                continue
            address = leg.address or leg.account.holder
            account = leg.account._replace(holder=f"{address}{PASSAGE}{number}{TRANSIT}")
            mine = [Leg(account, address, amount - fee, row)]
            if fee:
                mine.append(Leg(leg.account._replace(holder=leg.address or "fee"), leg.address, fee, row, "fee"))
            if leg.amount > amount:
                rows = tuple(shown for shown in leg.rows if shown.row != row)
                mine.append(replace(leg, amount=leg.amount - amount, row=rows[0].row if rows else None, rows=rows))
            changed = Part(part.debits, (*part.credits[:at], *mine, *part.credits[at + 1 :]))
            parts = (*event.parts[:place], changed, *event.parts[place + 1 :])
            return replace(event, parts=parts), Leg(account, address, amount - fee)
    return None


def _out_of(event: Event, row: int, link: Link, passage: Leg) -> Event | None:
    """Return an event in which one row is paid by the passage."""
    for place, part in enumerate(event.parts):
        for at, leg in enumerate(part.credits):
            if row not in {shown for shown, _ in leg.shown()} or part.is_swap or leg.sink:
                continue
            if len(leg.shown()) > 1 or link.destination is None or leg.amount != link.destination.amount:
                return None
            credits = (*part.credits[:at], *part.credits[at + 1 :])
            debits = _without(part.debits, row, leg.amount) if part.debits else ()
            if debits is None:
                return None
            left = (Part(debits, credits),) if credits else ()
            parts = (*event.parts[:place], *left, Part((passage,), (leg,)), *event.parts[place + 1 :])
            return replace(event, parts=parts, grade=weakest((event.grade, link.grade)))
    return None


def _without(debits: Sequence[Leg], row: int, amount: int) -> tuple[Leg, ...] | None:
    """Return debits without what the payer of one row gives; ``None`` where he gives less by what is shown of him."""
    payers = [leg for leg in debits if row in {shown for shown, _ in leg.shown()}] or list(debits)
    if sum(leg.amount for leg in payers) < amount:
        return None
    _, rest = split_legs(payers, amount)
    return (*(leg for leg in debits if leg not in payers), *rest)
