"""Labels in time: a holder whose absorbing label begins or ends inside its history is several holders in turn.

The split is made on the ledger, before anything is followed, so that reach, every rule, poison and the bounds see the
same holders. Where a label begins, an event moves the holder's whole balance from one segment to the next, which
absorbs: an exit dated the first second of the label. Where a custodial label ends, what was absorbed stays that exit,
and the whole balance goes on as one clean lot, because what an absorbing segment pays is clean. A freeze that ends, or
that is of one asset, never stops anything: its lots stay where they are with their origins, and those that a freeze
still holds leave as ``frozen``. Rows end where they end and decide none of this: a label that begins after the last row
begins all the same, so that a row of strangers changes nothing; only the end of a chosen window cuts labels as it cuts
rows. Source: method lb-time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final, NamedTuple

from tracer.ledger import Ledger
from tracer.model import (
    CATEGORIES,
    DECODED_THROUGH,
    LABEL_EVENT,
    Account,
    AssetId,
    ChainId,
    Event,
    Holder,
    Label,
    Leg,
    Part,
    format_time,
)
from tracer.registry import LabelIndex, holds_at, interval_of
from tracer.trace.thefts import Thefts
from tracer.trace.uncontrolled import nobody

FOREVER: Final = 1 << 62
"""A time after all others, where no window ends."""

SEGMENT: Final = "~"
"""Stands between a holder and the number of its segment, from the second on."""

_STUCK: Final = ("frozen", "burn")
"""Categories of labels that say that nothing leaves the holder."""

_ORDER: Final = ("frozen", "burn", "government", "custodian", "exchange_deposit", "exchange", "mixer", "bridge")


class State(NamedTuple):
    """What a holder is while it is one segment.

    Attributes
    ----------
    reason : str
        Stop reason; empty where it is followed.
    label : Label or None
        The label behind it.
    """

    reason: str
    label: Label | None


FOLLOWED: Final = State("", None)


@dataclass(frozen=True, slots=True)
class Split:
    """A ledger whose holders are split where a label that absorbs begins or ends.

    Attributes
    ----------
    ledger : Ledger
        With the inserted events; rows and opening balances are those of before.
    thefts : Thefts
        The same, by the new places of the events.
    states : dict of (ChainId, str) to State
        Every segment that absorbs.
    frozen : frozenset of Account
        Accounts that do not absorb and whose units are frozen at the end of the data, by their last segment.
    undated : frozenset of (ChainId, str)
        Holders with a label that begins or ends, on rows without time: it was taken to hold throughout.
    dated : frozenset of ChainId
        Chains whose rows have times: on the others every label holds throughout.
    spans : dict of (ChainId, str) to (int, int)
        First and last second of the events of the holders with a label that begins or ends.
    later : dict of (ChainId, str) to Label
        Holders with an absorbing label that begins after the last row, or after the end of a chosen window.
    thawed : dict of (ChainId, str) to Label or None
        Holders that pay what a label says is frozen or burned, or though nobody has their key (``None``): the rows
        contradict what is known of them.
    """

    ledger: Ledger
    thefts: Thefts
    states: dict[Holder, State] = field(default_factory=dict)
    frozen: frozenset[Account] = frozenset()
    undated: frozenset[Holder] = frozenset()
    dated: frozenset[ChainId] = frozenset()
    spans: dict[Holder, tuple[int, int]] = field(default_factory=dict)
    later: dict[Holder, Label] = field(default_factory=dict)
    thawed: dict[Holder, Label | None] = field(default_factory=dict)


class _Cut(NamedTuple):
    """Where a holder goes on as its next segment."""

    place: int
    time: int
    chain: ChainId
    holder: str
    before: str
    after: str


def split_holders(
    ledger: Ledger,
    thefts: Thefts,
    opening: Mapping[Account, int],
    labels: LabelIndex,
    stop_at: Collection[str],
    *,
    followed: Collection[Holder] = (),
    until: int | None = None,
) -> Split:
    """Return the ledger with every holder split where its labels begin and end to absorb.

    Parameters
    ----------
    ledger : Ledger
        Events in total order, cut at the end of the window.
    thefts : Thefts
        What the seeds take of it.
    opening : mapping of Account to int
        Opening balances of that ledger, which with its events give every balance at every time.
    labels : LabelIndex
        What is known.
    stop_at : collection of str
        Categories that absorb.
    followed : collection of (ChainId, str)
        Holders that never absorb: those that begin with stolen units.
    until : int, optional
        The end of the window, seconds UTC: a label that begins later is left out.

    Notes
    -----
    O(legs), and only the legs of labelled holders are looked at twice. An event without time is taken to be as late as
    the latest one before it on its chain; where a label begins or ends between its two neighbours, its holder is among
    the `undated`. On Bitcoin, whose header times can go backward, the running maximum decides.
    """
    named = _labelled(ledger, labels, frozenset(CATEGORIES))
    absorbing = frozenset((*stop_at, *DECODED_THROUGH))
    held = {holder: stopping for holder, found in named.items() if (stopping := tuple(_of(found, absorbing)))}
    changing = [holder for holder, found in named.items() if _changes(found)]
    clock = _Clock(ledger if changing else None, FOREVER if until is None else until)
    places = _places(ledger, changing)
    stuck = {holder: told for holder, found in held.items() if (told := [x for x in found if x.category in _STUCK])}
    iced = any(label.category == "frozen" for told in stuck.values() for label in told)
    assets = _assets(ledger, held) if iced else {}
    opened = {(account.chain, account.holder) for account, amount in opening.items() if amount}
    split = Split(ledger, thefts)
    cuts: list[_Cut] = []
    names: dict[Holder, _Names] = {}
    frozen: set[Account] = set()
    undated: set[Holder] = set()
    split.spans.update(
        {holder: (clock.times[mine[0]], clock.times[mine[-1]]) for holder, mine in places.items() if mine}
    )
    # A label that only names is one in doubt too, where its time matters and the rows' is not known.
    for holder in named.keys() & places.keys():
        if clock.end(holder[0]) is None or clock.unsure(places[holder], named[holder]):
            undated.add(holder)
    for holder, found in sorted(held.items()):
        chain, name = holder
        mine, end = places.get(holder, []), clock.end(chain)
        if holder in places and (end is None or clock.unsure(mine, found)):
            undated.add(holder)
        ending = [] if holder in followed else [label for label in found if _stops(label, end)]
        times = [clock.times[place] for place in mine]
        segments = _segments(name, ending, times, end, opened=holder in opened)
        split.states.update({(chain, segment): state for segment, state in segments.states() if state.reason})
        last, at_end = segments.last()
        if not at_end.reason:
            frozen |= _frozen(chain, last, found, end, assets.get(holder, ()))
        begins = [label for label in found if end is not None and (interval_of(label)[0] or 0) > clock.last]
        if begins:
            split.later[holder] = begins[0]
        if segments.moves:
            names[holder] = segments
            cuts += [_Cut(clock.place(mine, time), time, chain, name, *pair) for time, *pair in segments.changes()]
    if names:
        ledger, thefts = _rewritten(ledger, thefts, opening, sorted(cuts), names, clock)
    return replace(
        split,
        ledger=ledger,
        thefts=thefts,
        frozen=frozenset(frozen),
        undated=frozenset(undated),
        dated=frozenset(event.chain for event in split.ledger.events if event.time is not None),
        thawed=_thawed(split.ledger, stuck, frozenset(followed)),
    )


def _thawed(
    ledger: Ledger, stuck: Mapping[Holder, Sequence[Label]], followed: Collection[Holder]
) -> dict[Holder, Label | None]:
    """Return the holders that pay what cannot leave them: by a label while it holds, or since nobody has their key.

    What a burn address pays is money that cannot move as little as what is frozen. The zero address, which a mint
    names as its payer, is neither; nor is a precompile, which may pay back, as its code says. A label without effect
    (a seed is followed all the same) is not contradicted.
    """
    found: dict[Holder, Label | None] = {}
    for event in ledger.events:
        for leg in (leg for part in event.parts for leg in part.debits):
            holder = (leg.account.chain, leg.account.holder)
            if holder in found or nobody(*holder) in ("zero", "precompile"):
                continue
            if event.kind != "burn":
                for label in stuck.get(holder, ()):
                    frozen = label.category == "frozen"
                    if (event.time is None) if frozen else (holder in followed):
                        continue
                    in_force = event.time is None or holds_at(label, event.time)
                    if label.asset in (None, leg.account.asset) and in_force:
                        found.setdefault(holder, label)
            if holder not in followed and nobody(*holder) == "burn":
                found.setdefault(holder, None)
    return dict(sorted(found.items()))


class _Clock:
    """The time of every event: the latest on its chain so far, and of a tie its last."""

    def __init__(self, ledger: Ledger | None, end: int = FOREVER) -> None:
        self._events = () if ledger is None else ledger.events
        self.ties = () if ledger is None else ledger.ties
        self._starts = [start for start, _ in self.ties]
        self.times: list[int] = []
        self._untimed: set[int] = set()
        self._open: dict[int, tuple[int, int]] = {}
        latest: dict[ChainId, int] = {}
        for event in self._events:
            if event.time is None:
                self._untimed.add(event.index)
            else:
                latest[event.chain] = max(latest.get(event.chain, 0), event.time)
            self.times.append(latest.get(event.chain, 0))
        for start, stop in self.ties:
            self.times[start:stop] = [self.times[stop - 1]] * (stop - start)
        self._leave_open()
        self._running = list(accumulate(self.times, max))
        self._dated = frozenset(latest)
        self.last = max(latest.values(), default=0)
        self._end = end

    def _leave_open(self) -> None:
        """Put down between which seconds the events happened whose printed time leaves some open."""
        runs = [*self.ties, *((event.index, event.index + 1) for event in self._events if event.resolution > 1)]
        for start, stop in runs:
            mine = [event for event in self._events[start:stop] if event.time is not None]
            if any(event.resolution > 1 for event in mine):
                first = min(event.time for event in mine if event.time is not None)
                last = max((event.time or 0) + event.resolution - 1 for event in mine)
                for place in range(start, stop):
                    held = self._open.get(place, (first, last))
                    self._open[place] = (min(first, held[0]), max(last, held[1], self.times[place]))

    def end(self, chain: ChainId) -> int | None:
        """Return the time until which labels are looked at; ``None`` on a chain without times."""
        return self._end if chain in self._dated else None

    def unsure(self, places: Sequence[int], labels: Iterable[Label]) -> bool:
        """Return whether an event without time, or without seconds, stands where a label can have begun or ended."""
        points = [point for label in labels for point in interval_of(label) if point is not None]
        if not points:
            return False
        spans = [(self.times[place], self._next(place)) for place in places if place in self._untimed]
        spans += [self._open[place] for place in places if place in self._open]
        return any(first < point <= last for first, last in spans for point in points)

    def place(self, mine: Sequence[int], time: int) -> int:
        """Return before which event a holder with events at `mine` is split at a time; never inside a tie."""
        first = next((place for place in mine if self.times[place] >= time), None)
        if first is not None:
            return self._tie(first)[0]
        place = max(bisect_right(self._running, time - 1), mine[-1] + 1 if mine else 0)
        start, stop = self._tie(place)
        return stop if start < place else place

    def _tie(self, place: int) -> tuple[int, int]:
        at = bisect_right(self._starts, place) - 1
        if at >= 0 and place < self.ties[at][1]:
            return self.ties[at]
        return place, place

    def _next(self, place: int) -> int:
        chain = self._events[place].chain
        following = (one.time for one in self._events[place + 1 :] if one.chain == chain and one.time is not None)
        return next(following, self._end)


class _Names:
    """The segments of one holder: from which time it has which name and is in which state."""

    def __init__(self, holder: str, spans: Sequence[tuple[int | None, State]]) -> None:
        self._begins = [time for time, _ in spans[1:] if time is not None]
        self._states = [state for _, state in spans]
        self._names = [holder, *(f"{holder}{SEGMENT}{number}" for number in range(2, len(spans) + 1))]

    @property
    def moves(self) -> bool:
        return len(self._names) > 1

    def at(self, time: int) -> str:
        return self._names[bisect_right(self._begins, time)]

    def states(self) -> Iterator[tuple[str, State]]:
        return zip(self._names, self._states, strict=True)

    def changes(self) -> Iterator[tuple[int, str, str]]:
        """Yield when one segment follows another: the time, its name before and after."""
        pairs = zip(self._names, self._names[1:], strict=False)
        return ((begin, *pair) for begin, pair in zip(self._begins, pairs, strict=True))

    def last(self) -> tuple[str, State]:
        return self._names[-1], self._states[-1]


def _labelled(ledger: Ledger, labels: LabelIndex, stop_at: frozenset[str]) -> dict[Holder, tuple[Label, ...]]:
    """Return the labels that can absorb or freeze, of every holder of the ledger that has one."""
    subjects = {address for _, address in labels.subjects()}
    if not subjects:
        return {}
    found: dict[Holder, tuple[Label, ...]] = {}
    for event in ledger.events:
        for part in event.parts:
            for leg in (*part.debits, *part.credits):
                if leg.sink or (leg.address or ledger.addresses.get(leg.account)) not in subjects:
                    continue
                holder = (leg.account.chain, leg.account.holder)
                if holder not in found:
                    address = leg.address or ledger.addresses[leg.account]
                    found[holder] = tuple(one for one in labels.of(holder[0], address) if one.category in stop_at)
    return {holder: mine for holder, mine in found.items() if mine}


def _assets(ledger: Ledger, held: Mapping[Holder, object]) -> dict[Holder, set[AssetId]]:
    found: dict[Holder, set[AssetId]] = defaultdict(set)
    for event in ledger.events:
        for part in event.parts:
            for leg in (*part.debits, *part.credits):
                if (leg.account.chain, leg.account.holder) in held:
                    found[leg.account.chain, leg.account.holder].add(leg.account.asset)
    return found


def _places(ledger: Ledger, holders: Collection[Holder]) -> dict[Holder, list[int]]:
    """Return in which events these holders pay or are paid."""
    wanted = frozenset(holders)
    places: dict[Holder, list[int]] = defaultdict(list)
    for event in ledger.events if wanted else ():
        mine = {
            (leg.account.chain, leg.account.holder)
            for part in event.parts
            for leg in (*part.debits, *part.credits)
            if (leg.account.chain, leg.account.holder) in wanted
        }
        for holder in mine:
            places[holder].append(event.index)
    return places


def _of(labels: Iterable[Label], categories: Collection[str]) -> Iterator[Label]:
    return (label for label in labels if label.category in categories)


def _changes(labels: Iterable[Label]) -> bool:
    return any(label.valid_from or label.valid_until for label in labels)


def _stops(label: Label, end: int | None) -> bool:
    """Return whether a label absorbs while it holds: a freeze of one asset, or one that ended, moved nothing."""
    if label.category != "frozen":
        return True
    until = interval_of(label)[1]
    return label.asset is None and (end is None or until is None or until > end)


def _state(labels: Sequence[Label]) -> State:
    """Return the state that the labels in force make: the printed reason goes by category, then by who speaks."""
    if not labels:
        return FOLLOWED
    first = min(labels, key=_precedence)
    else_why = "contract" if first.category in DECODED_THROUGH else "service"
    return State(CATEGORIES[first.category].stop_reason or else_why, first)


def _means(state: State) -> tuple[str, str, str]:
    """Return what makes a state another one: why it absorbs, and who does; two services in turn are two holders."""
    return state.reason, *((state.label.entity, state.label.category) if state.label else ("", ""))


def _precedence(label: Label) -> tuple[int, str, int, str, str, str]:
    category = _ORDER.index(label.category) if label.category in _ORDER else len(_ORDER)
    begin = interval_of(label)[0]
    return category, label.rank or "~", -(begin or 0), label.publisher, label.category, label.label


def _spans(labels: Sequence[Label], end: int | None) -> list[tuple[int | None, State]]:
    """Return from when on the holder is in which state; the first from always, each different from the one before."""
    points = sorted(
        {
            point
            for label in labels
            for point in interval_of(label)
            if point is not None and (end is None or point <= end)
        }
    )
    found: list[tuple[int | None, State]] = [(None, _state([x for x in labels if interval_of(x)[0] is None]))]
    for point in points:
        state = _state([label for label in labels if holds_at(label, point)])
        if _means(state) != _means(found[-1][1]):
            found.append((point, state))
    return found


def _segments(holder: str, labels: Sequence[Label], times: Sequence[int], end: int | None, *, opened: bool) -> _Names:
    """Return the segments that a holder has: from its first event, or from the start if it held something."""
    if end is None:
        return _Names(holder, [(None, _state(labels))])
    spans = _spans(labels, end)
    first = 0 if opened or not times else bisect_right([time or 0 for time, _ in spans[1:]], times[0])
    return _Names(holder, spans[first:])


def _frozen(
    chain: ChainId, holder: str, labels: Iterable[Label], end: int | None, assets: Iterable[AssetId]
) -> set[Account]:
    """Return the accounts of a holder that goes on whose units are frozen at the end of the data."""
    held = [label for label in labels if label.category == "frozen" and (end is None or holds_at(label, end))]
    return {Account(chain, holder, one) for label in held for one in ((label.asset,) if label.asset else assets)}


def _rewritten(
    ledger: Ledger,
    thefts: Thefts,
    opening: Mapping[Account, int],
    cuts: Sequence[_Cut],
    names: Mapping[Holder, _Names],
    clock: _Clock,
) -> tuple[Ledger, Thefts]:
    """Return the ledger with the cuts as events and every leg in its segment, and the thefts at their new places."""
    balance: dict[Holder, dict[AssetId, int]] = {holder: {} for holder in names}
    for account, amount in sorted(opening.items()):
        if (account.chain, account.holder) in names and amount:
            balance[account.chain, account.holder][account.asset] = amount
    events: list[Event] = []
    place_of: list[int] = []
    addresses = dict(ledger.addresses)

    def named(leg: Leg, time: int) -> Leg:
        account = leg.account
        mine = names.get((account.chain, account.holder))
        if mine is None or leg.sink:
            return leg
        return _moved(leg, mine.at(time), addresses)

    waiting = list(reversed(cuts))
    for event in (*ledger.events, None):
        here = len(ledger.events) if event is None else event.index
        while waiting and waiting[-1].place <= here:
            cut = waiting.pop()
            inserted = _whole_balance(cut, balance[cut.chain, cut.holder], len(events), ledger, addresses)
            events += [inserted] if inserted.parts else []
        if event is None:
            break
        time = clock.times[here]
        place_of.append(len(events))
        parts = event.parts
        if any(
            (leg.account.chain, leg.account.holder) in names for part in parts for leg in (*part.debits, *part.credits)
        ):
            _count(parts, balance)
            parts = tuple(
                Part(tuple(named(leg, time) for leg in part.debits), tuple(named(leg, time) for leg in part.credits))
                for part in parts
            )
        moved = event.index != len(events) or parts is not event.parts
        events.append(replace(event, index=len(events), parts=parts) if moved else event)
    return _replaced(ledger, events, addresses, place_of), _thefts_at(thefts, place_of, ledger.events, events)


def _moved(leg: Leg, name: str, addresses: dict[Account, str]) -> Leg:
    account = leg.account._replace(holder=name)
    if name != leg.account.holder:
        addresses[account] = leg.address or addresses.get(leg.account, leg.account.holder)
    return replace(leg, account=account)


def _count(parts: Iterable[Part], balance: Mapping[Holder, dict[AssetId, int]]) -> None:
    """Take an event into the balances of the holders that are split."""
    for part in parts:
        for legs, sign in ((part.debits, -1), (part.credits, 1)):
            for leg in legs:
                mine = balance.get((leg.account.chain, leg.account.holder))
                if mine is not None and not leg.sink:
                    mine[leg.account.asset] = mine.get(leg.account.asset, 0) + sign * leg.amount


def _whole_balance(
    cut: _Cut, held: Mapping[AssetId, int], index: int, ledger: Ledger, addresses: dict[Account, str]
) -> Event:
    """Return the event that moves all that a holder has to its next segment; without parts where it had nothing.

    What it has by the order of the rows: where that order is not known, the bounds let it move what any order gives,
    so that an asset it holds nothing of then stands in it too, with 0.
    It is graded `proven`, the grade that weakens nothing: no publisher's word makes a movement weaker than it was.
    """
    parts = []
    for asset, amount in sorted(held.items()):
        if amount <= 0 and not ledger.ties:
            continue
        plain = Account(cut.chain, cut.holder, asset)
        address = ledger.addresses.get(plain, cut.holder)
        debit, credit = (Account(cut.chain, name, asset) for name in (cut.before, cut.after))
        for account in (debit, credit):
            if account.holder != cut.holder:
                addresses[account] = address
        moved = max(0, amount)
        parts.append(Part((Leg(debit, address, moved),), (Leg(credit, address, moved),)))
    name = f"{LABEL_EVENT}:{cut.holder}:{format_time(cut.time)}"
    return Event(index, name, cut.chain, None, cut.time, "", LABEL_EVENT, tuple(parts), "proven", whole=True)


def _replaced(ledger: Ledger, events: list[Event], addresses: dict[Account, str], place_of: list[int]) -> Ledger:
    ties = tuple((place_of[start], place_of[stop - 1] + 1) for start, stop in ledger.ties)
    nets = {place_of[index]: found for index, found in ledger.nets.items()}
    return replace(ledger, events=tuple(events), addresses=addresses, ties=ties, nets=nets)


def _thefts_at(thefts: Thefts, place_of: Sequence[int], before: Sequence[Event], after: Sequence[Event]) -> Thefts:
    """Return the thefts at the new places of their events; whom they pay is the segment that they pay."""
    debits = {(place_of[event], part, debit): origin for (event, part, debit), origin in thefts.debits.items()}
    segments: dict[Account, list[Account]] = defaultdict(list)
    for event in sorted({event for event, _, _ in thefts.debits}):
        for old, new in zip(before[event].parts, after[place_of[event]].parts, strict=True):
            for one, other in zip(old.credits, new.credits, strict=True):
                segments[one.account].append(other.account)
    paid = dict.fromkeys(account for one in thefts.paid for account in segments.get(one, [one]))
    return replace(thefts, debits=debits, paid=paid)


def unsplit(account: Account) -> Account:
    """Return the account of a segment in the ledger before it was split; any other as it is."""
    name, _, number = account.holder.rpartition(SEGMENT)
    return account._replace(holder=name) if number.isdigit() and name else account
