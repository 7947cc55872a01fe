"""Prices for a fetched case: daily closes of what stolen money can have been held in, from replies that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracer.bundle import OfflineExchange
from tracer.collect.dataset import Dataset
from tracer.collect.limits import Limits
from tracer.model import Coverage, Publication, format_time
from tracer.net import CachedTransport, NotHeld, OverBudgetError
from tracer.providers import NOWHERE, PUBLISHER, Close, Closes, PriceApi, coin_of, price_url
from tracer.trace import CaseData, prepare

PRICE_SOURCE: Final = "price-api"
PRICE_PUBLICATION: Final = Publication(
    key=PRICE_SOURCE,
    publisher=PUBLISHER,
    title="Daily closes in US dollars, from replies kept in this bundle",
    url="https://coins.llama.fi/",
    published="",
    retrieved="",
    rank="A5",
    licence="facts quoted",
)


def closes_of(case: CaseData, gathered: Dataset, limits: Limits, exchange: CachedTransport) -> Closes:
    """Return the closes of every asset that stolen money can have been held in, for the days of the case.

    Parameters
    ----------
    case, gathered : CaseData, Dataset
        What was collected.
    limits : Limits
        What it was read under.
    exchange : CachedTransport
        Live, or replaying the bundle: what the bundle does not hold has no price.
    """
    if isinstance(exchange, OfflineExchange) and not exchange.holds(PRICE_SOURCE):
        return Closes((), ())  # without a look at the whole case: no answer could come of it
    stamps = [row.time for row in gathered.transfers] + [leg.time for leg in gathered.legs]
    times = [time for time in stamps if time is not None]
    if not times:
        return Closes((), ())
    prepared = prepare(gathered.inputs(case), limits.options)
    held = {account.asset for account in prepared.plan.tracked} | {one.asset for one in prepared.thefts.origins}
    ends = (format_time(min(times))[:10], format_time(max(times))[:10])
    today = format_time(max(head.latest.time for head in gathered.heads.values()))[:10]
    api = PriceApi(exchange, price_url() if not exchange.offline else NOWHERE, name=PRICE_SOURCE)
    rows: list[Close] = []
    coverage: list[Coverage] = []
    for asset in sorted(one for one in held if coin_of(one) is not None):
        try:
            found = api.closes([asset], *ends, today=today)
        except (NotHeld, OverBudgetError):
            continue
        rows += [replace(row, source=PRICE_SOURCE) for row in found.rows]
        coverage += found.coverage
    return Closes(tuple(rows), tuple(coverage))
