"""One trace: seeds, stops, reach, one policy, exits, audit, coverage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tracer.attribution import LabelIndex
from tracer.ledger import Ledger, ledger_from_legs, ledger_from_transfers
from tracer.model import (
    Account,
    Asset,
    AssetId,
    ChainId,
    LedgerLeg,
    Lot,
    Seed,
    Transfer,
    at_least,
    describe_asset,
)
from tracer.taint import CLEAN, Kernel, Labels, Plan, Progress, Reach, reach, reference_kernel
from tracer.trace.coverage import Extra, coverage_of
from tracer.trace.exits import audit_of, exits_of, stolen_of
from tracer.trace.movements import holders_of, movements_of
from tracer.trace.options import Options
from tracer.trace.result import Result
from tracer.trace.stops import Stops, busy_holders
from tracer.trace.thefts import Thefts, find_thefts


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a trace runs on.

    Attributes
    ----------
    case_id, title : str
        Which case.
    rows : tuple of Transfer, or of LedgerLeg
        The table.
    seeds : tuple of Seed
        What was stolen, in theft order.
    labels : LabelIndex
        Labels in force on the as-of day.
    history : frozenset of str or None
        CAIP-10 of the holders whose onward history the case has; ``None``: the table is taken as it is.
    assets : dict of AssetId to Asset
        Symbols and decimals the case gives.
    hashes : dict of str to dict of str to str
        Hashes of inputs besides the rows (seeds, labels, prices).
    notes : tuple of str
        What the readers had to say.
    """

    case_id: str
    title: str
    rows: tuple[Transfer, ...] | tuple[LedgerLeg, ...]
    seeds: tuple[Seed, ...]
    labels: LabelIndex
    history: frozenset[str] | None = None
    assets: dict[AssetId, Asset] = field(default_factory=dict)
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A case made ready for any policy: nothing in it depends on one.

    Attributes
    ----------
    inputs, options
        What it was made from.
    ledger, thefts, stops, found, plan
        Ledger, what the seeds take, where following stops, what can be reached, and the kernel's plan.
    rows_dropped : dict of str to int
        Rows left out for their grade.
    """

    inputs: Inputs
    options: Options
    ledger: Ledger
    thefts: Thefts
    stops: Stops
    found: Reach
    plan: Plan
    rows_dropped: dict[str, int]


def prepare(inputs: Inputs, options: Options) -> Prepared:
    """Return everything of a trace that no policy can change.

    Raises
    ------
    DataFileError, InputError
        If the rows cannot be put in order, or a seed does not fit them.
    """
    ledger, dropped = _ledger(inputs, options)
    thefts = find_thefts(ledger, inputs.seeds)
    at_opening = thefts.stolen_at_opening()
    opening = {account: max(ledger.opening.get(account, 0), stolen) for account, stolen in at_opening.items()}
    opening = {**ledger.opening, **opening}
    address = _address_lookup(ledger)
    stops = Stops(
        inputs.labels,
        options,
        frozenset((account.chain, account.holder) for account in at_opening),
        busy_holders(ledger.events, options.high_degree),
        address,
    )
    found = reach(ledger.events, opening, at_opening, thefts.events, stops, options.min_amount)
    if options.max_hops is not None:
        stops.far.update(holder for holder, hop in found.hop.items() if hop >= options.max_hops)
        found = reach(ledger.events, opening, at_opening, thefts.events, stops, options.min_amount)
    labels = Labels(tuple(thefts.origins))
    printed = _printed_accounts(ledger)
    plan = Plan(
        ledger.events,
        {
            account: _opening_lots(account, opening, thefts, labels, printed=account in printed)
            for account in sorted(found.tracked)
        },
        thefts.events,
        frozenset(holder for holder in found.hop if stops(*holder)),
        frozenset(found.cut),
        frozenset(found.tracked),
        labels,
    )
    return Prepared(inputs, options, ledger, thefts, stops, found, plan, dropped)


def run(
    prepared: Prepared,
    policy: str,
    *,
    kernel: Kernel = reference_kernel,
    progress: Progress | None = None,
) -> Result:
    """Run one policy over a prepared case.

    Parameters
    ----------
    prepared : Prepared
        From :func:`prepare`.
    policy : str
        One of :data:`tracer.trace.options.POLICIES`.
    kernel : Kernel
        What runs the policy; the reference unless told.
    progress : callable, optional
        Told how many events are done, and of how many.
    """
    options = replace(prepared.options, policy=policy)
    outcome = kernel(prepared.plan, policy, progress)
    stolen, by_grade = stolen_of(prepared.thefts, prepared.plan.labels, outcome)
    exits = exits_of(prepared.ledger, prepared.stops, prepared.plan, outcome, prepared.inputs.history)
    movements = movements_of(prepared.ledger, prepared.found, prepared.plan, outcome)
    extra = Extra(prepared.rows_dropped, prepared.inputs.history, prepared.inputs.notes)
    holders = holders_of(prepared.ledger, prepared.found, prepared.stops, prepared.thefts)
    return Result(
        prepared.inputs.case_id,
        prepared.inputs.title,
        options,
        stolen,
        by_grade,
        exits,
        movements,
        holders,
        audit_of(stolen, exits),
        coverage_of(prepared.ledger, prepared.found, prepared.stops, prepared.thefts, prepared.plan, extra),
        _assets(prepared),
        {
            "rows": {"rows": str(len(prepared.ledger.rows)), "sha256": prepared.ledger.sha256},
            **prepared.inputs.hashes,
        },
    )


def trace(inputs: Inputs, options: Options, *, kernel: Kernel = reference_kernel) -> Result:
    """Trace a case under the policy of its options."""
    return run(prepare(inputs, options), options.policy, kernel=kernel)


def _ledger(inputs: Inputs, options: Options) -> tuple[Ledger, dict[str, int]]:
    dropped: dict[str, int] = {}
    transfers: list[Transfer] = []
    legs: list[LedgerLeg] = []
    for row in inputs.rows:
        if isinstance(row, LedgerLeg):
            legs.append(row)
        elif at_least(row.grade, options.grade):
            transfers.append(row)
        else:
            dropped[row.grade] = dropped.get(row.grade, 0) + 1
    ledger = ledger_from_legs(legs) if legs else ledger_from_transfers(transfers)
    until = options.until
    if until is not None:
        events = tuple(event for event in ledger.events if event.time is None or event.time <= until)
        ledger = replace(ledger, events=events)
    return ledger, dict(sorted(dropped.items()))


def _address_lookup(ledger: Ledger) -> Callable[[ChainId, str], str]:
    beside = {(account.chain, account.holder): address for account, address in ledger.addresses.items()}
    return lambda chain, holder: beside.get((chain, holder), holder)


def _opening_lots(
    account: Account, opening: dict[Account, int], thefts: Thefts, labels: Labels, *, printed: bool
) -> tuple[Lot, ...]:
    """Return an account's lots at the start: clean before stolen, thefts in order.

    What had to be added to cover payments is approximate where a rounded row bears on the account.
    """
    stolen = thefts.opening.get(account, [])
    clean = opening.get(account, 0) - sum(amount for _, amount in stolen)
    lots = [Lot(clean, CLEAN, 0, printed)] if clean else []
    lots += [Lot(amount, labels.of(origin, "recorded"), amount, printed) for origin, amount in stolen if amount]
    return tuple(lots)


def _printed_accounts(ledger: Ledger) -> set[Account]:
    return {
        leg.account
        for event in ledger.events
        if event.precision == "printed"
        for part in event.parts
        for leg in (*part.debits, *part.credits)
    }


def _assets(prepared: Prepared) -> dict[AssetId, Asset]:
    seen = {row.asset for row in prepared.ledger.rows} | {origin.asset for origin in prepared.thefts.origins}
    return {asset: prepared.inputs.assets.get(asset) or describe_asset(asset) for asset in sorted(seen)}
