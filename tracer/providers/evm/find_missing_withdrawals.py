"""What a node's balances say that no transaction shows: withdrawals are looked for where a sum does not close."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from tracer.chains import coin_of, quantity, withdrawal_rows
from tracer.model import Collected, Coverage, facts_of
from tracer.net import ReplyFault, costs_itself, reason_of
from tracer.providers.evm.full_transaction import read_header
from tracer.providers.evm.node import Call, Node
from tracer.providers.evm.windows import Window

ENDPOINT: Final = "eth_getBalance"


def native_balance(node: Node, address: str, number: int, head: str) -> int:
    """Return the coin an address holds at the end of a block, wei."""
    return node.call(Call(ENDPOINT, (address, hex(number)), quantity, head))


def closed(
    node: Node, holder: str, window: Window, rows: Sequence[Collected], probes: int
) -> tuple[list[Collected], Coverage | None]:
    """Return the withdrawals a holder got that `rows` lack, and whether the window's sum then closes.

    An index of transactions does not list what a block pays by itself. The sum of a window's rows against the balances
    at its ends shows whether anything is missing; halving the window finds the block it is missing in.

    Parameters
    ----------
    node : Node
        Who is asked.
    holder : str
        Canonical address.
    window : Window
        The blocks.
    rows : sequence of Collected
        What is known of the holder in the window.
    probes : int
        Balances asked for at most.

    Returns
    -------
    list of Collected, Coverage or None
        ``None`` where the node keeps no balances of so old a block: nothing is known then beyond the rows.
    """
    search = _Search(node, holder, window, rows, probes)
    try:
        search.run()
    except ReplyFault as fault:
        costs_itself(fault)
        return [], _unknown(node, holder, window, fault)
    count = len(search.found)
    if not search.unexplained:
        reason = "over_budget" if search.over else "ok"
        detail = "More balances would have to be asked for than allowed." if search.over else ""
    else:
        number, difference = search.unexplained[0]
        reason = "inconsistent"
        detail = (
            f"The coin does not close in {len(search.unexplained)} blocks; first block {number}: {difference:+d} base "
            "units beyond what is listed (a reward, a genesis balance, or a movement that the source does not list)."
        )
    return search.found, window.gap(node.chain, holder, node.name, ENDPOINT, reason, detail, count)


def net_of(rows: Sequence[Collected], holder: str) -> int:
    """Return what rows of one asset add to a holder."""
    return sum(row.amount * ((row.recipient == holder) - (row.sender == holder)) for row in rows)


def _unknown(node: Node, holder: str, window: Window, fault: ReplyFault) -> Coverage | None:
    # Where blocks pay withdrawals, their absence from the rows must be said; elsewhere nothing is known to be missing.
    if not facts_of(node.chain).validators:
        return None
    reason = reason_of(fault)
    return window.gap(node.chain, holder, node.name, "withdrawals", reason, f"Withdrawals were not read. {fault.what}")


class _Search:
    """Halves a window until each block in which something is missing is found."""

    def __init__(self, node: Node, holder: str, window: Window, rows: Sequence[Collected], probes: int) -> None:
        self.node, self.holder, self.window, self.probes = node, holder, window, probes
        coin = coin_of(node.chain)
        own = sorted(
            (row for row in rows if row.asset == coin and holder in (row.sender, row.recipient)), key=Collected.order
        )
        self.heights = [row.block for row in own]
        self.sums = [0, *accumulate(net_of([row], holder) for row in own)]
        self.known = {row.id for row in rows}
        self.over = False
        self.found: list[Collected] = []
        self.unexplained: list[tuple[int, int]] = []

    def run(self) -> None:
        """Compare the ends of the window, and look inside where they disagree."""
        # Block 0 holds what the chain began with, which nobody paid.
        base = max(0, self.window.low - 1)
        if base == self.window.high:
            return
        self._between(base, self._beyond(base), self.window.high, self._beyond(self.window.high))

    def _between(self, low: int, before: int, high: int, after: int) -> None:
        waiting = [(low, before, high, after)]
        while waiting:
            low, before, high, after = waiting.pop()
            if before == after:
                continue
            if high - low == 1:
                self._explain(high, after - before)
                continue
            if self.probes <= 0:
                self.over = True
                return
            middle = (low + high) // 2
            between = self._beyond(middle)
            waiting += [(middle, between, high, after), (low, before, middle, between)]

    def _beyond(self, number: int) -> int:
        """Return how much more a holder has at the end of a block than the rows up to it add up to."""
        self.probes -= 1
        head = self.window.head if number >= self.window.low else ""
        listed = self.sums[bisect_right(self.heights, number)]
        return native_balance(self.node, self.holder, number, head) - listed

    def _explain(self, number: int, missing: int) -> None:
        header = read_header(self.node, number, self.window.head)
        paid = withdrawal_rows(header, chain=self.node.chain, source=self.node.name)
        own = [row for row in paid if row.recipient == self.holder and row.id not in self.known]
        self.found.extend(own)
        rest = missing - sum(row.amount for row in own)
        if rest:
            self.unexplained.append((number, rest))
