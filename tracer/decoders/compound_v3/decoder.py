"""Compound v3: a market of one asset that is lent and borrowed, with collateral of others beside it.

A supply of the base asset repays first and lends then, a withdrawal takes what was lent first and borrows then; the
log does not say which. It is told as a deposit or withdrawal: what it does to a debt is the market's state, not the
transaction's. Collateral has no token. A seizure (absorption) moves no token: the market takes over debt and
collateral, and sells the latter; only the sale moves something.

Events: compound-finance/comet, contracts/CometMainInterface.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading, Seen, coin_named, moved
from tracer.decoders.compound_v3.constants import CONTRACTS
from tracer.decoders.contract import Action
from tracer.decoders.lending import position_of, put_in, taken_out
from tracer.model import AssetId

SUPPLIED: Final = EventAbi("Supply(address indexed from, address indexed dst, uint256 amount)")
WITHDRAWN: Final = EventAbi("Withdraw(address indexed src, address indexed to, uint256 amount)")
SUPPLIED_MORE: Final = EventAbi(
    "SupplyCollateral(address indexed from, address indexed dst, address indexed asset, uint256 amount)"
)
WITHDRAWN_MORE: Final = EventAbi(
    "WithdrawCollateral(address indexed src, address indexed to, address indexed asset, uint256 amount)"
)


def _asset(seen: Seen, *, out: bool) -> AssetId:
    """Return the asset a log is of: the one it names, else that of the movement to or from the market."""
    if "asset" in seen.said:
        return seen.asset("asset")
    market, amount = (seen.log.address,), seen.number("amount")
    index = moved(seen.record, amount, payer=market) if out else moved(seen.record, amount, payee=market)
    return coin_named(seen.chain) if index is None else seen.record.movements[index].asset


def _put_in(seen: Seen) -> Iterable[Action]:
    return put_in(
        seen,
        payer=seen.text("from"),
        asset=_asset(seen, out=False),
        amount=seen.number("amount"),
        position=position_of(seen, seen.text("dst")),
    )


def _taken_out(seen: Seen) -> Iterable[Action]:
    return taken_out(
        seen,
        payee=seen.text("to"),
        asset=_asset(seen, out=True),
        amount=seen.number("amount"),
        position=position_of(seen, seen.text("src")),
    )


COMPOUND_V3: Final = ByLogs(
    "compound_v3",
    CONTRACTS,
    (
        Reading(SUPPLIED, _put_in),
        Reading(WITHDRAWN, _taken_out),
        Reading(SUPPLIED_MORE, _put_in),
        Reading(WITHDRAWN_MORE, _taken_out),
    ),
)
