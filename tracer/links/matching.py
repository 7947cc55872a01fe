"""Which payment into a service came out where: three tiers, and nothing is chosen among several.

Theory of operation
-------------------
*Identifier.* Ends with the same identifier of the same service are one transfer, where the identifier occurs once on
each side and nothing else contradicts it. *Structured.* Of what is left, an end that comes out fits one that goes in
where chain, recipient, asset and amount net of fee agree with what the source says, within the window of time. *Amount
and time.* The same where the source says no recipient: a lead. In the last two a pair is accepted only where each end
is the other's only candidate; else the number of rivals is told, and nobody is chosen.

Every comparison is of whole numbers; ends are numbered in their total order, so that rows in any order give the same
answer. Candidates are counted, never enumerated (:mod:`tracer.links.timeline`), and at most :data:`LISTED` of a source
are shown. Source: methods xc-id, xc-struct, xc-amount-time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tracer.errors import InputError
from tracer.links.ends import BridgeEnd, Counterpart, Terms, fee_between
from tracer.links.timeline import Timeline
from tracer.model import TIERS, ChainId, chain_of

CLOCK_TOLERANCE: Final[Mapping[str, int]] = {"bitcoin": 7_200}
"""By chain family: seconds by which the time of a header can be wrong; none where none is known."""

LISTED: Final = 5
"""Candidates, and rejected ends, that are shown of one source; how many there are is counted all the same."""

_PAIRS: Final = 64
"""Pairs with one identifier that are looked at one by one; one that more ends have identifies nothing anyway."""
_LATER: Final = 30
"""Longest delays after a source within which what its recipient got is shown as late."""
_ANY: Final = "\0any"
_NONE: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Two ends that were held against each other.

    Attributes
    ----------
    source, destination : int
        Their numbers in the order of :class:`Matching`.
    tier : str
        One of :data:`tracer.model.TIERS`.
    rivals : int
        How many other ends fit one of the two as well.
    accepted : bool
        Whether they are taken for one transfer.
    reason : str
        In words, what speaks against them; empty where they are accepted.
    """

    source: int
    destination: int
    tier: str
    rivals: int
    accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """What came of two lists of ends.

    Attributes
    ----------
    sources, destinations : tuple of BridgeEnd
        In total order.
    candidates : tuple of Candidate
        By source, accepted first, then in order of destinations.
    impossible : mapping of (bool, int) to str
        Ends that cannot be what they are said to be, by whether they come out and their number; why, in words.
    """

    sources: tuple[BridgeEnd, ...]
    destinations: tuple[BridgeEnd, ...]
    candidates: tuple[Candidate, ...]
    impossible: Mapping[tuple[bool, int], str] = field(default_factory=dict)

    def accepted(self, tier: str = "") -> tuple[Candidate, ...]:
        """Return the pairs that are taken for one transfer, of one tier or of all."""
        return tuple(one for one in self.candidates if one.accepted and tier in ("", one.tier))

    def open_sources(self) -> tuple[int, ...]:
        """Return the numbers of the sources that no destination is accepted for."""
        taken = {one.source for one in self.accepted()}
        return tuple(number for number in range(len(self.sources)) if number not in taken)

    def open_destinations(self) -> tuple[int, ...]:
        """Return the numbers of the destinations without a source: a finding, where all that went in is on file."""
        taken = {one.destination for one in self.accepted()}
        return tuple(number for number in range(len(self.destinations)) if number not in taken)


def tolerance_between(one: str, other: str) -> int:
    """Return the seconds by which the clocks of two chains can disagree; a name that is no chain has a right clock."""
    return sum(CLOCK_TOLERANCE.get(_family(chain), 0) for chain in (one, other))


def _family(chain: str) -> str:
    try:
        return chain_of(ChainId(chain)).family
    except InputError:
        return ""


