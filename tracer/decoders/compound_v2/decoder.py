"""Compound v2: markets that make a token for what is put in, and lend what lies in them.

Nothing is indexed, and the topic of a deposit is shared with pools of exchanges: the contract decides. A market names
no asset: it is that of the movement it received or paid. A seizure repays in one market and moves the token of another
from the borrower to the liquidator.

Events: compound-finance/compound-protocol, contracts/CTokenInterfaces.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, asset_named, coin_named, moved
from tracer.decoders.compound_v2.constants import CONTRACTS
from tracer.decoders.contract import Action
from tracer.decoders.lending import borrowed, position_of, put_in, repaid, seized, taken_out
from tracer.model import AssetId

MINTED: Final = EventAbi("Mint(address minter, uint256 mintAmount, uint256 mintTokens)")
REDEEMED: Final = EventAbi("Redeem(address redeemer, uint256 redeemAmount, uint256 redeemTokens)")
BORROWED: Final = EventAbi(
    "Borrow(address borrower, uint256 borrowAmount, uint256 accountBorrows, uint256 totalBorrows)"
)
REPAID: Final = EventAbi(
    "RepayBorrow(address payer, address borrower, uint256 repayAmount, uint256 accountBorrows, uint256 totalBorrows)"
)
LIQUIDATED: Final = EventAbi(
    "LiquidateBorrow(address liquidator, address borrower, uint256 repayAmount, address cTokenCollateral, "
    "uint256 seizeTokens)"
)


def _asset(seen: Seen, amount: int, *, out: bool) -> AssetId:
    """Return what a market received or paid: the asset of the movement, the coin where there is none."""
    market = (seen.log.address,)
    index = moved(seen.record, amount, payer=market) if out else moved(seen.record, amount, payee=market)
    return coin_named(seen.chain) if index is None else seen.record.movements[index].asset


def _minted(seen: Seen) -> Iterable[Action]:
    user, amount = seen.text("minter"), seen.number("mintAmount")
    return put_in(
        seen, payer=user, asset=_asset(seen, amount, out=False), amount=amount, position=position_of(seen, user)
    )


def _redeemed(seen: Seen) -> Iterable[Action]:
    user, amount = seen.text("redeemer"), seen.number("redeemAmount")
    return taken_out(
        seen, payee=user, asset=_asset(seen, amount, out=True), amount=amount, position=position_of(seen, user)
    )


def _borrowed(seen: Seen) -> Iterable[Action]:
    user, amount = seen.text("borrower"), seen.number("borrowAmount")
    return borrowed(
        seen, payee=user, asset=_asset(seen, amount, out=True), amount=amount, position=position_of(seen, user)
    )


def _repaid(seen: Seen) -> Iterable[Action]:
    if any(LIQUIDATED.read(log) is not None for log in seen.record.logs or () if log.address == seen.log.address):
        return ()  # the repayment of a seizure is told with it
    amount = seen.number("repayAmount")
    return repaid(
        seen,
        payer=seen.text("payer"),
        asset=_asset(seen, amount, out=False),
        amount=amount,
        position=position_of(seen, seen.text("borrower")),
    )


def _seized(seen: Seen) -> Iterable[Action]:
    amount = seen.number("repayAmount")
    return seized(
        seen,
        liquidator=seen.text("liquidator"),
        debt=(_asset(seen, amount, out=False), amount),
        collateral=(asset_named(seen.chain, seen.text("cTokenCollateral")), seen.number("seizeTokens")),
        position=position_of(seen, seen.text("borrower")),
    )


COMPOUND_V2: Final = ByLogs(
    "compound_v2",
    CONTRACTS,
    (
        Reading(MINTED, _minted),
        Reading(REDEEMED, _redeemed),
        Reading(BORROWED, _borrowed),
        Reading(REPAID, _repaid),
        Reading(LIQUIDATED, _seized),
    ),
)
