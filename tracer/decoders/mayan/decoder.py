"""Mayan Swift: an order on one chain that a solver fulfils on another; both ends write the hash of the order.

The log of an order says its hash alone: what was paid in is the movement to the contract, and where to is in the
call. What is fulfilled or refunded says the net amount, and the movement whom it reached.

Events: mayan-finance/swift, as rows of AndreAugusto11/XChainDataGen and a recorded receipt have them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, leg_of
from tracer.decoders.contract import Action
from tracer.decoders.mayan.constants import CONTRACTS

CREATED: Final = EventAbi("OrderCreated(bytes32 key)")
FULFILLED: Final = EventAbi("OrderFulfilled(bytes32 key, uint64 sequence, uint256 netAmount)")
REFUNDED: Final = EventAbi("OrderRefunded(bytes32 key, uint256 netAmount)")


def _created(seen: Seen) -> Iterable[Action]:
    paid = [
        (i, row)
        for i, row in enumerate(seen.record.movements)
        if row.recipient == seen.log.address and row.amount and row.kind != "fee"
    ]
    if len(paid) == 1:
        index, row = paid[0]
        leg = leg_of(seen, "bridge_out", holder=row.sender, asset=row.asset, amount=-row.amount, key=seen.text("key"))
        yield replace(leg, moves=(index,))


def _paid(seen: Seen) -> Iterable[Action]:
    for index, row in enumerate(seen.record.movements):
        if row.amount == seen.number("netAmount") and row.amount and row.kind != "fee":
            leg = leg_of(
                seen,
                "bridge_in",
                holder=row.recipient,
                asset=row.asset,
                amount=row.amount,
                key=seen.text("key"),
                src_chain=seen.chain if seen.log.topics[0] == REFUNDED.topic else "",
            )
            yield replace(leg, counterparty=row.sender, moves=(index,))
            return


MAYAN: Final = ByLogs(
    "mayan", CONTRACTS, (Reading(CREATED, _created), Reading(FULFILLED, _paid), Reading(REFUNDED, _paid))
)
