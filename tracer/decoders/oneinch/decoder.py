"""1inch: routers of six versions, orders, and Fusion, whose orders others fill.

Versions 1 to 3 write the whole conversion or nothing, versions 4 to 6 nothing for a plain exchange and a hash for an
order: net flows say what became what, and that the router was called, or filled an order, says who did it. Who pays
in an order is its maker, not who sends the transaction.

Addresses: constants. Events: 1inch/limit-order-protocol and the verified contracts, as rotki/rotki reads them.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.oneinch.constants import CONTRACTS

SWAPPED: Final = EventAbi(
    "Swapped(address indexed fromToken, address indexed toToken, address indexed referrer, uint256 fromAmount, "
    "uint256 toAmount, uint256 referrerFee, uint256 fee)"
)
HISTORY: Final = EventAbi(
    "History(address indexed sender, address fromToken, address toToken, uint256 fromAmount, uint256 toAmount)"
)
FILLED_RFQ: Final = EventAbi("OrderFilledRFQ(bytes32 orderHash, uint256 makingAmount)")
FILLED_5: Final = EventAbi("OrderFilled(address indexed maker, bytes32 orderHash, uint256 remaining)")
FILLED_6: Final = EventAbi("OrderFilled(bytes32 orderHash, uint256 remainingAmount)")


def _history(seen: Seen) -> Stated | None:
    sender = seen.text("sender")
    amounts = seen.number("fromAmount"), seen.number("toAmount")
    return Stated(sender, sender, seen.asset("fromToken"), seen.asset("toToken"), *amounts)


ONEINCH: Final = Venue(
    "oneinch",
    [
        Confirmation(HISTORY, of_table(CONTRACTS), states=_history),
        *(Confirmation(event, of_table(CONTRACTS)) for event in (SWAPPED, FILLED_RFQ, FILLED_5, FILLED_6)),
    ],
    CONTRACTS,
    front=True,
)
