"""Bounds: the least and the most that any value-conserving rule can put at a destination (method bnd-network).

Stated in base units of the asset held at the destination. Per origin all other money counts as clean; a group of
several origins (of one asset) is bounded jointly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.bounds.certificate import Certificate, certificate_of
from tracer.bounds.network import Group, Terminal
from tracer.bounds.time_expanded import build_network
from tracer.errors import InputError
from tracer.model import Account
from tracer.taint import Progress, TaintProblem

if TYPE_CHECKING:
    from tracer.bounds.inflow import Answer
    from tracer.bounds.maxflow import Ints
    from tracer.bounds.subnetwork import Regions

NONE, POSSIBLE, PARTIAL, FORCED, CONDITIONAL = "NONE", "POSSIBLE", "PARTIAL", "FORCED", "CONDITIONAL"


@dataclass(frozen=True, slots=True)
class Interval:
    """What any rule can put at a destination, in base units of the asset held there.

    Attributes
    ----------
    min, max : int
        No rule gives less, or more; where `gap` is 0, some legal rule gives exactly that.
    received : int
        All that reached the destination along ways that stolen money can have taken, clean units included.
    total : int
        What was stolen, in base units of the origins' asset.
    method : str
        ``maxflow`` (exact), or with swaps on the way ``scaled`` (one rate) or ``lp`` (several).
    gap : int
        Most by which a side may be wider than the truth, base units: what swaps round, and units that two thefts took,
        whose origin depends on the rule.
    """

    min: int
    max: int
    received: int
    total: int
    method: str = "maxflow"
    gap: int = 0


def groups_of(plan: TaintProblem) -> tuple[Group, ...]:
    """Return every origin alone, then all origins of one asset together where they are several."""
    origins = plan.labels.origins
    alone = [(place,) for place in range(len(origins))]
    together = [
        tuple(place for place, origin in enumerate(origins) if origin.asset == asset)
        for asset in dict.fromkeys(origin.asset for origin in origins)
    ]
    return (*alone, *(group for group in together if len(group) > 1))


def terminals_of(plan: TaintProblem) -> tuple[Terminal, ...]:
    """Return every place where stolen money of any origin can end, in order."""
    return tuple(sorted(build_network(plan, tuple(range(len(plan.labels.origins)))).terminals))


def certainty_class(least: int, most: int) -> str:
    """Return how sure a destination is: ``FORCED``, ``PARTIAL``, ``POSSIBLE`` or ``NONE`` (method bnd-class).

    Examples
    --------
    >>> [certainty_class(*pair) for pair in ((99, 100), (98, 100), (0, 100), (0, 0))]
    ['FORCED', 'PARTIAL', 'POSSIBLE', 'NONE']
    """
    if most <= 0:
        return NONE
    if 100 * least >= 99 * most:
        return FORCED
    return PARTIAL if least > 0 else POSSIBLE


@dataclass(slots=True)
class Bounds:
    """Intervals of many destinations, and their proofs when asked for.

    Attributes
    ----------
    plan : TaintProblem
        What was bounded.
    destinations : dict of str to frozenset of Terminal
        As given.
    intervals : dict of (str, Group) to Interval
        For every destination and group that leads there; :meth:`interval` answers for the others too.
    networks : dict of Group to Regions
        The network of every group.
    """

    plan: TaintProblem
    destinations: dict[str, frozenset[Terminal]]
    intervals: dict[tuple[str, Group], Interval]
    networks: dict[Group, Regions]

    def interval(self, name: str, group: Group) -> Interval:
        """Return the interval of a destination; of one that a group's money cannot reach, nothing."""
        found = self.intervals.get((name, group))
        return Interval(0, 0, 0, self.networks[group].network.total) if found is None else found

    def certificate(self, name: str, group: Group, direction: str) -> Certificate:
        """Return the proof of one side (``min`` or ``max``) of an interval, ready for JSON; it is solved again."""
        from tracer.bounds.subnetwork import most_into

        regions, ends, leading = self._leading(name, group)
        region, received = regions.cut_out(leading, ends, direction), regions.received(leading, ends)
        destination, most = self.destinations[name], most_into(region, direction)
        return certificate_of(self.plan, group, direction, regions.network, destination, received, region, most)

    def holders_between(self, name: str, group: Group) -> tuple[Account, ...]:
        """Return the accounts on some way from the theft to the destination, in order: those whose closure matters.

        Clean money that is missing from the record changes what is forced at a destination exactly where it reaches
        one of them; a holder that still holds at the end is among them, an absorbing one is not.
        """
        from tracer.bounds.subnetwork import holders

        regions, _, leading = self._leading(name, group)
        return holders(regions.network, leading)

    def certainty(self, name: str, group: Group, closed: Collection[Account]) -> tuple[str, tuple[Account, ...]]:
        """Return the class of an interval and the holders it depends on (none unless ``CONDITIONAL``).

        Parameters
        ----------
        closed : collection of Account
            Accounts whose history is closed.
        """
        interval = self.interval(name, group)
        found = certainty_class(interval.min, interval.max)
        if found not in {FORCED, PARTIAL}:
            return found, ()
        missing = tuple(account for account in self.holders_between(name, group) if account not in closed)
        return (CONDITIONAL, missing) if missing else (found, ())

    def _leading(self, name: str, group: Group) -> tuple[Regions, frozenset[int], Ints]:
        regions = self.networks[group]
        ends = regions.ends(self.destinations[name])
        (leading,) = regions.leading([ends])
        return regions, ends, leading


