"""The graph behind the picture: sums per theft, folding, swaps, returns, open sides."""

from __future__ import annotations

from collections import Counter

import drawn_cases
import pytest
from drawn_cases import CHAIN, ETH, ETHER, USDC, Story, address

from tracer.model import BITCOIN, AssetId, LedgerLeg, Origin, Seed, Transfer, base58check_encode, native_asset
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options, trace
from tracer.trace.result import TraceResult
from tracer.viz.collapse import build_graph
from tracer.viz.layout import back_edges, lay_out, longest_path
from tracer.viz.model import FlowGraph
from tracer.viz.payments import Place, read_arcs

ORIGIN = Origin("theft", ETH)


def drawn_totals(graph: FlowGraph) -> dict[Origin, int]:
    """Return the sum of all parts of all nodes, by theft."""
    found: Counter[Origin] = Counter()
    for node in graph.nodes.values():
        for part in node.parts:
            found[part.origin] += part.origin_amount
    return dict(found)


@pytest.mark.parametrize("max_edges", [60, 12, 4, 1])
def test_drawn_exits_and_stubs_sum_to_what_was_stolen(result: TraceResult, max_edges: int) -> None:
    graph = build_graph(result, max_edges)
    assert drawn_totals(graph) == {origin: amount for origin, amount in result.stolen.items() if amount}


@pytest.mark.parametrize("max_edges", [60, 12])
def test_what_enters_a_node_leaves_it_or_ends_in_it(result: TraceResult, max_edges: int) -> None:
    graph = build_graph(result, max_edges)
    balance = {place: Counter[Origin]() for place in graph.nodes}
    for edge in graph.edges:
        balance[edge.src].subtract(edge.origin_amounts())
        balance[edge.dst].update(edge.origin_amounts())
    for place, node in graph.nodes.items():
        for part in node.parts:
            balance[place][part.origin] -= part.origin_amount
    left = {place: {o: n for o, n in sums.items() if n} for place, sums in balance.items() if place.role != "theft"}
    assert {place: sums for place, sums in left.items() if sums} == {}


@pytest.mark.parametrize("max_edges", [60, 30, 12])
def test_folding_keeps_to_the_number_of_edges(result: TraceResult, max_edges: int) -> None:
    assert len(build_graph(result, max_edges).edges) <= max(max_edges, 24 if max_edges < 24 else 0)


def test_edges_are_numbered_in_time_order(result: TraceResult) -> None:
    graph = build_graph(result, 60)
    assert [edge.number for edge in graph.edges] == list(range(1, len(graph.edges) + 1))
    firsts = [edge.arcs[0].order for edge in graph.edges]
    assert firsts == sorted(firsts)


def test_an_exchange_is_drawn_once_at_each_payer() -> None:
    graph = build_graph(drawn_cases.small(), 60)
    at_exchange = [node for node in graph.nodes.values() if node.kind == "exchange"]
    assert [sum(part.tainted for part in node.parts) for node in at_exchange] == [25 * ETHER, 30 * ETHER]
    assert [node.members for node in at_exchange] == [[(CHAIN, address("exchange"))]] * 2


def test_a_peel_chain_is_one_node_with_its_facts() -> None:
    graph = build_graph(drawn_cases.peels(), 60)
    (peel,) = [node for node in graph.nodes.values() if node.kind == "peel"]
    assert peel.facts == ["peel ×6 · 48 h", "120 → 9 ETH"]
    assert len(peel.members) == 6


