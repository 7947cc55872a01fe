"""In what order assets stand before people: by worth where closes are known, else those that most readers know first.

Units of two tokens are never compared: a million of one may be worth less than one of another.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tracer.model import AssetId, known_place
from tracer.trace import PriceTable, TraceResult, exit_usd, theft_times, theft_usd

AssetKey = Callable[[AssetId], tuple[bool, Decimal, int, AssetId]]
"""What assets are sorted by."""


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
