"""Reads a large transfers table into columns, with checks over whole columns.

A table is taken only where every cell is sure to be what the reader of single rows (:mod:`tracer.io.tables`) would make
of it; that one reads all others, and words what is wrong. So this reader has no messages of its own: where anything is
out of the ordinary it gives nothing. What a cell means is asked of the same parsers, once for each different text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from csv import reader
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.errors import MachineError, TracerError
from tracer.io.arrow import flags_of, repeated, strings_of
from tracer.io.columns import Columns, TransferRows
from tracer.io.memory import check_memory
from tracer.io.money import Money
from tracer.io.readers import MAX_ROW_CHARACTERS, MAX_ROWS, MAX_TABLE_BYTES, Record, check_columns, check_parquet
from tracer.model import (
    DEFAULT_CHAIN,
    AssetId,
    ChainId,
    chain_of,
    is_movement_id,
    is_non_fungible,
    parse_chain,
    parse_holder,
    parse_time,
    resolution_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Halves = NDArray[np.uint64]

COLUMNS_FROM: int = 20_000
"""Rows from which a table is held as columns; a smaller one is read, and answered, before columns are loaded."""
COLUMN_BYTES: Final = 850
"""What a row takes as columns, from the cell to the result (measured with amounts of 128 bits and a hash a row)."""

_CODED: Final = ("chain", "sender", "recipient", "asset", "kind", "grade", "precision", "event", "repeat")
_NOT_HELD: Final = ("event", "repeat")
"""Columns that make several rows one event, or one movement several rows: those tables are read row by row."""
_BLOCK: Final = 4 * 1024**2
"""Bytes of a CSV file that are looked at together."""
_LAST_SECOND: Final = 253402300799
_ADDRESS: Final = "^0x[0-9a-f]{40}$"
_HASH: Final = {"evm": "^0x[0-9a-f]{64}$", "tron": "^[0-9a-f]{64}$"}
_WHOLE: Final = "^(0|[1-9][0-9]{0,17})$"
_AMOUNT: Final = "^(0|[1-9][0-9]{0,37})$"


class _Odd(Exception):  # noqa: N818 (no error: the reader of rows takes over)
    """The table has something that columns do not hold."""


@dataclass(frozen=True, slots=True)
class CellParsers:
    """How the reader of rows reads a cell.

    Attributes
    ----------
    required, known : tuple of str
        Columns that must be there, and all that are used.
    foreign_id : str
        What a column of somebody's own ids is called.
    words : mapping of str to (callable, str)
        For ``kind``, ``grade`` and ``precision``: the parser, and what an empty cell means.
    tx_of : callable
        Gives the reader of names of a chain's transactions.
    """

    required: tuple[str, ...]
    known: tuple[str, ...]
    foreign_id: str
    words: Mapping[str, tuple[Callable[[object], str], str]]
    tx_of: Callable[[ChainId], Callable[[object], str]]


def read_columns(path: Path, money: Money, parsers: CellParsers) -> tuple[TransferRows, tuple[str, ...]] | None:
    """Return the rows of a large table of transfers and the names of its columns, or ``None``: read it row by row.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    money : Money
        How assets and amounts are written.
    parsers : CellParsers
        How the reader of rows reads a cell.

    Raises
    ------
    MachineError
        If less memory is free than the columns take.
    """
    import pyarrow as pa

    if money.unit != "base" or not path.is_file():
        return None
    try:
        table = _parquet(path, parsers) if path.suffix.lower() in (".parquet", ".pq") else _csv(path)
        if table is None or len(table) < COLUMNS_FROM:
            return None
        found = _Reader(table, money, parsers).rows(), _names_of(table, parsers)
        del table
        pa.default_memory_pool().release_unused()
        return found
    except MachineError:
        raise
    except (_Odd, TracerError, pa.ArrowException, OSError, ValueError, OverflowError):
        return None  # the reader of rows says what it is


def _parquet(path: Path, parsers: CellParsers) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        held = file.metadata
        if held.num_rows < COLUMNS_FROM:
            return None
        check_parquet(path, file)
        size = sum(held.row_group(place).total_byte_size for place in range(held.num_row_groups))
        check_memory(f"{path.name} with {held.num_rows:,} rows", size + held.num_rows * COLUMN_BYTES)
        for one in file.schema_arrow:
            plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string)
            if one.name not in parsers.known and not any(kind(one.type) for kind in plain):
                raise _Odd
        coded = [one.name for one in file.schema_arrow if one.name in _CODED and _is_text(one.type)]
    return pq.ParquetFile(path, read_dictionary=coded).read()


def _csv(path: Path) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    """Return a CSV table all of whose cells are text, where every line is a row and quotes stand around cells alone."""
    import pyarrow as pa
    from pyarrow import csv

    size = path.stat().st_size
    if size > MAX_TABLE_BYTES or size < 16 * COLUMNS_FROM:  # no row that has a payer and a payee is shorter
        return None
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if any(mark in data for mark in (b"\r", b"\0")) or data.startswith(b"\n"):
        return None
    lines = _lines(data)
    if lines is None or not COLUMNS_FROM <= lines <= MAX_ROWS:
        return None
    check_memory(f"{path.name} with {lines:,} rows", 2 * size + lines * COLUMN_BYTES)
    header = next(reader(io.StringIO(data[: data.index(b"\n")].decode(), newline=""), strict=True))
    text, coded = pa.string(), pa.dictionary(pa.int32(), pa.string())
    kinds = {name: coded if name in (*_CODED, "time") else text for name in header}
    return csv.read_csv(
        pa.BufferReader(data),
        parse_options=csv.ParseOptions(double_quote=False),
        convert_options=csv.ConvertOptions(column_types=kinds, strings_can_be_null=False),
    )


def _lines(data: bytes) -> int | None:
    """Return how many lines a text has, or ``None`` where one is too long, or has quotes that are not around a cell."""
    import numpy as np

    whole, count, start = np.frombuffer(data, np.uint8), 0, 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + _BLOCK) + 1 or len(data)
        block = whole[start:end]
        lines = np.flatnonzero(block == ord("\n"))
        if end - start > _BLOCK or np.diff(lines, prepend=-1, append=len(block)).max() > MAX_ROW_CHARACTERS:
            return None
        quotes = np.flatnonzero(block == ord('"'))
        if len(quotes):
            around = np.concatenate(([ord("\n")], block, [ord("\n")]))
            begins, ends = quotes[::2], quotes[1::2]
            if (
                len(begins) != len(ends)
                or not np.isin(around[begins], (ord(","), ord("\n"))).all()
                or not np.isin(around[ends + 2], (ord(","), ord("\n"))).all()
                or (np.searchsorted(lines, begins) != np.searchsorted(lines, ends)).any()
            ):
                return None
        count += len(lines)
        start = end
    return count


def _names_of(table: Any, parsers: CellParsers) -> tuple[str, ...]:  # noqa: ANN401 (pyarrow ships no types)
    return tuple(parsers.foreign_id if name == "id" and _foreign(table) else name for name in table.column_names)


def _foreign(table: Any) -> bool:  # noqa: ANN401 (pyarrow ships no types)
    """Return whether the column of ids holds ids of somebody's own, by the first of them; any other is odd."""
    import pyarrow.compute as pc

    column = table["id"]
    if not _is_text(column.type):
        raise _Odd
    filled = column.filter(pc.fill_null(pc.not_equal(column, ""), False))
    if not len(filled):
        return False
    if is_movement_id(filled[0].as_py()):
        raise _Odd
    return True


