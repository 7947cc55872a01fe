"""From the movements of a trace to payments between places: thefts, transfers, swaps, transactions, sinks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tracer.model import AssetId, ChainId, Origin, weakest
from tracer.trace.result import Movement, Result

SINK_KINDS: Final = ("fee", "burn")
NOWHERE: Final = ChainId("")
"""The chain of a place that is on none."""


class Place(NamedTuple):
    """Something an edge can start or end at.

    Attributes
    ----------
    role : str
        ``theft``, ``holder``, ``event`` (a transaction of several payers), ``sink`` (no payee), or a role that
        folding gives.
    chain : ChainId
        CAIP-2 id; empty for a theft.
    name : str
        Address, origin or event.
    """

    role: str
    chain: ChainId
    name: str


class Units(NamedTuple):
    """Stolen units: of the asset held, and of the origin's asset.

    Attributes
    ----------
    tainted, origin_amount : int
        Base units.
    """

    tainted: int
    origin_amount: int


Shares = dict[Origin, Units]


@dataclass(frozen=True, slots=True)
class Arc:
    """One payment of stolen units from a place to a place.

    Attributes
    ----------
    src, dst : Place
        Payer and payee.
    asset : AssetId
        What arrives.
    was : AssetId or None
        What was paid, where a swap changed it on the way.
    shares : dict of Origin to Units
        Stolen units that arrive.
    movements : tuple of Movement
        The rows it stands for; empty for units a holder starts with.
    grade : str
        Weakest of its rows.
    """

    src: Place
    dst: Place
    asset: AssetId
    shares: Shares
    movements: tuple[Movement, ...]
    grade: str
    was: AssetId | None = None

    @property
    def order(self) -> int:
        """Place in the total order; 0 for units a holder starts with."""
        return self.movements[0].seq if self.movements else 0

    @property
    def tainted(self) -> int:
        """Stolen base units that arrive, all origins."""
        return sum(units.tainted for units in self.shares.values())

    @property
    def printed(self) -> bool:
        """Whether one of its rows was rounded by its source."""
        return any(row.precision == "printed" for row in self.movements)


@dataclass(frozen=True, slots=True)
class Swap:
    """A change of asset at one holder.

    Attributes
    ----------
    place : Place
        The holder.
    given, received : tuple of (AssetId, int)
        Asset and stolen base units; 0 given where the event also paid others and the part cannot be told.
    movements : tuple of Movement
        The rows it stands for.
    grade : str
        Weakest of its rows.
    """

    place: Place
    given: tuple[AssetId, int]
    received: tuple[AssetId, int]
    movements: tuple[Movement, ...]
    grade: str


def read_arcs(result: Result) -> tuple[list[Arc], list[Swap]]:
    """Return all payments of stolen units, and the swaps at one holder, each in total order.

    Parameters
    ----------
    result : Result
        A finished trace; movements without stolen units are left out.
    """
    arcs: list[Arc] = []
    swaps: list[Swap] = []
    reached: set[tuple[str, str]] = set()
    held: set[tuple[str, str]] = {key for key, holder in result.holders.items() if holder.is_seed}
    for group in _events(_by_address(result)):
        # A payment back to a seed may also have hop 0; a theft is no event in which stolen money already moves.
        moves = any((row.chain, row.sender) in reached for row in group)
        thefts = [] if moves else [row for row in group if row.hop == 0]
        rest = [row for row in group if row not in thefts]
        found = [arc for row in thefts for arc in _theft(row)]
        if _is_plain(rest):
            found += [_plain(row) for row in rest]
        else:
            more, swap = _mixed(rest, held)
            found += more
            swaps += swap
        paid = {(arc.dst.chain, arc.dst.name) for arc in found}
        held |= paid
        reached |= paid
        arcs += found
    return [*_starts(result, arcs), *arcs], swaps


def _by_address(result: Result) -> list[Movement]:
    """Return the rows with each outpoint that an exit lies at replaced by the exit's address.

    A movement names the outpoint, an exit its address; a receipt of the same transaction and amount joins them.
    """
    named: dict[tuple[str, AssetId, str, int], set[str]] = {}
    for leaf in result.exits:
        for arrival in leaf.arrivals:
            named.setdefault((leaf.chain, leaf.asset, arrival.tx, arrival.tainted), set()).add(leaf.address)
    known = {name for _, name in result.holders}
    spent = {(row.chain, row.sender) for row in result.movements if row.tainted}
    rows = []
    for row in result.movements:
        found: set[str] = set()
        if row.recipient and row.recipient not in known and (row.chain, row.recipient) not in spent:
            for units in _shares(row).values():
                found |= named.get((row.chain, row.asset, row.tx, units.tainted), set())
        rows.append(replace(row, recipient=found.pop()) if len(found) == 1 else row)
    return rows


def _events(movements: Iterable[Movement]) -> list[list[Movement]]:
    """Return the tainted rows by event, events in the order of their first row."""
    groups: dict[tuple[str, str, int], list[Movement]] = {}
    for row in movements:
        if row.tainted:
            groups.setdefault((row.chain, row.event, 0 if row.event else row.seq), []).append(row)
    return list(groups.values())


def _shares(row: Movement) -> Shares:
    found: Shares = {}
    for share in row.shares:
        have = found.get(share.origin, Units(0, 0))
        found[share.origin] = Units(have.tainted + share.tainted, have.origin_amount + share.origin_amount)
    return found


def _holder(chain: ChainId, name: str) -> Place:
    return Place("holder", chain, name)


def _theft(row: Movement) -> list[Arc]:
    payee = _holder(row.chain, row.recipient)
    return [
        Arc(Place("theft", NOWHERE, origin.name), payee, row.asset, {origin: units}, (row,), row.grade)
        for origin, units in _shares(row).items()
    ]


def _is_sink(row: Movement) -> bool:
    return not row.recipient and row.kind in SINK_KINDS


def _is_plain(rows: Sequence[Movement]) -> bool:
    """Return whether each row is a payment by itself: one asset, both sides known."""
    sides = all(row.sender and (row.recipient or _is_sink(row)) for row in rows)
    return sides and len({row.asset for row in rows}) <= 1


def _plain(row: Movement) -> Arc:
    payee = Place("sink", row.chain, row.kind) if _is_sink(row) else _holder(row.chain, row.recipient)
    return Arc(_holder(row.chain, row.sender), payee, row.asset, _shares(row), (row,), row.grade)


Net = dict[tuple[str, AssetId], Shares]


def _mixed(rows: list[Movement], held: set[tuple[str, str]]) -> tuple[list[Arc], list[Swap]]:
    """Resolve an event with several assets or open sides into payments between those who held and those who hold."""
    sinks = [_plain(row) for row in rows if _is_sink(row) and row.sender]
    rows = [row for row in rows if not (_is_sink(row) and row.sender)]
    if not rows:
        return sinks, []
    chain = rows[0].chain
    payers, payees = _own(rows) or _net(rows, {name for c, name in held if c == chain})
    _fee_to(payees, payers, {row.asset for row in rows})
    owners = {name for name, _ in payers} | {name for name, _ in payees}
    if len(owners) == 1 and len(payers) == len(payees) == 1:
        return sinks, [_swap(rows, payers, payees)]
    if len(payers) == 1:
        arcs, swaps = _from_one(rows, payers, payees)
        return [*sinks, *arcs], swaps
    event = Place("event", chain, rows[0].event or rows[0].tx or str(rows[0].seq))
    grade = weakest(row.grade for row in rows)
    into = [Arc(_holder(chain, n), event, a, s, _touching(rows, n, a), grade) for (n, a), s in payers.items()]
    out = [Arc(event, _payee(chain, n), a, s, _touching(rows, n, a), grade) for (n, a), s in payees.items()]
    return [*into, *out, *sinks], []


_FEE: Final = ""
"""Stands for the payee of what an event takes in and pays nobody."""


def _fee_to(payees: Net, payers: Net, assets: set[AssetId]) -> None:
    """Add what payers of one asset give beyond what payees get: the fee that no row shows."""
    total: Shares = {}
    for shares in payers.values():
        _add(total, shares, 1)
    for shares in payees.values():
        _add(total, shares, -1)
    left = {origin: units for origin, units in total.items() if units.origin_amount > 0 and units.tainted > 0}
    if len(assets) == 1 and left:
        payees[_FEE, next(iter(assets))] = left


def _payee(chain: ChainId, name: str) -> Place:
    return Place("sink", chain, "fee") if name == _FEE else _holder(chain, name)


def _own(rows: list[Movement]) -> tuple[Net, Net] | None:
    """Return both sides of a conversion written as payments to oneself: the first asset given, the second received."""
    if any(row.sender != row.recipient for row in rows):
        return None
    payers: Net = {}
    payees: Net = {}
    for row in rows:
        side = payers if row.asset == rows[0].asset else payees
        _add(side.setdefault((row.sender, row.asset), {}), _shares(row), 1)
    return payers, payees


def _net(rows: list[Movement], known: set[str]) -> tuple[Net, Net]:
    """Return who gives and who gets, net; a pool or router that held nothing stolen before is neither."""
    change: Net = {}
    for row in rows:
        for name, sign in ((row.sender, -1), (row.recipient, 1)):
            if name:
                _add(change.setdefault((name, row.asset), {}), _shares(row), sign)
    total = {key: sum(units.origin_amount for units in shares.values()) for key, shares in change.items()}
    gaining = {name for (name, _), amount in total.items() if amount > 0}
    through = {name for (name, _), amount in total.items() if amount < 0 and name in gaining - known}
    give = {k: _scaled(s, -1) for k, s in change.items() if total[k] < 0 and k[0] not in through}
    get = {k: _scaled(s, 1) for k, s in change.items() if total[k] > 0 and k[0] not in through}
    return give, get


def _add(into: Shares, shares: Shares, sign: int) -> None:
    for origin, units in shares.items():
        have = into.get(origin, Units(0, 0))
        into[origin] = Units(have.tainted + sign * units.tainted, have.origin_amount + sign * units.origin_amount)


def _scaled(shares: Shares, sign: int) -> Shares:
    return {o: Units(sign * u.tainted, sign * u.origin_amount) for o, u in shares.items() if u.origin_amount}


def _touching(rows: list[Movement], name: str, asset: AssetId) -> tuple[Movement, ...]:
    found = tuple(row for row in rows if row.asset == asset and name in (row.sender, row.recipient))
    return found or tuple(rows)


def _swap(rows: list[Movement], payers: Net, payees: Net) -> Swap:
    (name, given), gave = next(iter(payers.items()))
    (_, received), got = next(iter(payees.items()))
    sides = [(a, sum(u.tainted for u in s.values())) for a, s in ((given, gave), (received, got))]
    return Swap(_holder(rows[0].chain, name), sides[0], sides[1], tuple(rows), weakest(row.grade for row in rows))


def _from_one(rows: list[Movement], payers: Net, payees: Net) -> tuple[list[Arc], list[Swap]]:
    """Return what one payer's event pays to others, and what it gets back itself in another asset."""
    ((payer, asset), gave), place = next(iter(payers.items())), _holder(rows[0].chain, next(iter(payers))[0])
    arcs, swaps = [], []
    for (name, received), shares in payees.items():
        if name == payer:
            part = {o: Units(0, u.origin_amount) for o, u in gave.items()}
            swaps.append(_swap(rows, {(payer, asset): part}, {(name, received): shares}))
            continue
        seen = _touching(rows, name, received)
        grade = weakest(row.grade for row in rows)
        was = None if received == asset else asset
        arcs.append(Arc(place, _payee(rows[0].chain, name), received, shares, seen, grade, was))
    return arcs, swaps


