"""The standard bridge of Optimism and Base: messengers whose messages both chains know by one hash.

The bridge writes who sends what to whom, the messenger beside it the message. Its hash is computed here from the
message as it is sent (version 0 before Bedrock, 1 since), and is what the other side's messenger writes when it
relays it. Every step is written under two names, an old and a new one: one is counted. A deposit straight into the
portal makes a transaction on the second layer whose hash follows from the block of Ethereum and the place of the log;
that transaction brings the coin and writes nothing. A withdrawal past the messenger is named by its own hash.

The contract that writes decides the chain: each chain of the stack has its own on Ethereum.
Events: ethereum-optimism/optimism, packages/contracts-bedrock/src/L1, src/L2 and src/universal; hashes:
src/libraries/Hashing.sol and Encoding.sol; the transaction of a deposit: specs, protocol/deposits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi, Value
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named, comes_in, goes_out, leg_of, log_beside, role_of
from tracer.decoders.contract import Action, Interests, Need
from tracer.decoders.opstack.constants import CONTRACTS
from tracer.model import AssetId, ChainId, TxRecord, keccak256, native_asset

COIN_OUT: Final = EventAbi("ETHBridgeInitiated(address indexed from, address indexed to, uint256 amount, bytes data)")
COIN_OUT_OLD: Final = EventAbi(
    "ETHDepositInitiated(address indexed from, address indexed to, uint256 amount, bytes data)"
)
COIN_IN: Final = EventAbi("ETHBridgeFinalized(address indexed from, address indexed to, uint256 amount, bytes data)")
COIN_IN_OLD: Final = EventAbi(
    "ETHWithdrawalFinalized(address indexed from, address indexed to, uint256 amount, bytes data)"
)
_NAMED: Final = (
    "(address indexed {0}, address indexed {1}, address indexed from, address to, uint256 amount, bytes data)"
)
TOKEN_OUT: Final = EventAbi("ERC20BridgeInitiated" + _NAMED.format("localToken", "remoteToken"))
TOKEN_OUT_OLD: Final = EventAbi("ERC20DepositInitiated" + _NAMED.format("localToken", "remoteToken"))
TOKEN_IN: Final = EventAbi("ERC20BridgeFinalized" + _NAMED.format("localToken", "remoteToken"))
TOKEN_IN_OLD: Final = EventAbi("ERC20WithdrawalFinalized" + _NAMED.format("localToken", "remoteToken"))
WITHDRAWN: Final = EventAbi("WithdrawalInitiated" + _NAMED.format("remoteToken", "localToken"))
ARRIVED: Final = EventAbi("DepositFinalized" + _NAMED.format("remoteToken", "localToken"))
SENT: Final = EventAbi(
    "SentMessage(address indexed target, address sender, bytes message, uint256 messageNonce, uint256 gasLimit)"
)
SENT_VALUE: Final = EventAbi("SentMessageExtension1(address indexed sender, uint256 value)")
RELAYED: Final = EventAbi("RelayedMessage(bytes32 indexed msgHash)")
PORTAL: Final = EventAbi(
    "TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData)"
)
PASSED: Final = EventAbi(
    "MessagePassed(uint256 indexed nonce, address indexed sender, address indexed target, uint256 value, "
    "uint256 gasLimit, bytes data, bytes32 withdrawalHash)"
)
FINALIZED: Final = EventAbi("WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)")
_COIN_MARKS: Final = ("0x" + 40 * "0", "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000")
_VERSION: Final = 240
_DEPOSIT_TYPE: Final = 0x7E
_PACKED: Final = 72
_SINGLE: Final = 0x80
_SHORT: Final = 55


def message_hash(sent: Mapping[str, Value], value: int) -> str:
    """Return the hash by which both sides know a message of the messenger.

    Parameters
    ----------
    sent : mapping
        The arguments of `SentMessage`.
    value : int
        What it carries, wei.
    """
    from eth_abi.abi import encode

    nonce, message = int(str(sent["messageNonce"])), bytes.fromhex(str(sent["message"]).removeprefix("0x"))
    target, sender = str(sent["target"]), str(sent["sender"])
    if nonce >> _VERSION == 0:
        text, kinds = "relayMessage(address,address,bytes,uint256)", ("address", "address", "bytes", "uint256")
        body = encode(kinds, (target, sender, message, nonce))
    else:
        text = "relayMessage(uint256,address,address,uint256,uint256,bytes)"
        kinds_1 = ("uint256", "address", "address", "uint256", "uint256", "bytes")
        body = encode(kinds_1, (nonce, sender, target, value, int(str(sent["gasLimit"])), message))
    return "0x" + keccak256(keccak256(text.encode())[:4] + body).hex()


def deposit_hash(block_hash: str, log_index: int, sender: str, to: str, opaque: bytes) -> str:
    """Return the hash of the transaction that a deposit into the portal becomes on the second layer.

    Parameters
    ----------
    block_hash : str
        Of the block of Ethereum.
    log_index : int
        Index of the portal's log in it.
    sender, to : str
        As the portal writes them, the sender of a contract already moved.
    opaque : bytes
        What the portal packs: minted (32 bytes), value (32), gas (8), whether a contract is made (1), data.
    """
    place = keccak256(bytes.fromhex(block_hash.removeprefix("0x")) + log_index.to_bytes(32, "big"))
    source = keccak256(bytes(32) + place)
    minted, value, gas = (int.from_bytes(opaque[a:b], "big") for a, b in ((0, 32), (32, 64), (64, 72)))
    made = opaque[72] == 1
    fields: list[bytes | int] = [source, _raw(sender), b"" if made else _raw(to), minted, value, gas, 0, opaque[73:]]
    body = b"".join(_rlp(field if isinstance(field, bytes) else _shortest(field)) for field in fields)
    return "0x" + keccak256(bytes([_DEPOSIT_TYPE]) + _prefixed(0xC0, body)).hex()


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _rlp(text: bytes) -> bytes:
    """Return bytes as Ethereum's serialisation has them (Yellow Paper, appendix B)."""
    return text if len(text) == 1 and text[0] < _SINGLE else _prefixed(_SINGLE, text)


