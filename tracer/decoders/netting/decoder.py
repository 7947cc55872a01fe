"""The net-flow rule as a decoder: the general rule behind all others (method ev-net)."""

from __future__ import annotations

from tracer.decoders.contract import Action, Interests, Need, need
from tracer.decoders.netting.rule import net_changes, swap_rows
from tracer.model import TxRecord


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
        rows = record.movements
        swapped = swap_rows(rows)
        if not swapped:
            return _lacks(record) or ()
        pair = {rows[index].asset for index in swapped}
        legs = []
        for holder, change in net_changes(rows).items():
            for asset, amount in change.items():
                if asset in pair:
                    moves = tuple(index for index in swapped if rows[index].asset == asset)
                    others = {other for other, theirs in net_changes(rows).items() if theirs.get(asset, 0) * amount < 0}
                    legs.append(
                        Action(
                            protocol=self.name,
                            action="swap",
                            holder=holder,
                            counterparty=others.pop() if len(others) == 1 else "",
                            asset=asset,
                            amount=amount,
                            moves=moves,
                            event=f"{record.tx}#netting",
                        )
                    )
        return tuple(legs)


def _lacks(record: TxRecord) -> Need | None:
    """Return that calls are needed where who began a transaction only gives or only gets, and coin may have moved too.

    What a pool pays in coin is in no log: a swap into coin looks like a payment until the calls are known.
    """
    if record.whole or record.calls is not None or not record.sender:
        return None
    change = net_changes(record.movements).get(record.sender, {})
    if not change or (min(change.values()) < 0 < max(change.values())):
        return None
    return need(record, "calls", "What came back for it may have been paid inside the transaction.")
