"""Celer cBridge: a pool on each chain; what is sent into one is paid out of another, less a fee.

Both ends write the identifier of the sending; the payout has one of its own besides. A sending that cannot be paid is
withdrawn from the pool it went into, under its own identifier.

Events: celer-network/sgn-v2-contracts, contracts/liquidity-bridge/Bridge.sol and Pool.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, comes_in, goes_out, leg_of
from tracer.decoders.celer.constants import CONTRACTS
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action

SENT: Final = EventAbi(
    "Send(bytes32 transferId, address sender, address receiver, address token, uint256 amount, uint64 dstChainId, "
    "uint64 nonce, uint32 maxSlippage)"
)
RELAYED: Final = EventAbi(
    "Relay(bytes32 transferId, address sender, address receiver, address token, uint256 amount, uint64 srcChainId, "
    "bytes32 srcTransferId)"
)
WITHDRAWN: Final = EventAbi(
    "WithdrawDone(bytes32 withdrawId, uint64 seqnum, address receiver, address token, uint256 amount, bytes32 refid)"
)


def _sent(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=seen.asset("token"),
        amount=-seen.number("amount"),
        key=seen.text("transferId"),
        dest_chain=evm_chain(seen.number("dstChainId")),
        dest_recipient=seen.text("receiver"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _relayed(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("receiver"),
        asset=seen.asset("token"),
        amount=seen.number("amount"),
        key=seen.text("srcTransferId"),
        src_chain=evm_chain(seen.number("srcChainId")),
    )
    yield comes_in(seen, leg, out_of=(seen.log.address,))


def _withdrawn(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("receiver"),
        asset=seen.asset("token"),
        amount=seen.number("amount"),
        key=seen.text("refid"),
        src_chain=seen.chain,
    )
    yield comes_in(seen, leg, out_of=(seen.log.address,))


CELER: Final = ByLogs(
    "celer", CONTRACTS, (Reading(SENT, _sent), Reading(RELAYED, _relayed), Reading(WITHDRAWN, _withdrawn))
)
