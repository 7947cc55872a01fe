"""WOOFi: exchanges on one chain and across chains, the latter over LayerZero and Stargate.

What crosses is the bridge's own record. At the destination the token has come with an earlier transaction, and the
endpoint then calls WOOFi, which exchanges it or passes it on: that is the leg, under the identifier of the message.

Events: LayerZero's (see the folder layerzero); contracts: rotki/rotki, rotkehlchen/chain/evm/decoding/woo_fi.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, leg_of, role_of
from tracer.decoders.contract import Action
from tracer.decoders.woofi.constants import CONTRACTS

COMPOSED: Final = EventAbi("ComposeDelivered(address from, address to, bytes32 guid, uint16 index)")


def _composed(seen: Seen) -> Iterable[Action]:
    called = seen.text("to")
    if role_of(CONTRACTS, seen.chain, called) != "cross":
        return
    paid = [
        (i, row)
        for i, row in enumerate(seen.record.movements)
        if row.sender == called and row.amount and not role_of(CONTRACTS, seen.chain, row.recipient)
    ]
    if len(paid) == 1:
        index, row = paid[0]
        leg = leg_of(seen, "bridge_in", holder=row.recipient, asset=row.asset, amount=row.amount, key=seen.text("guid"))
        yield replace(leg, counterparty=called, moves=(index,))


WOOFI: Final = ByLogs("woofi", CONTRACTS, (Reading(COMPOSED, _composed, ("endpoint",)),))
