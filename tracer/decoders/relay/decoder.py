"""Relay: a deposit with the number of a request, and a payout by an account of the network.

The depository writes who paid how much for which request. The payout is a plain payment by one of the accounts that
the network publishes, whose call is the 32 bytes of the request alone; nothing is written. The older way in is the
same the other way round. Where a request goes is the network's record, not the chain's.

Events: relayprotocol/relay-depository; accounts and the rule of the payout: rotki/rotki,
rotkehlchen/chain/evm/decoding/relay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ANY_CHAIN, ByLogs, Reading, Seen, coin_named, goes_out, leg_of, role_of
from tracer.decoders.contract import Action, Interests, Need
from tracer.decoders.relay.constants import CONTRACTS
from tracer.model import TxRecord

TOKEN_IN: Final = EventAbi("RelayErc20Deposit(address from, address token, uint256 amount, bytes32 id)")
COIN_IN: Final = EventAbi("RelayNativeDeposit(address from, uint256 amount, bytes32 id)")
_REQUEST: Final = 66


def _deposited(seen: Seen) -> Iterable[Action]:
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.text("from"),
        asset=seen.asset("token") if "token" in seen.said else coin_named(seen.chain),
        amount=-seen.number("amount"),
        key=seen.text("id"),
    )
    yield goes_out(seen, leg, into=(seen.log.address,))


class _Relay(ByLogs):
    """What the depository writes, and payments with a request for their call, which write nothing."""

    def interests(self) -> Interests:
        solvers = (address for address, role in CONTRACTS[ANY_CHAIN].items() if role == "solver")
        return replace(super().interests(), addresses=frozenset(solvers))

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        said = super().decode(record)
        pays, paid = (role_of(CONTRACTS, record.chain, one) == "solver" for one in (record.sender, record.recipient))
        if isinstance(said, Need) or said or len(record.input or "") != _REQUEST or pays == paid:
            return said
        index = next((i for i, row in enumerate(record.movements) if row.layer == "top" and row.amount), None)
        if index is None:
            return ()
        row = record.movements[index]
        leg = Action(
            protocol=self.name,
            action="bridge_in" if pays else "bridge_out",
            holder=row.recipient if pays else row.sender,
            counterparty=row.sender if pays else row.recipient,
            asset=row.asset,
            amount=row.amount if pays else -row.amount,
            moves=(index,),
            key=record.input or "",
        )
        return (leg,)


RELAY: Final = _Relay(
    "relay", CONTRACTS, (Reading(TOKEN_IN, _deposited, ("depository",)), Reading(COIN_IN, _deposited, ("depository",)))
)
