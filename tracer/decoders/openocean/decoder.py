"""OpenOcean: an aggregator whose log is the whole conversion.

Addresses: constants. Event: OpenOceanExchangeV2, as rotki/rotki reads it.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.openocean.constants import CONTRACTS

SWAPPED: Final = EventAbi(
    "Swapped(address indexed sender, address indexed srcToken, address indexed dstToken, address dstReceiver, "
    "uint256 amount, uint256 spentAmount, uint256 returnAmount, uint256 minReturnAmount, uint256 guaranteedAmount, "
    "address referrer)"
)


def _whole(seen: Seen) -> Stated | None:
    amounts = seen.number("spentAmount"), seen.number("returnAmount")
    return Stated(
        seen.text("sender"), seen.text("dstReceiver"), seen.asset("srcToken"), seen.asset("dstToken"), *amounts
    )


OPENOCEAN: Final = Venue(
    "openocean", [Confirmation(SWAPPED, of_table(CONTRACTS), states=_whole)], CONTRACTS, front=True
)
