"""Aerodrome: pools of two tokens, stable or not; part of what goes in is set aside as a fee.

The log has the form of Uniswap v2 in another order. Pools are clones whose factory is not proven here: a log counts
where what it says moved through the contract that wrote it.

Event: aerodrome-finance/contracts, contracts/Pool.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Venue, pool_moved
from tracer.model import ChainId

CHAIN: Final = ChainId("eip155:8453")
SWAPPED: Final = EventAbi(
    "Swap(address indexed sender, address indexed to, uint256 amount0In, uint256 amount1In, uint256 amount0Out, "
    "uint256 amount1Out)"
)


def _moved(seen: Seen) -> bool:
    paid_in = seen.number("amount0In"), seen.number("amount1In")
    paid_out = seen.number("amount0Out"), seen.number("amount1Out")
    return seen.chain == CHAIN and pool_moved(seen, paid_in, paid_out)


AERODROME: Final = Venue("aerodrome", [Confirmation(SWAPPED, _moved)], chains=frozenset({CHAIN}))
