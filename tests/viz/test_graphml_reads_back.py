"""GraphML: what networkx writes, it reads back, to the last unit."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import drawn_cases
import networkx as nx
from drawn_cases import CHAIN, address

from tracer.model import caip10
from tracer.trace.result import TraceResult
from tracer.viz import graphml


def read(document: str) -> nx.MultiDiGraph:
    return nx.read_graphml(io.BytesIO(document.encode()), force_multigraph=True)


def test_every_stolen_movement_reads_back_with_its_exact_amounts(result: TraceResult) -> None:
    graph = read(graphml(result))
    got = sorted((d["seq"], int(d["amount"]), int(d["tainted"]), d["origin"]) for _, _, d in graph.edges(data=True))
    expected = sorted(
        (row.seq, row.amount, share.tainted, share.origin.name) for row in result.movements for share in row.shares
    )
    assert got == expected
    assert all(isinstance(d["amount"], str) for _, _, d in graph.edges(data=True))


def test_amounts_above_64_bits_survive() -> None:
    rows = [d for _, _, d in read(graphml(drawn_cases.small())).edges(data=True)]
    assert max(int(d["amount"]) for d in rows) == 100 * 10**18 > 2**63
    assert "12000000000123456789" in {d["amount"] for d in rows}


def test_a_labelled_exit_carries_all_its_attributes() -> None:
    graph = read(graphml(drawn_cases.small()))
    assert graph.nodes[caip10(CHAIN, address("exchange"))] == {
        "label": "Example Exchange 7",
        "category": "exchange",
        "entity": "Example Exchange",
        "stop_reason": "service",
        "grade": "recorded",
        "hop": 2,
    }
    assert graph.nodes[caip10(CHAIN, address("seed"))] == {
        "role": "seed",
        "stop_reason": "at_rest",
        "grade": "recorded",
        "hop": 0,
    }


def test_an_edge_carries_what_is_known_and_omits_the_rest() -> None:
    result = drawn_cases.small()
    (edge,) = [d for _, _, d in read(graphml(result)).edges(data=True) if d["seq"] == 4]
    row = result.movements[3]
    assert edge == {
        "tx": row.tx,
        "time": "2024-01-06T08:15:00Z",
        "asset": row.asset,
        "amount": str(row.amount),
        "tainted": str(row.tainted),
        "origin": "theft",
        "grade": "inferred",
        "kind": "native",
        "seq": 4,
    }


def test_open_sides_become_nodes_of_caip10_form() -> None:
    result = drawn_cases.small()
    rows = list(result.movements)
    rows[8] = replace(rows[8], recipient="", kind="fee")
    rows[9] = replace(rows[9], sender="", event="joint / <tx>")
    nodes = set(read(graphml(replace(result, movements=tuple(rows)))).nodes)
    assert {"eip155:1:fee", "eip155:1:joint%20%2F%20%3Ctx%3E"} <= nodes
    assert all(re.fullmatch(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}:[-.%a-zA-Z0-9]{1,128}", node) for node in nodes)


def test_node_and_edge_order_is_the_order_of_the_movements(result: TraceResult) -> None:
    seqs = [d["seq"] for _, _, d in sorted(read(graphml(result)).edges(data=True), key=lambda e: e[2]["seq"])]
    document = graphml(result)
    root = ET.fromstring(document)
    ids = [node.attrib["id"] for node in root.iter("{http://graphml.graphdrawing.org/xmlns}node")]
    first = list(dict.fromkeys(caip10(CHAIN, who) for row in result.movements for who in (row.sender, row.recipient)))
    assert ids == first
    assert seqs == sorted(seqs)
    keys = [key.attrib["id"] for key in root.iter("{http://graphml.graphdrawing.org/xmlns}key")]
    assert len(keys) == len(set(keys))
