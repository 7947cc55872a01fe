"""Symbols and decimals of tokens: the registry's, a caller's own, and what a text that looks like a symbol means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.io.paths import addresses_dir
from tracer.io.readers import Table, read_table
from tracer.io.writers import plain
from tracer.model import (
    CHAINS,
    DEFAULT_CHAIN,
    Asset,
    AssetId,
    ChainId,
    chain_of,
    describe_asset,
    format_units,
    parse_asset,
    parse_chain,
)

ASSET_COLUMNS: Final = ("asset", "symbol", "decimals")
ASSETS_FILE: Final = "assets.csv"
_MOST_DECIMALS: Final = 77
"""No amount below 2^256 has more digits."""
_MARKET: Final = frozenset(
    (
        *("AAVE", "ADA", "AXS", "BCH", "BUSD", "CBETH", "CRV", "DASH", "DOGE", "DOT", "FDUSD", "FRAX", "LINK"),
        *("MATIC", "METH", "MKR", "PYUSD", "RETH", "SHIB", "SOL", "STETH", "TON", "TUSD", "UNI", "USDD", "USDE"),
        *("USDP", "WBETH", "WBNB", "WSTETH", "XBT", "XMR", "XRP", "ZEC"),
    )
)
"""Symbols that everybody reads as a coin, whose contract the registry does not hold."""


def read_assets(path: Path | Table) -> dict[AssetId, Asset]:
    """Return symbols and decimals of a table ``asset, symbol, decimals`` (and optionally ``source_url``).

    Parameters
    ----------
    path : Path or Table
        CSV or Parquet; `asset` is CAIP-19, of Ethereum where it names no chain, or a private unit.

    Raises
    ------
    DataFileError
        If a cell cannot be what its column says, or an asset stands twice.
    """
    found: dict[AssetId, Asset] = {}
    for record in read_table(path, ASSET_COLUMNS, ("source_url", "note")).records():
        asset = record.parse("asset", _asset)
        if asset in found:
            raise record.error("asset", f"{asset} stands twice.")
        found[asset] = Asset(asset, record.parse("symbol", _symbol), record.parse("decimals", _decimals))
    return found


@cache
def registry_assets() -> Mapping[AssetId, Asset]:
    """Return symbols and decimals of the tokens that ship with the registry."""
    path = addresses_dir() / ASSETS_FILE
    return read_assets(path) if path.is_file() else {}


def units_text(asset: AssetId, amount: int) -> str:
    """Return an amount in whole units with its symbol, by what the registry knows; else in base units.

    Examples
    --------
    >>> units_text(AssetId("eip155:1/slip44:60"), 1_500_000_000_000_000_000)
    '1.5 ETH'
    """
    known = registry_assets().get(asset) or describe_asset(asset)
    unit = known.symbol or asset.rsplit("/", 1)[-1]
    return f"{format_units(amount, known.decimals)} {unit}"


def meant_by(text: str, chain: ChainId, known: Mapping[AssetId, Asset]) -> tuple[AssetId, ...] | None:
    """Return the assets that a text names by their symbol, in any case; ``None`` where it is no symbol we know.

    Parameters
    ----------
    text : str
        A private unit.
    chain : ChainId
        The row's chain; assets of it come first.
    known : mapping
        Tokens with their symbols.

    Returns
    -------
    tuple of AssetId or None
        Empty where the symbol is known, but not the contract.
    """
    word = text.upper()
    coins = [
        AssetId(f"{one.id}/slip44:{one.slip44}")
        for one in CHAINS.values()
        if one.symbol.upper() == word and one.slip44 is not None
    ]
    tokens = [asset for asset, one in known.items() if one.symbol.upper() == word and "/" in asset]
    if not coins and not tokens:
        return () if word in _MARKET else None
    return tuple(sorted([*coins, *tokens], key=lambda asset: (not asset.startswith(f"{chain}/"), asset)))


def refuse_symbol(text: str, chain: ChainId, known: Mapping[AssetId, Asset]) -> None:
    """Refuse a private unit that equals a known symbol: its amounts would be printed as that coin's, without decimals.

    A text in lower case (``eth``) is not how the symbol is written, and nothing is printed as that coin: it stays a
    private unit, and :func:`looks_like` gives the reader a word about it.

    Raises
    ------
    InputError
        If it does; the asset that may be meant is named.
    """
    meant = None if text == text.lower() else meant_by(text, chain, known)
    if meant is not None:
        raise InputError(
            f"The asset {text[:40]!r} is the symbol of a coin, not an asset.",
            why="A coin is known by its chain, a token by its contract; a symbol is not, and says nothing of decimals.",
            next_step=_cure(meant, chain),
        )


def looks_like(text: str, chain: ChainId, known: Mapping[AssetId, Asset]) -> str:
    """Return what to say of a private unit in lower case that reads like a symbol; empty where it does not."""
    meant = meant_by(text, chain, known)
    if meant is None:
        return ""
    return f"{text} is taken as a private unit without decimals or price. {_cure(meant, chain)}"


def _cure(meant: tuple[AssetId, ...], chain: ChainId) -> str:
    if not meant:
        return "Write the token's contract, as erc20:0x…; or name your own unit otherwise."
    home = f"{chain}/"
    asset = meant[0].removeprefix(home)
    where = "" if meant[0].startswith(home) else f", which lives on {chain_of(ChainId(meant[0].split('/')[0])).name}"
    return f"Did you mean {asset}{where}? Else name your own unit otherwise."


def _asset(value: object) -> AssetId:
    text = value if isinstance(value, str) else ""
    chain, slash, _ = text.partition("/")
    return parse_asset(text, parse_chain(chain) if slash else DEFAULT_CHAIN)


def _symbol(value: object) -> str:
    if not isinstance(value, str) or not value or plain(value) != value or len(value) > 40:
        raise InputError(f"{plain(str(value))[:40]!r} is no symbol.", why="A symbol is 1 to 40 visible characters.")
    return value


def _decimals(value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or int(text) > _MOST_DECIMALS:
        raise InputError(f"{text[:40]!r} is no number of decimals.", why=f"It is from 0 to {_MOST_DECIMALS}.")
    return int(text)
