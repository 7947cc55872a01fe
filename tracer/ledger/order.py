"""The total order: block, position and row within a chain; running maximum of header times across chains.

Source: method ev-order. Header times may go backward on Bitcoin, so they never order one chain's blocks.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from tracer.errors import DataFileError, InputError
from tracer.ledger.blocks import refuse_contradictions
from tracer.ledger.impossible import makers_first, refuse_doubles
from tracer.ledger.moments import Placed, Row, placed, sharpened
from tracer.model import ChainId, LedgerLeg, Transfer, chain_of


def order_rows(
    rows: Sequence[Row], whole: Collection[tuple[ChainId, str]] = ()
) -> tuple[list[Placed[Row]], dict[ChainId, str]]:
    """Return the events (rows that share an event name, else single rows) in total order.

    Parameters
    ----------
    rows : sequence of Transfer or LedgerLeg
        In any order; rows of account chains may stand beside legs of others.
    whole : collection of (ChainId, str)
        Transactions all of whose rows are one event, whatever the rows say: those of thefts. An empty chain means any.
        A fee that shares no event with other rows stays apart.

    Returns
    -------
    placed : list of Placed
        Rows of one event each, and the moment of it.
    ordered_by : dict of ChainId to str
        ``block`` or ``time`` for each chain.

    Raises
    ------
    DataFileError
        If a chain has positions for some rows only, an event spans two blocks, a row stands twice, or blocks and times
        contradict each other.
    InputError
        If rows of several chains cannot be compared because one has no time.
    """
    chains: dict[ChainId, list[Row]] = defaultdict(list)
    for row in rows:
        chains[row.chain].append(row)
    ordered_by = {chain: _order_of(chains[chain]) for chain in sorted(chains)}
    for mine in chains.values():
        refuse_doubles(mine)
        refuse_contradictions(mine)
    per_chain = {
        chain: placed(order_chain(sharpened(chains[chain]), by, whole), by) for chain, by in ordered_by.items()
    }
    if len(per_chain) == 1:
        return next(iter(per_chain.values())), ordered_by
    streams = [_timed(chain, found) for chain, found in per_chain.items()]
    return [one for _, _, _, one in heapq.merge(*streams, key=lambda entry: entry[:3])], ordered_by


def _order_of(rows: list[Row]) -> str:
    if all(row.block is not None for row in rows):
        return "block"
    without = next((row for row in rows if row.time is None), None)
    if without is not None:
        raise DataFileError(
            f"Row {without.row}: it has a block but no time, while other rows of {without.chain} have no block.",
            why="A chain is ordered by block where every row has one, else by time where every row has one.",
            next_step="Fill one of the two columns for every row of the chain.",
        )
    return "time"


def _place(row: Row, by: str, positions: bool) -> tuple[int, int, int]:
    first = row.block if by == "block" else row.time
    position = row.position if positions and isinstance(row, Transfer) else 0
    return first or 0, position or 0, row.row


def order_chain(rows: Sequence[Row], by: str, whole: Collection[tuple[ChainId, str]]) -> list[tuple[Row, ...]]:
    """Return the events of one chain, or of one block of it, in order; what their rows say of each other is not asked.

    Parameters
    ----------
    rows : sequence of Transfer or LedgerLeg
        Of one chain, in any order.
    by : str
        ``block`` or ``time``.
    whole : collection of (ChainId, str)
        As for :func:`order_rows`.
    """
    positions = _has_positions(rows)
    groups: dict[str | int | tuple[str, str], list[Row]] = defaultdict(list)
    one = {tx for chain, tx in whole if chain in ("", rows[0].chain)}
    coins = chain_of(rows[0].chain).family == "bitcoin"
    of_event = _transactions(rows) if coins else {}
    for row in sorted(rows, key=lambda row: _place(row, by, positions)):
        if row.tx in one and (row.event or row.kind != "fee"):
            groups["transaction", row.tx].append(row)
        elif coins and isinstance(row, LedgerLeg) and (row.tx or row.event in of_event):
            groups["transaction", row.tx or of_event[row.event].tx].append(row)
        else:
            groups[row.event or row.row].append(row)
    for group in groups.values():
        _check_event(group, by)
    found = [tuple(group) for group in groups.values()]
    return makers_first(found, by) if coins else found


def _transactions(rows: Sequence[Row]) -> dict[str, LedgerLeg]:
    """Return the leg that names the transaction of each Bitcoin event that has one; a transaction is one event there.

    Raises
    ------
    DataFileError
        If one event is of two transactions.
    """
    found: dict[str, LedgerLeg] = {}
    for row in rows:
        if isinstance(row, LedgerLeg) and row.tx and row.event:
            first = found.setdefault(row.event, row)
            if first.tx != row.tx:
                raise DataFileError(
                    f"Row {row.row}, column 'tx': event {row.event!r} is of transaction {row.tx} here and of "
                    f"{first.tx} in row {first.row}.",
                    why="A Bitcoin transaction is one event, and an event one transaction.",
                    next_step="Correct the column 'tx' or 'event' of one of the two rows.",
                )
    return found


def _has_positions(rows: Sequence[Row]) -> bool:
    given = [isinstance(row, Transfer) and row.position is not None for row in rows]
    if any(given) and not all(given):
        row = rows[given.index(False)]
        raise DataFileError(
            f"Row {row.row}, column 'position': it is empty, while other rows of {row.chain} have a position.",
            why="Rows of one block could not be put in order.",
            next_step="Give every row of the chain a position, or none.",
        )
    return any(given)


def _check_event(group: list[Row], by: str) -> None:
    first = group[0]
    for row in group[1:]:
        if (row.block if by == "block" else row.time) != (first.block if by == "block" else first.time):
            column, name = ("event", row.event) if row.event and row.event == first.event else ("tx", row.tx)
            raise DataFileError(
                f"Row {row.row}, column {column!r}: {name!r} began in row {first.row} in another {by}.",
                why="Rows of one event happen at once.",
                next_step="Name every event once; use the transaction hash as the name.",
            )


def _timed(chain: ChainId, found: list[Placed[Row]]) -> Iterator[tuple[int, ChainId, int, Placed[Row]]]:
    latest = 0
    for index, one in enumerate(found):
        if one.since is None:
            raise InputError(
                f"Row {one.rows[0].row} of {chain} has no time.",
                why="The rows are of several chains, whose blocks can only be compared by time.",
                next_step="Fill the column 'time', or trace one chain at a time.",
            )
        latest = max(latest, one.since)
        yield latest, chain, index, one
