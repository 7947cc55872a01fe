"""Intervals of a trace: what any value-conserving rule can put at an address and at an entity, and how sure that is.

Nothing here depends on a policy. First of a whole theft, all its assets together, then of each asset alone. An
entity's interval is that of all its addresses together, never a sum of theirs: the same stolen units can go to one of
them only, so maxima of several rows are not attainable together.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tracer.bounds import (
    Bounds,
    Certificate,
    Group,
    Interval,
    Members,
    Terminal,
    bounds_of,
    build_network,
    terminals_of,
)
from tracer.io import Card, Carded
from tracer.model import Account, AssetId, ChainId, Label, Origin
from tracer.taint import Progress
from tracer.trace.certainty import Classes, Range, largest_gap
from tracer.trace.exit_attribution import party_of
from tracer.trace.exits import GONE, holding_reason
from tracer.trace.prepared import PreparedCase
from tracer.trace.result import Exit

if TYPE_CHECKING:
    from tracer.bounds import Regions
    from tracer.trace.received import Received

__all__ = [
    "ExitKey",
    "Intervals",
    "Party",
    "Range",
    "intervals_of",
    "joint_ranges",
    "largest_gap",
    "place_of",
    "place_of_exit",
    "places_of",
    "received_ranges",
]

Spot = tuple[ChainId, str, AssetId]
"""Chain, address and asset."""


class ExitKey(NamedTuple):
    """Where stolen money can end, as an exit names it.

    Attributes
    ----------
    chain, address, asset, stop_reason
        As in :class:`tracer.trace.Exit`.
    entity, category : str
        Whom units there are filed under, as :func:`tracer.trace.exit_attribution.party_of` says.
    """

    chain: ChainId
    address: str
    asset: AssetId
    stop_reason: str
    entity: str
    category: str


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
class Intervals(Carded):
    """Ranges of every address and every entity that stolen money can end at, per theft and per origin.

    Only what stolen money can reach is in them: where a range is missing, its most is 0.

    Attributes
    ----------
    bounds : Bounds
        The intervals as solved, with their proofs when asked for.
    by_theft : dict of (Place, str) to Range
        By place and the theft's name: all its assets together, in units of the asset held there.
    party_by_theft : dict of (Party, str) to Range
        The same of all addresses of an entity, jointly.
    by_address : dict of (Place, Origin) to Range
        By place and origin: one asset of a theft alone.
    by_party : dict of (Party, Origin) to Range
        The same of all addresses of an entity, jointly.
    received : Received
        What any rule can make each address receive of all thefts together, whether or not it pays it on: a mapping of
        (chain, address, asset) to Range that computes what is asked for; all from one network.
    labels : dict of ExitKey to Label or None
        What each place is filed under.
    ends : tuple of (Place, Origin)
        Every place where units of an origin can end.
    joint : Regions
        The network of all origins together, with what was found in it.
    """

    bounds: Bounds
    by_theft: dict[tuple[ExitKey, str], Range]
    party_by_theft: dict[tuple[Party, str], Range]
    by_address: dict[tuple[ExitKey, Origin], Range]
    by_party: dict[tuple[Party, Origin], Range]
    received: Received
    ends: tuple[tuple[ExitKey, Origin], ...]
    joint: Regions
    labels: dict[ExitKey, Label | None]

    def at(self, leaf: Exit) -> Range | None:
        """Return the range of an exit's address for its origin; ``None`` where none was computed."""
        return self.by_address.get((place_of_exit(leaf), leaf.origin))

    def theft_at(self, leaf: Exit) -> Range | None:
        """Return the range of an exit's address for all of its theft; ``None`` where none was computed."""
        return self.by_theft.get((place_of_exit(leaf), leaf.origin.name))

    def of(self, entity: str, category: str, asset: AssetId, origin: Origin) -> Range | None:
        """Return the range of an entity for an origin; ``None`` where its units cannot end there."""
        return self.by_party.get((Party(entity, category, asset), origin))

    def theft_of(self, entity: str, category: str, asset: AssetId, theft: str) -> Range | None:
        """Return the range of an entity for all of a theft; ``None`` where its units cannot end there."""
        return self.party_by_theft.get((Party(entity, category, asset), theft))

    def places(self) -> tuple[tuple[ExitKey, Origin], ...]:
        """Return every place where some rule puts units of an origin (its most is above 0), with that origin, in order.

        The exits of a trace are these, whether or not its own rule puts anything there.
        """
        return tuple(one for one in self.ends if self.by_address[one].max > 0)

    def certificate(self, party: Party, origin: Origin, direction: str) -> Certificate:
        """Return the proof of one side (``min`` or ``max``) of an entity's range, ready for JSON; solved again."""
        number = self.bounds.plan.labels.origins.index(origin)
        return self.bounds.certificate(_name("entity", *party), (number,), direction)

    def card(self) -> Card:
        """Return of how much it speaks, and of what class that is."""
        origins = len(self.bounds.plan.labels.origins)
        entities, places = len({party for party, _ in self.by_party}), len({place for place, _ in self.by_address})
        classes = Counter(one.certainty for one in self.by_party.values())
        return Card(
            "What any rule that conserves value can say",
            (
                (
                    "Of",
                    (f"{entities:,} entities, {places:,} places, {origins:,} origins",),
                ),
                ("Entities", (", ".join(f"{number:,} {name}" for name, number in sorted(classes.items())),)),
            ),
        )

    def ranges(self) -> tuple[Range, ...]:
        """Return every range computed so far of addresses and entities."""
        return (
            *self.by_theft.values(),
            *self.party_by_theft.values(),
            *self.by_address.values(),
            *self.by_party.values(),
        )

    @property
    def gap(self) -> int:
        """The largest gap of any range, base units; 0 where all are exact."""
        return largest_gap(self.ranges())

    def open_holders(self) -> tuple[Account, ...]:
        """Return every holder that any class rests on, in order."""
        return tuple(sorted({account for one in _distinct_open(self.ranges()) for account in one}))