def against(gone: BridgeEnd, come: BridgeEnd, terms: Terms, *, identified: bool) -> str:
    """Return in words what speaks against two ends being one transfer; empty where nothing does.

    Parameters
    ----------
    gone, come : BridgeEnd
        What went in, and what came out.
    terms : Terms
        Under which terms.
    identified : bool
        Whether they have the same identifier: then how long it took and how much was kept is not judged, an asset that
        the table does not name neither, and clocks may be wrong.
    """
    if _of_another_service(gone, come):
        return f"It is of {come.service}, and the source of {gone.service}."
    if gone.key and come.key and gone.key != come.key:
        return "Its identifier is another."
    if (said := _route(gone, come, identified=identified)) or (said := _closed(gone, come, terms)):
        return said
    if gone.recipient and gone.recipient != come.recipient and not terms.ignore_recipients:
        return "It pays another than the source says."
    pair = terms.same_unit.between(gone.asset, come.asset)
    named = any(terms.same_unit.is_named(asset) for asset in (gone.asset, come.asset))
    if pair is None and (named or not identified):
        return f"It is of {come.asset}, which does not come out for {gone.asset}."
    if pair is not None and come.amount * pair.down > gone.amount * pair.up:
        return "More comes out than went in."
    if identified:
        tolerance = tolerance_between(gone.chain, come.chain)
        if gone.time is not None and come.time is not None and come.time < gone.time - tolerance:
            return "It is earlier than its source by more than the clocks of both chains allow."
        return ""
    return _beyond(gone, come, terms, pair)


def _of_another_service(gone: BridgeEnd, come: BridgeEnd) -> bool:
    return bool(gone.service and come.service) and gone.service != come.service


def _route(gone: BridgeEnd, come: BridgeEnd, *, identified: bool) -> str:
    if gone.dest_chain and gone.dest_chain != come.chain:
        return f"It is on {come.chain}, and the source says {gone.dest_chain}."
    if come.src_chain and come.src_chain != gone.chain:
        return f"It says that it comes from {come.src_chain}, and the source is on {gone.chain}."
    if not identified and not gone.dest_chain and gone.chain == come.chain:
        return "It is on the chain of the source, which does not say that it stays there."
    return ""


def _closed(gone: BridgeEnd, come: BridgeEnd, terms: Terms) -> str:
    for service in {gone.service or come.service, come.service or gone.service}:
        for end, coming_out in ((gone, False), (come, True)):
            if closure := terms.calendar.against(service, end.time, coming_out=coming_out):
                return closure.words()
    return ""


def _beyond(gone: BridgeEnd, come: BridgeEnd, terms: Terms, pair: Counterpart | None) -> str:
    if gone.time is None or come.time is None:
        return "The time of one of them is not known."
    if come.time <= gone.time:
        return "It is not later than its source."
    if come.time - gone.time > terms.max_delay:
        return f"It is more than {terms.max_delay} seconds later than its source."
    if pair is None:
        return ""
    least, most = terms.come_out_for(gone.amount, pair)
    if come.amount < least:
        return "More is kept than the fee can be."
    return "" if come.amount <= most else "Less is kept than the fee is."


def match(
    sources: Iterable[BridgeEnd],
    destinations: Iterable[BridgeEnd],
    terms: Terms | None = None,
    *,
    tiers: Sequence[str] = TIERS,
) -> Matching:
    """Return which sources came out where.

    Parameters
    ----------
    sources, destinations : iterable of BridgeEnd
        What went into services, and what came out of them; in any order.
    terms : Terms, optional
        Under which terms ends without a common identifier belong together.
    tiers : sequence of str
        Which of :data:`tracer.model.TIERS` may be used.

    Raises
    ------
    InputError
        If two ends of one side have the same name.
    """
    terms = terms or Terms()
    gone = tuple(sorted(sources, key=BridgeEnd.place))
    come = tuple(sorted(destinations, key=BridgeEnd.place))
    for side in (gone, come):
        _refuse_doubles(side)
    impossible = {
        (coming_out, number): closure.words()
        for coming_out, side in ((False, gone), (True, come))
        for number, end in enumerate(side)
        if (closure := terms.calendar.against(end.service, end.time, coming_out=coming_out))
    }
    found = _Found()
    if "identifier" in tiers:
        _by_identifier(gone, come, terms, found)
    if {"structured", "amount_time"}.intersection(tiers):
        _by_terms(gone, come, terms, found, impossible, tiers)
    order = sorted(found.candidates, key=lambda one: (one.source, not one.accepted, bool(one.reason), one.destination))
    return Matching(gone, come, tuple(order), impossible)


