"""Lido: the coin becomes stETH, which grows by itself, and wstETH, which does not.

A balance of stETH is a share of the pool and changes without a transfer: what is followed is shares, which
`TransferShares` writes beside every transfer; its amount is the key of the leg. wstETH is one share and wraps stETH,
so that the pair is a conversion of shares one for one. A withdrawal puts stETH into a queue, whose number is the key
under which the coin is paid later.

Events: lidofinance/core, contracts/0.4.24/Lido.sol, contracts/0.8.9/WithdrawalQueue.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, asset_named, coin_named, comes_in, goes_out, leg_of
from tracer.decoders.contract import Action
from tracer.decoders.flows import conversions_of, legs_of_conversion
from tracer.decoders.lido.constants import CONTRACTS
from tracer.model import ChainId

SHARES: Final = EventAbi("TransferShares(address indexed from, address indexed to, uint256 sharesValue)")
ASKED: Final = EventAbi(
    "WithdrawalRequested(uint256 indexed requestId, address indexed requestor, address indexed owner, "
    "uint256 amountOfStETH, uint256 amountOfShares)"
)
CLAIMED: Final = EventAbi(
    "WithdrawalClaimed(uint256 indexed requestId, address indexed owner, address indexed receiver, uint256 amountOfETH)"
)
STETH: Final = next(address for address, role in CONTRACTS[ChainId("eip155:1")].items() if role == "steth")
WSTETH: Final = next(address for address, role in CONTRACTS[ChainId("eip155:1")].items() if role == "wsteth")


def _shares(seen: Seen) -> Iterable[Action]:
    """Return the conversion that shares move in: a stake, or a wrap of stETH in wstETH and back."""
    coin, steth, wsteth = coin_named(seen.chain), *(asset_named(seen.chain, one) for one in (STETH, WSTETH))
    kinds = {(coin, steth): "stake", (steth, wsteth): "wrap", (wsteth, steth): "unwrap", (coin, wsteth): "stake"}
    for number, one in enumerate(conversions_of(seen.record)):
        action = kinds.get((one.given, one.got))
        if action:
            legs = legs_of_conversion(
                seen.record,
                one,
                number,
                protocol=seen.protocol,
                action=action,
                key=f"shares:{seen.number('sharesValue')}",
            )
            yield from legs


def _asked(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "unstake",
        holder=seen.text("requestor"),
        asset=asset_named(seen.chain, STETH),
        amount=-seen.number("amountOfStETH"),
        key=f"request:{seen.number('requestId')}",
    )
    yield replace(goes_out(seen, leg), position=f"{seen.text('owner')}@lido:queue")


def _claimed(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "unstake",
        holder=seen.text("receiver"),
        asset=coin_named(seen.chain),
        amount=seen.number("amountOfETH"),
        key=f"request:{seen.number('requestId')}",
    )
    yield replace(comes_in(seen, leg, out_of=(seen.log.address,)), position=f"{seen.text('owner')}@lido:queue")


LIDO: Final = ByLogs(
    "lido",
    CONTRACTS,
    (
        Reading(SHARES, _shares, ("steth",)),
        Reading(ASKED, _asked, ("queue",)),
        Reading(CLAIMED, _claimed, ("queue",)),
    ),
)
