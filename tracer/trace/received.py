"""What any rule can make an address receive of all thefts together, whether or not it pays it on.

One network serves every address. An address is taken to absorb, alone: what it pays is clean money, so that units that
leave it and come back count once. Where nothing it paid can come back, what reaches it is what its network says as it
stands, in closed form along chains and trees; only where it can, or where ways meet just before it, is a flow sought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from tracer.model import Account, AssetId, ChainId, plain_holder
from tracer.taint import Network, Terminal
from tracer.taint.bounds import interval_between
from tracer.taint.inflow import Answer, Receipts
from tracer.taint.network import UNSPOILED
from tracer.taint.region import DIRECTIONS, Regions
from tracer.trace.certainty import Classes, Range
from tracer.trace.run import Prepared

Spot = tuple[ChainId, str, AssetId]
"""Chain, address and asset."""
_BLOCK: Final = 1_024


class Received(Mapping[Spot, Range]):
    """Ranges of what addresses receive, by chain, address and asset; each is computed when it is first asked for.

    Addresses that begin with stolen units are left out, as are those that stolen money cannot reach.

    Parameters
    ----------
    prepared : Prepared
        The case.
    regions : Regions
        The network of all its origins together.
    """

    def __init__(self, prepared: Prepared, regions: Regions) -> None:
        self._prepared, self._regions = prepared, regions
        self._found: dict[Spot, Range] = {}

    def __getitem__(self, spot: Spot) -> Range:
        if spot not in self._ends:
            raise KeyError(spot)
        if spot not in self._found:
            self.compute([spot])
        return self._found[spot]

    def __iter__(self) -> Iterator[Spot]:
        return iter(self._ends)

    def __len__(self) -> int:
        return len(self._ends)

    def compute(self, spots: Iterable[Spot]) -> None:
        """Compute the ranges of several addresses at once: one walk over the network serves many."""
        asked = sorted(spot for spot in set(spots) if spot in self._ends and spot not in self._found)
        regions, inflow = self._regions, self._regions.inflow
        returning = self._returning
        paid = {spot: self._paid(spot) for spot in asked}
        closed = [
            spot
            for spot in asked
            if spot[:2] not in returning
            and not any(inflow.is_open(paid[spot], colour) for colour in DIRECTIONS.values())
        ]
        regions.settle_receipts([paid[spot] for spot in closed])
        settled = set(closed)
        for spot in asked:
            if spot in settled:
                most = {direction: inflow.most(paid[spot], colour) for direction, colour in DIRECTIONS.items()}
                received = paid[spot].total
            else:
                received, most = self._search(spot)
            interval = interval_between(received, most["min"], most["max"], regions.network.total)
            self._found[spot] = self._classes.range(interval, paid[spot].before.keys(), self._accounts[spot])

    @cached_property
    def _ends(self) -> dict[Spot, tuple[int, ...]]:
        """Nodes at which each address is paid: its phases, and the ends of credits that are not followed there."""
        network, ledger = self._network, self._prepared.ledger
        found: dict[Spot, list[int]] = defaultdict(list)
        for node, account in network.accounts.items():
            address = plain_holder(ledger.addresses.get(account, account.holder))
            found[account.chain, address, account.asset].append(node)
        for terminal, node in network.terminals.items():
            if terminal.fate in ("stopped", "below_threshold"):
                found[_spot(terminal)].append(node)
        opening = self._prepared.bounded.opening
        begun = {
            (account.chain, plain_holder(ledger.addresses.get(account, account.holder)))
            for account, lots in opening.items()
            if any(lot.label for lot in lots)
        }
        return {spot: tuple(nodes) for spot, nodes in sorted(found.items()) if spot[:2] not in begun}

    @cached_property
    def _accounts(self) -> dict[Spot, tuple[Account, ...]]:
        """The accounts of each address: its own outpoints, segments, or the one account it is."""
        of = dict(self._network.accounts) | {node: end.account for end, node in self._network.terminals.items()}
        return {spot: tuple(dict.fromkeys(of[node] for node in nodes)) for spot, nodes in self._ends.items()}

    @cached_property
    def _own(self) -> dict[tuple[ChainId, str], frozenset[int]]:
        """All phases of each address, in any asset."""
        network, ledger = self._network, self._prepared.ledger
        found: dict[tuple[ChainId, str], set[int]] = defaultdict(set)
        for node, account in network.accounts.items():
            found[account.chain, plain_holder(ledger.addresses.get(account, account.holder))].add(node)
        return {address: frozenset(nodes) for address, nodes in found.items()}

    @cached_property
    def _returning(self) -> frozenset[tuple[ChainId, str]]:
        """Addresses some of whose receipts can be money they paid before."""
        several = sorted(address for address, nodes in self._own.items() if len(nodes) > 1)
        found: set[tuple[ChainId, str]] = set()
        for first in range(0, len(several), _BLOCK):
            found.update(self._returning_of(several[first : first + _BLOCK]))
        return frozenset(found)

    def _returning_of(self, addresses: Sequence[tuple[ChainId, str]]) -> Iterator[tuple[ChainId, str]]:
        network = self._network
        bits = [0] * len(network.nodes)
        own: dict[int, int] = {}
        for place, address in enumerate(addresses):
            for node in self._own[address]:
                own[node] = bits[node] = 1 << place
        number = {address: place for place, address in enumerate(addresses)}
        back = 0
        for tail, head, name in zip(network.tail, network.head, network.arcs, strict=True):
            if tail <= UNSPOILED or not bits[tail]:
                continue
            if head in own and name[0] != "h":
                back |= bits[tail] & own[head]
            bits[head] |= bits[tail]
        for terminal, node in network.terminals.items():
            mine = number.get(_spot(terminal)[:2])
            if mine is not None and terminal.fate == "below_threshold":
                back |= bits[node] & 1 << mine
        return (address for place, address in enumerate(addresses) if back >> place & 1)

    @property
    def _network(self) -> Network:
        return self._regions.network

    def _paid(self, spot: Spot) -> Receipts:
        """Return what others pay to an address; its clean opening and clean receipts take no part."""
        found = self._regions.inflow.receipts(self._ends[spot], self._own.get(spot[:2], frozenset()))
        return Receipts((found.sources[0], 0), found.before)

    @cached_property
    def _into(self) -> list[list[int]]:
        """For every node the arcs into it."""
        found: list[list[int]] = [[] for _ in self._network.nodes]
        for arc, head in enumerate(self._network.head):
            found[head].append(arc)
        return found

    def _search(self, spot: Spot) -> tuple[int, dict[str, Answer]]:
        """Return what an address receives and the most of each colour, where what it paid may come back to it."""
        network, own, ends = self._network, self._own.get(spot[:2], frozenset()), set(self._ends[spot])
        arcs = [
            arc
            for end in sorted(ends)
            for arc in self._into[end]
            if network.tail[arc] not in own and network.tail[arc] != UNSPOILED
        ]
        received = sum(network.capacity[arc] for arc in arcs)
        stack = [network.tail[arc] for arc in arcs if network.tail[arc] > UNSPOILED]
        seen = set(stack)
        while stack:
            for arc in self._into[stack.pop()]:
                arcs.append(arc)
                tail = network.tail[arc]
                if tail > UNSPOILED and tail not in own and tail not in seen:
                    seen.add(tail)
                    stack.append(tail)
        return received, {
            direction: self._regions.most_absorbing(sorted(set(arcs)), ends, own, direction) for direction in DIRECTIONS
        }

    @cached_property
    def _classes(self) -> Classes:
        keep = {tail for spot in self._ends for tail in self._paid(spot).before}
        return Classes(self._prepared, self._network, keep)


def _spot(terminal: Terminal) -> Spot:
    return terminal.account.chain, plain_holder(terminal.address), terminal.account.asset
