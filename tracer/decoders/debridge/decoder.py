"""deBridge DLN: an order on one chain, which a taker fulfils on another and is paid for on the first.

Both ends write the identifier of the order. What the maker gives stands in the order after fees, the percentage of
which goes with it; what the recipient gets is the taker's payment, perhaps of another token. What unlocks the
taker's pay is no leg; an order that is cancelled is refunded on its own chain under the same identifier.

Events: debridge-finance/dln-contracts, contracts/DLN/DlnSource.sol and DlnDestination.sol; the order is
makerOrderNonce, makerSrc, giveChainId, giveTokenAddress, giveAmount, takeChainId, takeTokenAddress, takeAmount,
receiverDst and four more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, asset_named, comes_in, goes_out, leg_of, number_of
from tracer.decoders.chain_numbers import chain_numbered
from tracer.decoders.contract import Action
from tracer.decoders.debridge.constants import CONTRACTS

_ORDER: Final = "(uint64,bytes,uint256,bytes,uint256,uint256,bytes,uint256,bytes,bytes,bytes,bytes,bytes,bytes) order"
CREATED: Final = EventAbi(
    f"CreatedOrder({_ORDER}, bytes32 orderId, bytes affiliateFee, uint256 nativeFixFee, uint256 percentFee, "
    "uint32 referralCode, bytes metadata)"
)
FULFILLED: Final = EventAbi(f"FulfilledOrder({_ORDER}, bytes32 orderId, address sender, address unlockAuthority)")
CANCELLED: Final = EventAbi(
    "ClaimedOrderCancel(bytes32 orderId, address beneficiary, uint256 paidAmount, address giveTokenAddress)"
)
_GIVE_CHAIN, _GIVE_TOKEN, _GIVEN, _TAKE_CHAIN, _TAKE_TOKEN, _TAKEN, _RECEIVER = 2, 3, 4, 5, 6, 7, 8


def _created(seen: Seen) -> Iterable[Action]:
    order = seen.parts("order")
    chain = chain_numbered("debridge", number_of(order[_TAKE_CHAIN]))
    asset = asset_named(seen.chain, str(order[_GIVE_TOKEN]))
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=asset,
        amount=-number_of(order[_GIVEN]),
        key=seen.text("orderId"),
        dest_chain=chain,
        dest_recipient=str(order[_RECEIVER]),
        dest_asset=_token_on(chain, str(order[_TAKE_TOKEN])),
        dest_amount=number_of(order[_TAKEN]),
    )
    yield goes_out(seen, leg, into=(seen.log.address,), at_least=True)


def _token_on(chain: str, contract: str) -> str:
    """Return a token of another chain, as far as its contract says it; its coin is named by the chain."""
    if not chain.startswith("eip155:") or not int(contract, 16):
        return f"{chain}/{contract}"
    return f"{chain}/erc20:{contract}"


def _fulfilled(seen: Seen) -> Iterable[Action]:
    order = seen.parts("order")
    asset = asset_named(seen.chain, str(order[_TAKE_TOKEN]))
    leg = leg_of(
        seen,
        "bridge_in",
        holder=str(order[_RECEIVER]),
        asset=asset,
        amount=number_of(order[_TAKEN]),
        key=seen.text("orderId"),
        src_chain=chain_numbered("debridge", number_of(order[_GIVE_CHAIN])),
    )
    yield comes_in(seen, leg)


def _cancelled(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("beneficiary"),
        asset=seen.asset("giveTokenAddress"),
        amount=seen.number("paidAmount"),
        key=seen.text("orderId"),
        src_chain=seen.chain,
    )
    yield comes_in(seen, leg, out_of=(seen.log.address,))


DEBRIDGE: Final = ByLogs(
    "debridge",
    CONTRACTS,
    (
        Reading(CREATED, _created, ("source",)),
        Reading(CANCELLED, _cancelled, ("source",)),
        Reading(FULFILLED, _fulfilled, ("destination",)),
    ),
)
