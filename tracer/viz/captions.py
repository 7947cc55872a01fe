"""What the flow graph says: the lines on nodes and edges, and the exact figures behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tracer.model import AssetId, ChainId, format_time, format_units, known_place
from tracer.trace import TraceResult
from tracer.viz.model import DASHED, Edge, FlowGraph, Node, Part, name_of, origins_in_order
from tracer.viz.node_styles import reason_text, venue_text
from tracer.viz.payments import Arc
from tracer.viz.text import amount_text, chain_name, clean, short_forms, unit_names

SWAP: Final = "swap"
"""How the line of a change of asset begins."""
_LISTED: Final = 30
"""Movements named in the title of an edge, and addresses in that of a node; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """Names that hold for one picture.

    Attributes
    ----------
    result : TraceResult
        The trace.
    units : dict of AssetId to str
        A name for each asset.
    short : dict of str to str
        A short form for each address, no two alike.
    several_chains : bool
        Whether an address must say its chain.
    """

    result: TraceResult
    units: dict[AssetId, str]
    short: dict[str, str]
    several_chains: bool

    def amount(self, amount: int, asset: AssetId, *, approximate: bool = False) -> str:
        """Return an amount with its unit for display."""
        known = self.result.assets.get(asset)
        sign = "≈ " if approximate else ""
        return f"{sign}{amount_text(amount, known.decimals if known else None)} {self.unit(asset)}"

    def exact(self, amount: int, asset: AssetId) -> str:
        """Return an amount with its unit to the last digit."""
        known = self.result.assets.get(asset)
        return f"{format_units(amount, known.decimals if known else None)} {self.unit(asset)}"

    def unit(self, asset: AssetId) -> str:
        """Return the name of an asset."""
        return self.units.get(asset) or clean(asset, 40)

    def address(self, chain: ChainId, address: str) -> str:
        """Return the short form of an address, with its chain where the picture has several."""
        text = self.short.get(address, address)
        return f"{text} · {chain_name(chain)}" if self.several_chains else text


def words_of(result: TraceResult, shown: Sequence[tuple[ChainId, str]]) -> Words:
    """Return the names for a picture that shows these addresses."""
    chains = {chain for chain, _ in shown}
    return Words(result, unit_names(result.assets), short_forms(a for _, a in shown), len(chains) > 1)


def graph_words(graph: FlowGraph) -> Words:
    """Return the names for a flow graph."""
    shown = {member for node in graph.nodes.values() for member in node.members}
    shown |= {victim for edge in graph.edges for victim in victims_of(edge.arcs)}
    return words_of(graph.result, sorted(shown))


def victims_of(arcs: Sequence[Arc]) -> list[tuple[ChainId, str]]:
    """Return who paid the thefts among these payments."""
    thefts = (arc.payment for arc in arcs if arc.src.role == "theft")
    return sorted({(payment.chain, sender) for payment in thefts for sender in payment.senders if sender})


def node_lines(node: Node, graph: FlowGraph, words: Words) -> list[str]:
    """Return the lines on a node's card; the first is its name."""
    if node.place.role == "theft":
        return _theft_lines(node, graph, words)
    lines = [*_name_lines(node, words), *node.facts]
    for swap in node.swaps:
        given = words.amount(swap.given[1], swap.given[0]) if swap.given[1] else words.unit(swap.given[0])
        said = f" ({swap.grade})" if swap.grade in DASHED else ""
        lines += [f"{SWAP}{said} {given}", f"→ {words.amount(swap.received[1], swap.received[0])}"]
    if not node.is_leaf and node.parts:
        lines += [f"{reason} {text}" for reason, text in _sums(node.parts, words)]
    return lines


def node_title(node: Node, graph: FlowGraph, words: Words) -> str:
    """Return what a node's tooltip says: full addresses and exact amounts."""
    if node.place.role == "theft":
        stolen = [words.exact(n, o.asset) for o, n in graph.result.stolen.items() if o.name == node.place.name]
        victims = victims_of([arc for edge in graph.edges if edge.src == node.place for arc in edge.arcs])
        return "\n".join([f"Theft: {clean(node.place.name)}", *stolen, *(f"from {c}:{a}" for c, a in victims)])
    lines = []
    for chain, address in node.members[:_LISTED]:
        holder = graph.result.holders.get((chain, address))
        several = holder is not None and len(holder.names) > 1
        shown = holder.name if holder and several else holder.label.label if holder and holder.label else ""
        label = f" {clean(shown)}" if shown else ""
        lines.append(f"{chain}:{address}{label}")
    if len(node.members) > _LISTED:
        lines.append(f"and {len(node.members) - _LISTED} more addresses")
    fates = {(part.asset, reason_text(part.stop_reason, part.kind)) for part in node.parts}
    for asset, reason in sorted(fates, key=lambda one: (known_place(one[0]), one[1])):
        here = [p for p in node.parts if (p.asset, reason_text(p.stop_reason, p.kind)) == (asset, reason)]
        lines.append(f"{reason}: {words.exact(sum(p.tainted for p in here), asset)}")
    return "\n".join(lines) or reason_text(node.kind)


