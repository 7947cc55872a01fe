"""Movements that are in no row: what they void, and the transactions that they leave torn.

A row that could not be read moved something between its parties. The word that a table is complete does not reach them
(method closure). Where it may have been one side of a conversion of which the table has the other, what was given for
what cannot be told: the transaction ends as ``contract``, and nobody is listed for a payment that was none (5.2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tracer.model import REFUSED_ROW, ROUNDED, Account, ChainId, LedgerLeg, Seed, Transfer, Unread

Rows = Sequence[Transfer] | Sequence[LedgerLeg]


def with_unread(rows: Rows, unread: Sequence[Unread], seeds: Iterable[Seed]) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows with those of torn transactions marked, and what is to be said.

    A transaction of a theft stays as it is: what its victims lost of an asset needs no other asset.
    """
    if not unread:
        return rows, ()
    notes = []
    refused, rounded = (sum(one.why == why for one in unread) for why in (REFUSED_ROW, ROUNDED))
    if refused:
        notes.append(
            f"WARNING: {refused} row(s) could not be read when the table was made (unread.csv): no word that it is "
            "complete reaches their parties."
        )
    if rounded:
        notes.append(
            f"WARNING: {rounded} row(s) have an amount that a spreadsheet has shortened (unread.csv): they are "
            "approximate, and no word that the table is complete reaches their parties."
        )
    robbed = {seed.value for seed in seeds if seed.kind == "tx"}
    torn = _torn([row for row in rows if isinstance(row, Transfer)], unread) - robbed
    if not torn:
        return rows, tuple(notes)
    notes.append(
        f"WARNING: of {len(torn)} transaction(s), {min(torn)} the first, a movement was not read, or is of an asset "
        "that the table leaves out (unread.csv): what was given for what is not known, and they end as contract."
    )
    return tuple(_marked(row, torn) for row in rows if isinstance(row, Transfer)), tuple(notes)


def _marked(row: Transfer, torn: Collection[str]) -> Transfer:
    return replace(row, event=row.tx, torn=True) if row.tx in torn and row.kind != "fee" else row


def _torn(rows: Iterable[Transfer], unread: Iterable[Unread]) -> set[str]:
    """Return the transactions of which something unread may be the other side of a row."""
    gives: dict[tuple[ChainId, str], set[str]] = defaultdict(set)
    gets: dict[tuple[ChainId, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.tx and row.amount and row.kind != "fee":
            gives[row.chain, row.tx].add(row.sender)
            gets[row.chain, row.tx].add(row.recipient)
    found = set()
    for one in unread:
        home = (one.chain, one.tx)
        if home not in gives:
            continue
        payer, payee = {one.sender} - {""}, {one.recipient} - {""}
        back = payee & gives[home] or payer & gets[home]
        same = payer & gives[home] or payee & gets[home] or not payer | payee
        if back or (one.voids and same):
            found.add(one.tx)
    return found


def voided(rows: Iterable[Transfer | LedgerLeg], unread: Iterable[Unread]) -> set[Account]:
    """Return the accounts whose history lacks what could not be read."""
    parties = {(one.chain, party) for one in unread if one.voids for party in (one.sender, one.recipient) if party}
    anybody = {one.chain for one in unread if one.voids and not one.sender + one.recipient}
    if not parties and not anybody:
        return set()
    found = set()
    for row in rows:
        names = (row.sender, row.recipient) if isinstance(row, Transfer) else (row.holder, row.address)
        for holder in names if isinstance(row, Transfer) else names[:1]:
            if holder and (row.chain in anybody or (row.chain, holder) in parties or _at(row) in parties):
                found.add(Account(row.chain, holder, row.asset))
    return found


def _at(row: Transfer | LedgerLeg) -> tuple[ChainId, str]:
    """Return whose outpoint a leg is of."""
    return row.chain, row.address if isinstance(row, LedgerLeg) else ""
