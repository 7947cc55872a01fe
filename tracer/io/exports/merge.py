"""Payments of several files become one table: overlaps once, true repeats kept, conversions one event, in order."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from tracer.errors import DataFileError
from tracer.io.exports.records import TWICE, LeftOut, Part, Payment
from tracer.model import REFUSED_ROW, ChainId, Unread

Key = tuple[object, ...]
_When = tuple[int | None, int]
"""Seconds UTC, and how many of them the printed time leaves open."""
_RANK: Final = {"fee": 0, "native": 1, "internal": 2, "mint": 3, "token": 3, "burn": 3, "": 3}
"""Order inside a transaction: its sender pays the fee before anything else of it (method ev-fee)."""
_CLOSE: Final = Fraction(1, 10**12)
"""A printed amount this near to an exact one of the same payment is that one: a float keeps fifteen digits."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Payments in total order, with what belongs to each by its place.

    Attributes
    ----------
    rows : tuple of Payment
        The payments.
    events : tuple of str
        Name of the event of each; empty for a payment by itself.
    positions : tuple of int or None
        Position of each inside its block, where the files tell it.
    repeats : tuple of int or None
        Number of each among equal rows, which are payments of their own; it says nothing of their order.
    left_out : tuple of LeftOut
        Rows that another one covers.
    notes : tuple of str
        What is to be said.
    """

    rows: tuple[Payment, ...]
    events: tuple[str, ...]
    positions: tuple[int | None, ...]
    repeats: tuple[int | None, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def merge_payments(parts: Sequence[Part]) -> Merged:
    """Merge the payments of all parts.

    Of one payment (transaction, kind, sender, recipient, asset, amount) the table holds as many as the file holds that
    has the most of them: overlapping exports count once, a batch of equal payments inside one file counts in full.

    Parameters
    ----------
    parts : sequence of Part
        Files as read; an export pasted behind another is a part of its own.

    Raises
    ------
    DataFileError
        If the rows of a chain cannot be put in order.
    """
    left: list[LeftOut] = []
    failed = {
        (item.chain, item.tx): item for part in parts for item in part.items if isinstance(item, LeftOut) and item.tx
    }
    places = _places(parts)
    rows: list[Payment] = []
    for part in parts:
        for item in part.items:
            if not isinstance(item, Payment):
                continue
            dead = failed.get((item.chain, item.tx)) if item.kind != "fee" and item.tx else None
            if dead is not None:
                detail = f"its transaction failed, as {dead.file}, row {dead.row} says"
                left.append(LeftOut(reason="of a failed transaction", detail=detail, file=item.file, row=item.row))
            else:
                rows.append(item)
    part_of = {id(item): place for place, part in enumerate(parts) for item in part.items}
    kept = _once(rows, part_of, left)
    kept = _exact_before_printed(kept, part_of, left)
    kept = _located(kept, rows, left)
    kept.sort(key=lambda row: _order(row, places))
    _check_order(kept)
    notes: list[str] = []
    events = _conversions(kept, notes)
    positions = _positions(kept)
    repeats = _repeats(kept, positions, notes)
    return Merged(tuple(kept), events, positions, repeats, tuple(left), tuple(notes))


def _content(row: Payment) -> Key:
    """Return what makes two rows the same payment, wherever they stand.

    Coin is coin: exports that cannot tell a transaction's own payment from one inside it call both native, and no
    sender makes both to one recipient in one transaction.
    """
    kind = "coin" if row.kind in ("native", "internal") else row.kind
    when = () if row.tx else (row.block, row.time)
    return (row.chain, row.tx, kind, row.sender, row.recipient, row.asset, row.amount, *when)


def _once(rows: Iterable[Payment], part_of: dict[int, int], left: list[LeftOut]) -> list[Payment]:
    """Return as many rows of each payment as the witness has that has the most.

    A witness is a file, or a way of numbering payments inside a transaction (log index, path of the call), in which
    each number is one payment over all files.
    """
    numbered: dict[Key, Payment] = {}
    groups: dict[Key, dict[Key, dict[int, Payment]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        content = _content(row)
        if not (row.uid and row.tx):
            groups[content][("file", part_of[id(row)])][id(row)] = row
            continue
        uid = (row.chain, row.tx, row.uid)
        witness = ("number", row.uid.split(":", 1)[0])
        held = numbered.get(uid)
        better = row
        if held is not None:
            if not _same(row, held):
                left.append(_contradiction(row, held))
                continue
            better, worse = (row, held) if _knows_more(row, held) else (held, row)
            left.append(_twice(worse, better))
            groups[_content(held)][witness].pop(id(held))
            content = _content(better)
        numbered[uid] = better
        groups[content][witness][id(better)] = better
    kept: list[Payment] = []
    for witnesses in groups.values():
        # Of witnesses that agree, the numbered one knows more.
        best = max(witnesses, key=lambda one: (len(witnesses[one]), one == ("number", "tx"), one[0] == "number"))
        chosen = list(witnesses[best].values())
        kept += chosen
        for one, group in witnesses.items():
            if one != best:
                left.extend(_twice(row, chosen[0]) for row in group.values())
    return kept


def _same(row: Payment, held: Payment) -> bool:
    """Return whether two rows of one number are one payment, as far as each of them is printed."""
    mine, theirs = _content(row), _content(held)
    if mine == theirs or "printed" not in (row.precision, held.precision):
        return mine == theirs
    rough, sharp = (row, held) if row.precision == "printed" else (held, row)
    return mine == _content(replace(held, amount=row.amount)) and _prints(rough.amount, sharp.amount)


def _knows_more(row: Payment, held: Payment) -> bool:
    return (row.precision == "exact", row.kind == "native") > (held.precision == "exact", held.kind == "native")


def _twice(row: Payment, held: Payment) -> LeftOut:
    detail = f"the same payment as {held.file}, row {held.row}"
    return LeftOut(reason=TWICE, detail=detail, file=row.file, row=row.row)


def _contradiction(row: Payment, held: Payment) -> LeftOut:
    what = "the fee" if row.uid == "fee" else "the value"
    detail = (
        f"{row.file}, row {row.row}: {what} of transaction {row.tx} is {row.amount} from {row.sender or 'nobody'} to "
        f"{row.recipient or 'nobody'}, but {held.file}, row {held.row} says {held.amount} from "
        f"{held.sender or 'nobody'} to {held.recipient or 'nobody'}: one of the files was altered, or counts otherwise."
    )
    return LeftOut(
        reason="refused", detail=detail, file=row.file, row=row.row, refused=True, unread=(_unread(row, held=True),)
    )


def _unread(row: Payment, *, held: bool = False) -> Unread:
    """Return what a refused payment moved; its transaction lacks nothing of it where it is held otherwise, or a fee."""
    return Unread(row.chain, "" if held or row.kind == "fee" else row.tx, row.sender, row.recipient, REFUSED_ROW)


def _exact_before_printed(rows: list[Payment], part_of: dict[int, int], left: list[LeftOut]) -> list[Payment]:
    """Leave out a printed row where another file holds the same payment exactly."""
    exact: dict[Key, dict[int, list[Payment]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows, key=lambda row: row.amount):
        if row.precision == "exact" and row.tx:
            exact[_pair(row)][part_of[id(row)]].append(row)
    kept = []
    for row in rows:
        twin = _twin_of(row, part_of[id(row)], exact.get(_pair(row), {})) if row.precision == "printed" else None
        if twin is None:
            kept.append(row)
        else:
            left.append(_twice(row, twin))
    return kept


def _pair(row: Payment) -> Key:
    return (row.chain, row.tx, row.sender, row.recipient, row.asset)


def _twin_of(row: Payment, part: int, rivals: dict[int, list[Payment]]) -> Payment | None:
    """Return, and use up, the exact row of another file that a printed row shows; lists are ascending by amount."""
    for other, ours in rivals.items():
        place = bisect_left(ours, row.amount, key=lambda one: one.amount)
        near = [spot for spot in (place, place - 1) if 0 <= spot < len(ours) and other != part]
        best = min(near, key=lambda spot: abs(ours[spot].amount - row.amount), default=None)
        if best is not None and _prints(row.amount, ours[best].amount):
            return ours.pop(best)
    return None


def _unit(printed: int) -> int:
    """Return what the last printed digit counts."""
    return int(10 ** (len(str(printed)) - len(str(printed).rstrip("0"))))


def _prints(printed: int, exact: int) -> bool:
    """Return whether a printed amount is an exact one as a float, or as a spreadsheet's few digits, shows it."""
    if abs(exact - printed) <= _CLOSE * exact:
        return True
    return 2 * abs(exact - printed) <= _unit(printed)


