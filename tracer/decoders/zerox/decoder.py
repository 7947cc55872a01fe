"""0x: an exchange proxy whose log is the whole conversion, and settlers, which write nothing.

Orders that are filled name maker and taker, who may be a contract on the way. A settler is new with each release: it
is reached through one contract that holds allowances, and net flows say the rest. A conversion that another sends for
a signer is the signer's.

Addresses: constants. Events: 0xProject/protocol, contracts/zero-ex/contracts/src/features.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Seen, Stated, Venue, of_table
from tracer.decoders.zerox.constants import CONTRACTS

TRANSFORMED: Final = EventAbi(
    "TransformedERC20(address indexed taker, address inputToken, address outputToken, uint256 inputAmount, "
    "uint256 outputAmount)"
)
RFQ_FILLED: Final = EventAbi(
    "RfqOrderFilled(bytes32 orderHash, address maker, address taker, address makerToken, address takerToken, "
    "uint128 takerFilled, uint128 makerFilled, bytes32 pool)"
)
OTC_FILLED: Final = EventAbi(
    "OtcOrderFilled(bytes32 orderHash, address maker, address taker, address makerToken, address takerToken, "
    "uint128 makerFilled, uint128 takerFilled)"
)
LIMIT_FILLED: Final = EventAbi(
    "LimitOrderFilled(bytes32 orderHash, address maker, address taker, address feeRecipient, address makerToken, "
    "address takerToken, uint128 takerFilled, uint128 makerFilled, uint128 feeFilled, uint256 protocolFee, "
    "bytes32 pool)"
)
SENT_FOR: Final = EventAbi(
    "MetaTransactionExecuted(bytes32 hash, bytes4 indexed selector, address signer, address sender)"
)


def _transformed(seen: Seen) -> Stated | None:
    taker = seen.text("taker")
    amounts = seen.number("inputAmount"), seen.number("outputAmount")
    return Stated(taker, taker, seen.asset("inputToken"), seen.asset("outputToken"), *amounts)


ZEROX: Final = Venue(
    "zerox",
    [
        Confirmation(TRANSFORMED, of_table(CONTRACTS), states=_transformed),
        *(Confirmation(event, of_table(CONTRACTS)) for event in (RFQ_FILLED, OTC_FILLED, LIMIT_FILLED, SENT_FOR)),
    ],
    CONTRACTS,
    front=True,
)
