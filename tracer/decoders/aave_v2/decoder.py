"""Aave v2: collateral becomes a token of the pool's that grows with interest; loans are a debt beside it.

Events: aave/protocol-v2, contracts/interfaces/ILendingPool.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.aave_pool import pool_of_aave
from tracer.decoders.aave_v2.constants import CONTRACTS

DEPOSITED: Final = EventAbi(
    "Deposit(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, "
    "uint16 indexed referral)"
)
BORROWED: Final = EventAbi(
    "Borrow(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, "
    "uint256 borrowRateMode, uint256 borrowRate, uint16 indexed referral)"
)
REPAID: Final = EventAbi(
    "Repay(address indexed reserve, address indexed user, address indexed repayer, uint256 amount)"
)

AAVE_V2: Final = pool_of_aave("aave_v2", CONTRACTS, supplied=DEPOSITED, lent=BORROWED, paid_back=REPAID)