@dataclass(slots=True)
class _Found:
    """What is found so far, and which ends are taken."""

    candidates: list[Candidate] = field(default_factory=list)
    sources: set[int] = field(default_factory=set)
    destinations: set[int] = field(default_factory=set)
    rejected: set[tuple[int, int]] = field(default_factory=set)

    def accept(self, source: int, destination: int, tier: str) -> None:
        """Take two ends for one transfer."""
        self.candidates.append(Candidate(source=source, destination=destination, tier=tier, rivals=0, accepted=True))
        self.sources.add(source)
        self.destinations.add(destination)

    def reject(self, source: int, destination: int, tier: str, reason: str, rivals: int = 0) -> None:
        """Keep two ends that are not taken for one transfer, and why; once."""
        if (source, destination) in self.rejected:
            return
        self.rejected.add((source, destination))
        self.candidates.append(
            Candidate(source=source, destination=destination, tier=tier, rivals=rivals, accepted=False, reason=reason)
        )


def _refuse_doubles(side: Sequence[BridgeEnd]) -> None:
    seen: set[str] = set()
    for end in side:
        if end.leg in seen:
            raise InputError(f"Two legs are called {end.leg[:40]!r}.", next_step="Give every leg a name of its own.")
        seen.add(end.leg)


def _by_identifier(gone: Sequence[BridgeEnd], come: Sequence[BridgeEnd], terms: Terms, found: _Found) -> None:
    """Join what has the same identifier; one that occurs twice on a side of one route identifies nothing."""
    nameless = {end.key for end in (*gone, *come) if not end.service}
    sides: list[dict[tuple[str, str], list[int]]] = []
    for side in (gone, come):
        held: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, end in enumerate(side):
            if end.key:
                # An end that names no service may be of any: then all that have its identifier stand together.
                held["" if end.key in nameless else end.service, end.key].append(number)
        sides.append(held)
    for name, mine in sides[0].items():
        theirs = sides[1].get(name, [])
        if not theirs:
            continue
        if len(mine) * len(theirs) > _PAIRS:
            reason = f"Its identifier occurs {len(mine)} times going in and {len(theirs)} times coming out."
            for source, destination in zip(mine, theirs[:LISTED], strict=False):
                found.reject(source, destination, "identifier", reason, len(theirs) - 1)
            continue
        _join(mine, theirs, gone, come, terms, found)


def _join(
    mine: list[int],
    theirs: list[int],
    gone: Sequence[BridgeEnd],
    come: Sequence[BridgeEnd],
    terms: Terms,
    found: _Found,
) -> None:
    routes = [
        (one, other)
        for one in mine
        for other in theirs
        if not _of_another_service(gone[one], come[other]) and not _route(gone[one], come[other], identified=True)
    ]
    for source in mine:
        for destination in theirs:
            on = [other for one, other in routes if one == source]
            back = [one for one, other in routes if other == destination]
            reason = against(gone[source], come[destination], terms, identified=True)
            rivals = max(0, len(on) - 1) + max(0, len(back) - 1)
            if not reason and not rivals:
                found.accept(source, destination, "identifier")
                continue
            if not reason:
                reason = f"Its identifier occurs {len(back)} times going in and {len(on)} times coming out."
            found.reject(source, destination, "identifier", reason, rivals if destination in on else 0)


class _Bucket(NamedTuple):
    chain: str
    service: str
    other_chain: str
    timeline: Timeline


