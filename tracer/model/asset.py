"""Assets by CAIP-19 id; a token is known by its contract, never by its symbol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NewType

from tracer.errors import InputError
from tracer.model.address import parse_address
from tracer.model.chain import CHAINS, ChainId, chain_of, parse_chain

AssetId = NewType("AssetId", str)
"""A canonical CAIP-19 asset id, or a private unit."""

_CAIP19: Final = re.compile(
    r"(?:(?P<chain>[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32})/)?"
    r"(?P<namespace>[-a-z0-9]{3,8}):(?P<reference>[-.%a-zA-Z0-9]{1,128})(?:/(?P<token>[-.%a-zA-Z0-9]{1,78}))?",
    re.ASCII,
)
_PRIVATE: Final = re.compile(r"[-._a-zA-Z0-9]{1,78}", re.ASCII)
_BY_CONTRACT: Final = frozenset({"erc20", "erc721", "erc1155", "trc20", "bep20"})
_NON_FUNGIBLE: Final = re.compile(r"/erc721:", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset as a person needs to see it.

    Attributes
    ----------
    id : AssetId
        CAIP-19 id, or the text of a private unit.
    symbol : str
        Ticker for display; empty where nobody we trust gave one.
    decimals : int or None
        Number of decimals; ``None`` shows base units.
    """

    id: AssetId
    symbol: str = ""
    decimals: int | None = None


def parse_asset(text: str, chain: ChainId) -> AssetId:
    """Return the canonical asset id of a table's cell.

    Parameters
    ----------
    text : str
        CAIP-19 with its chain, the same without (prefixed by `chain`), or a private unit.
    chain : ChainId
        The row's chain.

    Raises
    ------
    InputError
        If the text has none of the three forms, names another chain than the row, or its contract is no address.

    Examples
    --------
    >>> parse_asset("slip44:60", ChainId("eip155:1"))
    'eip155:1/slip44:60'
    >>> parse_asset("usd-cents", ChainId("eip155:1"))
    'usd-cents'
    """
    found = _CAIP19.fullmatch(text)
    if found is None:
        if _PRIVATE.fullmatch(text):
            return AssetId(text)
        raise InputError(
            f"{text[:60]!r} is not an asset.",
            why="It is neither CAIP-19 nor a private unit of letters, digits, '.', '_' and '-' (78 at most).",
            next_step="Write ether as slip44:60, a token as erc20:0x and its contract.",
        )
    home = parse_chain(found["chain"]) if found["chain"] else chain
    if home != chain:
        raise InputError(
            f"The asset {text[:90]!r} lives on {home}, the row on {chain}.",
            why="A transfer happens on one chain.",
            next_step="Correct the chain or the asset of the row.",
        )
    reference = found["reference"]
    if found["namespace"] in _BY_CONTRACT:
        reference = parse_address(home, reference)
    token = f"/{found['token']}" if found["token"] else ""
    return AssetId(f"{home}/{found['namespace']}:{reference}{token}")


def is_non_fungible(asset: AssetId) -> bool:
    """Return whether the asset is an ERC-721 token: one of a kind, so it moves as 1 and its id is no amount."""
    return _NON_FUNGIBLE.search(asset) is not None


def native_asset(chain: ChainId) -> AssetId | None:
    """Return the chain's native asset, or ``None`` for a chain whose coin type we do not know."""
    known = CHAINS.get(chain)
    return AssetId(f"{chain}/slip44:{known.slip44}") if known is not None and known.slip44 is not None else None


def describe_asset(asset: AssetId) -> Asset:
    """Return symbol and decimals of a native asset; any other asset is described by its id alone."""
    chain_text = asset.split("/", 1)[0]
    if chain_text in CHAINS and native_asset(ChainId(chain_text)) == asset:
        chain = chain_of(ChainId(chain_text))
        return Asset(asset, chain.symbol, chain.decimals)
    return Asset(asset)


WELL_KNOWN: Final = (
    AssetId("eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"),  # USDC
    AssetId("eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7"),  # USDT
    AssetId("tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),  # USDT
    AssetId("eip155:1/erc20:0x6b175474e89094c44da98b954eedeac495271d0f"),  # DAI
    AssetId("eip155:1/erc20:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),  # WETH
    AssetId("eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"),  # WBTC
)
"""Tokens that stand before others where nothing prices them: dollars, then what stands for a native asset.

Known by contract, as in the assets of the registry: a symbol is anybody's.
"""

_PLACE: Final = {asset: place for place, asset in enumerate(WELL_KNOWN, 1)}


def known_place(asset: AssetId) -> tuple[int, AssetId]:
    """Return where an asset stands that nothing prices: native ones, those that readers know, all others by id."""
    return 0 if "/slip44:" in asset else _PLACE.get(asset, len(WELL_KNOWN) + 1), asset
