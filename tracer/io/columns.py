"""A transfers table held as columns: a row becomes a record only when somebody looks at it.

A large table is nearly all plain payments, and a record of one takes two kilobytes. Here it takes what it is: who pays
and who is paid by number, the amount as two halves of 64 bits, and text as Arrow holds it. Numbers of holders and of
assets stand in the order of their names, so that what is sorted by number is sorted by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, overload

from tracer.io.arrow import csv_of_arrays, digits_of, integers_of, repeated, strings_of
from tracer.model import AssetId, ChainId, Transfer, format_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Halves = NDArray[np.uint64]

_CHUNK: Final = 65_536
"""Rows whose canonical text is made at once."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The cells of transfers of one chain, none of which belongs to an event of several rows.

    Attributes
    ----------
    chain : ChainId
        CAIP-2 id.
    names : list of str
        Canonical holders, sorted; the empty text is among them where a row has nobody on one side.
    assets : list of AssetId
        Sorted.
    sender, recipient, asset : ndarray of int64, shape (rows,)
        Numbers of names and assets.
    low, high : ndarray of uint64, shape (rows,)
        Halves of the amounts; `high` is below 2^62.
    tx : pyarrow.Array of string
        Transactions as the chain spells them.
    words : dict of str to (list of str, ndarray of int64)
        ``kind``, ``grade`` and ``precision``: the different words, and the number of each row's.
    texts : dict of str to pyarrow.Array of string
        ``source_url`` and ``note``, where the table has them.
    block, position, time : ndarray of int64 or None
        ``None`` where no row has one.
    """

    chain: ChainId
    names: list[str]
    assets: list[AssetId]
    sender: Ints
    recipient: Ints
    asset: Ints
    low: Halves
    high: Halves
    tx: Any
    words: dict[str, tuple[list[str], Ints]]
    texts: dict[str, Any] = field(default_factory=dict)
    block: Ints | None = None
    position: Ints | None = None
    time: Ints | None = None

    def __len__(self) -> int:
        return len(self.sender)

    @cached_property
    def places(self) -> Ints:
        """Every row in the order of the table."""
        import numpy as np

        return np.arange(len(self))

    def amounts(self, places: Ints | None = None) -> list[int]:
        """Return the amounts of some rows, of all unless told, as Python's integers."""
        low, high = (self.low, self.high) if places is None else (self.low[places], self.high[places])
        if not high.any():
            return list(low.tolist())
        return [above << 64 | below for above, below in zip(high.tolist(), low.tolist(), strict=True)]

    def word(self, column: str, place: int) -> str:
        """Return a row's kind, grade or precision."""
        words, numbers = self.words[column]
        return words[0] if len(words) == 1 else words[int(numbers[place])]

    def number_of(self, column: str, word: str) -> int:
        """Return the number of a word, -1 where no row has it."""
        words = self.words[column][0]
        return words.index(word) if word in words else -1

    def transfer(self, place: int) -> Transfer:
        """Return one row as a record."""

        def at(column: Ints | None) -> int | None:
            return None if column is None else int(column[place])

        def text(column: str) -> str:
            return str(self.texts[column][place].as_py()) if column in self.texts else ""

        return Transfer(
            row=place + 1,
            chain=self.chain,
            block=at(self.block),
            position=at(self.position),
            time=at(self.time),
            tx=str(self.tx[place].as_py()),
            kind=self.word("kind", place),
            sender=self.names[self.sender[place]],
            recipient=self.names[self.recipient[place]],
            asset=self.assets[self.asset[place]],
            amount=int(self.high[place]) << 64 | int(self.low[place]),
            grade=self.word("grade", place),
            precision=self.word("precision", place),
            source_url=text("source_url"),
            note=text("note"),
        )

    def transfers(self, places: Ints) -> Iterator[Transfer]:
        """Yield some rows as records, faster than one by one."""
        for start in range(0, len(places), _CHUNK):
            yield from self._several(places[start : start + _CHUNK])

    def _several(self, places: Ints) -> Iterator[Transfer]:
        names, assets, chain = self.names, self.assets, self.chain
        count = len(places)
        rounds: list[Sequence[Any]] = [
            (places + 1).tolist(),
            *(self._cells(column, places) for column in (self.block, self.position, self.time)),
            self.tx.take(integers_of(places)).to_pylist(),
            self._words("kind", places),
            self.sender[places].tolist(),
            self.recipient[places].tolist(),
            self.asset[places].tolist(),
            self.amounts(places),
            self._words("grade", places),
            self._words("precision", places),
            *(
                self.texts[name].take(integers_of(places)).to_pylist() if name in self.texts else [""] * count
                for name in ("source_url", "note")
            ),
        ]
        for row, block, position, time, tx, kind, sender, recipient, asset, amount, grade, precision, url, note in zip(
            *rounds, strict=True
        ):
            yield Transfer(
                row=row,
                chain=chain,
                block=block,
                position=position,
                time=time,
                tx=tx,
                kind=kind,
                sender=names[sender],
                recipient=names[recipient],
                asset=assets[asset],
                amount=amount,
                grade=grade,
                precision=precision,
                source_url=url,
                note=note,
            )

    @staticmethod
    def _cells(column: Ints | None, places: Ints) -> list[Any]:
        return [None] * len(places) if column is None else list(column[places].tolist())

    def _words(self, column: str, places: Ints) -> list[str]:
        words, numbers = self.words[column]
        return [words[0]] * len(places) if len(words) == 1 else [words[one] for one in numbers[places].tolist()]


