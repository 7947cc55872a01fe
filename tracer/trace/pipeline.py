"""One trace: seeds, stops, reach, one policy, exits, audit, coverage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tracer.bounds import bounds_plan, unordered
from tracer.io import no_garbage_search
from tracer.ledger import Ledger, ledger_from_rows, payers_of
from tracer.model import Account, ChainId, is_transit
from tracer.registry import LabelIndex
from tracer.taint import Kernel, Progress, fast_kernel
from tracer.trace.bridging import bridged, in_order
from tracer.trace.exits import audit_of, exits_of, holding_reason
from tracer.trace.known_parties import is_pool, is_service, is_victim
from tracer.trace.movements import movements_of
from tracer.trace.options import POLICIES, Options
from tracer.trace.payments import payments_of, with_kept
from tracer.trace.prepared import CaseData, PreparedCase
from tracer.trace.problem import opening_of, plan_of, reach_of
from tracer.trace.reconcile import Vouching, openings_and_vouching, possible_order, reconcile
from tracer.trace.result import Payment, TraceResult
from tracer.trace.segments import split_holders
from tracer.trace.settling import settle
from tracer.trace.stops import Stops, busy_holders
from tracer.trace.theft_search import find_thefts
from tracer.trace.thefts import Thefts, theft_transactions
from tracer.trace.touched import TouchedRows
from tracer.trace.uncontrolled import token_contracts
from tracer.trace.vouched import rows_of_grade, rows_until, vouching_of


@no_garbage_search()
def prepare(inputs: CaseData, options: Options, *, settling: bool = True) -> PreparedCase:
    """Return everything of a trace that no policy can change.

    Parameters
    ----------
    inputs, options
        The case and its options.
    settling : bool, default True
        Whether labels decide what the rows of an event leave open. A collection asks without: it follows an exchange
        that may be a payment to a service as well.

    Raises
    ------
    DataFileError, InputError
        If the rows cannot be put in order, or a seed does not fit them.
    """
    kept, dropped = rows_of_grade(inputs.rows, options.grade)
    robbed = theft_transactions(inputs.seeds)
    whole = ledger_from_rows(kept, robbed)
    cut = whole if options.until is None else ledger_from_rows(rows_until(kept, options.until), robbed)
    known, vouching = openings_and_vouching(cut, inputs.balances, vouching_of(inputs, options), inputs.seeds)
    before = cut
    cut = in_order(possible_order(cut, known), inputs.links, options)
    incidents = {inputs.case_id, *(seed.origin for seed in inputs.seeds)}
    ledger, thefts = find_thefts(
        cut,
        inputs.seeds,
        partial(is_victim, inputs.labels, incidents),
        partial(is_pool, inputs.labels),
        partial(is_service, inputs.labels),
        known,
        unread=inputs.unread,
    )
    vouched = (known, vouching) if ledger.events is before.events else None
    return _on_ledger(inputs, options, (whole, ledger), thefts, dropped, settling=settling, vouched=vouched)


@no_garbage_search()
def prepare_again(prepared: PreparedCase, labels: LabelIndex, options: Options) -> PreparedCase:
    """Return a prepared case with other labels or stops on the same rows, without reading and ordering them again."""
    ledger, thefts = prepared.unsplit
    inputs = replace(prepared.inputs, labels=labels)
    return _on_ledger(inputs, options, (prepared.whole, ledger), thefts, prepared.rows_dropped)


def _on_ledger(
    inputs: CaseData,
    options: Options,
    ledgers: tuple[Ledger, Ledger],
    thefts: Thefts,
    dropped: dict[str, int],
    *,
    settling: bool = True,
    vouched: tuple[dict[Account, int], Vouching] | None = None,
) -> PreparedCase:
    """Return the prepared case on its ledger, whole and cut at the end of the window.

    `vouched` are the known openings of the events as they come in, for a ledger that labels leave as it is.
    """
    whole, ledger = ledgers
    unsplit_yet = (ledger, thefts)
    if settling:
        ledger, thefts = settle(ledger, thefts, inputs.labels)
    crossing = bridged(ledger, inputs.links, options, {event for event, _, _ in thefts.debits})
    ledger = crossing.ledger
    opening = opening_of(ledger, inputs, thefts)
    begun = frozenset((seed.chain, seed.value) for seed in inputs.seeds if seed.kind != "tx")
    passages = frozenset(one[:2] for one in ledger.addresses if is_transit(one.holder))
    split = split_holders(
        ledger,
        thefts,
        opening,
        inputs.labels,
        options.stop_at,
        followed=passages,
        begun=begun,
        until=options.until,
    )
    busy = busy_holders(ledger.events, options.high_degree)
    ledger, thefts = split.ledger, split.thefts
    stops = Stops(
        inputs.labels,
        split,
        options,
        begun | passages,
        busy,
        _address_lookup(ledger),
        inputs.decided,
        token_contracts({account.asset for account in payers_of(ledger.events)}),
    )
    found = reach_of(ledger, opening, thefts, stops, options)
    plan = plan_of(ledger, opening, thefts, stops, found)
    if vouched is None or ledger.events is not unsplit_yet[0].events:
        vouched = openings_and_vouching(ledger, inputs.balances, vouching_of(inputs, options), inputs.seeds)
    known, vouching = vouched
    bounded = bounds_plan(replace(plan, events=ledger.events), ledger.ties, known, stops)
    closure = reconcile(
        whole,
        bounded.tracked,
        inputs.balances,
        inputs.history,
        vouching=vouching,
        begun=thefts.stolen_at_opening(),
        seeded=frozenset((seed.chain, seed.value) for seed in inputs.seeds if seed.kind == "output"),
        undated=stops.doubtful,
        unordered=unordered(ledger.events, ledger.ties) | ledger.contradicted(),
        passages=crossing.passages(),
    )
    return PreparedCase(
        *(inputs, options, ledger, thefts, stops, found, plan, bounded, whole, dropped, closure, unsplit_yet),
        crossing=crossing,
    )


@no_garbage_search()
def run(
    prepared: PreparedCase,
    policy: str,
    *,
    kernel: Kernel = fast_kernel,
    progress: Progress | None = None,
    movements: bool = True,
) -> TraceResult:
    """Run one policy over a prepared case.

    Parameters
    ----------
    prepared : PreparedCase
        From :func:`prepare`.
    policy : str
        One of :data:`tracer.trace.options.POLICIES`.
    kernel : Kernel
        What runs the policy.
    progress : callable, optional
        Told how many events are done, and of how many.
    movements : bool, default True
        Without them the result has exits and totals only, at a fraction of the time.
    """
    options = replace(prepared.options, policy=policy)
    outcome = kernel(prepared.plan, policy, progress)
    stolen = dict(prepared.thefts.stolen)
    by_grade = {origin: dict(sorted(mine.items())) for origin, mine in prepared.thefts.stolen_by_grade.items()}
    exits = exits_of(prepared.ledger, prepared.stops, prepared.plan, outcome, prepared.inputs.history)
    payments: tuple[Payment, ...] = ()
    if movements:
        touched = prepared.touched
        rows = touched.seqs() if isinstance(touched, TouchedRows) else {index: one.seq for index, one in touched}
        payments = payments_of(prepared.plan, outcome, prepared.stops, prepared.ledger.addresses, rows)
        history = prepared.inputs.history
        why = partial(holding_reason, stops=prepared.stops, history=history)
        exits = with_kept(exits, payments, policy, why)
    return TraceResult(
        prepared.inputs.case_id,
        prepared.inputs.title,
        options,
        stolen,
        by_grade,
        exits,
        movements_of(prepared.touched, prepared.plan, outcome) if movements else (),
        prepared.holders,
        audit_of(stolen, exits),
        prepared.coverage,
        prepared.assets,
        {
            "rows": {"rows": str(len(prepared.ledger.rows)), "sha256": prepared.ledger.sha256},
            **prepared.inputs.hashes,
        },
        payments,
        prepared.inputs.registry,
        dict(prepared.thefts.not_seeded),
        prepared.inputs.tlp,
        prepared.inputs.links,
    )


@no_garbage_search()
def run_every(prepared: PreparedCase) -> dict[str, TraceResult]:
    """Run every conserving policy over a prepared case, without movements: all that a comparison needs."""
    return {policy: run(prepared, policy, movements=False) for policy in POLICIES}


def trace(inputs: CaseData, options: Options, *, kernel: Kernel = fast_kernel) -> TraceResult:
    """Trace a case under the policy of its options."""
    return run(prepare(inputs, options), options.policy, kernel=kernel)


def _address_lookup(ledger: Ledger) -> Callable[[ChainId, str], str]:
    beside = {(account.chain, account.holder): address for account, address in ledger.addresses.items()}
    if not beside:
        return lambda _, holder: holder
    return lambda chain, holder: beside.get((chain, holder), holder)
