"""Daily closes from the price API: digit for digit, one a day, and nothing for a day that is not over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scripted_exchange import ScriptedExchange

from tracer.errors import DataFileError, InputError
from tracer.io.prices import read_prices
from tracer.model import AssetId
from tracer.net.query import Query, Reply
from tracer.providers.price_api import PriceApi

ETH = AssetId("eip155:1/slip44:60")
USDT = AssetId("eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7")
DAY = 86_400
FIRST = 19_000
"""A day since 1970: 2022-01-08."""


def answer(price: Any = lambda day: f"{3000 + day - FIRST}.123456789012345678") -> Any:
    def reply(query: Query) -> Reply:
        coin, first, last = (query.params[name] for name in ("coin", "first", "last"))
        points = ", ".join(
            f'{{"timestamp": {(day + 1) * DAY + 61}, "price": {price(day)}}}' for day in range(first, last + 1)
        )
        return Reply(200, "application/json", f'{{"coins": {{"{coin}": {{"prices": [{points}]}}}}}}'.encode())

    return reply


def asking(body: Any) -> ScriptedExchange:
    exchange = ScriptedExchange()
    exchange.say("/chart", None, body)
    return exchange


def test_closes_are_the_digits_that_were_printed(tmp_path: Path) -> None:
    exchange = asking(answer())
    closes = PriceApi(exchange).closes([ETH, USDT, ETH], "2022-01-08", "2022-01-10", today="2022-02-01")
    assert [(row.asset, row.date) for row in closes.rows] == [
        (asset, day) for asset in (USDT, ETH) for day in ("2022-01-08", "2022-01-09", "2022-01-10")
    ]
    assert closes.rows[0].usd_close == "3000.123456789012345678"
    assert all(one.complete for one in closes.coverage)
    sent = exchange.sent[-1]
    assert sent.url == "https://coins.llama.fi/chart/coingecko:ethereum"
    assert sent.params == {"start": str((FIRST + 1) * DAY), "span": "3", "period": "1d", "searchWidth": "900"}
    (tmp_path / "prices.csv").write_text(closes.table(), encoding="utf-8")
    prices = read_prices(tmp_path / "prices.csv")
    assert prices.close(ETH, FIRST * DAY + 5) == Decimal("3000.123456789012345678")
    assert prices.source == "DefiLlama coins API"


def test_a_long_time_is_asked_in_parts() -> None:
    exchange = asking(answer())
    closes = PriceApi(exchange).closes([ETH], "2022-01-08", "2022-09-24", today="2023-01-01")
    assert len(closes.rows) == 260
    assert [request.params["span"] for request in exchange.sent] == ["100", "100", "60"]


def test_a_day_that_is_not_over_has_no_close() -> None:
    closes = PriceApi(asking(answer())).closes([ETH], "2022-01-08", "2022-01-10", today="2022-01-10")
    assert [row.date for row in closes.rows] == ["2022-01-08", "2022-01-09"]
    (covered,) = closes.coverage
    assert (covered.complete, covered.detail) == (False, "1 of 3 days have no close.")


def test_the_nearest_price_to_midnight_is_the_close_and_a_far_one_is_none() -> None:
    midnight = (FIRST + 1) * DAY
    points = [(midnight + 300, 3), (midnight - 200, 2), (midnight + 200, 4), (midnight + DAY + 901, 9)]
    body = {"coins": {"coingecko:ethereum": {"prices": [{"timestamp": t, "price": p} for t, p in points]}}}
    closes = PriceApi(asking(body)).closes([ETH], "2022-01-08", "2022-01-09", today="2022-02-01")
    assert [(row.date, row.usd_close) for row in closes.rows] == [("2022-01-08", "2")]


@pytest.mark.parametrize("price", ["1e-7", "0", "12", "99999999999999999999.5"])
def test_no_price_passes_through_a_float(price: str) -> None:
    closes = PriceApi(asking(answer(lambda day: price))).closes([ETH], "2022-01-08", "2022-01-08", today="2022-02-01")
    assert Decimal(closes.rows[0].usd_close) == Decimal(price)
    assert "e" not in closes.rows[0].usd_close.lower()


@pytest.mark.parametrize("price", ['"12"', "-1", "true", "null", "NaN"])
def test_what_is_no_price_is_refused(price: str) -> None:
    closes = PriceApi(asking(answer(lambda day: price))).closes([ETH], "2022-01-08", "2022-01-08", today="2022-02-01")
    assert closes.rows == ()
    assert not closes.coverage[0].complete


def test_an_asset_without_a_name_there_is_a_gap_and_nothing_is_asked() -> None:
    exchange = asking(answer())
    odd = [AssetId("tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), AssetId("usd-cents")]
    closes = PriceApi(exchange).closes(odd, "2022-01-08", "2022-01-08", today="2022-02-01")
    assert (closes.rows, exchange.sent) == ((), [])
    assert [one.reason for one in closes.coverage] == ["not_supported", "not_supported"]


def test_a_coin_the_reply_does_not_know_has_no_closes() -> None:
    closes = PriceApi(asking(json.loads('{"coins": {}}'))).closes([ETH], "2022-01-08", "2022-01-08", today="2022-02-01")
    assert (closes.rows, closes.coverage[0].complete) == ((), False)


@pytest.mark.parametrize(("first", "last"), [("2022-01-09", "2022-01-08"), ("8 Jan", "2022-01-08")])
def test_days_are_checked(first: str, last: str) -> None:
    with pytest.raises(InputError):
        PriceApi(asking(answer())).closes([ETH], first, last, today="2022-02-01")


def test_the_first_day_is_what_the_other_tests_say() -> None:
    assert datetime.fromtimestamp(FIRST * DAY, UTC).strftime("%Y-%m-%d") == "2022-01-08"


@pytest.mark.parametrize(
    "price", ["1e300000000", "1e9999999999999999999", "1e70000", "1e400", "-1", "1e-300000000", "9" * 70, "NaN"]
)
def test_g12_a_price_beyond_all_bounds_is_refused(price: str, tmp_path: Path) -> None:
    closes = PriceApi(asking(answer(lambda day: price))).closes([ETH], "2022-01-08", "2022-01-08", today="2022-02-01")
    assert closes.rows == ()
    assert not closes.coverage[0].complete
    table = tmp_path / "prices.csv"
    table.write_text(f"asset,date,usd_close,source\n{ETH},2022-01-08,{'9' * 60_000},x\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="price in dollars"):
        read_prices(table)
