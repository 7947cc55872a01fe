"""What the kernels run on: opening lots, what can be reached, where following stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracer.ledger import EventArrays, Ledger, exact, several
from tracer.model import LABEL_EVENT, Account, Event, Lot
from tracer.taint import CLEAN, Reach, Tags, TaintProblem, reach
from tracer.trace.options import Options
from tracer.trace.prepared import CaseData
from tracer.trace.reconcile import true_openings
from tracer.trace.stops import Stops
from tracer.trace.thefts import Thefts


def opening_of(ledger: Ledger, inputs: CaseData, thefts: Thefts) -> dict[Account, int]:
    """Return the opening balance of every account: what a source says, else the least, and what seeds say is stolen."""
    opening = true_openings(ledger.opening, inputs.balances)
    for account, stolen in thefts.stolen_at_opening().items():
        opening[account] = max(opening.get(account, 0), stolen)
    return opening


def reach_of(ledger: Ledger, opening: dict[Account, int], thefts: Thefts, stops: Stops, options: Options) -> Reach:
    """Return what stolen money can have reached; a limit of hops stops holders that a first walk finds too far."""
    at_opening = thefts.stolen_at_opening()
    found = reach(ledger.events, opening, at_opening, thefts.debits, stops, options.min_amount)
    if options.max_hops is not None:
        stops.far.update(holder for holder, hop in found.hop.items() if hop >= options.max_hops)
        found = reach(ledger.events, opening, at_opening, thefts.debits, stops, options.min_amount)
    return found


def plan_of(ledger: Ledger, opening: dict[Account, int], thefts: Thefts, stops: Stops, found: Reach) -> TaintProblem:
    """Return what the kernels run on."""
    labels = Tags(tuple(thefts.origins))
    printed = _printed_accounts(ledger)
    return TaintProblem(
        _that_move(ledger.events),
        {
            account: _opening_lots(account, opening, thefts, labels, printed=account in printed)
            for account in sorted(found.tracked)
        },
        thefts.debits,
        frozenset(holder for holder in found.hop if stops(*holder)),
        frozenset(found.cut),
        frozenset(found.tracked),
        labels,
    )


def _that_move(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events without what a label moves nothing of by the order of the rows: it stands there for bounds."""
    if not any(event.kind == LABEL_EVENT for event in several(events)):
        return events
    if isinstance(events, EventArrays):
        moving = {one.index: [_moving(one)] for one in events.several() if one.kind == LABEL_EVENT}
        return events.replaced({index: mine for index, mine in moving.items() if mine != [events[index]]})[0]
    return tuple(_moving(event) if event.kind == LABEL_EVENT else event for event in events)


def _moving(event: Event) -> Event:
    return replace(event, parts=tuple(part for part in event.parts if part.debits[0].amount))


def _opening_lots(
    account: Account, opening: dict[Account, int], thefts: Thefts, labels: Tags, *, printed: bool
) -> tuple[Lot, ...]:
    """Return an account's lots at the start: clean before stolen, thefts in order.

    What had to be added to cover payments is approximate where a rounded row bears on the account.
    """
    stolen = thefts.opening.get(account, [])
    clean = opening.get(account, 0) - sum(amount for _, amount in stolen)
    lots = [Lot(clean, CLEAN, 0, printed)] if clean else []
    grade = "asserted" if account in thefts.asserted else "recorded"
    lots += [Lot(amount, labels.of(origin, grade), amount, printed) for origin, amount in stolen if amount]
    return tuple(lots)


def _printed_accounts(ledger: Ledger) -> set[Account]:
    if exact(ledger.events):
        return set()
    return {
        leg.account
        for event in ledger.events
        if event.precision == "printed"
        for part in event.parts
        for leg in (*part.debits, *part.credits)
    }
