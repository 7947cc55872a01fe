"""A published table against the chain, for people and for a spreadsheet: what was found, and every difference."""

from __future__ import annotations

from typing import Final

from tracer.collect import Filled, Filling
from tracer.io import csv_text
from tracer.model import format_time

COLUMNS: Final = (
    *("row", "chain", "published_time", "sender", "recipient", "asset", "published_amount", "precision"),
    *("block", "tx", "amount", "difference", "agrees", "rivals"),
)
"""Columns of ``filled.csv``, in order; one row a published row, in table order."""


def filled_csv(filling: Filling) -> str:
    """Return ``filled.csv``: each published row with hash, block and exact amount from the chain, where found."""
    return csv_text(COLUMNS, (_cells(one) for one in filling.rows))


def filling_text(filling: Filling) -> str:
    """Return how many rows were found, and every difference in words."""
    missing = [one for one in filling.rows if one.found is None]
    other = [one for one in filling.rows if one.found is not None and not one.agrees]
    rounded = [one for one in filling.rows if one.agrees and one.difference]
    lines = [
        f"{len(filling.rows):,} published rows: {len(filling.rows) - len(missing):,} found on the chain, "
        f"{len(other):,} of them with another amount, {len(rounded):,} within the rounding of their source; "
        f"{len(missing):,} not found. {len(filling.unpublished):,} movements between the same holders are unpublished."
    ]
    lines += [f"row {one.row.row}: {_where(one)}: not found" for one in missing]
    lines += [
        f"row {one.row.row}: {_where(one)}: published {one.row.amount}, on the chain {one.found.amount} "
        f"(difference {one.difference:+d}) in {one.found.tx}"
        for one in (*other, *rounded)
        if one.found is not None
    ]
    lines += [
        f"unpublished: {one.sender} to {one.recipient}, {one.amount} of {one.asset}, {format_time(one.time)}, {one.tx}"
        for one in filling.unpublished
    ]
    return "\n".join(lines)


def _where(one: Filled) -> str:
    row = one.row
    moment = format_time(row.time) if row.block is None else f"block {row.block}"
    return f"{row.sender} to {row.recipient}, {moment}"


def _cells(one: Filled) -> tuple[str, ...]:
    row, found = one.row, one.found
    published = (
        *(str(row.row), row.chain, format_time(row.time), row.sender, row.recipient, row.asset, str(row.amount)),
        row.precision,
    )
    if found is None:
        return (*published, "", "", "", "", "false", str(one.rivals))
    return (
        *published,
        *(str(found.block), found.tx, str(found.amount), str(one.difference)),
        *("true" if one.agrees else "false", str(one.rivals)),
    )