def intervals_of(
    prepared: PreparedCase,
    *,
    addresses: bool = True,
    only: Iterable[ExitKey] | None = None,
    progress: Progress | None = None,
) -> Intervals:
    """Return the intervals of a prepared case, of each theft and of each of its origins alone.

    Parameters
    ----------
    prepared : PreparedCase
        From :func:`tracer.trace.prepare`.
    addresses : bool, default True
        Whether single addresses are bounded too; entities always are.
    only : iterable of ExitKey, optional
        Of the addresses, those at these places; all unless told.
    progress : callable, optional
        Told how much is done, and of how much.
    """
    from tracer.bounds import Regions
    from tracer.trace.received import Received

    plan = prepared.bounded
    wanted = None if only is None else set(only)
    every: Group = tuple(range(len(plan.labels.origins)))
    joint = Regions(build_network(plan, every))
    singles: dict[ExitKey, list[Terminal]] = defaultdict(list)
    parties: dict[Party, list[Terminal]] = defaultdict(list)
    place_at: dict[Terminal, ExitKey] = {}
    labels: dict[ExitKey, Label | None] = {}
    for terminal in sorted(joint.network.terminals):
        place, label = _filed(prepared, terminal)
        place_at[terminal] = place
        labels.setdefault(place, label)
        if addresses and (wanted is None or place in wanted):
            singles[place].append(terminal)
        parties[Party(place.entity, place.category, place.asset)].append(terminal)
    place_names = {_name("address", *key): key for key in sorted(singles)}
    party_names = {_name("entity", *key): key for key in sorted(parties)}
    named = {
        **{name: singles[key] for name, key in place_names.items()},
        **{name: parties[key] for name, key in party_names.items()},
    }
    thefts = _thefts(plan.labels.origins)
    alone = {(number,): origin for number, origin in enumerate(plan.labels.origins)}
    bounds = bounds_of(plan, named, dict.fromkeys([*thefts.values(), *alone]), progress, built={every: joint})
    found = _classed(prepared, bounds)
    ends = tuple(
        sorted(
            {
                (place_at[terminal], origin)
                for group, origin in alone.items()
                for terminal in bounds.networks[group].network.terminals
                if place_at[terminal] in singles
            }
        )
    )
    by_group: dict[Group, list[tuple[str, Range]]] = defaultdict(list)
    for (name, group), one in found.items():
        by_group[group].append((name, one))
    return Intervals(
        bounds,
        {
            (place_names[name], theft): one
            for theft, group in thefts.items()
            for name, one in by_group[group]
            if name in place_names
        },
        {
            (party_names[name], theft): one
            for theft, group in thefts.items()
            for name, one in by_group[group]
            if name in party_names
        },
        {
            (place_names[name], origin): one
            for group, origin in alone.items()
            for name, one in by_group[group]
            if name in place_names
        },
        {
            (party_names[name], origin): one
            for group, origin in alone.items()
            for name, one in by_group[group]
            if name in party_names
        },
        Received(prepared, joint),
        ends,
        joint,
        labels,
    )


def joint_ranges(
    prepared: PreparedCase,
    destinations: Mapping[str, Iterable[ExitKey]],
    joint: Regions | None = None,
    *,
    there: bool = False,
) -> dict[str, Range]:
    """Return what any rule can put at each destination of all thefts together.

    Parameters
    ----------
    destinations : mapping of str to iterable of ExitKey
        Of one asset each; places no stolen money can end at are left out.
    joint : Regions, optional
        The network of all origins, where there is one already (:attr:`Intervals.joint`).
    there : bool, default False
        Whether only what is there at the end counts, not what left with the event in which it ends.
    """
    from tracer.bounds import Regions

    plan = prepared.bounded
    group: Group = tuple(range(len(plan.labels.origins)))
    regions = Regions(build_network(plan, group)) if joint is None else joint
    by_place: dict[ExitKey, list[Terminal]] = {}
    for terminal in sorted(regions.network.terminals):
        if not (there and terminal.fate in GONE):
            by_place.setdefault(place_of(prepared, terminal), []).append(terminal)
    named = {
        name: [terminal for place in places for terminal in by_place.get(place, ())]
        for name, places in destinations.items()
    }
    wanted = {name: found for name, found in named.items() if found}
    bounds = bounds_of(plan, wanted, [group], built={group: regions})
    return {name: one for (name, _), one in _classed(prepared, bounds).items()}


