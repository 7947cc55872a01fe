"""Parquet files as the exporters write them, made from recorded rows."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

UTC_TIME = pa.timestamp("us", tz="UTC")
NUMERIC = pa.decimal128(38, 9)
_WITHDRAWAL = {"index": pa.int64(), "validator_index": pa.int64(), "address": pa.string(), "amount": pa.string()}
WITHDRAWALS = pa.list_(pa.struct(list(_WITHDRAWAL.items())))
TRANSACTIONS = {
    "hash": pa.string(),
    "transaction_index": pa.int64(),
    "from_address": pa.string(),
    "to_address": pa.string(),
    "value": NUMERIC,
    "gas_price": pa.int64(),
    "receipt_contract_address": pa.string(),
    "receipt_gas_used": pa.int64(),
    "receipt_status": pa.int64(),
    "receipt_effective_gas_price": pa.int64(),
    "block_timestamp": UTC_TIME,
    "block_number": pa.int64(),
    "block_hash": pa.string(),
}
LOGS = {
    "log_index": pa.int64(),
    "transaction_hash": pa.string(),
    "transaction_index": pa.int64(),
    "address": pa.string(),
    "data": pa.string(),
    "topics": pa.list_(pa.string()),
    "block_timestamp": UTC_TIME,
    "block_number": pa.int64(),
    "block_hash": pa.string(),
}
TRACES = {
    "transaction_hash": pa.string(),
    "transaction_index": pa.int64(),
    "from_address": pa.string(),
    "to_address": pa.string(),
    "value": NUMERIC,
    "trace_type": pa.string(),
    "call_type": pa.string(),
    "trace_address": pa.string(),
    "error": pa.string(),
    "status": pa.int64(),
    "block_timestamp": UTC_TIME,
    "block_number": pa.int64(),
    "block_hash": pa.string(),
}
BLOCKS = {
    "timestamp": UTC_TIME,
    "number": pa.int64(),
    "hash": pa.string(),
    "miner": pa.string(),
    "withdrawals": WITHDRAWALS,
}
FIRST, LAST = 17_173_049, 17_173_050


def recorded(shared: Path, name: str) -> list[dict[str, Any]]:
    """Return what ethereum-etl said of blocks 17173049 and 17173050."""
    path = shared / "data" / "eth_blocks_receipts" / "etl_17173049_17173050" / f"expected_{name}.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def write(path: Path, columns: dict[str, pa.DataType], rows: list[dict[str, Any]]) -> None:
    """Write rows as one file with these columns."""
    names = {name: [_cell(kind, row.get(name)) for row in rows] for name, kind in columns.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table({n: pa.array(v, columns[n]) for n, v in names.items()}), path)


def _cell(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        return value * 1_000_000
    if pa.types.is_decimal(kind):
        return Decimal(value)
    if pa.types.is_floating(kind):
        return float(value)
    if kind == WITHDRAWALS:
        return [{**one, "amount": str(one["amount"])} for one in value]
    return value


def bigquery(shared: Path, folder: Path, traces: list[dict[str, Any]] | None = None) -> Path:
    """Write the two recorded blocks as BigQuery exports them, and return the folder."""
    write(folder / "transactions-000.parquet", TRANSACTIONS, recorded(shared, "transactions")[:150])
    write(folder / "transactions-001.parquet", TRANSACTIONS, recorded(shared, "transactions")[150:])
    write(folder / "logs.parquet", LOGS, recorded(shared, "logs"))
    write(folder / "traces.parquet", TRACES, traces or [])
    write(folder / "blocks.parquet", BLOCKS, recorded(shared, "blocks"))
    return folder
