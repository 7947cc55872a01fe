"""Rocket Pool: the coin becomes rETH, whose price grows, and back; both amounts stand in the log of the token.

Events: rocket-pool/rocketpool, contracts/contract/token/RocketTokenRETH.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named
from tracer.decoders.contract import Action
from tracer.decoders.flows import conversions_of, legs_of_conversion
from tracer.decoders.rocket_pool.constants import CONTRACTS

MADE: Final = EventAbi("TokensMinted(address indexed to, uint256 amount, uint256 ethAmount, uint256 time)")
BURNT: Final = EventAbi("TokensBurned(address indexed from, uint256 amount, uint256 ethAmount, uint256 time)")


def _told(seen: Seen) -> Iterable[Action]:
    """Return the conversion whose amounts are those of the log."""
    made, coin = seen.log.topics[0] == MADE.topic, coin_named(seen.chain)
    pair = seen.number("ethAmount"), seen.number("amount")
    for number, one in enumerate(conversions_of(seen.record)):
        if coin in (one.given, one.got) and (one.paid, one.received) == (pair if made else pair[::-1]):
            action = "stake" if made else "unstake"
            yield from legs_of_conversion(seen.record, one, number, protocol=seen.protocol, action=action)


ROCKET_POOL: Final = ByLogs("rocket_pool", CONTRACTS, (Reading(MADE, _told), Reading(BURNT, _told)))
