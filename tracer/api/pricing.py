"""Prices for a fetched case: daily closes of what stolen money can have been held in, from replies that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracer.model import Source, format_time
from tracer.sources.coverage import Coverage
from tracer.sources.price_api import PUBLISHER, Close, Closes, PriceApi, coin_of
from tracer.sources.registry import NOWHERE, price_url
from tracer.sources.wire.exchange import Exchange
from tracer.sources.wire.query import NotHeld
from tracer.sources.wire.throttle import OverBudget
from tracer.trace.collecting.gathered import Gathered
from tracer.trace.collecting.limits import Limits
from tracer.trace.run import Inputs, prepare

NAME: Final = "price-api"
SOURCE: Final = Source(
    key=NAME,
    publisher=PUBLISHER,
    title="Daily closes in US dollars, from replies kept in this bundle",
    url="https://coins.llama.fi/",
    published="",
    retrieved="",
    rank="A5",
    licence="facts quoted",
)


def closes_of(case: Inputs, gathered: Gathered, limits: Limits, exchange: Exchange) -> Closes:
    """Return the closes of every asset that stolen money can have been held in, for the days of the case.

    Parameters
    ----------
    case, gathered : Inputs, Gathered
        What was collected.
    limits : Limits
        What it was read under.
    exchange : Exchange
        Live, or replaying the bundle: what the bundle does not hold has no price.
    """
    stamps = [row.time for row in gathered.transfers] + [leg.time for leg in gathered.legs]
    times = [time for time in stamps if time is not None]
    if not times:
        return Closes((), ())
    prepared = prepare(gathered.inputs(case), limits.options)
    held = {account.asset for account in prepared.plan.tracked} | {one.asset for one in prepared.thefts.origins}
    ends = (format_time(min(times))[:10], format_time(max(times))[:10])
    today = format_time(max(head.latest.time for head in gathered.heads.values()))[:10]
    api = PriceApi(exchange, price_url() if not exchange.offline else NOWHERE, name=NAME)
    rows: list[Close] = []
    coverage: list[Coverage] = []
    for asset in sorted(one for one in held if coin_of(one) is not None):
        try:
            found = api.closes([asset], *ends, today=today)
        except (NotHeld, OverBudget):
            continue
        rows += [replace(row, source=NAME) for row in found.rows]
        coverage += found.coverage
    return Closes(tuple(rows), tuple(coverage))
