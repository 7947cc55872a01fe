"""A comparison as table, text and columns of the other tables: what agrees, where rules part, what any rule can say."""

from __future__ import annotations

import csv
import io

import pytest
from vectors import CHAIN, HAND_ROWS, HAND_SEED, UNIT, label, transfers

import tracer
from tracer.analysis.paths import paths_to
from tracer.model import Seed
from tracer.registry import LabelIndex
from tracer.report.paths import Path
from tracer.report.policy_narrative import Comparison
from tracer.report.policy_table import NOT_TOGETHER, compare_csv, compare_rows
from tracer.report.text import compare_text
from tracer.trace import POLICIES, CaseData, Options, PreparedCase, prepare, run
from tracer.trace.intervals import intervals_of

LABELS = (label("X", "exchange", entity="venue X"), label("Y", "exchange", entity="venue Y"))


def hand(*, complete: bool = True) -> PreparedCase:
    inputs = CaseData("hand", "", HAND_ROWS, (HAND_SEED,), LabelIndex(LABELS, ""), complete=complete)
    return prepare(inputs, Options())


def compared(prepared: PreparedCase) -> Comparison:
    results = {policy: run(prepared, policy, movements=False) for policy in POLICIES}
    return Comparison(prepared, results, intervals_of(prepared))


def test_the_hand_ledger_is_told_with_the_hub_where_clean_money_entered() -> None:
    text = compared(hand()).text()
    agreed, _, rest = text.partition("Where they differ:")
    assert "What all 6 rules agree on:" in agreed
    assert "venue X (exchange), of o1 (unit): at least 10 unit" in agreed
    assert "venue X (exchange), of o1 (unit): 10 unit (lifo, clean_first), 30 unit (haircut), " in rest
    assert "any rule: 10 unit to 50 unit (at least the lower figure under every rule)" in rest
    assert "Why: rules part first at [1]." in rest
    assert "[1] A held 60 unit of o1 (unit) and 40 unit of clean money when it paid on at 1970-01-01T00:00:20Z" in rest
    assert "that had come from C (40 unit)." in rest
    assert NOT_TOGETHER in rest


def test_figures_equal_under_every_rule_are_told_first_and_no_reason_is_made_up() -> None:
    rows = transfers(("V", "H", 100, 1, "t"), ("H", "X", 60, 2), ("H", "Y", 40, 3))
    inputs = CaseData("c", "", rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), LabelIndex(LABELS, ""), complete=True)
    text = compared(prepare(inputs, Options())).text()
    assert "venue X (exchange), of o1 (unit): 60 unit; no rule can say anything else (forced" in text
    assert "Where they differ:\n- nowhere" in text
    assert "Why" not in text


def test_two_thefts_that_mix_are_told_together_too() -> None:
    rows = transfers(("V1", "H", 60, 1, "a"), ("V2", "H", 40, 2, "b"), ("H", "X", 50, 3), ("H", "Y", 50, 4))
    seeds = (Seed("tx", "a", CHAIN, UNIT, None, "o1"), Seed("tx", "b", CHAIN, UNIT, None, "o2"))
    inputs = CaseData("c", "", rows, seeds, LabelIndex(LABELS, ""), complete=True)
    text = compared(prepare(inputs, Options())).text()
    assert "venue X (exchange), all thefts together: 50 unit; no rule can say anything else" in text
    assert "of other money (of it clean 0 unit, the rest of other thefts)" in text


def test_compare_csv_has_min_max_and_certainty_with_intervals_and_empty_cells_without() -> None:
    one = compared(hand())
    rows = list(csv.DictReader(io.StringIO(compare_csv(one.results, one.intervals))))
    first = next(row for row in rows if row["entity"] == "venue X")
    assert (first["min"], first["max"], first["certainty"]) == ("10", "50", "PARTIAL")
    assert all(int(row["min"]) <= int(row[policy]) <= int(row["max"]) for row in rows for policy in POLICIES)
    bare = list(csv.DictReader(io.StringIO(compare_csv(one.results))))
    assert {(row["min"], row["max"], row["certainty"]) for row in bare} == {("", "", "")}


def test_an_entity_that_only_some_other_rule_can_pay_is_a_row_of_zeros() -> None:
    rows = transfers(
        ("C", "H", 10, 1),
        ("V", "H", 10, 2, "t"),
        ("D", "H", 10, 3),
        ("H", "X", 10, 4),
        ("H", "Y", 10, 5),
        ("H", "Z", 10, 6),
    )
    inputs = CaseData("c", "", rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), LabelIndex(LABELS, ""))
    one = compared(prepare(inputs, Options()))
    found = {row.entity: row for row in compare_rows(one.results, one.intervals)}
    assert found["venue X"].range is not None
    assert (found["venue X"].range.min, found["venue X"].range.max) == (0, 10)


def test_the_terminal_table_shows_bounds_only_where_they_were_computed() -> None:
    one = compared(hand(complete=False))
    assert "CONDITIONAL" in compare_text(one.results, one.intervals)
    assert "certainty" not in compare_text(one.results)


