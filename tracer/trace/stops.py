"""Where following stops: labels that absorb, too many counterparties, too many hops. Never a matter of policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tracer.ledger import several, touching
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
    chain_of,
    plain_holder,
)
from tracer.registry import LabelIndex, holds_at, interval_of
from tracer.trace.label_clock import FOREVER
from tracer.trace.label_states import FOLLOWED
from tracer.trace.options import Options
from tracer.trace.segments import Split
from tracer.trace.uncontrolled import is_burnt


@dataclass(slots=True)
class Stops:
    """Decides, once for each holder, whether it absorbs and why.

    Attributes
    ----------
    labels : LabelIndex
        Labels known on the as-of day.
    split : Split
        The ledger's holders in time: which segment absorbs, by which label.
    options : Options
        Which categories absorb.
    seeds : frozenset of (ChainId, str)
        Holders that start with stolen units, and passages through pools: nothing but a label that begins later stops
        there.
    busy : frozenset of (ChainId, str)
        Holders with more counterparties than the option allows.
    address_of : callable
        Address beside a holder (an outpoint's address).
    decided : mapping of (ChainId, str) to str
        Holders that were not read, by the stop reason decided when the case was collected.
    tokens : frozenset of (ChainId, str)
        Contracts of the assets of the case; they absorb, as do addresses that nobody controls.
    far : set of (ChainId, str)
        Holders beyond the hop limit; filled after a first walk.
    """

    labels: LabelIndex
    split: Split
    options: Options
    seeds: frozenset[Holder]
    busy: frozenset[Holder]
    address_of: Callable[[ChainId, str], str]
    decided: Mapping[Holder, str] = field(default_factory=dict)
    tokens: frozenset[Holder] = frozenset()
    far: set[Holder] = field(default_factory=set)
    _held: dict[Holder, tuple[str, Label | None]] = field(default_factory=dict)
    _turns: dict[Holder, list[Label | None]] = field(default_factory=dict)

    def __call__(self, chain: ChainId, holder: str) -> bool:
        """Return whether a holder absorbs."""
        return bool(self.why(chain, holder)[0])

    def why(self, chain: ChainId, holder: str) -> tuple[str, Label | None]:
        """Return a holder's stop reason and the label behind it; an empty reason means it is followed."""
        key = (chain, holder)
        if key not in self._held:
            self._held[key] = self._decide(key)
        reason, label = self._held[key]
        return ("max_hops", None) if not reason and key in self.far else (reason, label)

    @property
    def undated(self) -> frozenset[Holder]:
        """Holders whose label begins or ends while their rows have no time: it was taken to hold throughout."""
        return self.split.undated

    @property
    def doubtful(self) -> frozenset[Account]:
        """Accounts on whose label nothing certain can rest: without a time, or contradicted by the holder's rows."""
        return self.split.doubtful

    def labels_of(self, chain: ChainId, holder: str) -> tuple[Label, ...]:
        """Return the labels of the address beside a holder, whenever they hold, strongest first."""
        return self.labels.of(chain, self.address_of(chain, holder))

    def shown(self, chain: ChainId, holder: str, asset: AssetId | None = None) -> Label | None:
        """Return the strongest label in force at the end, which names a holder: one that ended names nobody.

        With `asset`, a freeze of another asset is none.
        """
        end = self._end(chain)
        return next(
            (
                label
                for label in self.labels_of(chain, holder)
                if holds_at(label, end) and (asset is None or label.asset in (None, asset))
            ),
            None,
        )

    def names(self, chain: ChainId, holder: str) -> tuple[str, ...]:
        """Return whose a holder was in turn: of the labels that made it stop, and of the one shown at the end."""
        if not self._turns and self.split.states:
            used = {
                (leg.account.chain, leg.account.holder)
                for event in touching(self.split.ledger.events, self.split.states)
                if event.kind != LABEL_EVENT
                for part in event.parts
                for leg in (*part.debits, *part.credits)
            }
            for place in sorted(self.split.states.keys() & used, key=lambda place: (place[0], len(place[1]), place[1])):
                self._turns.setdefault((place[0], plain_holder(place[1])), []).append(self.split.states[place].label)
        labels = self._turns.get((chain, plain_holder(holder)), [])
        found = (label.entity or label.label for label in (*labels, self.shown(chain, holder)) if label is not None)
        return tuple(dict.fromkeys(found))

    def why_stopped(self, account: Account) -> str:
        """Return why what reaches an account that absorbs is an exit: of an asset frozen there, that first of all."""
        return "frozen" if self.freeze_at(account) is not None else self.why(account.chain, account.holder)[0]

    def freeze_at(self, account: Account) -> Label | None:
        """Return the freeze of this asset alone in force at the end, at a holder that absorbs for another reason."""
        chain, holder, asset = account
        if "frozen" not in self.options.stop_at:
            return None
        found = (
            label
            for label in self.labels_of(chain, holder)
            if label.category == "frozen" and label.asset == asset and holds_at(label, self._end(chain))
        )
        return next(found, None)

    def filed(self, account: Account, address: str, reason: str) -> Label | None:
        """Return the label that units ending at an account are filed under.

        The one that made it stop; for what is held at the end, the strongest in force then; for what ended in an event,
        one in force at all its events. What ends nowhere, as a fee without payee, has no address and no label.
        """
        if not address:
            return None
        chain, holder, asset = account
        _, stopped_by = self.why(chain, holder)
        if self.is_frozen(account) and reason == "frozen":
            end = self._end(chain)
            return next(
                label
                for label in self.labels_of(chain, holder)
                if label.category == "frozen" and label.asset in (None, asset) and holds_at(label, end)
            )
        if reason == "frozen" and self.freeze_at(account) is not None:
            return self.freeze_at(account)
        if stopped_by is not None:
            return stopped_by
        if reason in ("at_rest", "incomplete", "window_end", "frozen"):
            return self.shown(chain, holder, asset)
        return self.lasting(account)

    def lasting(self, account: Account) -> Label | None:
        """Return the strongest label of an account's holder that was in force at all of its events."""
        chain, holder, asset = account
        span = self.split.spans.get((chain, plain_holder(holder)), (None, None))
        found = (
            label
            for label in self.labels_of(chain, holder)
            if label.asset in (None, asset)
            and (
                not (label.valid_from or label.valid_until)
                or (chain not in self.split.dated)
                or (None not in span and all(holds_at(label, second) for second in span))
            )
        )
        return next(found, None)

    def _end(self, chain: ChainId) -> int | None:
        """Return until when labels are looked at; ``None`` on a chain without times, where they hold throughout."""
        until = self.options.until
        return (FOREVER if until is None else until) if chain in self.split.dated else None

    def is_frozen(self, account: Account) -> bool:
        """Return whether units that an account still holds at the end of the data are frozen there."""
        return account in self.split.frozen

    def _decide(self, key: Holder) -> tuple[str, Label | None]:
        chain, name = key
        if key in self.split.states:
            return self.split.states[key]
        plain = (chain, plain_holder(name))
        if key in self.seeds or plain in self.seeds:
            return FOLLOWED
        if is_burnt(*plain):
            return "burned", None
        if plain in self.tokens:
            return "contract", None
        if plain in self.decided:
            return self.decided[plain], None
        return ("high_degree", None) if plain in self.busy else FOLLOWED


def busy_holders(events: Iterable[Event], limit: int | None) -> frozenset[Holder]:
    """Return the holders with more than `limit` distinct counterparties; ``None`` switches the stop off."""
    if limit is None:
        return frozenset()
    partners: dict[Holder, set[str]] = {}
    for event in events:
        for part in event.parts:
            payers = [(leg.account.chain, leg.account.holder) for leg in part.debits]
            payees = [(leg.account.chain, leg.account.holder) for leg in part.credits if not leg.sink]
            for side, others in ((payers, payees), (payees, payers)):
                for holder in side:
                    partners.setdefault(holder, set()).update(other for _, other in others if other != holder[1])
    return frozenset(holder for holder, others in partners.items() if len(others) > limit)


def conflict_sentences(stops: Stops, holders: Sequence[Holder]) -> list[str]:
    """Return, in sentences, the labels that contradict each other or a seed on whether following stops."""
    sentences = []
    named = [(chain, name) for chain, name in holders if stops.labels_of(chain, plain_holder(name))]
    absorbing = {(chain, plain_holder(name)) for chain, name in named if stops(chain, name)}
    for chain, holder in sorted({(chain, plain_holder(name)) for chain, name in named}):
        labels = stops.labels_of(chain, holder)
        where = {*stops.options.stop_at, *DECODED_THROUGH}
        stopping = sorted({label.category for label in labels if label.category in where})
        others = sorted({label.category for label in labels} - set(stopping))
        overruled = sorted({label.category for label in stops.split.overruled.get((chain, holder), ())})
        if overruled:
            sentences.append(f"{holder} is a seed and labelled {', '.join(overruled)}: it is followed as a seed.")
        elif stopping and others and (chain, holder) in absorbing:
            sentences.append(
                f"{holder} is labelled {', '.join([*stopping, *others])} by different publishers: it stops."
            )
    return sentences


def label_sentences(stops: Stops, holders: Iterable[Holder], receivers: Iterable[Holder]) -> list[str]:
    """Return, in sentences, what a reader must know of the labels of the holders that stolen money can reach.

    Parameters
    ----------
    stops : Stops
        What decides where following stops.
    holders : iterable of (ChainId, str)
        Those reached.
    receivers : iterable of (ChainId, str)
        Those the thefts paid, or that begin with stolen units.
    """
    reached = {(chain, plain_holder(name)) for chain, name in holders}
    return [
        *_paid_services(stops, receivers),
        *_unsure(stops, reached),
        *_undated(stops, reached),
        *_thawed(stops, reached),
        *_later(stops, reached),
        *_unknown(stops, reached),
    ]


def _paid_services(stops: Stops, receivers: Iterable[Holder]) -> list[str]:
    paid: dict[Holder, list[tuple[str, int | None]]] = {}
    for chain, name, time in _paid_at(stops, frozenset(receivers)):
        paid.setdefault((chain, plain_holder(name)), []).append((name, time))
    sentences = []
    for (chain, holder), payments in sorted(paid.items()):
        labels = [label for label in stops.labels_of(chain, holder) if CATEGORIES[label.category].guard]
        found = [label for label in labels if any(holds_at(label, time) for _, time in payments)]
        said = "; ".join(
            f"{label.publisher or 'the table of labels'} calls it {label.label!r} ({label.category})"
            for label in found[:3]
        )
        if found:
            sentences.append(
                f"WARNING: the theft is paid to {holder}, itself labelled a service or a victim: {said}; "
                f"{_onward(stops, chain, [name for name, _ in payments])}."
            )
    return sentences


def _paid_at(stops: Stops, receivers: Collection[Holder]) -> Iterator[tuple[ChainId, str, int | None]]:
    """Yield which receivers the thefts pay, and when; what one begins with is there from its first row on."""
    split = stops.split
    events = split.ledger.events
    thefts = {index for index, _, _ in split.thefts.debits}
    robbing = {(events[index].chain, events[index].tx) for index in thefts if events[index].tx}
    # All rows of a theft's transaction are events that arrays keep whole.
    for event in several(events):
        if event.index in thefts or (event.chain, event.tx) in robbing:
            credits = dict.fromkeys(leg.account[:2] for part in event.parts for leg in part.credits if not leg.sink)
            yield from ((*place, event.time) for place in credits if place in receivers)
    for chain, name in dict.fromkeys(account[:2] for account in split.thefts.opening):
        if (chain, name) in receivers:
            yield chain, name, split.spans.get((chain, name), (None, None))[0]


def _onward(stops: Stops, chain: ChainId, names: Sequence[str]) -> str:
    """Return in words whether following ends at a receiver, by its segments that are paid."""
    if any(stops(chain, name) for name in names):
        return "following ends there at once"
    later = [
        (len(name), name, state.label)
        for (of, name), state in stops.split.states.items()
        if of == chain and plain_holder(name) == plain_holder(names[0])
    ]
    for size, name, label in sorted(later, key=lambda one: one[:2]):
        if label is not None and (size, name) > max((len(one), one) for one in names):
            return f"it is followed until {label.valid_from}, when it becomes {label.label!r} ({label.category})"
    return "it is followed all the same"


def _unsure(stops: Stops, reached: Iterable[Holder]) -> list[str]:
    return [
        f"WARNING: {holder} begins with stolen units by a seed and is labelled {label.label!r} ({label.category}) from "
        f"{label.valid_from}: none of its rows is older, so that none tells whether the units were there by then. "
        "It is followed, as the seed asks, and nothing that rests on it is certain."
        for (chain, holder), label in sorted(stops.split.unsure.items(), key=lambda one: one[0])
        if (chain, holder) in reached
    ]


def _undated(stops: Stops, reached: Iterable[Holder]) -> list[str]:
    found = sorted(stops.undated & set(reached))
    if not found:
        return []
    names = ", ".join(holder for _, holder in found[:3]) + (" …" if len(found) > 3 else "")
    return [
        f"{len(found)} holders reached have a label that begins or ends, but their rows have no time ({names}): the "
        "label is taken to hold throughout, and nothing that rests on it is certain."
    ]


def _thawed(stops: Stops, reached: Collection[Holder]) -> list[str]:
    return [
        _moved_all_the_same(holder, label)
        for (chain, holder), label in stops.split.thawed.items()
        if (chain, holder) in reached
    ]


def _moved_all_the_same(holder: str, label: Label | None) -> str:
    if label is None:
        return (
            f"WARNING: {holder} pays on, though it is an address that nobody has the key of: the rows contradict "
            "that. What reaches it is taken as burned, and nothing that rests on it is certain."
        )
    taken = "burned" if label.category == "burn" else "frozen"
    return (
        f"WARNING: {holder} pays on what is labelled {label.label!r} ({label.category}, from "
        f"{label.valid_from or 'always'}): rows and label contradict each other. It is taken as {taken}, and nothing "
        "that rests on it is certain."
    )


def _later(stops: Stops, reached: Iterable[Holder]) -> list[str]:
    until = stops.options.until
    sentences = []
    for chain, holder in sorted(reached):
        label = stops.split.later.get((chain, holder))
        if label is None:
            continue
        told = f"{holder} on {chain_of(chain).name} is labelled {label.label!r} ({label.category}) only from"
        begin = interval_of(label)[0] or 0
        sentences.append(
            f"{told} {label.valid_from}, after the last row: what it still holds there is an exit from that day, "
            "if nothing left it in between."
            if until is None or begin <= until
            else f"{told} {label.valid_from}, after the end of the window: what it holds then is not an exit there."
        )
    return sentences


def _unknown(stops: Stops, reached: Iterable[Holder]) -> list[str]:
    count = sum(stops.labels.not_yet_known(chain, stops.address_of(chain, holder)) for chain, holder in reached)
    if not count:
        return []
    return [
        f"Note: {count} labels of addresses reached became known only after {stops.labels.as_of}, the day whose "
        "knowledge is used, and were left out: --as-of takes a later day."
    ]
