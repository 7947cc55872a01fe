"""Reach kept between rounds: what new events change is walked again, from where they stand in time, and nothing else.

Theory of operation. :func:`tracer.taint.reach` is one pass over all events in order; what it does at an event
depends on the balances and caps of the accounts that pay there and on the hops of their holders. Here those are kept at
every block in which an account pays, so that a block is walked again only where its events, or one of those figures,
have changed; whatever it then leaves otherwise sends the next block in which the account pays. Blocks are taken in
ascending order, so each is walked at most once a round. The step itself is that of the pass, not a copy of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from tracer.collect.blocks import Block, Height
from tracer.model import Account, AssetId, ChainId, Event, Holder, is_transit
from tracer.taint import Step

_FAR: Final = 1 << 62
Given = tuple[Account, int, int, int | None]
"""With what a paying account comes to a block: its balance, its cap, its holder's hop."""


class Series:
    """What one account receives and pays by block, and the opening balance that needs.

    Attributes
    ----------
    blocks : list of int
        Blocks in which it is touched, ascending.
    pays : list of int
        Those in which it pays.
    opening : int
        Its opening balance, base units: the least, or what is known or stolen where that is more.
    """

    __slots__ = ("_least", "_low", "_net", "_sum", "blocks", "opening", "pays")

    def __init__(self) -> None:
        self.blocks: list[int] = []
        self.pays: list[int] = []
        self.opening = 0
        self._net: list[int] = []
        self._low: list[int] = []
        self._sum: list[int] = []  # after each block, without the opening balance
        self._least: list[int] = []  # up to and with each block

    def put(self, block: int, change: tuple[int, int, bool] | None) -> bool:
        """Take what a block changes (net, lowest within it, whether it pays); return whether that is news."""
        at = bisect_left(self.blocks, block)
        here = at < len(self.blocks) and self.blocks[at] == block
        paid_at = bisect_left(self.pays, block)
        paid = paid_at < len(self.pays) and self.pays[paid_at] == block
        pays = change is not None and change[2]
        if paid and not pays:
            del self.pays[paid_at]
        elif pays and not paid:
            self.pays.insert(paid_at, block)
        if change is None:
            if not here:
                return False
            for one in (self.blocks, self._net, self._low, self._sum, self._least):
                del one[at]
        else:
            net, low, _ = change
            if here and (self._net[at], self._low[at]) == (net, low):
                return paid != pays
            if here:
                self._net[at], self._low[at] = net, low
            else:
                for one, value in ((self.blocks, block), (self._net, net), (self._low, low)):
                    one.insert(at, value)
                self._sum.insert(at, 0)
                self._least.insert(at, 0)
        self._count(at)
        return True

    def before(self, block: int) -> int:
        """Return the balance before a block."""
        at = bisect_left(self.blocks, block)
        return self.opening + (self._sum[at - 1] if at else 0)

    def need(self) -> int:
        """Return the least opening balance that keeps it from going below zero."""
        return -self._least[-1] if self._least else 0

    def _count(self, first: int) -> None:
        total, least = (self._sum[first - 1], self._least[first - 1]) if first else (0, 0)
        for at in range(first, len(self.blocks)):
            least = min(least, total + self._low[at])
            total += self._net[at]
            self._sum[at], self._least[at] = total, least


class Accounts:
    """Every account of the blocks held, and where its holder pays.

    Attributes
    ----------
    series : dict of Account to Series
        By account.
    of : dict of (ChainId, str) to dict
        The accounts of each holder.
    addresses : dict of (ChainId, str) to str
        Address beside a holder where it differs from it.
    assets : dict of AssetId to int
        In how many blocks each asset is paid.
    """

    def __init__(self) -> None:
        self.series: dict[Account, Series] = {}
        self.of: dict[Holder, dict[Account, None]] = {}
        self.addresses: dict[Holder, str] = {}
        self.assets: dict[AssetId, int] = {}
        self._changes: dict[Height, dict[Account, tuple[int, int, bool]]] = {}
        self._floors: dict[Account, int] = {}
        self._stolen: dict[Account, int] = {}

    def take(self, height: Height, block: Block) -> set[Account]:
        """Take a block as it now is; return the accounts whose balances it changes."""
        before = self._changes.get(height, {})
        after = _changes_of(block.events)
        self._changes[height] = after
        for one in {account.asset for account, change in before.items() if change[2]}:
            self.assets[one] -= 1
        for one in {account.asset for account, change in after.items() if change[2]}:
            self.assets[one] = self.assets.get(one, 0) + 1
        for event in block.events:
            for part in event.parts:
                for leg in (*part.debits, *part.credits):
                    if leg.address != leg.account.holder and not leg.sink:
                        self.addresses[leg.account.chain, leg.account.holder] = leg.address
        changed = set()
        for account in before.keys() | after.keys():
            series = self.series.get(account)
            if series is None:
                series = self.series[account] = Series()
                self.of.setdefault((account.chain, account.holder), {})[account] = None
            if series.put(height[1], after.get(account)):
                changed.add(account)
        return changed

    def know(self, openings: Mapping[Account, int], stolen: Mapping[Account, int]) -> set[Account]:
        """Take known opening balances and the stolen part of some; return the accounts that these speak of."""
        touched = {*openings, *stolen, *self._stolen}
        self._floors |= openings
        self._stolen = dict(stolen)
        return touched

    def reopen(self, accounts: Iterable[Account]) -> set[Account]:
        """Find the opening balances of some accounts again; return those whose opening balance is another."""
        moved = set()
        for account in accounts:
            series = self.series.get(account)
            if series is not None:
                opening = max(series.need(), self._floors.get(account, 0), self._stolen.get(account, 0))
                if opening != series.opening:
                    series.opening = opening
                    moved.add(account)
        return moved

    def payers(self, height: Height) -> list[Account]:
        """Return the accounts that pay in a block."""
        return [account for account, change in self._changes.get(height, {}).items() if change[2]]

    def heights(self, holder: Holder) -> set[Height]:
        """Return the blocks that touch a holder."""
        return {(holder[0], block) for account in self.of.get(holder, ()) for block in self.series[account].blocks}


