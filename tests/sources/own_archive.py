"""Writes an archive of one's own as docs/formats.md describes it, for tests of what reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tracer.io import whole_folder
from tracer.model import Collected
from tracer.providers.provider import BlockRef

_GROUP: Final = 50_000
_FITS: Final = 10**38


def write_archive(rows: Iterable[Collected], folder: Path, blocks: Sequence[BlockRef] = ()) -> None:
    """Write movements as an archive; the same movements give the same bytes.

    Parameters
    ----------
    rows : iterable of Collected
        Movements of one chain, in chain order; they are written as they come, so that any number fits in memory.
    folder : Path
        New folder for ``transfers.parquet`` and, where `blocks` are given, ``blocks.parquet``.
    blocks : sequence of BlockRef
        All blocks of which all movements are in `rows`; without them the archive cannot say that it is whole.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with whole_folder(folder) as work:
        schema, waiting, chain = _schema(), iter(rows), ""
        with parquet.ParquetWriter(work / "transfers.parquet", schema, compression="zstd") as writer:
            while group := list(islice(waiting, _GROUP)):
                chain = group[0].chain
                writer.write_table(pa.Table.from_pylist([_record(row) for row in group], schema=schema))
        if blocks:
            fields = [("chain", pa.string()), ("block", pa.int64()), ("block_hash", pa.string()), ("time", pa.int64())]
            records = [
                {"chain": chain, "block": one.number, "block_hash": one.hash, "time": one.time}
                for one in sorted(blocks, key=lambda one: one.number)
            ]
            table = pa.Table.from_pylist(records, schema=pa.schema(fields))
            parquet.write_table(table, work / "blocks.parquet", compression="zstd")


def _schema() -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("chain", pa.string()),
            ("block", pa.int64()),
            ("block_hash", pa.string()),
            ("time", pa.int64()),
            ("tx", pa.string()),
            ("tx_index", pa.int64()),
            ("layer", pa.string()),
            ("place", pa.list_(pa.int64())),
            ("kind", pa.string()),
            ("sender", pa.string()),
            ("recipient", pa.string()),
            ("asset", pa.string()),
            ("amount", pa.decimal128(38, 0)),
            ("amount_text", pa.string()),
        ]
    )


def _record(row: Collected) -> dict[str, object]:
    from decimal import Decimal

    return {
        "chain": row.chain,
        "block": row.block,
        "block_hash": row.block_hash,
        "time": row.time,
        "tx": row.tx,
        "tx_index": row.tx_index,
        "layer": row.layer,
        "place": None if row.place is None else list(row.place),
        "kind": row.kind,
        "sender": row.sender,
        "recipient": row.recipient,
        "asset": row.asset,
        "amount": Decimal(row.amount) if row.amount < _FITS else None,
        "amount_text": str(row.amount),
    }
