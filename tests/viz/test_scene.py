"""The scene between layout and drawing: what a picture shows, where, with ids that name things and not places."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import drawn_cases
import pytest

from tracer.api import open_case
from tracer.model import caip10
from tracer.trace.result import TraceResult
from tracer.viz import flow_scene, flow_svg
from tracer.viz.text import escape

ROOT = Path(__file__).resolve().parents[2]
IDS = """
import sys
sys.path[:0] = sys.argv[1:3]
import drawn_cases
from tracer.viz import flow_scene
for name, result in drawn_cases.every_case():
    scene = flow_scene(result)
    print(name, [node.id for node in scene.nodes], [edge.id for edge in scene.edges])
"""


def test_every_id_is_of_one_thing_and_edges_join_nodes(result: TraceResult) -> None:
    scene = flow_scene(result)
    nodes = {node.id for node in scene.nodes}
    assert len(nodes) == len(scene.nodes)
    assert len({edge.id for edge in scene.edges}) == len(scene.edges)
    assert all({edge.source, edge.target} <= nodes for edge in scene.edges)


def test_the_id_of_an_address_is_its_account() -> None:
    result = open_case("ronin-2022", offline=True).trace().result
    for node in flow_scene(result).nodes:
        if node.role == "holder":
            assert (node.id,) == node.members
    assert caip10(*next(iter(result.holders))) in {node.id for node in flow_scene(result).nodes}


def test_ids_stay_when_more_is_folded_or_another_rule_is_chosen() -> None:
    case = open_case("training", offline=True)
    fifo, haircut = (case.trace(policy=policy).result for policy in ("fifo", "haircut"))
    wide, narrow = flow_scene(fifo), flow_scene(fifo, max_edges=8)
    assert len(narrow.nodes) < len(wide.nodes)
    whole = {node.id: node.members for node in wide.nodes}
    kept = [node for node in narrow.nodes if node.id in whole]
    assert kept
    assert all(whole[node.id] == node.members for node in kept if node.role == "holder")
    other = {node.id: node.members for node in flow_scene(haircut).nodes}
    both = {name for name in whole if name in other}
    assert {name for name, members in whole.items() if name.startswith("eip155:")} <= both
    assert all(whole[name] == other[name] for name in both)


def test_ids_are_the_same_in_another_process() -> None:
    here = "".join(
        f"{name} {[node.id for node in scene.nodes]} {[edge.id for edge in scene.edges]}\n"
        for name, scene in ((name, flow_scene(result)) for name, result in drawn_cases.every_case())
    )
    where = [str(ROOT), str(ROOT / "tests" / "viz")]
    ran = subprocess.run(
        [sys.executable, "-c", IDS, *where],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert ran.stdout == here


def test_the_picture_shows_the_scene_and_nothing_else(result: TraceResult) -> None:
    scene, document = flow_scene(result), flow_svg(result)
    for node in scene.nodes:
        assert all(f">{escape(text)}</text>" in document for text, _ in node.lines)
        assert f"<title>{escape(node.title)}</title>" in document
    for edge in scene.edges:
        assert f">{escape(edge.amount)}</text>" in document
    assert document.count('class="flow"') == len(scene.edges)


def test_nodes_lie_inside_the_scene_and_never_on_each_other(result: TraceResult) -> None:
    scene = flow_scene(result)
    for place, one in enumerate(scene.nodes):
        assert one.x >= -0.01
        assert one.x + one.width <= scene.width + 0.01
        assert one.y >= -0.01
        assert one.y + one.height <= scene.height + 0.01
        for other in scene.nodes[place + 1 :]:
            apart_x = one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
            apart_y = one.y + one.height <= other.y + 0.01 or other.y + other.height <= one.y + 0.01
            assert apart_x or apart_y


def test_every_movement_of_stolen_units_is_on_an_edge() -> None:
    result = open_case("ronin-2022", offline=True).trace().result
    drawn = {row for edge in flow_scene(result).edges for row in edge.movements}
    known = {row.seq for row in result.movements}
    assert drawn <= known
    assert drawn


def test_a_scene_is_plain_json(result: TraceResult) -> None:
    scene = flow_scene(result)
    record = json.loads(json.dumps(scene.record(), allow_nan=False))
    assert [node["id"] for node in record["nodes"]] == [node.id for node in scene.nodes]
    assert [edge["number"] for edge in record["edges"]] == list(range(1, len(scene.edges) + 1))


@pytest.mark.parametrize("max_edges", [0, 5, 60])
def test_a_scene_is_the_same_each_time(max_edges: int) -> None:
    _, result = next(iter(drawn_cases.every_case()))
    assert flow_scene(result, max_edges=max_edges) == flow_scene(result, max_edges=max_edges)
