"""Sensitivity: leaving out a label, a stop or a link moves exactly the figures that rest on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from random_ledgers import World, worlds
from vectors import CHAIN, UNIT, label, transfer, transfers

import tracer
from tracer.analysis.leave_one_out import Moved, figures_of, sensitivity
from tracer.model import Label, Seed, Transfer, parse_time
from tracer.registry import LabelIndex
from tracer.report.sensitivity import sensitivity_frame
from tracer.trace import CaseData, Options, PreparedCase, prepare, run
from tracer.trace.pipeline import prepare_again

SEED = Seed("tx", "t", CHAIN, UNIT, None, "o1")
ROWS = transfers(("V", "H", 100, 1, "t"), ("H", "E", 60, 2), ("E", "Z", 60, 3), ("H", "F", 40, 4))


def case(rows: Sequence[Transfer], labels: Sequence[Label], **options: object) -> PreparedCase:
    inputs = CaseData("c", "", tuple(rows), (SEED,), LabelIndex(labels, ""))
    return prepare(inputs, Options(**options))  # type: ignore[arg-type]


def found(prepared: PreparedCase) -> tuple[Moved, ...]:
    return sensitivity(prepared, run(prepared, "fifo"))


def told(moved: tuple[Moved, ...], kind: str) -> dict[tuple[str, str], tuple[int, int]]:
    return {(one.dropped.what, one.figure.name): (one.before, one.after) for one in moved if one.dropped.kind == kind}


def test_a_label_that_stops_is_left_out_and_the_money_goes_on() -> None:
    moved = found(case(ROWS, (label("E", "exchange", entity="venue", rank="A5"), label("Q", "exchange"))))
    assert told(moved, "label") == {
        ("E: exchange", "venue"): (60, 0),
        ("E: exchange", "service"): (60, 0),
        ("E: exchange", "unlabelled, at rest"): (40, 100),
        ("E: exchange", "at_rest"): (40, 100),
    }
    one = next(one for one in moved if one.figure.name == "venue")
    assert one.dropped.statement == "p (A5): exchange, exchange"
    assert one.dropped.source_url == "https://example.org"
    assert [(m.sender, m.recipient) for m in one.movements] == [("E", "Z")]
    assert one.rerouted


def test_a_government_label_stays_but_its_category_is_tried() -> None:
    moved = found(case(ROWS, (label("E", "exchange", entity="venue", rank="A1"),)))
    assert told(moved, "label") == {}
    assert told(moved, "stop")["exchange", "venue"] == (60, 0)


def test_a_label_that_two_publishers_give_decides_nothing_alone() -> None:
    twice = tuple(label("E", "exchange", entity="venue", publisher=who) for who in ("p", "q"))
    moved = found(case(ROWS, twice))
    assert told(moved, "label") == {}
    assert ("exchange", "service") in told(moved, "stop")


def test_a_label_that_only_names_shows_the_receipts_it_names() -> None:
    moved = found(case(ROWS, (label("F", "intermediate", entity="depositor"),)))
    one = next(one for one in moved if one.figure.name == "depositor")
    assert (one.before, one.after, one.rerouted) == (40, 0, False)
    assert [(m.sender, m.recipient) for m in one.movements] == [("H", "F")]


def daily(*rows: tuple[object, ...]) -> tuple[Transfer, ...]:
    """Return transfers whose block is their day of January 2024, from 0."""
    start = parse_time("2024-01-01")
    made = transfers(*rows)  # type: ignore[arg-type]
    return tuple(replace(row, block=row.time, time=start + (row.time or 0) * 86_400) for row in made)


def test_d2_a_label_has_the_movements_of_its_time_and_is_not_said_to_name_where_it_stops() -> None:
    rows = daily(("V", "H", 100, 0, "t"), ("H", "E", 30, 2), ("H", "E", 50, 6), ("H", "F", 20, 7))
    labels = (
        replace(label("E", "exchange", entity="Foo"), valid_until="2024-01-05"),
        replace(label("E", "mixer", entity="Bar"), valid_from="2024-01-05"),
        replace(label("F", "exchange", entity="Gone"), valid_until="2024-01-02"),
    )
    prepared = case(rows, labels)
    moved = found(prepared)
    told = {one.dropped.what: one for one in moved}
    assert set(told) == {"E: exchange", "E: mixer", "exchange", "mixer"}
    for name, amount in (("E: exchange", 30), ("E: mixer", 50), ("exchange", 30), ("mixer", 50)):
        assert [m.amount for m in told[name].movements] == [amount]
        assert (told[name].rerouted, told[name].stops) == (False, True)
    said = sensitivity_frame(prepared, run(prepared, "fifo"))["reveal"]
    assert said.str.contains("without it what 1 movement brought ends otherwise", regex=False).all()


def test_d2_a_label_that_begins_has_what_it_found() -> None:
    rows = daily(("V", "H", 100, 0, "t"), ("H", "E", 40, 2), ("H", "E", 60, 8))
    labels = (replace(label("E", "exchange", entity="Foo"), valid_from="2024-01-05"),)
    (one,) = [one for one in found(case(rows, labels)) if (one.dropped.kind, one.figure.name) == ("label", "Foo")]
    assert [m.amount for m in one.movements] == [40, 60]


def test_a_limit_and_a_link_are_left_out_too() -> None:
    rows = (
        *transfers(("V", "H", 100, 1, "t"), ("H", "B", 60, 2)),
        transfer(3, "B", "C", 60, 3, grade="identified", event="link", note="deposit 7", source_url="https://e.org"),
        transfer(4, "C", "D", 60, 4),
    )
    moved = found(case(rows, (label("D", "exchange", entity="venue"),), max_hops=5))
    assert told(moved, "link")["link", "venue"] == (60, 0)
    assert told(moved, "stop")["exchange", "service"] == (60, 0)
    assert next(one.dropped.statement for one in moved if one.dropped.kind == "link") == "identified: deposit 7"
    limited = found(case(rows, (), max_hops=1))
    assert told(limited, "stop")["max_hops", "max_hops"] == (60, 0)


def test_a_change_of_one_percent_is_not_told_and_more_is() -> None:
    rows = transfers(("V", "H", 1000, 1, "t"), ("H", "E", 10, 2), ("H", "F", 11, 3), ("H", "G", 979, 4))
    labels = (*(label(one, "exchange", entity="venue") for one in "EFG"),)
    moved = told(found(case(rows, labels)), "label")
    assert ("E: exchange", "venue") not in moved
    assert moved["F: exchange", "venue"] == (1000, 989)


@given(world=worlds())
def test_preparing_again_with_other_labels_is_preparing_anew(world: World) -> None:
    inputs = CaseData("w", "", world.rows, world.seeds, LabelIndex(world.labels, ""))
    bare = CaseData("w", "", world.rows, world.seeds, LabelIndex((), ""))
    again = prepare_again(prepare(inputs, Options()), bare.labels, Options())
    assert run(again, "fifo") == run(prepare(bare, Options()), "fifo")
    for one in world.labels:
        rest = LabelIndex((x for x in world.labels if x != one), "")
        assert inputs.labels.without(one).of(CHAIN, one.address) == rest.of(CHAIN, one.address)


def test_ronin_has_no_stops_and_every_name_that_matters_is_told() -> None:
    trace = tracer.open_case("ronin-2022").trace()
    table = trace.sensitivity()
    assert set(table["dropped"]) == {"label"}
    assert {type(value) for value in table["change"]} == {int}
    assert (table["after"] - table["before"] == table["change"]).all()
    assert table["reveal"].str.contains("https://", regex=False).all()
    assert figures_of(trace.result) == figures_of(run(trace._prepared, "fifo", movements=False))


@pytest.mark.parametrize("word", ["<script>", "=cmd"])
def test_hostile_labels_are_plain_text_in_a_reveal(word: str) -> None:
    prepared = case(ROWS, (label("E", "exchange", entity="venue", publisher=f"{word}\x1b[31m"),))
    frame = sensitivity_frame(prepared, run(prepared, "fifo"))
    assert not frame["reveal"].str.contains("\x1b", regex=False).any()
