"""The flow graph: nodes with the exits that lie in them, edges with the payments they merge; it must close."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.errors import AuditError
from tracer.model import AssetId, ChainId, Label, Origin, known_place
from tracer.trace import Exit, TraceResult, party_of
from tracer.viz.node_styles import kind_of
from tracer.viz.payments import Arc, Place, Swap

DASHED: Final = ("inferred", "asserted")
"""Grades drawn dashed: no record of the chain says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of an exit lies in one node.

    Attributes
    ----------
    chain, address, stop_reason
        The exit's.
    kind, venue : str
        How it is drawn; entity or label, empty where unknown.
    asset, origin
        The exit's.
    tainted, origin_amount : int
        Base units of the asset, and of the origin's asset.
    payments : int
        Receipts of stolen units it comes from.
    approximate : bool
        Whether it rests on a rounded row.
    label : Label or None
        What the exit is filed under.
    """

    chain: ChainId
    address: str
    stop_reason: str
    kind: str
    venue: str
    asset: AssetId
    origin: Origin
    tainted: int
    origin_amount: int
    payments: int
    approximate: bool
    label: Label | None


@dataclass(slots=True)
class Node:
    """A place in the picture.

    Attributes
    ----------
    place : Place
        Its key.
    kind : str
        One of :data:`tracer.viz.node_styles.KINDS`.
    members : list of (chain, address)
        The addresses that stand in it, sorted.
    parts : list of Part
        What ends here.
    swaps : list of Swap
        Changes of asset here.
    facts : list of str
        What folding says of it.
    """

    place: Place
    kind: str
    members: list[tuple[ChainId, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    @property
    def is_leaf(self) -> bool:
        """Whether it was made of exits alone."""
        return self.place.role in ("leaf", "stub")


@dataclass(slots=True)
class Edge:
    """Parallel payments of one asset in one direction.

    Attributes
    ----------
    src, dst : Place
        Payer and payee.
    asset, was : AssetId
        What arrives; what was paid where a swap changed it.
    arcs : list of Arc
        The payments, in total order.
    dashed : bool
        Whether no record of the chain says so.
    approximate : bool
        Whether it rests on a rounded row.
    number : int
        Its place in time, from 1.
    """

    src: Place
    dst: Place
    asset: AssetId
    was: AssetId | None
    dashed: bool
    arcs: list[Arc] = field(default_factory=list)
    approximate: bool = False
    number: int = 0

    @property
    def tainted(self) -> int:
        """Stolen base units."""
        return sum(arc.tainted for arc in self.arcs)

    @property
    def payments(self) -> int:
        """How many payments it merges."""
        return len(self.arcs)

    def origin_amounts(self) -> dict[Origin, int]:
        """Return the stolen units in base units of each origin's asset."""
        found: dict[Origin, int] = {}
        for arc in self.arcs:
            for origin, units in arc.shares.items():
                found[origin] = found.get(origin, 0) + units.origin_amount
        return found


@dataclass(slots=True)
class FlowGraph:
    """What is drawn.

    Attributes
    ----------
    nodes : dict of Place to Node
        In order of first arrival.
    edges : list of Edge
        In order of their first payment.
    result : TraceResult
        The trace behind it.
    """

    nodes: dict[Place, Node]
    edges: list[Edge]
    result: TraceResult


def origins_in_order(result: TraceResult) -> list[Origin]:
    """Return what was stolen, theft by theft as seeded, in each the assets that readers know first."""
    names = {name: place for place, name in enumerate(dict.fromkeys(origin.name for origin in result.stolen))}
    return sorted(result.stolen, key=lambda origin: (names[origin.name], known_place(origin.asset)))


def venue_of(label: Label | None, stop_reason: str) -> tuple[str, str]:
    """Return kind of node and venue (entity, or label where none) of an exit with a label."""
    if label is None:
        return kind_of(stop_reason, ""), ""
    return kind_of(stop_reason, label.category, label.role), label.entity or name_of(label)


def name_of(label: Label) -> str:
    """Return what a label calls an address; one that only repeats the case's id says in words what it is in the theft.

    The id of a case is no name: beside an amount it would read as if the money lay with the robbed.
    """
    if label.label != label.incident:
        return label.label
    role = (label.role or label.category).replace("_", " ")
    return f"{role} address of the theft"


