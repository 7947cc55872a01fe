"""Archives of Bitcoin (BigQuery's ``crypto_bitcoin``, the AWS copy): transactions that touch a holder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from tracer.chains import split_outpoint
from tracer.errors import AddressError, DataFileError
from tracer.model import ChainId, Coin, CollectedTx, parse_address
from tracer.providers.archive.tables import Tables, exact

_WHOLE: Final = 10**8


def bitcoin_rows(
    tables: Tables, chain: ChainId, window: tuple[int, int], *, holder: str = "", tx: str = "", source: str
) -> Iterator[CollectedTx]:
    """Yield transactions of an archive in chain order; their index in the block is not in it.

    Parameters
    ----------
    tables : Tables
        The archive.
    chain : ChainId
        The chain it is of.
    window : tuple of int
        First and last block.
    holder : str
        Address or outpoint; empty for all.
    tx : str
        Transaction id; empty for all.
    source : str
        Name of the source.
    """
    condition, values = _condition(tables, holder, tx)
    query = (
        "SELECT hash, block_number, block_hash, epoch_us(block_timestamp) // 1000000, is_coinbase, inputs, outputs "  # noqa: S608
        f"FROM transactions WHERE block_number BETWEEN ? AND ? AND ({condition}) ORDER BY block_number, hash"
    )
    for txid, block, block_hash, time, is_coinbase, inputs, outputs in tables.rows(query, [*window, *values]):
        made = sorted(outputs, key=_index)
        spent = [] if is_coinbase else sorted(inputs, key=_index)
        yield CollectedTx(
            chain,
            block,
            block_hash,
            time,
            txid,
            None,
            tuple(_coin(one, f"{one['spent_transaction_hash']}:{one['spent_output_index']}", chain) for one in spent),
            tuple(_coin(one, f"{txid}:{one['index']}", chain) for one in made),
            source,
        )


def _condition(tables: Tables, holder: str, tx: str) -> tuple[str, list[object]]:
    if tx:
        return "hash = ?", [tx]
    outpoint = split_outpoint(holder)
    if outpoint is not None:
        spends = "x.spent_transaction_hash = ? AND x.spent_output_index = ?"
        return f"hash = ? OR {_any_of('inputs', spends)}", [outpoint[0], *outpoint]
    is_plural = "addresses" in tables.files.columns["transactions"]["outputs"]
    test = "list_contains(x.addresses, ?)" if is_plural else "x.address = ?"
    return " OR ".join(_any_of(side, test) for side in ("inputs", "outputs")), [holder, holder]


def _any_of(side: str, test: str) -> str:
    """Return the condition that a coin of one side passes a test; the lambdas of DuckDB changed their form."""
    return f"EXISTS (SELECT 1 FROM (SELECT unnest({side}) AS x) WHERE {test})"  # noqa: S608


def _index(coin: dict[str, Any]) -> int:
    return int(coin["index"])


def _coin(coin: dict[str, Any], outpoint: str, chain: ChainId) -> Coin:
    """Return a coin; bare multisig lists several addresses and has no one holder."""
    listed: Sequence[str] = coin["addresses"] if "addresses" in coin else [coin["address"]]
    found = ""
    if listed is not None and len(listed) == 1 and listed[0]:
        try:
            found = parse_address(chain, listed[0])
        except AddressError:
            # A script without an address is listed by a name of the exporter's own making.
            found = ""
    return Coin(outpoint, found, _satoshis(coin["value"]))


def _satoshis(value: object) -> int:
    """Return an amount in satoshis: BigQuery counts them; AWS writes whole bitcoins as doubles, which hold them all."""
    if isinstance(value, float):
        amount = round(value * _WHOLE)
        if amount < 0:
            raise DataFileError("The archive holds a negative amount.")
        return amount
    # Formatted as decimal digits: a decimal's own text may have an exponent.
    return exact(f"{value:f}" if isinstance(value, Decimal) else str(value), "An amount")