def _is_text(kind: Any) -> bool:  # noqa: ANN401 (pyarrow ships no types)
    import pyarrow as pa

    return bool(pa.types.is_string(kind))


class _Reader:
    """One table on its way into columns."""

    def __init__(self, table: Any, money: Money, parsers: CellParsers) -> None:  # noqa: ANN401 (pyarrow: no types)
        check_columns("", table.column_names, parsers.required, None)
        self._table, self._money, self._parsers = table, money, parsers
        for name in table.column_names:
            if name not in parsers.known and _is_text(table[name].type):
                _check_texts(table[name])

    def rows(self) -> TransferRows:
        """Return the rows in the order of the table."""
        import numpy as np

        for name in _NOT_HELD:
            if name in self._table.column_names and any(self._coded(name)[0]):
                raise _Odd
        if "id" in self._table.column_names:
            _foreign(self._table)
        chain = self._chain()
        words = {name: self._worded(name) for name in ("kind", "grade", "precision")}
        assets, asset = self._assets(chain)
        names, sender, recipient = self._holders(chain)
        low, high = self._amounts()
        block, position, time = self._whole("block"), self._whole("position"), self._time()
        if block is None and time is None:
            raise _Odd
        held = Columns(
            chain=chain,
            names=names,
            assets=assets,
            sender=sender,
            recipient=recipient,
            asset=asset,
            low=low,
            high=high,
            tx=self._transactions(chain),
            words=words,
            texts=self._texts(),
            block=block,
            position=position,
            time=time,
        )
        unique = np.array([is_non_fungible(one) for one in assets])
        if unique.any() and (unique[asset] & ((high > 0) | (low > 1))).any():
            raise _Odd
        _refuse_nobody(held)
        return TransferRows(held)

    def _chain(self) -> ChainId:
        if "chain" not in self._table.column_names:
            return DEFAULT_CHAIN
        found = {parse_chain(text) if text else DEFAULT_CHAIN for text in self._coded("chain")[0]}
        if len(found) != 1:
            raise _Odd
        (chain,) = found
        if chain_of(chain).family == "bitcoin":
            raise _Odd
        return chain

    def _coded(self, name: str) -> tuple[list[str], Ints]:
        """Return the different texts of a column that stand in it, the empty one for null, and each row's number."""
        dictionary, numbers = self._dictionary([self._table[name]])
        return [text or "" for text in dictionary.to_pylist()], numbers

    @staticmethod
    def _dictionary(columns: list[Any]) -> tuple[Any, Ints]:
        """Return the different texts of columns, one below the other, and the number of each cell's."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        chunks = []
        for column in columns:
            kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
            if not _is_text(kind):
                raise _Odd
            chunks += [
                chunk if pa.types.is_dictionary(column.type) else chunk.dictionary_encode() for chunk in column.chunks
            ]
        whole = pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string())).unify_dictionaries().combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = whole.chunk(0)
        dictionary, numbers = whole.dictionary, whole.indices
        _check_texts(dictionary)
        if dictionary.null_count:
            raise _Odd
        if numbers.null_count:
            dictionary = pa.concat_arrays([dictionary, strings_of([""])])
            numbers = pc.fill_null(numbers, len(dictionary) - 1)
        found = numbers.to_numpy().astype(np.int64)
        # What stands in no row (a file may list it) says nothing.
        used = np.bincount(found, minlength=len(dictionary)) > 0
        if not used.all():
            place = np.cumsum(used) - 1
            dictionary, found = dictionary.filter(flags_of(used)), place[found]
        return dictionary, found

    def _worded(self, name: str) -> tuple[list[str], Ints]:
        import numpy as np

        parse, default = self._parsers.words[name]
        if name not in self._table.column_names:
            return [default], np.zeros(len(self._table), np.int64)
        texts, numbers = self._coded(name)
        return _renumbered([parse(text) if text else default for text in texts], numbers)

    def _assets(self, chain: ChainId) -> tuple[list[AssetId], Ints]:
        texts, numbers = self._coded("asset")
        found = [self._money.asset(Record("", 0, {"asset": 0}, (text,)), chain) for text in texts]
        names, numbers = _renumbered(found, numbers)
        return [AssetId(name) for name in names], numbers

    def _holders(self, chain: ChainId) -> tuple[list[str], Ints, Ints]:
        import numpy as np
        import pyarrow.compute as pc

        dictionary, numbers = self._dictionary([self._table["sender"], self._table["recipient"]])
        if chain_of(chain).family == "evm":
            plain = pc.match_substring_regex(dictionary, _ADDRESS)
            if plain.true_count == len(plain):
                order = pc.array_sort_indices(dictionary).to_numpy()
                place = np.empty(len(order), np.int64)
                place[order] = np.arange(len(order))
                names, numbers = dictionary.take(pc.array_sort_indices(dictionary)).to_pylist(), place[numbers]
                return names, numbers[: len(self._table)], numbers[len(self._table) :]
        texts = [text and parse_holder(chain, text) for text in dictionary.to_pylist()]
        names, numbers = _renumbered(texts, numbers)
        return names, numbers[: len(self._table)], numbers[len(self._table) :]

    def _amounts(self) -> tuple[Halves, Halves]:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self._table["amount"]
        if column.null_count:
            raise _Odd
        if _is_text(column.type):
            _need_all(pc.match_substring_regex(column, _AMOUNT))
            column = column.cast(pa.decimal128(38, 0))
        if pa.types.is_integer(column.type):
            low = column.to_numpy()
            if low.dtype != np.uint64 and (low < 0).any():
                raise _Odd
            return low.astype(np.uint64), np.zeros(len(low), np.uint64)
        if not pa.types.is_decimal128(column.type) or column.type.scale:
            raise _Odd
        halves = [
            np.frombuffer(chunk.buffers()[1], np.uint64)[2 * chunk.offset : 2 * (chunk.offset + len(chunk))]
            for chunk in column.chunks
        ]
        both = np.concatenate(halves) if halves else np.zeros(0, np.uint64)
        low, high = both[::2].copy(), both[1::2].copy()
        if (high >> np.uint64(62)).any():
            raise _Odd
        return low, high

    def _whole(self, name: str) -> Ints | None:
        """Return a column of whole numbers; ``None`` where it has none; one with gaps is odd."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if name not in self._table.column_names:
            return None
        column = self._table[name]
        if column.null_count == len(column):
            return None
        if _is_text(column.type):
            if pc.all(pc.equal(column, "")).as_py():
                return None
            _need_all(pc.match_substring_regex(column, _WHOLE))
            column = column.cast(pa.int64())
        if not pa.types.is_integer(column.type) or column.null_count:
            raise _Odd
        found: Ints = column.to_numpy().astype(np.int64)
        if (found < 0).any() or (found >= 10**18).any():
            raise _Odd
        return found

    def _time(self) -> Ints | None:
        import numpy as np
        import pyarrow as pa

        if "time" not in self._table.column_names:
            return None
        column = self._table["time"]
        kind = column.type
        found: Ints
        if column.null_count == len(column):
            return None
        if column.null_count:
            raise _Odd
        if pa.types.is_timestamp(kind):
            units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
            found = column.cast(pa.int64()).to_numpy()
            if units > 1 and (found % units).any():
                raise _Odd
            found = found // units
        elif pa.types.is_integer(kind):
            found = column.to_numpy().astype(np.int64)
        else:
            texts, numbers = self._coded("time")
            if texts == [""]:
                return None
            if not all(texts) or any(resolution_of(text) != 1 for text in texts):
                raise _Odd
            found = np.array([parse_time(text) for text in texts], np.int64)[numbers]
        if (found < 0).any() or (found > _LAST_SECOND).any():
            raise _Odd
        return found

    def _transactions(self, chain: ChainId) -> Any:  # noqa: ANN401 (pyarrow ships no types)
        import pyarrow.compute as pc

        if "tx" not in self._table.column_names:
            return repeated("", len(self._table))
        column = _text(self._table["tx"])
        form = _HASH.get(chain_of(chain).family)
        if form is None or pc.match_substring_regex(column, form).true_count < len(column):
            read = self._parsers.tx_of(chain)
            _check_texts(column)
            column = strings_of([read(text) for text in column.to_pylist()])
        return column

    def _texts(self) -> dict[str, Any]:
        import pyarrow.compute as pc

        found = {name: _text(self._table[name]) for name in ("source_url", "source", "note") if self._has(name)}
        for column in found.values():
            _check_texts(column)
        source = found.pop("source", None)
        if source is not None:
            url = found.get("source_url", source)
            found["source_url"] = pc.if_else(pc.equal(url, ""), source, url)
        return found

    def _has(self, name: str) -> bool:
        return name in self._table.column_names


