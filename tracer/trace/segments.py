"""Labels in time: a holder whose absorbing label begins or ends inside its history is several holders in turn.

The split is made on the ledger, before anything is followed, so that reach, every rule, poison and the bounds see the
same holders. Where a label begins, an event moves the holder's whole balance from one segment to the next, which
absorbs: an exit dated the first second of the label. Where a custodial label ends, what was absorbed stays that exit,
and the whole balance goes on as one clean lot, because what an absorbing segment pays is clean. A freeze that ends, or
that is of one asset, never stops anything: its lots stay where they are with their origins, and those that a freeze
still holds leave as ``frozen``. Rows end where they end and decide none of this: a label that begins after the last row
begins all the same, so that a row of strangers changes nothing; only the end of a chosen window cuts labels as it cuts
rows. A seed that says that a holder begins with stolen units overrules the labels in force there when it does: it is
asked where those units go. A label that begins later is another holder's, and stops as any. Source: method lb-time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.ledger import EventArrays, Ledger, several, touching
from tracer.model import (
    CATEGORIES,
    DECODED_THROUGH,
    Account,
    AssetId,
    ChainId,
    Holder,
    Label,
)
from tracer.registry import LabelIndex, holds_at, interval_of
from tracer.trace.label_clock import FOREVER, Clock
from tracer.trace.label_conflicts import assets_of, destroyed_of, doubtful_of, is_pierced, thawed_of
from tracer.trace.label_states import SEGMENT, Names, State, segments_of
from tracer.trace.segment_events import Cut, rewritten
from tracer.trace.thefts import Thefts

STUCK: Final = ("frozen", "burn")
"""Categories of labels that say that nothing leaves the holder."""


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
        rows contradict what is known of them.
    doubtful : frozenset of Account
        Accounts, without their segments, on whose label nothing certain can rest: of a label of one asset, that asset.
    overruled : dict of (ChainId, str) to tuple of Label
        Labels that stop nothing, of passages through pools and of holders that begin with stolen units: those in force
        when they do.
    unsure : dict of (ChainId, str) to Label
        A label that began before any row of a holder that begins with stolen units: whether they were there by then, no
        row tells.
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
    doubtful: frozenset[Account] = frozenset()
    overruled: dict[Holder, tuple[Label, ...]] = field(default_factory=dict)
    unsure: dict[Holder, Label] = field(default_factory=dict)


def split_holders(
    ledger: Ledger,
    thefts: Thefts,
    opening: Mapping[Account, int],
    labels: LabelIndex,
    stop_at: Collection[str],
    *,
    followed: Collection[Holder] = (),
    begun: Collection[Holder] = (),
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
        Holders that never absorb: passages through pools.
    begun : collection of (ChainId, str)
        Holders that begin with stolen units by a seed.
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
    clock = Clock(ledger if changing else None, FOREVER if until is None else until)
    places = _places(ledger, changing)
    stuck = {holder: told for holder, found in held.items() if (told := [x for x in found if x.category in STUCK])}
    iced = any(label.category == "frozen" for told in stuck.values() for label in told)
    assets = assets_of(ledger, held) if iced else {}
    destroyed = destroyed_of(ledger, stuck) if iced else {}
    opened = {(account.chain, account.holder) for account, amount in opening.items() if amount}
    split = Split(ledger, thefts)
    cuts: list[Cut] = []
    names: dict[Holder, Names] = {}
    frozen: set[Account] = set()
    doubts: dict[Holder, list[Label | None]] = defaultdict(list)
    split.spans.update(
        {holder: (clock.times[mine[0]], clock.times[mine[-1]]) for holder, mine in places.items() if mine}
    )
    # A label that only names is one in doubt too, where its time matters and the rows' is not known.
    for holder in named.keys() & places.keys():
        unsure = [one for one in named[holder] if _changes([one]) and clock.leaves_open(holder, places[holder], one)]
        if unsure:
            doubts[holder] += unsure
    undated = frozenset(doubts)
    for holder, found in sorted(held.items()):
        chain, name = holder
        mine, end = places.get(holder, []), clock.end(chain)
        times = [clock.times[place] for place in mine]
        since = times[0] if times and end is not None else None
        if holder in followed or holder in begun:
            split.overruled[holder] = found if holder in followed else _overruled(found, since)
        ending = [one for one in found if _stops(one, end) and one not in split.overruled.get(holder, ())]
        if all(label.category == "frozen" for label in ending):
            # What a destruction takes of a frozen holding is no longer there: the rule says whose it was.
            ending = [label for label in ending if not is_pierced(label, destroyed.get(holder, ()))]
        segments = segments_of(name, ending, times, end, opened=holder in opened and holder not in begun)
        split.states.update({(chain, segment): state for segment, state in segments.states() if state.reason})
        last, at_end = segments.last()
        if not at_end.reason:
            frozen |= _frozen(chain, last, found, end, assets.get(holder, ()))
        effective = [label for label in found if label not in split.overruled.get(holder, ())]
        begins = [label for label in effective if end is not None and (interval_of(label)[0] or 0) > clock.last]
        if begins:
            split.later[holder] = begins[0]
        if segments.moves:
            names[holder] = segments
            cuts += [Cut(clock.place(mine, time), time, chain, name, *pair) for time, *pair in segments.changes()]
    if names:
        ledger, thefts = rewritten(ledger, thefts, opening, sorted(cuts), names, clock)
    thawed = thawed_of(split.ledger, stuck, split.overruled, {*followed, *begun})
    for holder, broken in thawed.items():
        doubts[holder] += broken
    for holder in sorted({account[:2] for account in split.thefts.opening} & split.overruled.keys() - undated):
        early = _began_unseen(split.overruled[holder], split.spans.get(holder, (0, 0))[0])
        if early:
            split.unsure[holder] = early[0]
            doubts[holder] += early
    doubtful = doubtful_of(split.ledger, doubts) if doubts else frozenset()
    for account in sorted(split.thefts.opening):
        said = () if account[:2] in named else _said_of_no_row(labels, account, absorbing, until)
        if said:
            split.unsure[account[:2]] = said[0]
            doubtful |= {account}
    return replace(
        split,
        ledger=ledger,
        thefts=thefts,
        frozen=frozenset(frozen),
        undated=undated,
        dated=_dated(split.ledger),
        thawed={holder: broken[0] for holder, broken in thawed.items()},
        doubtful=doubtful,
    )


def _labelled(ledger: Ledger, labels: LabelIndex, stop_at: frozenset[str]) -> dict[Holder, tuple[Label, ...]]:
    """Return the labels that can absorb or freeze, of every holder of the ledger that has one."""
    subjects = {address for _, address in labels.subjects()}
    if not subjects:
        return {}
    found: dict[Holder, tuple[Label, ...]] = {}
    if isinstance(ledger.events, EventArrays):
        for chain, name, _ in ledger.events.accounts:
            if name in subjects and (chain, name) not in found:
                found[chain, name] = tuple(one for one in labels.of(chain, name) if one.category in stop_at)
    for event in several(ledger.events):
        for part in event.parts:
            for leg in (*part.debits, *part.credits):
                if leg.sink or (leg.address or ledger.addresses.get(leg.account)) not in subjects:
                    continue
                holder = (leg.account.chain, leg.account.holder)
                if holder not in found:
                    address = leg.address or ledger.addresses[leg.account]
                    found[holder] = tuple(one for one in labels.of(holder[0], address) if one.category in stop_at)
    return {holder: mine for holder, mine in found.items() if mine}


def _dated(ledger: Ledger) -> frozenset[ChainId]:
    """Return the chains on which an event has a time."""
    mine = {event.chain for event in several(ledger.events) if event.time is not None}
    if isinstance(ledger.events, EventArrays) and ledger.events.rows.columns.time is not None:
        mine |= {ledger.events.chain} if len(ledger.events.plain) else set()
    return frozenset(mine)


def _places(ledger: Ledger, holders: Collection[Holder]) -> dict[Holder, list[int]]:
    """Return in which events these holders pay or are paid."""
    wanted = frozenset(holders)
    places: dict[Holder, list[int]] = defaultdict(list)
    for event in touching(ledger.events, wanted) if wanted else ():
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


def _overruled(labels: Sequence[Label], since: int | None) -> tuple[Label, ...]:
    """Return the labels in force at the first row of a holder that begins with stolen units, and their like.

    Without a time every label holds throughout. A later label that says the same of it, while one of these holds or as
    it ends, makes it nobody else.
    """
    if since is None:
        return tuple(labels)
    found: list[Label] = []
    for label in sorted(labels, key=lambda one: interval_of(one)[0] or 0):
        begin = interval_of(label)[0]
        same = [one for one in found if (one.entity, one.category) == (label.entity, label.category)]
        goes_on = any((until := interval_of(one)[1]) is None or until >= (begin or 0) for one in same)
        if holds_at(label, since) or (goes_on and begin is not None and begin > since):
            found.append(label)
    return tuple(found)


def _began_unseen(labels: Sequence[Label], since: int) -> list[Label]:
    """Return the labels that began before the first row of a holder, but for those that only say again what holds."""
    always = {(one.entity, one.category) for one in labels if not one.valid_from}
    return [
        label
        for label in labels
        if label.category != "frozen"
        and (label.entity, label.category) not in always
        and (begin := interval_of(label)[0]) is not None
        and begin <= since
    ]


def _said_of_no_row(
    labels: LabelIndex, account: Account, absorbing: Collection[str], until: int | None
) -> tuple[Label, ...]:
    """Return the labels that began at any time while somebody in no row, who cannot be split, held stolen units."""
    end = FOREVER if until is None else until
    found = _of(labels.of(account.chain, account.holder), absorbing)
    return tuple(one for one in found if one.valid_from and one.category not in STUCK and holds_at(one, end))


def _frozen(
    chain: ChainId, holder: str, labels: Iterable[Label], end: int | None, assets: Iterable[AssetId]
) -> set[Account]:
    """Return the accounts of a holder that goes on whose units are frozen at the end of the data."""
    held = [label for label in labels if label.category == "frozen" and (end is None or holds_at(label, end))]
    return {Account(chain, holder, one) for label in held for one in ((label.asset,) if label.asset else assets)}


def unsplit(account: Account) -> Account:
    """Return the account of a segment in the ledger before it was split; any other as it is."""
    name, _, number = account.holder.rpartition(SEGMENT)
    return account._replace(holder=name) if number.isdigit() and name else account
