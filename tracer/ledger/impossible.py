"""What cannot be: a row that stands twice, an outpoint made or spent twice, in part, before it is made, by another.

Such a table would invent money or lose it in silence, so it is refused with both rows (docs/tables.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeVar

from tracer.errors import DataFileError
from tracer.model import LedgerLeg, Transfer

Row = TypeVar("Row", bound=Transfer | LedgerLeg)

_TXID: Final = re.compile("[0-9a-fA-F]{64}")
"""Only what looks like a transaction's id is held to be one: own names of outpoints are free."""

_KIND: Final = {"internal": "native"}
"""Kinds under which one payment may stand in two lists, by the other."""


def refuse_doubles(rows: Sequence[Row]) -> None:
    """Refuse rows of one chain that stand twice: one place of a transaction, or rows that may be the same.

    Two rows may be the same where they agree on who, what, how much and when, and on every other cell that both have:
    two exports of one account rarely fill the same columns. Coin is coin: some lists call a transaction's own payment
    native, others count it among those inside it (internal), and no sender makes both to one recipient in one
    transaction. The place (`position`), or a number (`repeat`), tells real repeats apart.

    Raises
    ------
    DataFileError
        With both rows.
    """
    places: dict[tuple[str, int], int] = {}
    by_block = all(row.block is not None for row in rows)
    alike: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        position = row.position if isinstance(row, Transfer) else None
        if row.tx and position is not None and places.setdefault((row.tx, position), row.row) != row.row:
            raise DataFileError(
                f"Row {row.row}, column 'position': position {position} of transaction {row.tx} stands in "
                f"row {places[row.tx, position]} already.",
                why="A place in a transaction holds one movement; counted twice it would be doubled.",
                next_step="Leave one of the two rows out, or number the movements of the transaction apart.",
            )
        if row.amount:
            who = (row.sender, row.recipient) if isinstance(row, Transfer) else (row.holder, row.side)
            when = row.block if by_block else row.time
            number = row.repeat if isinstance(row, Transfer) else None
            alike.setdefault((*who, row.asset, row.amount, when, position, number), []).append(row)
    for some in alike.values():
        if len(some) > 1:
            _refuse_same(some)


def _refuse_same(rows: Sequence[Row]) -> None:
    """Refuse two of some rows that agree on every cell that both have."""
    by_blanks: dict[tuple[int, ...], list[tuple[tuple[object, ...], int]]] = {}
    for row in rows:
        cells: tuple[object, ...] = (row.tx, row.event, _KIND.get(row.kind, row.kind), row.block, row.time)
        filled = tuple(place for place, cell in enumerate(cells) if cell not in ("", None))
        by_blanks.setdefault(filled, []).append((cells, row.row))
    patterns = sorted(by_blanks)
    for number, filled in enumerate(patterns):
        for other in patterns[number:]:
            common = [place for place in filled if place in other]
            seen: dict[tuple[object, ...], int] = {}
            for cells, row_number in by_blanks[filled]:
                first = seen.setdefault(tuple(cells[place] for place in common), row_number)
                if other == filled and first != row_number:
                    raise _same(rows, first, row_number)
            for cells, row_number in by_blanks[other] if other != filled else ():
                key = tuple(cells[place] for place in common)
                if key in seen:
                    raise _same(rows, *sorted((seen[key], row_number)))


def _same(rows: Sequence[Row], first: int, second: int) -> DataFileError:
    row = rows[0]
    kinds = {one.kind for one in rows if one.row in (first, second) and one.kind}
    but = ", but that one calls it native and one internal: coin is coin" if len(kinds) > 1 else ""
    return DataFileError(
        f"Row {second}: it equals row {first} in every cell that both have{but}.",
        why="A repeated row and a repeated payment look the same, and would count twice.",
        next_step="If both are real, give every row its column 'position' (the order in the block) or, where that is "
        "not known, number the equal rows in a column 'repeat'; else leave one out."
        if isinstance(row, Transfer)
        else "If both are real, write them as one leg of their sum; else leave one out.",
    )


