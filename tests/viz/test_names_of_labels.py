"""What a drawing calls an address: never by the id of its case, which would read as if the money lay there."""

from __future__ import annotations

import re

import tracer
from tracer.registry import load_incident
from tracer.viz.model import name_of


def test_f21_no_place_in_a_drawing_is_called_by_the_case() -> None:
    trace = tracer.open_case("bybit-2025").trace()
    for drawing in (trace.draw(), trace.sankey(), trace.timeline()):
        assert not re.search(r"<text[^>]*>\s*bybit-2025\s*</text>", drawing.svg)
    assert "Bybit theft: first receiver" in trace.draw().svg
    named = {label.label: name_of(label) for label in load_incident("bybit-2025").labels}
    assert named["bybit-2025"].endswith("address of the theft")
    assert named["TraderTraitor (Bybit)"] == "TraderTraitor (Bybit)"
