"""LayerZero v2: tokens that cross by a message (OFT), USDT0 and the pools of Stargate v2 among them.

The identifier (guid) stands in what both ends write. A token writes neither its recipient nor proves that it is one:
both are in the packet that the endpoint writes in the same transaction, which counts only from the endpoint itself.
A packet is: version (1 byte), nonce (8), source (4), sender (32), destination (4), receiver (32), guid (32), message.
The message of a token is recipient (32) and amount (8); that of a Stargate pool has kind (1) and number of the asset
(2) before them. Which of the two it is, the amount decides, which must be that of the log at some power of ten. A
ticket of Stargate's bus has no guid of its own and is not followed.

What a token writes of the other chain and of the guid is held to the endpoint's word: to the packet that is sent, and
to the origin of one that is delivered, whose guid is keccak256 of nonce, source, sender, destination and receiver
(GUID.sol).

Events: LayerZero-Labs/LayerZero-v2, packages/layerzero-v2/evm/oapp/contracts/oft/interfaces/IOFT.sol and
protocol/contracts/interfaces/ILayerZeroEndpointV2.sol; stargate-protocol/stargate-v2, src/libs/TaxiCodec.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi, Value
from tracer.decoders.by_log import (
    ByLogs,
    Reading,
    Seen,
    address_in,
    asset_named,
    coin_named,
    comes_in,
    goes_out,
    leg_of,
    moved,
    number_of,
    role_of,
)
from tracer.decoders.chain_numbers import chain_numbered, number_of_chain
from tracer.decoders.contract import Action
from tracer.decoders.layerzero.constants import CONTRACTS
from tracer.model import AssetId, LogRecord, TxRecord, keccak256, native_asset

SENT: Final = EventAbi(
    "OFTSent(bytes32 indexed guid, uint32 dstEid, address indexed fromAddress, uint256 amountSentLD, "
    "uint256 amountReceivedLD)"
)
RECEIVED: Final = EventAbi(
    "OFTReceived(bytes32 indexed guid, uint32 srcEid, address indexed toAddress, uint256 amountReceivedLD)"
)
PACKET: Final = EventAbi("PacketSent(bytes encodedPayload, bytes options, address sendLibrary)")
DELIVERED: Final = EventAbi("PacketDelivered((uint32 srcEid, bytes32 sender, uint64 nonce) origin, address receiver)")
_SENDER: Final = slice(13, 45)
_DESTINATION: Final = slice(45, 49)
_GUID: Final = slice(81, 113)
_MESSAGE: Final = 113
_V2: Final = 30_000
_LARGEST_SCALE: Final = 13


def _proven(record: TxRecord, log: LogRecord) -> str:
    """Return that a contract is a token of LayerZero, where the endpoint wrote its packet in the same transaction.

    Who sends the packet is the token itself, or the messenger of Stargate for a pool through which something moved.
    """
    guid = bytes.fromhex(log.topics[1].removeprefix("0x")) if len(log.topics) > 1 else b""
    packet = _packet(record, guid) if any(guid) else None
    if packet is not None:
        return "token" if _speaks(record, address_in("0x" + packet[_SENDER].hex()), log.address) else ""
    for other in record.logs or ():
        said = DELIVERED.read(other) if _is_endpoint(record, other.address) else None
        if said is not None and log.topics[:1] == (RECEIVED.topic,):
            return "token" if _speaks(record, str(said["receiver"]), log.address) else ""
    return ""


def _speaks(record: TxRecord, speaker: str, contract: str) -> bool:
    if speaker == contract:
        return True
    parties = {party for row in record.movements for party in (row.sender, row.recipient)}
    return role_of(CONTRACTS, record.chain, speaker) == "messenger" and contract in parties


def _is_endpoint(record: TxRecord, address: str) -> bool:
    return role_of(CONTRACTS, record.chain, address) == "endpoint"


def _packet(record: TxRecord, guid: bytes) -> bytes | None:
    for log in record.logs or ():
        said = PACKET.read(log) if _is_endpoint(record, log.address) else None
        if said is not None:
            payload = bytes.fromhex(str(said["encodedPayload"]).removeprefix("0x"))
            if payload[_GUID] == guid:
                return payload
    return None


def _recipient(payload: bytes | None, amount: int) -> str:
    for start in (_MESSAGE, _MESSAGE + 3) if payload else ():
        assert payload is not None, "nothing is looked for in none"
        word, small = payload[start : start + 32], int.from_bytes(payload[start + 32 : start + 40], "big")
        if small and any(small * 10**scale == amount for scale in range(_LARGEST_SCALE)):
            return address_in("0x" + word.hex())
    return ""


def _asset(seen: Seen, amount: int, *, out: bool) -> AssetId:
    """Return the asset that moved through a token's contract: its own, that of a pool, or the coin."""
    record, contract = seen.record, seen.log.address
    own = asset_named(seen.chain, contract)
    index = moved(record, amount, asset=own)
    if index is None:
        index = moved(record, amount, payee=(contract,)) if out else moved(record, amount, payer=(contract,))
    if index is None:
        # A token with an adapter that burns and makes: the only other movement of that amount.
        found = {row.asset for row in record.movements if row.amount == amount and row.kind in ("mint", "burn")}
        if len(found) == 1:
            return found.pop()
    if index is not None:
        return record.movements[index].asset
    return own if native_asset(seen.chain) is None else coin_named(seen.chain)