def bounds_of(
    plan: TaintProblem,
    destinations: Mapping[str, Collection[Terminal]],
    groups: Iterable[Group] | None = None,
    progress: Progress | None = None,
    *,
    built: Mapping[Group, Regions] | None = None,
) -> Bounds:
    """Return the bounds of every destination for every group of origins.

    Parameters
    ----------
    plan : TaintProblem
        What a policy would be run on, or what :func:`tracer.bounds.bounds_plan` makes of it; the bounds hold for every
        policy's result.
    destinations : mapping of str to collection of Terminal
        Each a set of ends in one asset; ends that stolen money cannot reach count nothing.
    groups : iterable of Group, optional
        :func:`groups_of` unless told.
    progress : callable, optional
        Told how many searches, then how many intervals are done, and of how many.
    built : mapping of Group to Regions, optional
        Networks of the same plan that exist already, with what was found in them; the others are built.

    Raises
    ------
    InputError
        If a destination mixes assets: it has no common unit.
    AuditError
        If the ledger or the solver is broken.

    Notes
    -----
    Maxima of several destinations are not attainable together. A rule may choose any units for every payment, so the
    bounds hold for mixtures of policies too; where swaps round down, for the policies of this package.
    """
    from tracer.bounds.subnetwork import Regions

    wanted = {name: frozenset(ends) for name, ends in destinations.items()}
    for name, ends in wanted.items():
        if len({end.account.asset for end in ends}) > 1:
            raise InputError(f"The destination {name} mixes assets.", next_step="Ask for one destination an asset.")
    chosen = tuple(groups) if groups is not None else groups_of(plan)
    named: dict[Terminal, list[str]] = defaultdict(list)
    for name, ends in wanted.items():
        for end in ends:
            named[end].append(name)
    found = Bounds(plan, wanted, {}, {})
    for turn, group in enumerate(chosen):
        known = (built or {}).get(group)
        regions = found.networks[group] = Regions(build_network(plan, group)) if known is None else known
        reached = {name for end in regions.network.terminals for name in named.get(end, ())}
        asked = [name for name in wanted if name in reached]
        places = [regions.ends(wanted[name]) for name in asked]
        intervals = intervals_into(regions, places, progress)
        for done, (name, interval) in enumerate(zip(asked, intervals, strict=True)):
            found.intervals[name, group] = interval
            if progress is not None:
                progress(turn * len(asked) + done + 1, len(chosen) * len(asked))
    return found


def intervals_into(
    regions: Regions, places: Sequence[frozenset[int]], progress: Progress | None = None
) -> Iterator[Interval]:
    """Yield the interval of each destination, given by its nodes in one network."""
    from tracer.bounds.subnetwork import DIRECTIONS

    known: dict[frozenset[int], Interval] = {}
    regions.settle(places, progress)
    for ends in places:
        if ends not in known:
            received = regions.inflow.receipts(ends).total
            most = {direction: regions.most(ends, direction) for direction in DIRECTIONS}
            known[ends] = interval_between(received, most["min"], most["max"], regions.network.total)
        yield known[ends]


def interval_between(received: int, clean: Answer, stolen: Answer, total: int) -> Interval:
    """Return the interval of what was received, by the most of it that can be clean and the most that can be stolen."""
    method = max(clean.method, stolen.method, key=("maxflow", "scaled", "lp").index)
    gap = max(clean.value - clean.attained, stolen.value - stolen.attained)
    return Interval(received - clean.value, stolen.value, received, total, method, gap)
