"""CCTP: Circle burns USDC on one chain and mints as much on another, by a message that its attesters sign.

Version 1: the message is named by the chain it comes from (Circle's number) and its nonce, which both ends write; no
fee is taken. Version 2: the burn writes no nonce, since the attesters give it later, so that its leg has no key; the
other end has the nonce, and what is minted is less the fee. The recipient is 32 bytes; on Solana it is an account of
the token, not the wallet. A mint writes no nonce: it belongs to the message that is received right after it.

Events: circlefin/evm-cctp-contracts, src/TokenMessenger.sol, src/MessageTransmitter.sol and src/v2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import (
    ByLogs,
    Reading,
    Seen,
    address_in,
    asset_named,
    comes_in,
    goes_out,
    leg_of,
    log_beside,
    number_of,
)
from tracer.decoders.cctp.constants import CONTRACTS
from tracer.decoders.chain_numbers import chain_numbered, number_of_chain
from tracer.decoders.contract import Action

BURNED: Final = EventAbi(
    "DepositForBurn(uint64 indexed nonce, address indexed burnToken, uint256 amount, address indexed depositor, "
    "bytes32 mintRecipient, uint32 destinationDomain, bytes32 destinationTokenMessenger, bytes32 destinationCaller)"
)
BURNED_2: Final = EventAbi(
    "DepositForBurn(address indexed burnToken, uint256 amount, address indexed depositor, bytes32 mintRecipient, "
    "uint32 destinationDomain, bytes32 destinationTokenMessenger, bytes32 destinationCaller, uint256 maxFee, "
    "uint32 indexed minFinalityThreshold, bytes hookData)"
)
RECEIVED: Final = EventAbi(
    "MessageReceived(address indexed caller, uint32 sourceDomain, uint64 indexed nonce, bytes32 sender, bytes body)"
)
RECEIVED_2: Final = EventAbi(
    "MessageReceived(address indexed caller, uint32 sourceDomain, bytes32 indexed nonce, bytes32 sender, "
    "uint32 indexed finalityThresholdExecuted, bytes body)"
)
MINTED: Final = EventAbi("MintAndWithdraw(address indexed mintRecipient, uint256 amount, address indexed mintToken)")
MINTED_2: Final = EventAbi(
    "MintAndWithdraw(address indexed mintRecipient, uint256 amount, address indexed mintToken, uint256 feeCollected)"
)


def _burned(seen: Seen) -> Iterable[Action]:
    domain = number_of_chain("cctp", seen.chain)
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("depositor"),
        asset=seen.asset("burnToken"),
        amount=-seen.number("amount"),
        key=f"{domain}:{seen.number('nonce')}" if "nonce" in seen.said and domain is not None else "",
        dest_chain=chain_numbered("cctp", seen.number("destinationDomain")),
        dest_recipient=address_in(seen.said["mintRecipient"]),
    )
    yield goes_out(seen, leg)


def _received(seen: Seen) -> Iterable[Action]:
    for event, role in ((MINTED, "messenger"), (MINTED_2, "messenger2")):
        said = log_beside(seen, event, CONTRACTS, (role,), before=True)
        if said is not None and (role == "messenger2") == (seen.role == "transmitter2"):
            source = seen.number("sourceDomain")
            leg = leg_of(
                seen,
                "bridge_in",
                holder=str(said["mintRecipient"]),
                asset=asset_named(seen.chain, str(said["mintToken"])),
                amount=number_of(said["amount"]),
                key=f"{source}:{seen.said['nonce']}" if role == "messenger" else seen.text("nonce"),
                src_chain=chain_numbered("cctp", source),
            )
            yield comes_in(seen, leg)


CCTP: Final = ByLogs(
    "cctp",
    CONTRACTS,
    (
        Reading(BURNED, _burned, ("messenger",)),
        Reading(BURNED_2, _burned, ("messenger2",)),
        Reading(RECEIVED, _received, ("transmitter",)),
        Reading(RECEIVED_2, _received, ("transmitter2",)),
    ),
)
