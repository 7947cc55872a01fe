"""Purses: what a holder has, piece by piece, each with the way it came; nothing is merged unless it came the same way.

The kernel merges neighbouring lots of one origin, for it asks only how much. A replay that asks *which way* must not:
here every piece knows its node (a payment it was part of), and the rules run on such pieces; those that look at every
lot have a faster queue here. Amounts by origin equal the kernel's, to the unit; tests compare the two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from tracer.taint import CLEAN, LotAlgebra, Take, apportion, rule_of, take_clean_first, take_dirty_first, take_haircut


class TracedLot(NamedTuple):
    """An amount that came one way.

    Attributes
    ----------
    amount : int
        Base units of the asset it is held in now.
    node : int
        The last payment it was part of; 0 is clean.
    worth : tuple of int
        What it stood for in each asset it was before, oldest first; empty where it was never swapped.
    """

    amount: int
    node: int
    worth: tuple[int, ...] = ()

    @property
    def origin_amount(self) -> int:
        """Base units of the stolen asset it stands for."""
        return self.worth[0] if self.worth else self.amount


def split_piece(piece: TracedLot, amount: int) -> tuple[TracedLot, TracedLot]:
    """Split a piece; the part taken carries the floor of its share of what the piece stood for, the rest the rest."""
    carried = tuple(worth * amount // piece.amount for worth in piece.worth)
    left = tuple(worth - mine for worth, mine in zip(piece.worth, carried, strict=True))
    return piece._replace(amount=amount, worth=carried), piece._replace(amount=piece.amount - amount, worth=left)


def add_piece(pieces: deque[TracedLot] | list[TracedLot], piece: TracedLot) -> None:
    """Append a piece; a neighbour that came the same way is joined."""
    if pieces and pieces[-1].node == piece.node and len(pieces[-1].worth) == len(piece.worth):
        last = pieces[-1]
        worth = tuple(mine + other for mine, other in zip(last.worth, piece.worth, strict=True))
        pieces[-1] = TracedLot(last.amount + piece.amount, piece.node, worth)
    elif piece.amount:
        pieces.append(piece)


def take_pieces(pieces: deque[TracedLot], amount: int) -> list[TracedLot]:
    """Take an amount from the front of a queue of pieces, in the order taken."""
    taken: list[TracedLot] = []
    while amount:
        piece = pieces.popleft()
        if piece.amount > amount:
            piece, rest = split_piece(piece, amount)
            pieces.appendleft(rest)
        taken.append(piece)
        amount -= piece.amount
    return taken


class TracedLotQueue(Protocol):
    """Where pieces are kept and taken from."""

    def put(self, pieces: Iterable[TracedLot]) -> None:
        """Add pieces, in order."""

    def take(self, amount: int) -> list[TracedLot]:
        """Take an amount, in the order the rule takes it."""

    def pieces(self) -> list[TracedLot]:
        """Return what is held."""


class _AnyOrder:
    """Pieces under a rule as :mod:`tracer.taint.policies` has it: the reference, and enough for FIFO and LIFO."""

    def __init__(self, take: Take, of: LotAlgebra[TracedLot]) -> None:
        self._held: deque[TracedLot] = deque()
        self._take, self._of = take, of

    def put(self, pieces: Iterable[TracedLot]) -> None:
        for piece in pieces:
            add_piece(self._held, piece)

    def take(self, amount: int) -> list[TracedLot]:
        return self._take(self._held, amount, self._of)

    def pieces(self) -> list[TracedLot]:
        return list(self._held)


class _Chosen:
    """Stolen before clean, or clean before stolen; stolen pieces oldest first."""

    def __init__(self, *, stolen_first: bool) -> None:
        self._stolen: deque[TracedLot] = deque()
        self._clean: deque[TracedLot] = deque()
        self._turns = (self._stolen, self._clean) if stolen_first else (self._clean, self._stolen)

    def put(self, pieces: Iterable[TracedLot]) -> None:
        for piece in pieces:
            add_piece(self._stolen if piece.node else self._clean, piece)

    def take(self, amount: int) -> list[TracedLot]:
        """Take an amount of the lots turn by turn, in the order that was chosen."""
        taken: list[TracedLot] = []
        for turn in self._turns:
            mine = take_pieces(turn, min(amount, sum(piece.amount for piece in turn)))
            amount -= sum(piece.amount for piece in mine)
            taken += mine
        return taken

    def pieces(self) -> list[TracedLot]:
        return [*self._stolen, *self._clean]


class _Shared:
    """The same share of every label; within a label the rule does not say which: the oldest, so that all adds up."""

    def __init__(self, label_of: Callable[[int], int]) -> None:
        self._held: dict[int, deque[TracedLot]] = {}
        self._label_of = label_of

    def put(self, pieces: Iterable[TracedLot]) -> None:
        for piece in pieces:
            if piece.amount:
                add_piece(self._held.setdefault(self._label_of(piece.node), deque()), piece)

    def take(self, amount: int) -> list[TracedLot]:
        """Take an amount of all lots in proportion, label by label."""
        labels = sorted(self._held, key=lambda label: (label == CLEAN, label))
        shares = apportion(amount, [sum(piece.amount for piece in self._held[label]) for label in labels])
        taken = []
        for label, share in zip(labels, shares, strict=True):
            taken += take_pieces(self._held[label], share)
            if not self._held[label]:
                del self._held[label]
        return taken

    def pieces(self) -> list[TracedLot]:
        return [piece for label in sorted(self._held) for piece in self._held[label]]


def _empty(take: Take, label_of: Callable[[int], int]) -> TracedLotQueue:
    """Return an empty queue of an order of taking; the orders that look at every lot have faster ones."""
    if take is take_haircut:
        return _Shared(label_of)
    if take is take_dirty_first or take is take_clean_first:
        return _Chosen(stolen_first=take is take_dirty_first)
    return _AnyOrder(take, LotAlgebra(lambda piece: label_of(piece.node), split_piece, add_piece))


def holder_purse(policy: str, label_of: Callable[[int], int]) -> TracedLotQueue:
    """Return an empty purse of a holder under a policy; `label_of` gives a node's label."""
    return _empty(rule_of(policy).take, label_of)


def event_pool(policy: str, label_of: Callable[[int], int]) -> TracedLotQueue:
    """Return an empty pool of an event under a policy: what its debits paid, from which its credits are served."""
    return _empty(rule_of(policy).serve, label_of)
