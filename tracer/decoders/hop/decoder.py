"""Hop: a transfer between two chains for which a bonder pays in advance.

From a second layer the transfer has an identifier, which the payout repeats. From Ethereum it has none: the same
values come out on the other side, and the leg has no key. A payout's recipient stands in what the bridge was called
with, and what reaches it, after the bonder's fee and the bridge's own exchange, in the movements alone. Settlements
between bonders are no legs.

Events and calls: hop-protocol/contracts, contracts/bridges/L1_Bridge.sol, L2_Bridge.sol and Bridge.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import (
    UNSEEN,
    ByLogs,
    Reading,
    Seen,
    asset_named,
    coin_named,
    comes_in,
    given_by_sender,
    goes_out,
    leg_of,
)
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action
from tracer.decoders.hop.constants import CONTRACTS
from tracer.model import AssetId, keccak256

SENT_DOWN: Final = EventAbi(
    "TransferSentToL2(uint256 indexed chainId, address indexed recipient, uint256 amount, uint256 amountOutMin, "
    "uint256 deadline, address indexed relayer, uint256 relayerFee)"
)
SENT: Final = EventAbi(
    "TransferSent(bytes32 indexed transferId, uint256 indexed chainId, address indexed recipient, uint256 amount, "
    "bytes32 transferNonce, uint256 bonderFee, uint256 index, uint256 amountOutMin, uint256 deadline)"
)
COMPLETED: Final = EventAbi(
    "TransferFromL1Completed(address indexed recipient, uint256 amount, uint256 amountOutMin, uint256 deadline, "
    "address indexed relayer, uint256 relayerFee)"
)
BONDED: Final = EventAbi("WithdrawalBonded(bytes32 indexed transferId, uint256 amount)")
WITHDREW: Final = EventAbi(
    "Withdrew(bytes32 indexed transferId, address indexed recipient, uint256 amount, bytes32 transferNonce)"
)
_BONDS: Final = frozenset(
    "0x" + keccak256(text.encode()).hex()[:8]
    for text in (
        "bondWithdrawal(address,uint256,bytes32,uint256)",
        "bondWithdrawalAndDistribute(address,uint256,bytes32,uint256,uint256,uint256)",
    )
)


def _asset(seen: Seen) -> AssetId:
    return coin_named(seen.chain) if seen.role == "coin" else asset_named(seen.chain, seen.role)


def _sent_down(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=_asset(seen),
        amount=-seen.number("amount"),
        dest_chain=evm_chain(seen.number("chainId")),
        dest_recipient=seen.text("recipient"),
        dest_amount=seen.number("amountOutMin"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _sent(seen: Seen) -> Iterable[Action]:
    """Return what leaves: the bridge burns its own token, which the user's was exchanged for right before."""
    record, amount = seen.record, seen.number("amount")
    leg = leg_of(
        seen,
        "bridge_out",
        holder=record.sender,
        asset=_asset(seen),
        amount=-amount,
        key=seen.text("transferId"),
        dest_chain=evm_chain(seen.number("chainId")),
        dest_recipient=seen.text("recipient"),
        dest_amount=seen.number("amountOutMin"),
    )
    gave = given_by_sender(record)
    if gave is not None:
        # Who sends it gives one asset alone: that is what crosses, whatever it was exchanged for on the way.
        yield replace(leg, asset=gave[0], amount=-gave[1], moves=gave[2])
        return
    burnt = [i for i, row in enumerate(record.movements) if row.kind == "burn" and row.amount == amount]
    yield goes_out(seen, replace(leg, asset=record.movements[burnt[-1]].asset) if burnt else leg)


def _completed(seen: Seen) -> Iterable[Action]:
    yield _paid(seen, seen.text("recipient"), "")


def _bonded(seen: Seen) -> Iterable[Action]:
    called = seen.record.input or ""
    recipient = "0x" + called[34:74] if seen.record.selector in _BONDS and len(called) >= 74 else ""
    yield _paid(seen, recipient, seen.text("transferId"))


def _withdrew(seen: Seen) -> Iterable[Action]:
    yield _paid(seen, seen.text("recipient"), seen.text("transferId"))


def _paid(seen: Seen, recipient: str, key: str) -> Action:
    """Return what reached a recipient: the one movement to it; what is in no log is the coin."""
    rows = [(i, row) for i, row in enumerate(seen.record.movements) if recipient and row.recipient == recipient]
    rows = [(i, row) for i, row in rows if row.amount and row.kind != "fee"]
    leg = leg_of(seen, "bridge_in", holder=recipient, asset=_asset(seen), amount=seen.number("amount"), key=key)
    if len(rows) == 1:
        leg = replace(leg, asset=rows[0][1].asset, amount=rows[0][1].amount)
    elif not rows and not seen.record.whole:
        return replace(leg, reason=UNSEEN)
    return comes_in(seen, leg)


HOP: Final = ByLogs(
    "hop",
    CONTRACTS,
    (
        Reading(SENT_DOWN, _sent_down),
        Reading(SENT, _sent),
        Reading(COMPLETED, _completed),
        Reading(BONDED, _bonded),
        Reading(WITHDREW, _withdrew),
    ),
)
