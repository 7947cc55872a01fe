"""Upstream of a target: who can have paid what it received, walked backward in time until following stops."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from tracer.model import Account, Event, Holder, Leg, Part

UNSEEN = "from "
"""Before the name of a holder whose own past is not followed; no address holds a space."""


@dataclass(slots=True)
class Upstream:
    """Who can have paid the target.

    Attributes
    ----------
    hop : dict of (ChainId, str) to int
        Fewest payments to the target, in time order, of every holder that can have paid it; the target is not in it.
    most : dict of Account to int
        The most that an account can have paid towards the target, base units.
    need : dict of Account to int
        The same of accounts whose own past is followed.
    """

    hop: dict[Holder, int] = field(default_factory=dict)
    most: dict[Account, int] = field(default_factory=dict)
    need: dict[Account, int] = field(default_factory=dict)

    def followed(self) -> set[Holder]:
        """Return the holders whose own receipts count."""
        return {(account.chain, account.holder) for account in self.need}


def upstream(events: Sequence[Event], targets: Collection[Holder], is_boundary: Callable[[Holder], bool]) -> Upstream:
    """Walk backward from what the targets received.

    Parameters
    ----------
    events : sequence of Event
        In total order.
    targets : collection of (ChainId, str)
        Whose money is asked about; what they paid each other, or had back, is not followed.
    is_boundary : callable
        Whether a holder's own past is not followed.

    Notes
    -----
    A payment can have carried at most what its payee can have paid on later. O(legs).
    """
    found = Upstream()
    for event in reversed(events):
        wanted = [_wanted(part, found, targets) for part in event.parts]
        for part, (most, nearest) in zip(event.parts, wanted, strict=True):
            if not most:
                continue
            given = _given(part, most)
            for leg in part.debits:
                holder = (leg.account.chain, leg.account.holder)
                if holder in targets:
                    continue
                found.hop[holder] = min(nearest + 1, found.hop.get(holder, nearest + 1))
                found.most[leg.account] = found.most.get(leg.account, 0) + min(leg.amount, given)
                if not is_boundary(holder):
                    found.need[leg.account] = found.most[leg.account]
    return found


def with_sources(
    events: Sequence[Event], followed: Collection[Holder], targets: Collection[Holder]
) -> tuple[tuple[Event, ...], dict[Account, int]]:
    """Return the events in which every unit comes from a named source, and what each source pays in all.

    A payer that is not followed pays from an account of its own that only pays; so does whoever mints. Events that
    touch neither a followed holder nor a receipt of a target are left out.
    """
    paid: dict[Account, int] = {}
    kept: list[Event] = []
    for event in events:
        parts = tuple(
            _sourced(event, part, followed, paid) for part in event.parts if _touches(part, followed, targets)
        )
        if parts:
            kept.append(replace(event, index=len(kept), parts=parts, readings=()))
    return tuple(kept), paid


def _given(part: Part, received: int) -> int:
    """Return the most that must have been given for some of what a part pays out; scaled up in a swap."""
    if not part.is_swap:
        return received
    given, paid_out = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
    return -(-received * given // paid_out)


def _wanted(part: Part, found: Upstream, targets: Collection[Holder]) -> tuple[int, int]:
    """Return the most of a part that can have gone towards a target, and the fewest payments left to it."""
    most, nearest = 0, -1
    for leg in part.credits:
        holder = (leg.account.chain, leg.account.holder)
        if leg.sink:
            continue
        if holder in targets:
            most, hop = most + leg.amount, 0
        elif leg.account in found.need:
            most, hop = most + min(leg.amount, found.need[leg.account]), found.hop[holder]
        else:
            continue
        nearest = hop if nearest < 0 else min(nearest, hop)
    return most, nearest


def _touches(part: Part, followed: Collection[Holder], targets: Collection[Holder]) -> bool:
    pays = any((leg.account.chain, leg.account.holder) in followed for leg in part.debits)
    receives = ((leg.account.chain, leg.account.holder) for leg in part.credits if not leg.sink)
    return pays or any(holder in followed or holder in targets for holder in receives)


def _sourced(event: Event, part: Part, followed: Collection[Holder], paid: dict[Account, int]) -> Part:
    if not part.debits:
        account = part.credits[0].account
        name = "unresolved" if event.kind == "unresolved" else "mint"
        made = Account(account.chain, f"{UNSEEN}{name}", account.asset)
        debits: tuple[Leg, ...] = (Leg(made, "", sum(leg.amount for leg in part.credits)),)
    else:
        debits = tuple(
            leg
            if (leg.account.chain, leg.account.holder) in followed
            else replace(leg, account=leg.account._replace(holder=UNSEEN + leg.account.holder))
            for leg in part.debits
        )
    for leg in debits:
        if leg.account.holder.startswith(UNSEEN):
            paid[leg.account] = paid.get(leg.account, 0) + leg.amount
    return replace(part, debits=debits)
