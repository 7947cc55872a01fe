"""The stolen movements as GraphML, for other tools."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tracer.model import caip10, format_time, weakest
from tracer.trace import Exit, Movement, TraceResult, carrying
from tracer.viz.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 128
"""Characters a CAIP-10 account may have."""


def graphml(result: TraceResult) -> str:
    """Return every movement of stolen units as an edge between two accounts, in GraphML.

    Node ids are CAIP-10. A side without holder (a fee, a mint, one leg of a transaction of several payers) is a node
    named after the kind or the transaction. A movement with stolen units of several thefts is one edge for each.
    Amounts are text, since other readers overflow at 2^63.

    Parameters
    ----------
    result : TraceResult
        A finished trace.

    Returns
    -------
    str
        The document; the same bytes for the same result with the same version of networkx.
    """
    import networkx as nx
    from networkx.readwrite.graphml import write_graphml_xml

    graph = nx.MultiDiGraph(tlp=result.tlp)
    rows = [row for row in carrying(result.movements) if row.tainted]
    ends = {row.seq: _ends(row) for row in rows}
    for node, attributes in _nodes(result, rows, ends):
        graph.add_node(node, **attributes)
    for row in rows:
        for place, share in enumerate(row.shares):
            key = f"{row.seq}.{place}" if place else str(row.seq)
            edge = _edge(row, share.origin.name, share.tainted)
            graph.add_edge(*ends[row.seq], key=key, **edge)
    out = io.BytesIO()
    write_graphml_xml(graph, out)
    return out.getvalue().decode("utf-8").rstrip("\n") + "\n"


def _ends(row: Movement) -> tuple[str, str]:
    if row.sender and row.recipient:
        return caip10(row.chain, row.sender), caip10(row.chain, row.recipient)
    outside = f"{row.chain}:{_account(row)}"
    return (
        caip10(row.chain, row.sender) if row.sender else outside,
        caip10(row.chain, row.recipient) if row.recipient else outside,
    )


def _account(row: Movement) -> str:
    """Return a name of CAIP-10 form for the side of a row that has no holder."""
    name = row.kind if row.kind in ("fee", "burn", "mint") else row.event or row.tx or f"row-{row.seq}"
    return quote(clean(name), safe="-.")[:_LONGEST]


def _nodes(
    result: TraceResult, rows: list[Movement], ends: dict[int, tuple[str, str]]
) -> Iterable[tuple[str, dict[str, str | int]]]:
    """Give each account once, in order of its first movement, then holders of exits that no movement shows."""
    exits: dict[str, list[Exit]] = {}
    for leaf in result.exits:
        if leaf.address:
            exits.setdefault(caip10(leaf.chain, leaf.address), []).append(leaf)
    grades: dict[str, list[str]] = {}
    for row in rows:
        for node in ends[row.seq]:
            grades.setdefault(node, [])
        grades[ends[row.seq][1]] += [share.grade for share in row.shares]
    for node in exits:
        grades.setdefault(node, [])
    holders = {caip10(*key): holder for key, holder in result.holders.items()}
    for node, seen in grades.items():
        holder, here = holders.get(node), exits.get(node, [])
        label = (holder.stop_label or holder.label) if holder else None
        reason = holder.stop_reason if holder else ""
        reached = [*seen, *(grade for leaf in here for grade in leaf.by_grade)]
        values: dict[str, str | int] = {
            "label": clean(label.label) if label else "",
            "category": label.category if label else "",
            "entity": clean(holder.name if holder and holder.names else label.entity) if label else "",
            "role": "seed" if holder and holder.is_seed else clean(label.role) if label else "",
            "stop_reason": reason or " ".join(sorted({leaf.stop_reason for leaf in here})),
            "grade": weakest(reached) if reached else "",
        }
        known = {name: value for name, value in values.items() if value != ""}
        yield node, {**known, "hop": holder.hop} if holder else known


def _edge(row: Movement, origin: str, tainted: int) -> dict[str, str | int]:
    values: dict[str, str | int] = {
        "tx": clean(row.tx),
        "time": format_time(row.time),
        "block": "" if row.block is None else str(row.block),
        "asset": row.asset,
        "amount": str(row.amount),
        "tainted": str(tainted),
        "origin": clean(origin),
        "grade": row.grade,
        "kind": clean(row.kind),
        "seq": row.seq,
    }
    return {name: value for name, value in values.items() if value != ""}
