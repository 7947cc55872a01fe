"""Coverage: what a trace rests on and what it does not cover, as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracer.bounds import least_openings, touching
from tracer.ledger import Ledger
from tracer.model import Account, AssetId, ChainId, caip10, chain_of
from tracer.taint import Reach, TaintProblem
from tracer.trace.reconcile import Reconciliation
from tracer.trace.result import Coverage
from tracer.trace.row_counts import counted_rows
from tracer.trace.segments import unsplit
from tracer.trace.stops import Stops, conflict_sentences
from tracer.trace.thefts import Thefts


@dataclass(frozen=True, slots=True)
class Extra:
    """What the caller adds to the coverage.

    Attributes
    ----------
    rows_dropped : dict of str to int
        Rows left out for their grade.
    history : frozenset of str or None
        CAIP-10 of the holders whose onward history the case has.
    notes : tuple of str
        What the readers had to say.
    closure : Reconciliation
        Which followed accounts close, and on what that rests.
    lacking : tuple of str
        What no source answered whole.
    """

    rows_dropped: dict[str, int]
    history: frozenset[str] | None
    notes: tuple[str, ...]
    closure: Reconciliation = field(default_factory=Reconciliation)
    lacking: tuple[str, ...] = ()


def coverage_of(
    ledger: Ledger, found: Reach, stops: Stops, thefts: Thefts, plan: TaintProblem, extra: Extra
) -> Coverage:
    """Return the coverage of a prepared case; the same for every policy."""
    counted = counted_rows(ledger.rows)
    followed = {(account.chain, stops.address_of(account.chain, account.holder)) for account in plan.tracked}
    at_opening = thefts.stolen_at_opening()
    closure = extra.closure
    # What a segment of a holder needs it had from the start, of the holder itself.
    opened = {unsplit(account) for account in plan.tracked if account not in closure.closed}
    needed: dict[Account, int] = {}
    for account, amount in least_openings(ledger.events, ledger.ties, debits_first=False).items():
        if unsplit(account) in opened and amount > at_opening.get(account, 0):
            more = amount - at_opening.get(account, 0)
            needed[unsplit(account)] = needed.get(unsplit(account), 0) + more
    ties, ties_both = touching(ledger.events, ledger.ties, plan.tracked)
    closed = closed_holders(plan.tracked, closure, stops)
    incomplete = {
        (account.chain, stops.address_of(account.chain, account.holder))
        for account in plan.tracked
        if account not in closure.closed and not has_history(extra.history, account.chain, account.holder, stops)
    }
    return Coverage(
        rows=counted.rows,
        zero_rows=counted.zero,
        self_rows=counted.to_self,
        rows_with_tx=counted.with_tx,
        rows_printed=counted.printed,
        rows_by_grade=counted.by_grade,
        rows_dropped=extra.rows_dropped,
        ordered_by=ledger.ordered_by,
        first_time=counted.first,
        last_time=counted.last,
        unexplained_inflow=_by_holder(needed | _whole(closure.inflow)),
        incomplete_holders=len(incomplete),
        unclosed_holders=len(followed) - len(closed),
        conflicts=tuple(conflict_sentences(stops, sorted(found.hop))),
        notes=(*extra.notes, *thefts.notes, *_order_notes(ledger)),
        unexplained_outflow=_by_holder(_whole(closure.outflow)),
        closed=closed,
        unclosed=tuple(sorted(followed - closed.keys())),
        basis=closure.counted(plan.tracked),
        vouching_void={
            (one.chain, unsplit(one).holder, one.asset): reason
            for one, reason in sorted(closure.void.items())
            if one in plan.tracked
        },
        ties=ties,
        ties_both=ties_both,
        unordered=len(closure.unordered.intersection(plan.tracked)),
        lacking=extra.lacking,
    )


def has_history(history: frozenset[str] | None, chain: ChainId, holder: str, stops: Stops) -> bool:
    """Return whether a case has the onward history of a holder: its own, or all of the address beside it."""
    if history is None or caip10(chain, holder) in history:
        return True
    return caip10(chain, stops.address_of(chain, holder)) in history


def closed_holders(
    accounts: Iterable[Account], closure: Reconciliation, stops: Stops
) -> dict[tuple[ChainId, str], str]:
    """Return the addresses all of whose followed accounts are closed, and by whom or what, in order."""
    by: dict[tuple[ChainId, str], set[str]] = {}
    opened: set[tuple[ChainId, str]] = set()
    for account in accounts:
        key = (account.chain, stops.address_of(account.chain, account.holder))
        if account in closure.closed:
            by.setdefault(key, set()).add(closure.closed[account])
        else:
            opened.add(key)
    return {key: ", ".join(sorted(by[key])) for key in sorted(by.keys() - opened)}


def _whole(amounts: dict[Account, int]) -> dict[Account, int]:
    """Return amounts by holding, of whatever segment of its holder they are told."""
    return {unsplit(account): amount for account, amount in sorted(amounts.items())}


def _by_holder(amounts: dict[Account, int]) -> dict[tuple[ChainId, str, AssetId], int]:
    return {(one.chain, one.holder, one.asset): amount for one, amount in sorted(amounts.items())}


def _order_notes(ledger: Ledger) -> list[str]:
    return [
        f"{chain_of(chain).name} ({chain}): not every row has a block, so rows are ordered by time, then as they stand."
        for chain, by in ledger.ordered_by.items()
        if by == "time"
    ]
