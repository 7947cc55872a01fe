"""What units were worth at a time: exact decimal arithmetic, rounded to cents once, at the very end.

An unpriced figure is ``None`` and prints as an empty cell, never as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from typing import Final, Protocol

from tracer.model import Asset, AssetId, Origin
from tracer.trace.result import Arrival, Exit, TraceResult
from tracer.trace.touched import carrying

_EXACT: Final = Context(prec=20_000, traps=[Inexact, InvalidOperation])
"""Wide enough for any amount we read (4,000 digits) times any price; a lost digit raises."""

_ROUNDING: Final = Context(prec=20_000, rounding=ROUND_HALF_EVEN)
_DAY: Final = 86_400
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


def receipts_usd(
    receipts: Iterable[Arrival], asset: AssetId, assets: Mapping[AssetId, Asset], prices: PriceTable | None
) -> Decimal | None:
    """Return what receipts of stolen units were worth, each at the close of its own day, exact, in USD.

    The one valuation of the tables and of the list: what was paid on, what is still held and what was paid into a stop
    are all valued by the receipts they are made of. ``None`` where any of them is unpriced, or there is none.
    """
    return total([priced(one.tainted, asset, one.time, assets, prices) for one in receipts])


def exit_usd(leaf: Exit, assets: Mapping[AssetId, Asset], prices: PriceTable | None) -> Decimal | None:
    """Return what the stolen units of an exit were worth when they arrived, exact, in USD.

    What is still held is valued by the receipts that it is left of (:attr:`Exit.kept`), as the rule of the trace says
    which those are.
    """
    return receipts_usd(leaf.kept, leaf.asset, assets, prices)


def theft_times(result: TraceResult) -> dict[Origin, int | None]:
    """Return for each origin the time of its earliest theft movement, seconds UTC.

    ``None`` where it is unknown, and where its thefts are of several days: which units are of which day is not told.
    """
    times: dict[Origin, set[int]] = {origin: set() for origin in result.stolen}
    for movement in carrying(result.movements):
        if movement.hop == 0 and movement.time is not None:
            for share in movement.shares:
                times.setdefault(share.origin, set()).add(movement.time)
    return {
        origin: min(found) if len({time // _DAY for time in found}) == 1 else None for origin, found in times.items()
    }


def theft_usd(
    origin: Origin,
    origin_amount: int,
    times: Mapping[Origin, int | None],
    assets: Mapping[AssetId, Asset],
    prices: PriceTable | None,
) -> Decimal | None:
    """Return what units of the stolen asset were worth on the day of the theft, exact, in USD."""
    return priced(origin_amount, origin.asset, times.get(origin), assets, prices)
