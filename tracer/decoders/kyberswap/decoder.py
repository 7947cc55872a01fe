"""KyberSwap: an aggregator whose log is the whole conversion, and the network it came from.

What its log says is returned may be before a fee: movements decide. Its other logs are inner hops.

Addresses: constants. Events: KyberNetwork's MetaAggregationRouterV2 and KyberNetworkProxy, as rotki/rotki reads them.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.kyberswap.constants import CONTRACTS

SWAPPED: Final = EventAbi(
    "Swapped(address sender, address srcToken, address dstToken, address dstReceiver, uint256 spentAmount, "
    "uint256 returnAmount)"
)
TRADED: Final = EventAbi(
    "ExecuteTrade(address indexed trader, address src, address dest, uint256 actualSrcAmount, uint256 actualDestAmount)"
)


def _whole(seen: Seen) -> Stated | None:
    amounts = seen.number("spentAmount"), seen.number("returnAmount")
    return Stated(
        seen.text("sender"), seen.text("dstReceiver"), seen.asset("srcToken"), seen.asset("dstToken"), *amounts
    )


def _traded(seen: Seen) -> Stated | None:
    trader = seen.text("trader")
    amounts = seen.number("actualSrcAmount"), seen.number("actualDestAmount")
    return Stated(trader, trader, seen.asset("src"), seen.asset("dest"), *amounts)


KYBERSWAP: Final = Venue(
    "kyberswap",
    [
        Confirmation(SWAPPED, of_table(CONTRACTS), states=_whole),
        Confirmation(TRADED, of_table(CONTRACTS), states=_traded),
    ],
    CONTRACTS,
    front=True,
)