def _prefixed(start: int, body: bytes) -> bytes:
    if len(body) <= _SHORT:
        return bytes([start + len(body)]) + body
    size = _shortest(len(body))
    return bytes([start + _SHORT + len(size)]) + size + body


def _raw(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))


def _other_chain(seen: Seen) -> str:
    return seen.role.partition(":")[2]


def _messengers(seen: Seen) -> tuple[str, ...]:
    return (f"messenger:{_other_chain(seen)}",)


def _sent_key(seen: Seen) -> str:
    """Return the hash of the message beside a log of the bridge: the one that is sent next, or was sent last."""
    roles = _messengers(seen)
    sent = log_beside(seen, SENT, CONTRACTS, roles, after=True) or log_beside(seen, SENT, CONTRACTS, roles)
    if sent is None:
        return ""
    extra = log_beside(seen, SENT_VALUE, CONTRACTS, roles, after=True) or log_beside(seen, SENT_VALUE, CONTRACTS, roles)
    return message_hash(sent, 0 if extra is None else int(str(extra["value"])))


def _relayed_key(seen: Seen) -> str:
    said = log_beside(seen, RELAYED, CONTRACTS, _messengers(seen), after=True)
    return "" if said is None else str(said["msgHash"])


def _local(seen: Seen) -> AssetId:
    named = seen.text("localToken") if "localToken" in seen.said else _COIN_MARKS[0]
    return coin_named(seen.chain) if named in _COIN_MARKS else seen.asset("localToken")


def _remote(seen: Seen) -> str:
    named = seen.text("remoteToken") if "remoteToken" in seen.said else _COIN_MARKS[0]
    return "" if named in _COIN_MARKS else f"{_other_chain(seen)}/erc20:{named}"


def _leaves(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("from"),
        asset=_local(seen),
        amount=-seen.number("amount"),
        key=_sent_key(seen),
        dest_chain=_other_chain(seen),
        dest_recipient=seen.text("to"),
        dest_asset=_remote(seen),
        dest_amount=seen.number("amount"),
    )
    yield goes_out(seen, leg)


def _arrives(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("to"),
        asset=_local(seen),
        amount=seen.number("amount"),
        key=_relayed_key(seen),
        src_chain=_other_chain(seen),
    )
    yield comes_in(seen, leg)


