"""The legend that lies beside the tables: every column and every code of an output folder, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.report.policy_table import NOT_TOGETHER
from tracer.trace import Section, code_sections

_SHARED: Final = {
    "entity": "who stands behind it, by the label that made following stop, else by the label shown",
    "category": "category of that label; unknown: an address without label",
    "asset": "what is there: CAIP-19 id, or a private unit",
    "tainted": "stolen base units under the rule of this trace",
    "min": "the least that any rule leaves there, of this leg of the theft",
    "max": "the most that any rule leaves there, of this leg of the theft",
    "certainty": "class of min and max; empty without --bounds",
    "depends_on": "holders that the class rests on and whose history may not be whole",
    "origin": "the theft",
    "origin_amount": "the same units counted in base units of the stolen asset",
    "usd_at_time": "US dollars, each receipt at the close of its own day; empty: not priced, never 0",
    "n_transfers": "receipts",
    "first_time": "first receipt, UTC",
    "last_time": "last receipt, UTC",
    "grade": "the weakest step on the way; empty where nothing came",
    "origin_asset": "the stolen asset: the leg of the theft",
    "precision": "exact or approximate",
    "basis": "the weakest basis that the class rests on",
    "theft_min": "the least that any rule leaves there of all legs of the theft, in units of the row's asset",
    "theft_max": "the most, likewise",
    "theft_certainty": "class of theft_min and theft_max",
    "tlp": "marking: to whom it may be passed on",
}

EXIT_COLUMNS: Final = {
    "address": "where following ends; empty for a fee or burn without payee",
    "chain": "CAIP-2 id of the chain",
    "stop_reason": "why following ends there; service also where a government or the victim has it, see category",
    **_SHARED,
}
"""Columns of ``exits.csv``: one row an address, asset, stop reason and origin; with bounds wherever max > 0."""

CASHOUT_COLUMNS: Final = {
    **_SHARED,
    "received": "all that its addresses received in the asset, stolen or not",
    "usd_at_theft": "origin_amount at the close of the day of the theft",
    "n_addresses": "distinct addresses",
}
"""Columns of ``cashouts.csv``: one row an entity, asset and origin."""

MOVEMENT_COLUMNS: Final = {
    "seq": "place in the total order of the rows that touch a followed holder",
    "id": "what names it on its chain: chain/block hash/transaction/layer:index; what no source gives is empty",
    "event": "rows with the same value are one event (a swap is two)",
    "chain": "CAIP-2 id of the chain",
    "block": "height",
    "time": "UTC",
    "tx": "transaction hash; FILE#row-N of an export that gives none",
    "kind": "native, internal, token, fee, mint or burn",
    "sender": "who paid; an outpoint on Bitcoin",
    "recipient": "who was paid; an outpoint on Bitcoin",
    "asset": "CAIP-19 id, or a private unit",
    "amount": "base units moved",
    "tainted": "stolen base units in it, under the rule of this trace; never above amount",
    "origin": "the thefts they come from",
    "hop": "movements from the seed",
    "grade": "of the row itself",
    "link": "the link it rests on; empty for a movement the chain records",
    "precision": "exact or approximate",
    "source": "key of its source in the case",
    "source_url": "where its source can be read",
    "tlp": _SHARED["tlp"],
}
"""Columns of ``movements.csv`` (rows that carry stolen units) and ``touched.parquet`` (all of followed holders)."""


def legend_md(*more: Section, notes: Iterable[str] = ()) -> str:
    """Return ``legend.md``: every column of the tables, then every code; `more` are sections of other rooms.

    Parameters
    ----------
    *more : tuple
        Sections that stand after the tables.
    notes : iterable of str
        What must be said first.
    """
    tables: tuple[Section, ...] = (
        ("exits.csv", tuple(EXIT_COLUMNS.items())),
        ("cashouts.csv", tuple(CASHOUT_COLUMNS.items())),
        ("movements.csv and touched.parquet", tuple(MOVEMENT_COLUMNS.items())),
    )
    lines = ["# Legend", "", "Amounts are integers in base units of their asset; times are UTC.", ""]
    lines += [f"{note}\n" for note in (NOT_TOGETHER, *notes)]
    for heading, rows in (*tables, *more, *code_sections()):
        lines += [f"## {heading}", "", "| | |", "|---|---|"]
        lines += [f"| `{code}` | {words} |" for code, words in rows]
        lines.append("")
    return "\n".join(lines)
