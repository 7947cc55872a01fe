"""In what order assets stand before people: by worth where closes are known, else those that most readers know first.

Units of two tokens are never compared: a million of one may be worth less than one of another.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from tracer.model import AssetId
from tracer.trace import PriceTable, TraceResult, exit_usd, theft_times, theft_usd

AssetKey = Callable[[AssetId], tuple[bool, Decimal, int, AssetId]]
"""What assets are sorted by."""

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


def by_worth(result: TraceResult, prices: PriceTable | None = None) -> AssetKey:
    """Return what sorts the assets of a trace: the greatest worth in USD first, then those that nothing prices.

    A stolen asset is worth what was stolen of it was on the day of the theft; any other, what ended in it when it
    arrived. An asset with a part that no close prices counts as unpriced.
    """
    worth: dict[AssetId, Decimal | None] = {}
    if prices is not None:
        times = theft_times(result)
        for origin, amount in result.stolen.items():
            _add(worth, origin.asset, theft_usd(origin, amount, times, result.assets, prices))
        stolen = set(worth)
        for leaf in result.exits:
            if leaf.asset not in stolen:
                _add(worth, leaf.asset, exit_usd(leaf, result.assets, prices))

    def key(asset: AssetId) -> tuple[bool, Decimal, int, AssetId]:
        dollars = worth.get(asset)
        return dollars is None, -(dollars or Decimal(0)), *known_place(asset)

    return key


def _add(worth: dict[AssetId, Decimal | None], asset: AssetId, dollars: Decimal | None) -> None:
    before = worth.get(asset, Decimal(0))
    worth[asset] = None if before is None or dollars is None else before + dollars