def test_many_small_payments_are_one_stub_with_their_sum() -> None:
    graph = build_graph(drawn_cases.peels(), 60)
    (stub,) = [node for node in graph.nodes.values() if node.kind == "stub"]
    assert len(stub.members) == 24
    assert sum(part.tainted for part in stub.parts) == sum((i + 1) * ETHER // 10 for i in range(24))


def test_leaves_of_one_payer_and_entity_are_one_node() -> None:
    if not drawn_cases.RONIN.is_dir():
        pytest.skip("the folder of recorded facts is not beside this checkout")
    graph = build_graph(drawn_cases.ronin(), 60)
    groups = [node for node in graph.nodes.values() if node.parts and node.parts[0].venue == "Tornado Cash depositor"]
    addresses = {member for node in groups for member in node.members}
    assert (len(groups), len(addresses)) == (8, 47)
    assert sum(part.tainted for node in groups for part in node.parts) == 175771815080000000000000


def test_returns_to_the_seed_are_back_edges_and_all_others_point_right() -> None:
    if not drawn_cases.RONIN.is_dir():
        pytest.skip("the folder of recorded facts is not beside this checkout")
    graph = build_graph(drawn_cases.ronin(), 60)
    index = {place: i for i, place in enumerate(graph.nodes)}
    ends = [(index[edge.src], index[edge.dst]) for edge in graph.edges]
    layout = lay_out([(100.0, 40.0)] * len(index), ends, [80.0] * len(ends))
    seed = Place("holder", CHAIN, "0x098b716b8aaf21512996dc57eb0615e2383e2f96")
    assert {graph.edges[i].dst for i in layout.back} == {seed}
    assert sum(graph.edges[i].tainted for i in layout.back) == 8564680189130745900000
    right = [
        layout.boxes[src].layer < layout.boxes[dst].layer for i, (src, dst) in enumerate(ends) if i not in layout.back
    ]
    assert all(right)


def test_a_conversion_at_one_holder_is_a_note_on_it() -> None:
    story = Story("swap")
    seed = address("seed")
    story.steal("2024-01-01T00:00:00Z", address("victim"), seed, USDC, 10**12)
    story.convert("2024-01-01T01:00:00Z", seed, (USDC, 10**12), (ETH, 300 * ETHER))
    story.pay("2024-01-01T02:00:00Z", seed, address("payee"), 100 * ETHER)
    graph = build_graph(story.finish(), 60)
    (swap,) = graph.nodes[Place("holder", CHAIN, seed)].swaps
    assert (swap.given, swap.received, swap.grade) == ((USDC, 10**12), (ETH, 300 * ETHER), "asserted")
    assert drawn_totals(graph) == {Origin("theft", USDC): 10**12}


def traced(*rows: tuple[str, str, str, AssetId, int], seed: tuple[str, AssetId, int]) -> TraceResult:
    """Trace rows (event, payer, payee, asset, amount) in which a holder starts with what was stolen."""
    names = [row[0] or f"e{i}" for i, row in enumerate(rows)]
    moves = tuple(
        Transfer(
            i + 1, CHAIN, names.index(names[i]), None, None, names[i], "", address(a), address(b), asset, n, names[i]
        )
        for i, (_, a, b, asset, n) in enumerate(rows)
    )
    seeds = (Seed("holder", address(seed[0]), CHAIN, seed[1], seed[2], "theft"),)
    return trace(CaseData("table", "A table", moves, seeds, LabelIndex((), "2026-01-01")), Options())


def test_a_swap_through_a_pool_leaves_no_pool_in_the_picture() -> None:
    result = traced(
        ("swap", "pool", "seed", ETH, 300),
        ("swap", "seed", "pool", USDC, 900),
        ("", "seed", "payee", ETH, 300),
        seed=("seed", USDC, 900),
    )
    arcs, swaps = read_arcs(result)
    assert [(s.place.name, s.given, s.received) for s in swaps] == [(address("seed"), (USDC, 900), (ETH, 300))]
    assert [(a.src.role, a.dst.name) for a in arcs] == [("theft", address("seed")), ("holder", address("payee"))]


def test_a_swap_paid_out_to_another_is_one_edge_that_names_both_assets() -> None:
    result = traced(("swap", "seed", "pool", USDC, 900), ("swap", "pool", "payee", ETH, 300), seed=("seed", USDC, 900))
    arcs, swaps = read_arcs(result)
    assert swaps == []
    assert [(a.src.name, a.dst.name, a.was, a.asset, a.tainted) for a in arcs[1:]] == [
        (address("seed"), address("payee"), USDC, ETH, 300)
    ]


def test_e1_a_bitcoin_trace_is_drawn_at_its_addresses_with_its_fees() -> None:
    btc = native_asset(BITCOIN)
    assert btc is not None
    owner = [base58check_encode(b"\0" + bytes([i]) * 20) for i in range(5)]
    told = [
        ("t1", "credit", f"{1:064x}:0", owner[0], 50),
        ("t2", "credit", f"{2:064x}:0", owner[1], 30),
        ("t3", "debit", f"{1:064x}:0", owner[0], 50),
        ("t3", "credit", f"{3:064x}:0", owner[2], 49),
        ("t4", "debit", f"{3:064x}:0", owner[2], 49),
        ("t4", "debit", f"{2:064x}:0", owner[1], 30),
        ("t4", "credit", f"{4:064x}:0", owner[3], 70),
        ("t4", "credit", f"{4:064x}:1", owner[4], 8),
    ]
    rows = tuple(
        LedgerLeg(i, event, side, holder, who, btc, n, BITCOIN, int(event[1:]), None, f"{int(event[1:]):064x}", "")
        for i, (event, side, holder, who, n) in enumerate(told, 1)
    )
    seeds = tuple(Seed("output", row.holder, BITCOIN, btc, row.amount, "theft") for row in rows[:2])
    result = trace(CaseData("table", "Bitcoin", rows, seeds, LabelIndex((), "2026-01-01")), Options())
    graph = build_graph(result, 60)
    ends = [(e.src.role, e.dst.role, graph.nodes[e.dst].members, e.tainted) for e in graph.edges]
    assert [(src, dst, members[0][1] if members else "", n) for src, dst, members, n in ends] == [
        ("theft", "holder", owner[0], 50),
        ("theft", "holder", owner[1], 30),
        ("holder", "holder", owner[2], 49),
        ("holder", "leaf", "", 1),
        ("holder", "event", "", 30),
        ("holder", "event", "", 49),
        ("event", "leaf", owner[3], 70),
        ("event", "leaf", owner[4], 8),
        ("event", "leaf", "", 1),
    ]
    assert drawn_totals(graph) == {Origin("theft", btc): 80}


def test_units_that_a_seed_starts_with_come_from_the_theft() -> None:
    result = traced(("", "seed", "payee", ETH, 60), seed=("seed", ETH, 100))
    arcs, _ = read_arcs(result)
    assert (arcs[0].src, arcs[0].dst.name, arcs[0].tainted) == (
        Place("theft", CHAIN.__class__(""), "theft"),
        address("seed"),
        100,
    )
    assert drawn_totals(build_graph(result, 60)) == {ORIGIN: 100}


def test_the_edge_that_closes_a_cycle_is_the_latest() -> None:
    assert back_edges(3, [(0, 1), (1, 2), (2, 0), (0, 2), (2, 1)]) == {2, 4}
    assert longest_path(4, [(0, 1), (1, 2), (0, 2), (2, 3)]) == [0, 1, 2, 3]


def test_layout_boxes_do_not_overlap(result: TraceResult) -> None:
    graph = build_graph(result, 60)
    index = {place: i for i, place in enumerate(graph.nodes)}
    ends = [(index[edge.src], index[edge.dst]) for edge in graph.edges]
    layout = lay_out([(120.0, 50.0)] * len(index), ends, [90.0] * len(ends))
    for i, a in enumerate(layout.boxes):
        for b in layout.boxes[i + 1 :]:
            if a.layer == b.layer:
                assert abs(a.y - b.y) >= (a.height + b.height) / 2
            else:
                assert (a.x + a.width <= b.x) == (a.layer < b.layer)
