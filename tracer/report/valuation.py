"""What units were worth at a time: exact decimal arithmetic, rounded to cents once, at the very end.

An unpriced figure is ``None`` and prints as an empty cell, never as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from typing import Final, Protocol

from tracer.model import Asset, AssetId, Origin
from tracer.trace.result import Exit, Result

_EXACT: Final = Context(prec=20_000, traps=[Inexact, InvalidOperation])
"""Wide enough for any amount we read (4,000 digits) times any price; a lost digit raises."""

_ROUNDING: Final = Context(prec=20_000, rounding=ROUND_HALF_EVEN)
_CENT: Final = Decimal("0.01")

GRANULARITY: Final = "daily close"
"""All prices are closes of UTC days; an hour of a wild day is not resolved."""


class PriceTable(Protocol):
    """Where prices come from: a table of daily closes in USD a whole unit."""

    @property
    def source(self) -> str:
        """Name of the table, printed beside every figure in USD."""

    def close(self, asset: AssetId, time: int) -> Decimal | None:
        """Return the close of the UTC day that holds `time` (seconds UTC), or ``None`` where there is none."""


def value_usd(amount: int, decimals: int, price: Decimal) -> Decimal:
    """Return amount times price, exact, in USD.

    Parameters
    ----------
    amount : int
        Base units.
    decimals : int
        Decimals of the asset: base units a whole unit = 10 ** decimals.
    price : Decimal
        USD a whole unit.

    Examples
    --------
    >>> value_usd(1_500_000_000_000_000_000, 18, Decimal("3000.10"))
    Decimal('4500.15000000000000000000')
    """
    return _EXACT.multiply(_EXACT.scaleb(Decimal(amount), -decimals), price)


def to_cents(value: Decimal) -> Decimal:
    """Return a value rounded to cents, half to even.

    Examples
    --------
    >>> to_cents(Decimal("2.345")), to_cents(Decimal("2.355"))
    (Decimal('2.34'), Decimal('2.36'))
    """
    return value.quantize(_CENT, context=_ROUNDING)


def total(parts: list[Decimal | None]) -> Decimal | None:
    """Return the exact sum; ``None`` where there is no part or any part is unpriced."""
    if not parts:
        return None
    result = Decimal(0)
    for part in parts:
        if part is None:
            return None
        result = _EXACT.add(result, part)
    return result


def priced(
    amount: int, asset: AssetId, time: int | None, assets: Mapping[AssetId, Asset], prices: PriceTable | None
) -> Decimal | None:
    """Return what `amount` base units of `asset` were worth in USD at the close of the day of `time`.

    ``None`` where decimals, time or price are unknown.
    """
    known = assets.get(asset)
    if prices is None or time is None or known is None or known.decimals is None:
        return None
    price = prices.close(asset, time)
    return None if price is None else value_usd(amount, known.decimals, price)


def exit_usd(leaf: Exit, assets: Mapping[AssetId, Asset], prices: PriceTable | None) -> Decimal | None:
    """Return what the stolen units of an exit were worth when they arrived, exact, in USD.

    Paid into a stop: each receipt times the close of its own day. Still held (at rest, incomplete, end of window):
    units at rest have no transaction of their own, and which of the receipts they are depends on the policy; they are
    valued at the close of the day of the last receipt. ``None`` where any part is unpriced.
    """
    if leaf.holding:
        last = leaf.arrivals[-1].time if leaf.arrivals else None
        return priced(leaf.tainted, leaf.asset, last, assets, prices)
    return total([priced(arrival.tainted, leaf.asset, arrival.time, assets, prices) for arrival in leaf.arrivals])


def theft_times(result: Result) -> dict[Origin, int | None]:
    """Return for each origin the time of its earliest theft movement, seconds UTC; ``None`` where unknown."""
    times: dict[Origin, list[int]] = {origin: [] for origin in result.stolen}
    for movement in result.movements:
        if movement.hop == 0 and movement.time is not None:
            for share in movement.shares:
                times.setdefault(share.origin, []).append(movement.time)
    return {origin: min(found, default=None) for origin, found in times.items()}


def theft_usd(
    origin: Origin,
    origin_amount: int,
    times: Mapping[Origin, int | None],
    assets: Mapping[AssetId, Asset],
    prices: PriceTable | None,
) -> Decimal | None:
    """Return what units of the stolen asset were worth on the day of the theft, exact, in USD."""
    return priced(origin_amount, origin.asset, times.get(origin), assets, prices)
