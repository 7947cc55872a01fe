"""What every way of opening a case does alike: labels of the registry among its rows, hashes of what was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tracer.api.registry import bundled_cases
from tracer.bundle import bundle_of
from tracer.io import (
    CanonicalTable,
    Prices,
    TransferRows,
    labels_form,
    prices_form,
    seeds_form,
)
from tracer.model import DEFAULT_CHAIN, ChainId, Label, LedgerLeg, Seed, Transfer
from tracer.registry import load_registry_labels

NO_PRICES: Final = Prices({}, "")


def with_registry(own: tuple[Label, ...], rows: Iterable[Transfer | LedgerLeg], *, registry: bool) -> tuple[Label, ...]:
    """Return a case's own labels, and with `registry` what the registry knows of every address among the rows."""
    if not registry:
        return own
    among: set[str] = rows.holders() if isinstance(rows, TransferRows) else set()
    for row in () if isinstance(rows, TransferRows) else rows:
        among.update((row.holder, row.address) if isinstance(row, LedgerLeg) else (row.sender, row.recipient))
    return tuple(dict.fromkeys((*own, *load_registry_labels(among=among))))


def only_chain(chains: Iterable[ChainId]) -> ChainId | None:
    """Return the chain of labels and seeds that name none: the only one there is; ``None`` where there are several."""
    found = set(chains)
    return next(iter(found or {DEFAULT_CHAIN})) if len(found) < 2 else None


def input_hashes(
    seeds: Iterable[Seed], labels: Iterable[Label], prices: Prices = NO_PRICES, **own: CanonicalTable[Any]
) -> dict[str, dict[str, str]]:
    """Return row count and hash of the canonical form of each input: seeds, labels, and others that are not empty."""
    others = {**own, "prices": prices_form(prices)}
    tables: dict[str, CanonicalTable[Any]] = {"seeds": seeds_form(seeds), "labels": labels_form(labels)}
    tables |= {name: table for name, table in others.items() if len(table)}
    return {name: table.record() for name, table in tables.items()}


def shipped_prices() -> Prices:
    """Return the daily closes that ship with the cases, for tables of the caller's own."""
    found = NO_PRICES
    for name in bundled_cases():
        bundle = bundle_of(name)
        found = found if bundle is None else found.over(bundle.prices())
    return found
