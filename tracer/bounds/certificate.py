"""Certificates of bounds: what proves them, in JSON, and a checker that uses nothing of the solver."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from tracer.bounds.network import STOLEN, UNSPOILED, Group, Name, Network, Terminal
from tracer.bounds.time_expanded import build_network
from tracer.errors import AuditError
from tracer.model import Account, AssetId, ChainId
from tracer.taint import TaintProblem

if TYPE_CHECKING:
    from tracer.bounds.subnetwork import Most, Region

Certificate = dict[str, Any]
"""A proof as JSON holds it (method bnd-certificate); every amount is decimal text in base units."""
_OPEN: Final = {"max": STOLEN, "min": UNSPOILED}


def certificate_of(
    plan: TaintProblem,
    group: Group,
    direction: str,
    network: Network,
    destination: Collection[Terminal],
    received: int,
    region: Region,
    most: Most,
) -> Certificate:
    """Return the proof of one side of an interval.

    For ``max``: a flow of stolen units into the destination, and the potentials (in a plain network: a cut) that no
    flow exceeds. For ``min``: the same for clean units, as the two colours share what was received.
    """
    most_value = most.value if direction == "max" else received - most.value
    attained = most.attained if direction == "max" else received - most.attained
    nodes = region.nodes.tolist()
    worth = [[text_of(network.nodes[nodes[n]]), str(most.potentials[n])] for n in sorted(most.potentials) if n > 1]
    plain = most.denominator == 1
    places = region.arcs.tolist()
    body = {
        "asset": min((end.account.asset for end in destination), default=""),
        "origins": [list(plan.labels.origins[place]) for place in group],
        "destination": [[end.fate, *end.account, end.address] for end in sorted(destination)],
        "direction": direction,
        "total": str(network.total),
        "received": str(received),
        "value": str(most_value),
        "attained": str(attained),
        "network_sha256": network_sha256(network),
        "denominator": str(most.denominator),
        "cut": [name for name, _ in worth] if plain else [],
        "potentials": [] if plain else worth,
        "flow": [[text_of(network.arcs[places[n]]), str(moved)] for n, moved in most.flow.items()],
    }
    return {**body, "sha256": body_sha256(body)}


def check_certificate(certificate: Certificate, plan: TaintProblem) -> None:
    """Check a certificate against the plan it speaks of; linear in the ledger, whole numbers, no solver.

    Raises
    ------
    AuditError
        If anything in it does not hold.
    """
    body = {key: value for key, value in certificate.items() if key != "sha256"}
    _demand(certificate.get("sha256") == body_sha256(body), "its text was changed after it was made")
    origins = [list(origin) for origin in plan.labels.origins]
    _demand(all(origin in origins for origin in certificate["origins"]), "the case has no such origin")
    network = build_network(plan, tuple(origins.index(origin) for origin in certificate["origins"]))
    _demand(certificate["network_sha256"] == network_sha256(network), "the ledger gives another network")
    _demand(certificate["total"] == str(network.total), "another total was stolen")
    asked = [Terminal(fate, Account(ChainId(c), h, AssetId(a)), at) for fate, c, h, a, at in certificate["destination"]]
    ends = {network.terminals[terminal] for terminal in asked if terminal in network.terminals}
    _demand({end.account.asset for end in asked} <= {certificate["asset"]}, "the destination is not of its asset")
    one, bound, received, arrived = _sums(certificate, network, ends)
    value, attained = int(certificate["value"]), int(certificate["attained"])
    most, reached = (value, attained) if certificate["direction"] == "max" else (received - value, received - attained)
    _demand(int(certificate["received"]) == received, "another amount was received")
    _demand(one > 0 and most == bound // one, "the bound is not what its cut or its potentials prove")
    _demand(reached == arrived, "the flow does not put there what it says")


def _sums(certificate: Certificate, network: Network, ends: set[int]) -> tuple[int, int, int, int]:
    """Return the denominator, the bound over it, what was received and what the flow puts at the destination."""
    one, flow = int(certificate["denominator"]), {name: int(moved) for name, moved in certificate["flow"]}
    worth = {name: int(value) for name, value in certificate["potentials"]} or dict.fromkeys(certificate["cut"], one)
    _demand(len(flow) == len(certificate["flow"]) and all(value >= 0 for value in worth.values()), "a number is wrong")
    names = [text_of(name) for name in network.nodes]
    _demand(worth.keys() <= set(names) - {names[node] for node in (STOLEN, UNSPOILED)}, "a node is unknown")
    potential = [worth.get(name, 0) for name in names]
    for end in ends:
        potential[end] = one
    held = [0] * len(names)
    bound = received = 0
    open_source = _OPEN[certificate["direction"]]
    for arc, (tail, head, capacity) in enumerate(zip(network.tail, network.head, network.capacity, strict=True)):
        swap = network.swaps.get(arc)
        gave, given = (swap.received, swap.given) if swap else (1, 1)
        received += capacity if head in ends else 0
        moved = flow.pop(text_of(network.arcs[arc]), 0) if flow else 0
        _demand(0 <= moved <= capacity, "an arc carries more than it can")
        if tail > UNSPOILED:
            held[tail] -= moved
            _demand(held[tail] >= 0, "a holder pays what it does not have")
        else:
            _demand(tail == open_source or not moved, "money comes from the wrong source")
        held[head] += moved * gave // given
        if tail > UNSPOILED or tail == open_source:
            bound += -(-capacity * max(0, potential[head] * gave - potential[tail] * given) // given)
            bound += swap.shifted_worth(potential[head]) if swap else 0
    _demand(not flow, "an arc is unknown")
    return one, bound, received, sum(held[end] for end in ends)


def network_sha256(network: Network) -> str:
    """Return the hash of a network: every arc's name, ends, capacity and gain, in order."""
    digest = hashlib.sha256()
    names = [text_of(name) for name in network.nodes]
    for arc, (tail, head, capacity) in enumerate(zip(network.tail, network.head, network.capacity, strict=True)):
        swap = "".join(f" {number}" for number in network.swaps.get(arc, ()))
        digest.update(f"{text_of(network.arcs[arc])} {names[tail]} {names[head]} {capacity}{swap}\n".encode())
    for terminal, node in network.terminals.items():
        digest.update(json.dumps([names[node], terminal.fate, *terminal.account, terminal.address]).encode())
    return digest.hexdigest()


def text_of(name: Name) -> str:
    """Return a node's or an arc's name as text: its kind, then event, part and leg."""
    kind, event, part, leg = name
    return f"{kind}:{event}.{part}.{leg}"


def body_sha256(body: Certificate) -> str:
    """Return the hash of a certificate without its own hash."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AuditError(f"The certificate does not hold: {otherwise}.", next_step="Trust the ledger, not this figure.")
