"""An archive of one's own: movements with their places, one Parquet file, amounts exact (docs/formats.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tracer.model import LAYERS, AssetId, ChainId, Collected
from tracer.providers.archive.tables import Tables, exact

COLUMNS: Final = (
    "chain, block, block_hash, time, tx, tx_index, layer, place, kind, sender, recipient, asset, amount_text"
)
"""Columns of ``transfers.parquet``, in order."""
_ORDER: Final = (
    f"block, CASE WHEN layer = 'block' THEN {1 << 62} ELSE coalesce(tx_index, -1) END, "
    f"list_position([{', '.join(repr(layer) for layer in LAYERS)}], layer), coalesce(place, []), "
    "sender, recipient, asset, amount_text"
)


def own_rows(tables: Tables, chain: ChainId, where: str, values: Sequence[object], source: str) -> Iterator[Collected]:
    """Yield movements of an archive of one's own in chain order.

    Parameters
    ----------
    tables : Tables
        The archive.
    chain : ChainId
        The chain asked for.
    where : str
        Condition in SQL, with ``?`` for each of `values`; written by this package.
    values : sequence of object
        What the condition asks for.
    source : str
        Name of the source.
    """
    query = f"SELECT {COLUMNS} FROM transfers WHERE chain = ? AND ({where}) ORDER BY {_ORDER}"  # noqa: S608
    for row in tables.rows(query, [chain, *values]):
        _, block, block_hash, time, tx, index, layer, place, kind, sender, recipient, asset, amount = row
        yield Collected(
            chain,
            block,
            block_hash,
            time,
            tx,
            index,
            layer,
            None if place is None else tuple(place),
            kind,
            sender,
            recipient,
            AssetId(asset),
            exact(amount, "An amount"),
            source,
        )
