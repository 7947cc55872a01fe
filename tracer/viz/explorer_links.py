"""Where the parts of a picture lead: the page of a public explorer on one address or one transaction."""

from __future__ import annotations

from tracer.model import explorer_url
from tracer.viz.model import Edge, Node

__all__ = ["edge_page", "explorer_url", "node_page"]


def node_page(node: Node) -> str | None:
    """Return the page on the address that a node is; ``None`` where it stands for several, or for none."""
    return explorer_url(node.members[0][0], "address", node.members[0][1]) if len(node.members) == 1 else None


def edge_page(edge: Edge) -> str | None:
    """Return the page on the transaction that an edge is; ``None`` where it merges several."""
    found = sorted({(arc.payment.chain, arc.payment.tx) for arc in edge.arcs})
    return explorer_url(found[0][0], "tx", found[0][1]) if len(found) == 1 else None
