"""ParaSwap (Velora): version 5 writes the whole conversion, version 6 nothing.

What is received may be written less a partner's fee, or not: movements decide. Version 6 is known by its call.

Addresses: constants. Events: paraswap/augustus-v5 and AugustusRFQ, as rotki/rotki reads them.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.paraswap.constants import CONTRACTS

_PARTS: Final = (
    "(bytes16 uuid, address partner, uint256 feePercent, address initiator, {}address indexed beneficiary, "
    "address indexed srcToken, address indexed destToken, uint256 srcAmount, uint256 receivedAmount, "
    "uint256 expectedAmount)"
)
SWAPPED: Final = EventAbi("SwappedV3" + _PARTS.format(""))
BOUGHT: Final = EventAbi("BoughtV3" + _PARTS.format(""))
DIRECT: Final = EventAbi("SwappedDirect" + _PARTS.format("uint8 kind, "))
RFQ_FILLED: Final = EventAbi(
    "OrderFilled(bytes32 indexed orderHash, address indexed maker, address makerAsset, uint256 makerAmount, "
    "address indexed taker, address takerAsset, uint256 takerAmount)"
)


def _whole(seen: Seen) -> Stated | None:
    payer, payee = seen.text("initiator"), seen.text("beneficiary")
    amounts = seen.number("srcAmount"), seen.number("receivedAmount")
    return Stated(payer, payee, seen.asset("srcToken"), seen.asset("destToken"), *amounts)


PARASWAP: Final = Venue(
    "paraswap",
    [
        *(Confirmation(event, of_table(CONTRACTS), states=_whole) for event in (SWAPPED, BOUGHT, DIRECT)),
        Confirmation(RFQ_FILLED, of_table(CONTRACTS)),
    ],
    CONTRACTS,
    front=True,
)
