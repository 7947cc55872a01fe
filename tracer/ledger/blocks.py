"""What blocks say of each other: a transaction stands in one block, a block has one time, EVM times never go back.

Rows that break this are two tellings of one movement (two exports, or a block that the chain gave up), or one of their
cells is wrong; followed, they would count money twice or in an order that never was. Both are named (method closure).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from tracer.errors import DataFileError
from tracer.model import LedgerLeg, Transfer, chain_of, format_time

_ONCE: Final = ("evm", "tron", "bitcoin")
"""Families whose transactions happen in one block, at once."""
_HASH: Final = re.compile(r"(0x)?[0-9a-f]{64}", re.ASCII)
"""What a transaction is called by its chain; a name that somebody gave may stand for several."""
_FORWARD: Final = ("evm", "tron")
"""Families whose block times never go back; on Bitcoin a header time may."""


def happens_once(row: Transfer | LedgerLeg) -> bool:
    """Return whether the rows of a row's transaction are all of one block and time: it is named by its hash."""
    return chain_of(row.chain).family in _ONCE and _HASH.fullmatch(row.tx) is not None


def refuse_contradictions(rows: Sequence[Transfer | LedgerLeg]) -> None:
    """Refuse rows of one chain of which one must be wrong by their block and time; an empty cell contradicts nothing.

    Raises
    ------
    DataFileError
        With both rows.
    """
    if not rows:
        return
    family = chain_of(rows[0].chain).family
    blocks: dict[str, Transfer | LedgerLeg] = {}
    moments: dict[str, Transfer | LedgerLeg] = {}
    times: dict[int, Transfer | LedgerLeg] = {}
    for row in rows:
        if family in _ONCE and _HASH.fullmatch(row.tx):
            _refuse_two_places(row, blocks, moments)
        if row.block is not None and row.time is not None:
            first = times.setdefault(row.block, row)
            if _apart(first, row):
                raise _two_times(first, row)
    if family in _FORWARD:
        for earlier, later in pairwise(times[block] for block in sorted(times)):
            if (earlier.time or 0) >= (later.time or 0) + later.resolution:
                raise _backward(earlier, later)


def _refuse_two_places(
    row: Transfer | LedgerLeg,
    blocks: dict[str, Transfer | LedgerLeg],
    moments: dict[str, Transfer | LedgerLeg],
) -> None:
    if row.block is not None:
        first = blocks.setdefault(row.tx, row)
        if first.block != row.block:
            raise _two_places(row, first, f"in block {row.block}", f"in block {first.block}")
    if row.time is not None:
        first = moments.setdefault(row.tx, row)
        if _apart(first, row):
            raise _two_places(row, first, f"at {format_time(row.time)}", f"at {format_time(first.time or 0)}")


def _apart(one: Transfer | LedgerLeg, other: Transfer | LedgerLeg) -> bool:
    """Return whether two printed times are of two moments: no second is in both."""
    mine, theirs = one.time or 0, other.time or 0
    return mine >= theirs + other.resolution or theirs >= mine + one.resolution


def _two_places(row: Transfer | LedgerLeg, first: Transfer | LedgerLeg, here: str, there: str) -> DataFileError:
    return DataFileError(
        f"Row {row.row}: transaction {row.tx} stands {here}, and {there} in row {first.row} already.",
        why="A transaction happens once, in one block; told twice (by two exports, or from a block that the chain gave "
        "up) its movements would count twice.",
        next_step="Leave the wrong one of the two rows out, or correct it.",
    )


def _two_times(first: Transfer | LedgerLeg, row: Transfer | LedgerLeg) -> DataFileError:
    return DataFileError(
        f"Row {row.row}, column 'time': block {row.block} has the time {format_time(row.time or 0)}, but "
        f"{format_time(first.time or 0)} in row {first.row}.",
        why="A block has one time; rows of it that differ are two tellings, or one of them is wrong.",
        next_step="Leave the wrong one of the two rows out, or correct its time (or leave the time empty).",
    )


def _backward(earlier: Transfer | LedgerLeg, later: Transfer | LedgerLeg) -> DataFileError:
    return DataFileError(
        f"Row {later.row}: block {later.block} has the time {format_time(later.time or 0)}, before that of block "
        f"{earlier.block} ({format_time(earlier.time or 0)}, row {earlier.row}).",
        why=f"Block times of {chain_of(later.chain).name} never go back: the order by block and that by time differ.",
        next_step="Correct the block or the time of one of the two rows.",
    )
