"""Chainflip: a swap that is asked for at a vault, and paid out of the vault of another chain.

A vault writes where to, of which of the network's assets and to whom, in the destination's own bytes. No identifier
of the swap stands in it: the network is asked by the hash of the transaction, which is the key. Swaps through a
deposit channel are plain payments to an address made for one swap, and only the network's record tells them; what
sweeps such an address into the vault is no second leg. Payouts name no swap.

Events: chainflip-io/chainflip-eth-contracts, contracts/interfaces/IVault.sol; numbers of chains and assets:
chainflip-io/chainflip-backend.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named, goes_out, leg_of
from tracer.decoders.chain_numbers import chain_numbered
from tracer.decoders.chainflip.constants import CONTRACTS
from tracer.decoders.contract import Action

_COIN: Final = "uint256 amount, address indexed sender, bytes "
_TOKEN: Final = "address srcToken, " + _COIN
SWAPS: Final = tuple(
    EventAbi(f"{name}(uint32 dstChain, bytes dstAddress, uint32 dstToken, {rest})")
    for name, rest in (
        ("SwapNative", _COIN + "cfParameters"),
        ("SwapToken", _TOKEN + "cfParameters"),
        ("XCallNative", _COIN + "message, uint256 gasAmount, bytes cfParameters"),
        ("XCallToken", _TOKEN + "message, uint256 gasAmount, bytes cfParameters"),
    )
)


def _swapped(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("sender"),
        asset=seen.asset("srcToken") if "srcToken" in seen.said else coin_named(seen.chain),
        amount=-seen.number("amount"),
        key=seen.record.tx,
        dest_chain=chain_numbered("chainflip", seen.number("dstChain")),
        dest_recipient=_text(seen.text("dstAddress")),
        dest_asset=f"chainflip-asset:{seen.number('dstToken')}",
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _text(raw: str) -> str:
    """Return a recipient: bytes that are the text of an address as that text, others as they are."""
    held = bytes.fromhex(raw.removeprefix("0x"))
    return held.decode("ascii") if held and held.isascii() and held.decode("ascii").isalnum() else raw


CHAINFLIP: Final = ByLogs("chainflip", CONTRACTS, [Reading(event, _swapped) for event in SWAPS])
