"""The bridge of Arbitrum One: messages in numbered order one way, positions in an outbox the other.

In: the number of the message (`InboxMessageDelivered.messageNum`) is what the gateway's deposit calls its sequence; a
deposit of the coin is a message of kind 12 that holds recipient and amount. On the second layer a token arrives in a
transaction of its own, made from the message, and its log names no number. Out: the position of the message
(`L2ToL1Tx.position`), which the outbox calls its index; the outbox before Nitro counts by batch and index. The token
that gateways name is always that of Ethereum.

Events: OffchainLabs/nitro-contracts, src/bridge and src/precompiles; OffchainLabs/token-bridge-contracts,
contracts/tokenbridge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.arbitrum.constants import CONTRACTS
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named, comes_in, goes_out, leg_of, log_beside, moved
from tracer.decoders.contract import Action
from tracer.model import ChainId

ARBITRUM_CHAIN: Final = ChainId("eip155:42161")
ETHEREUM: Final = ChainId("eip155:1")
DEPOSITED: Final = EventAbi(
    "DepositInitiated(address l1Token, address indexed from, address indexed to, uint256 indexed sequenceNumber, "
    "uint256 amount)"
)
INBOX: Final = EventAbi("InboxMessageDelivered(uint256 indexed messageNum, bytes data)")
MESSAGE: Final = EventAbi(
    "MessageDelivered(uint256 indexed messageIndex, bytes32 indexed beforeInboxAcc, address inbox, uint8 kind, "
    "address sender, bytes32 messageDataHash, uint256 baseFeeL1, uint64 timestamp)"
)
ARRIVED: Final = EventAbi(
    "DepositFinalized(address indexed l1Token, address indexed from, address indexed to, uint256 amount)"
)
LEFT: Final = EventAbi(
    "WithdrawalInitiated(address l1Token, address indexed from, address indexed to, uint256 indexed l2ToL1Id, "
    "uint256 exitNum, uint256 amount)"
)
TO_ETHEREUM: Final = EventAbi(
    "L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, "
    "uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data)"
)
PAID: Final = EventAbi(
    "WithdrawalFinalized(address l1Token, address indexed from, address indexed to, uint256 indexed exitNum, "
    "uint256 amount)"
)
OUTBOX: Final = EventAbi(
    "OutBoxTransactionExecuted(address indexed to, address indexed l2Sender, uint256 indexed outboxEntry, "
    "uint256 transactionIndex)"
)
_COIN_DEPOSIT: Final = 12
_PACKED: Final = 52


def _deposited(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("from"),
        asset=seen.asset("l1Token"),
        amount=-seen.number("amount"),
        key=f"in:{seen.number('sequenceNumber')}",
        dest_chain=ARBITRUM_CHAIN,
        dest_recipient=seen.text("to"),
    )
    yield goes_out(seen, leg)


def _coin_in(seen: Seen) -> Iterable[Action]:
    number = seen.number("messageNum")
    said = log_beside(seen, MESSAGE, CONTRACTS, ("bridge",))
    data = bytes.fromhex(seen.text("data").removeprefix("0x"))
    if said is None or (said["messageIndex"], said["kind"]) != (number, _COIN_DEPOSIT) or len(data) != _PACKED:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=coin_named(seen.chain),
        amount=-int.from_bytes(data[20:], "big"),
        key=f"in:{number}",
        dest_chain=ARBITRUM_CHAIN,
        dest_recipient="0x" + data[:20].hex(),
    )
    yield goes_out(seen, leg)


def _arrived(seen: Seen) -> Iterable[Action]:
    """Return what arrives: the token of this chain, which the log does not name, to whom and as much as it says."""
    to, amount = seen.text("to"), seen.number("amount")
    index = moved(seen.record, amount, payee=(to,))
    leg = leg_of(seen, "bridge_in", holder=to, asset=seen.asset("l1Token"), amount=amount, src_chain=ETHEREUM)
    if index is not None:
        leg = replace(leg, asset=seen.record.movements[index].asset)
    yield comes_in(seen, leg)


def _left(seen: Seen) -> Iterable[Action]:
    amount, payer = seen.number("amount"), seen.text("from")
    index = moved(seen.record, amount, payer=(payer,))
    leg = leg_of(
        seen,
        "bridge_out",
        holder=payer,
        asset=seen.asset("l1Token") if index is None else seen.record.movements[index].asset,
        amount=-amount,
        key=f"out:{seen.number('l2ToL1Id')}",
        dest_chain=ETHEREUM,
        dest_recipient=seen.text("to"),
        dest_asset=f"{ETHEREUM}/erc20:{seen.text('l1Token')}",
    )
    yield goes_out(seen, leg)


def _coin_out(seen: Seen) -> Iterable[Action]:
    if seen.number("callvalue"):
        leg = leg_of(
            seen,
            "bridge_out",
            holder=seen.text("caller"),
            asset=coin_named(seen.chain),
            amount=-seen.number("callvalue"),
            key=f"out:{seen.number('position')}",
            dest_chain=ETHEREUM,
            dest_recipient=seen.text("destination"),
        )
        yield goes_out(seen, leg)


def _index(entry: int, index: int) -> str:
    return f"out:{entry}:{index}" if entry else f"out:{index}"


def _paid(seen: Seen) -> Iterable[Action]:
    said = log_beside(seen, OUTBOX, CONTRACTS, ("outbox",))
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("to"),
        asset=seen.asset("l1Token"),
        amount=seen.number("amount"),
        key="" if said is None else _index(int(str(said["outboxEntry"])), int(str(said["transactionIndex"]))),
        src_chain=ARBITRUM_CHAIN,
    )
    yield comes_in(seen, leg)


def _coin_paid(seen: Seen) -> Iterable[Action]:
    """Return what the bridge pays of the coin: only the calls inside say how much."""
    coin, to = coin_named(seen.chain), seen.text("to")
    bridge = {address for address, role in CONTRACTS[ETHEREUM].items() if role == "bridge"}
    for index, row in enumerate(seen.record.movements):
        if row.asset == coin and row.recipient == to and row.sender in bridge and row.amount:
            key = _index(seen.number("outboxEntry"), seen.number("transactionIndex"))
            leg = leg_of(seen, "bridge_in", holder=to, asset=coin, amount=row.amount, key=key, src_chain=ARBITRUM_CHAIN)
            yield replace(leg, counterparty=row.sender, moves=(index,))


ARBITRUM: Final = ByLogs(
    "arbitrum",
    CONTRACTS,
    (
        Reading(DEPOSITED, _deposited, ("gateway",)),
        Reading(INBOX, _coin_in, ("inbox",)),
        Reading(ARRIVED, _arrived, ("gateway2",)),
        Reading(LEFT, _left, ("gateway2",)),
        Reading(TO_ETHEREUM, _coin_out, ("system",)),
        Reading(PAID, _paid, ("gateway",)),
        Reading(OUTBOX, _coin_paid, ("outbox",)),
    ),
)
