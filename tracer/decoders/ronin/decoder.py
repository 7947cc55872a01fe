"""The Ronin bridge: gateways on Ethereum and on Ronin, with counters of their own in each direction.

Version 1: the number of a deposit, or of a withdrawal, stands at both ends. Version 2: a receipt with number and
kind. A withdrawal on Ethereum that was never requested on Ronin is what the robbery of 2022 looks like: it is told,
and finds no source. Only amounts (ERC-20) are told; NFTs are not.

Events: axieinfinity/ronin-bridge-contracts, src/mainchain/MainchainGatewayV3.sol; of version 1, the table of
AndreAugusto11/XChainWatcher.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Read, Reading, Seen, asset_named, comes_in, goes_out, leg_of, number_of
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action
from tracer.decoders.ronin.constants import CONTRACTS

RONIN_CHAIN: Final = "eip155:2020"
_RECEIPT: Final = (
    "(uint256 id, uint8 kind, (address,address,uint256) mainchain, (address,address,uint256) ronin, "
    "(uint8,uint256,uint256) info) receipt"
)
DEPOSITED_1: Final = EventAbi(
    "TokenDeposited(uint256 indexed depositId, address indexed owner, address indexed token, address sidechain, "
    "uint32 standard, uint256 amount)"
)
WITHDREW_1: Final = EventAbi(
    "TokenWithdrew(uint256 indexed withdrawId, address indexed owner, address indexed token, uint256 amount)"
)
REQUESTED: Final = EventAbi(f"DepositRequested(bytes32 receiptHash, {_RECEIPT})")
DEPOSITED: Final = EventAbi(f"Deposited(bytes32 receiptHash, {_RECEIPT})")
ASKED: Final = EventAbi(f"WithdrawalRequested(bytes32 receiptHash, {_RECEIPT})")
WITHDREW: Final = EventAbi(f"Withdrew(bytes32 receiptHash, {_RECEIPT})")
_ERC20_OLD: Final = 20


def _deposited_1(seen: Seen) -> Iterable[Action]:
    if seen.number("standard") != _ERC20_OLD:
        return
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=seen.asset("token"),
        amount=-seen.number("amount"),
        key=f"1:deposit:{seen.number('depositId')}",
        dest_chain=RONIN_CHAIN,
        dest_recipient=seen.text("owner"),
        dest_asset=f"{RONIN_CHAIN}/erc20:{seen.text('sidechain')}",
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


def _withdrew_1(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_in",
        holder=seen.text("owner"),
        asset=seen.asset("token"),
        amount=seen.number("amount"),
        key=f"1:withdrawal:{seen.number('withdrawId')}",
        src_chain=RONIN_CHAIN,
    )
    yield comes_in(seen, leg, out_of=(seen.log.address,))


def _sides(seen: Seen) -> tuple[int, tuple[str, str, int], tuple[str, str, int], int, int]:
    number, _, main, side, info = seen.parts("receipt")
    assert isinstance(main, tuple), "the signature says so"
    assert isinstance(side, tuple), "the signature says so"
    assert isinstance(info, tuple), "the signature says so"
    ends = [(str(one[0]), str(one[1]), number_of(one[2])) for one in (main, side)]
    return number_of(number), ends[0], ends[1], number_of(info[0]), number_of(info[2])


def _leaves(kind: str, *, from_main: bool) -> Read:
    def read(seen: Seen) -> Iterable[Action]:
        number, main, side, standard, amount = _sides(seen)
        here, there = (main, side) if from_main else (side, main)
        if standard == 0:
            leg = leg_of(
                seen,
                "bridge_out",
                holder=here[0],
                asset=asset_named(seen.chain, here[1]),
                amount=-amount,
                key=f"2:{kind}:{number}",
                dest_chain=evm_chain(there[2]),
                dest_recipient=there[0],
                dest_asset=f"{evm_chain(there[2])}/erc20:{there[1]}",
            )
            yield goes_out(seen, leg)

    return read


def _arrives(kind: str, *, at_main: bool) -> Read:
    def read(seen: Seen) -> Iterable[Action]:
        number, main, side, standard, amount = _sides(seen)
        here, there = (main, side) if at_main else (side, main)
        if standard == 0:
            leg = leg_of(
                seen,
                "bridge_in",
                holder=here[0],
                asset=asset_named(seen.chain, here[1]),
                amount=amount,
                key=f"2:{kind}:{number}",
                src_chain=evm_chain(there[2]),
            )
            yield comes_in(seen, leg)

    return read


RONIN: Final = ByLogs(
    "ronin",
    CONTRACTS,
    (
        Reading(DEPOSITED_1, _deposited_1, ("gateway1",)),
        Reading(WITHDREW_1, _withdrew_1, ("gateway1",)),
        Reading(REQUESTED, _leaves("deposit", from_main=True), ("gateway2",)),
        Reading(DEPOSITED, _arrives("deposit", at_main=False), ("gateway2",)),
        Reading(ASKED, _leaves("withdrawal", from_main=False), ("gateway2",)),
        Reading(WITHDREW, _arrives("withdrawal", at_main=True), ("gateway2",)),
    ),
)
