"""The output tables of a trace as records and as CSV: exits, cash-outs, movements (docs/tables.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from tracer.io import csv_text, integers_of, repeated, strings_of
from tracer.model import AssetId, ChainId, Origin, format_time, weakest
from tracer.trace import (
    Exit,
    Intervals,
    Movements,
    PriceTable,
    Range,
    TraceResult,
    carrying,
    exit_usd,
    party_of,
    theft_times,
    theft_usd,
    to_cents,
    total,
)

TIME_COLUMNS: Final = ("time", "first_time", "last_time")
"""Columns that hold seconds UTC in a record and text in a file."""

_SMALL: Final = ("seq", "block", "hop")
"""Columns that are counts and heights: integers of 64 bits in Parquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRow:
    """One row of ``exits.csv``: an address, asset, stop reason and origin.

    Attributes
    ----------
    address, chain, entity, category, stop_reason, asset
        Where it ended; entity and category are those of the label that made it stop, else of the label shown.
        Category is ``unknown`` for an address without label, empty where there is no address (a fee).
    tainted, origin_amount : int
        Base units of `asset`, and of `origin_asset`.
    min, max : int or None
        Bounds over all value-conserving policies; ``None`` where none were computed.
    certainty : str
        Empty without bounds.
    depends_on : int or None
        Open holders the certainty rests on; ``None`` without bounds.
    origin, origin_asset : str
        The theft, and the stolen asset.
    usd_at_time : Decimal or None
        USD with two places; ``None`` is unpriced.
    n_transfers : int
        Receipts.
    first_time, last_time : int or None
        First and last receipt, seconds UTC.
    grade : str
        Weakest grade on the way.
    precision : str
        ``approximate`` where a rounded source value is part of it, else ``exact``.
    basis : str
        The weakest basis among the holders that the certainty rests on; empty without bounds.
    theft_min, theft_max, theft_certainty
        The same interval and class over all legs of the theft, in units of the row's asset.
    """

    address: str
    chain: ChainId
    entity: str
    category: str
    stop_reason: str
    asset: AssetId
    tainted: int
    min: int | None = None
    max: int | None = None
    certainty: str = ""
    depends_on: int | None = None
    origin: str
    origin_amount: int
    usd_at_time: Decimal | None
    n_transfers: int
    first_time: int | None
    last_time: int | None
    grade: str
    origin_asset: AssetId
    precision: str
    basis: str = ""
    theft_min: int | None = None
    theft_max: int | None = None
    theft_certainty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CashoutRow:
    """One row of ``cashouts.csv``: an entity, category, asset and origin.

    Maxima of several rows are not attainable together: the same stolen units can go to one of them only.

    Attributes
    ----------
    entity, category : str
        Who got it. Leaves without label stand apart by stop reason: ``unlabelled, at rest``, ``network fee`` ...
    received : int or None
        All that its addresses received in the asset, stolen or not; ``None`` where there is no address.
    usd_at_theft : Decimal or None
        `origin_amount` at the close of the day of the theft.
    n_addresses, n_transfers : int
        Distinct addresses; receipts.
    asset, origin, origin_amount, tainted, min, max, certainty, depends_on, grade, usd_at_time, first_time, last_time
        As in :class:`ExitRow`, summed over its exits.
    origin_asset, precision, basis, theft_min, theft_max, theft_certainty
        As in :class:`ExitRow`.
    """

    entity: str
    category: str
    asset: AssetId
    origin: str
    origin_amount: int
    received: int | None
    tainted: int
    min: int | None = None
    max: int | None = None
    certainty: str = ""
    depends_on: int | None = None
    grade: str
    usd_at_time: Decimal | None
    usd_at_theft: Decimal | None
    n_addresses: int
    n_transfers: int
    first_time: int | None
    last_time: int | None
    origin_asset: AssetId
    precision: str
    basis: str = ""
    theft_min: int | None = None
    theft_max: int | None = None
    theft_certainty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRow:
    """One row of ``movements.csv`` or ``touched.parquet``: an input row that touches a followed holder.

    Attributes
    ----------
    id : str
        What names it on its chain (:class:`tracer.model.MovementId`); empty where no source gives it.
    tainted : int
        Stolen base units in it, all origins.
    origin : str
        Names of the thefts in it, sorted, joined by ``;``.
    hop : int or None
        Movements from the seed; ``None`` where no stolen money can have been in it.
    link : str
        The link it rests on; empty for a movement the chain records.
    precision : str
        ``approximate`` where its source printed a rounded value, else ``exact``.
    source, source_url : str
        Key of the source, and where it can be read.
    seq, event, chain, block, time, tx, kind, sender, recipient, asset, amount, grade
        As in :class:`tracer.trace.result.Movement`.
    """

    seq: int
    id: str = ""
    event: str
    chain: ChainId
    block: int | None
    time: int | None
    tx: str
    kind: str
    sender: str
    recipient: str
    asset: AssetId
    amount: int
    tainted: int
    origin: str
    hop: int | None
    grade: str
    link: str = ""
    precision: str
    source: str
    source_url: str


