"""Source of funds as tables: ``sources.csv`` in the columns of ``cashouts.csv``, and its part of ``summary.json``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tracer.analysis import Funds, Inflow
from tracer.io import plain
from tracer.model import Asset, AssetId, format_units, weakest
from tracer.report.tables import CashoutRow, table_text
from tracer.report.text import aligned
from tracer.trace import PriceTable, priced, to_cents, total

_UNLABELLED: Final = {
    "opening": "balance before the window",
    "mint": "newly made",
    "contract": "out of an exchange of several assets",
    "target": "paid by the target itself before",
}


def sources_rows(funds: Funds, assets: Mapping[AssetId, Asset], prices: PriceTable | None) -> list[CashoutRow]:
    """Return where the money came from, one row an (entity, category, asset, origin), in that order.

    Parameters
    ----------
    funds : Funds
        Of one policy.
    assets : mapping of AssetId to Asset
        Symbols and decimals.
    prices : PriceTable or None
        Values the receipts; without it nothing has a price.

    Notes
    -----
    `received` is all that the targets received in the asset, so that rows of one asset sum to it; `tainted` is what of
    it came from the origin, `origin_amount` the same in the asset that left there. There is no theft to value at.
    """
    received: dict[AssetId, int] = {}
    for account, amount in funds.received.items():
        received[account.asset] = received.get(account.asset, 0) + amount
    rows = [_row(one, received[one.asset], assets, prices) for one in funds.inflows]
    return sorted(rows, key=lambda row: (row.entity, row.category, row.asset, row.origin, row.origin_asset))


def sources_csv(funds: Funds, assets: Mapping[AssetId, Asset], prices: PriceTable | None, tlp: str) -> str:
    """Return ``sources.csv``; rows and order of :func:`sources_rows`, each with the marking `tlp`."""
    return table_text(CashoutRow, sources_rows(funds, assets, prices), tlp)


def funds_text(funds: Funds, assets: Mapping[AssetId, Asset], prices: PriceTable | None) -> str:
    """Return where the money came from for a terminal, the largest part of each asset first, and the audit."""
    rows = [
        (
            plain(row.entity) or row.category,
            plain(row.origin),
            _units(assets, row.asset, row.tainted),
            _symbol(assets, row.asset),
            row.grade,
            f"{row.usd_at_time:,.2f}" if row.usd_at_time is not None else "unpriced",
            str(row.n_transfers),
        )
        for row in sorted(sources_rows(funds, assets, prices), key=lambda row: (row.asset, -row.tainted))
    ]
    head = ["from", "origin", "units that arrived", "asset", "grade", "USD at the time", "receipts"]
    targets = ", ".join(f"{address} ({chain})" for chain, address in funds.targets)
    closed = "closed: what arrived is the sum of where it came from" if funds.closed else "OPEN"
    return "\n".join(
        (
            f"Whose money: {targets}. Rule: {funds.policy}. Audit {closed}.",
            aligned(head, rows, right=(2, 5, 6)),
        )
    )


def funds_summary(funds: Funds) -> dict[str, Any]:
    """Return what ``summary.json`` holds of a backward trace: targets, what they received, audit; amounts are text."""
    return {
        "direction": "back",
        "policy": funds.policy,
        "targets": [{"chain": chain, "address": address} for chain, address in funds.targets],
        "received": [
            {"chain": one.chain, "address": one.holder, "asset": one.asset, "amount": str(amount)}
            for one, amount in funds.received.items()
        ],
        "origins": len({one.origin for one in funds.inflows}),
        "holders_walked": len(funds.hop),
        "audit": {
            "closed": funds.closed,
            "difference": [
                {"chain": one.chain, "address": one.holder, "asset": one.asset, "amount": str(amount)}
                for one, amount in funds.difference.items()
            ],
        },
    }


def _row(one: Inflow, received: int, assets: Mapping[AssetId, Asset], prices: PriceTable | None) -> CashoutRow:
    times = [arrival.time for arrival in one.arrivals if arrival.time is not None]
    return CashoutRow(
        entity=one.label.entity if one.label else _UNLABELLED.get(one.why, f"unlabelled, {one.why.replace('_', ' ')}"),
        category=one.label.category if one.label else "unknown" if one.address else "",
        asset=one.asset,
        origin=one.origin.name,
        origin_amount=one.origin_amount,
        received=received,
        tainted=one.tainted,
        grade=weakest(grade for grade, amount in one.by_grade.items() if amount),
        usd_at_time=_usd(one, assets, prices),
        usd_at_theft=None,
        n_addresses=1 if one.address else 0,
        n_transfers=len(one.arrivals),
        first_time=min(times, default=None),
        last_time=max(times, default=None),
        origin_asset=one.origin.asset,
        precision="approximate" if one.approximate else "exact",
    )


def _usd(one: Inflow, assets: Mapping[AssetId, Asset], prices: PriceTable | None) -> Decimal | None:
    value = total([priced(arrival.tainted, one.asset, arrival.time, assets, prices) for arrival in one.arrivals])
    return None if value is None else to_cents(value)


def _units(assets: Mapping[AssetId, Asset], asset: AssetId, amount: int) -> str:
    known = assets.get(asset)
    return str(amount) if known is None or known.decimals is None else format_units(amount, known.decimals)


def _symbol(assets: Mapping[AssetId, Asset], asset: AssetId) -> str:
    known = assets.get(asset)
    return plain(known.symbol) if known is not None and known.symbol else asset
