"""Source of funds: where the money of a target came from, by the same rules that follow it forward.

Walked back from the target to payers whose own past is not followed; each of them, every opening balance and every
mint is an origin. Then the forward kernel runs from those origins, and the target absorbs: what it received is the sum
over the origins, and nothing of it is clean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from tracer.analysis.upstream import UNSEEN, Upstream, upstream, with_sources
from tracer.errors import InputError
from tracer.io import Card, Carded
from tracer.model import (
    LABEL_EVENT,
    Account,
    AssetId,
    ChainId,
    Event,
    Holder,
    Label,
    Leg,
    Lot,
    Origin,
    caip10,
    plain_holder,
)
from tracer.taint import CLEAN, Kernel, Tags, TaintOutcome, TaintProblem, fast_kernel
from tracer.trace import Arrival, PreparedCase, has_history, is_burnt, true_openings

OPENING = "opening balance of "


@dataclass(frozen=True, slots=True)
class Inflow:
    """What a target received from one origin.

    Attributes
    ----------
    chain, address : str
        Who paid, or held at the opening; `address` is empty for a mint.
    why : str
        Why the way back ends there: a stop reason of a trace, ``opening``, ``mint``, ``contract`` (unresolved exchange
        of several assets) or ``target`` (paid by the target itself before).
    label : Label or None
        The label it is filed under: the one that ends the way back, else one in force at all that its holder did.
    asset : AssetId
        What the target received.
    origin : Origin
        The origin: who paid or held, and in which asset.
    tainted, origin_amount : int
        Base units of `asset`, and of the origin's asset.
    by_grade : dict of str to int
        `tainted` split by the weakest grade on the way.
    arrivals : tuple of Arrival
        Receipts of the target that hold it, in order.
    approximate : bool
        Whether it rests on a row whose source printed a rounded value.
    """

    chain: ChainId
    address: str
    why: str
    label: Label | None
    asset: AssetId
    origin: Origin
    tainted: int
    origin_amount: int
    by_grade: dict[str, int]
    arrivals: tuple[Arrival, ...]
    approximate: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Funds(Carded):
    """Where the money of a target came from under one policy.

    Attributes
    ----------
    policy : str
        The rule.
    targets : tuple of (ChainId, str)
        Whose money.
    inflows : tuple of Inflow
        In order of (why, chain, address, asset, origin).
    received : dict of Account to int
        All that the targets received, base units.
    difference : dict of Account to int
        Received less the sum of the inflows; 0 where it closes.
    hop : dict of (ChainId, str) to int
        Fewest payments to the target of everybody who can have paid it.
    """

    policy: str
    targets: tuple[Holder, ...]
    inflows: tuple[Inflow, ...]
    received: dict[Account, int]
    difference: dict[Account, int]
    hop: dict[Holder, int]

    def card(self) -> Card:
        """Return whose money it is and from how many it came."""
        return Card(
            f"Source of funds under {self.policy}",
            (
                ("Targets", tuple(address for _, address in self.targets[:5])),
                ("Holds", (f"{len(self.inflows):,} inflows into {len(self.received):,} holdings",)),
                ("Audit", ("closed" if self.closed else "OPEN: the figures cannot be relied on",)),
            ),
            () if self.closed else ("Audit",),
        )

    @property
    def closed(self) -> bool:
        """Whether what the targets received is the sum over the origins."""
        return not any(self.difference.values())


def targets_of(prepared: PreparedCase) -> tuple[Holder, ...]:
    """Return whose money a backward trace asks about: the seed holders, and the payees of the seed transactions."""
    found = {(seed.chain, seed.value) for seed in prepared.inputs.seeds if seed.kind != "tx"}
    return tuple(sorted(found | {account[:2] for account in prepared.thefts.paid}))


def upstream_of(prepared: PreparedCase, targets: Collection[Holder]) -> tuple[Upstream, dict[Holder, str]]:
    """Return who can have paid the targets, and why the way back ends at those who are not followed."""
    why: dict[Holder, str] = {}
    far: set[Holder] = set()

    def ends(holder: Holder) -> bool:
        if holder not in why:
            why[holder] = _why(prepared, holder) or ("max_hops" if holder in far else "")
        return bool(why[holder])

    found = upstream(_between_accounts(prepared), targets, ends)
    limit = prepared.options.max_hops
    if limit is not None:
        far.update(holder for holder, hop in found.hop.items() if hop >= limit)
        why.clear()
        found = upstream(_between_accounts(prepared), targets, ends)
    return found, {holder: reason for holder, reason in sorted(why.items()) if reason}


def source_of_funds(prepared: PreparedCase, policy: str, *, kernel: Kernel = fast_kernel) -> Funds:
    """Return where the money of the seeds came from under one policy.

    Parameters
    ----------
    prepared : PreparedCase
        A case; its seeds are the targets.
    policy : str
        One of :data:`tracer.trace.options.POLICIES`.
    kernel : Kernel
        What runs the policy.

    Raises
    ------
    InputError
        If the seeds name nobody.
    """
    targets = targets_of(prepared)
    if not targets:
        raise InputError("No seed names a holder whose money could be traced back.")
    found, why = upstream_of(prepared, targets)
    followed = found.followed()
    events, paid = with_sources(_between_accounts(prepared), followed, set(targets))
    opening = _openings(prepared, followed)
    idle = _idle(prepared)
    origins = _origins(paid, opening, idle)
    plan = _plan(events, paid, opening, origins, followed)
    outcome = kernel(plan, policy, None)
    received = _received(plan, set(targets))
    inflows = _inflows(prepared, plan, outcome, set(targets), why | dict.fromkeys(idle, "opening"))
    difference = dict(received)
    for flow in outcome.flows:
        if flow.is_credit and flow.leg.account in difference and not flow.leg.sink:
            difference[flow.leg.account] -= sum(lot.amount for lot in flow.lots)
    return Funds(policy, targets, inflows, received, difference, dict(sorted(found.hop.items())))


def _between_accounts(prepared: PreparedCase) -> Sequence[Event]:
    """Return the events without the parts in which an output that a seed takes becomes stolen where it lies."""
    events = prepared.ledger.events
    moving: dict[int, Event] = {}
    for index in sorted({event for event, _, _ in prepared.thefts.debits}):
        event = events[index]
        parts = tuple(
            part for part in event.parts if not part.debits or {*_accounts(part.debits)} != {*_accounts(part.credits)}
        )
        if len(parts) < len(event.parts):
            moving[index] = replace(event, parts=parts)
    return tuple(moving.get(event.index, event) for event in events) if moving else events


def _accounts(legs: Iterable[Leg]) -> list[Account]:
    return [leg.account for leg in legs]


def _why(prepared: PreparedCase, holder: Holder) -> str:
    if is_burnt(*holder):
        return "mint"  # what comes from an address that nobody controls is newly made
    reason = prepared.stops.why(*holder)[0]
    if reason and reason != "max_hops":  # that is counted from the target here
        return reason
    return "" if has_history(prepared.inputs.history, *holder, prepared.stops) else "incomplete"


def _openings(prepared: PreparedCase, followed: Collection[Holder]) -> dict[Account, int]:
    opening = true_openings(prepared.ledger.opening, prepared.inputs.balances)
    return {one: amount for one, amount in opening.items() if amount and (one.chain, one.holder) in followed}


def _idle(prepared: PreparedCase) -> frozenset[Holder]:
    """Return the segments of holders that no row touches: what they hand on is a balance nobody saw arriving."""
    found: dict[bool, set[Holder]] = {True: set(), False: set()}
    for event in prepared.ledger.events:
        for part in event.parts:
            for leg in (*part.debits, *part.credits):
                found[event.kind == LABEL_EVENT].add((leg.account.chain, leg.account.holder))
    return frozenset(found[True] - found[False])


def _origins(paid: dict[Account, int], opening: dict[Account, int], idle: Collection[Holder]) -> dict[Account, Origin]:
    """Return the origin of every account that starts with something, in order."""
    named = {}
    for one in paid:
        name = one.holder.removeprefix(UNSEEN)
        before = OPENING if (one.chain, name) in idle else ""
        named[one] = Origin(before + _name(one.chain, name), one.asset)
    held = {one: Origin(OPENING + caip10(one.chain, plain_holder(one.holder)), one.asset) for one in opening}
    return dict(sorted({**named, **held}.items(), key=lambda item: (item[1], item[0])))


def _name(chain: ChainId, holder: str) -> str:
    return f"{holder} on {chain}" if holder in ("mint", "unresolved") else caip10(chain, plain_holder(holder))


def _plan(
    events: tuple[Event, ...],
    paid: dict[Account, int],
    opening: dict[Account, int],
    origins: dict[Account, Origin],
    followed: Collection[Holder],
) -> TaintProblem:
    labels = Tags(tuple(origins.values()))
    place = {account: index for index, account in enumerate(origins)}
    amounts = {**paid, **opening}
    lots = {
        account: (Lot(amounts[account], labels.of(place[account], "recorded"), amounts[account]),)
        for account in origins
    }
    touched = {leg.account for event in events for part in event.parts for leg in (*part.debits, *part.credits)}
    tracked = {one for one in touched if (one.chain, one.holder) in followed} | set(lots)
    stopped = {(one.chain, one.holder) for one in touched - tracked}
    return TaintProblem(events, lots, {}, frozenset(stopped), frozenset(), frozenset(tracked), labels)


def _received(plan: TaintProblem, targets: Collection[Holder]) -> dict[Account, int]:
    received: dict[Account, int] = {}
    for event in plan.events:
        for part in event.parts:
            for leg in part.credits:
                if (leg.account.chain, leg.account.holder) in targets and not leg.sink:
                    received[leg.account] = received.get(leg.account, 0) + leg.amount
    return dict(sorted(received.items()))


def _inflows(
    prepared: PreparedCase,
    plan: TaintProblem,
    outcome: TaintOutcome,
    targets: Collection[Holder],
    why: dict[Holder, str],
) -> tuple[Inflow, ...]:
    payer_of = {lots[0].label: account for account, lots in plan.opening.items()}
    lots: dict[tuple[AssetId, Account], list[Lot]] = {}
    arrivals: dict[tuple[AssetId, Account], list[Arrival]] = {}
    for flow in outcome.flows:
        holder = (flow.leg.account.chain, flow.leg.account.holder)
        if not flow.is_credit or flow.leg.sink or holder not in targets:
            continue
        event = plan.events[flow.event]
        here: dict[Account, int] = {}
        for lot in flow.lots:
            if lot.label != CLEAN:
                first = plan.labels.of(plan.labels.origin_index(lot.label), "recorded")
                payer = payer_of[first]
                here[payer] = here.get(payer, 0) + lot.amount
                lots.setdefault((flow.leg.account.asset, payer), []).append(lot)
        for payer, amount in here.items():
            arrivals.setdefault((flow.leg.account.asset, payer), []).append(Arrival(event.time, event.tx, amount))
    found = [_inflow(prepared, plan.labels, key, lots[key], tuple(arrivals[key]), targets, why) for key in lots]
    return tuple(sorted(found, key=lambda one: (one.why, one.chain, one.address, one.asset, one.origin)))


def _inflow(
    prepared: PreparedCase,
    labels: Tags,
    key: tuple[AssetId, Account],
    lots: list[Lot],
    arrivals: tuple[Arrival, ...],
    targets: Collection[Holder],
    why: dict[Holder, str],
) -> Inflow:
    asset, payer = key
    by_grade: dict[str, int] = {}
    for lot in lots:
        grade = labels.grade(lot.label)
        by_grade[grade] = by_grade.get(grade, 0) + lot.amount
    unseen = payer.holder.startswith(UNSEEN)
    name = payer.holder.removeprefix(UNSEEN)
    holder = (payer.chain, name)
    nameless = name in ("mint", "unresolved")
    if not unseen:
        reason = "opening"
    elif nameless:
        reason = "mint" if name == "mint" else "contract"
    else:
        reason = "target" if holder in targets else why.get(holder, "incomplete")
    stops = prepared.stops
    return Inflow(
        payer.chain,
        "" if nameless else stops.address_of(*holder),
        reason,
        None if nameless else _label(prepared, payer._replace(holder=name), reason),
        asset,
        labels.origin(lots[0].label),
        sum(lot.amount for lot in lots),
        sum(lot.origin_amount for lot in lots),
        dict(sorted(by_grade.items())),
        arrivals,
        any(lot.approximate for lot in lots),
    )


def _label(prepared: PreparedCase, payer: Account, reason: str) -> Label | None:
    stopped_by = None if reason == "opening" else prepared.stops.why(payer.chain, payer.holder)[1]
    return stopped_by or prepared.stops.lasting(payer)