class TransferRows(Sequence[Transfer]):
    """Transfers held as columns, in some order; each is a record while it is looked at.

    Parameters
    ----------
    columns : Columns
        The table.
    places : ndarray of int64, optional
        Which of its rows, in which order; all in theirs unless told.
    """

    def __init__(self, columns: Columns, places: Ints | None = None) -> None:
        self.columns, self.places = columns, places
        self._hash = ""

    def __len__(self) -> int:
        return len(self.columns if self.places is None else self.places)

    @overload
    def __getitem__(self, place: int) -> Transfer: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Transfer, ...]: ...
    def __getitem__(self, place: int | slice) -> Transfer | tuple[Transfer, ...]:
        if isinstance(place, slice):
            return tuple(self.columns.transfers(self.all_places()[place]))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self.columns.transfer(place % len(self) if self.places is None else int(self.places[place]))

    def __iter__(self) -> Iterator[Transfer]:
        return self.columns.transfers(self.all_places())

    def all_places(self) -> Ints:
        """Return the place in the table of every row."""
        return self.columns.places if self.places is None else self.places

    def of_words(self, column: str, words: Sequence[str]) -> TransferRows:
        """Return the rows whose kind, grade or precision is one of some words; themselves where all are."""
        import numpy as np

        known, numbers = self.columns.words[column]
        if all(word in words for word in known):
            return self
        places = self.all_places()
        mine = np.array([word in words for word in known])[numbers[places]]
        return TransferRows(self.columns, places[mine])

    def until(self, second: int) -> TransferRows:
        """Return the rows that are not later than a second; of a table whose rows have times."""
        assert self.columns.time is not None
        places = self.all_places()
        return TransferRows(self.columns, places[self.columns.time[places] <= second])

    def transactions(self, asked: Collection[str]) -> set[str]:
        """Return those of some transactions that a row is of."""
        import pyarrow.compute as pc

        if not asked:
            return set()
        wanted = sorted(asked)
        found = pc.index_in(self.columns.tx, strings_of(wanted)).take(integers_of(self.all_places()))
        return {wanted[number] for number in found.unique().to_pylist() if number is not None}

    def largest(self) -> dict[AssetId, int]:
        """Return the largest amount of each asset, base units."""
        import numpy as np

        held, places = self.columns, self.all_places()
        low, high, asset = held.low[places], held.high[places], held.asset[places]
        order = np.lexsort((low, high, asset))
        last = order[np.flatnonzero(np.diff(asset[order], append=-1))]
        return dict(
            zip((held.assets[number] for number in asset[last].tolist()), held.amounts(places[last]), strict=True)
        )

    def holders(self) -> set[str]:
        """Return who stands in a row."""
        import numpy as np

        places = self.all_places()
        used = np.zeros(len(self.columns.names), bool)
        used[self.columns.sender[places]] = used[self.columns.recipient[places]] = True
        return {self.columns.names[number] for number in np.flatnonzero(used).tolist()}

    def assets(self) -> set[AssetId]:
        """Return the assets of the rows."""
        import numpy as np

        return {self.columns.assets[number] for number in np.unique(self.columns.asset[self.all_places()]).tolist()}

    def sha256(self, header: Sequence[str]) -> str:
        """Return the hash of the canonical form of the rows, without a text of each; empty where a cell needs quotes.

        Parameters
        ----------
        header : sequence of str
            Columns of the canonical form.
        """
        import pyarrow as pa

        if not self._hash:
            digest = hashlib.sha256((",".join(header) + "\n").encode())
            places = self.all_places()
            try:
                for start in range(0, len(places), _CHUNK):
                    digest.update(self._csv(places[start : start + _CHUNK], header))
            except pa.ArrowInvalid:  # a comma or a quote in a cell
                return ""
            self._hash = digest.hexdigest()
        return self._hash

    def arrow(self, places: Ints) -> dict[str, Any]:
        """Return some rows of the table, by their places in it, as Arrow arrays of the text that is written of them.

        Columns that no row has are left out; block and position are whole numbers.
        """
        held = self.columns
        found: dict[str, Any] = {
            "chain": repeated(str(held.chain), len(places)),
            "tx": held.tx.take(integers_of(places)),
            "sender": self._names.take(integers_of(held.sender[places])),
            "recipient": self._names.take(integers_of(held.recipient[places])),
            "asset": strings_of(held.assets).take(integers_of(held.asset[places])),
            "amount": digits_of(held.low[places], held.high[places]),
        }
        if held.time is not None:
            found["time"] = self._times(held.time[places])
        for name, column in (("block", held.block), ("position", held.position)):
            if column is not None:
                found[name] = integers_of(column[places])
        for name, (words, numbers) in held.words.items():
            found[name] = strings_of(words).take(integers_of(numbers[places]))
        for name, texts in held.texts.items():
            found[name] = texts.take(integers_of(places))
        return found

    def _csv(self, places: Ints, header: Sequence[str]) -> bytes:
        arrays = self.arrow(places)
        empty = repeated("", len(places))
        return csv_of_arrays([arrays.get(name, empty) for name in header])

    @cached_property
    def _names(self) -> Any:  # noqa: ANN401 (pyarrow ships no types)
        return strings_of(self.columns.names)

    @staticmethod
    def _times(times: Ints) -> Any:  # noqa: ANN401 (pyarrow ships no types)
        import numpy as np

        different, numbers = np.unique(times, return_inverse=True)
        return strings_of([format_time(one) for one in different.tolist()]).take(integers_of(numbers))
