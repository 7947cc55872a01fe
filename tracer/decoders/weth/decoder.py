"""Wraps of a chain's coin: who pays the contract gets as many units of its token, and the other way round.

A wrap is one for one, and the contract is its other side. It moves no token that a log shows: what it made or burnt
stands in its own events, which the net-flow rule reads (:mod:`tracer.decoders.flows`). A router that wraps on
the way to a pool converts nothing; only whoever is left with the one for the other has wrapped.
"""

from __future__ import annotations

from tracer.chains import coin_of
from tracer.decoders.contract import Action, Interests
from tracer.decoders.flows import conversions_of, legs_of_conversion
from tracer.decoders.wrapped import DEPOSIT, WITHDRAWAL, WRAPPED
from tracer.model import AssetId, TxRecord, native_asset


class Weth:
    """Tells wraps and unwraps of the coin."""

    @property
    def name(self) -> str:
        """Name of the decoder."""
        return "weth"

    def interests(self) -> Interests:
        """Return that it wants to see what the contracts write, and who pays them or is paid."""
        return Interests(
            chains=frozenset(WRAPPED),
            addresses=frozenset(WRAPPED.values()),
            topics=frozenset({DEPOSIT.topic, WITHDRAWAL.topic}),
        )

    def decode(self, record: TxRecord) -> tuple[Action, ...]:
        """Return the legs of each conversion between the coin and its wrapped form."""
        contract = WRAPPED.get(record.chain)
        if record.logs is None or contract is None or native_asset(record.chain) is None:
            return ()
        coin, token = coin_of(record.chain), AssetId(f"{record.chain}/erc20:{contract}")
        legs: list[Action] = []
        for number, one in enumerate(conversions_of(record)):
            if {one.given, one.got} == {coin, token} and one.paid == one.received:
                action = "wrap" if one.got == token else "unwrap"
                legs += legs_of_conversion(record, one, number, protocol=self.name, action=action)
        return tuple(legs)
