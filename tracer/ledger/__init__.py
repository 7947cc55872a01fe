"""Rows become a ledger: events in total order, with the opening balances they imply."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.ledger.arrays import (
        EventArrays,
        accounts_of,
        exact,
        moments_of,
        not_before,
        payers_of,
        several,
        touching,
    )
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
    "EventArrays",
    "Ledger",
    "Nets",
    "accounts_of",
    "events_of_block",
    "exact",
    "is_income",
    "ledger_from_rows",
    "moments_of",
    "not_before",
    "opening_balances",
    "payers_of",
    "resolve",
    "settled",
    "several",
    "split_legs",
    "takers",
    "touching",
    "transfer_event",
    "with_events",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "arrays": (
            "EventArrays",
            "accounts_of",
            "exact",
            "moments_of",
            "not_before",
            "payers_of",
            "several",
            "touching",
        ),
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
