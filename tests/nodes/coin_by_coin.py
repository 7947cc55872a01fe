"""An accountant of its own: follows every stolen unit through a list of movements, first in first out or pro rata.

Written from the rules as they are stated, with nothing of the package: every wallet is a queue of pieces, every payment
takes pieces off it. Slow, short, and exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from scripted import Movement


@dataclass(frozen=True)
class Piece:
    """Some units that belong together.

    Attributes
    ----------
    units : int
        In the asset it is held in now.
    origin : tuple of str
        (theft, asset stolen); empty for clean money.
    stolen : int
        How many stolen units it stands for, in the asset that was stolen.
    """

    units: int
    origin: tuple[str, ...] = ()
    stolen: int = 0

    def cut(self, units: int) -> tuple[Piece, Piece]:
        """Return the part that leaves and the part that stays."""
        stolen = self.stolen * units // self.units
        return Piece(units, self.origin, stolen), Piece(self.units - units, self.origin, self.stolen - stolen)


ExitKey = tuple[str, str, str, str, str]
"""Stop reason, address, asset, theft, asset stolen."""


class Accountant:
    """Keeps everybody's money.

    Parameters
    ----------
    rule : str
        ``fifo`` or ``haircut``.
    thefts : mapping of str to str
        Transaction hash → name of the theft; what it pays out is stolen.
    stops : mapping of str to str
        Address → stop reason; what arrives there is no longer followed.
    """

    def __init__(self, rule: str, thefts: Mapping[str, str], stops: Mapping[str, str]) -> None:
        self.rule, self.thefts, self.stops = rule, thefts, stops
        self.queues: dict[tuple[str, str], list[Piece]] = defaultdict(list)
        self.exits: dict[ExitKey, tuple[int, int]] = {}
        self.order: list[tuple[str, ...]] = []
        self.taken_from_thin_air: dict[tuple[str, str], int] = defaultdict(int)

    def run(self, movements: Sequence[Movement]) -> dict[ExitKey, tuple[int, int]]:
        """Return, for every leaf, the units there and the stolen units they stand for."""
        for event, rows in groupby(movements, key=lambda one: one.event or object()):
            if isinstance(event, str):
                self._swap([row for row in rows if row.amount])
            else:
                for row in rows:
                    self._pay(row)
        for (address, asset), queue in self.queues.items():
            self._leave("at_rest", address, asset, queue)
        return {key: self.exits[key] for key in sorted(self.exits)}

    def _pay(self, row: Movement) -> None:
        if not row.amount or row.sender == row.recipient:
            return
        pieces = [Piece(row.amount)] if row.kind == "mint" else self._take(row.sender, row.asset, row.amount)
        if row.kind == "fee":
            self._leave("fee", "", row.asset, pieces)
        elif row.kind == "burn":
            self._leave("burned", row.recipient, row.asset, pieces)
        else:
            self._give(row.recipient, row.asset, self._steal(row, pieces))

    def _steal(self, row: Movement, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces after a theft: the whole payment is stolen; what already was stays with the first."""
        theft = self.thefts.get(row.tx)
        if theft is None:
            return pieces
        origin = (theft, row.asset)
        if origin not in self.order:
            self.order.append(origin)
        return [piece if piece.origin else Piece(piece.units, origin, piece.units) for piece in pieces]

    def _swap(self, rows: Sequence[Movement]) -> None:
        """Exchange two assets: whoever ends with less of one and more of the other carries the pieces across."""
        net: dict[tuple[str, str], int] = defaultdict(int)
        for row in rows:
            net[row.sender, row.asset] -= row.amount
            net[row.recipient, row.asset] += row.amount
        paid = {key: -amount for key, amount in net.items() if amount < 0}
        got = {key: amount for key, amount in net.items() if amount > 0}
        assert len(paid) == len(got) == 2, "a swap has two payers and two payees"
        taken = {key: self._take(*key, amount) for key, amount in paid.items()}
        for (payer, asset), pieces in taken.items():
            (into,) = [key for key in got if key[1] != asset]
            self._give(*into, scaled(pieces, paid[payer, asset], got[into]))

    def _take(self, address: str, asset: str, units: int) -> list[Piece]:
        """Take units off a wallet's queue."""
        if address in self.stops:
            return [Piece(units)]
        queue = self.queues[address, asset]
        missing = units - sum(piece.units for piece in queue)
        if missing > 0:
            self.taken_from_thin_air[address, asset] += missing
            queue.insert(0, Piece(missing))
        if self.rule == "haircut":
            taken, rest = shared(queue, units, self.order)
            self.queues[address, asset] = rest
            return taken
        taken = []
        while units:
            piece = queue.pop(0)
            if piece.units > units:
                piece, rest_piece = piece.cut(units)
                queue.insert(0, rest_piece)
            append(taken, piece)
            units -= piece.units
        return taken

    def _give(self, address: str, asset: str, pieces: list[Piece]) -> None:
        if address in self.stops:
            self._leave(self.stops[address], address, asset, pieces)
            return
        for piece in pieces:
            append(self.queues[address, asset], piece)

    def _leave(self, reason: str, address: str, asset: str, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if piece.origin:
                key = (reason, address, asset, piece.origin[0], piece.origin[1])
                units, stolen = self.exits.get(key, (0, 0))
                self.exits[key] = (units + piece.units, stolen + piece.stolen)


def append(queue: list[Piece], piece: Piece) -> None:
    """Append a piece; with a neighbour of the same origin it becomes one."""
    if not piece.units and not piece.stolen:
        return
    if queue and queue[-1].origin == piece.origin:
        last = queue[-1]
        queue[-1] = Piece(last.units + piece.units, piece.origin, last.stolen + piece.stolen)
    else:
        queue.append(piece)


def scaled(pieces: Sequence[Piece], paid: int, got: int) -> list[Piece]:
    """Return pieces in another asset: borders are scaled and rounded down, so that the sum is exact."""
    result: list[Piece] = []
    before = 0
    for piece in pieces:
        after = before + piece.units
        assert after * got // paid > before * got // paid, "a piece too thin to exchange"
        result.append(replace(piece, units=after * got // paid - before * got // paid))
        before = after
    return result


def shared(queue: Sequence[Piece], units: int, order: Collection[tuple[str, ...]]) -> tuple[list[Piece], list[Piece]]:
    """Take the same share of every origin, by largest remainders; thefts in their order, clean last."""
    ranks = [*order, ()]
    merged = {
        origin: (sum(p.units for p in queue if p.origin == origin), sum(p.stolen for p in queue if p.origin == origin))
        for origin in ranks
    }
    held = [(origin, *merged[origin]) for origin in ranks if merged[origin][0]]
    total = sum(amount for _, amount, _ in held)
    shares = [units * amount // total for _, amount, _ in held]
    by_remainder = sorted(range(len(held)), key=lambda i: (-(units * held[i][1] % total), i))
    for index in by_remainder[: units - sum(shares)]:
        shares[index] += 1
    taken, rest = [], []
    for (origin, amount, stolen), share in zip(held, shares, strict=True):
        part, left = Piece(amount, origin, stolen).cut(share)
        taken += [part] if part.units else []
        rest += [left] if left.units else []
    return taken, rest
