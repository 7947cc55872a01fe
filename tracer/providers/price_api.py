"""Daily closes in US dollars from DefiLlama's keyless coins API.

Source: ``GET /chart/{coin}`` with `start`, `span`, `period=1d`, `searchWidth` (DefiLlama ``api-docs``). It answers
``{"coins": {coin: {"symbol", "confidence", "prices": [{"timestamp", "price"}]}}}``. A close is the price at the end of
the day, the next midnight, from within a quarter of an hour of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tracer.chains import Field
from tracer.errors import InputError
from tracer.io import PRICE_DIGITS, csv_text, is_price
from tracer.model import BITCOIN, TRON, AssetId, ChainId, Coverage
from tracer.net import CachedTransport, Query, ReplyFault, Request, gap, reading

PUBLISHER: Final = "DefiLlama coins API"
SPAN: Final = 100
"""Days asked for at once."""
_DAY: Final = 86_400
_WIDTH: Final = 900
"""Seconds around midnight from which a price may come."""

_NATIVE: Final = {
    ChainId("eip155:1"): "coingecko:ethereum",
    ChainId("eip155:10"): "coingecko:ethereum",
    ChainId("eip155:8453"): "coingecko:ethereum",
    ChainId("eip155:42161"): "coingecko:ethereum",
    BITCOIN: "coingecko:bitcoin",
    TRON: "coingecko:tron",
}
_TOKENS: Final = {
    ChainId("eip155:1"): "ethereum",
    ChainId("eip155:10"): "optimism",
    ChainId("eip155:56"): "bsc",
    ChainId("eip155:137"): "polygon",
    ChainId("eip155:8453"): "base",
    ChainId("eip155:42161"): "arbitrum",
    ChainId("eip155:43114"): "avax",
}
"""What the API calls a chain."""


@dataclass(frozen=True, slots=True, order=True)
class Close:
    """One day's close.

    Attributes
    ----------
    asset : AssetId
        CAIP-19 id.
    date : str
        UTC day, ``YYYY-MM-DD``.
    usd_close : str
        US dollars for one whole unit, decimal text as published.
    source : str
        Who published it.
    """

    asset: AssetId
    date: str
    usd_close: str
    source: str = PUBLISHER


@dataclass(frozen=True, slots=True)
class Closes:
    """Closes, and what of them could not be had.

    Attributes
    ----------
    rows : tuple of Close
        By asset, then day.
    coverage : tuple of Coverage
        One an asset; `from_block` and `to_block` are days since 1970.
    """

    rows: tuple[Close, ...]
    coverage: tuple[Coverage, ...]

    def table(self) -> str:
        """Return the rows as the table that :func:`tracer.io.prices.read_prices` reads."""
        cells = ((row.asset, row.date, row.usd_close, row.source) for row in self.rows)
        return csv_text(("asset", "date", "usd_close", "source"), cells)


class PriceApi:
    """DefiLlama's coins API.

    Parameters
    ----------
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API.
    name : str
        Name in the registry.
    """

    def __init__(
        self, exchange: CachedTransport, url: str = "https://coins.llama.fi", *, name: str = "price-api"
    ) -> None:
        self._exchange, self._url, self._name = exchange, url.rstrip("/"), name

    def closes(self, assets: Iterable[AssetId], first: str, last: str, *, today: str) -> Closes:
        """Return the closes of assets for days, both included.

        Parameters
        ----------
        assets : iterable of AssetId
            CAIP-19 ids; one that the API has no name for is a gap.
        first, last : str
            UTC days, ``YYYY-MM-DD``.
        today : str
            UTC day on which this is asked: a day has a close only when it is over.

        Raises
        ------
        InputError
            If a day is none, or the first is after the last.
        """
        start, end, now = _day(first), _day(last), _day(today)
        if start > end:
            raise InputError(f"{first} is after {last}.")
        rows: list[Close] = []
        coverage: list[Coverage] = []
        for asset in sorted(set(assets)):
            found, covered = self._asset(asset, start, end, min(end, now - 1))
            rows.extend(found)
            coverage.append(covered)
        return Closes(tuple(rows), tuple(coverage))

    def _asset(self, asset: AssetId, start: int, end: int, over: int) -> tuple[list[Close], Coverage]:
        chain, coin = ChainId(asset.partition("/")[0]), coin_of(asset)
        if coin is None:
            detail = f"{PUBLISHER} has no name for it that this package knows."
            return [], Coverage(chain, asset, self._name, "/chart", start, end, False, "not_supported", detail)
        rows: list[Close] = []
        pages = 0
        try:
            for day in range(start, over + 1, SPAN):
                upto = min(day + SPAN - 1, over)
                found = self._exchange.ask(
                    Query(self._name, chain, "/chart", {"coin": coin, "first": day, "last": upto}),
                    lambda day=day, upto=upto: self._request(coin, day, upto),  # type: ignore[misc]
                    reading(lambda reply, day=day, upto=upto: _prices(reply, coin, day, upto), exact=True),  # type: ignore[misc]
                )
                pages += 1
                rows.extend(Close(asset, _text(one), close) for one, close in sorted(found.items()))
        except ReplyFault as fault:
            return rows, gap(
                fault,
                chain=chain,
                subject=asset,
                source=self._name,
                endpoint="/chart",
                window=(start, end),
                rows=len(rows),
                pages=pages,
            )
        missing = end - start + 1 - len(rows)
        detail = f"{missing} of {end - start + 1} days have no close." if missing else ""
        reason = "not_supported" if missing else "ok"
        return rows, Coverage(
            chain, asset, self._name, "/chart", start, end, not missing, reason, detail, len(rows), pages
        )

    def _request(self, coin: str, first: int, last: int) -> Request:
        params = {
            "start": str((first + 1) * _DAY),
            "span": str(last - first + 1),
            "period": "1d",
            "searchWidth": str(_WIDTH),
        }
        return Request("GET", f"{self._url}/chart/{coin}", params)


def coin_of(asset: AssetId) -> str | None:
    """Return what the API calls an asset, or ``None`` where this package does not know.

    Examples
    --------
    >>> coin_of(AssetId("eip155:1/slip44:60"))
    'coingecko:ethereum'
    >>> coin_of(AssetId("eip155:56/erc20:0x55d398326f99059ff775485246999027b3197955"))
    'bsc:0x55d398326f99059ff775485246999027b3197955'
    """
    chain, _, reference = asset.partition("/")
    if reference.startswith("slip44:"):
        return _NATIVE.get(ChainId(chain))
    namespace, _, contract = reference.partition(":")
    code = _TOKENS.get(ChainId(chain))
    return f"{code}:{contract}" if namespace == "erc20" and code is not None else None


def _prices(reply: Field, coin: str, first: int, last: int) -> Mapping[int, str]:
    """Return the price at the end of each day; where two lie near one midnight, the nearest, then the earlier."""
    listed = reply.get("coins").maybe(coin)
    nearest: dict[int, tuple[int, int, str]] = {}
    for point in [] if listed is None else listed.get("prices").items():
        time = point.get("timestamp").integer()
        midnight = (time + _WIDTH) // _DAY
        away = abs(time - midnight * _DAY)
        day = midnight - 1
        if away > _WIDTH or not first <= day <= last:
            continue
        found = (away, time, _decimal(point.get("price")))
        nearest[day] = min(nearest.get(day, found), found)
    return {day: close for day, (_, _, close) in nearest.items()}


def _decimal(field: Field) -> str:
    """Return a price as decimal text, digit for digit as it was printed."""
    value = field.value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise field.fault("A price in dollars was expected.")
    price = Decimal(value) if isinstance(value, int) and value.bit_length() < 256 else value
    if not isinstance(price, Decimal) or not is_price(price):
        raise field.fault(f"A price in dollars was expected, of {PRICE_DIGITS} digits at most.")
    return f"{price:f}"


def _day(text: str) -> int:
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError as cause:
        raise InputError(f"{text[:20]!r} is not a day.", why="A day is written YYYY-MM-DD.") from cause


def _text(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")
