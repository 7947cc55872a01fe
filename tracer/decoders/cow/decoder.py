"""CoW Protocol: orders of several owners that a solver settles in one transaction.

Each order writes its owner and both amounts; the amount sold includes the fee. Who sends the transaction is the
solver, and what the settlement contract keeps is its own. A payout to another than the owner is in no log. An order
for the coin is placed through a contract that then owns it.

Addresses: constants. Events: cowprotocol/contracts, src/contracts/interfaces/IGPv2Settlement.sol (GPv2Settlement).
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.cow.constants import CONTRACTS
from tracer.decoders.flows import Conversion

TRADED: Final = EventAbi(
    "Trade(address indexed owner, address sellToken, address buyToken, uint256 sellAmount, uint256 buyAmount, "
    "uint256 feeAmount, bytes orderUid)"
)


def _owned(seen: Seen, one: Conversion) -> bool:
    return seen.text("owner") in (one.payer, one.payee)


def _whole(seen: Seen) -> Stated | None:
    owner = seen.text("owner")
    amounts = seen.number("sellAmount"), seen.number("buyAmount")
    return Stated(owner, owner, seen.asset("sellToken"), seen.asset("buyToken"), *amounts)


COW: Final = Venue("cow", [Confirmation(TRADED, of_table(CONTRACTS), of=_owned, states=_whole)], front=True)
