"""zkSync Era and zkSync Lite.

Era: a deposit is known by the hash of the transaction that it becomes on the second layer, which the contracts on
Ethereum write. A withdrawal is proven by batch, number and position, and its payout names no hash of the second
layer: neither end has a key. Lite: a deposit is known by its number in the queue; it names assets by numbers of its
own, so that the asset is that of the movement. Its payouts, many in one transaction, name an amount and no owner: a
movement out of the contract bears each of them out.

Events: matter-labs/era-contracts, l1-contracts/contracts/state-transition/chain-interfaces/IMailbox.sol and
contracts/bridge; matter-labs/zksync, contracts/contracts/Events.sol.
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
    coin_named,
    comes_in,
    goes_out,
    leg_of,
    log_beside,
    moved,
    number_of,
)
from tracer.decoders.contract import Action
from tracer.decoders.zksync.constants import CONTRACTS
from tracer.model import AssetId, ChainId

ERA: Final = ChainId("eip155:324")
ETHEREUM: Final = ChainId("eip155:1")
LITE: Final = "zksync-lite:1"
REQUESTED: Final = EventAbi(
    "NewPriorityRequest(uint256 txId, bytes32 txHash, uint64 expirationTimestamp, "
    "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256[4],bytes,bytes,"
    "uint256[],bytes,bytes) transaction, bytes[] factoryDeps)"
)
DEPOSITED: Final = EventAbi(
    "DepositInitiated(bytes32 indexed l2DepositTxHash, address indexed from, address indexed to, address l1Token, "
    "uint256 amount)"
)
PAID: Final = EventAbi("WithdrawalFinalized(address indexed to, address indexed l1Token, uint256 amount)")
LEFT: Final = EventAbi(
    "WithdrawalInitiated(address indexed l2Sender, address indexed l1Receiver, address indexed l2Token, uint256 amount)"
)
COIN_LEFT: Final = EventAbi("Withdrawal(address indexed l2Sender, address indexed l1Receiver, uint256 amount)")
ARRIVED: Final = EventAbi(
    "FinalizeDeposit(address indexed l1Sender, address indexed l2Receiver, address indexed l2Token, uint256 amount)"
)
LITE_QUEUED: Final = EventAbi(
    "NewPriorityRequest(address sender, uint64 serialId, uint8 opType, bytes pubData, uint256 expirationBlock)"
)
LITE_IN: Final = EventAbi("Deposit(uint16 indexed tokenId, uint128 amount)")
LITE_IN_OLD: Final = EventAbi(
    "OnchainDeposit(address indexed sender, uint16 indexed tokenId, uint128 amount, address indexed owner)"
)
LITE_OUT: Final = EventAbi("Withdrawal(uint16 indexed tokenId, uint128 amount)")
LITE_OUT_OWNED: Final = EventAbi("Withdrawal(address indexed owner, uint16 indexed tokenId, uint128 amount)")
LITE_QUEUE_PAID: Final = EventAbi("PendingWithdrawalsComplete(uint32 queueStartIndex, uint32 queueEndIndex)")
CLAIMED: Final = EventAbi("Claimed(uint256 index, address account, address token, uint256 amount)")
_TO, _VALUE = 2, 9
_OWNER_BYTES: Final = 20


def _requested(seen: Seen) -> Iterable[Action]:
    """Return a deposit of the coin; a token's is told by the bridge that takes it."""
    transaction = seen.parts("transaction")
    value = number_of(transaction[_VALUE])
    if not value:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=coin_named(seen.chain),
        amount=-value,
        key=seen.text("txHash"),
        dest_chain=ERA,
        dest_recipient=f"0x{number_of(transaction[_TO]):040x}",
        dest_amount=value,
    )
    yield goes_out(seen, leg, at_least=True)


def _deposited(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("from"),
        asset=seen.asset("l1Token"),
        amount=-seen.number("amount"),
        key=seen.text("l2DepositTxHash"),
        dest_chain=ERA,
        dest_recipient=seen.text("to"),
        dest_amount=seen.number("amount"),
    )
    yield goes_out(seen, leg, at_least=leg.asset == coin_named(seen.chain))


def _paid(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("to"),
        asset=seen.asset("l1Token"),
        amount=seen.number("amount"),
        src_chain=ERA,
    )
    yield comes_in(seen, leg)


