"""Processor seconds of the collection loop alone: python benchmarks/collecting_loop.py [--holders N…] [--times N].

The source is in memory and answers at once, so that what is measured is who is read next, and the tables at the end. A
tree of payments in which each holder pays two others and is paid eight times by strangers, and a chain in which each
pays one: of that, one holder is read a round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tracer.collect import Collection, Limits
from tracer.model import AssetId, ChainId, Collected, Coverage, Seed, chain_of
from tracer.providers import BlockRef, Head, History
from tracer.registry import LabelIndex
from tracer.trace import CaseData

CHAIN: Final = ChainId("eip155:1")
COIN: Final = AssetId(f"{CHAIN}/slip44:60")
STOLEN: Final = 10**24
THEFT: Final = f"0x{'e' * 64}"
VICTIM: Final = f"0x{'9' * 40}"
STRANGERS: Final = 8
"""Small receipts of each holder of the tree."""
MAY_TAKE: Final = {("tree", 4_000): 6.0}
"""Seconds, of 4,000 holders of the tree."""


@dataclass
class World:
    """Payments in memory, found by party and by transaction."""

    height: int = 0
    by_party: dict[str, list[Collected]] = field(default_factory=dict)
    by_tx: dict[str, list[Collected]] = field(default_factory=dict)

    def pay(self, block: int, place: int, payer: str, payee: str, amount: int, tx: str = "") -> None:
        """Add a payment; the chain reaches a hundred blocks beyond the last."""
        tx, at = tx or f"0x{block * 100 + place:064x}", self.block(block)
        native = (tx, place, "top", (), "native", payer, payee, COIN, amount, "memory")
        row = Collected(CHAIN, block, at.hash, at.time, *native)
        for party in (payer, payee):
            self.by_party.setdefault(party, []).append(row)
        self.by_tx.setdefault(tx, []).append(row)
        self.height = max(self.height, block + 100)

    @staticmethod
    def block(number: int) -> BlockRef:
        """Return a block by height."""
        return BlockRef(number, f"0x{number:064x}", 1_700_000_000 + 12 * number)


class Memory:
    """A source that answers from a world."""

    name, chain = "memory", CHAIN

    def __init__(self, world: World) -> None:
        self._world = world
        latest = world.height
        self._head = Head(world.block(latest), world.block(latest - min(latest, chain_of(CHAIN).finality)))

    def head(self) -> Head:
        """Return the newest block and the newest final one."""
        return self._head

    def block(self, number: int) -> BlockRef:
        """Return a block by height."""
        return self._world.block(number)

    def size(self, holder: str) -> int | None:
        """Return how many payments a holder has."""
        return len(self._world.by_party.get(holder, ()))

    def is_contract(self, address: str) -> bool | None:
        """Return whether there is code at an address: there is none."""
        del address
        return False

    def transfers(self, holder: str, since: int, until: int) -> History:
        """Return what touches a holder in a window."""
        rows = tuple(row for row in self._world.by_party.get(holder, ()) if since <= row.block <= until)
        return History(rows, (), (Coverage(CHAIN, holder, self.name, "transfers", since, until, complete=True),))

    def transaction(self, tx: str) -> History:
        """Return one transaction."""
        whole = Coverage(CHAIN, tx, self.name, "transaction", 0, self._world.height, complete=True)
        return History(tuple(self._world.by_tx.get(tx, ())), (), (whole,))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        """Return nothing: it does not know."""
        del address, asset, block
        return None


def address(number: int) -> str:
    """Return the address of a holder by its number; none is in the registry."""
    return f"0x{0xC011 << 144 | number:040x}"


def tree(holders: int) -> World:
    """Return a tree of payments, with small receipts from strangers."""
    world = World()
    world.pay(3, 0, VICTIM, address(0), STOLEN, THEFT)
    for one in range(holders):
        for other in (2 * one + 1, 2 * one + 2):
            if other < holders:
                world.pay(4 + one, other % 2, address(one), address(other), STOLEN >> other.bit_length())
        for number in range(STRANGERS):
            world.pay(4 + one, 2 + number, address(2**64 + STRANGERS * one + number), address(one), 1)
    return world


def peel(holders: int) -> World:
    """Return a chain of payments."""
    world = World()
    world.pay(3, 0, VICTIM, address(0), STOLEN, THEFT)
    for one in range(holders - 1):
        world.pay(4 + one, 0, address(one), address(one + 1), STOLEN - one - 1)
    return world


def seconds(world: World, holders: int) -> float:
    """Return the processor time that one collection took; all holders must have been read."""
    case = CaseData("loop", "loop", (), (Seed("tx", THEFT, CHAIN, None, None, "theft"),), LabelIndex((), ""))
    begun = time.process_time()
    found = Collection(case, {CHAIN: Memory(world)}, Limits(addresses=None, rows=None)).run()
    taken = time.process_time() - begun
    read = sum(status == "whole" for status in found.holders.values())
    if read < holders:
        raise SystemExit(f"{read} of {holders} holders were read.")
    return taken


def measured(sizes: list[int], times: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| payments | holders | may take | median | least | most |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, make in (("tree", tree), ("peel", peel)):
        for holders in sizes:
            world = make(holders)
            taken = [seconds(world, holders) for _ in range(times)]
            may = MAY_TAKE.get((name, holders))
            figures = " | ".join(f"{one:.2f}" for one in (statistics.median(taken), min(taken), max(taken)))
            yield f"| {name} | {holders:,} | {'' if may is None else f'{may:g}'} | {figures} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holders", type=int, nargs="+", default=[1_000, 4_000])
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    for line in measured(given.holders, given.times):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
