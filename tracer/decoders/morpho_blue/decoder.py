"""Morpho Blue: markets known by a hash, of one asset lent against one collateral.

It makes no tokens for what lies in it: the position (user and market) holds it. Assets are named by the market's hash
alone, so that the asset of a leg is that of the movement. A seizure repays and pays collateral in one log.

Events: morpho-org/morpho-blue, src/libraries/EventsLib.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, asset_named, moved
from tracer.decoders.contract import Action
from tracer.decoders.lending import borrowed, position_of, put_in, repaid, seized, taken_out
from tracer.decoders.morpho_blue.constants import CONTRACTS
from tracer.model import AssetId

SUPPLIED: Final = EventAbi(
    "Supply(bytes32 indexed id, address indexed caller, address indexed onBehalf, uint256 assets, uint256 shares)"
)
WITHDRAWN: Final = EventAbi(
    "Withdraw(bytes32 indexed id, address caller, address indexed onBehalf, address indexed receiver, "
    "uint256 assets, uint256 shares)"
)
BORROWED: Final = EventAbi(
    "Borrow(bytes32 indexed id, address caller, address indexed onBehalf, address indexed receiver, "
    "uint256 assets, uint256 shares)"
)
REPAID: Final = EventAbi(
    "Repay(bytes32 indexed id, address indexed caller, address indexed onBehalf, uint256 assets, uint256 shares)"
)
SUPPLIED_MORE: Final = EventAbi(
    "SupplyCollateral(bytes32 indexed id, address indexed caller, address indexed onBehalf, uint256 assets)"
)
WITHDRAWN_MORE: Final = EventAbi(
    "WithdrawCollateral(bytes32 indexed id, address caller, address indexed onBehalf, address indexed receiver, "
    "uint256 assets)"
)
LIQUIDATED: Final = EventAbi(
    "Liquidate(bytes32 indexed id, address indexed caller, address indexed borrower, uint256 repaidAssets, "
    "uint256 repaidShares, uint256 seizedAssets, uint256 badDebtAssets, uint256 badDebtShares)"
)


def _asset(seen: Seen, amount: int, *, out: bool) -> AssetId:
    contract = (seen.log.address,)
    index = moved(seen.record, amount, payer=contract) if out else moved(seen.record, amount, payee=contract)
    # A leg that no movement bears out has no asset that could be told: the contract stands for it.
    return asset_named(seen.chain, seen.log.address) if index is None else seen.record.movements[index].asset


def _place(seen: Seen, user: str) -> str:
    return position_of(seen, user, seen.text("id"))


def _put_in(seen: Seen) -> Iterable[Action]:
    amount = seen.number("assets")
    return put_in(
        seen,
        payer=seen.text("caller"),
        asset=_asset(seen, amount, out=False),
        amount=amount,
        position=_place(seen, seen.text("onBehalf")),
    )


def _taken_out(seen: Seen) -> Iterable[Action]:
    amount = seen.number("assets")
    return taken_out(
        seen,
        payee=seen.text("receiver"),
        asset=_asset(seen, amount, out=True),
        amount=amount,
        position=_place(seen, seen.text("onBehalf")),
    )


def _borrowed(seen: Seen) -> Iterable[Action]:
    amount = seen.number("assets")
    return borrowed(
        seen,
        payee=seen.text("receiver"),
        asset=_asset(seen, amount, out=True),
        amount=amount,
        position=_place(seen, seen.text("onBehalf")),
    )


def _repaid(seen: Seen) -> Iterable[Action]:
    amount = seen.number("assets")
    return repaid(
        seen,
        payer=seen.text("caller"),
        asset=_asset(seen, amount, out=False),
        amount=amount,
        position=_place(seen, seen.text("onBehalf")),
    )


def _seized(seen: Seen) -> Iterable[Action]:
    paid, got = seen.number("repaidAssets"), seen.number("seizedAssets")
    return seized(
        seen,
        liquidator=seen.text("caller"),
        debt=(_asset(seen, paid, out=False), paid),
        collateral=(_asset(seen, got, out=True), got),
        position=_place(seen, seen.text("borrower")),
    )


MORPHO_BLUE: Final = ByLogs(
    "morpho_blue",
    CONTRACTS,
    (
        Reading(SUPPLIED, _put_in),
        Reading(WITHDRAWN, _taken_out),
        Reading(BORROWED, _borrowed),
        Reading(REPAID, _repaid),
        Reading(SUPPLIED_MORE, _put_in),
        Reading(WITHDRAWN_MORE, _taken_out),
        Reading(LIQUIDATED, _seized),
    ),
)
