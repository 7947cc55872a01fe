"""Legs of Bitcoin transactions become one ledger: every output made once and spent once, whole transactions only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracer.io.exports.records import TWICE, BookedLeg, LeftOut, Part
from tracer.model import REFUSED_ROW, Unread


@dataclass(frozen=True, slots=True)
class Booked:
    """Legs in order, rows that are none, and what is to be said; as :class:`tracer.io.exports.merge.Merged`."""

    rows: tuple[BookedLeg, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def merge_legs(parts: Sequence[Part]) -> Booked:
    """Merge the legs of all parts.

    Parameters
    ----------
    parts : sequence of Part
        Files as read.
    """
    left: list[LeftOut] = []
    held: dict[tuple[str, str], BookedLeg] = {}
    wrong: dict[str, str] = {}
    for part in parts:
        for item in part.items:
            if isinstance(item, BookedLeg):
                _take(item, held, left, wrong)
    groups: dict[str, list[BookedLeg]] = defaultdict(list)
    for leg in held.values():
        groups[leg.tx].append(leg)
    notes: list[str] = []
    whole: dict[str, list[BookedLeg]] = {}
    from_nowhere = 0
    for tx, found in groups.items():
        legs = _located(found)
        reason = wrong.get(tx) or _incomplete(legs) or _impossible(legs, held) or _twins(legs)
        if reason:
            first = min(legs, key=lambda leg: (leg.file, leg.row))
            detail = f"{first.file}, row {first.row}: transaction {tx} is left out: {reason}"
            left += [_refused(leg, detail) for leg in legs]
            continue
        whole[tx] = legs
        from_nowhere += all(leg.side == "credit" for leg in legs) and not any(leg.coinbase for leg in legs)
        _say_fee(tx, legs, notes)
    unlisted = [tx for tx, legs in whole.items() if not _listed(legs)]
    for tx in unlisted:
        whole[tx] = [replace(leg, listed=False) for leg in whole[tx]]
    if unlisted:
        notes.append(
            f"{len(unlisted)} transaction(s), {unlisted[0]} the first, have several inputs, and these files do not "
            "tell their order (Blockchair's column is spending_index): first in first out and last in first out depend "
            "on it, and the trace says so."
        )
    if from_nowhere:
        notes.append(
            f"{from_nowhere} transaction(s) have outputs and no inputs in these files, as if the money came from "
            "nowhere: import the inputs in the same command."
        )
    rows = [leg for tx in _in_order(whole) for leg in sorted(whole[tx], key=_place)]
    return Booked(tuple(rows), tuple(left), tuple(notes))


def _take(leg: BookedLeg, held: dict[tuple[str, str], BookedLeg], left: list[LeftOut], wrong: dict[str, str]) -> None:
    """Hold a leg; where two files contradict each other, nothing of either transaction can be relied on."""
    key = (leg.side, leg.holder)
    other = held.get(key)
    if other is None:
        held[key] = leg
    elif (other.tx, other.amount) != (leg.tx, leg.amount) or any(
        None not in (mine, theirs) and "" not in (mine, theirs) and mine != theirs
        for mine, theirs in ((leg.address, other.address), (leg.block, other.block), (leg.number, other.number))
    ):
        detail = (
            f"{leg.file}, row {leg.row}: output {leg.holder} contradicts {other.file}, row {other.row} "
            "(transaction, amount, address, block or input): one of the files was altered."
        )
        left.append(_refused(leg, detail))
        wrong[leg.tx] = wrong[other.tx] = f"its output or input {leg.holder} stands twice, each time otherwise."
    else:
        detail = f"the same as {other.file}, row {other.row}"
        left.append(LeftOut(reason=TWICE, detail=detail, file=leg.file, row=leg.row))
        held[key] = replace(
            other,
            address=other.address or leg.address,
            coinbase=leg.coinbase or other.coinbase,
            number=leg.number if other.number is None else other.number,
        )


def _refused(leg: BookedLeg, detail: str) -> LeftOut:
    home = leg.address or leg.holder
    moved = Unread(leg.chain, leg.tx, home, home, REFUSED_ROW)
    return LeftOut(reason="refused", detail=detail, file=leg.file, row=leg.row, refused=True, unread=(moved,))


def _located(legs: list[BookedLeg]) -> list[BookedLeg]:
    block = next((leg.block for leg in legs if leg.block is not None), None)
    timed = [leg for leg in legs if leg.time is not None]
    sharp = min(timed, key=lambda leg: leg.resolution, default=legs[0])
    return [replace(leg, block=block, time=sharp.time, resolution=sharp.resolution) for leg in legs]


def _incomplete(legs: list[BookedLeg]) -> str:
    paid = sum(leg.amount for leg in legs if leg.side == "debit")
    got = sum(leg.amount for leg in legs if leg.side == "credit")
    if paid and not got:
        return "its inputs are here, its outputs are not; all of it would look like a fee. Add the file of outputs."
    if paid and got > paid:
        return f"its outputs here ({got}) are more than its inputs ({paid}). Add the inputs that are missing."
    return ""


def _impossible(legs: list[BookedLeg], held: dict[tuple[str, str], BookedLeg]) -> str:
    """Return what is wrong with outputs that these legs spend and that the files make too."""
    for leg in legs:
        made = held.get(("credit", leg.holder)) if leg.side == "debit" else None
        if made is None:
            continue
        where = f"{made.file}, row {made.row}"
        if made.amount != leg.amount:
            return f"it spends {leg.amount} of {leg.holder}, but {where} made it with {made.amount}."
        if made.block is not None and leg.block is not None and made.block > leg.block:
            return f"it spends {leg.holder}, which {where} makes in a later block."
    return ""


def _say_fee(tx: str, legs: list[BookedLeg], notes: list[str]) -> None:
    paid = sum(leg.amount for leg in legs if leg.side == "debit")
    fee = paid - sum(leg.amount for leg in legs if leg.side == "credit")
    if fee * 10 > paid > 0:
        notes.append(
            f"Transaction {tx}: {fee} of {paid} satoshi are in no output of these files and count as its fee; if a "
            "file of outputs is cut, they are not."
        )


def _place(leg: BookedLeg) -> tuple[bool, int, str, int]:
    """Return where a leg stands in its transaction: inputs, then outputs, each as the transaction lists them.

    Inputs of unknown order stand by the outputs they spend: an order like any other, but the same for all files.
    """
    txid, _, vout = leg.holder.rpartition(":")
    number = leg.number if leg.listed and leg.number is not None else 0
    return leg.side == "credit", number, txid, int(vout)


def _listed(legs: list[BookedLeg]) -> bool:
    """Return whether the order of a transaction's inputs is known: it has one, or each has its number."""
    numbers = [leg.number for leg in legs if leg.side == "debit"]
    return len(numbers) < 2 or None not in numbers