def _located(rows: list[Payment], seen: list[Payment], left: list[LeftOut]) -> list[Payment]:
    """Fill height and time of a row from others of its transaction; a time without seconds gives way to one with.

    What another file says of a payment seen twice counts too, after what the kept rows say.
    """
    held: dict[tuple[ChainId, str], tuple[int | None, _When]] = {}
    for row in (*rows, *seen):
        block, when = held.get((row.chain, row.tx), (None, (None, 1)))
        held[(row.chain, row.tx)] = (row.block if block is None else block, _sharper(when, (row.time, row.resolution)))
    filled = []
    for row in rows:
        mine: _When = (row.time, row.resolution)
        block, when = held[(row.chain, row.tx)] if row.tx else (row.block, mine)
        if row.block is not None and row.block != block:
            left.append(_elsewhere(row, "block", row.block, block))
            continue
        if row.time is not None and _sharper(mine, when) != when:
            left.append(_elsewhere(row, "time", row.time, when[0]))
            continue
        same = (block, when) == (row.block, mine)
        filled.append(row if same else replace(row, block=block, time=when[0], resolution=when[1]))
    return filled


def _sharper(one: _When, other: _When) -> _When:
    """Return the better of two times of one block: the one that is there, and of one minute the one with seconds."""
    (first, size), (second, other_size) = one, other
    if first is None or second is None:
        return other if first is None else one
    return other if other_size <= size and first <= second < first + size else one


