"""Nomad: a bridge by optimistic messages, robbed on 2022-08-01 by messages that nobody had sent.

Both ends write the hash of the message: its sender's home in `Dispatch`, the receiver's replica in `Process`. A
payout whose message was never dispatched is what the robbery looks like; it is told like any other, and finds no
source.

Events: nomad-xyz/monorepo, packages/contracts-bridge/contracts/BridgeRouter.sol, packages/contracts-core/contracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, address_in, comes_in, goes_out, leg_of, log_beside
from tracer.decoders.chain_numbers import chain_numbered
from tracer.decoders.contract import Action
from tracer.decoders.nomad.constants import CONTRACTS

SENT: Final = EventAbi(
    "Send(address indexed token, address indexed from, uint32 indexed toDomain, bytes32 toId, uint256 amount, "
    "bool fastLiquidityEnabled)"
)
DISPATCHED: Final = EventAbi(
    "Dispatch(bytes32 indexed messageHash, uint256 indexed leafIndex, uint64 indexed destinationAndNonce, "
    "bytes32 committedRoot, bytes message)"
)
RECEIVED: Final = EventAbi(
    "Receive(uint64 indexed originAndNonce, address indexed token, address indexed recipient, "
    "address liquidityProvider, uint256 amount)"
)
PROCESSED: Final = EventAbi("Process(bytes32 indexed messageHash, bool indexed success, bytes indexed returnData)")


def _sent(seen: Seen) -> Iterable[Action]:
    said = log_beside(seen, DISPATCHED, CONTRACTS, ("home",))
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("from"),
        asset=seen.asset("token"),
        amount=-seen.number("amount"),
        key="" if said is None else str(said["messageHash"]),
        dest_chain=chain_numbered("nomad", seen.number("toDomain")),
        dest_recipient=address_in(seen.said["toId"]),
    )
    yield goes_out(seen, leg)


def _received(seen: Seen) -> Iterable[Action]:
    said = log_beside(seen, PROCESSED, CONTRACTS, ("replica",))
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("recipient"),
        asset=seen.asset("token"),
        amount=seen.number("amount"),
        key="" if said is None else str(said["messageHash"]),
        src_chain=chain_numbered("nomad", seen.number("originAndNonce") >> 32),
    )
    yield comes_in(seen, leg)


NOMAD: Final = ByLogs(
    "nomad", CONTRACTS, (Reading(SENT, _sent, ("router",)), Reading(RECEIVED, _received, ("router",)))
)
