"""Rows become a ledger: events in total order, with the opening balances they imply."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.ledger.book import (
        Ledger,
        events_of_block,
        ledger_from_rows,
        opening_balances,
        with_events,
    )
    from tracer.ledger.events import resolve
    from tracer.ledger.nets import Nets, split_legs

__all__ = [
    "Ledger",
    "Nets",
    "events_of_block",
    "ledger_from_rows",
    "opening_balances",
    "resolve",
    "split_legs",
    "with_events",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "book": (
            "Ledger",
            "events_of_block",
            "ledger_from_rows",
            "opening_balances",
            "with_events",
        ),
        "events": ("resolve",),
        "nets": ("Nets", "split_legs"),
    },
)
