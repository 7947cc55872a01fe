"""Where rows and labels contradict each other, and of which accounts nothing certain can be said for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from tracer.ledger import Ledger, several, touching
from tracer.model import (
    Account,
    AssetId,
    Holder,
    Label,
)
from tracer.registry import holds_at
from tracer.trace.uncontrolled import BURN, nobody


def thawed_of(
    ledger: Ledger,
    stuck: Mapping[Holder, Sequence[Label]],
    overruled: Mapping[Holder, Sequence[Label]],
    followed: Collection[Holder],
) -> dict[Holder, list[Label | None]]:
    """Return the holders that pay what cannot leave them: by labels while they hold, or since nobody has their key.

    What a burn address pays is money that cannot move as little as what is frozen. The zero address, which a mint
    names as its payer, is neither; nor is a precompile, which may pay back, as its code says. A label without effect
    (one that a seed overrules) is not contradicted, nor is the rule where a seed is followed all the same.
    """
    found: dict[Holder, list[Label | None]] = {}
    for event in touching(ledger.events, {*stuck, *((chain, BURN) for chain in ledger.ordered_by)}):
        for leg in (leg for part in event.parts for leg in part.debits):
            holder = (leg.account.chain, leg.account.holder)
            if nobody(*holder) in ("zero", "precompile"):
                continue
            if event.kind != "burn":
                for label in stuck.get(holder, ()):
                    frozen = label.category == "frozen"
                    if (event.time is None) if frozen else (label in overruled.get(holder, ())):
                        continue
                    in_force = event.time is None or holds_at(label, event.time)
                    if label.asset in (None, leg.account.asset) and in_force and label not in found.get(holder, ()):
                        found.setdefault(holder, []).append(label)
            if holder not in followed and nobody(*holder) == "burn":
                found.setdefault(holder, [None])
    return dict(sorted(found.items()))


def doubtful_of(ledger: Ledger, doubts: Mapping[Holder, Sequence[Label | None]]) -> frozenset[Account]:
    """Return the accounts of holders whose label is in doubt: of its one asset, or all."""
    of_one = {
        holder: {label.asset for label in labels if label is not None}
        for holder, labels in doubts.items()
        if all(label is not None and label.asset is not None for label in labels)
    }
    return frozenset(
        Account(*holder, asset)
        for holder, held in assets_of(ledger, doubts).items()
        for asset in held
        if holder not in of_one or asset in of_one[holder]
    )


def destroyed_of(ledger: Ledger, stuck: Mapping[Holder, Sequence[Label]]) -> dict[Holder, list[int | None]]:
    """Return when units of holders that a label says are stuck were destroyed there."""
    found: dict[Holder, list[int | None]] = defaultdict(list)
    for event in several(ledger.events):
        if event.kind == "burn":
            for holder in {leg.account[:2] for part in event.parts for leg in part.debits} & stuck.keys():
                found[holder].append(event.time)
    return found


def is_pierced(label: Label, times: Iterable[int | None]) -> bool:
    """Return whether a destruction falls in the time of a label."""
    return any(time is None or holds_at(label, time) for time in times)


def assets_of(ledger: Ledger, held: Mapping[Holder, object]) -> dict[Holder, set[AssetId]]:
    """Return the assets that some holders pay or are paid."""
    found: dict[Holder, set[AssetId]] = defaultdict(set)
    for event in touching(ledger.events, held):
        for part in event.parts:
            for leg in (*part.debits, *part.credits):
                if (leg.account.chain, leg.account.holder) in held:
                    found[leg.account.chain, leg.account.holder].add(leg.account.asset)
    return found