def exits_rows(
    result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None
) -> tuple[ExitRow, ...]:
    """Return one record an exit, in order of stop reason, chain, address, asset, origin, origin asset, entity.

    With `intervals`, min, max, certainty, depends_on and basis are those of its address, per origin, and there is a
    record wherever any rule can leave something: 0 units where the rule of this trace does not.
    """
    leaves = sorted((*result.exits, *_possible(result, intervals)), key=exit_key)
    return tuple(_exit_row(leaf, result, prices, intervals) for leaf in leaves)


def _possible(result: TraceResult, intervals: Intervals | None) -> list[Exit]:
    """Return the places where the rule of this trace leaves nothing and another can, as exits of 0 units."""
    if intervals is None:
        return []
    known = {exit_key(leaf) for leaf in result.exits}
    nothing = (
        Exit(
            *place[:4],
            origin=origin,
            tainted=0,
            origin_amount=0,
            by_grade={},
            origin_by_grade={},
            arrivals=(),
            approximate=False,
            label=intervals.labels[place],
        )
        for place, origin in intervals.places()
    )
    return [leaf for leaf in nothing if exit_key(leaf) not in known]


def cashout_rows(
    result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None
) -> tuple[CashoutRow, ...]:
    """Return one record an (entity, category, asset, origin), the largest first.

    Order: origin, origin asset, largest `origin_amount`, entity, category, asset. With `intervals`, min, max,
    certainty and depends_on are those of all the entity's addresses jointly.
    """
    groups: dict[tuple[str, str, AssetId, Origin], list[Exit]] = {}
    for leaf in sorted((*result.exits, *_possible(result, intervals)), key=exit_key):
        groups.setdefault((*party(leaf), leaf.asset, leaf.origin), []).append(leaf)
    times = theft_times(result)
    rows = [_cashout_row(key, leaves, result, prices, times, intervals) for key, leaves in groups.items()]
    return tuple(
        sorted(rows, key=lambda r: (r.origin, r.origin_asset, -r.origin_amount, r.entity, r.category, r.asset))
    )


def movement_rows(
    result: TraceResult, *, touched: bool = False, sources: Mapping[str, str] | None = None
) -> tuple[MovementRow, ...]:
    """Return one record a movement that carries stolen units, in the trace's total order.

    With `touched`, one for every movement that touches a followed holder, stolen units or not. `sources` says where
    each source can be read, by the key that the rows give.
    """
    held = result.movements if touched else [m for m in carrying(result.movements) if m.tainted]
    chosen = sorted(held, key=lambda m: m.seq)
    read = _sources_read({m.source_url for m in chosen}, sources)
    return tuple(
        MovementRow(
            seq=m.seq,
            id=m.id,
            event=m.event,
            chain=m.chain,
            block=m.block,
            time=m.time,
            tx=m.tx,
            kind=m.kind,
            sender=m.sender,
            recipient=m.recipient,
            asset=m.asset,
            amount=m.amount,
            tainted=m.tainted,
            origin=";".join(sorted({share.origin.name for share in m.shares})),
            hop=None if m.hop < 0 else m.hop,
            grade=m.grade,
            link=m.link,
            precision="approximate" if m.precision == "printed" else "exact",
            source=read[m.source_url][0],
            source_url=read[m.source_url][1],
        )
        for m in chosen
    )


def exits_csv(result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None) -> str:
    """Return ``exits.csv``; rows and order of :func:`exits_rows`."""
    return table_text(ExitRow, exits_rows(result, prices, intervals), result.tlp)