class _Index:
    """Ends that are not taken yet, by asset, party and identifier; within these by chain, service and stated chain."""

    def __init__(
        self, side: Sequence[BridgeEnd], numbers: Iterable[int], *, coming_out: bool, wide: bool, parties: bool
    ) -> None:
        kept: dict[tuple[str, str, str], dict[tuple[str, str, str], list[tuple[int, int, int]]]] = {}
        for number in numbers:
            end = side[number]
            if end.time is None:
                continue
            other = end.src_chain if coming_out else end.dest_chain
            names = [end.recipient] if parties else []
            names += [_ANY] if wide else []
            for asset in (end.asset, _ANY) if coming_out else (end.asset,):
                for party in names if asset != _ANY else names[:1] if parties else []:
                    for key in {_ANY, end.key} if asset != _ANY else {_ANY}:
                        kept.setdefault((asset, party, key), {}).setdefault((end.chain, end.service, other), []).append(
                            (end.time, end.amount, number)
                        )
        self._buckets = {
            name: [_Bucket(*where, Timeline(entries)) for where, entries in sorted(mine.items())]
            for name, mine in kept.items()
        }

    def of(self, asset: str, party: str, key: str) -> list[_Bucket]:
        return self._buckets.get((asset, party, key), [])


def _keys_that_fit(key: str) -> tuple[str, ...]:
    """Return under which identifiers an end is looked for: of one that has one, the same or none at all."""
    return (key, _NONE) if key else (_ANY,)


class _Window(NamedTuple):
    """Where to look: times and amounts, all included; ``None``: any more."""

    timeline: Timeline
    first: int
    last: int
    least: int
    most: int | None

    def counted(self) -> int:
        return self.timeline.count(*self[1:])

    def listed(self) -> list[int]:
        return self.timeline.first(LISTED, *self[1:])


@dataclass(frozen=True, slots=True)
class _Search:
    """Counts what fits an end, over the ends that are left."""

    terms: Terms
    going: _Index
    coming: _Index

    def stated(self, gone: BridgeEnd) -> str:
        """Return the recipient by which a source is matched; empty where it says none, or that is left aside."""
        return "" if self.terms.ignore_recipients else gone.recipient

    def for_source(self, gone: BridgeEnd) -> Iterator[_Window]:
        """Yield where to look for what came out."""
        if gone.time is None:
            return
        for pair in self.terms.same_unit.out_for(gone.asset):
            least, most = self.terms.come_out_for(gone.amount, pair)
            for key in _keys_that_fit(gone.key):
                for bucket in self.coming.of(pair.asset, self.stated(gone) or _ANY, key):
                    if not _may_be(gone.chain, gone.dest_chain, bucket.chain, bucket.other_chain):
                        continue
                    window = (gone.time + 1, gone.time + self.terms.max_delay)
                    for first, last in self._open(gone.service, bucket.service, gone.time, window, coming_out=True):
                        yield _Window(bucket.timeline, first, last, least, most)

    def for_destination(self, come: BridgeEnd) -> Iterator[_Window]:
        """Yield where to look for what went in."""
        if come.time is None:
            return
        parties = (_ANY,) if self.terms.ignore_recipients else tuple(dict.fromkeys((come.recipient, "")))
        for pair in self.terms.same_unit.in_for(come.asset):
            held = self.terms.same_unit.between(pair.asset, come.asset)
            if held is None:
                continue
            least, most = self.terms.gone_in_for(come.amount, held)
            for key in _keys_that_fit(come.key):
                for party in parties:
                    for bucket in self.going.of(pair.asset, party, key):
                        if not _may_be(bucket.chain, bucket.other_chain, come.chain, come.src_chain):
                            continue
                        window = (come.time - self.terms.max_delay, come.time - 1)
                        for first, last in self._open(
                            come.service, bucket.service, come.time, window, coming_out=False
                        ):
                            yield _Window(bucket.timeline, first, last, least, most)

    def _open(
        self, mine: str, theirs: str, now: int, window: tuple[int, int], *, coming_out: bool
    ) -> list[tuple[int, int]]:
        """Return the parts of a window in which both ends are possible; `coming_out` says which way the search goes."""
        if mine and theirs and mine != theirs:
            return []
        service = mine or theirs
        if self.terms.calendar.against(service, now, coming_out=not coming_out):
            return []
        return self.terms.calendar.open_parts(service, *window, coming_out=coming_out)


