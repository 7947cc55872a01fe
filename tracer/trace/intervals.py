"""Intervals of a trace: what any value-conserving rule can put at an address and at an entity, and how sure that is.

Nothing here depends on a policy. An entity's interval is that of all its addresses together, never a sum of theirs: the
same stolen units can go to one of them only, so maxima of several rows are not attainable together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from tracer.model import Account, AssetId, ChainId, Origin
from tracer.taint import Bounds, Certificate, Group, Progress, Terminal, bounds_of, terminals_of
from tracer.trace.exits import holding_reason
from tracer.trace.parties import party_at
from tracer.trace.result import Exit
from tracer.trace.run import Prepared


class Place(NamedTuple):
    """Where stolen money can end, as an exit names it.

    Attributes
    ----------
    chain, address, asset, stop_reason
        As in :class:`tracer.trace.Exit`.
    """

    chain: ChainId
    address: str
    asset: AssetId
    stop_reason: str

    @property
    def spot(self) -> tuple[ChainId, str, AssetId]:
        """Chain, address and asset: what is bounded together. Fees and burns without payee go by their reason."""
        return self.chain, self.address or self.stop_reason, self.asset


@dataclass(frozen=True, slots=True)
class Range:
    """What any rule can put at a destination, and what that rests on.

    Attributes
    ----------
    min, max : int
        Base units of the asset held there.
    certainty : str
        ``FORCED``, ``PARTIAL``, ``POSSIBLE``, ``NONE``; ``CONDITIONAL`` where the first two rest on holders whose
        balance no source has reconciled.
    open : tuple of Account
        Those holders; empty unless ``CONDITIONAL``.
    method : str
        ``maxflow`` (exact); with swaps on the way ``scaled`` or ``lp``.
    gap : int
        Most by which a side may be wider than the truth, base units.
    basis : str
        The weakest basis among the holders the class rests on; empty where nothing is claimed.
    """

    min: int
    max: int
    certainty: str
    open: tuple[Account, ...]
    method: str = "maxflow"
    gap: int = 0
    basis: str = ""

    @property
    def depends_on(self) -> int:
        """How many open holders the class rests on."""
        return len(self.open)


class Party(NamedTuple):
    """An entity and what it can hold.

    Attributes
    ----------
    entity, category, asset
        As in ``cashouts.csv``.
    """

    entity: str
    category: str
    asset: AssetId


@dataclass(frozen=True, slots=True, repr=False)
class Intervals:
    """Ranges of every address and every entity that stolen money can end at, per origin.

    Attributes
    ----------
    bounds : Bounds
        The intervals as solved, with their proofs when asked for.
    by_address : dict of (ChainId, str, AssetId, Origin) to Range
        By :attr:`Place.spot` and origin.
    by_party : dict of (Party, Origin) to Range
        All addresses of an entity in an asset, jointly.
    ends : tuple of Place
        Every place that was bounded.
    """

    bounds: Bounds
    by_address: dict[tuple[ChainId, str, AssetId, Origin], Range]
    by_party: dict[tuple[Party, Origin], Range]
    ends: tuple[Place, ...] = ()

    def places(self) -> tuple[tuple[Place, Origin], ...]:
        """Return every place and origin with a most above 0, in order."""
        return tuple(
            (place, key[3])
            for place in self.ends
            for key, held in self.by_address.items()
            if key[:3] == place.spot and held.max
        )

    def theft_at(self, leaf: Exit) -> Range | None:
        """Return the range of an exit's address over all legs of its theft; ``None`` where none was computed."""
        alone = [origin for origin in self.bounds.plan.labels.origins if origin.name == leaf.origin.name]
        return self.at(leaf) if len(alone) == 1 else None

    def theft_of(self, entity: str, category: str, asset: AssetId, name: str) -> Range | None:
        """Return the range of an entity over all legs of a theft; ``None`` where none was computed."""
        alone = [origin for origin in self.bounds.plan.labels.origins if origin.name == name]
        return self.of(entity, category, asset, alone[0]) if len(alone) == 1 else None

    def at(self, leaf: Exit) -> Range | None:
        """Return the range of an exit's address; ``None`` where none was computed."""
        place = Place(leaf.chain, leaf.address, leaf.asset, leaf.stop_reason)
        return self.by_address.get((*place.spot, leaf.origin))

    def of(self, entity: str, category: str, asset: AssetId, origin: Origin) -> Range | None:
        """Return the range of an entity; ``None`` where stolen money cannot end there."""
        return self.by_party.get((Party(entity, category, asset), origin))

    def certificate(self, party: Party, origin: Origin, direction: str) -> Certificate:
        """Return the proof of one side (``min`` or ``max``) of an entity's range, ready for JSON; solved again."""
        number = self.bounds.plan.labels.origins.index(origin)
        return self.bounds.certificate(_name("entity", *party), (number,), direction)

    def __repr__(self) -> str:
        entities, places = len({party for party, _ in self.by_party}), len({key[:3] for key in self.by_address})
        return f"Intervals: {entities} entities, {places} places, {len(self.bounds.plan.labels.origins)} origins"

    @property
    def gap(self) -> int:
        """The largest gap of any range, base units; 0 where all are exact."""
        return max((one.gap for one in (*self.by_address.values(), *self.by_party.values())), default=0)

    def open_holders(self) -> tuple[Account, ...]:
        """Return every holder that any class rests on, in order."""
        ranges = (*self.by_address.values(), *self.by_party.values())
        return tuple(sorted({account for one in ranges for account in one.open}))