def edge_lines(edge: Edge, words: Words, *, back: bool) -> tuple[str, str]:
    """Return the two lines of an edge's label: number and time, amount."""
    times = [arc.time for arc in edge.arcs if arc.time is not None]
    mark = "↩ " if back else ""
    when = f" {_when(times)}" if times else ""
    undated = sum(arc.time is None and bool(arc.order) for arc in edge.arcs)
    if times and undated:
        when = f"{when} ({undated:,} without a time)"
    many = f" · {edge.payments} payments" if edge.payments > 1 else ""
    was = f" (paid as {words.unit(edge.was)})" if edge.was else ""
    return f"{mark}[{edge.number}]{when}{many}", words.amount(
        edge.tainted, edge.asset, approximate=edge.approximate
    ) + was


def edge_title(edge: Edge, words: Words) -> str:
    """Return what an edge's tooltip says: every payment with its exact amount, time, transaction and grade."""
    lines = [f"[{edge.number}] {words.exact(edge.tainted, edge.asset)}"]
    for arc in edge.arcs[:_LISTED]:
        place = f"#{arc.payment.rows[0]} " if arc.payment.rows else ""
        where = f"{place}{format_time(arc.time)} {clean(arc.payment.tx)}" if arc.order else "held at the start"
        payer, payee = (place.name if place.role == "holder" else place.role for place in (arc.src, arc.dst))
        amount = words.exact(arc.tainted, arc.asset)
        lines.append(" ".join(f"{where} {amount} {arc.grade} {clean(payer)} → {clean(payee)}".split()))
    if edge.payments > _LISTED:
        lines.append(f"and {edge.payments - _LISTED} more payments")
    return "\n".join(lines)


def _theft_lines(node: Node, graph: FlowGraph, words: Words) -> list[str]:
    ours = [one for one in origins_in_order(graph.result) if one.name == node.place.name]
    stolen = [words.amount(graph.result.stolen[one], one.asset) for one in ours]
    victims = victims_of([arc for edge in graph.edges if edge.src == node.place for arc in edge.arcs])
    origin = [f"from {words.address(*victims[0])}"] if len(victims) == 1 else []
    if len(victims) > 1:
        origin = [f"from {len(victims)} addresses"]
    return [f"Theft: {clean(node.place.name, 120)}", *stolen, *origin]


def _name_lines(node: Node, words: Words) -> list[str]:
    count = len(node.members)
    role = node.place.role
    if role == "event":
        return ["one transaction", "several payers"]
    if role in ("stub", "rest"):
        if role == "rest":
            return [f"{count} holders, gathered"]
        return [f"{_gathered(node)}, gathered", *(f"Σ {text}" for text in _totals(node.parts, words))]
    if role == "peel":
        first, last = (words.address(*m) for m in (node.members[0], node.members[-1]))
        return ["Peel chain", f"{count} holders" if count > 2 else f"{first}, {last}"]
    reason = (
        reason_text(node.parts[0].stop_reason, node.parts[0].kind)
        if node.parts and node.kind not in ("seed", "transit")
        else ""
    )
    if count > 1:
        return [clean(node.parts[0].venue, 120), f"{count} addresses · {reason}", *_totals(node.parts, words)]
    if not node.members:
        return [reason or "no payee"]
    address = words.address(*node.members[0])
    name = _label(node, words.result)
    return [name, address, *([reason] if reason else [])] if name else [address, *([reason] if reason else [])]


def _gathered(node: Node) -> str:
    """Return of what a stub is made: a fee and a burn are no payees."""
    payees = len({(part.chain, part.address, part.stop_reason) for part in node.parts if part.address})
    others = sorted({venue_text("", part.stop_reason) for part in node.parts if not part.address})
    said = [f"{payees:,} payee{'' if payees == 1 else 's'}"] if payees else []
    return " and ".join([*said, *others])


def _label(node: Node, result: TraceResult) -> str:
    if node.is_leaf and node.parts:
        return clean(node.parts[0].venue, 120)
    holder = result.holders.get(node.members[0])
    if holder is not None and len(holder.names) > 1:
        return clean(holder.name, 120)
    label = (holder.stop_label or holder.label) if holder else None
    return clean(name_of(label), 120) if label else ""


def _sums(parts: Sequence[Part], words: Words) -> list[tuple[str, str]]:
    """Return for each stop reason and asset the reason and the sum: asset by asset, in each the largest first.

    Units of two assets are never compared: which comes first, :func:`tracer.model.asset.known_place` says.
    """
    found: dict[tuple[str, AssetId], list[Part]] = {}
    for part in parts:
        found.setdefault((reason_text(part.stop_reason, part.kind), part.asset), []).append(part)
    ranked = sorted(
        found.items(), key=lambda item: (known_place(item[0][1]), -sum(p.tainted for p in item[1]), item[0])
    )
    return [
        (
            reason,
            words.amount(sum(p.tainted for p in group), asset, approximate=any(p.approximate for p in group)),
        )
        for (reason, asset), group in ranked
    ]


def _totals(parts: Sequence[Part], words: Words) -> list[str]:
    """Return the sum of each asset, in the order of :func:`tracer.model.asset.known_place`."""
    return [text for _, text in _sums([replace(part, stop_reason="", kind="") for part in parts], words)]


def _when(times: Sequence[int]) -> str:
    first, last = format_time(min(times)), format_time(max(times))
    if first == last:
        return f"{first[:10]} {first[11:16]}"
    if first[:10] == last[:10]:
        return f"{first[:10]} {first[11:16]} – {last[11:16]}"  # noqa: RUF001
    return f"{first[:10]} – {last[5:10] if first[:4] == last[:4] else last[:10]}"  # noqa: RUF001