def test_a_trace_with_bounds_fills_its_tables_report_card_and_list() -> None:
    case = tracer.open_case("ronin-2022")
    bare, full = case.trace(), case.trace(bounds=True)
    for table in (full.exits(), full.cashouts()):
        assert all(
            low <= here <= high for low, here, high in zip(table["min"], table["tainted"], table["max"], strict=True)
        )
        assert set(table["certainty"]) <= {"CONDITIONAL", "POSSIBLE"}
        assert all(
            (kind == "CONDITIONAL") == (n > 0) for kind, n in zip(table["certainty"], table["depends_on"], strict=True)
        )
    assert set(bare.exits()["certainty"]) == {""}
    assert "Any rule" in repr(full)
    assert "Any rule" not in repr(bare)
    assert len(repr(full).splitlines()) <= 30
    assert "any rule: " in full._report_html()
    assert "any rule: " not in bare._report_html()
    assert full.summary()["bounds"]["depends_on"]
    assert "bounds" not in bare.summary()
    for entry in full.flags().entries:
        assert entry.certainty in ("", "CONDITIONAL", "POSSIBLE", "FORCED", "PARTIAL", "NONE")
        if entry.min is not None:
            assert entry.min <= (entry.tainted or 0) <= (entry.max or 0)
        assert entry.tier in ("T1", "T3")
    assert bare.flags() == full.flags()


def test_the_same_trace_with_bounds_gives_the_same_bytes() -> None:
    case = tracer.open_case("ronin-2022")
    one, two = (case.trace(bounds=True) for _ in range(2))
    mine, theirs = one._files(), two._files()
    assert (mine.tables(), mine.pictures(), mine.touched()) == (theirs.tables(), theirs.pictures(), theirs.touched())


def test_a_near_address_with_a_certain_amount_is_listed_as_direct() -> None:
    from tracer.flags import build
    from tracer.trace.intervals import received_ranges

    rows = transfers(("V", "H", 100, 1, "t"), ("H", "A", 60, 2, "u"), ("H", "B", 40, 3, "v"), ("C", "B", 900, 4))
    inputs = CaseData("c", "", rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), LabelIndex((), ""), complete=True)
    prepared = prepare(inputs, Options())
    ranges = received_ranges(prepared, [(CHAIN, who, UNIT) for who in "HAB"])
    listed = build(run(prepared, "fifo"), as_of="2026-01-01", prices=None, received=ranges)
    assert {
        entry.address: (entry.tier, entry.passed_min, entry.passed_max, entry.passed_certainty)
        for entry in listed.entries
    } == {
        "A": ("T2", 60, 60, "FORCED"),
        "B": ("T3", 40, 40, "FORCED"),
        "H": ("T2", 100, 100, "FORCED"),
    }
    without = build(run(prepared, "fifo"), as_of="2026-01-01", prices=None)
    assert {entry.tier for entry in without.entries} == {"T3"}


def test_a_path_is_told_in_numbered_steps_and_the_rest_is_one_line_with_its_amount() -> None:
    rows = transfers(
        ("V", "H", 100, 1, "t"),
        ("C", "H", 50, 2),
        *((("H", "A", 30, 3)), ("H", "A", 20, 4), ("H", "A", 10, 5), ("A", "X", 60, 6)),
    )
    inputs = CaseData("c", "", rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), LabelIndex(LABELS, ""))
    prepared = prepare(inputs, Options())
    path = Path(paths_to(prepared, "fifo", ["X"]), run(prepared, "fifo"))
    text = path.explain(limit=1)
    assert text.startswith("venue X X received 60 unit of o1 under fifo, by 3 ways.")
    assert "  1. 1970-01-01T00:00:01Z: theft: 100 unit went from V to H, of it this way 30 unit. Transaction t" in text
    assert "Before it, the payer held 100 unit of this theft and 50 unit of other money, mixed in" in text
    assert "that had come from C (50 unit)" in text
    assert "2 more ways: 30 unit of o1 together." in text
    assert path.ways()["amount"].sum() == 60
    assert list(path.steps()["step"]) == [1, 2, 3] * 3
    assert text in path.explain(limit=1)._repr_html_().replace("&gt;", ">").replace("&#x27;", "'")


def test_a_path_escapes_hostile_names_and_says_when_nothing_came() -> None:
    rows = transfers(("V", "H", 10, 1, "t"), ("H", "X", 10, 2), ("C", "Y", 1, 3))
    labels = (label("X", "exchange", entity="<script>alert(1)</script>"),)
    inputs = CaseData("c", "", rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), LabelIndex(labels, ""))
    prepared = prepare(inputs, Options())
    result = run(prepared, "haircut")
    page = Path(paths_to(prepared, "haircut", ["X"]), result)
    assert "<script" not in page._repr_html_()
    assert "<script" not in page.explain()._repr_html_()
    assert "one exact way to draw it" in page.explain()
    assert Path(paths_to(prepared, "fifo", ["Y"]), result).explain().startswith("No stolen units came to Y under fifo.")


def test_path_to_takes_any_form_of_an_address_and_refuses_nonsense() -> None:
    trace = tracer.open_case("ronin-2022").trace()
    lower = "0x77532dd2eb6e8eaf416f39c65f48cd2369782828"
    mixed = tracer.model.checksum_form(lower)
    assert trace.path_to(mixed).found == trace.path_to(lower).found
    assert trace.path_to([lower]).found.totals[0].amount == 3202329400000000000000
    with pytest.raises(tracer.TracerError):
        trace.path_to("nonsense")
    with pytest.raises(tracer.TracerError, match="in no row"):
        trace.path_to("0x" + "12" * 20)
