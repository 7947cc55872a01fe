"""Labels in time: a holder is split where a label that absorbs begins or ends (METHODS 19.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from vectors import CHAIN, CONSERVING, UNIT, label, transfers

from tracer.attribution import LabelIndex
from tracer.model import Label, Origin, Seed, Transfer, parse_time
from tracer.trace import Inputs, Options, Prepared, Result, prepare, run
from tracer.trace.intervals import intervals_of, joint_ranges, places_of
from tracer.trace.segments import plain_of

DAY = 86_400
DAY0 = parse_time("2026-04-17")
THEFT = Seed("tx", "t0", CHAIN, UNIT, None, "o1")
KELP, BYBIT = (Seed("holder", who, CHAIN, UNIT, 10, name) for who, name in (("K", "kelp"), ("B", "bybit")))
POT = (("K", "P", 10, 1), ("B", "P", 10, 2), ("C", "P", 10, 3), ("P", "X", 10, 4))


def day(number: int) -> str:
    return f"2026-04-{17 + number:02d}"


def timed(*rows: tuple[object, ...], times: bool = True) -> tuple[Transfer, ...]:
    """Return transfers whose block is their day."""
    return tuple(
        replace(row, block=row.time, time=DAY0 + (row.time or 0) * DAY if times else None)
        for row in transfers(*rows)  # type: ignore[arg-type]
    )


def lasting(who: str, category: str, since: str = "", until: str = "", **more: object) -> Label:
    return replace(label(who, category), valid_from=since, valid_until=until, **more)  # type: ignore[arg-type]


def prepared(
    rows: tuple[Transfer, ...], labels: list[Label], *seeds: Seed, complete: bool = True, **options: object
) -> Prepared:
    inputs = Inputs("t", "", rows, seeds or (THEFT,), LabelIndex(labels, ""), complete=complete)
    return prepare(inputs, Options(**options))  # type: ignore[arg-type]


def ends(result: Result) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for leaf in result.exits:
        key = leaf.address, leaf.stop_reason
        found[key] = found.get(key, 0) + leaf.tainted
    assert result.audit.closed
    return found


def everywhere(one: Prepared) -> dict[str, dict[tuple[str, str], int]]:
    return {policy: ends(run(one, policy)) for policy in CONSERVING}


@pytest.mark.parametrize(("since", "reason"), [(day(5), "frozen"), ("2026-05-17", "at_rest")])
def test_d1_a_pot_paid_out_before_it_froze_holds_either_theft_or_none(since: str, reason: str) -> None:
    rows = timed(*POT, ("Y", "Z", 1, 9))
    one = prepared(rows, [lasting("P", "frozen", since)], KELP, BYBIT)
    ranges = intervals_of(one).by_address
    for name in ("kelp", "bybit"):
        found = ranges[CHAIN, "P", UNIT, Origin(name, UNIT)]
        assert (found.min, found.max, found.certainty) == (0, 10, "POSSIBLE")
    places = [place for place in places_of(one, *_party(one), UNIT) if place.address == "P"]
    both = joint_ranges(one, {"pot": places})["pot"]
    assert (both.min, both.max) == (10, 20)
    assert {place.stop_reason for place in places} == {reason}
    assert {reason for (who, reason) in ends(run(one, "lifo")) if who == "P"} == {reason}


def _party(one: Prepared) -> tuple[str, str]:
    held = one.holders[CHAIN, "P"].labels[0]
    return held.entity, held.category


def test_d1_what_is_there_when_a_label_begins_is_an_exit_dated_its_first_second() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 30, 3), ("E", "Y", 70, 6))
    one = prepared(rows, [lasting("E", "exchange", day(4))])
    for found in everywhere(one).values():
        assert found == {("X", "at_rest"): 30, ("E", "service"): 70}
    (leaf,) = [leaf for leaf in run(one, "fifo").exits if leaf.address == "E"]
    assert [(arrival.time, arrival.tx, arrival.tainted) for arrival in leaf.arrivals] == [(parse_time(day(4)), "", 70)]
    assert sum(leaf.by_grade.values()) == leaf.by_grade["recorded"]


def test_d2_an_exchange_that_closed_later_absorbs_and_its_balance_goes_on_clean() -> None:
    rows = timed(
        ("V", "A", 100, 1, "t0"),
        ("A", "E", 60, 2),
        ("E", "C", 10, 3),
        ("E", "D", 50, 6),
        ("A", "E", 40, 7),
        ("E", "F", 40, 8),
    )
    one = prepared(rows, [lasting("E", "exchange", "2020-01-01", day(5))])
    for policy, found in everywhere(one).items():
        assert found[("E", "service")] == 60
        assert "C" not in {who for who, _ in found}
        assert "D" not in {who for who, _ in found}
        assert found == {("E", "service"): 60, ("F", "at_rest"): 40}, policy


def test_d2_the_clean_balance_that_goes_on_is_the_oldest_lot() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("C", "E", 50, 2), ("A", "E", 40, 6), ("E", "F", 50, 7))
    one = prepared(rows, [lasting("E", "exchange", "", day(5))])
    found = everywhere(one)
    assert found["fifo"] == {("A", "at_rest"): 60, ("E", "at_rest"): 40}
    assert found["lifo"] == {("A", "at_rest"): 60, ("F", "at_rest"): 40}


def test_a_freeze_that_ends_inside_the_data_moves_nothing() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 60, 6))
    free = everywhere(prepared(rows, []))
    assert everywhere(prepared(rows, [lasting("E", "frozen", day(3), day(5))])) == free
    still = everywhere(prepared(rows[:2], [lasting("E", "frozen", day(2), "")]))
    assert still == {policy: {("E", "frozen"): 100} for policy in CONSERVING}


def test_a_freeze_of_one_asset_leaves_the_others_free() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("Y", "Z", 1, 9))
    frozen = lasting("E", "frozen", day(3), asset=UNIT)
    other = lasting("E", "frozen", day(3), asset="v")
    assert everywhere(prepared(rows, [frozen])) == {policy: {("E", "frozen"): 100} for policy in CONSERVING}
    assert everywhere(prepared(rows, [other])) == {policy: {("E", "at_rest"): 100} for policy in CONSERVING}
    assert everywhere(prepared(rows, [frozen], stop_at=("exchange",)))["fifo"] == {("E", "at_rest"): 100}


def test_the_printed_reason_goes_by_category_then_rank_then_the_later_beginning() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 5), ("Y", "Z", 1, 9))
    for labels, reason in (
        ([lasting("E", "mixer", rank="A1"), lasting("E", "exchange", day(2), rank="A5")], "service"),
        ([lasting("E", "exchange", rank="A1"), lasting("E", "frozen", day(2), rank="A5")], "frozen"),
        ([lasting("E", "burn"), lasting("E", "bridge")], "burned"),
        ([lasting("E", "exchange", day(1), day(2)), lasting("E", "bridge", day(3))], "bridge"),
    ):
        assert ends(run(prepared(rows, labels), "fifo")) == {("E", reason): 100}
    later = [lasting("E", "exchange", day(number), entity=f"since {number}") for number in (1, 3, 2)]
    assert prepared(rows, later).stops.split.states[CHAIN, "E"].label == later[0]
    assert prepared(rows, [replace(one, valid_from="") for one in later]).stops.why(CHAIN, "E")[0] == "service"


def test_without_times_a_label_holds_throughout_and_its_holder_is_undated() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 100, 3), times=False)
    one = prepared(rows, [lasting("E", "exchange", "2020-01-01", "2020-06-01")])
    assert ends(run(one, "fifo")) == {("E", "service"): 100}
    assert one.stops.undated == {(CHAIN, "E")}
    assert any("have no time (E)" in note for note in one.coverage.notes)
    assert not prepared(rows, [lasting("E", "exchange")]).stops.undated


def test_rows_keep_their_names_and_addresses_their_one_line() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 30, 3), ("X", "E", 30, 6), ("E", "Y", 30, 7))
    one = prepared(rows, [lasting("E", "exchange", day(4), day(5))])
    result = run(one, "fifo")
    assert {plain_of(m.sender) for m in result.movements} == {m.sender for m in result.movements}
    assert {who for _, who in result.holders} == {"A", "E", "X", "Y"}
    assert len(result.movements) == 5
    assert ends(result) == {("E", "service"): 70, ("E", "at_rest"): 30}


def test_a_label_that_begins_after_the_last_row_is_a_note_and_no_exit() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    one = prepared(rows, [lasting("E", "frozen", "2026-05-01")])
    assert ends(run(one, "fifo")) == {("E", "at_rest"): 100}
    assert any("only from 2026-05-01, after the last row" in note for note in one.coverage.notes)


def test_a_label_known_only_later_is_left_out_aloud() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    late = replace(label("E", "exchange"), known="2026-06-01")
    one = prepare(Inputs("t", "", rows, (THEFT,), LabelIndex([late], "2026-05-01")), Options())
    assert ends(run(one, "fifo")) == {("E", "at_rest"): 100}
    assert any("--as-of takes a later day" in note for note in one.coverage.notes)


def test_a5_a_theft_paid_to_a_service_is_said_aloud_and_by_whom() -> None:
    rows = timed(("V", "E", 100, 1, "t0"), ("E", "X", 100, 2))
    one = prepared(rows, [replace(label("E", "exchange"), publisher="Who says so")])
    (note,) = [note for note in one.coverage.notes if "is itself labelled" in note]
    assert "Who says so" in note
    assert "E" in note
    seeded = prepared(timed(*POT), [label("K", "exchange")], KELP, BYBIT)
    assert any("is itself labelled" in note for note in seeded.coverage.notes)


def test_leaving_a_label_out_again_starts_from_the_unsplit_rows() -> None:
    from tracer.trace.run import prepare_again

    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 30, 3), ("E", "Y", 70, 6))
    said = lasting("E", "exchange", day(4))
    split, free = prepared(rows, [said]), prepared(rows, [])
    again = prepare_again(split, split.inputs.labels.without(said), split.options)
    assert again.ledger.events == free.ledger.events
    assert everywhere(again) == everywhere(free)
    assert everywhere(prepare_again(free, split.inputs.labels, free.options)) == everywhere(split)
