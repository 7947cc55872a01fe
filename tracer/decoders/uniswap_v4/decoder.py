"""Uniswap v4: one manager holds all pools, and settles what several of them did as one.

Positive amounts are what the swapper gets, the other way round than in version 3. Transfers need not equal the
amounts of one log: net flows say what became what, and the manager's log who did it.

Addresses: constants. Event: Uniswap/v4-core, src/interfaces/IPoolManager.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Venue, of_table
from tracer.decoders.uniswap_v4.constants import CONTRACTS

SWAPPED: Final = EventAbi(
    "Swap(bytes32 indexed id, address indexed sender, int128 amount0, int128 amount1, uint160 sqrtPriceX96, "
    "uint128 liquidity, int24 tick, uint24 fee)"
)

UNISWAP_V4: Final = Venue("uniswap_v4", [Confirmation(SWAPPED, of_table(CONTRACTS))], CONTRACTS)
