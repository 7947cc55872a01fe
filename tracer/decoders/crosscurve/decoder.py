"""CrossCurve: operations over several chains, which a router of each chain goes on with.

The router writes the request it hands to the next chain; its number is what the router there works on. The amounts
are those of the exchanges on the way: what crosses is told as what who began it gave. The recipient is in the call.

Event: eywa-protocol contracts (BaseRouter.sol), one form of whose topic a recorded receipt bears out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, given_by_sender, leg_of
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action
from tracer.decoders.crosscurve.constants import CONTRACTS

PROCESSED: Final = EventAbi(
    "ComplexOpProcessed(uint64 currentChainId, bytes32 currentRequestId, uint64 nextChainId, bytes32 nextRequestId, "
    "uint8 result, uint8 lastOp)"
)


def _processed(seen: Seen) -> Iterable[Action]:
    gave = given_by_sender(seen.record)
    if not seen.number("nextChainId") or int(seen.text("currentRequestId"), 16) or gave is None:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=gave[0],
        amount=-gave[1],
        key=seen.text("nextRequestId"),
        dest_chain=evm_chain(seen.number("nextChainId")),
    )
    yield replace(leg, moves=gave[2])


CROSSCURVE: Final = ByLogs("crosscurve", CONTRACTS, (Reading(PROCESSED, _processed),))
