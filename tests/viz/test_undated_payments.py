"""The dates of a few payments never stand for those of many that have none."""

from __future__ import annotations

import re

import tracer


def test_f14_a_drawing_says_how_many_payments_have_no_time() -> None:
    svg = tracer.open_case("nomad-2022").trace().draw().svg
    undated = int(
        re.findall(r"UTC(?:, the theft itself without a date)?, ([\d,]+) of them without a time", svg)[0].replace(
            ",", ""
        )
    )
    trace = tracer.open_case("nomad-2022").trace().movements()
    assert undated == int(trace["time"].isna().sum()) > 1_000
    assert "without a time" not in tracer.open_case("ronin-2022").trace().draw().svg
