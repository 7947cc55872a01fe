"""The accounts between a theft and each place where money can end: whose history a class of certainty rests on.

One pass over a network finds, for every terminal, the weakest rank of any account before it and, as bits of one
number, which accounts of a chosen set are among them: nothing is listed per destination.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, overload

from tracer.bounds.network import STOLEN, UNSPOILED, Network
from tracer.model import Account, is_over_link, is_transit

_NONE: Final[Mapping[tuple[int, int], int]] = MappingProxyType({})


class Members(Sequence[Account]):
    """Some accounts of a list that many share, in its order; as small as one number.

    Parameters
    ----------
    every : sequence of Account
        The shared list.
    bits : int
        Which of them: bit n for the n-th.
    """

    __slots__ = ("bits", "every")

    def __init__(self, every: Sequence[Account] = (), bits: int = 0) -> None:
        self.every, self.bits = every, bits

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __iter__(self) -> Iterator[Account]:
        left = self.bits
        while left:
            lowest = left & -left
            yield self.every[lowest.bit_length() - 1]
            left ^= lowest

    @overload
    def __getitem__(self, index: int) -> Account: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Account]: ...
    def __getitem__(self, index: int | slice) -> Account | Sequence[Account]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Members) and other.every is self.every:
            return self.bits == other.bits
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class Between:
    """What lies before every terminal of a network.

    Parameters
    ----------
    network : Network
        Its arcs in their order: everything that enters a node comes before what leaves it.
    rank : mapping of Account to int
        Of every account; the lowest before a terminal is its weakest.
    place : mapping of Account to int
        Numbers of the accounts to be listed.
    best : int
        Rank where no account lies before a terminal.
    thefts : mapping of int to int
        Numbers of the events of thefts. Those that pay a place with no account between are given as bits too: an
        account whose history is whole vouches for what it received, such a place has the theft's own rows alone.
    keep : collection of int
        Inner nodes that are asked about too: what lies before them, their own account included.
    doubted : collection of Account
        Passages through what nobody says is a pool: certainty rests on them as on any account.
    unshown : mapping of (int, int) to int
        Conversions that nobody shows, by event and part, with the numbers of `place` they depend on, as bits: nothing
        behind them is certain.

    Notes
    -----
    O(arcs), each with a number of as many bits as `place` has accounts; what no later arc needs is dropped.
    """

    def __init__(
        self,
        network: Network,
        rank: Mapping[Account, int],
        place: Mapping[Account, int],
        best: int,
        thefts: Mapping[int, int],
        keep: Collection[int] = (),
        doubted: Collection[Account] = (),
        unshown: Mapping[tuple[int, int], int] = _NONE,
    ) -> None:
        size = len(network.nodes)
        weakest, bits, straight = [best] * size, [0] * size, [0] * size
        vouching = {
            node
            for node, account in network.accounts.items()
            if not is_transit(account.holder) or is_over_link(account.holder) or account in doubted
        }
        for node, account in network.accounts.items():
            if node not in vouching:  # a passage through a pool, inside the theft: its rows are the theft's
                continue
            weakest[node] = rank[account]
            bits[node] = 1 << place[account] if account in place else 0
        for node, accounts in network.through.items():
            weakest[node] = min((rank[account] for account in accounts), default=best)
            bits[node] = sum(1 << place[account] for account in accounts if account in place)
        kept = frozenset(keep)
        leaves = dict(zip(network.tail, range(len(network.tail)), strict=True))
        for arc, (tail, head) in enumerate(zip(network.tail, network.head, strict=True)):
            if tail <= UNSPOILED:
                if tail == STOLEN and network.arcs[arc][1] in thefts:
                    straight[head] |= 1 << thefts[network.arcs[arc][1]]
                continue
            if straight[tail] and head not in vouching:
                straight[head] |= straight[tail]
            weakest[head] = min(weakest[head], weakest[tail])
            bits[head] |= bits[tail]
            kind, event, part, _ = network.arcs[arc]
            if kind == "x" and (event, part) in unshown:
                bits[head] |= unshown[event, part]
            if leaves[tail] == arc and tail not in kept:
                bits[tail] = 0
        asked = (*network.terminals.values(), *kept)
        self._found = {node: (weakest[node], bits[node], straight[node]) for node in asked}
        self._best = best

    def of(self, ends: Collection[int]) -> tuple[int, int, int]:
        """Return the weakest rank before a destination's nodes, the listed accounts and the straight thefts as bits."""
        weakest, bits, thefts = self._best, 0, 0
        for end in ends:
            one, some, straight = self._found[end]
            weakest, bits, thefts = min(weakest, one), bits | some, thefts | straight
        return weakest, bits, thefts
