"""Odos: a router whose log is the whole conversion, of one asset into one or of several.

Where several are given or got, shares would need prices: that is no conversion of one into one, and is left as what
the flows show. Version 1 is known by its call.

Addresses: constants. Events: odos-xyz/odos-router-v2.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.odos.constants import CONTRACTS

SWAPPED: Final = EventAbi(
    "Swap(address sender, uint256 inputAmount, address inputToken, uint256 amountOut, address outputToken, "
    "int256 slippage, uint32 referralCode)"
)


def _whole(seen: Seen) -> Stated | None:
    sender = seen.text("sender")
    amounts = seen.number("inputAmount"), seen.number("amountOut")
    return Stated(sender, sender, seen.asset("inputToken"), seen.asset("outputToken"), *amounts)


ODOS: Final = Venue("odos", [Confirmation(SWAPPED, of_table(CONTRACTS), states=_whole)], CONTRACTS, front=True)