def _elsewhere(row: Payment, what: str, mine: int, theirs: int | None) -> LeftOut:
    detail = (
        f"{row.file}, row {row.row}: transaction {row.tx} is in {what} {mine} here, in {theirs} elsewhere: one of the "
        "files was altered, or is of another chain."
    )
    return LeftOut(reason="refused", detail=detail, file=row.file, row=row.row, refused=True, unread=(_unread(row),))


def _places(parts: Sequence[Part]) -> dict[tuple[ChainId, str], tuple[int, int]]:
    """Return where each transaction first stands in the files; a list printed newest first is counted from its end."""
    places: dict[tuple[ChainId, str], tuple[int, int]] = {}
    for place, part in enumerate(parts):
        rows = [item for item in part.items if isinstance(item, Payment)]
        heights = [row.block if row.block is not None else row.time or 0 for row in rows]
        down = len(heights) > 1 and heights[0] > heights[-1]
        for row in rows:
            where = (place, -row.row if down else row.row)
            key = (row.chain, row.tx)
            places[key] = min(places.get(key, where), where)
    return places


def _order(row: Payment, places: dict[tuple[ChainId, str], tuple[int, int]]) -> Key:
    block = -1 if row.block is None else row.block
    time = -1 if row.time is None else row.time
    inside = int(row.uid[4:]) if row.uid.startswith("log:") else 0
    home = places.get((row.chain, row.tx), (0, 0))
    rank = _RANK[row.kind]
    # Without a hash each row is a transaction of its own, and its fee comes before it alone.
    within = (rank, inside, row.file, row.row) if row.tx else (row.file, row.row, rank, inside)
    return (row.chain, block, time, *home, row.tx, *within, row.amount)


