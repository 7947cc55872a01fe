"""The Omnibridge and the xDai bridge between Ethereum and Gnosis.

Omnibridge: both ends write the identifier of the message. The recipient of what is sent stands in the message alone,
beside the amount. Votes and collected signatures are no payout. xDai: the other end writes a third word that is the
number of the request, or, before there were numbers, the hash of its transaction. Its coin is made by the block
reward contract and shows as no movement at all; DAI that is simply sent to the bridge writes nothing and is known by
its transaction and given to its sender.

Events: omni/tokenbridge-contracts and omni/omnibridge, as tables of AndreAugusto11/XChainDataGen and rotki/rotki
have them.
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
    goes_out,
    leg_of,
    log_beside,
)
from tracer.decoders.contract import Action, Interests, Need
from tracer.decoders.omnibridge.constants import CONTRACTS
from tracer.model import AssetId, ChainId, TxRecord

ETHEREUM: Final = ChainId("eip155:1")
GNOSIS: Final = ChainId("eip155:100")
DAI: Final = AssetId("eip155:1/erc20:0x6b175474e89094c44da98b954eedeac495271d0f")
"""What the xDai bridge takes on Ethereum: lifinance/contracts, config/gnosis.json."""
SENT: Final = EventAbi(
    "TokensBridgingInitiated(address indexed token, address indexed sender, uint256 value, bytes32 indexed messageId)"
)
ARRIVED: Final = EventAbi(
    "TokensBridged(address indexed token, address indexed recipient, uint256 value, bytes32 indexed messageId)"
)
MESSAGE_DOWN: Final = EventAbi("UserRequestForAffirmation(bytes32 indexed messageId, bytes encodedData)")
MESSAGE_UP: Final = EventAbi("UserRequestForSignature(bytes32 indexed messageId, bytes encodedData)")
XDAI_ASKED: Final = EventAbi("UserRequestForAffirmation(address recipient, uint256 value, bytes32 nonce)")
XDAI_ASKED_OLD: Final = EventAbi("UserRequestForAffirmation(address recipient, uint256 value)")
XDAI_PAID: Final = EventAbi("AffirmationCompleted(address recipient, uint256 value, bytes32 reference)")
XDAI_BACK: Final = EventAbi("UserRequestForSignature(address recipient, uint256 value)")
XDAI_BACK_PAID: Final = EventAbi("RelayedMessage(address recipient, uint256 value, bytes32 reference)")
_WORD: Final = 32


def _other(seen: Seen) -> ChainId:
    return GNOSIS if seen.chain == ETHEREUM else ETHEREUM


def _recipient(seen: Seen) -> str:
    """Return who is named in the message right before the amount."""
    for event in (MESSAGE_DOWN, MESSAGE_UP):
        said = log_beside(seen, event, CONTRACTS, ("amb",))
        if said is None or said["messageId"] != seen.said["messageId"]:
            continue
        data = bytes.fromhex(str(said["encodedData"]).removeprefix("0x"))
        amount = seen.number("value").to_bytes(_WORD, "big")
        at = data.find(amount, _WORD)
        word = data[at - _WORD : at] if at >= 2 * _WORD else b""
        if len(word) == _WORD and not any(word[:12]) and any(word):
            return "0x" + word[12:].hex()
    return ""


def _sent(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=seen.asset("token"),
        amount=-seen.number("value"),
        key=seen.text("messageId"),
        dest_chain=_other(seen),
        dest_recipient=_recipient(seen),
        dest_amount=seen.number("value"),
    )
    yield goes_out(seen, leg)


def _arrived(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("recipient"),
        asset=seen.asset("token"),
        amount=seen.number("value"),
        key=seen.text("messageId"),
        src_chain=_other(seen),
    )
    yield comes_in(seen, leg)


def _xdai_out(seen: Seen) -> Iterable[Action]:
    asset = DAI if seen.chain == ETHEREUM else coin_named(seen.chain)
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=asset,
        amount=-seen.number("value"),
        key=f"xdai:{seen.said['nonce']}" if "nonce" in seen.said else f"xdai:{seen.record.tx}",
        dest_chain=_other(seen),
        dest_recipient=seen.text("recipient"),
        dest_amount=seen.number("value"),
    )
    found = goes_out(seen, leg)
    if found.action == "unknown":  # the bridge keeps its DAI in a vault of its own and may be paid in another form
        amounts = [(i, row) for i, row in enumerate(seen.record.movements) if row.amount == -leg.amount]
        mine = [(i, row) for i, row in amounts if row.sender == seen.record.sender]
        found = replace(leg, asset=mine[0][1].asset, moves=(mine[0][0],)) if mine else found
    yield found


def _xdai_in(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("recipient"),
        asset=DAI if seen.chain == ETHEREUM else coin_named(seen.chain),
        amount=seen.number("value"),
        key=f"xdai:{seen.said['reference']}",
        src_chain=_other(seen),
    )
    # What the reward contract makes is no movement of the transaction, whatever else is held of it.
    yield comes_in(seen, leg) if seen.chain == ETHEREUM else replace(leg, reason=UNSEEN)


class _Omnibridge(ByLogs):
    """What the bridges write, and DAI sent to the xDai bridge, which writes nothing."""

    def interests(self) -> Interests:
        bridges = (address for table in self.contracts.values() for address, role in table.items() if role == "xdai")
        return replace(super().interests(), addresses=frozenset(bridges))

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        said = super().decode(record)
        if isinstance(said, Need) or said or record.chain != ETHEREUM:
            return said
        bridges = {address for address, role in self.contracts[ETHEREUM].items() if role == "xdai"}
        return tuple(
            Action(
                protocol=self.name,
                action="bridge_out",
                holder=row.sender,
                counterparty=row.recipient,
                asset=row.asset,
                amount=-row.amount,
                moves=(index,),
                key=f"xdai:{record.tx}",
                dest_chain=GNOSIS,
                dest_recipient=row.sender,
                dest_amount=row.amount,
            )
            for index, row in enumerate(record.movements)
            if row.recipient in bridges and row.asset == asset_named(ETHEREUM, DAI.rpartition(":")[2]) and row.amount
        )


OMNIBRIDGE: Final = _Omnibridge(
    "omnibridge",
    CONTRACTS,
    (
        Reading(SENT, _sent, ("mediator",)),
        Reading(ARRIVED, _arrived, ("mediator",)),
        Reading(XDAI_ASKED, _xdai_out, ("xdai",)),
        Reading(XDAI_ASKED_OLD, _xdai_out, ("xdai",)),
        Reading(XDAI_BACK, _xdai_out, ("xdai",)),
        Reading(XDAI_PAID, _xdai_in, ("xdai",)),
        Reading(XDAI_BACK_PAID, _xdai_in, ("xdai",)),
    ),
)