def places_of(prepared: PreparedCase, entity: str, category: str, asset: AssetId) -> tuple[ExitKey, ...]:
    """Return every place of an entity where stolen money can end, in order."""
    places = {place_of(prepared, terminal) for terminal in terminals_of(prepared.bounded)}
    return tuple(
        sorted(place for place in places if (place.asset, place.entity, place.category) == (asset, entity, category))
    )


def place_of(prepared: PreparedCase, terminal: Terminal) -> ExitKey:
    """Return where an end of the network is, in the words of an exit."""
    return _filed(prepared, terminal)[0]


def _filed(prepared: PreparedCase, terminal: Terminal) -> tuple[ExitKey, Label | None]:
    """Return where an end of the network is, and the label it is filed under."""
    account, stops = terminal.account, prepared.stops
    address, reason = terminal.address, terminal.fate
    if reason == "held":
        address = prepared.ledger.addresses.get(account, account.holder)
        reason = holding_reason(account, address, stops, prepared.inputs.history)
    elif reason == "stopped":
        reason = stops.why_stopped(account)
    label = stops.filed(account, address, reason)
    return ExitKey(account.chain, address, account.asset, reason, *party_of(label, reason)), label


def place_of_exit(leaf: Exit) -> ExitKey:
    """Return where an exit is."""
    return ExitKey(leaf.chain, leaf.address, leaf.asset, leaf.stop_reason, *party_of(leaf.label, leaf.stop_reason))


def received_ranges(prepared: PreparedCase, accounts: Iterable[Spot]) -> dict[Spot, Range]:
    """Return what any rule can make an address receive of all thefts together, whether or not it pays it on.

    Parameters
    ----------
    accounts : iterable of (ChainId, str, AssetId)
        Addresses and assets. One that begins with stolen units, or that stolen money cannot reach, is left out.

    Notes
    -----
    Each address is taken as a place that absorbs, alone: units that leave it and come back count once.
    """
    from tracer.bounds import Regions
    from tracer.trace.received import Received

    plan = prepared.bounded
    asked = sorted(set(accounts))
    found = Received(prepared, Regions(build_network(plan, tuple(range(len(plan.labels.origins))))))
    found.compute(asked)
    return {spot: found[spot] for spot in asked if spot in found}


def _classed(prepared: PreparedCase, bounds: Bounds) -> dict[tuple[str, Group], Range]:
    """Return every interval with its class."""
    classes: dict[Group, Classes] = {}
    found: dict[tuple[str, Group], Range] = {}
    for name, group in bounds.intervals:
        regions = bounds.networks[group]
        if group not in classes:
            classes[group] = Classes(prepared, regions.network)
        ends = bounds.destinations[name]
        accounts = [end.account for end in ends]
        contracts = [end.account for end in ends if end.fate == "contract"]
        interval = _within_legs(bounds, name, group)
        found[name, group] = classes[group].range(interval, regions.ends(ends), accounts, contracts)
    return found


def _within_legs(bounds: Bounds, name: str, group: Group) -> Interval:
    """Return an interval of several origins, no wider than those of each of them together.

    Under any rule the units of all are the sum of the units of each; what swaps round, which a network of several
    origins leaves open more widely, can make it look like less.
    """
    whole = bounds.intervals[name, group]
    if len(group) < 2 or any((one,) not in bounds.networks for one in group):
        return whole
    alone = [bounds.intervals.get((name, (one,))) for one in group]
    legs = [one for one in alone if one is not None]
    least = max(whole.min, sum(one.min for one in legs))
    most = min(whole.max, sum(one.max for one in legs))
    return replace(whole, min=least, max=most, gap=min(whole.gap, most - least))


def _distinct_open(ranges: Iterable[Range]) -> Iterable[Iterable[Account]]:
    """Return the open holders of some ranges, those that share a list joined."""
    bits: dict[int, int] = defaultdict(int)
    lists: dict[int, Members] = {}
    for one in ranges:
        if isinstance(one.open, Members):
            bits[id(one.open.every)] |= one.open.bits
            lists[id(one.open.every)] = one.open
        else:
            yield one.open
    for key, members in lists.items():
        yield Members(members.every, bits[key])


def _thefts(origins: Iterable[Origin]) -> dict[str, Group]:
    """Return the places of every theft's origins, in theft order."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, origin in enumerate(origins):
        found[origin.name].append(number)
    return {name: tuple(numbers) for name, numbers in found.items()}


def _name(kind: str, *parts: str) -> str:
    """Return an unambiguous name of a destination, as certificates print it."""
    return json.dumps([kind, *parts], ensure_ascii=False)
