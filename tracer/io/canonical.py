"""The one canonical form of every input, and its hash (K1): anybody recomputes it with a CSV writer and SHA-256.

A canonical table is UTF-8 CSV (RFC 4180) with the columns named here in this order, LF line ends, quotes only where
they are needed, and cells as they are held: addresses, hashes and assets in canonical form, amounts in base units,
times as ``YYYY-MM-DDThh:mm:ssZ``, and nothing where nothing is known. Rows are in the order that counts: of transfers,
legs and seeds as they were read; of all others sorted by their cells. Nothing is shielded from spreadsheets: it is not
for them.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, Generic, TypeVar

from tracer.io.columns import TransferRows
from tracer.io.prices import Prices
from tracer.model import Asset, Label, LedgerLeg, Seed, Transfer, Unread, format_time

TRANSFER_FORM: Final = (
    *("chain", "block", "position", "time", "tx", "kind", "sender", "recipient", "asset", "amount", "event"),
    *("grade", "precision", "repeat", "source_url", "note", "id"),
)
LEDGER_FORM: Final = (
    *("event", "side", "holder", "address", "asset", "amount", "chain", "block", "time", "tx", "kind"),
    *("input_order", "id"),
)
SEED_FORM: Final = ("kind", "value", "chain", "asset", "amount", "origin", "victim", "recipient", "grade")
LABEL_FORM: Final = (
    *("chain", "address", "label", "category", "entity", "publisher", "source_url", "rank", "role", "confidence"),
    *("valid_from", "valid_until", "incident", "asset", "known"),
)
HISTORY_FORM: Final = ("address",)
ASSET_FORM: Final = ("asset", "symbol", "decimals")
UNREAD_FORM: Final = ("chain", "tx", "sender", "recipient", "why")
PRICE_FORM: Final = ("asset", "date", "usd_close")

Row = Sequence[object]
T = TypeVar("T")


class CanonicalTable(Generic[T]):
    """A table in its canonical form.

    Parameters
    ----------
    columns : sequence of str
        The header.
    records : sequence
        One a row, in the order that counts.
    cells : callable
        Gives the cells of a record; ``None`` is an empty one.
    """

    def __init__(self, columns: Sequence[str], records: Sequence[T], cells: Callable[[T], Row]) -> None:
        self._columns, self._records, self._cells = columns, records, cells

    def __len__(self) -> int:
        """Return the number of rows, the header apart."""
        return len(self._records)

    def text(self) -> str:
        """Return the table; its UTF-8 bytes are what is hashed."""
        out = io.StringIO(newline="")
        self._write(out)
        return out.getvalue()

    def record(self) -> dict[str, str]:
        """Return row count and hash, as summaries have them."""
        digest = _Digest()
        self._write(digest)
        return {"rows": str(len(self)), "sha256": digest.held.hexdigest()}

    def _write(self, out: io.StringIO | _Digest) -> None:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self._columns)
        writer.writerows(map(self._cells, self._records))


class _Digest:
    """A file that only hashes what is written to it: a large table is never held twice."""

    def __init__(self) -> None:
        self.held = hashlib.sha256()

    def write(self, text: str) -> int:
        self.held.update(text.encode("utf-8", "surrogatepass"))  # a frame may hold half a character
        return len(text)


def transfers_form(rows: Sequence[Transfer]) -> CanonicalTable[Transfer]:
    """Return transfers in their order."""
    kind = _Columns if isinstance(rows, TransferRows) else CanonicalTable
    return kind(TRANSFER_FORM, rows, _transfer_cells)


class _Columns(CanonicalTable[Transfer]):
    """A table that is held as columns: its bytes are made of them, unless a cell needs quotes."""

    def record(self) -> dict[str, str]:
        """Return row count and hash, as summaries have them."""
        assert isinstance(self._records, TransferRows)
        digest = self._records.sha256(TRANSFER_FORM)
        return {"rows": str(len(self)), "sha256": digest} if digest else super().record()


def ledger_form(legs: Sequence[LedgerLeg]) -> CanonicalTable[LedgerLeg]:
    """Return the legs of a ledger in their order."""
    return CanonicalTable(LEDGER_FORM, legs, _leg_cells)


def seeds_form(seeds: Iterable[Seed]) -> CanonicalTable[Row]:
    """Return seeds in their order, which counts."""
    return CanonicalTable(SEED_FORM, [_named(seed, SEED_FORM) for seed in seeds], list)


def labels_form(labels: Iterable[Label]) -> CanonicalTable[Row]:
    """Return labels, sorted."""
    return _sorted(LABEL_FORM, ([cell or "" for cell in _named(label, LABEL_FORM)] for label in labels))


def history_form(holders: Iterable[str]) -> CanonicalTable[Row]:
    """Return the holders whose onward history a table has, as CAIP-10 ids, sorted."""
    return _sorted(HISTORY_FORM, ([holder] for holder in holders))


def assets_form(assets: Iterable[Asset]) -> CanonicalTable[Row]:
    """Return symbols and decimals, sorted."""
    rows = ([one.id, one.symbol, "" if one.decimals is None else str(one.decimals)] for one in assets)
    return _sorted(ASSET_FORM, rows)


def unread_form(lost: Iterable[Unread]) -> CanonicalTable[Row]:
    """Return the movements that are in no row, sorted."""
    return _sorted(UNREAD_FORM, ([str(cell) for cell in _named(one, UNREAD_FORM)] for one in lost))


def prices_form(prices: Prices) -> CanonicalTable[Row]:
    """Return daily closes, sorted; a number has no zeros at its end that say nothing."""
    return _sorted(PRICE_FORM, ([asset, day, _price_text(close)] for asset, day, close in prices.every_close()))


def _price_text(close: Decimal) -> str:
    whole, _, part = f"{close:f}".partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole


def _transfer_cells(row: Transfer) -> Row:
    return (
        *(row.chain, row.block, row.position, format_time(row.time, row.resolution), row.tx, row.kind),
        *(row.sender, row.recipient, row.asset, row.amount, row.event, row.grade, row.precision, row.repeat),
        *(row.source_url, row.note, row.id),
    )


def _leg_cells(leg: LedgerLeg) -> Row:
    return (
        *(leg.event, leg.side, leg.holder, leg.address, leg.asset, leg.amount, leg.chain, leg.block),
        *(format_time(leg.time, leg.resolution), leg.tx, leg.kind, "" if leg.listed else "unknown", leg.id),
    )


def _named(record: object, names: Sequence[str]) -> list[object]:
    return [getattr(record, name) for name in names]


def _sorted(columns: Sequence[str], rows: Iterable[list[str]] | Iterable[list[object]]) -> CanonicalTable[Row]:
    return CanonicalTable(columns, sorted(rows, key=lambda row: [str(cell) for cell in row]), list)
