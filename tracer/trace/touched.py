"""The movements of a large case: which rows they are, by number; a record is made of one while somebody looks at it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, overload

from tracer.io import TransferRows, integers_of
from tracer.ledger import EventArrays
from tracer.model import GRADES, AssetId, Holder, Transfer
from tracer.trace.result import Movement, Share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class TouchedRows(Sequence[tuple[int, Movement]]):
    """Rows that touch a followed holder, or can carry stolen units, each with its index; movements made on demand.

    Parameters
    ----------
    events : EventArrays
        The events of the ledger, which name them.
    followed : collection of (ChainId, str)
        Holders that are followed.
    hops : mapping of int to int
        For each row that can carry stolen units: movements from the seed to the payee.
    """

    def __init__(self, events: EventArrays, followed: Collection[Holder], hops: Mapping[int, int]) -> None:
        import numpy as np

        self.rows: TransferRows = events.rows
        held, places = self.rows.columns, self.rows.all_places()
        mine = np.array([(held.chain, name) in followed for name in held.names], bool)
        touches = mine[held.sender[places]] | mine[held.recipient[places]]
        carrying = np.fromiter(hops, np.int64, len(hops))
        touches[carrying] = True
        self.indices: Ints = np.flatnonzero(touches)
        self.hops = np.full(len(places), -1)
        self.hops[carrying] = np.fromiter(hops.values(), np.int64, len(hops))
        self.numbers = np.full(len(places), -1)
        self.numbers[events.row[events.plain]] = events.number[events.plain]
        self.names = {
            row: event.name
            for event in events.several()
            for part in event.parts
            for leg in (*part.debits, *part.credits)
            for row, _ in leg.shown()
        }

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, place: int) -> tuple[int, Movement]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[tuple[int, Movement], ...]: ...
    def __getitem__(self, place: int | slice) -> tuple[int, Movement] | tuple[tuple[int, Movement], ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        index = int(self.indices[place])
        return index, self._movement(index, place % len(self) + 1)

    def __iter__(self) -> Iterator[tuple[int, Movement]]:
        import numpy as np

        made = self._made(self.indices, np.arange(1, len(self) + 1))
        return zip(self.indices.tolist(), made, strict=True)

    def seqs(self) -> Seqs:
        """Return the place of each row among the movements."""
        return Seqs(self.indices)

    def untouched(self) -> Iterator[Movement]:
        """Yield the other rows of the case."""
        import numpy as np

        others = np.ones(len(self.rows), bool)
        others[self.indices] = False
        for row in self.rows.columns.transfers(self.rows.all_places()[others]):
            yield movement_of(row, 0, row.event, -1)

    def some(self, places: Ints) -> Iterator[Movement]:
        """Yield some movements, by their places."""
        return self._made(self.indices[places], places + 1)

    def _movement(self, index: int, seq: int) -> Movement:
        import numpy as np

        return next(self._made(np.array([index]), np.array([seq])))

    def _made(self, indices: Ints, seqs: Ints) -> Iterator[Movement]:
        names = self.names
        rows = self.rows.columns.transfers(self.rows.all_places()[indices])
        about = zip(
            indices.tolist(),
            seqs.tolist(),
            self.numbers[indices].tolist(),
            self.hops[indices].tolist(),
            rows,
            strict=True,
        )
        for index, seq, number, hop, row in about:
            name = row.event or f"e{number + 1}" if number >= 0 else names.get(index, row.event)
            yield movement_of(row, seq, name, hop)


class Seqs(Mapping[int, int]):
    """The place among the movements of each row that is one, from 1."""

    def __init__(self, indices: Ints) -> None:
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices.tolist())

    def __getitem__(self, row: int) -> int:
        place = int(self._indices.searchsorted(row))
        if place == len(self._indices) or self._indices[place] != row:
            raise KeyError(row)
        return place + 1


class Movements(Sequence[Movement]):
    """Rows that touch a followed holder, with the stolen units that a policy puts in them.

    Parameters
    ----------
    touched : TouchedRows
        The rows.
    shares : mapping of int to tuple of Share
        By index of the row: its stolen units.
    """

    def __init__(self, touched: TouchedRows, shares: Mapping[int, tuple[Share, ...]]) -> None:
        self.touched = touched
        self._asked: tuple[Collection[Holder], tuple[Movement, ...]] | None = None
        seqs = touched.seqs()
        self.shares = {seqs[index] - 1: shares[index] for index in sorted(shares) if index in seqs}

    def __len__(self) -> int:
        return len(self.touched)

    @overload
    def __getitem__(self, place: int) -> Movement: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Movement, ...]: ...
    def __getitem__(self, place: int | slice) -> Movement | tuple[Movement, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        return self._with_shares(place % len(self), self.touched[place][1])

    def __iter__(self) -> Iterator[Movement]:
        shares = self.shares
        for place, (_, movement) in enumerate(self.touched):
            yield self._with_shares(place, movement) if place in shares else movement

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(a == b for a, b in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]

    def sources(self) -> set[str]:
        """Return what the rows say of where they come from."""
        rows = self.touched.rows
        held = rows.columns.texts.get("source_url")
        if held is None:
            return {""}
        return set(held.take(integers_of(rows.all_places()[self.touched.indices])).unique().to_pylist())

    def about(self, holders: Collection[Holder]) -> tuple[Movement, ...]:
        """Return those that one of some holders makes or gets."""
        import numpy as np

        if self._asked is not None and self._asked[0] is holders:
            return self._asked[1]
        rows = self.touched.rows
        held = rows.columns
        mine = np.array([(held.chain, name) in holders for name in held.names], bool)
        places = rows.all_places()[self.touched.indices]
        found = np.flatnonzero(mine[held.sender[places]] | mine[held.recipient[places]])
        made = zip(found.tolist(), self.touched.some(found), strict=True)
        answer = tuple(self._with_shares(place, movement) for place, movement in made)
        self._asked = holders, answer
        return answer

    @cached_property
    def carrying(self) -> tuple[Movement, ...]:
        """Those that carry stolen units."""
        import numpy as np

        held = self.shares
        made = self.touched.some(np.fromiter(held, np.int64, len(held)))
        return tuple(replace(movement, shares=mine) for movement, mine in zip(made, held.values(), strict=True))

    def _with_shares(self, place: int, movement: Movement) -> Movement:
        return replace(movement, shares=self.shares[place]) if place in self.shares else movement


def carrying(movements: Sequence[Movement]) -> Sequence[Movement]:
    """Return the movements that carry stolen units, in order."""
    if isinstance(movements, Movements):
        return movements.carrying
    return [movement for movement in movements if movement.shares]


def about(movements: Sequence[Movement], holders: Collection[Holder]) -> Sequence[Movement]:
    """Return at least the movements that one of some holders makes or gets, in order."""
    return movements.about(holders) if isinstance(movements, Movements) else movements


def assets_of(movements: Sequence[Movement]) -> set[AssetId]:
    """Return what some movements move."""
    if isinstance(movements, Movements):
        touched = movements.touched
        return TransferRows(touched.rows.columns, touched.rows.all_places()[touched.indices]).assets()
    return {movement.asset for movement in movements}


def any_grade(movements: Sequence[Movement], grade: str) -> bool:
    """Return whether a movement can be of a grade or a weaker one."""
    if not isinstance(movements, Movements):
        return True
    weaker = GRADES[GRADES.index(grade) :]
    return any(one in weaker for one in movements.touched.rows.columns.words["grade"][0])


def movement_of(row: Transfer, seq: int, event: str, hop: int) -> Movement:
    """Return a row as a movement."""
    return Movement(
        seq,
        event,
        row.chain,
        row.block,
        row.time,
        row.tx,
        row.kind,
        row.sender,
        row.recipient,
        row.asset,
        row.amount,
        (),
        hop,
        row.grade,
        row.precision,
        row.source_url,
        row.note,
        row.id,
    )