def cashouts_csv(result: TraceResult, prices: PriceTable | None, intervals: Intervals | None = None) -> str:
    """Return ``cashouts.csv``; rows and order of :func:`cashout_rows`."""
    return table_text(CashoutRow, cashout_rows(result, prices, intervals), result.tlp)


def movements_csv(result: TraceResult, *, touched: bool = False, sources: Mapping[str, str] | None = None) -> str:
    """Return ``movements.csv``, or with `touched` the canonical form of ``touched.parquet``."""
    return table_text(MovementRow, movement_rows(result, touched=touched, sources=sources), result.tlp)


def touched_files(result: TraceResult, *, sources: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """Return ``touched.parquet`` and its canonical CSV, which the manifest hashes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if isinstance(result.movements, Movements):
        return _touched_columns(result.movements, result, sources)
    rows = movement_rows(result, touched=True, sources=sources)
    texts = _texts(MovementRow, rows)
    table = pa.table(
        [
            *(
                _integers([getattr(row, name) for row in rows]) if name in _SMALL else strings_of(column)
                for name, column in texts.items()
            ),
            strings_of([result.tlp] * len(rows)),
        ],
        names=[*texts, "tlp"],
    )
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="zstd", store_schema=False)
    return bytes(out.getvalue()), _marked_text(texts, len(rows), result.tlp)


def _touched_columns(movements: Movements, result: TraceResult, sources: Mapping[str, str] | None) -> tuple[bytes, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tracer.report.touched_table import canonical_lines, touched_arrays

    arrays = touched_arrays(movements, _sources_read(movements.sources(), sources))
    arrays["tlp"] = repeated(result.tlp, len(movements))
    out = pa.BufferOutputStream()
    table = pa.Table.from_arrays(list(arrays.values()), names=list(arrays))
    pq.write_table(table, out, compression="zstd", store_schema=False)
    lines = canonical_lines(list(arrays.values()))
    if lines is None:
        return bytes(out.getvalue()), movements_csv(result, touched=True, sources=sources)
    return bytes(out.getvalue()), csv_text(list(arrays), ()) + lines.decode()


def _sources_read(said: Iterable[str], sources: Mapping[str, str] | None) -> dict[str, tuple[str, str]]:
    """Return key and address of each source that rows give."""
    return {one: ("", one) if is_address(one) else (one, (sources or {}).get(one, "")) for one in said}


def _integers(values: Sequence[int | None]) -> Any:  # noqa: ANN401 (pyarrow has no types)
    import numpy as np

    known = np.array([value is not None for value in values], dtype=np.bool_)
    return integers_of(np.array([value or 0 for value in values], dtype=np.int64), known)


def table_text(kind: type[ExitRow | CashoutRow | MovementRow], rows: Sequence[Any], tlp: str) -> str:
    """Return records as CSV, one column a field: unknown is empty, times are UTC text, amounts integers.

    A last column says of each row to whom it may be passed on: rows are copied out of their table.
    """
    return _marked_text(_texts(kind, rows), len(rows), tlp)


def _marked_text(texts: Mapping[str, list[str]], rows: int, tlp: str) -> str:
    return csv_text([*texts, "tlp"], zip(*texts.values(), [tlp] * rows, strict=True))


def _texts(kind: type[ExitRow | CashoutRow | MovementRow], rows: Sequence[Any]) -> dict[str, list[str]]:
    """Return the cells of records as text, by column."""
    return {name: _cells(name, [getattr(row, name) for row in rows]) for name in (field.name for field in fields(kind))}


def party(leaf: Exit) -> tuple[str, str]:
    """Return the entity and category a leaf is grouped under; see :func:`tracer.trace.exit_attribution.party_of`."""
    return party_of(leaf.label, leaf.stop_reason)


def exit_key(leaf: Exit) -> tuple[str, ...]:
    """Return what the rows of ``exits.csv`` are sorted by."""
    where = leaf.stop_reason, leaf.chain, leaf.address, leaf.asset
    return *where, leaf.origin.name, leaf.origin.asset, *party(leaf)


def is_address(source: str) -> bool:
    """Return whether the source of a row is a web address; else it is the key of one."""
    return urlsplit(source).scheme in ("http", "https")


def _grade(leaves: Iterable[Exit]) -> str:
    """Return the weakest grade on the way; empty where nothing came."""
    found = [
        grade
        for leaf in leaves
        for split in (leaf.by_grade, leaf.origin_by_grade)
        for grade, amount in split.items()
        if amount
    ]
    return weakest(found) if found else ""


def _precision(leaves: Iterable[Exit]) -> str:
    return "approximate" if any(leaf.approximate for leaf in leaves) else "exact"


def _times(leaves: Iterable[Exit]) -> tuple[int | None, int | None]:
    known = [a.time for leaf in leaves for a in leaf.arrivals if a.time is not None]
    return min(known, default=None), max(known, default=None)


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else to_cents(value)


def _bounded(found: Range | None, theft: Range | None) -> dict[str, Any]:
    """Return the columns of a range, of one leg and of the whole theft; none was computed: their empty values."""
    mine: dict[str, Any] = {}
    if found is not None:
        mine |= {"min": found.min, "max": found.max, "certainty": found.certainty, "depends_on": found.depends_on}
        mine["basis"] = found.basis
    if theft is not None:
        mine |= {"theft_min": theft.min, "theft_max": theft.max, "theft_certainty": theft.certainty}
    return mine


def _exit_row(leaf: Exit, result: TraceResult, prices: PriceTable | None, intervals: Intervals | None) -> ExitRow:
    label = leaf.label
    first, last = _times([leaf])
    return ExitRow(
        address=leaf.address,
        chain=leaf.chain,
        entity=label.entity if label else "",
        category=label.category if label else "unknown" if leaf.address else "",
        stop_reason=leaf.stop_reason,
        asset=leaf.asset,
        tainted=leaf.tainted,
        origin=leaf.origin.name,
        origin_amount=leaf.origin_amount,
        usd_at_time=_cents(exit_usd(leaf, result.assets, prices)),
        n_transfers=len(leaf.arrivals),
        first_time=first,
        last_time=last,
        grade=_grade([leaf]),
        origin_asset=leaf.origin.asset,
        precision=_precision([leaf]),
        **(_bounded(intervals.at(leaf), intervals.theft_at(leaf)) if intervals else {}),
    )


def _cashout_row(
    key: tuple[str, str, AssetId, Origin],
    leaves: list[Exit],
    result: TraceResult,
    prices: PriceTable | None,
    times: dict[Origin, int | None],
    intervals: Intervals | None,
) -> CashoutRow:
    entity, category, asset, origin = key
    first, last = _times(leaves)
    places = {(leaf.chain, leaf.address) for leaf in leaves if leaf.address and leaf.tainted}
    under = {(leaf.chain, leaf.address): leaf.received for leaf in leaves if leaf.tainted and leaf.received is not None}
    held = [
        under[place] if place in under else result.holders[place].received.get(asset, 0)
        for place in places
        if place in under or place in result.holders
    ]
    origin_amount = sum(leaf.origin_amount for leaf in leaves)
    return CashoutRow(
        entity=entity,
        category=category,
        asset=asset,
        origin=origin.name,
        origin_amount=origin_amount,
        received=sum(held) if held else None,
        tainted=sum(leaf.tainted for leaf in leaves),
        grade=_grade(leaves),
        usd_at_time=_cents(total([exit_usd(leaf, result.assets, prices) for leaf in leaves if leaf.tainted])),
        usd_at_theft=_cents(theft_usd(origin, origin_amount, times, result.assets, prices)),
        n_addresses=len(places),
        n_transfers=sum(len(leaf.arrivals) for leaf in leaves),
        first_time=first,
        last_time=last,
        origin_asset=origin.asset,
        precision=_precision(leaves),
        **(
            _bounded(
                intervals.of(entity, category, asset, origin),
                intervals.theft_of(entity, category, asset, origin.name),
            )
            if intervals
            else {}
        ),
    )


def _cells(name: str, values: Iterable[object]) -> list[str]:
    """Return a column as text; times repeat, and each is written out once."""
    if name not in TIME_COLUMNS:
        return [value if type(value) is str else _cell(value) for value in values]
    known: dict[object, str] = {}
    for value in values:
        if value not in known:
            known[value] = format_time(value) if isinstance(value, int) else _cell(value)
    return [known[value] for value in values]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
