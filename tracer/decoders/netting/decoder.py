"""The net-flow rule as a decoder: the general rule behind all others (method ev-net)."""

from __future__ import annotations

from typing import Final

from tracer.decoders.contract import Action, Interests, Need, need
from tracer.decoders.flows import SHOWN_BY_FLOWS, flows_of, issuer_of, legs_of_conversion, nets_of, read_flows
from tracer.decoders.netting.rule import net_changes, swap_rows
from tracer.model import TxRecord, keccak256

_PLAIN_GAS: Final = 21_000
"""What a payment costs where no code runs (Yellow Paper, appendix G)."""
_TRANSFER: Final = "0x" + keccak256(b"transfer(address,uint256)").hex()[:8]


class Netting:
    """Tells a swap by what a transaction leaves everybody with."""

    @property
    def name(self) -> str:
        """Name of the decoder."""
        return "netting"

    def interests(self) -> Interests:
        """Return that it wants to see every transaction."""
        return Interests(everything=True)

    def decode(self, record: TxRecord) -> tuple[Action, ...] | Need:
        """Return the legs of a swap: of each holder that ends with more or less of one of the two assets."""
        if record.logs is None:
            return _of_movements(record) or _lacks(record) or ()
        found, reason = read_flows(record)
        if not found:
            return _lacks(record) or _unclear(record, reason)
        return tuple(leg for number, one in enumerate(found) for leg in legs_of_conversion(record, one, number))


def _of_movements(record: TxRecord) -> tuple[Action, ...]:
    """Return the legs of a swap where movements alone are held: mints, burns and wraps are then no side of it."""
    rows = record.movements
    swapped = swap_rows(rows)
    if not swapped:
        return ()
    pair, nets = {rows[index].asset for index in swapped}, net_changes(rows)
    legs = []
    for holder, change in nets.items():
        for asset, amount in change.items():
            if asset in pair:
                others = {other for other, theirs in nets.items() if theirs.get(asset, 0) * amount < 0}
                legs.append(
                    Action(
                        protocol="netting",
                        action="swap",
                        holder=holder,
                        counterparty=others.pop() if len(others) == 1 else "",
                        asset=asset,
                        amount=amount,
                        moves=tuple(index for index in swapped if rows[index].asset == asset),
                        event=f"{record.tx}{SHOWN_BY_FLOWS}0",
                    )
                )
    return tuple(legs)


def _lacks(record: TxRecord) -> Need | None:
    """Return that calls are needed where who began a transaction only gives or only gets, and coin may have moved too.

    What a pool pays in coin is in no log: a swap into coin looks like a payment until the calls are known.
    """
    if record.whole or record.calls is not None or not record.sender or _pays_nothing_back(record):
        return None
    change = net_changes(record.movements).get(record.sender, {})
    if not change or (min(change.values()) < 0 < max(change.values())):
        return None
    return need(record, "calls", "What came back for it may have been paid inside the transaction.")


def _pays_nothing_back(record: TxRecord) -> bool:
    """Return whether nothing can have been paid inside: no code ran, or a token was called to transfer and did."""
    if record.receipt is not None and record.receipt.gas_used == _PLAIN_GAS:
        return True
    moved = [row for row in record.movements if row.kind != "fee"]
    return record.selector == _TRANSFER and [issuer_of(row.asset) for row in moved] == [record.recipient]


def _unclear(record: TxRecord, reason: str) -> tuple[Action, ...]:
    """Return what who began a transaction gave and got, where that is no conversion of one asset into one other."""
    flows = flows_of(record)
    mine = nets_of(flows).get(record.sender, {}) if reason else {}
    return tuple(
        Action(
            protocol="netting",
            action="unknown",
            holder=record.sender,
            counterparty="",
            asset=asset,
            amount=amount,
            moves=tuple(
                sorted(
                    flow.move
                    for flow in flows
                    if flow.asset == asset and flow.move is not None and record.sender in (flow.payer, flow.payee)
                )
            ),
            reason=f"contract: {reason}",
        )
        for asset, amount in mine.items()
    )
