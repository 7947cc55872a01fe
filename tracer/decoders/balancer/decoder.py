"""Balancer v2 and v3: one vault holds all pools, and moves what several of them did as one.

A log is one hop of a pool; net flows say what became what, the vault's log who did it. Balances inside the vault can
take the place of transfers and are not read.

Addresses: constants. Events: balancer/balancer-v2-monorepo, pkg/interfaces/contracts/vault/IVault.sol;
balancer/balancer-v3-monorepo, pkg/interfaces/contracts/vault/IVaultEvents.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.balancer.constants import CONTRACTS
from tracer.decoders.by_log import Confirmation, Venue, of_table

SWAPPED_2: Final = EventAbi(
    "Swap(bytes32 indexed poolId, address indexed tokenIn, address indexed tokenOut, uint256 amountIn, "
    "uint256 amountOut)"
)
SWAPPED_3: Final = EventAbi(
    "Swap(address indexed pool, address indexed tokenIn, address indexed tokenOut, uint256 amountIn, "
    "uint256 amountOut, uint256 swapFeePercentage, uint256 swapFeeAmount)"
)

BALANCER: Final = Venue(
    "balancer", [Confirmation(SWAPPED_2, of_table(CONTRACTS)), Confirmation(SWAPPED_3, of_table(CONTRACTS))], CONTRACTS
)