def _text(column: Any) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    """Return a column of text as one array, the empty text for null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _is_text(column.type):
        raise _Odd
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0)
    return pc.fill_null(whole, "") if whole.null_count else whole


def _check_texts(column: Any) -> None:  # noqa: ANN401 (pyarrow ships no types)
    """Go back to single rows where a text is no UTF-8, or so long that it would be refused."""
    import pyarrow.compute as pc

    column.validate(full=True)
    if (pc.max(pc.binary_length(column)).as_py() or 0) > MAX_ROW_CHARACTERS:
        raise _Odd


def _need_all(fits: Any) -> None:  # noqa: ANN401 (pyarrow ships no types)
    import pyarrow.compute as pc

    if not pc.all(fits, skip_nulls=False).as_py():
        raise _Odd


def _renumbered(texts: list[Any], numbers: Ints) -> tuple[list[Any], Ints]:
    """Return the different ones of some texts, sorted, and the number of each row's."""
    import numpy as np

    names = sorted(set(texts))
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place[text] for text in texts], np.int64)[numbers]


def _refuse_nobody(held: Columns) -> None:
    """Go back to single rows where one has nobody on a side that must be somebody."""
    import numpy as np

    if held.names and held.names[0]:
        return
    kinds, numbers = held.words["kind"]
    made = np.array([kind == "mint" for kind in kinds])[numbers]
    gone = np.array([kind in ("fee", "burn") for kind in kinds])[numbers]
    if ((held.sender == 0) & ~made).any() or ((held.recipient == 0) & ~gone).any():
        raise _Odd
