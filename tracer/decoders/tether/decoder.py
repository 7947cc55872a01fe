"""Tether: what the issuer of USDT does: issue, redeem, freeze, release, destroy.

On Ethereum none of it writes a transfer; issued units go to, and redeemed ones come from, the owner of the contract,
who sends the transaction itself or through a wallet of several: the owner is not in the log, and is taken to be the
wallet that was called, or who called. The same events on Tron index the account. Its transfers may take a fee, which
has been none so far.

Events: the verified contract of USDT on Ethereum (TetherToken), as tether.to publishes it.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen
from tracer.decoders.issuing import destroyed, frozen, supply
from tracer.decoders.tether.constants import CONTRACTS

ISSUED: Final = EventAbi("Issue(uint256 amount)")
REDEEMED: Final = EventAbi("Redeem(uint256 amount)")
FROZEN: Final = EventAbi("AddedBlackList(address account)")
FROZEN_INDEXED: Final = EventAbi("AddedBlackList(address indexed account)")
RELEASED: Final = EventAbi("RemovedBlackList(address account)")
RELEASED_INDEXED: Final = EventAbi("RemovedBlackList(address indexed account)")
DESTROYED: Final = EventAbi("DestroyedBlackFunds(address account, uint256 amount)")
DESTROYED_INDEXED: Final = EventAbi("DestroyedBlackFunds(address indexed account, uint256 amount)")


def _owner(seen: Seen) -> str:
    called = seen.record.recipient
    return seen.record.sender if called == seen.log.address else called


TETHER: Final = ByLogs(
    "tether",
    CONTRACTS,
    (
        Reading(ISSUED, supply("amount", _owner, made=True)),
        Reading(REDEEMED, supply("amount", _owner, made=False)),
        Reading(FROZEN, frozen("account")),
        Reading(FROZEN_INDEXED, frozen("account")),
        Reading(RELEASED, frozen("account", released=True)),
        Reading(RELEASED_INDEXED, frozen("account", released=True)),
        Reading(DESTROYED, destroyed("account", "amount")),
        Reading(DESTROYED_INDEXED, destroyed("account", "amount")),
    ),
)