@dataclass(slots=True)
class _Walked:
    """What a block was walked with, and what came of it."""

    given: tuple[Given, ...] = ()
    kept: dict[Account, int] = field(default_factory=dict)
    came: dict[Account, int] = field(default_factory=dict)
    arrived: dict[Account, int] = field(default_factory=dict)
    tracked: frozenset[Account] = frozenset()
    hops: dict[Holder, int] = field(default_factory=dict)


class Walk:
    """Reach over the blocks held.

    Attributes
    ----------
    tracked : dict of Account to int
        Accounts that can have held stolen money, with the number of blocks (and openings) that say so.
    arrived : dict of Account to int
        The most that can have arrived there.
    moved : set of Account
        Those for which either has changed since it was last emptied.
    """

    def __init__(self, accounts: Accounts, stops: Callable[[ChainId, str], bool], min_amount: int) -> None:
        self.tracked: dict[Account, int] = {}
        self.arrived: dict[Account, int] = {}
        self.moved: set[Account] = set()
        self.reached: set[Holder] = set()
        self._accounts, self._stops, self._min_amount = accounts, stops, min_amount
        self._walked: dict[Height, _Walked] = {}
        self._came_at: dict[Account, list[int]] = {}
        self._hop_at: dict[Holder, tuple[list[int], list[int]]] = {}
        self._begun: dict[Account, int] = {}
        self._starts: set[Holder] = set()
        self._waiting: list[Height] = []
        self._listed: set[Height] = set()
        self._forced: set[Height] = set()

    def hop(self, holder: Holder) -> int | None:
        """Return the fewest movements from a seed to a holder; ``None`` where nothing reaches it."""
        return self._hop_before(holder, _FAR)

    def begin(self, stolen: Mapping[Account, int]) -> None:
        """Take the stolen opening balances in place of those before."""
        if stolen == self._begun:
            return
        holders = {account[:2] for account in (*stolen, *self._begun)}
        for account in {*stolen, *self._begun}:
            before, after = self._begun.get(account), stolen.get(account)
            self._count(account, (after is not None) - (before is not None), (after or 0) - (before or 0))
        self._begun = dict(stolen)
        self._starts = {account[:2] for account in stolen}
        for holder in holders:
            self._see(holder)
            self.force(self._accounts.heights(holder))

    def force(self, heights: Iterable[Height]) -> None:
        """Have some blocks walked again, whatever they were walked with."""
        for height in heights:
            self._forced.add(height)
            self._push(height)

    def revalue(self, accounts: Iterable[Account]) -> None:
        """Have a look at every block in which some accounts pay, whose balances are others now."""
        for account in accounts:
            pays = self._accounts.series[account].pays
            if pays:
                self._push((account.chain, pays[0]))

    def shift(self, account: Account, block: int) -> None:
        """Have a look at the next block in which an account pays, its balance being another from a block on."""
        self._next(account, block)

    def walk(self, blocks: Mapping[Height, Block]) -> None:
        """Walk what waits, and what that changes."""
        while self._waiting:
            height = heappop(self._waiting)
            self._listed.discard(height)
            self._visit(height, blocks[height])

    def _visit(self, height: Height, block: Block) -> None:
        payers = self._accounts.payers(height)
        number = height[1]
        series = self._accounts.series
        given = tuple(
            (
                account,
                series[account].before(number),
                self._cap_before(account, number),
                self._hop_before(account[:2], number),
            )
            for account in payers
        )
        walked = self._walked.get(height)
        forced = height in self._forced
        if walked is not None and not forced and walked.given == given:
            return
        self._forced.discard(height)
        old = walked or _Walked()
        new = self._step(block, given)
        self._walked[height] = new
        earlier, now = ({one[0]: one for one in walked.given} for walked in (old, new))
        for account in earlier.keys() | now.keys():
            if earlier.get(account) != now.get(account) or old.kept.get(account) != new.kept.get(account):
                self._next(account, number)
        self._enter_arrivals(height, old, new)
        self._enter_hops(height, old, new)

    def _step(self, block: Block, given: tuple[Given, ...]) -> _Walked:
        found = _Walked(given)
        if not block.thefts and not any(cap for _, _, cap, _ in given):
            return found
        step = Step(
            {account: balance for account, balance, _, _ in given},
            {account: cap for account, _, cap, _ in given if cap},
            block.thefts,
            self._stops,
            self._min_amount,
        )
        step.found.hop.update({account[:2]: hop for account, _, _, hop in given if hop is not None})
        known = dict(step.found.hop)
        for event in block.events:
            step.apply(event)
        paying = {account for account, _, _, _ in given}
        found.kept = {account: step.cap[account] for account in paying if step.cap.get(account)}
        found.arrived = step.found.arrived
        found.came = {account: amount for account, amount in step.found.arrived.items() if account not in paying}
        found.tracked = frozenset(step.found.tracked)
        found.hops = {holder: hop for holder, hop in step.found.hop.items() if known.get(holder) != hop}
        return found

    def _enter_arrivals(self, height: Height, old: _Walked, new: _Walked) -> None:
        number = height[1]
        for account in old.came.keys() | new.came.keys():
            if old.came.get(account) != new.came.get(account):
                at = self._came_at.setdefault(account, [])
                if account not in old.came:
                    insort(at, number)
                elif account not in new.came:
                    at.remove(number)
                self._next(account, number)
        for account in old.arrived.keys() | new.arrived.keys() | old.tracked | new.tracked:
            more = new.arrived.get(account, 0) - old.arrived.get(account, 0)
            self._count(account, (account in new.tracked) - (account in old.tracked), more)

    def _enter_hops(self, height: Height, old: _Walked, new: _Walked) -> None:
        number = height[1]
        for holder in old.hops.keys() | new.hops.keys():
            if old.hops.get(holder) == new.hops.get(holder):
                continue
            blocks, hops = self._hop_at.setdefault(holder, ([], []))
            at = bisect_left(blocks, number)
            if holder not in old.hops:
                blocks.insert(at, number)
                hops.insert(at, new.hops[holder])
            elif holder in new.hops:
                hops[at] = new.hops[holder]
            else:
                del blocks[at], hops[at]
            self._see(holder)
        for account in () if old.hops == new.hops else self._paying(old.hops.keys() | new.hops.keys()):
            self._next(account, number)

    def _paying(self, holders: Iterable[Holder]) -> list[Account]:
        return [account for holder in holders for account in self._accounts.of.get(holder, ())]

    def _see(self, holder: Holder) -> None:
        if not is_transit(holder[1]) and self.hop(holder) is not None:
            self.reached.add(holder)
        else:
            self.reached.discard(holder)

    def _count(self, account: Account, sayings: int, amount: int) -> None:
        if not sayings and not amount:
            return
        self.moved.add(account)
        said = self.tracked.get(account, 0) + sayings
        if said:
            self.tracked[account] = said
            self.arrived[account] = self.arrived.get(account, 0) + amount
        else:
            self.tracked.pop(account, None)
            self.arrived.pop(account, None)

    def _cap_before(self, account: Account, block: int) -> int:
        pays = self._accounts.series[account].pays
        at = bisect_left(pays, block)
        came = self._came_at.get(account, ())
        if at:
            last = self._walked.get((account.chain, pays[at - 1]))
            cap = last.kept.get(account, 0) if last is not None else 0
            first = bisect_right(came, pays[at - 1])
        else:
            cap, first = self._begun.get(account, 0), 0
        for number in came[first : bisect_left(came, block)]:
            cap += self._walked[account.chain, number].came[account]
        return cap

    def _hop_before(self, holder: Holder, block: int) -> int | None:
        if holder in self._starts:
            return 0
        blocks, hops = self._hop_at.get(holder, ((), ()))
        return min(hops[: bisect_left(blocks, block)], default=None)

    def _next(self, account: Account, block: int) -> None:
        pays = self._accounts.series[account].pays
        at = bisect_right(pays, block)
        if at < len(pays):
            self._push((account.chain, pays[at]))

    def _push(self, height: Height) -> None:
        if height not in self._listed:
            self._listed.add(height)
            heappush(self._waiting, height)


def _changes_of(events: Iterable[Event]) -> dict[Account, tuple[int, int, bool]]:
    """Return what some events of one block change: net, lowest within them, and whether the account pays."""
    net: dict[Account, int] = {}
    low: dict[Account, int] = {}
    for event in events:
        for part in event.parts:
            for leg in part.debits:
                left = net.get(leg.account, 0) - leg.amount
                net[leg.account] = left
                low[leg.account] = min(left, low.get(leg.account, 0))
        for part in event.parts:
            for leg in part.credits:
                if not leg.sink:
                    net[leg.account] = net.get(leg.account, 0) + leg.amount
    return {account: (amount, low.get(account, 0), account in low) for account, amount in net.items()}
