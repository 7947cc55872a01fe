"""Which rows a trace runs on, and what the giver of a table vouches for where some are left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tracer.errors import InputError
from tracer.io import TransferRows
from tracer.model import Account, ChainId, LedgerLeg, Transfer, at_least, format_time
from tracer.trace.options import Options
from tracer.trace.prepared import CaseData
from tracer.trace.reconcile import Vouching
from tracer.trace.thefts import theft_transactions
from tracer.trace.uncontrolled import nobody
from tracer.trace.unread import voided


def vouching_of(inputs: CaseData, options: Options) -> Vouching:
    """Return what the giver of the table vouches for, and the accounts that rows left out would touch.

    Rows of one event are taken together: one of them left out touches everybody in it, for whoever is paid and pays in
    it may not be seen in what is left.
    """
    if not inputs.complete:
        return Vouching()
    if isinstance(inputs.rows, TransferRows) and not inputs.unread and _are_of(inputs.rows, options.grade):
        return Vouching(True)
    robbed = theft_transactions(inputs.seeds)
    transfers = [row for row in inputs.rows if isinstance(row, Transfer) and row.amount]
    dropped = [row for row in transfers if not at_least(row.grade, options.grade)]
    events = {one for row in dropped for one in _events_of(row, robbed)}
    touched = {
        Account(row.chain, holder, row.asset)
        for row in (*dropped, *(one for one in transfers if events.intersection(_events_of(one, robbed))))
        for holder in (row.sender, row.recipient)
        if holder
    }
    touched |= voided(inputs.rows, inputs.unread)
    return Vouching(True, frozenset(touched), _unlike_their_kind(transfers))


def _are_of(rows: TransferRows, grade: str) -> bool:
    """Return whether all rows are at least of a grade, and none is of a kind that its parties could contradict."""
    words = rows.columns.words
    plain = not {"mint", "burn"}.intersection(words["kind"][0])
    return plain and all(at_least(one, grade) for one in words["grade"][0])


def _unlike_their_kind(transfers: Sequence[Transfer]) -> frozenset[Account]:
    """Return the accounts of rows whose kind contradicts their parties: a mint has no payer, and no burned unit moves.

    What is paid to or by an address that nobody controls is neither.
    """
    found: set[Account] = set()
    paying = {(row.chain, row.sender, row.asset) for row in transfers if row.kind != "mint"}
    for row in transfers:
        paid = row.kind == "mint" and bool(row.sender) and not nobody(row.chain, row.sender)
        moves = row.kind == "burn" and row.recipient and not nobody(row.chain, row.recipient)
        if paid or (moves and row.sender != row.recipient and (row.chain, row.recipient, row.asset) in paying):
            found |= {Account(row.chain, holder, row.asset) for holder in (row.sender, row.recipient) if holder}
    return frozenset(found)


def _events_of(row: Transfer, robbed: Collection[tuple[ChainId, str]]) -> Iterator[tuple[ChainId, str, str]]:
    """Yield by which names a row belongs to an event with others: what it says, and the transaction of a theft."""
    if row.event:
        yield row.chain, "event", row.event
    if row.tx and ((row.chain, row.tx) in robbed or ("", row.tx) in robbed):
        yield row.chain, "tx", row.tx


def rows_of_grade(
    rows: Sequence[Transfer | LedgerLeg], grade: str
) -> tuple[Sequence[Transfer | LedgerLeg], dict[str, int]]:
    """Return the rows that are at least of a grade, and how many of each weaker grade were left out."""
    if isinstance(rows, TransferRows):
        grades = [one for one in rows.columns.words["grade"][0] if at_least(one, grade)]
        chosen = rows.of_words("grade", grades)
        return chosen, {
            one: len(rows.of_words("grade", [one])) for one in rows.columns.words["grade"][0] if one not in grades
        }
    dropped: dict[str, int] = {}
    kept: list[Transfer | LedgerLeg] = []
    for row in rows:
        if isinstance(row, LedgerLeg) or at_least(row.grade, grade):
            kept.append(row)
        else:
            dropped[row.grade] = dropped.get(row.grade, 0) + 1
    return kept, dict(sorted(dropped.items()))


def rows_until(rows: Sequence[Transfer | LedgerLeg], until: int) -> Sequence[Transfer | LedgerLeg]:
    """Return the rows that are not later than an instant: the table as it would be, had it been cut there.

    Raises
    ------
    InputError
        If no row has a time, so that nothing can be cut, or a row's time leaves open on which side it is.
    """
    if isinstance(rows, TransferRows) and rows.columns.time is not None:
        return rows.until(until)
    if rows and all(row.time is None for row in rows):
        raise InputError(
            "The rows have no time, so they cannot be cut at the end of a window.",
            why="Only blocks are given.",
            next_step="Fill the column 'time', or leave 'until' out.",
        )
    across = next(
        (row for row in rows if row.time is not None and row.time <= until < row.time + row.resolution - 1), None
    )
    if across is not None:
        raise InputError(
            f"Row {across.row} is of {format_time(across.time, across.resolution)}: that leaves open whether it is "
            f"before the end, {format_time(until)}.",
            why="A time without seconds may be any second of its minute, a day alone any of its day.",
            next_step="End with the whole minute or day (--until 2022-04-15 takes all of it), or give the row's time.",
        )
    return [row for row in rows if row.time is None or row.time <= until]
