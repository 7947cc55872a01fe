"""Across: a deposit into the pool of one chain, which a relayer fills on another and is repaid for later.

The two ends are one by the chain of the deposit and its number. What the recipient gets is `outputAmount` of the
output token, unless the fill says that recipient or amount were updated. Who relays is no user, and what repays
relayers (roots, refunds) is no leg. A pool takes the wrapped coin and pays out the coin: either is looked for.

Events: across-protocol/contracts, contracts/interfaces/V3SpokePoolInterface.sol and, of versions 2, SpokePool.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.across.constants import CONTRACTS
from tracer.decoders.by_log import (
    ByLogs,
    Reading,
    Seen,
    address_in,
    asset_named,
    comes_in,
    goes_out,
    leg_of,
    number_of,
)
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action

DEPOSITED: Final = EventAbi(
    "FundsDeposited(bytes32 inputToken, bytes32 outputToken, uint256 inputAmount, uint256 outputAmount, "
    "uint256 indexed destinationChainId, uint256 indexed depositId, uint32 quoteTimestamp, uint32 fillDeadline, "
    "uint32 exclusivityDeadline, bytes32 indexed depositor, bytes32 recipient, bytes32 exclusiveRelayer, bytes message)"
)
DEPOSITED_3: Final = EventAbi(
    "V3FundsDeposited(address inputToken, address outputToken, uint256 inputAmount, uint256 outputAmount, "
    "uint256 indexed destinationChainId, uint32 indexed depositId, uint32 quoteTimestamp, uint32 fillDeadline, "
    "uint32 exclusivityDeadline, address indexed depositor, address recipient, address exclusiveRelayer, bytes message)"
)
DEPOSITED_2: Final = EventAbi(
    "FundsDeposited(uint256 amount, uint256 originChainId, uint256 indexed destinationChainId, int64 relayerFeePct, "
    "uint32 indexed depositId, uint32 quoteTimestamp, address originToken, address recipient, "
    "address indexed depositor, bytes message)"
)
FILLED: Final = EventAbi(
    "FilledRelay(bytes32 inputToken, bytes32 outputToken, uint256 inputAmount, uint256 outputAmount, "
    "uint256 repaymentChainId, uint256 indexed originChainId, uint256 indexed depositId, uint32 fillDeadline, "
    "uint32 exclusivityDeadline, bytes32 exclusiveRelayer, bytes32 indexed relayer, bytes32 depositor, "
    "bytes32 recipient, bytes32 messageHash, (bytes32 recipient, bytes32 message, uint256 amount, uint8 kind) info)"
)
FILLED_3: Final = EventAbi(
    "FilledV3Relay(address inputToken, address outputToken, uint256 inputAmount, uint256 outputAmount, "
    "uint256 repaymentChainId, uint256 indexed originChainId, uint32 indexed depositId, uint32 fillDeadline, "
    "uint32 exclusivityDeadline, address exclusiveRelayer, address indexed relayer, address depositor, "
    "address recipient, bytes message, (address recipient, bytes message, uint256 amount, uint8 kind) info)"
)
FILLED_2: Final = EventAbi(
    "FilledRelay(uint256 amount, uint256 totalFilledAmount, uint256 fillAmount, uint256 repaymentChainId, "
    "uint256 indexed originChainId, uint256 destinationChainId, int64 relayerFeePct, int64 realizedLpFeePct, "
    "uint32 indexed depositId, address destinationToken, address relayer, address indexed depositor, "
    "address recipient, bytes message, "
    "(address recipient, bytes message, int64 relayerFeePct, bool isSlowRelay, int256 payoutAdjustmentPct) info)"
)


def _deposited(seen: Seen) -> Iterable[Action]:
    chain = evm_chain(seen.number("destinationChainId"))
    token = address_in(seen.said["outputToken"])
    leg = leg_of(
        seen,
        "bridge_out",
        holder=address_in(seen.said["depositor"]),
        asset=asset_named(seen.chain, address_in(seen.said["inputToken"])),
        amount=-seen.number("inputAmount"),
        key=f"{seen.chain.partition(':')[2]}:{seen.number('depositId')}",
        dest_chain=chain,
        dest_recipient=address_in(seen.said["recipient"]),
        dest_asset="" if token == "0x" + 40 * "0" else f"{chain}/erc20:{token}",
        dest_amount=seen.number("outputAmount"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _deposited_2(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("depositor"),
        asset=seen.asset("originToken"),
        amount=-seen.number("amount"),
        key=f"{seen.number('originChainId')}:{seen.number('depositId')}",
        dest_chain=evm_chain(seen.number("destinationChainId")),
        dest_recipient=seen.text("recipient"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _filled(seen: Seen) -> Iterable[Action]:
    updated = seen.parts("info")
    recipient = address_in(updated[0])
    leg = leg_of(
        seen,
        "bridge_in",
        holder=recipient if int(recipient, 16) else address_in(seen.said["recipient"]),
        asset=asset_named(seen.chain, address_in(seen.said["outputToken"])),
        amount=number_of(updated[2]) or seen.number("outputAmount"),
        key=f"{seen.number('originChainId')}:{seen.number('depositId')}",
        src_chain=evm_chain(seen.number("originChainId")),
    )
    yield comes_in(seen, leg)


def _filled_2(seen: Seen) -> Iterable[Action]:
    # What is filled is before fees; what the recipient gets is in the movement alone.
    asset, recipient = seen.asset("destinationToken"), seen.text("recipient")
    leg = leg_of(
        seen,
        "bridge_in",
        holder=recipient,
        asset=asset,
        amount=seen.number("fillAmount"),
        key=f"{seen.number('originChainId')}:{seen.number('depositId')}",
        src_chain=evm_chain(seen.number("originChainId")),
    )
    paid = [
        row.amount
        for row in seen.record.movements
        if row.recipient == recipient and 0 < row.amount <= leg.amount and row.kind != "fee"
    ]
    yield comes_in(seen, replace(leg, amount=paid[0]) if len(paid) == 1 else leg)


ACROSS: Final = ByLogs(
    "across",
    CONTRACTS,
    (
        Reading(DEPOSITED, _deposited),
        Reading(DEPOSITED_3, _deposited),
        Reading(DEPOSITED_2, _deposited_2),
        Reading(FILLED, _filled),
        Reading(FILLED_3, _filled),
        Reading(FILLED_2, _filled_2),
    ),
)
