"""Stargate v1: pools on each chain, whose message is numbered along each path of LayerZero v1.

The pool writes chain and amount, in decimals that all pools share and after fees; the bridge beside it the number of
the message. The recipient stands in what was called alone and is not told here. The other end pays what it writes,
and the number that the endpoint delivered is the message's.

Events: stargate-protocol/stargate, contracts/Pool.sol and Bridge.sol; LayerZero-Labs/LayerZero, UltraLightNodeV2.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, leg_of, log_beside
from tracer.decoders.chain_numbers import chain_numbered, number_of_chain
from tracer.decoders.contract import Action
from tracer.decoders.stargate_v1.constants import CONTRACTS

SWAPPED: Final = EventAbi(
    "Swap(uint16 chainId, uint256 dstPoolId, address from, uint256 amountSD, uint256 eqReward, uint256 eqFee, "
    "uint256 protocolFee, uint256 lpFee)"
)
SENT: Final = EventAbi("SendMsg(uint8 msgType, uint64 nonce)")
PAID: Final = EventAbi("SwapRemote(address to, uint256 amountSD, uint256 protocolFee, uint256 dstFee)")
DELIVERED: Final = EventAbi(
    "PacketReceived(uint16 indexed srcChainId, bytes srcAddress, address indexed dstAddress, uint64 nonce, "
    "bytes32 payloadHash)"
)
_SHARED: Final = 13


def _swapped(seen: Seen) -> Iterable[Action]:
    """Return what is paid into the pool: the movement to it that the amount follows from, less fees."""
    names = ("amountSD", "eqFee", "protocolFee", "lpFee")
    most = sum(seen.number(name) for name in names)
    least = seen.number("amountSD") - seen.number("eqReward")
    for index, row in enumerate(seen.record.movements):
        fits = row.recipient == seen.log.address and any(
            least * 10**cut <= row.amount <= most * 10**cut for cut in range(_SHARED)
        )
        if fits and row.kind != "fee" and row.amount:
            said = log_beside(seen, SENT, CONTRACTS, ("bridge",), after=True)
            own = number_of_chain("layerzero", seen.chain)
            path = f"{own}:{seen.number('chainId')}"
            leg = leg_of(
                seen,
                "bridge_out",
                holder=row.sender,
                asset=row.asset,
                amount=-row.amount,
                key="" if said is None or own is None else f"{path}:{said['nonce']}",
                dest_chain=chain_numbered("layerzero", seen.number("chainId")),
            )
            yield replace(leg, moves=(index,))
            return


def _paid(seen: Seen) -> Iterable[Action]:
    to = seen.text("to")
    said = next((one for log in seen.record.logs or () if (one := DELIVERED.read(log)) is not None), None)
    own = number_of_chain("layerzero", seen.chain)
    known = said is not None and own is not None
    for index, row in enumerate(seen.record.movements):
        if row.sender == seen.log.address and row.recipient == to and row.amount:
            leg = leg_of(
                seen,
                "bridge_in",
                holder=to,
                asset=row.asset,
                amount=row.amount,
                key=f"{said['srcChainId']}:{own}:{said['nonce']}" if said is not None and known else "",
                src_chain="" if said is None else chain_numbered("layerzero", int(str(said["srcChainId"]))),
            )
            yield replace(leg, moves=(index,))
            return


STARGATE_V1: Final = ByLogs(
    "stargate_v1", CONTRACTS, (Reading(SWAPPED, _swapped, ("pool",)), Reading(PAID, _paid, ("pool",)))
)
