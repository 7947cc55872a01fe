"""Coverage: what a trace rests on and what it does not cover, as numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tracer.ledger import Ledger
from tracer.model import caip10, chain_of
from tracer.taint import Plan, Reach
from tracer.trace.result import Coverage
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
    """

    rows_dropped: dict[str, int]
    history: frozenset[str] | None
    notes: tuple[str, ...]


def coverage_of(ledger: Ledger, found: Reach, stops: Stops, thefts: Thefts, plan: Plan, extra: Extra) -> Coverage:
    """Return the coverage of a prepared case; the same for every policy."""
    rows = ledger.rows
    times = [row.time for row in rows if row.time is not None]
    followed = {(account.chain, stops.address_of(account.chain, account.holder)) for account in plan.tracked}
    at_opening = thefts.stolen_at_opening()
    inflow = {
        (account.chain, account.holder, account.asset): amount - at_opening.get(account, 0)
        for account, amount in sorted(ledger.opening.items())
        if account in plan.tracked and amount > at_opening.get(account, 0)
    }
    incomplete = [] if extra.history is None else [key for key in followed if caip10(*key) not in extra.history]
    return Coverage(
        rows=len(rows),
        zero_rows=sum(not row.amount for row in rows),
        self_rows=sum(bool(row.amount) and row.sender == row.recipient and not row.event for row in rows),
        rows_with_tx=sum(bool(row.tx) for row in rows),
        rows_printed=sum(row.precision == "printed" for row in rows),
        rows_by_grade=dict(sorted(Counter(row.grade for row in rows).items())),
        rows_dropped=extra.rows_dropped,
        ordered_by=ledger.ordered_by,
        first_time=min(times, default=None),
        last_time=max(times, default=None),
        unexplained_inflow=inflow,
        incomplete_holders=len(incomplete),
        unclosed_holders=len(followed),
        conflicts=tuple(conflict_sentences(stops, sorted(found.hop))),
        notes=(*extra.notes, *thefts.notes, *_order_notes(ledger)),
    )


def _order_notes(ledger: Ledger) -> list[str]:
    return [
        f"{chain_of(chain).name} ({chain}): not every row has a block, so rows are ordered by time, then as they stand."
        for chain, by in ledger.ordered_by.items()
        if by == "time"
    ]
