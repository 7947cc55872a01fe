"""Wormhole: the token bridge locks or burns on one chain and pays or makes on another, by a signed message.

A message is named by the chain it comes from (Wormhole's number), who sent it and its sequence; the other end writes
the same three. Only what the token bridge sends through the core is a transfer: payload 1, or 3, whose recipient is a
contract that goes on. A payload is kind (1 byte), amount (32), token (32), its chain (2), recipient (32), its chain
(2), fee (32). Amounts have at most eight decimals: the movement has the exact one.

Events and payload: wormhole-foundation/wormhole, ethereum/contracts/Implementation.sol, bridge/BridgeStructs.sol and
bridge/Bridge.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, address_in, asset_named, coin_named, goes_out, leg_of, role_of
from tracer.decoders.chain_numbers import chain_numbered, number_of_chain
from tracer.decoders.contract import Action
from tracer.decoders.wormhole.constants import CONTRACTS

PUBLISHED: Final = EventAbi(
    "LogMessagePublished(address indexed sender, uint64 sequence, uint32 nonce, bytes payload, uint8 consistencyLevel)"
)
REDEEMED: Final = EventAbi(
    "TransferRedeemed(uint16 indexed emitterChainId, bytes32 indexed emitterAddress, uint64 indexed sequence)"
)
_LENGTH: Final = 133
_DECIMALS_CUT: Final = 28


def _published(seen: Seen) -> Iterable[Action]:
    bridge = seen.text("sender")
    payload = bytes.fromhex(seen.text("payload").removeprefix("0x"))
    if role_of(CONTRACTS, seen.chain, bridge) != "bridge" or len(payload) < _LENGTH or payload[0] not in (1, 3):
        return
    amount, chain = int.from_bytes(payload[1:33], "big"), int.from_bytes(payload[99:101], "big")
    own = number_of_chain("wormhole", seen.chain)
    # A token of another chain stands here under an address that the payload does not name: its movement does.
    named = asset_named(seen.chain, address_in(_hex(payload[33:65])))
    asset = named if int.from_bytes(payload[65:67], "big") == own else coin_named(seen.chain)
    exact = next(
        (
            row
            for row in seen.record.movements
            if (row.recipient == bridge or row.kind == "burn")
            and any(row.amount // 10**cut == amount for cut in range(_DECIMALS_CUT))
        ),
        None,
    )
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=asset if exact is None else exact.asset,
        amount=-(amount if exact is None else exact.amount),
        key=f"{own}:{address_in(bridge)}:{seen.number('sequence')}",
        dest_chain=chain_numbered("wormhole", chain),
        dest_recipient=address_in(_hex(payload[67:99])),
    )
    yield goes_out(seen, leg)


def _redeemed(seen: Seen) -> Iterable[Action]:
    """Return what is paid out: the largest movement out of the bridge, since a relayer's fee is paid beside it."""
    paid = [
        (i, row)
        for i, row in enumerate(seen.record.movements)
        if row.amount and row.kind != "fee" and (row.sender == seen.log.address or row.kind == "mint")
    ]
    if not paid:
        return
    index, row = max(paid, key=lambda one: (one[1].amount, -one[0]))
    source = seen.number("emitterChainId")
    yield replace(
        leg_of(
            seen,
            "bridge_in",
            holder=row.recipient,
            asset=row.asset,
            amount=row.amount,
            key=f"{source}:{address_in(seen.said['emitterAddress'])}:{seen.number('sequence')}",
            src_chain=chain_numbered("wormhole", source),
        ),
        moves=(index,),
    )


def _hex(word: bytes) -> str:
    return "0x" + word.hex()


WORMHOLE: Final = ByLogs(
    "wormhole", CONTRACTS, (Reading(PUBLISHED, _published, ("core",)), Reading(REDEEMED, _redeemed, ("bridge",)))
)
