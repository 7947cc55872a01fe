"""Multichain, formerly AnySwap: routers that lock or burn on one chain and pay or make on another.

Routers of versions 4 and 6: the other end names the transaction of the first. The token of the bridge and the one
underneath differ; which of them is paid depends on what the other chain has. The service ended in July 2023, and what
was left was taken: links after that are a matter of the service calendar.

Events: anyswap/multichain-smart-contracts, contracts/router/AnyswapV4Router.sol and AnyswapV6Router.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, comes_in, goes_out, leg_of, moved
from tracer.decoders.chain_numbers import evm_chain
from tracer.decoders.contract import Action
from tracer.decoders.multichain.constants import CONTRACTS

OUT: Final = EventAbi(
    "LogAnySwapOut(address indexed token, address indexed from, address indexed to, uint256 amount, "
    "uint256 fromChainID, uint256 toChainID)"
)
IN: Final = EventAbi(
    "LogAnySwapIn(bytes32 indexed txhash, address indexed token, address indexed to, uint256 amount, "
    "uint256 fromChainID, uint256 toChainID)"
)


def _out(seen: Seen) -> Iterable[Action]:
    amount, payer = seen.number("amount"), seen.text("from")
    index = moved(seen.record, amount, payer=(payer,))
    leg = leg_of(
        seen,
        "bridge_out",
        holder=payer,
        asset=seen.asset("token") if index is None else seen.record.movements[index].asset,
        amount=-amount,
        key=seen.record.tx,
        dest_chain=evm_chain(seen.number("toChainID")),
        dest_recipient=seen.text("to"),
    )
    yield goes_out(seen, leg)


def _in(seen: Seen) -> Iterable[Action]:
    amount, payee = seen.number("amount"), seen.text("to")
    index = moved(seen.record, amount, payee=(payee,))
    leg = leg_of(
        seen,
        "bridge_in",
        holder=payee,
        asset=seen.asset("token") if index is None else seen.record.movements[index].asset,
        amount=amount,
        key=seen.text("txhash"),
        src_chain=evm_chain(seen.number("fromChainID")),
    )
    yield comes_in(seen, leg)


MULTICHAIN: Final = ByLogs("multichain", CONTRACTS, (Reading(OUT, _out), Reading(IN, _in)))
