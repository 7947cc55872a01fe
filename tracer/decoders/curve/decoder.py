"""Curve: pools of two coins or more, and its routers.

A pool names coins by their place in it. Pools are made by many factories, and their forks write the same: a log counts
where what it says moved through the contract that wrote it. A pool that pays the coin shows that in no log.

Events: curvefi/curve-contract, curvefi/twocrypto-ng, curvefi/tricrypto-ng, curvefi/stableswap-ng.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Venue, pool_moved

_FORMS: Final = (
    "TokenExchange(address indexed buyer, int128 sold_id, uint256 sold, int128 bought_id, uint256 bought)",
    "TokenExchangeUnderlying(address indexed buyer, int128 sold_id, uint256 sold, int128 bought_id, uint256 bought)",
    "TokenExchange(address indexed buyer, uint256 sold_id, uint256 sold, uint256 bought_id, uint256 bought)",
    "TokenExchange(address indexed buyer, uint256 sold_id, uint256 sold, uint256 bought_id, uint256 bought, "
    "uint256 fee, uint256 packed_price_scale)",
)


def _moved(seen: Seen) -> bool:
    return pool_moved(seen, (seen.number("sold"),), (seen.number("bought"),))


CURVE: Final = Venue("curve", [Confirmation(EventAbi(text), _moved) for text in _FORMS])
