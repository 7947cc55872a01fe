"""The flow graph as a picture: deterministic, well formed, readable, harmless, and closed to the last unit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import drawn_cases
import pytest

from tracer.errors import AuditError
from tracer.trace.result import Audit, TraceResult
from tracer.viz import flow_svg, graphml, sankey_svg, timeline_svg
from tracer.viz.collapse import build_graph
from tracer.viz.text import width

SVG = "{http://www.w3.org/2000/svg}"
LINK = re.compile(r"#.*|https://etherscan\.io/(address/0x[0-9a-f]{40}|tx/0x[0-9a-f]{64})")
ROOT = Path(__file__).resolve().parents[2]
DRAWERS = {"flow": flow_svg, "sankey": sankey_svg, "timeline": timeline_svg, "graphml": graphml}
HASHES = """
import hashlib, sys
sys.path[:0] = sys.argv[1:3]
import drawn_cases
from tracer import viz
for name, result in drawn_cases.every_case():
    for drawer in ("flow_svg", "sankey_svg", "timeline_svg", "graphml"):
        print(name, drawer, hashlib.sha256(getattr(viz, drawer)(result).encode()).hexdigest())
"""


def boxes(document: str) -> list[tuple[str, float, float, float, float]]:
    """Return text, left, top, right and bottom of every text element."""
    found = []
    for text in ET.fromstring(document).iter(f"{SVG}text"):
        size, length = float(text.attrib["font-size"]), float(text.attrib["textLength"])
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = x - {"start": 0.0, "middle": length / 2, "end": length}[text.get("text-anchor", "start")]
        found.append((text.text or "", left, y - 0.76 * size, left + length, y + 0.24 * size))
    return found


def overlaps(document: str) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes share area."""
    found = boxes(document)
    return [
        (a[0], b[0])
        for i, a in enumerate(found)
        for b in found[i + 1 :]
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]


@pytest.mark.parametrize("drawer", ["flow", "sankey"])
def test_no_text_overlaps_another_or_leaves_the_canvas(result: TraceResult, drawer: str) -> None:
    document = DRAWERS[drawer](result)
    root = ET.fromstring(document)
    right, bottom = float(root.attrib["width"]), float(root.attrib["height"])
    assert overlaps(document) == []
    assert [t for t, x1, y1, x2, y2 in boxes(document) if x1 < 0 or y1 < 0 or x2 > right or y2 > bottom] == []


def test_the_overlap_check_sees_an_overlap() -> None:
    document = flow_svg(drawn_cases.small())
    moved = re.sub(r'(<text x=")[^"]+(" y=")[^"]+', r"\g<1>200\g<2>200", document)
    assert len(overlaps(moved)) > 10


def test_every_text_says_the_length_it_was_measured_at(result: TraceResult) -> None:
    for text in ET.fromstring(flow_svg(result)).iter(f"{SVG}text"):
        bold = text.get("font-weight") == "bold"
        need = width(text.text or "", float(text.attrib["font-size"]), bold=bold)
        assert abs(need - float(text.attrib["textLength"])) < 0.1


@pytest.mark.parametrize("drawer", list(DRAWERS))
def test_documents_are_well_formed_and_hold_nothing_active(result: TraceResult, drawer: str) -> None:
    document = DRAWERS[drawer](result)
    root = ET.fromstring(document)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not names & {"script", "foreignObject", "image", "iframe", "animate", "set"}
    assert [c for c in document if ord(c) < 0x20 and c != "\n"] == []
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", document)
    for element in root.iter():
        assert not any(name.lower().startswith("on") for name in element.attrib)
        links = [value for name, value in element.attrib.items() if name.rpartition("}")[2] == "href"]
        assert all(LINK.fullmatch(link) for link in links)


def test_j_what_stands_for_one_address_or_one_transaction_leads_to_its_page() -> None:
    victim, thief = drawn_cases.address("victim"), drawn_cases.address("thief")
    story = drawn_cases.Story("one payment")
    story.steal("2025-03-01T00:00:00Z", victim, thief, drawn_cases.ETH, 5 * drawn_cases.ETHER)
    drawn = flow_svg(story.finish())
    pages = {link.attrib["href"]: link.attrib for link in ET.fromstring(drawn).iter(f"{SVG}a")}
    assert f"https://etherscan.io/address/{thief}" in pages
    assert all(attrs["rel"] == "noreferrer noopener" for attrs in pages.values())


def test_hostile_text_is_shown_as_text() -> None:
    document = flow_svg(drawn_cases.hostile())
    assert "<script" not in document
    assert "]]>" not in document
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;]]&gt;" in document
    titles = [t.text or "" for t in ET.fromstring(document).iter(f"{SVG}title")]
    assert any('<script>alert("1")</script>]]>' in title for title in titles)


def test_pictures_are_the_same_bytes_in_two_processes_with_different_hash_seeds() -> None:
    outputs = []
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", HASHES, str(ROOT), str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "2" else "UTC"},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(run.stdout)
    assert outputs[0] == outputs[1]
    assert outputs[0].count("\n") == 4 * len(list(drawn_cases.every_case()))


def test_importing_the_room_loads_neither_matplotlib_nor_networkx() -> None:
    code = "import sys, tracer.viz; print({'matplotlib', 'networkx', 'pandas', 'numpy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_look_alike_addresses_never_show_the_same_short_form() -> None:
    shown = [text for text, *_ in boxes(flow_svg(drawn_cases.hostile())) if text.startswith("0xabcd")]
    assert shown == ["0xabcd11…11beef", "0xabcd22…22beef", "0xabcd11…12beef"]


def test_every_full_address_stands_in_a_title() -> None:
    result = drawn_cases.small()
    titles = "\n".join(t.text or "" for t in ET.fromstring(flow_svg(result)).iter(f"{SVG}title"))
    assert [a for chain, a in result.holders if f"{chain}:{a}" not in titles] == []
    assert "12.000000000123456789 ETH" in titles


def test_only_inferred_and_asserted_edges_are_dashed() -> None:
    result = drawn_cases.small()
    graph = build_graph(result, 60)
    assert [edge.dashed for edge in graph.edges] == [False, False, False, True, False, False, False, False, False]
    assert {arc.grade for edge in graph.edges if edge.dashed for arc in edge.arcs} == {"inferred"}
    drawn = [p for p in ET.fromstring(flow_svg(result)).iter(f"{SVG}path") if p.get("class") == "flow"]
    assert [p.get("stroke-dasharray") is not None for p in drawn].count(True) == 1
    assert len(drawn) == len(graph.edges)


def test_amounts_that_rest_on_rounded_rows_are_marked() -> None:
    shown = [text for text, *_ in boxes(flow_svg(drawn_cases.small()))]
    assert [text for text in shown if text.startswith("≈ 24 ETH")] == ["≈ 24 ETH", "≈ 24 ETH"]
    assert "≈ rests on an amount that its source rounded" in shown


def test_a_trace_whose_exits_do_not_sum_to_what_was_stolen_is_not_drawn() -> None:
    result = drawn_cases.small()
    short = replace(result, exits=result.exits[1:])
    for drawer in (flow_svg, sankey_svg):
        with pytest.raises(AuditError):
            drawer(short)


def test_a_trace_with_an_open_audit_says_so_in_the_picture() -> None:
    result = drawn_cases.small()
    (origin,) = result.stolen
    opened = replace(
        result, stolen={origin: result.stolen[origin] + 5}, audit=Audit(closed=False, difference={origin: 5})
    )
    for drawer in (flow_svg, sankey_svg):
        assert "This trace does not close" in drawer(opened)