def _may_be(chain: str, said_to: str, other: str, said_from: str) -> bool:
    """Return whether two ends can be one route: the stated chains agree, and what states none leaves its chain."""
    return (said_to == other if said_to else chain != other) and said_from in ("", chain)


def _by_terms(
    gone: Sequence[BridgeEnd],
    come: Sequence[BridgeEnd],
    terms: Terms,
    found: _Found,
    impossible: Mapping[tuple[bool, int], str],
    tiers: Sequence[str],
) -> None:
    """Match what is left by recipient, asset, amount and time; without a recipient by amount and time."""
    left = [number for number in range(len(gone)) if number not in found.sources and (False, number) not in impossible]
    free = [
        number for number in range(len(come)) if number not in found.destinations and (True, number) not in impossible
    ]
    silent = terms.ignore_recipients or any(not gone[number].recipient for number in left)
    search = _Search(
        terms,
        _Index(gone, left, coming_out=False, wide=terms.ignore_recipients, parties=not terms.ignore_recipients),
        _Index(come, free, coming_out=True, wide=silent, parties=not terms.ignore_recipients),
    )
    wanted: dict[int, int] = {}
    for source in left:
        end = gone[source]
        tier = "structured" if search.stated(end) else "amount_time"
        if tier not in tiers:
            continue
        asked = list(search.for_source(end))
        count = sum(window.counted() for window in asked)
        if not count:
            _near(source, gone, come, search, tier, found)
            continue
        numbers = sorted({one for window in asked for one in window.listed()})[:LISTED]
        for destination in numbers:
            if destination not in wanted:
                other = come[destination]
                wanted[destination] = sum(window.counted() for window in search.for_destination(other))
            rivals = (count - 1) + (wanted[destination] - 1)
            if not rivals:
                found.accept(source, destination, tier)
            else:
                reason = f"It is one of {count} that fit the source, and of {wanted[destination]} sources that fit it."
                found.reject(source, destination, tier, reason, rivals)


def _near(
    source: int, gone: Sequence[BridgeEnd], come: Sequence[BridgeEnd], search: _Search, tier: str, found: _Found
) -> None:
    """Keep what the same recipient was paid about then, and why it does not fit: another asset, amount or time."""
    end = gone[source]
    if not search.stated(end) or end.time is None:
        return
    numbers: list[int] = []
    for bucket in search.coming.of(_ANY, end.recipient, _ANY):
        after = bucket.timeline.within(end.time + 1, end.time + _LATER * search.terms.max_delay)
        before = bucket.timeline.within(end.time - search.terms.max_delay, end.time)
        numbers += [bucket.timeline.numbers[place] for place in (*after[:LISTED], *before[-LISTED:])]
    for destination in sorted(numbers, key=lambda one: (come[one].time or 0) <= (end.time or 0))[:LISTED]:
        reason = against(end, come[destination], search.terms, identified=False)
        if reason:
            found.reject(source, destination, tier, reason)


def delta_of(matching: Matching, one: Candidate) -> int | None:
    """Return the seconds from source to destination; ``None`` where one of them has no time."""
    before, after = matching.sources[one.source].time, matching.destinations[one.destination].time
    return None if before is None or after is None else after - before


def fee_of(matching: Matching, one: Candidate, terms: Terms) -> int | None:
    """Return what was kept between two ends, base units of the source; ``None`` where they are not of one unit."""
    return fee_between(matching.sources[one.source], matching.destinations[one.destination], terms.same_unit)