def _check_order(rows: list[Payment]) -> None:
    chains: dict[ChainId, list[Payment]] = defaultdict(list)
    for row in rows:
        chains[row.chain].append(row)
    for chain, ours in chains.items():
        blockless = next((row for row in ours if row.block is None), None)
        timeless = next((row for row in ours if row.time is None), None)
        if blockless is not None and timeless is not None:
            raise DataFileError(
                f"{blockless.file}, row {blockless.row} has no block, and {timeless.file}, row {timeless.row} no time: "
                f"the rows of {chain} cannot be put in one order.",
                why="A chain is ordered by block where every row has one, else by time where every row has one.",
                next_step="Download the export again with both columns; newer exports have them.",
            )
        if timeless is not None and len(chains) > 1:
            raise DataFileError(
                f"{timeless.file}, row {timeless.row} has no time, and the files are of several chains.",
                why="Blocks of two chains can only be compared by time.",
                next_step="Use the file as it was downloaded, or import each chain on its own.",
            )


def _conversions(rows: list[Payment], notes: list[str]) -> tuple[str, ...]:
    """Return the event of each row: rows of a transaction in which somebody gave one asset and received another."""
    groups: dict[tuple[ChainId, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.tx and row.kind != "fee":
            groups[(row.chain, row.tx)].append(place)
    events = [""] * len(rows)
    found = many = 0
    for (_, tx), ours in groups.items():
        assets = {rows[place].asset for place in ours}
        if len(assets) < 2 or not _converts([rows[place] for place in ours]):
            continue
        if len(assets) > 2:
            many += 1
        else:
            found += 1
        for place in ours:
            events[place] = tx
    if found:
        notes.append(
            f"{found} transaction(s) in which a holder gave one asset and received another are one event each."
        )
    if many:
        notes.append(
            f"{many} transaction(s) in which somebody gave one asset and received another move three assets or more: "
            "they are one event each and end as contract, for what was given for what cannot be told without prices."
        )
    return tuple(events)


def _converts(rows: list[Payment]) -> bool:
    net: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.sender:
            net[row.sender][row.asset] -= row.amount
        if row.recipient:
            net[row.recipient][row.asset] += row.amount
    return any(min(change.values()) < 0 < max(change.values()) for change in net.values())


def _positions(rows: list[Payment]) -> tuple[int | None, ...]:
    """Return positions for the chains of which every row has its log index, and none for the others.

    Where a row stands in a file, and in which file, is no position: nobody promises that order, and of two files it is
    that of their names.
    """
    positions: list[int | None] = [None] * len(rows)
    chains: dict[ChainId, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        chains[row.chain].append(place)
    for ours in chains.values():
        logs = all(rows[place].uid.startswith("log:") and rows[place].block is not None for place in ours)
        if logs and len({(rows[place].block, rows[place].uid) for place in ours}) == len(ours):
            for place in ours:
                positions[place] = int(rows[place].uid[4:])
    return tuple(positions)


def _repeats(rows: list[Payment], positions: tuple[int | None, ...], notes: list[str]) -> tuple[int | None, ...]:
    """Return numbers for equal rows without position, which could be one row copied twice; none for the others."""
    repeats: list[int | None] = [None] * len(rows)
    equal: dict[Key, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if positions[place] is None:
            equal[(*_content(row), row.kind)].append(place)
    more: Counter[ChainId] = Counter()
    for places in equal.values():
        if len(places) > 1:
            more[rows[places[0]].chain] += len(places) - 1
            for number, place in enumerate(places, 1):
                repeats[place] = number
    for chain, count in more.items():
        notes.append(
            f"{count} row(s) of {chain} are equal to another of the same file: payments of their own, numbered in the "
            "column repeat, which says nothing of the order inside a block."
        )
    return tuple(repeats)
