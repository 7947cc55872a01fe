"""The bridge of Scroll: messengers that know a message by the hash of the call that relays it.

The hash is computed from what is sent (sender, target, value, number, message) and is what the other side writes when
it relays it. Gateways stand before the messengers and write who sends what to whom; a message with value and no
gateway carries the coin itself.

Events: scroll-tech/scroll-contracts, src/L1 and src/L2; hash: src/libraries/ScrollMessengerBase.sol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tracer.chains import EventAbi, Value
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named, comes_in, goes_out, leg_of, log_beside
from tracer.decoders.contract import Action
from tracer.decoders.scroll.constants import CONTRACTS
from tracer.model import AssetId, ChainId, keccak256

_COIN: Final = "(address indexed from, address indexed to, uint256 amount, bytes data)"
_NAMED: Final = (
    "(address indexed l1Token, address indexed l2Token, address indexed from, address to, uint256 amount, bytes data)"
)
OUT: Final = tuple(
    EventAbi(text)
    for text in ("DepositETH" + _COIN, "WithdrawETH" + _COIN, "DepositERC20" + _NAMED, "WithdrawERC20" + _NAMED)
)
IN: Final = tuple(
    EventAbi(text)
    for text in (
        "FinalizeDepositETH" + _COIN,
        "FinalizeWithdrawETH" + _COIN,
        "FinalizeDepositERC20" + _NAMED,
        "FinalizeWithdrawERC20" + _NAMED,
    )
)
SENT: Final = EventAbi(
    "SentMessage(address indexed sender, address indexed target, uint256 value, uint256 messageNonce, "
    "uint256 gasLimit, bytes message)"
)
RELAYED: Final = EventAbi("RelayedMessage(bytes32 indexed messageHash)")
ETHEREUM: Final = ChainId("eip155:1")
SCROLL_CHAIN: Final = ChainId("eip155:534352")


def message_hash(sent: Mapping[str, Value]) -> str:
    """Return the hash by which both sides know a message.

    Parameters
    ----------
    sent : mapping
        The arguments of `SentMessage`.
    """
    from eth_abi.abi import encode

    body = encode(
        ("address", "address", "uint256", "uint256", "bytes"),
        (
            str(sent["sender"]),
            str(sent["target"]),
            int(str(sent["value"])),
            int(str(sent["messageNonce"])),
            bytes.fromhex(str(sent["message"]).removeprefix("0x")),
        ),
    )
    text = b"relayMessage(address,address,uint256,uint256,bytes)"
    return "0x" + keccak256(keccak256(text)[:4] + body).hex()


def _other(seen: Seen) -> ChainId:
    return SCROLL_CHAIN if seen.chain == ETHEREUM else ETHEREUM


def _token(seen: Seen, *, here: bool) -> AssetId | None:
    if "l1Token" not in seen.said:
        return None
    on_ethereum = (seen.chain == ETHEREUM) == here
    chain = ETHEREUM if on_ethereum else SCROLL_CHAIN
    return AssetId(f"{chain}/erc20:{seen.text('l1Token' if on_ethereum else 'l2Token')}")


def _leaves(seen: Seen) -> Iterable[Action]:
    sent = log_beside(seen, SENT, CONTRACTS, ("messenger",))
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("from"),
        asset=_token(seen, here=True) or coin_named(seen.chain),
        amount=-seen.number("amount"),
        key="" if sent is None else message_hash(sent),
        dest_chain=_other(seen),
        dest_recipient=seen.text("to"),
        dest_asset=_token(seen, here=False) or "",
        dest_amount=seen.number("amount"),
    )
    yield goes_out(seen, leg, at_least="l1Token" not in seen.said)


def _arrives(seen: Seen) -> Iterable[Action]:
    said = log_beside(seen, RELAYED, CONTRACTS, ("messenger",))
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("to"),
        asset=_token(seen, here=True) or coin_named(seen.chain),
        amount=seen.number("amount"),
        key="" if said is None else str(said["messageHash"]),
        src_chain=_other(seen),
    )
    yield comes_in(seen, leg)


def _sent(seen: Seen) -> Iterable[Action]:
    """Return the coin that a message carries where no gateway sends it."""
    gateways = {address for address, role in CONTRACTS[seen.chain].items() if role in ("coin", "gateway")}
    if not seen.number("value") or seen.text("sender") in gateways:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=coin_named(seen.chain),
        amount=-seen.number("value"),
        key=message_hash(seen.said),
        dest_chain=_other(seen),
        dest_recipient=seen.text("target"),
        dest_amount=seen.number("value"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,), at_least=True)


SCROLL: Final = ByLogs(
    "scroll",
    CONTRACTS,
    (
        *(Reading(event, _leaves, ("coin", "gateway")) for event in OUT),
        *(Reading(event, _arrives, ("coin", "gateway")) for event in IN),
        Reading(SENT, _sent, ("messenger",)),
    ),
)
