"""Exits: every leaf with exactly one stop reason, what was stolen, and the audit that compares the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from tracer.ledger import Ledger
from tracer.model import LABEL_EVENT, Account, AssetId, ChainId, Label, Lot, Origin, caip10
from tracer.taint import CLEAN, Tags, TaintOutcome, TaintProblem
from tracer.trace.exit_attribution import party_of
from tracer.trace.result import Arrival, Audit, Exit
from tracer.trace.segments import unsplit
from tracer.trace.stops import Stops

_Key = tuple[str, ChainId, str, AssetId, Origin, str, str]
"""Stop reason, chain, address, asset, origin, and the entity and category that it is filed under."""


GONE: Final = frozenset({"contract", "fee", "burned", "stolen_again"})
"""Fates of stolen units that are nowhere afterwards: who is named with them paid them away, or earned them as a fee."""


@dataclass(slots=True)
class _Leaf:
    """An exit while it is being added up."""

    by_grade: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    origin_by_grade: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    arrivals: list[Arrival] = field(default_factory=list)
    approximate: bool = False
    label: Label | None = None
    accounts: set[Account] = field(default_factory=set)
    gone: int = 0

    def add(self, lot: Lot, labels: Tags) -> None:
        self.approximate |= lot.approximate
        self.by_grade[labels.grade(lot.label)] += lot.amount
        self.origin_by_grade[labels.grade(lot.label)] += lot.origin_amount


def exits_of(
    ledger: Ledger, stops: Stops, plan: TaintProblem, outcome: TaintOutcome, history: frozenset[str] | None
) -> tuple[Exit, ...]:
    """Return the exits in order of (stop reason, chain, address, asset, origin, entity, category).

    Parameters
    ----------
    history : frozenset of str or None
        CAIP-10 of the holders whose onward history the case has; all others that still hold leave as ``incomplete``.
    """
    leaves: dict[_Key, _Leaf] = {}

    def leaf_of(account: Account, address: str, reason: str, origin: Origin) -> _Leaf:
        """Return the exit of an account under a theft, made where it is the first."""
        label = stops.filed(account, address, reason)
        key = (reason, account.chain, address, account.asset, origin, *party_of(label, reason))
        if key not in leaves:
            leaves[key] = _Leaf(label=label)
        leaves[key].accounts.add(account)
        return leaves[key]

    receipts: dict[tuple[Account, Origin], list[Arrival]] = defaultdict(list)
    labels = plan.labels
    for flow in outcome.flows:
        if not flow.is_credit and flow.fate != "stolen_again":
            continue
        event, account = plan.events[flow.event], flow.leg.account
        for origin, lots in _by_origin(flow.lots, labels):
            arrival = Arrival(event.time, event.tx, sum(lot.amount for lot in lots))
            if flow.fate == "held":
                receipts[account, origin].append(arrival)
                continue
            reason = stops.why_stopped(account) if flow.fate == "stopped" else flow.fate
            leaf = leaf_of(account, flow.leg.address, reason, origin)
            leaf.arrivals.append(arrival)
            leaf.gone += arrival.tainted if flow.fate in GONE else 0
            for lot in lots:
                leaf.add(lot, labels)
    for account, held in outcome.lots.items():
        address = ledger.addresses.get(account, account.holder)
        reason = holding_reason(account, address, stops, history)
        for origin, lots in _by_origin(held, labels):
            leaf = leaf_of(account, address, reason, origin)
            leaf.arrivals += receipts[account, origin] or [Arrival(None, "", sum(lot.amount for lot in lots))]
            for lot in lots:
                leaf.add(lot, labels)
    came = _Came(ledger, stops)
    return tuple(_exit(key, leaves[key], came) for key in sorted(leaves))


def audit_of(stolen: dict[Origin, int], exits: Iterable[Exit]) -> Audit:
    """Return whether stolen, a constant no rule made, is the sum of its exits, for every origin, in its base units."""
    difference = dict(stolen)
    for leaf in exits:
        difference[leaf.origin] -= leaf.origin_amount
    return Audit(not any(difference.values()), difference)


def holding_reason(account: Account, address: str, stops: Stops, history: frozenset[str] | None) -> str:
    """Return why money still held at the end is an exit: its own history, or its address's, is held, or is not."""
    if stops.is_frozen(account):
        return "frozen"
    if stops.options.until is not None:
        return "window_end"
    if history is None or caip10(account.chain, account.holder) in history:
        return "at_rest"
    return "at_rest" if caip10(account.chain, address) in history else "incomplete"


def _by_origin(lots: Iterable[Lot], labels: Tags) -> list[tuple[Origin, list[Lot]]]:
    """Group stolen lots by origin, in theft order; clean lots are left out."""
    groups: dict[int, list[Lot]] = {}
    for lot in lots:
        if lot.label != CLEAN:
            groups.setdefault(labels.origin_index(lot.label), []).append(lot)
    return [(labels.origins[index], groups[index]) for index in sorted(groups)]


class _Came:
    """What came to the segments of holders that are several in turn: in rows, and as what was there at their begin."""

    def __init__(self, ledger: Ledger, stops: Stops) -> None:
        several = {whole for account in ledger.addresses if (whole := unsplit(account)) != account}
        self._came: dict[Account, int] = {}
        self._absorbing: dict[tuple[object, ...], set[Account]] = defaultdict(set)
        # Segments that began with what an absorbing one had: it is that one's, and no receipt of theirs.
        handed: set[Account] = set()
        for event in ledger.events if several else ():
            for part in event.parts:
                moves = event.kind == LABEL_EVENT
                for leg in part.credits:
                    if unsplit(leg.account) not in several:
                        continue
                    amount = leg.amount
                    for before in (one.account for one in part.debits if moves):
                        absorbed = stops(before.chain, before.holder)
                        if absorbed or before in handed:
                            handed.add(leg.account)
                            # What is left may be either's; no more of it can have come than came.
                            amount = 0 if absorbed else min(amount, self._came.get(before, 0))
                    self._came[leg.account] = self._came.get(leg.account, 0) + amount
        for account in self._came:
            if stops(account.chain, account.holder):
                address, reason = ledger.addresses.get(account, account.holder), stops.why_stopped(account)
                party = party_of(stops.filed(account, address, reason), reason)
                self._absorbing[reason, account.chain, address, account.asset, *party].add(account)

    def under(self, key: _Key, accounts: Collection[Account]) -> int | None:
        """Return what came to the segments of one exit; ``None`` where none of them is one of several.

        Those of the same party count too where no stolen unit stayed, which hangs on the rule.
        """
        if not any(account in self._came for account in accounts):
            return None
        reason, chain, address, asset, _, *party = key
        return sum(
            self._came.get(account, 0)
            for account in self._absorbing[reason, chain, address, asset, *party].union(accounts)
        )


def _exit(key: _Key, leaf: _Leaf, came: _Came) -> Exit:
    reason, chain, address, asset, origin, _, _ = key
    return Exit(
        chain,
        address,
        asset,
        reason,
        origin,
        sum(leaf.by_grade.values()),
        sum(leaf.origin_by_grade.values()),
        dict(sorted(leaf.by_grade.items())),
        dict(sorted(leaf.origin_by_grade.items())),
        tuple(leaf.arrivals),
        leaf.approximate,
        label=leaf.label,
        received=came.under(key, leaf.accounts),
        gone=leaf.gone,
    )
