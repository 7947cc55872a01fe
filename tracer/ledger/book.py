"""The ledger of a trace: rows and events in total order, and the opening balances they imply.

A holder's opening balance is the least that keeps its recorded balance from going below zero. Placing missing inflow
at the opening is the side that cannot overstate certainty. Source: METHODS 2.3.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tracer.errors import DataFileError
from tracer.ledger.events import ledger_event, transfer_event
from tracer.ledger.order import order_rows
from tracer.model import Account, ChainId, Event, LedgerLeg, Transfer


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows and events in total order.

    Attributes
    ----------
    rows : tuple of Transfer
        What is shown: every input row; a leg of a ledger table is a row with one side empty.
    events : tuple of Event
        What happens; ``events[i].index == i``.
    opening : dict of Account to int
        Least opening balance in base units, where above zero.
    ordered_by : dict of ChainId to str
        ``block`` or ``time``.
    sha256 : str
        Hash of the rows in order, without row numbers: equal for shuffled input with explicit positions.
    addresses : dict of Account to str
        Address beside a holder where it differs from it (outpoints).
    """

    rows: tuple[Transfer, ...]
    events: tuple[Event, ...]
    opening: dict[Account, int]
    ordered_by: dict[ChainId, str]
    sha256: str
    addresses: dict[Account, str] = field(default_factory=dict)


def ledger_from_rows(table: Sequence[Transfer | LedgerLeg]) -> Ledger:
    """Return the ledger of transfers, of ledger legs, or of both: chains are brought into one order by time.

    A leg is shown as a row with one side empty; an event of one debit and one credit in one asset as one row.

    Raises
    ------
    DataFileError, InputError
        If the rows cannot be put in a total order, an event cannot be read or does not balance, or one event is made
        of transfers and of legs.
    """
    groups, ordered_by = order_rows(table)
    rows: list[Transfer] = []
    events: list[Event] = []
    for group in groups:
        event = _group_event(group, rows, len(events))
        if event is not None:
            events.append(event)
    return _close(rows, events, ordered_by)


def ledger_from_transfers(transfers: Sequence[Transfer]) -> Ledger:
    """Return the ledger of a transfers table; raises as :func:`ledger_from_rows`."""
    return ledger_from_rows(transfers)


def ledger_from_legs(legs: Sequence[LedgerLeg]) -> Ledger:
    """Return the ledger of a ledger table; raises as :func:`ledger_from_rows`."""
    return ledger_from_rows(legs)


def opening_balances(events: Iterable[Event]) -> dict[Account, int]:
    """Return the least opening balance of every account that needs one, in base units.

    All debits of an event come before its credits, so money that passes through a holder inside one event does not
    lower what it must have held before.
    """
    balance: dict[Account, int] = defaultdict(int)
    lowest: dict[Account, int] = {}
    for event in events:
        for part in event.parts:
            for leg in part.debits:
                balance[leg.account] -= leg.amount
                if balance[leg.account] < lowest.get(leg.account, 0):
                    lowest[leg.account] = balance[leg.account]
        for part in event.parts:
            for leg in part.credits:
                if not leg.sink:
                    balance[leg.account] += leg.amount
    return {account: -low for account, low in sorted(lowest.items())}


def _group_event(group: Sequence[Transfer | LedgerLeg], rows: list[Transfer], index: int) -> Event | None:
    """Append the rows that show a group and return its event."""
    transfers = [row for row in group if isinstance(row, Transfer)]
    legs = [row for row in group if isinstance(row, LedgerLeg)]
    if transfers and legs:
        raise DataFileError(
            f"Row {group[0].row}, column 'event': {group[0].event!r} is made of transfers and of ledger legs.",
            why="An event is given one way or the other.",
        )
    if legs:
        return ledger_event(index, legs, _show(legs, rows))
    rows.extend(transfers)
    return transfer_event(index, transfers, len(rows) - len(transfers))


def _show(group: Sequence[LedgerLeg], rows: list[Transfer]) -> list[int]:
    """Append the rows that show a group of legs and return each leg's row."""
    sides = sorted(leg.side for leg in group)
    if sides == ["credit", "debit"] and group[0].asset == group[1].asset and group[0].amount == group[1].amount:
        debit, credit = sorted(group, key=lambda leg: leg.side == "credit")
        rows.append(_row(debit, debit.holder, credit.holder, credit.kind or debit.kind))
        return [len(rows) - 1] * 2
    first = len(rows)
    for leg in group:
        mine = (leg.holder, "") if leg.side == "debit" else ("", leg.holder)
        rows.append(_row(leg, *mine, leg.kind))
    return list(range(first, len(rows)))


def _row(leg: LedgerLeg, sender: str, recipient: str, kind: str) -> Transfer:
    return Transfer(
        leg.row,
        leg.chain,
        leg.block,
        None,
        leg.time,
        leg.tx,
        kind,
        sender,
        recipient,
        leg.asset,
        leg.amount,
        leg.event,
    )


def _close(rows: list[Transfer], events: list[Event], ordered_by: dict[ChainId, str]) -> Ledger:
    digest = hashlib.sha256()
    for row in rows:
        block, position, time = ("" if cell is None else cell for cell in (row.block, row.position, row.time))
        digest.update(
            f"{row.chain}\t{block}\t{position}\t{time}\t{row.tx}\t{row.kind}\t{row.sender}\t{row.recipient}\t"
            f"{row.asset}\t{row.amount}\t{row.event}\t{row.grade}\t{row.precision}\n".encode()
        )
    addresses = {
        leg.account: leg.address
        for event in events
        for part in event.parts
        for leg in (*part.debits, *part.credits)
        if leg.address != leg.account.holder and not leg.sink
    }
    return Ledger(tuple(rows), tuple(events), opening_balances(events), ordered_by, digest.hexdigest(), addresses)