def makers_first(groups: Sequence[tuple[Row, ...]], by: str) -> list[tuple[Row, ...]]:
    """Return the events of a Bitcoin chain with the maker of an outpoint before its spender inside one block.

    Rows of one block need no position there: what spends is known to come after what makes.

    Raises
    ------
    DataFileError
        If an outpoint is made twice, spent twice, spent in part, as another address's, in the transaction that makes it
        or in an earlier block; or made by another transaction than it is named after.
    """
    made: dict[str, tuple[int, LedgerLeg]] = {}
    spent: dict[str, LedgerLeg] = {}
    needs: list[list[int]] = [[] for _ in groups]
    for index, group in enumerate(groups):
        for leg in _outpoints(group):
            if leg.side == "credit":
                _check_name(leg)
                if leg.holder in made:
                    raise _impossible(leg.holder, "made", made[leg.holder][1], leg)
                made[leg.holder] = (index, leg)
    for index, group in enumerate(groups):
        for leg in _outpoints(group):
            if leg.side != "debit":
                continue
            if leg.holder in spent:
                raise _impossible(leg.holder, "spent", spent[leg.holder], leg)
            spent[leg.holder] = leg
            if leg.holder not in made:
                continue
            maker, credit = made[leg.holder]
            _check_owner(credit, leg)
            if maker == index:
                raise DataFileError(
                    f"Row {leg.row}: outpoint {leg.holder} is spent in the event that makes it, in row {credit.row}.",
                    why="A transaction cannot spend what it makes.",
                    next_step="Correct the outpoint, or the transaction, of one of the two rows.",
                )
            if credit.amount != leg.amount:
                raise DataFileError(
                    f"Row {leg.row}: outpoint {leg.holder} is spent with {leg.amount}, but row {credit.row} made it "
                    f"with {credit.amount}.",
                    why="An outpoint is always spent in full.",
                    next_step="Correct the amount of one of the two rows.",
                )
            if _when(groups[maker], by) > _when(group, by, last=True):
                raise DataFileError(
                    f"Row {leg.row}: outpoint {leg.holder} is spent before row {credit.row} makes it.",
                    why=f"The {by} of its spending is lower than that of its making.",
                    next_step=f"Correct the column {by!r} of one of the two rows.",
                )
            if maker > index:
                needs[index].append(maker)
    return _sorted_by_need(groups, needs) if any(needs) else list(groups)


def _outpoints(group: Sequence[Row]) -> list[LedgerLeg]:
    return [row for row in group if isinstance(row, LedgerLeg) and ":" in row.holder]


def _check_name(leg: LedgerLeg) -> None:
    """Refuse an outpoint made by another transaction than the one it is named after."""
    named = leg.holder.rpartition(":")[0]
    if _TXID.fullmatch(named) and _TXID.fullmatch(leg.tx) and named.lower() != leg.tx.lower():
        raise DataFileError(
            f"Row {leg.row}, column 'holder': outpoint {leg.holder} is made in transaction {leg.tx}.",
            why="An outpoint is named after the transaction that makes it.",
            next_step="Correct the outpoint, or the column 'tx' of the row.",
        )


def _check_owner(credit: LedgerLeg, debit: LedgerLeg) -> None:
    """Refuse an outpoint that is made for one address and spent as another's."""
    if credit.address and debit.address and credit.address != debit.address:
        raise DataFileError(
            f"Row {debit.row}, column 'address': outpoint {debit.holder} is spent as one of {debit.address}, but row "
            f"{credit.row} made it for {credit.address}.",
            why="An outpoint is of one address from its making to its spending.",
            next_step="Correct the address of one of the two rows.",
        )


def _when(group: tuple[Row, ...], by: str, *, last: bool = False) -> int:
    """Return the block of an event, or the first (the last) second it can have happened in."""
    if by == "block":
        return group[0].block or 0
    return (group[0].time or 0) + (group[0].resolution - 1 if last else 0)


def _impossible(outpoint: str, what: str, first: LedgerLeg, second: LedgerLeg) -> DataFileError:
    return DataFileError(
        f"Row {second.row}: outpoint {outpoint} is {what} twice, in row {first.row} already.",
        why="An outpoint is made once and spent once.",
        next_step="Leave the wrong one of the two rows out.",
    )


def _sorted_by_need(groups: Sequence[tuple[Row, ...]], needs: list[list[int]]) -> list[tuple[Row, ...]]:
    """Return the groups in their order, but each after those it needs (all of its own block)."""
    waiting = [len(mine) for mine in needs]
    after: dict[int, list[int]] = {}
    for index, mine in enumerate(needs):
        for maker in mine:
            after.setdefault(maker, []).append(index)
    order: list[int] = []
    held: set[int] = set()
    for index, count in enumerate(waiting):
        if count:
            held.add(index)
        else:
            _release(index, order, waiting, after, held)
    if held:
        first = groups[min(held)][0]
        raise DataFileError(
            f"Row {first.row}: transactions of one block spend each other's outputs in a circle.",
            why="Each would have to come before the other.",
            next_step="Correct the outpoints of these rows.",
        )
    return [groups[index] for index in order]


def _release(index: int, order: list[int], waiting: list[int], after: dict[int, list[int]], held: set[int]) -> None:
    """Put a group into the order, then those that waited for it alone."""
    stack = [index]
    while stack:
        one = stack.pop()
        order.append(one)
        held.discard(one)
        for spender in sorted(after.get(one, ()), reverse=True):
            waiting[spender] -= 1
            if not waiting[spender] and spender in held:
                stack.append(spender)
