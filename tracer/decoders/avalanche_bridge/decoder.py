"""The Avalanche bridge: tokens sent to an account on Ethereum come out on Avalanche, and the other way round.

Nothing is written on Ethereum: what goes in is a transfer to the account that keeps it, known by its own hash and
meant for its sender on the other chain; what comes out is a transfer from it, which names nothing. The tokens of the
bridge on Avalanche write the hash they were made for; their contracts are in no table here yet, and are not read.

Accounts: constants. The coin itself was never taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracer.decoders.avalanche_bridge.constants import CONTRACTS
from tracer.decoders.contract import Action, Interests
from tracer.model import ChainId, TxRecord

ETHEREUM: Final = ChainId("eip155:1")
AVALANCHE: Final = ChainId("eip155:43114")


class AvalancheBridge:
    """Tells transfers to and from the accounts of the bridge."""

    @property
    def name(self) -> str:
        """Name of the decoder."""
        return "avalanche_bridge"

    def interests(self) -> Interests:
        """Return that it wants to see whatever the accounts are paid or pay."""
        return Interests(chains=frozenset(CONTRACTS), addresses=frozenset(CONTRACTS[ETHEREUM]))

    def decode(self, record: TxRecord) -> tuple[Action, ...]:
        """Return a leg for each token that an account of the bridge is paid or pays."""
        accounts = CONTRACTS[ETHEREUM]
        legs = []
        for index, row in enumerate(record.movements):
            paid, pays = row.recipient in accounts, row.sender in accounts
            if row.kind != "token" or not row.amount or paid == pays:
                continue
            leg = Action(
                protocol=self.name,
                action="bridge_out" if paid else "bridge_in",
                holder=row.sender if paid else row.recipient,
                counterparty=row.recipient if paid else row.sender,
                asset=row.asset,
                amount=-row.amount if paid else row.amount,
                moves=(index,),
            )
            if paid:
                leg = replace(leg, key=record.tx, dest_chain=AVALANCHE, dest_recipient=row.sender)
            else:
                leg = replace(leg, src_chain=AVALANCHE)
            legs.append(leg)
        return tuple(legs)
