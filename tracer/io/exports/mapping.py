"""The caller's own words for columns: FIELD=COLUMN or FIELD=COLUMN:UNIT, kept in a file for the next time."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.errors import DataFileError, InputError
from tracer.io.exports.cells import ZERO, parse_unit_count
from tracer.io.exports.form import Context
from tracer.io.exports.sheet import Row, fold
from tracer.io.readers import read_json
from tracer.io.writers import json_text, plain, write_file
from tracer.model import AssetId, ChainId, chain_of, parse_asset

FIELDS: Final = ("sender", "recipient", "amount", "asset", "time", "block", "tx", "kind", "chain", "fee", "note")
_LIKELY: Final = {
    "sender": ("from", "from_address", "fromaddress", "source", "payer", "sender_address"),
    "recipient": ("to", "to_address", "toaddress", "destination", "payee", "receiver"),
    "amount": ("value", "quantity", "amount_raw", "amount (eth)"),
    "tx": (
        *("tx_hash", "tx hash", "txn hash", "transaction_hash", "transaction hash", "txhash", "hash", "txid"),
        "signature",
    ),
    "time": ("timestamp", "block_time", "block_timestamp", "date", "datetime", "when"),
    "block": ("block_number", "blocknumber", "height"),
    "asset": ("token_address", "contract_address", "token"),
}
_SCHEMA: Final = "tracer-mapping/1"
_COIN_CONTRACTS: Final = ("", *ZERO, "0x" + 40 * "e", "0x0000000000000000000000000000000000001010")


def parse_mapping(words: Iterable[str]) -> dict[str, str]:
    """Return ``FIELD=COLUMN[:UNIT]`` words as a mapping.

    Raises
    ------
    InputError
        If a word has no ``=``, or its field is none of :data:`FIELDS`, or stands twice.

    Examples
    --------
    >>> parse_mapping(["amount=total_eth:ETH"])
    {'amount': 'total_eth:ETH'}
    """
    found: dict[str, str] = {}
    for word in words:
        name, mark, column = word.partition("=")
        if not mark or not column or name not in FIELDS:
            raise InputError(
                f"--map {word[:60]!r} is not FIELD=COLUMN.",
                why=f"Fields are {', '.join(FIELDS)}.",
                next_step="For example --map amount=total_eth:ETH, where ETH is the unit the column counts.",
            )
        if name in found:
            raise InputError(f"--map names {name!r} twice.", next_step="Give it once.")
        found[name] = column
    return found


def load_mapping(path: Path) -> dict[str, str]:
    """Return a mapping that was saved.

    Raises
    ------
    DataFileError
        If the file is none.
    """
    held = read_json(path) if path.is_file() else None
    words = held.get("map") if isinstance(held, dict) and held.get("schema") == _SCHEMA else None
    if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
        raise DataFileError(
            f"{path.name} is no saved mapping.",
            why=f"Its schema is {_SCHEMA}.",
            next_step="Save one with --save-mapping.",
        )
    return parse_mapping(f"{name}={column}" for name, column in words.items())


def save_mapping(path: Path, mapping: Mapping[str, str]) -> None:
    """Write a mapping for the next time; a file that stands there is not overwritten, unless it says the same."""
    text = json_text({"schema": _SCHEMA, "map": dict(mapping)})
    if path.is_file() and path.read_bytes() == text.encode():
        return
    write_file(path, text.encode())


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the unit it counts: a number of decimals, a coin's symbol, an asset, or nothing said."""

    name: str
    unit: str


def column_of(word: str, folded: Sequence[str]) -> Column | None:
    """Return the column a mapping's word names among those of a file, or ``None``."""
    if fold(word) in folded:
        return Column(fold(word), "")
    for place in range(len(word)):
        if word[place] == ":" and fold(word[:place]) in folded:
            return Column(fold(word[:place]), word[place + 1 :].strip())
    return None


def columns_of(mapping: Mapping[str, str], folded: Sequence[str], file: str) -> dict[str, Column]:
    """Return the columns of a mapping.

    Raises
    ------
    DataFileError
        If the file has not got one of them.
    """
    found = {}
    for name, word in mapping.items():
        column = column_of(word, folded)
        if column is None:
            raise DataFileError(
                f"{file}: there is no column {word.split(':', 1)[0][:60]!r} for {name}.",
                next_step=f"The file has: {plain(', '.join(folded))[:300]}.",
            )
        found[name] = column
    return found


def proposal(missing: Sequence[str], folded: Sequence[str], given: Collection[str] = ()) -> str:
    """Return the options that would name the missing fields, where a column looks like it, as a shell takes them."""
    words = []
    others = (name for name in _LIKELY if name not in missing and name not in folded and name not in given)
    for name in (*missing, *others):
        likely = next((column for column in _LIKELY.get(name, ()) if column in folded), "")
        if likely or name in missing:
            unit = ":UNIT" if name == "amount" and likely != "amount_raw" else ""
            words.append("--map " + shlex.quote(f"{name}={likely or 'COLUMN'}{unit}"))
    return " ".join(words)


def unit_of(unit: str, row: Row, context: Context, asset: AssetId | None) -> tuple[AssetId | None, int | None]:
    """Return the asset and decimals a unit means for a row.

    Parameters
    ----------
    unit : str
        Empty or ``base`` (base units), a number of decimals, ``token`` (by the row's contract), a coin's symbol, or an
        asset such as ``erc20:0x…``.
    row, context, asset
        The row, its context, and the asset it names, if it does.

    Raises
    ------
    DataFileError
        If the unit is none of these, or the token's decimals are not known.
    """
    chain = context.chain_of(row)
    if unit.lower() in ("", "base"):
        return asset, 0
    if re.fullmatch(r"[0-9]+", unit):
        return asset, parse_unit_count(unit)
    if unit.lower() == chain_of(chain).symbol.lower():
        coin, decimals = context.coin(chain)
        return asset or coin, decimals
    named = asset if unit.lower() == "token" else parse_asset(unit, chain) if ":" in unit else None
    if named is None:
        raise DataFileError(
            f"{row.header.file}: {unit[:40]!r} is no unit on {chain_of(chain).name}.",
            why="A symbol other than the chain's coin names no token: anybody may use it.",
            next_step=f"Write :{chain_of(chain).symbol}, :base, a number of decimals such as :6, or :erc20:0x….",
        )
    if named == context.coin(chain)[0]:
        return named, context.coin(chain)[1]
    contract = named.rsplit(":", 1)[-1]
    return named, context.options.decimals if context.options.decimals is not None else context.decimals.of(
        chain, contract
    )


def asset_of(text: str, row: Row, key: str, context: Context, chain: ChainId) -> AssetId:
    """Return the asset a cell names: CAIP-19, a contract, the coin's symbol; nobody's address means the coin."""
    coin = context.coin(chain)[0]
    if text.lower() in _COIN_CONTRACTS or text.lower() == chain_of(chain).symbol.lower():
        return coin
    if ":" in text:
        try:
            return parse_asset(text, chain)
        except InputError as cause:
            raise row.error(key, cause.what, cause.why, cause.next_step) from cause
    if re.fullmatch(r"0x[0-9a-fA-F]{40}|\\x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}", text):
        contract = context.party(row, key, chain)[0]
        return parse_asset(f"{'trc20' if contract.startswith('T') else 'erc20'}:{contract}", chain)
    raise row.error(
        key,
        f"{text[:40]!r} names no asset.",
        "A symbol other than the chain's coin names no token: anybody may use it.",
        "Give the contract's column with --map asset=COLUMN, or the one asset of the file with --asset.",
    )
