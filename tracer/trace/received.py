"""What any rule can make an address receive of all thefts together, whether or not it pays it on.

One network serves every address. Where nothing it paid can come back, what reaches it is what its network says as it
stands, in closed form along chains and trees; only where ways meet just before it is a flow sought. Where units can
come back, each receipt of them counts, as it does in what a rule makes it receive. Between two payments of an address
no unit comes back, so the most it receives is at most the sum of what each such phase receives, and the least at least
that of the phases, or what it receives if it keeps all that comes (each unit then counts once). That interval holds
every rule; it need not be the tightest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from tracer.bounds import (
    DIRECTIONS,
    STOLEN,
    UNSPOILED,
    Answer,
    Interval,
    Network,
    Receipts,
    Regions,
    Terminal,
    interval_between,
)
from tracer.model import Account, AssetId, ChainId, is_transit, plain_holder
from tracer.trace.certainty import Classes, Range
from tracer.trace.prepared import PreparedCase

Spot = tuple[ChainId, str, AssetId]
"""Chain, address and asset."""
_BLOCK: Final = 1_024
_PHASES: Final = 64
"""An address that pays and is paid more often in turns: all that it receives is the most, not a flow for each turn."""


class Received(Mapping[Spot, Range]):
    """Ranges of what addresses receive, by chain, address and asset; each is computed when it is first asked for.

    What an address begins with of stolen units counts as received. Addresses that stolen money cannot reach are left
    out.

    Parameters
    ----------
    prepared : PreparedCase
        The case.
    regions : Regions
        The network of all its origins together.
    """

    def __init__(self, prepared: PreparedCase, regions: Regions) -> None:
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
            if spot not in returning and not any(inflow.is_open(paid[spot], colour) for colour in DIRECTIONS.values())
        ]
        regions.settle_receipts([paid[spot] for spot in closed])
        settled = set(closed)
        for spot in asked:
            if spot in settled:
                most = {direction: inflow.most(paid[spot], colour) for direction, colour in DIRECTIONS.items()}
                received = paid[spot].total
            else:
                received, most = self._search(self._ends[spot], self._own.get(spot, frozenset()))
            interval = interval_between(received, most["min"], most["max"], regions.network.total)
            if spot in returning:
                interval = self._over_phases(spot, interval)
            self._found[spot] = self._classes.range(interval, self._tails(spot), self._accounts[spot])

    @cached_property
    def _ends(self) -> dict[Spot, tuple[int, ...]]:
        """Nodes at which each address is paid: its phases, and the ends of credits that are not followed there."""
        network, ledger = self._network, self._prepared.ledger
        found: dict[Spot, list[int]] = defaultdict(list)
        for node, account in network.accounts.items():
            # What passes through a pool inside a theft's transaction is no receipt of the pool.
            if is_transit(account.holder) or network.nodes[node][1] < self._seeded.get(account, -1):
                continue
            address = plain_holder(ledger.addresses.get(account, account.holder))
            found[account.chain, address, account.asset].append(node)
        for terminal, node in network.terminals.items():
            if terminal.fate in ("stopped", "below_threshold"):
                found[_spot(terminal)].append(node)
        return {spot: tuple(nodes) for spot, nodes in sorted(found.items())}

    @cached_property
    def _seeded(self) -> dict[Account, int]:
        """Outputs that a seed takes whole where they are made, and the event in which it does.

        Whatever reached one before, all it received is stolen from there on: that event alone is its receipt.
        """
        plan = self._prepared.bounded
        found: dict[Account, int] = {}
        for index in sorted(plan.theft_events):
            for part in plan.events[index].parts:
                paying = {leg.account for leg in part.debits}
                found.update((leg.account, index) for leg in part.credits if not leg.sink and leg.account in paying)
        return found

    @cached_property
    def _accounts(self) -> dict[Spot, tuple[Account, ...]]:
        """The accounts of each address: its own outpoints, segments, or the one account it is."""
        of = dict(self._network.accounts) | {node: end.account for end, node in self._network.terminals.items()}
        return {spot: tuple(dict.fromkeys(of[node] for node in nodes)) for spot, nodes in self._ends.items()}

    @cached_property
    def _own(self) -> dict[Spot, frozenset[int]]:
        """All phases of each address in an asset."""
        network, ledger = self._network, self._prepared.ledger
        found: dict[Spot, set[int]] = defaultdict(set)
        for node, account in network.accounts.items():
            if is_transit(account.holder):
                continue
            found[account.chain, plain_holder(ledger.addresses.get(account, account.holder)), account.asset].add(node)
        return {spot: frozenset(nodes) for spot, nodes in found.items()}

    @cached_property
    def _returning(self) -> frozenset[Spot]:
        """Addresses, by asset, some of whose receipts can be money they paid before."""
        several = sorted(spot for spot, nodes in self._own.items() if len({*nodes, *self._ends.get(spot, ())}) > 1)
        round_about = frozenset[Account]().union(*self._network.through.values())
        accounts = self._network.accounts
        found = {spot for spot, nodes in self._own.items() if any(accounts[node] in round_about for node in nodes)}
        for first in range(0, len(several), _BLOCK):
            found.update(self._returning_of(several[first : first + _BLOCK]))
        return frozenset(found)

    def _returning_of(self, spots: Sequence[Spot]) -> Iterator[Spot]:
        network = self._network
        bits = [0] * len(network.nodes)
        own: dict[int, int] = {}
        for place, spot in enumerate(spots):
            for node in self._own[spot]:
                own[node] = bits[node] = 1 << place
        number = {spot: place for place, spot in enumerate(spots)}
        # What a holder has when a label begins moves to the segment that absorbs: its own node pays, and nothing is
        # received. All else that reaches a credit not followed there, by a way through the holder, came back.
        ends = {
            node: 1 << number[_spot(terminal)]
            for terminal, node in network.terminals.items()
            if terminal.fate in ("stopped", "below_threshold") and _spot(terminal) in number
        }
        back = 0
        for tail, head, name in zip(network.tail, network.head, network.arcs, strict=True):
            if tail <= UNSPOILED or not bits[tail]:
                continue
            if head in own and name[0] != "h":
                back |= bits[tail] & own[head]
            if head in ends and own.get(tail) != ends[head]:
                back |= bits[tail] & ends[head]
            bits[head] |= bits[tail]
        return (spot for place, spot in enumerate(spots) if back >> place & 1)

    @property
    def _network(self) -> Network:
        return self._regions.network

    def _paid(self, spot: Spot) -> Receipts:
        """Return what others pay to an address; its clean opening and clean receipts take no part."""
        found = self._regions.inflow.receipts(self._ends[spot], self._own.get(spot, frozenset()))
        return Receipts((found.sources[0], 0), found.before)

    def _tails(self, spot: Spot) -> set[int]:
        """Return the nodes just before an address, and its own where it begins with stolen units."""
        network = self._network
        pairs = [(network.tail[arc], end) for end in self._ends[spot] for arc in self._receiving(end)]
        return {end if tail == STOLEN else tail for tail, end in pairs}

    def _receiving(self, end: int) -> list[int]:
        """Return the arcs by which a phase receives; what it has of the phase before it, and clean money, is none."""
        network = self._network
        return [arc for arc in self._into[end] if network.arcs[arc][0] != "h" and network.tail[arc] != UNSPOILED]

    def _over_phases(self, spot: Spot, once: Interval) -> Interval:
        """Return an interval of all receipts together where units come back, from that in which each counts once.

        Of what others pay it in an event that it pays into itself (change), and of what goes round with it inside a
        tie, nothing is known but the amount.
        """
        network, ends, own = self._network, self._ends[spot], self._own.get(spot, frozenset())
        received, clean, stolen, circling = 0, Answer(0, 0), Answer(0, 0), False
        for end in ends:
            arcs = [
                arc
                for arc in self._receiving(end)
                if network.tail[arc] not in own and not self._is_change(network.tail[arc], own)
            ]
            among = [arc for arc in arcs if self._goes_round(network.tail[arc], own)]
            circling = circling or bool(among)
            amount = sum(network.capacity[arc] for arc in arcs)
            most = {direction: Answer(amount, amount) for direction in DIRECTIONS}
            plain = len(arcs) == len(self._receiving(end)) and not among
            if plain and not any(self._pays_into(network.tail[arc], own) for arc in arcs) and len(ends) <= _PHASES:
                amount, most = self._search((end,), frozenset())
            received, clean, stolen = received + amount, clean.beside(most["min"]), stolen.beside(most["max"])
        found = interval_between(received, clean, stolen, once.total)
        least = found.min if circling else max(found.min, once.min)
        return replace(found, min=least, gap=max(found.gap, once.gap))

    def _pays_into(self, pool: int, own: frozenset[int]) -> bool:
        """Return whether some nodes pay into the event that a node stands for."""
        network = self._network
        return network.nodes[pool][0] in "pq" and any(
            network.tail[arc] in own or self._pays_into(network.tail[arc], own) for arc in self._into[pool]
        )

    def _is_change(self, pool: int, own: frozenset[int]) -> bool:
        """Return whether nobody but some nodes pays into the event that a node stands for: what they get is change."""
        network = self._network
        return network.nodes[pool][0] in "pq" and all(
            network.tail[arc] in own or self._is_change(network.tail[arc], own) for arc in self._into[pool]
        )

    def _goes_round(self, pool: int, own: frozenset[int]) -> bool:
        """Return whether a node stands for payments in a circle that accounts of some nodes take part in."""
        network = self._network
        return not network.through.get(pool, frozenset()).isdisjoint(network.accounts[node] for node in own)

    @cached_property
    def _into(self) -> list[list[int]]:
        """For every node the arcs into it."""
        found: list[list[int]] = [[] for _ in self._network.nodes]
        for arc, head in enumerate(self._network.head):
            found[head].append(arc)
        return found

    def _search(self, where: Sequence[int], own: frozenset[int]) -> tuple[int, dict[str, Answer]]:
        """Return what some nodes receive and the most of each colour, where what `own` nodes pay is clean money."""
        network, ends = self._network, set(where)
        arcs = [arc for end in sorted(ends) for arc in self._receiving(end) if network.tail[arc] not in own]
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
        keep = {tail for spot in self._ends for tail in self._tails(spot)}
        return Classes(self._prepared, self._network, keep)


def _spot(terminal: Terminal) -> Spot:
    return terminal.account.chain, plain_holder(terminal.address), terminal.account.asset
