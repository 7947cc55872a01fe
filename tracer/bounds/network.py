"""The time-expanded network of a plan: where stolen money of a group of origins can have gone, and how much at most.

A node is one *phase* of an account: a run of credits, then the debits up to the next credit. Debits without a credit
between them share the money they pay from, so a phase needs one node however many payments it makes; what is left
flows on to the next phase. Capacities are whole amounts, so the clean units of an arc are its capacity less its stolen
units, and both colours obey the same network: the least that is stolen at a destination is what it received less the
most that can be clean. Source: method bnd-network.

An account is in the network from the first credit that can carry stolen money until its balance is 0; before and after,
all it pays is clean. Arcs are listed so that everything entering a node comes before everything leaving it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd
from typing import Final, NamedTuple

from tracer.model import Account

Group = tuple[int, ...]
"""Places in ``plan.labels.origins`` whose money counts as stolen, ascending."""

STOLEN: Final = 0
UNSPOILED: Final = 1
"""Source nodes: stolen money, and clean money. Every other node has a higher number."""

Name = tuple[str, int, int, int]
"""Kind, event, part, leg: the leg a node or an arc rests on. An opening balance has event -1 and its account's rank."""


class Terminal(NamedTuple):
    """Where stolen money can end; all that a plan knows of an exit.

    Attributes
    ----------
    fate : str
        As in :class:`~tracer.taint.Flow`: ``held`` (at the end of the ledger), ``stopped``, ``below_threshold``, or the
        name of a sink (``fee``, ``burned``, ``contract``).
    account : Account
        Who holds, absorbs, or was credited.
    address : str
        The credit's address; for ``held`` the holder.
    """

    fate: str
    account: Account
    address: str


class Swap(NamedTuple):
    """What a swap does to an amount: times `received` / `given`, more or less by what flooring shifts.

    Attributes
    ----------
    given, received : int
        Base units, of two assets.
    runs : int
        In how many pieces, apart from each other, the money of one colour can lie in what is given, at most; 0 where
        nothing is floored.
    """

    given: int
    received: int
    runs: int

    def shifted(self) -> Fraction:
        """Return by how many units flooring can shift what one colour gets, at most.

        A piece gets the difference of two floors: it is off by less than 1, a multiple of 1 over the reduced rate.
        """
        whole = self.given // gcd(self.given, self.received)
        return Fraction(self.runs * (whole - 1), whole)

    def shifted_worth(self, worth: int) -> int:
        """Return what that is worth, rounded up, where a unit is worth so much."""
        shifted = self.shifted()
        return -(-shifted.numerator * worth // shifted.denominator)


@dataclass(slots=True)
class Network:
    """Arcs in an order in which money can flow.

    Attributes
    ----------
    tail, head, capacity : list of int
        For every arc; base units, of the tail's asset in a swap.
    arcs, nodes : list of (str, int, int, int)
        Names. Kinds of arcs: ``c`` credit, ``d`` debit into an event of several legs, ``h`` what a phase hands to the
        next, ``e`` what is held at the end, ``b`` clean balance that a phase begins with, ``s`` stolen opening
        balance, ``t`` theft, ``g`` what a theft takes of units stolen before, ``x`` swap. Kinds of nodes: ``n`` phase,
        ``p`` pool of a part, ``q`` what a swap gave, ``z`` terminal (in its own numbering), ``S`` source.
    accounts : dict of int to Account
        Whose phase a node is.
    terminals : dict of Terminal to int
        Their nodes.
    through : dict of int to frozenset of Account
        Accounts that money at a node can have passed through beside those of the nodes before it: payments that go
        round inside a tie are one event, and show no way from one to another.
    swaps : dict of int to Swap
        Arcs that change the amount.
    total : int
        Stolen by the group, base units of its origins' asset.
    """

    tail: list[int] = field(default_factory=list)
    head: list[int] = field(default_factory=list)
    capacity: list[int] = field(default_factory=list)
    arcs: list[Name] = field(default_factory=list)
    nodes: list[Name] = field(default_factory=lambda: [("S", 0, 0, rank) for rank in range(2)])
    accounts: dict[int, Account] = field(default_factory=dict)
    terminals: dict[Terminal, int] = field(default_factory=dict)
    through: dict[int, frozenset[Account]] = field(default_factory=dict)
    swaps: dict[int, Swap] = field(default_factory=dict)
    total: int = 0

    def node(self, name: Name) -> int:
        """Add a node and return it."""
        self.nodes.append(name)
        return len(self.nodes) - 1

    def arc(self, tail: int, head: int, capacity: int, name: Name) -> None:
        """Add an arc; one of capacity 0 is left out."""
        if capacity:
            self.tail.append(tail)
            self.head.append(head)
            self.capacity.append(capacity)
            self.arcs.append(name)

    def terminal(self, terminal: Terminal) -> int:
        """Return the node of a terminal."""
        if terminal not in self.terminals:
            self.terminals[terminal] = self.node(("z", 0, 0, len(self.terminals)))
        return self.terminals[terminal]
