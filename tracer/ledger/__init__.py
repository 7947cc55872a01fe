"""Rows become a ledger: events in total order, with the opening balances they imply."""

from tracer.ledger.book import Ledger, ledger_from_legs, ledger_from_rows, ledger_from_transfers, opening_balances

__all__ = ["Ledger", "ledger_from_legs", "ledger_from_rows", "ledger_from_transfers", "opening_balances"]
