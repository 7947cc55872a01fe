"""Lists as text: ``flagged.csv``, ``leads.csv``, ``kept_off.csv``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Final

from tracer.flags.entry import FlagEntry, FlagList
from tracer.io import csv_text

COLUMNS: Final = tuple(field.name for field in fields(FlagEntry))
"""The 36 columns of ``flagged.csv``, in order."""


def flagged_csv(flags: FlagList) -> str:
    """Return ``flagged.csv``: tiers T1 to T3, sorted by (`caip10`, `case_id`, `asset`)."""
    return _entries(flags.entries)


def leads_csv(flags: FlagList) -> str:
    """Return ``leads.csv``: tier T4, in the columns and order of ``flagged.csv``."""
    return _entries(flags.leads)


def kept_off_csv(flags: FlagList, tlp: str) -> str:
    """Return ``kept_off.csv``: ``caip10, class, reason, source_url``, sorted by all of them, and the marking `tlp`."""
    rows = sorted(flags.kept_off)
    return csv_text(
        ("caip10", "class", "reason", "source_url", "tlp"),
        [(r.caip10, r.cls, r.reason, r.source_url, tlp) for r in rows],
    )


def _entries(entries: Iterable[FlagEntry]) -> str:
    rows = sorted([_cell(getattr(entry, name)) for name in COLUMNS] for entry in entries)
    key = [COLUMNS.index(name) for name in ("caip10", "case_id", "asset")]
    return csv_text(COLUMNS, sorted(rows, key=lambda row: [row[place] for place in key]))


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, Decimal) else str(value)
