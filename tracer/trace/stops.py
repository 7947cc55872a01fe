"""Where following stops: labels that absorb, too many counterparties, too many hops. Never a matter of policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracer.attribution import LabelIndex
from tracer.model import CATEGORIES, ChainId, Event, Label
from tracer.trace.options import Options

Holder = tuple[ChainId, str]


@dataclass(slots=True)
class Stops:
    """Decides, once for each holder, whether it absorbs and why.

    Attributes
    ----------
    labels : LabelIndex
        Labels in force on the as-of day.
    options : Options
        Which categories absorb.
    seeds : frozenset of (ChainId, str)
        Holders that start with stolen units; they never absorb.
    busy : frozenset of (ChainId, str)
        Holders with more counterparties than the option allows.
    address_of : callable
        Address beside a holder (an outpoint's address).
    decided : mapping of (ChainId, str) to str
        Holders that were not read, by the stop reason decided when the case was collected.
    far : set of (ChainId, str)
        Holders beyond the hop limit; filled after a first walk.
    """

    labels: LabelIndex
    options: Options
    seeds: frozenset[Holder]
    busy: frozenset[Holder]
    address_of: Callable[[ChainId, str], str]
    decided: Mapping[Holder, str] = field(default_factory=dict)
    far: set[Holder] = field(default_factory=set)
    _held: dict[Holder, tuple[str, Label | None]] = field(default_factory=dict)

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

    def labels_of(self, chain: ChainId, holder: str) -> tuple[Label, ...]:
        """Return the labels of the address beside a holder, strongest first."""
        return self.labels.of(chain, self.address_of(chain, holder))

    def _decide(self, key: Holder) -> tuple[str, Label | None]:
        if key in self.seeds:
            return "", None
        for label in self.labels_of(*key):
            if label.category in self.options.stop_at:
                return CATEGORIES[label.category].stop_reason or "service", label
        if key in self.decided:
            return self.decided[key], None
        return ("high_degree", None) if key in self.busy else ("", None)


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
    for chain, holder in holders:
        labels = stops.labels_of(chain, holder)
        stopping = sorted({label.category for label in labels if label.category in stops.options.stop_at})
        others = sorted({label.category for label in labels} - set(stopping))
        if stopping and (chain, holder) in stops.seeds:
            sentences.append(f"{holder} is a seed and labelled {', '.join(stopping)}: it is followed as a seed.")
        elif stopping and others:
            sentences.append(
                f"{holder} is labelled {', '.join([*stopping, *others])} by different publishers: it stops."
            )
    return sentences
