"""Mantle: the coin becomes mETH, whose price grows; cmETH stands on it as a vault of its own.

A stake is told whole by its log. An unstake locks mETH under a number, under which the coin is paid later. cmETH is a
vault that writes what went in and what was made of it.

Events: mantle-lsp/contracts, src/Staking.sol and src/UnstakeRequestsManager.sol; Veda's BoringVault.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import (
    ByLogs,
    Reading,
    Seen,
    asset_named,
    coin_named,
    comes_in,
    goes_out,
    leg_of,
    same_asset,
)
from tracer.decoders.contract import Action
from tracer.decoders.flows import conversions_of, legs_of_conversion
from tracer.decoders.mantle.constants import CONTRACTS
from tracer.model import ChainId

STAKED: Final = EventAbi("Staked(address indexed staker, uint256 ethAmount, uint256 mETHAmount)")
ASKED: Final = EventAbi(
    "UnstakeRequested(uint256 indexed id, address indexed staker, uint256 ethAmount, uint256 mETHLocked)"
)
ENTERED: Final = EventAbi(
    "Enter(address indexed from, address indexed asset, uint256 amount, address indexed to, uint256 shares)"
)
LEFT: Final = EventAbi(
    "Exit(address indexed to, address indexed asset, uint256 amount, address indexed from, uint256 shares)"
)
METH: Final = next(address for address, role in CONTRACTS[ChainId("eip155:1")].items() if role == "meth")


def _staked(seen: Seen) -> Iterable[Action]:
    """Return the conversion of a stake, where the net flows show the amounts that its log names."""
    amounts = seen.number("ethAmount"), seen.number("mETHAmount")
    for number, one in enumerate(conversions_of(seen.record)):
        if (one.paid, one.received) == amounts and one.given == coin_named(seen.chain):
            yield from legs_of_conversion(seen.record, one, number, protocol=seen.protocol, action="stake")


def _asked(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "unstake",
        holder=seen.text("staker"),
        asset=asset_named(seen.chain, METH),
        amount=-seen.number("mETHLocked"),
        key=f"request:{seen.number('id')}",
    )
    yield goes_out(seen, leg)


def _vault(seen: Seen) -> Iterable[Action]:
    """Return the conversion of a vault: an asset into its shares, or back."""
    entered = seen.log.topics[0] == ENTERED.topic
    for number, one in enumerate(conversions_of(seen.record)):
        side = (one.given, one.paid) if entered else (one.got, one.received)
        if side[1] == seen.number("amount") and same_asset(seen.chain, side[0], seen.asset("asset")):
            action = "stake" if entered else "unstake"
            yield from legs_of_conversion(seen.record, one, number, protocol=seen.protocol, action=action)
            return
    leg = leg_of(
        seen,
        "stake" if entered else "unstake",
        holder=seen.text("from" if entered else "to"),
        asset=seen.asset("asset"),
        amount=-seen.number("amount") if entered else seen.number("amount"),
    )
    yield goes_out(seen, leg) if entered else comes_in(seen, leg)


MANTLE: Final = ByLogs(
    "mantle",
    CONTRACTS,
    (
        Reading(STAKED, _staked, ("staking",)),
        Reading(ASKED, _asked, ("staking",)),
        Reading(ENTERED, _vault, ("cmeth",)),
        Reading(LEFT, _vault, ("cmeth",)),
    ),
)
