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
    from tracer.ledger.events import UNTOLD, resolve, transfer_event
    from tracer.ledger.exchanges import settled, takers
    from tracer.ledger.nets import Nets, is_income, split_legs

__all__ = [
    "UNTOLD",
    "Ledger",
    "Nets",
    "events_of_block",
    "is_income",
    "ledger_from_rows",
    "opening_balances",
    "resolve",
    "settled",
    "split_legs",
    "takers",
    "transfer_event",
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
        "events": ("UNTOLD", "resolve", "transfer_event"),
        "exchanges": ("settled", "takers"),
        "nets": ("Nets", "is_income", "split_legs"),
    },
)
