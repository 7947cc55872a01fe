"""How sure an interval is and on what that rests: its class, its basis, the holders it depends on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tracer.bounds import (
    CONDITIONAL,
    FORCED,
    NONE,
    PARTIAL,
    Between,
    Interval,
    Members,
    Network,
    certainty_class,
    victim_of,
)
from tracer.model import Account, Event
from tracer.trace.doubts import doubts_of
from tracer.trace.prepared import PreparedCase
from tracer.trace.reconcile import BASES, OPEN, plain_account
from tracer.trace.segments import unsplit

_RANK: Final = {basis: len(BASES) - place for place, basis in enumerate(BASES)}
_BASIS: Final = {rank: basis for basis, rank in _RANK.items()}


@dataclass(frozen=True, slots=True)
class Range:
    """What any rule can put at a destination, and what that rests on.

    Attributes
    ----------
    min, max : int
        Base units of the asset held there.
    certainty : str
        ``FORCED``, ``PARTIAL``, ``POSSIBLE``, ``NONE``; ``CONDITIONAL`` where the first two rest on holders whose
        history is open.
    open : sequence of Account
        Those holders; empty unless ``CONDITIONAL``.
    method : str
        ``maxflow`` (exact); with swaps on the way ``scaled`` or ``lp``.
    gap : int
        Most by which a side may be wider than the truth, base units.
    basis : str
        The weakest of :data:`tracer.trace.reconcile.BASES` among the holders the class rests on; empty where it claims
        nothing (``POSSIBLE``, ``NONE``).
    """

    min: int
    max: int
    certainty: str
    open: Sequence[Account]
    method: str = "maxflow"
    gap: int = 0
    basis: str = ""

    @property
    def depends_on(self) -> int:
        """How many open holders the class rests on."""
        return len(self.open)


def largest_gap(ranges: Iterable[Range]) -> int:
    """Return the most by which a side of any of the ranges may be wider than the truth, base units."""
    return max((one.gap for one in ranges), default=0)


class Classes:
    """Gives intervals of one network their class.

    Parameters
    ----------
    prepared : PreparedCase
        Whose accounts close, and on what.
    network : Network
        Of the intervals.
    keep : collection of int
        Inner nodes that are asked about; terminals always are.
    """

    def __init__(self, prepared: PreparedCase, network: Network, keep: Collection[int] = ()) -> None:
        self._closure, self._network, self._keep = prepared.closure, network, keep
        plan = prepared.bounded
        self._events, self._thefts, self._marks = plan.events, sorted(plan.theft_events), plan.thefts
        undated = prepared.stops.doubtful
        self._undated = {
            terminal.account for terminal in network.terminals if undated and plain_account(terminal.account) in undated
        }
        self._held = set(network.accounts.values()).union(*network.through.values())
        self._doubted = {account for account in self._held if account[:2] in prepared.thefts.doubted}
        self._unshown = doubts_of(plan.events, plan.tracked, prepared.inputs.labels)
        self._suspected = prepared.suspected
        self._ended = prepared.ended
        self._unresolved = {
            leg.account for event, part in prepared.doubts for leg in prepared.ledger.events[event].parts[part].debits
        }

    def range(
        self,
        interval: Interval,
        ends: Collection[int],
        destination: Collection[Account] = (),
        contracts: Collection[Account] = (),
    ) -> Range:
        """Return an interval with its class.

        Parameters
        ----------
        interval : Interval
            In the network.
        ends : collection of int
            Nodes of the destination, or the nodes it is paid from.
        destination : collection of Account
            Its accounts: a label whose time is not known makes what rests on it conditional. Where all of them are
            closed, that vouches for what a theft paid them straight; else the rows of the theft must.
        contracts : collection of Account
            Those of them whose units end as ``contract``.
        """
        found = certainty_class(interval.min, interval.max)
        numbers = interval.method, interval.gap
        suspect = not (self._suspected.isdisjoint(destination) and self._unresolved.isdisjoint(contracts))
        if found not in {FORCED, PARTIAL} and not (found == NONE and suspect):
            return Range(interval.min, interval.max, found, Members(), *numbers)
        weakest, bits, straight = self._between.of(ends)
        if straight:
            closed = min((_RANK[self._closure.basis_of(account)] for account in destination), default=_RANK[OPEN])
            for number, event in enumerate(self._thefts):
                if straight >> number & 1:
                    rank = max(closed, _RANK[self._closure.basis_of_theft(self._events[event])])
                    weakest = min(weakest, rank)
                    bits |= self._payers[event] if rank == _RANK[OPEN] else 0
        for account in self._undated.intersection(destination):
            bits |= 1 << self._place[account]
        if suspect:
            bits |= sum(1 << self._place[account] for account in self._unproven)
        if bits:
            return Range(interval.min, interval.max, CONDITIONAL, Members(self._every, bits), *numbers, OPEN)
        return Range(interval.min, interval.max, found, Members(), *numbers, _BASIS[weakest])

    @cached_property
    def _every(self) -> tuple[Account, ...]:
        opened = {account for account in self._held if self._closure.basis_of(account) == OPEN}
        robbed = {account for one in self._robbed.values() for account in one}
        held = opened | self._undated | robbed | self._unproven
        return tuple(sorted({unsplit(account) for account in held}))

    @cached_property
    def _taking(self) -> frozenset[Account]:
        """Who may have been paid in conversions that nobody shows."""
        return frozenset(plain_account(leg.account) for legs in self._unshown.values() for leg in legs)

    @cached_property
    def _unproven(self) -> set[Account]:
        """All who are taken for pools or contracts without anybody saying so."""
        return {plain_account(one) for one in (*self._doubted, *self._ended)} | self._taking

    @cached_property
    def _robbed(self) -> dict[int, tuple[Account, ...]]:
        """Who pays in each theft whose rows nobody vouches for; who is paid where the units were newly made."""
        return {
            number: self._payers_in(self._events[number])
            for number in self._thefts
            if self._closure.basis_of_theft(self._events[number]) == OPEN
        }

    def _payers_in(self, event: Event) -> tuple[Account, ...]:
        legs = [
            leg
            for place, part in enumerate(event.parts)
            for rank, leg in enumerate(part.debits)
            if (event.index, place, rank) in self._marks
        ]
        return tuple(victim_of(leg.account) for leg in legs or [leg for part in event.parts for leg in part.credits])

    @cached_property
    def _payers(self) -> dict[int, int]:
        return {
            number: sum({1 << self._place[unsplit(account)] for account in accounts})
            for number, accounts in self._robbed.items()
        }

    @cached_property
    def _place(self) -> dict[Account, int]:
        places = {account: place for place, account in enumerate(self._every)}
        segments = {account: unsplit(account) for account in self._held | self._undated}
        segments |= {account: plain_account(account) for account in self._doubted}
        return places | {account: places[plain] for account, plain in segments.items() if plain in places}

    @cached_property
    def _between(self) -> Between:
        rank = {account: _RANK[self._closure.basis_of(account)] for account in self._held}
        rank |= dict.fromkeys(self._doubted, _RANK[OPEN])
        thefts = {event: number for number, event in enumerate(self._thefts)}
        unshown = {
            key: sum({1 << self._place[plain_account(leg.account)] for leg in legs})
            for key, legs in self._unshown.items()
        }
        return Between(self._network, rank, self._place, max(_BASIS), thefts, self._keep, self._doubted, unshown)