def intervals_of(
    prepared: Prepared, *, addresses: bool = True, only: Iterable[Place] | None = None, progress: Progress | None = None
) -> Intervals:
    """Return the intervals of a prepared case, of each origin alone.

    Parameters
    ----------
    prepared : Prepared
        From :func:`tracer.trace.prepare`.
    addresses : bool, default True
        Whether single addresses are bounded too; entities always are.
    only : iterable of Place, optional
        Of the addresses, those at these places; all unless told.
    progress : callable, optional
        Told how much is done, and of how much.
    """
    plan = prepared.plan
    wanted = None if only is None else {place.spot for place in only}
    singles: dict[tuple[ChainId, str, AssetId], list[Terminal]] = {}
    parties: dict[Party, list[Terminal]] = {}
    ends: set[Place] = set()
    for terminal in terminals_of(plan):
        place = place_of(prepared, terminal)
        key = place.spot
        if addresses and (wanted is None or key in wanted):
            ends.add(place)
            singles.setdefault(key, []).append(terminal)
        entity, category = party_at(prepared.holders, place.chain, place.address, place.stop_reason)
        parties.setdefault(Party(entity, category, place.asset), []).append(terminal)
    named = {
        **{_name("address", *key): found for key, found in sorted(singles.items())},
        **{_name("entity", *key): found for key, found in sorted(parties.items())},
    }
    alone = [(place,) for place in range(len(plan.labels.origins))]
    bounds = bounds_of(plan, named, alone, progress)
    closed, origins = prepared.closed, list(enumerate(plan.labels.origins))
    return Intervals(
        bounds,
        {
            (*key, origin): _range(bounds, _name("address", *key), (number,), closed)
            for key in sorted(singles)
            for number, origin in origins
        },
        {
            (key, origin): _range(bounds, _name("entity", *key), (number,), closed)
            for key in sorted(parties)
            for number, origin in origins
        },
        tuple(sorted(ends)),
    )


def joint_ranges(prepared: Prepared, destinations: Mapping[str, Iterable[Place]]) -> dict[str, Range]:
    """Return what any rule can put at each destination of all thefts together.

    Parameters
    ----------
    destinations : mapping of str to iterable of Place
        Of one asset each; places no stolen money can end at are left out.
    """
    plan = prepared.plan
    by_place: dict[Place, list[Terminal]] = {}
    for terminal in terminals_of(plan):
        by_place.setdefault(place_of(prepared, terminal), []).append(terminal)
    named = {
        name: [terminal for place in places for terminal in by_place.get(place, ())]
        for name, places in destinations.items()
    }
    group: Group = tuple(range(len(plan.labels.origins)))
    bounds = bounds_of(plan, {name: found for name, found in named.items() if found}, [group])
    return {name: _range(bounds, name, group, prepared.closed) for name in named if named[name]}


def places_of(prepared: Prepared, entity: str, category: str, asset: AssetId) -> tuple[Place, ...]:
    """Return every place of an entity where stolen money can end, in order."""
    places = {place_of(prepared, terminal) for terminal in terminals_of(prepared.plan)}
    return tuple(
        sorted(
            place
            for place in places
            if place.asset == asset
            and party_at(prepared.holders, place.chain, place.address, place.stop_reason) == (entity, category)
        )
    )


def place_of(prepared: Prepared, terminal: Terminal) -> Place:
    """Return where an end of the network is, in the words of an exit."""
    account = terminal.account
    if terminal.fate == "held":
        address = prepared.ledger.addresses.get(account, account.holder)
        reason = holding_reason(account, address, prepared.stops, prepared.inputs.history)
        return Place(account.chain, address, account.asset, reason)
    stopped = terminal.fate == "stopped"
    reason = prepared.stops.why(account.chain, account.holder)[0] if stopped else terminal.fate
    return Place(account.chain, terminal.address, account.asset, reason)


def _name(kind: str, *parts: str) -> str:
    """Return an unambiguous name of a destination, as certificates print it."""
    return json.dumps([kind, *parts], ensure_ascii=False)


def _range(bounds: Bounds, name: str, group: Group, closed: frozenset[Account]) -> Range:
    found = bounds.interval(name, group)
    certainty, missing = bounds.certainty(name, group, closed)
    return Range(found.min, found.max, certainty, missing, found.method, found.gap)


def received_ranges(
    prepared: Prepared, accounts: Iterable[tuple[ChainId, str, AssetId]]
) -> dict[tuple[ChainId, str, AssetId], Range]:
    """Return what any rule can make an address receive of all thefts together, whether or not it pays it on.

    Parameters
    ----------
    accounts : iterable of (ChainId, str, AssetId)
        Addresses and assets. One that begins with stolen units, or that stolen money cannot reach, is left out.

    Notes
    -----
    Each address is taken as a place that absorbs, alone: units that leave it and come back count once.
    """
    plan = prepared.plan
    group: Group = tuple(range(len(plan.labels.origins)))
    begun = {account for account, lots in plan.opening.items() if any(lot.label for lot in lots)}
    found: dict[tuple[ChainId, str, AssetId], Range] = {}
    for chain, address, asset in sorted(set(accounts)):
        holders = {
            (account.chain, account.holder)
            for account in plan.tracked
            if account.chain == chain and prepared.ledger.addresses.get(account, account.holder) == address
        }
        if any((account.chain, account.holder) in holders for account in begun):
            continue
        absorbing = replace(plan, stopped=plan.stopped | holders)
        ends = [
            terminal
            for terminal in terminals_of(absorbing)
            if (terminal.account.chain, terminal.address, terminal.account.asset) == (chain, address, asset)
            and terminal.fate in ("stopped", "below_threshold")
        ]
        if ends:
            name = _name("received", chain, address, asset)
            bounds = bounds_of(absorbing, {name: ends}, [group])
            found[chain, address, asset] = _range(bounds, name, group, prepared.closed)
    return found
