"""Rows become a ledger: events in total order, with the opening balances they imply."""

from tracer.ledger.book import (
    Ledger,
    events_of_block,
    ledger_from_legs,
    ledger_from_rows,
    ledger_from_transfers,
    opening_balances,
    with_events,
)
from tracer.ledger.nets import Nets

__all__ = [
    "Ledger",
    "Nets",
    "events_of_block",
    "ledger_from_legs",
    "ledger_from_rows",
    "ledger_from_transfers",
    "opening_balances",
    "with_events",
]