def _starts(result: Result, arcs: list[Arc]) -> list[Arc]:
    """Return the stolen units that seeds start with: what leaves or stays there beyond what arrived.

    Together they are no more than what no theft movement brought.
    """
    unmoved = dict(result.stolen)
    balance: dict[Place, dict[Origin, int]] = {}
    for arc in arcs:
        for origin, units in arc.shares.items():
            if arc.src.role == "theft":
                unmoved[origin] = unmoved.get(origin, 0) - units.origin_amount
            for place, sign in ((arc.src, 1), (arc.dst, -1)):
                at = balance.setdefault(place, {})
                at[origin] = at.get(origin, 0) + sign * units.origin_amount
    for leaf in result.exits:
        at = balance.setdefault(_holder(leaf.chain, leaf.address), {})
        at[leaf.origin] = at.get(leaf.origin, 0) + leaf.origin_amount
    found = []
    for place, sums in balance.items():
        holder = result.holders.get((place.chain, place.name))
        # A seed may be an outpoint, which no holder of the result is named after.
        if place.role != "holder" or (holder is not None and not holder.is_seed):
            continue
        for origin, surplus in sorted(sums.items()):
            amount = min(surplus, unmoved.get(origin, 0))
            if amount > 0:
                unmoved[origin] -= amount
                shares = {origin: Units(amount, amount)}
                grade = weakest(g for g, part in result.stolen_by_grade.get(origin, {}).items() if part)
                found.append(Arc(Place("theft", NOWHERE, origin.name), place, origin.asset, shares, (), grade))
    return found
