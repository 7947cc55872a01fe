"""Frames hold what the files hold, with exact integers and UTC times, whatever the version of pandas."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
from results_for_report import E18, Closes, small_result

from tracer.report.frames import cashouts_frame, compare_frame, exits_frame, movements_frame
from tracer.report.tables import cashouts_csv, exits_csv, movements_csv
from tracer.trace.options import POLICIES


def test_the_columns_are_those_of_the_files() -> None:
    result, prices = small_result(), Closes()
    assert list(exits_frame(result, prices)) == exits_csv(result, prices).split("\n")[0].split(",")
    columns = [*cashouts_csv(result, prices).split("\n")[0].split(","), "ends_as", "named_by"]
    assert list(cashouts_frame(result, prices)) == columns
    assert list(movements_frame(result)) == movements_csv(result).split("\n")[0].split(",")


def test_amounts_are_python_integers_and_sums_are_exact() -> None:
    frame = exits_frame(small_result(), Closes())
    assert {type(value) for value in frame["tainted"]} == {int}
    assert frame["tainted"].sum() == 100 * E18 + 50_000_000
    assert frame["usd_at_time"].iloc[0] == Decimal("50.00")
    assert exits_frame(small_result(), None)["usd_at_time"].tolist() == [None] * 6
    assert {name: value for name, value in frame.attrs.items() if name != "shown"} == {
        "case": "demo",
        "policy": "fifo",
        "labels_as_of": "2026-11-01",
    }


def test_times_are_utc_and_unknown_is_not_a_number() -> None:
    frame = movements_frame(small_result(), touched=True)
    assert str(frame["time"].dtype) == "datetime64[s, UTC]"
    assert frame["time"].iloc[0] == datetime(2025, 3, 1, 12, tzinfo=UTC)
    assert pd.isna(frame["time"].iloc[3])
    assert frame["block"].tolist()[:2] == [101, 102]
    assert pd.isna(frame["block"].iloc[2])
    assert pd.isna(frame["hop"].iloc[3])
    assert frame["amount"].tolist() == [100 * E18, 15 * E18, 25 * E18, 7]


def test_a_trace_without_exits_gives_empty_frames_with_their_columns() -> None:
    from dataclasses import replace

    empty = replace(small_result(), exits=(), movements=())
    for frame in (exits_frame(empty, None), cashouts_frame(empty, None), movements_frame(empty)):
        assert len(frame) == 0
        assert len(frame.columns) > 15


def test_the_policies_stand_side_by_side() -> None:
    frame = compare_frame(dict.fromkeys(POLICIES, small_result()))
    assert frame.loc[0, ["entity", *POLICIES]].tolist() == ["Example Exchange", *[40 * E18] * 6]
