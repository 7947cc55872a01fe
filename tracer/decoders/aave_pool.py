"""Pools of Aave and of those that run its code: five events, and what each of them says.

The pool's own amounts are used: what its tokens write holds interest since the last time. Who paid and whose
position it is may be two. A seizure pays collateral, or the pool's token for it, to whoever repays. The second version
writes the first three events in other words, and the same of them is read.

Events: aave-dao/aave-v3-origin, src/contracts/interfaces/IPool.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Contracts, Reading, Seen
from tracer.decoders.contract import Action
from tracer.decoders.lending import borrowed, position_of, put_in, repaid, seized, taken_out

SUPPLIED: Final = EventAbi(
    "Supply(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, "
    "uint16 indexed referralCode)"
)
BORROWED: Final = EventAbi(
    "Borrow(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, "
    "uint8 interestRateMode, uint256 borrowRate, uint16 indexed referralCode)"
)
REPAID: Final = EventAbi(
    "Repay(address indexed reserve, address indexed user, address indexed repayer, uint256 amount, bool useATokens)"
)
WITHDRAWN: Final = EventAbi(
    "Withdraw(address indexed reserve, address indexed user, address indexed to, uint256 amount)"
)
LIQUIDATED: Final = EventAbi(
    "LiquidationCall(address indexed collateralAsset, address indexed debtAsset, address indexed user, "
    "uint256 debtToCover, uint256 collateralAmount, address liquidator, bool receiveAToken)"
)


def _put_in(seen: Seen) -> Iterable[Action]:
    return put_in(
        seen,
        payer=seen.text("user"),
        asset=seen.asset("reserve"),
        amount=seen.number("amount"),
        position=position_of(seen, seen.text("onBehalfOf")),
    )


def _taken_out(seen: Seen) -> Iterable[Action]:
    return taken_out(
        seen,
        payee=seen.text("to"),
        asset=seen.asset("reserve"),
        amount=seen.number("amount"),
        position=position_of(seen, seen.text("user")),
    )


def _borrowed(seen: Seen) -> Iterable[Action]:
    return borrowed(
        seen,
        payee=seen.text("user"),
        asset=seen.asset("reserve"),
        amount=seen.number("amount"),
        position=position_of(seen, seen.text("onBehalfOf")),
    )


def _repaid(seen: Seen) -> Iterable[Action]:
    if seen.said.get("useATokens"):
        return ()  # the share token is burnt for it, and nothing else moves
    return repaid(
        seen,
        payer=seen.text("repayer"),
        asset=seen.asset("reserve"),
        amount=seen.number("amount"),
        position=position_of(seen, seen.text("user")),
    )


def _seized(seen: Seen) -> Iterable[Action]:
    return seized(
        seen,
        liquidator=seen.text("liquidator"),
        debt=(seen.asset("debtAsset"), seen.number("debtToCover")),
        collateral=(seen.asset("collateralAsset"), seen.number("collateralAmount")),
        position=position_of(seen, seen.text("user")),
    )


def pool_of_aave(
    name: str,
    contracts: Contracts,
    *,
    supplied: EventAbi = SUPPLIED,
    lent: EventAbi = BORROWED,
    paid_back: EventAbi = REPAID,
) -> ByLogs:
    """Return the decoder of a protocol whose pools write these events.

    Parameters
    ----------
    name : str
        Name of the decoder.
    contracts : mapping
        Its pools.
    supplied, lent, paid_back : EventAbi
        Where it writes them in other words than the third version.
    """
    return ByLogs(
        name,
        contracts,
        (
            Reading(supplied, _put_in),
            Reading(WITHDRAWN, _taken_out),
            Reading(lent, _borrowed),
            Reading(paid_back, _repaid),
            Reading(LIQUIDATED, _seized),
        ),
    )
