"""The sankey and the timeline: shares per theft, lanes, empty traces, too many venues."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import drawn_cases
from drawn_cases import ETHER, Story, address

from tracer.trace.result import TraceResult
from tracer.viz import sankey_svg, timeline_svg
from tracer.viz.sankey import _COLUMNS, _TALL
from tracer.viz.timeline import _lanes

SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(document).iter(f"{SVG}text")]


def test_the_bars_of_a_column_are_as_high_as_the_theft() -> None:
    document = sankey_svg(drawn_cases.small())
    heights: dict[float, float] = {}
    for bar in ET.fromstring(document).iter(f"{SVG}rect"):
        if bar.get("width") == "18":
            heights[float(bar.attrib["x"])] = heights.get(float(bar.attrib["x"]), 0) + float(bar.attrib["height"])
    assert len(heights) == len(_COLUMNS)
    assert all(abs(height - _TALL) < 0.5 for height in heights.values())


def test_each_stolen_asset_has_a_panel_of_its_own() -> None:
    assert texts(sankey_svg(drawn_cases.crossing())).count("Kind of exit") == 3


def many_venues() -> TraceResult:
    story = Story("many venues")
    seed = address("seed")
    story.steal("2024-01-01T00:00:00Z", address("victim"), seed, drawn_cases.ETH, 1000 * ETHER)
    for i in range(40):
        who = address(f"venue {i}")
        story.label(who, f"Venue {i}", "exchange", f"Venue {i}")
        story.stop(who, "service")
        story.pay(f"2024-01-02T00:{i:02d}:00Z", seed, who, (i + 1) * ETHER)
    return story.finish()


def test_venues_beyond_the_largest_are_one_bar_with_their_sum() -> None:
    shown = texts(sankey_svg(many_venues()))
    assert shown.count("smaller venues") == 1
    rest = [text for text in shown if "28 addresses" in text]
    assert rest == ["40.6 % · 406 ETH · 28 addresses"]


def test_lanes_hold_every_receipt_and_the_sum_of_what_ended() -> None:
    lanes = _lanes(drawn_cases.small())
    assert [(lane.kind, lane.name, lane.detail, lane.total, len(lane.points)) for lane in lanes] == [
        ("theft", "Theft", "", "100 ETH", 1),
        ("at_rest", "no label", "at rest · 3 addresses", "9 ETH", 4),
        ("exchange", "Example Exchange", "service · 1 address", "55 ETH", 3),
        ("mixer", "Example Mixer", "mixer · 1 address", "12 ETH", 1),
        ("bridge", "Example Bridge", "bridge · 1 address", "≈ 24 ETH", 1),
    ]


def test_lanes_beyond_the_largest_are_one_lane_with_their_sum() -> None:
    lanes = _lanes(many_venues())
    assert len(lanes) == 19
    assert (lanes[-1].name, lanes[-1].total) == ("24 smaller lanes", "300 ETH")


def test_receipts_without_a_time_are_counted() -> None:
    result = drawn_cases.small()
    exits = tuple(replace(leaf, arrivals=tuple(replace(a, time=None) for a in leaf.arrivals)) for leaf in result.exits)
    movements = tuple(replace(row, time=None) for row in result.movements)
    undated = replace(result, exits=exits, movements=movements)
    assert [lane.detail for lane in _lanes(undated) if lane.kind == "exchange"] == [
        "service · 1 address · 3 without time"
    ]
    ET.fromstring(timeline_svg(undated))


def test_an_empty_trace_is_a_picture_that_says_so() -> None:
    empty = drawn_cases.empty()
    assert "Nothing stolen was found in this trace." in texts(sankey_svg(empty))
    assert _lanes(empty) == []
    assert ET.fromstring(timeline_svg(empty)).tag == f"{SVG}svg"


def test_the_timeline_uses_no_font_of_the_machine_and_no_date_of_today() -> None:
    document = timeline_svg(drawn_cases.hostile())
    assert "<text" not in document
    assert "<dc:date>" not in document