def whole_part(result: TraceResult, leaf: Exit) -> Part:
    """Return an exit as one part."""
    kind, venue = venue_of(leaf.label, leaf.stop_reason)
    return Part(
        chain=leaf.chain,
        address=leaf.address,
        stop_reason=leaf.stop_reason,
        kind=kind,
        venue=venue,
        asset=leaf.asset,
        origin=leaf.origin,
        tainted=leaf.tainted,
        origin_amount=leaf.origin_amount,
        payments=len(leaf.arrivals),
        approximate=leaf.approximate,
        label=leaf.label,
    )


def merge_edges(pairs: Iterable[tuple[Place, Place, Arc]]) -> list[Edge]:
    """Return the edges of placed payments: one for each payer, payee, asset and line style, numbered in time order."""
    found: dict[tuple[Place, Place, AssetId, AssetId | None, bool], Edge] = {}
    for src, dst, arc in pairs:
        if src == dst:
            continue
        dashed = arc.grade in DASHED
        key = (src, dst, arc.asset, arc.was, dashed)
        edge = found.setdefault(key, Edge(src, dst, arc.asset, arc.was, dashed))
        edge.arcs.append(arc)
        edge.approximate |= arc.printed

    def order(edge: Edge) -> tuple[int, bool, Place, Place, str, str, bool]:
        paid_first = edge.dst.role != "event"
        return edge.arcs[0].order, paid_first, edge.src, edge.dst, edge.asset, edge.was or "", edge.dashed

    edges = sorted(found.values(), key=order)
    for number, edge in enumerate(edges, 1):
        edge.number = number
    return edges


Key = tuple[str, str, str, AssetId, str, str, Origin]


def exit_key(thing: Exit | Part) -> Key:
    """Return what tells one exit from another."""
    party = party_of(thing.label, thing.stop_reason)
    return thing.chain, thing.address, thing.stop_reason, thing.asset, *party, thing.origin


def missing_parts(result: TraceResult, nodes: Iterable[Node]) -> list[Part]:
    """Return what of the exits no node holds yet.

    Raises
    ------
    AuditError
        If a node holds more of an exit than the trace found.
    """
    drawn: dict[Key, list[int]] = {}
    for node in nodes:
        for part in node.parts:
            sums = drawn.setdefault(exit_key(part), [0, 0])
            sums[0] += part.tainted
            sums[1] += part.origin_amount
    left = []
    for leaf in result.exits:
        tainted, origin_amount = drawn.pop(exit_key(leaf), [0, 0])
        whole = whole_part(result, leaf)
        rest = (leaf.tainted - tainted, leaf.origin_amount - origin_amount)
        if min(rest) < 0:
            raise _open(leaf.origin, f"{-min(rest)} base units too many at {leaf.address or leaf.stop_reason}")
        if any(rest):
            left.append(_resized(whole, *rest))
    for key, sums in drawn.items():
        if any(sums):
            raise _open(key[-1], f"{sums[1]} base units at {key[1] or key[2]}, where nothing ends")
    return left


def check_closes(result: TraceResult, nodes: Iterable[Node]) -> None:
    """Compare what is drawn with what was traced, per origin.

    Raises
    ------
    AuditError
        If the drawn exits and stubs of an origin do not sum to its exits, or a trace that says it closes does not.
    """
    drawn = dict.fromkeys(result.stolen, 0)
    for node in nodes:
        for part in node.parts:
            drawn[part.origin] = drawn.get(part.origin, 0) + part.origin_amount
    traced = dict.fromkeys(drawn, 0)
    for leaf in result.exits:
        traced[leaf.origin] = traced.get(leaf.origin, 0) + leaf.origin_amount
    for origin in sorted(set(drawn) | set(traced)):
        if drawn.get(origin, 0) != traced.get(origin, 0):
            raise _open(origin, f"drawn {drawn.get(origin, 0)}, traced {traced.get(origin, 0)} base units")
        if result.audit.closed and traced.get(origin, 0) != result.stolen.get(origin, 0):
            raise _open(origin, f"stolen {result.stolen.get(origin, 0)}, traced {traced.get(origin, 0)} base units")


def _resized(part: Part, tainted: int, origin_amount: int) -> Part:
    return replace(part, tainted=tainted, origin_amount=origin_amount)


def _open(origin: Origin, detail: str) -> AuditError:
    return AuditError(
        f"The picture of {origin.name!r} ({origin.asset}) does not close: {detail}.",
        why="What is drawn must be what was traced, to the last unit; a picture that is not is never written.",
        next_step="Run the audit of the trace; if it closes, report this case.",
    )
