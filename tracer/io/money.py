"""How the cells of a table say what moved: the asset, and the amount in base units or in whole coins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tracer.errors import InputError
from tracer.io.columns import TransferRows
from tracer.io.readers import Record
from tracer.io.tokens import looks_like, refuse_symbol, registry_assets
from tracer.model import (
    Asset,
    AssetId,
    ChainId,
    LedgerLeg,
    Transfer,
    describe_asset,
    is_non_fungible,
    parse_amount,
    parse_asset,
    parse_whole,
)

UNITS: Final = ("base", "whole")
"""What the amounts of a table count: base units (wei, satoshi), or whole coins with a decimal point."""

_DUST: Final = 10**12
"""Base units of an asset of 18 decimals: a millionth of a coin, which hardly anybody moves."""
_FINE: Final = 18


@dataclass(slots=True)
class Money:
    """Reads the cells that say what moved.

    Attributes
    ----------
    unit : str
        One of :data:`UNITS`.
    known : mapping of AssetId to Asset
        Tokens whose symbols and decimals are known; the registry's unless told.

    Raises
    ------
    InputError
        If the unit is neither.
    """

    unit: str = "base"
    known: Mapping[AssetId, Asset] = field(default_factory=registry_assets)
    _assets: dict[tuple[object, ChainId], AssetId] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise InputError(f"{self.unit[:40]!r} is not a unit of amounts.", next_step=f"Choose {' or '.join(UNITS)}.")

    def asset(self, record: Record, chain: ChainId) -> AssetId:
        """Return the asset of a row; a symbol in its place is an error that names what may be meant."""
        cell = record.raw("asset")
        held = self._assets.get((cell, chain))
        if held is None:
            held = self._assets[cell, chain] = record.parse(
                "asset", lambda _: self._parsed(record.text("asset"), chain)
            )
        return held

    def amount(self, record: Record, asset: AssetId) -> int:
        """Return the amount of a row in base units, exact."""
        column = "amount_text" if record.raw("amount") == "" and record.raw("amount_text") != "" else "amount"
        amount = record.parse(column, parse_amount if self.unit == "base" else lambda cell: self._whole(cell, asset))
        if amount > 1 and is_non_fungible(asset):
            raise record.error(
                column,
                "an ERC-721 token moves as 1.",
                "Its fourth topic is the id of the token, not an amount.",
                "Write the id into the asset (erc721:0x…/id) and 1 as the amount, or leave the row out.",
            )
        return amount

    def describe(self, asset: AssetId) -> Asset:
        """Return symbol and decimals of an asset, as far as they are known."""
        return self.known.get(asset) or describe_asset(asset)

    def _parsed(self, text: str, chain: ChainId) -> AssetId:
        asset = parse_asset(text, chain)
        if "/" not in asset and asset not in self.known:
            refuse_symbol(text, chain, self.known)
        return asset

    def _whole(self, cell: object, asset: AssetId) -> int:
        decimals = 0 if is_non_fungible(asset) else self.describe(asset).decimals
        if decimals is None:
            raise InputError(
                f"The decimals of {asset} are not known.",
                why="With --unit whole an amount is turned into base units by them.",
                next_step="Give them with --assets FILE (asset,symbol,decimals), or write base units.",
            )
        return parse_whole(cell, decimals)


def money_notes(rows: Iterable[Transfer | LedgerLeg], money: Money) -> tuple[str, ...]:
    """Return what a reader must know of the amounts of a table of one's own.

    Parameters
    ----------
    rows : iterable of Transfer or LedgerLeg
        The table.
    money : Money
        How it was read.

    Returns
    -------
    tuple of str
        A sentence for each asset of 18 decimals that the table moves only in dust, as if it counted whole coins, and
        for each private unit that reads like a symbol.
    """
    largest: dict[AssetId, int] = {}
    chains: dict[AssetId, ChainId] = {}
    if isinstance(rows, TransferRows):
        largest = rows.largest()
        chains = dict.fromkeys(largest, rows.columns.chain)
    for row in () if isinstance(rows, TransferRows) else rows:
        if row.amount > largest.get(row.asset, -1):
            largest[row.asset] = row.amount
            chains.setdefault(row.asset, row.chain)
    notes = []
    for asset, amount in sorted(largest.items()):
        known = money.describe(asset)
        if known.decimals == _FINE and 0 < amount < _DUST and money.unit == "base":
            notes.append(
                f"Every amount of {known.symbol or asset} is below 0.000001 (10^12 base units of 18 decimals). If the "
                "table counts whole coins, say so: --unit whole."
            )
        word = "" if "/" in asset or asset in money.known else looks_like(asset, chains[asset], money.known)
        if word:
            notes.append(word)
    return tuple(notes)
