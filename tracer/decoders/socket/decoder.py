"""Socket (Bungee): a front end of bridges, whose log says where to and to whom.

The bridge underneath writes its own record in the same transaction, whose identifier is kept; what the front end adds
is chain and recipient. Alone, it has no identifier that the other end would repeat.

Events: SocketDotTech/bungee-contracts-public.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, address_in, goes_out, leg_of
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action
from tracer.decoders.socket.constants import CONTRACTS

BRIDGED: Final = EventAbi(
    "SocketBridge(uint256 amount, address token, uint256 toChainId, bytes32 bridgeName, address sender, "
    "address receiver, bytes32 metadata)"
)
BRIDGED_ELSEWHERE: Final = EventAbi(
    "SocketNonEvmDestBridge(uint256 amount, address token, uint256 toChainId, bytes32 bridgeName, address sender, "
    "bytes32 receiver, bytes32 metadata)"
)


def _bridged(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=seen.asset("token"),
        amount=-seen.number("amount"),
        dest_chain=evm_chain(seen.number("toChainId")),
        dest_recipient=address_in(seen.said["receiver"]),
    )
    yield goes_out(seen, leg)


def _bridged_elsewhere(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=seen.asset("token"),
        amount=-seen.number("amount"),
        dest_chain=f"socket:{seen.number('toChainId')}",
        dest_recipient=seen.text("receiver"),
    )
    yield goes_out(seen, leg)


SOCKET: Final = ByLogs(
    "socket", CONTRACTS, (Reading(BRIDGED, _bridged), Reading(BRIDGED_ELSEWHERE, _bridged_elsewhere)), front=True
)
