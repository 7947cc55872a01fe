"""Prices in US dollars: one close a UTC day, by asset, with where it was published."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from tracer.errors import InputError
from tracer.io.card import Card, Carded
from tracer.io.fields import parse_date
from tracer.io.readers import Table, read_table
from tracer.model import DEFAULT_CHAIN, AssetId, parse_asset, parse_chain

_COLUMNS: Final = ("asset", "date", "usd_close", "source")
PRICE_DIGITS: Final = 40
"""Digits of a price before the point at most, and as many behind it."""
GRANULARITY: Final = "daily close (UTC)"
"""What a figure valued with these prices must say: never "at block time"."""


class Prices(Carded):
    """Daily closes in US dollars.

    Parameters
    ----------
    closes : mapping of AssetId to mapping of str to Decimal
        By asset, by day ``YYYY-MM-DD``: US dollars for one whole unit of the asset.
    source : str
        Who published them, for people.
    """

    granularity: Final = GRANULARITY

    def __init__(self, closes: Mapping[AssetId, Mapping[str, Decimal]], source: str) -> None:
        self._closes = {asset: dict(days) for asset, days in closes.items()}
        self.source = source

    def card(self) -> Card:
        """Return of how many assets and days it has closes, and who published them."""
        days = sorted({day for closes in self._closes.values() for day in closes})
        span = f", {days[0]} to {days[-1]}" if days else ""
        return Card(
            "Prices in US dollars",
            (
                ("Holds", (f"{len(self._closes):,} assets{span}, {self.granularity}",)),
                ("Published by", (self.source,) if self.source else ()),
            ),
        )

    def close(self, asset: AssetId, time: int) -> Decimal | None:
        """Return the US dollar close of the UTC day a time falls in, or ``None`` where no price is held.

        Parameters
        ----------
        asset : AssetId
            CAIP-19 id.
        time : int
            Seconds since 1970, UTC.

        Returns
        -------
        Decimal or None
            Dollars for one whole unit (one ether, not one wei).
        """
        day = datetime.fromtimestamp(time, tz=UTC).strftime("%Y-%m-%d")
        return self._closes.get(asset, {}).get(day)

    def over(self, other: Prices) -> Prices:
        """Return these prices, and where they have none those of another table."""
        if not other.assets():
            return self
        closes = {asset: other._closes.get(asset, {}) | days for asset, days in self._closes.items()}
        both = "; ".join(dict.fromkeys(filter(None, (self.source, other.source))))
        return Prices({**other._closes, **closes}, both)

    def every_close(self) -> Iterator[tuple[AssetId, str, Decimal]]:
        """Yield asset, day and close, in order of asset and day."""
        for asset in sorted(self._closes):
            yield from ((asset, day, self._closes[asset][day]) for day in sorted(self._closes[asset]))

    def assets(self) -> tuple[AssetId, ...]:
        """Return the assets that have a price on any day, sorted."""
        return tuple(sorted(self._closes))


def is_price(value: Decimal) -> bool:
    """Return whether a number can be a price in dollars: not negative, and not so long that nobody asked for it."""
    if not value.is_finite() or value.is_signed():
        return False
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has an exponent"
    return value.adjusted() < PRICE_DIGITS and -PRICE_DIGITS <= exponent <= PRICE_DIGITS


def read_prices(path: Path | Table, source: str = "") -> Prices:
    """Return the prices of a table ``asset, date, usd_close, source``.

    Parameters
    ----------
    path : Path or Table
        CSV or Parquet; `asset` is CAIP-19 with its chain, `usd_close` decimal text.
    source : str
        Who published them, for people; empty takes the column `source`.

    Raises
    ------
    DataFileError
        If a cell cannot be what its column says, or one asset has two closes of one day.
    """
    closes: dict[AssetId, dict[str, Decimal]] = {}
    for record in read_table(path, _COLUMNS, ()).records():
        asset, day = record.parse("asset", _asset), record.parse("date", lambda cell: parse_date(str(cell)))
        days = closes.setdefault(asset, {})
        if day in days:
            raise record.error("date", f"{asset} has two closes of {day}.")
        days[day] = record.parse("usd_close", _dollars)
    return Prices(closes, source or "; ".join(price_sources(path)))


def price_sources(path: Path | Table) -> tuple[str, ...]:
    """Return the different values of the column `source` of a price table, sorted."""
    return tuple(sorted({record.text("source") for record in read_table(path, _COLUMNS, ()).records()}))


def _asset(cell: object) -> AssetId:
    text = cell if isinstance(cell, str) else str(cell)
    chain, slash, _ = text.partition("/")
    return parse_asset(text, parse_chain(chain) if slash else DEFAULT_CHAIN)


def _dollars(cell: object) -> Decimal:
    # A price is no amount: a float is taken as the shortest text that it prints as.
    text = f"{Decimal(repr(cell)):f}" if isinstance(cell, float) and math.isfinite(cell) else str(cell)
    if len(text) > 2 * PRICE_DIGITS + 1 or len(text.partition(".")[0]) > PRICE_DIGITS:
        raise InputError(f"{text[:40]!r} is not a price in dollars.", why=f"It has more than {PRICE_DIGITS} digits.")
    whole, _, part = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))):
        raise InputError(f"{text[:40]!r} is not a price in dollars.", why="A price is decimal text, as 2972.49.")
    return Decimal(text)