def _twins(legs: list[BookedLeg]) -> str:
    """Return what is wrong with a transaction two of whose inputs have one number."""
    seen: dict[int, BookedLeg] = {}
    for leg in legs:
        if leg.number is not None and seen.setdefault(leg.number, leg) is not leg:
            return f"{leg.holder} and {seen[leg.number].holder} are both its input {leg.number}."
    return ""


def _in_order(whole: dict[str, list[BookedLeg]]) -> list[str]:
    """Return the transactions by block; inside a block the maker of an output before its spender, then by hash."""
    when = {tx: (_first(legs[0].block), _first(legs[0].time)) for tx, legs in whole.items()}
    waiting: dict[str, int] = {}
    spenders: dict[str, list[str]] = defaultdict(list)
    for tx, legs in whole.items():
        makers = {leg.holder.rpartition(":")[0] for leg in legs if leg.side == "debit"}
        near = {maker for maker in makers if maker in whole and maker != tx and when[maker] == when[tx]}
        waiting[tx] = len(near)
        for maker in near:
            spenders[maker].append(tx)
    order: list[str] = []
    ready = sorted((tx for tx, count in waiting.items() if not count), key=lambda tx: (when[tx], tx))
    layer = ready
    depth: dict[str, int] = dict.fromkeys(layer, 0)
    while layer:
        after: list[str] = []
        for maker in layer:
            order.append(maker)
            for tx in spenders[maker]:
                waiting[tx] -= 1
                if not waiting[tx]:
                    depth[tx] = depth[maker] + 1
                    after.append(tx)
        layer = after
    rest = [tx for tx in whole if tx not in depth]  # outputs that spend each other in a circle: an altered file
    return sorted([*order, *rest], key=lambda tx: (when[tx], depth.get(tx, 0), tx))


def _first(value: int | None) -> int:
    return -1 if value is None else value