def _left(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("l2Sender"),
        asset=seen.asset("l2Token") if "l2Token" in seen.said else coin_named(seen.chain),
        amount=-seen.number("amount"),
        dest_chain=ETHEREUM,
        dest_recipient=seen.text("l1Receiver"),
        dest_amount=seen.number("amount"),
    )
    yield goes_out(seen, leg)


def _arrived(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("l2Receiver"),
        asset=seen.asset("l2Token"),
        amount=seen.number("amount"),
        key=seen.record.tx,
        src_chain=ETHEREUM,
    )
    yield comes_in(seen, leg)


def _lite_in(seen: Seen) -> Iterable[Action]:
    amount = seen.number("amount")
    index = moved(seen.record, amount, payee=(seen.log.address,))
    queued = log_beside(seen, LITE_QUEUED, CONTRACTS, ("lite",))
    data = "" if queued is None else str(queued["pubData"]).removeprefix("0x")
    owner = "0x" + data[-2 * _OWNER_BYTES :] if len(data) >= 2 * _OWNER_BYTES else ""
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender") if "sender" in seen.said else seen.record.sender,
        asset=coin_named(seen.chain) if index is None else seen.record.movements[index].asset,
        amount=-amount,
        key="" if queued is None else f"lite:{queued['serialId']}",
        dest_chain=LITE,
        dest_recipient=seen.text("owner") if "owner" in seen.said else owner,
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _lite_out(seen: Seen) -> Iterable[Action]:
    """Return a payout: its movement is the one whose turn it is among those of the same amount."""
    amount, owner = seen.number("amount"), seen.text("owner") if "owner" in seen.said else ""
    turn = sum(
        1
        for log in seen.record.logs or ()
        if log.index < seen.log.index and log.topics == seen.log.topics and log.data == seen.log.data
    )
    rows = [
        (index, row)
        for index, row in enumerate(seen.record.movements)
        if row.amount == amount and row.sender == seen.log.address and owner in ("", row.recipient)
    ]
    asset = coin_named(seen.chain) if seen.number("tokenId") == 0 else AssetId(f"{LITE}/token:{seen.number('tokenId')}")
    leg = leg_of(seen, "bridge_in", holder=owner, asset=asset, amount=amount, src_chain=LITE)
    if turn < len(rows):
        index, row = rows[turn]
        yield replace(leg, holder=row.recipient, asset=row.asset, moves=(index,))
    elif not seen.record.whole:
        yield replace(leg, reason=UNSEEN)
    else:
        yield replace(leg, reason="The amount waits in the contract until somebody withdraws it.")


def _lite_queue_paid(seen: Seen) -> Iterable[Action]:
    """Return what a queue pays: every token that leaves the contract in the transaction."""
    for index, row in enumerate(seen.record.movements):
        if row.sender == seen.log.address and row.kind == "token" and row.amount:
            leg = leg_of(seen, "bridge_in", holder=row.recipient, asset=row.asset, amount=row.amount, src_chain=LITE)
            yield replace(leg, moves=(index,))


def _claimed(seen: Seen) -> Iterable[Action]:
    """Return what is claimed of Lite since it closed."""
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("account"),
        asset=seen.asset("token"),
        amount=seen.number("amount"),
        key=f"lite:claim:{seen.number('index')}",
        src_chain=LITE,
    )
    yield comes_in(seen, leg, out_of=(seen.log.address,))


ZKSYNC: Final = ByLogs(
    "zksync",
    CONTRACTS,
    (
        Reading(REQUESTED, _requested, ("diamond",)),
        Reading(DEPOSITED, _deposited, ("bridge", "shared")),
        Reading(PAID, _paid, ("bridge", "shared")),
        Reading(LEFT, _left, ("bridge2",)),
        Reading(COIN_LEFT, _left, ("coin2",)),
        Reading(ARRIVED, _arrived, ("bridge2",)),
        Reading(LITE_IN, _lite_in, ("lite",)),
        Reading(LITE_IN_OLD, _lite_in, ("lite",)),
        Reading(LITE_OUT, _lite_out, ("lite",)),
        Reading(LITE_OUT_OWNED, _lite_out, ("lite",)),
        Reading(LITE_QUEUE_PAID, _lite_queue_paid, ("lite",)),
        Reading(CLAIMED, _claimed, ("sunset",)),
    ),
)