def _portal(seen: Seen) -> Iterable[Action]:
    """Return a deposit of the coin straight into the portal; one of the messenger or the bridge has its own leg."""
    chain, opaque = _other_chain(seen), bytes.fromhex(seen.text("opaqueData").removeprefix("0x"))
    minted = int.from_bytes(opaque[:32], "big")
    by_messenger = log_beside(seen, SENT, CONTRACTS, (f"messenger:{chain}",)) is not None
    if by_messenger or not minted or len(opaque) <= _PACKED or not seen.record.block_hash:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=coin_named(seen.chain),
        amount=-minted,
        key=deposit_hash(seen.record.block_hash, seen.log.index, seen.text("from"), seen.text("to"), opaque),
        dest_chain=chain,
        dest_recipient=seen.text("to"),
        dest_amount=int.from_bytes(opaque[32:64], "big"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _passed(seen: Seen) -> Iterable[Action]:
    """Return a withdrawal of the coin past the messenger."""
    if not seen.number("value") or log_beside(seen, SENT, CONTRACTS, ("messenger:eip155:1",)) is not None:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=coin_named(seen.chain),
        amount=-seen.number("value"),
        key=seen.text("withdrawalHash"),
        dest_chain=_other_chain(seen),
        dest_recipient=seen.text("target"),
        dest_amount=seen.number("value"),
    )
    yield goes_out(seen, leg)


def _finalized(seen: Seen) -> Iterable[Action]:
    """Return what the portal pays past the messenger: only the calls inside say how much to whom."""
    chain = _other_chain(seen)
    if not seen.said["success"] or log_beside(seen, RELAYED, CONTRACTS, (f"messenger:{chain}",)) is not None:
        return
    coin = coin_named(seen.chain)
    leg = leg_of(seen, "bridge_in", holder="", asset=coin, amount=0, key=seen.text("withdrawalHash"), src_chain=chain)
    paid = [
        (index, row)
        for index, row in enumerate(seen.record.movements)
        if row.sender == seen.log.address and row.asset == coin and row.amount
    ]
    if len(paid) == 1:
        index, row = paid[0]
        yield replace(leg, holder=row.recipient, amount=row.amount, moves=(index,))
    elif not seen.record.whole:
        yield replace(leg, reason="To whom and how much is in the calls inside the transaction, which are not known.")


class _OpStack(ByLogs):
    """What bridges, messengers and portals write, and deposits on the second layer, which write nothing."""

    def interests(self) -> Interests:
        # A deposit is known by its own kind of transaction: what it makes has no payer.
        return replace(super().interests(), selectors=frozenset({""}))

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        if record.logs is None:
            return ()  # it is shown every plain payment, and asks for nothing on the strength of that
        said = super().decode(record)
        if isinstance(said, Need) or said or record.chain == "eip155:1" or native_asset(record.chain) is None:
            return said
        coin = coin_named(record.chain)
        rows = list(enumerate(record.movements))
        index = next((i for i, row in rows if (row.kind, row.asset) == ("mint", coin)), None)
        paid = next((i for i, row in rows if row.layer == "top" and row.asset == coin and row.amount), None)
        # A deposit pays no fee; where the node does not say what it minted, that alone shows what it is.
        is_deposit = record.chain in _LAYERS and not any(row.kind == "fee" for _, row in rows)
        if index is None and (paid is None or not is_deposit):
            return said
        moves = tuple(sorted({one for one in (index, paid) if one is not None}))
        last = record.movements[moves[-1] if paid is None else paid]
        if role_of(CONTRACTS, record.chain, last.recipient):
            return said  # what is paid into the messenger goes on from there, or waits
        return (
            Action(
                protocol=self.name,
                action="bridge_in",
                holder=last.recipient,
                counterparty=last.sender,
                asset=coin,
                amount=last.amount,
                moves=moves,
                key=record.tx,
                src_chain=ChainId("eip155:1"),
            ),
        )


_LAYERS: Final = (ChainId("eip155:10"), ChainId("eip155:8453"))
_BRIDGES: Final = ("bridge:eip155:1", "bridge:eip155:10", "bridge:eip155:8453")
_PORTALS: Final = ("portal:eip155:10", "portal:eip155:8453")
OPSTACK: Final = _OpStack(
    "opstack",
    CONTRACTS,
    (
        *(Reading(event, _leaves, _BRIDGES) for event in (COIN_OUT, COIN_OUT_OLD, TOKEN_OUT, TOKEN_OUT_OLD, WITHDRAWN)),
        *(Reading(event, _arrives, _BRIDGES) for event in (COIN_IN, COIN_IN_OLD, TOKEN_IN, TOKEN_IN_OLD, ARRIVED)),
        Reading(PORTAL, _portal, _PORTALS),
        Reading(FINALIZED, _finalized, _PORTALS),
        Reading(PASSED, _passed, ("passer:eip155:1",)),
    ),
)
