"""Aave v1: collateral becomes a token of the pool's that grows with interest.

Only what is put in and taken out is told; its loans are of 2020 and are not read.

Events: aave/aave-protocol, contracts/lendingpool/LendingPool.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.aave_v1.constants import CONTRACTS
from tracer.decoders.by_log import ByLogs, Reading, Seen
from tracer.decoders.contract import Action
from tracer.decoders.lending import position_of, put_in, taken_out

DEPOSITED: Final = EventAbi(
    "Deposit(address indexed reserve, address indexed user, uint256 amount, uint16 indexed referral, uint256 timestamp)"
)
REDEEMED: Final = EventAbi(
    "RedeemUnderlying(address indexed reserve, address indexed user, uint256 amount, uint256 timestamp)"
)


def _put_in(seen: Seen) -> Iterable[Action]:
    user = seen.text("user")
    return put_in(
        seen,
        payer=user,
        asset=seen.asset("reserve"),
        amount=seen.number("amount"),
        position=position_of(seen, user),
    )


def _taken_out(seen: Seen) -> Iterable[Action]:
    user = seen.text("user")
    return taken_out(
        seen,
        payee=user,
        asset=seen.asset("reserve"),
        amount=seen.number("amount"),
        position=position_of(seen, user),
    )


AAVE_V1: Final = ByLogs("aave_v1", CONTRACTS, (Reading(DEPOSITED, _put_in), Reading(REDEEMED, _taken_out)))