def _sent(seen: Seen) -> Iterable[Action]:
    amount, guid = seen.number("amountSentLD"), bytes.fromhex(seen.text("guid").removeprefix("0x"))
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("fromAddress"),
        asset=_asset(seen, amount, out=True),
        amount=-amount,
        key=seen.text("guid"),
        dest_chain=chain_numbered("layerzero", number_of(seen.said["dstEid"]) % _V2),
        dest_recipient=_recipient(_packet(seen.record, guid), seen.number("amountReceivedLD")),
        dest_amount=seen.number("amountReceivedLD"),
    )
    packet = _packet(seen.record, guid)
    if packet is not None and int.from_bytes(packet[_DESTINATION], "big") != number_of(seen.said["dstEid"]):
        reason = f"Log {seen.log.index} names another chain than the packet that the endpoint sent."
        yield replace(leg, action="unknown", reason=reason)
        return
    yield goes_out(seen, leg, into=(seen.log.address,), at_least=leg.asset == native_asset(seen.chain))


def _received(seen: Seen) -> Iterable[Action]:
    amount = seen.number("amountReceivedLD")
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("toAddress"),
        asset=_asset(seen, amount, out=False),
        amount=amount,
        key=seen.text("guid"),
        src_chain=chain_numbered("layerzero", number_of(seen.said["srcEid"]) % _V2),
    )
    if not _is_delivered(seen):
        reason = f"Log {seen.log.index} names another packet than the endpoint delivered to its contract."
        yield replace(leg, action="unknown", reason=reason)
        return
    yield comes_in(seen, leg)


def _is_delivered(seen: Seen) -> bool:
    """Return whether the endpoint delivered the packet that a token writes of.

    Where the number of this chain is not known, that packet must be the only one from the chain that is named.
    """
    number = number_of_chain("layerzero", seen.chain)
    source, guid = number_of(seen.said["srcEid"]), seen.text("guid")
    from_there, delivered = 0, set()
    for log in seen.record.logs or ():
        said = DELIVERED.read(log) if _is_endpoint(seen.record, log.address) else None
        if said is None or not _speaks(seen.record, str(said["receiver"]), seen.log.address):
            continue
        eid, sender, nonce = _parts_of(said["origin"])
        if eid == source:
            from_there += 1
            receiver = bytes(12) + bytes.fromhex(str(said["receiver"])[2:])
            head = nonce.to_bytes(8, "big") + eid.to_bytes(4, "big") + bytes.fromhex(sender.removeprefix("0x"))
            if number is not None:
                delivered.add("0x" + keccak256(head + (_V2 + number % _V2).to_bytes(4, "big") + receiver).hex())
    return guid in delivered if number is not None else from_there == 1


def _parts_of(origin: Value) -> tuple[int, str, int]:
    assert isinstance(origin, tuple), "the signature says so"
    return number_of(origin[0]), str(origin[1]), number_of(origin[2])


LAYERZERO: Final = ByLogs("layerzero", {}, (Reading(SENT, _sent), Reading(RECEIVED, _received)), proven=_proven)
