"""What histories of one account chain say of each other: rows that contradict another are taken out, as named gaps.

A chain has one hash and one time at a height, its times never go back, one block and one place of a transaction, one
content of a movement; and what one holder paid another stands in the history of either. A list that says otherwise is
wrong, or was asked on another side of a reorganisation. Where the transaction was asked for by its hash, that answer
decides, as a receipt does; else nobody here can tell which of two is right, so neither is believed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from tracer.model import ChainId, Collected, Coverage, Holder, format_time
from tracer.providers import History

Key = tuple[ChainId, str]
"""A transaction; of what belongs to none, the block."""
Content = tuple[str | int, ...]
Height = tuple[ChainId, int]
Histories = MutableMapping[Holder, History]

ENDPOINT: Final = "contradiction"


def content_of(row: Collected) -> Content:
    """Return a movement without what only some sources know of it: hash and index, its place, the source."""
    return (
        *(row.chain, row.block, row.time, row.tx, row.layer, row.kind),
        *(row.sender, row.recipient, row.asset, row.amount),
    )


def settle_rows(
    histories: Histories, transactions: Histories, *, both_sides: bool = True, known: Mapping[Height, int] | None = None
) -> None:
    """Take out of histories the rows that others contradict; whoever's history loses one has a gap, which is named.

    Parameters
    ----------
    histories : mapping of Holder to History
        Of holders.
    transactions : mapping of Holder to History
        Of transactions that were asked for by their hash.
    both_sides : bool
        Whether what one paid another must stand in the history of either, where both are whole.
    known : mapping of (ChainId, int) to int
        Times of blocks that are known otherwise, as of the head.
    """
    decisive = _Facts()
    for history in transactions.values():
        decisive.take(history.rows)
    wrong = decisive.wrong()
    if wrong:
        _drop(transactions, wrong)
        decisive = _Facts()
        for history in transactions.values():
            decisive.take(history.rows)
    said = _Facts()
    deviating: dict[tuple[Holder, Key], str] = {}
    for holder, history in histories.items():
        kept = []
        for row in history.rows:
            words = decisive.against(row)
            if words:
                deviating.setdefault((holder, _key(row)), words)
            else:
                kept.append(row)
        said.take(kept)
    doubtful = wrong | said.wrong()
    for height, words in _backward(said.times, {**decisive.times, **(known or {})}).items():
        doubtful |= {key: words for key in said.members[height] if key not in doubtful}
    if both_sides:
        for key, words in _one_sided(histories).items():
            if key not in decisive.heights:
                doubtful.setdefault(key, words)
    if doubtful or deviating:
        _drop(histories, doubtful, deviating)


@dataclass(slots=True)
class _Facts:
    """What rows say of blocks, transactions and movements; the first to say something is held against the others."""

    hashes: dict[Height, str] = field(default_factory=dict)
    times: dict[Height, int] = field(default_factory=dict)
    heights: dict[Key, int] = field(default_factory=dict)
    indexes: dict[Key, int] = field(default_factory=dict)
    contents: dict[tuple[object, ...], Content] = field(default_factory=dict)
    blocks: dict[Height, str] = field(default_factory=dict)
    keys: dict[Key, str] = field(default_factory=dict)
    members: dict[Height, dict[Key, None]] = field(default_factory=dict)

    def take(self, rows: Iterable[Collected]) -> None:
        """Take rows; what is contradicted is kept with the words for it."""
        for row in rows:
            block, key = (row.chain, row.block), _key(row)
            self.members.setdefault(block, {})[key] = None
            about_block, about_key = self._compared(row, block, key)
            if about_block:
                self.blocks.setdefault(block, about_block)
            if about_key:
                self.keys.setdefault(key, about_key)
            self.times.setdefault(block, row.time)
            self.heights.setdefault(key, row.block)
            if row.block_hash:
                self.hashes.setdefault(block, row.block_hash)
            if row.tx_index is not None:
                self.indexes.setdefault(key, row.tx_index)
            if row.place is not None:
                self.contents.setdefault((key, row.layer, row.place), content_of(row))

    def against(self, row: Collected) -> str:
        """Return how a row contradicts what was taken, in words; empty where it does not."""
        about_block, about_key = self._compared(row, (row.chain, row.block), _key(row))
        return about_key or about_block

    def wrong(self) -> dict[Key, str]:
        """Return what is contradicted, with the words: of a block of which two things are said, all there is in it."""
        found = dict(self.keys)
        for block, words in self.blocks.items():
            for key in self.members[block]:
                found.setdefault(key, words)
        return found

    def _compared(self, row: Collected, block: Height, key: Key) -> tuple[str, str]:
        of_block = of_key = ""
        block_hash, time = self.hashes.get(block, ""), self.times.get(block, row.time)
        if row.block_hash and block_hash and row.block_hash != block_hash:
            of_block = f"Two hashes of block {row.block}: {' and '.join(sorted((block_hash, row.block_hash)))}."
        elif time != row.time:
            of_block = f"Two times of block {row.block}: {' and '.join(map(str, sorted((time, row.time))))}."
        height, index = self.heights.get(key, row.block), self.indexes.get(key, row.tx_index)
        if height != row.block:
            of_key = f"{row.tx} is said to be in block {' and in '.join(map(str, sorted((height, row.block))))}."
        elif index is not None and row.tx_index is not None and index != row.tx_index:
            places = sorted((index, row.tx_index))
            of_key = f"{row.tx} is said to be number {' and number '.join(map(str, places))} of block {row.block}."
        elif row.place is not None and not of_block:
            mine = content_of(row)
            held = self.contents.get((key, row.layer, row.place), mine)
            if held != mine:
                of_key = f"Two things are said of one movement ({row.layer}) of {row.tx or f'block {row.block}'}."
        return of_block, of_key


def _backward(times: Mapping[Height, int], known: Mapping[Height, int]) -> dict[Height, str]:
    """Return the blocks whose time is not between those of earlier and of later ones: as few as can be wrong."""
    found: dict[Height, str] = {}
    for chain in sorted({chain for chain, _ in times}):
        fixed = sorted((number, time) for (one, number), time in known.items() if one == chain)
        numbers = [number for number, _ in fixed]
        mine = sorted((number, time) for (one, number), time in times.items() if one == chain)
        fitting = []
        for number, time in mine:
            at = bisect_left(numbers, number)
            after = bisect_right(numbers, number)
            if (at and fixed[at - 1][1] > time) or (after < len(fixed) and fixed[after][1] < time):
                found[chain, number] = ""
            else:
                fitting.append((number, time))
        kept = _longest_forward([time for _, time in fitting])
        found |= {(chain, number): "" for place, (number, _) in enumerate(fitting) if place not in kept}
    return {
        (chain, number): f"Block {number} is said to be of {format_time(times[chain, number])}, "
        f"and blocks before or after it of times that do not fit."
        for chain, number in found
    }


def _longest_forward(times: Sequence[int]) -> set[int]:
    """Return the places of the most times that never go back, of several such choices always the same."""
    if all(one <= two for one, two in pairwise(times)):
        return set(range(len(times)))
    ends: list[int] = []  # the least time that so many can end with
    places: list[int] = []
    before: list[int] = []
    for place, time in enumerate(times):
        length = bisect_right(ends, time)
        ends[length : length + 1] = [time]
        places[length : length + 1] = [place]
        before.append(places[length - 1] if length else -1)
    found, place = set(), places[-1]
    while place >= 0:
        found.add(place)
        place = before[place]
    return found


def _one_sided(histories: Histories) -> dict[Key, str]:
    """Return the transactions in which somebody paid another, as only one of the two histories has it, both whole."""
    whole = {holder for holder, history in histories.items() if history.whole}
    counts: dict[Content, Counter[str]] = {}
    for chain, holder in sorted(whole):
        for row in histories[chain, holder].rows:
            if row.sender != row.recipient and (chain, row.sender) in whole and (chain, row.recipient) in whole:
                counts.setdefault(content_of(row), Counter())[holder] += 1
    found: dict[Key, str] = {}
    for content, by_holder in counts.items():
        named, _, _, tx, _, kind, sender, recipient, *_ = content
        if by_holder[str(sender)] != by_holder[str(recipient)]:
            words = f"A payment ({kind}) in {tx} stands in one list alone: that of its payer, or that of its payee."
            found.setdefault((ChainId(str(named)), str(tx)), words)
    return found


def _drop(histories: Histories, wrong: dict[Key, str], deviating: dict[tuple[Holder, Key], str] | None = None) -> None:
    for holder, history in histories.items():
        lost: dict[Key, Collected] = {}
        words: dict[Key, str] = {}
        for row in history.rows:
            key = _key(row)
            why = wrong.get(key) or (deviating or {}).get((holder, key))
            if why:
                lost.setdefault(key, row)
                words[key] = why
        if lost:
            gaps = [
                Coverage(
                    *(holder[0], holder[1], row.source, ENDPOINT, row.block, row.block),
                    complete=False,
                    reason="inconsistent",
                    detail=words[key],
                )
                for key, row in lost.items()
            ]
            rows = tuple(row for row in history.rows if _key(row) not in lost)
            histories[holder] = replace(history, rows=rows, coverage=(*history.coverage, *gaps))


def _key(row: Collected) -> Key:
    return row.chain, row.tx or f"block {row.block}"
