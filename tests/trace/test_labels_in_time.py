"""Labels in time: a holder is split where a label that absorbs begins or ends (method lb-time)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from vectors import CHAIN, CONSERVING, UNIT, label, transfers

from tracer.model import (
    BITCOIN,
    CATEGORIES,
    AssetId,
    Label,
    LedgerLeg,
    Origin,
    Seed,
    Transfer,
    format_time,
    parse_time,
    plain_holder,
)
from tracer.registry import LabelIndex
from tracer.taint import reference_kernel
from tracer.trace import CaseData, Options, PreparedCase, TraceResult, prepare, run
from tracer.trace.intervals import ExitKey, intervals_of, joint_ranges, places_of

DAY = 86_400
DAY0 = parse_time("2026-04-17")
OTHER = AssetId("other")
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
) -> PreparedCase:
    inputs = CaseData("t", "", rows, seeds or (THEFT,), LabelIndex(labels, ""), complete=complete)
    return prepare(inputs, Options(**options))  # type: ignore[arg-type]


def ends(result: TraceResult) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for leaf in result.exits:
        key = leaf.address, leaf.stop_reason
        found[key] = found.get(key, 0) + leaf.tainted
    assert result.audit.closed
    return found


def everywhere(one: PreparedCase) -> dict[str, dict[tuple[str, str], int]]:
    return {policy: ends(run(one, policy)) for policy in CONSERVING}


@pytest.mark.parametrize(("since", "reason"), [(day(5), "frozen"), ("2026-05-17", "frozen")])
def test_d1_a_pot_paid_out_before_it_froze_holds_either_theft_or_none(since: str, reason: str) -> None:
    rows = timed(*POT, ("Y", "Z", 1, 9))
    one = prepared(rows, [lasting("P", "frozen", since)], KELP, BYBIT)
    ranges = intervals_of(one).by_address
    for name in ("kelp", "bybit"):
        found = ranges[ExitKey(CHAIN, "P", UNIT, reason, *_party(one)), Origin(name, UNIT)]
        assert (found.min, found.max, found.certainty) == (0, 10, "POSSIBLE")
    places = [place for place in places_of(one, *_party(one), UNIT) if place.address == "P"]
    both = joint_ranges(one, {"pot": places})["pot"]
    assert (both.min, both.max) == (10, 20)
    assert {place.stop_reason for place in places} == {reason}
    assert {reason for (who, reason) in ends(run(one, "lifo")) if who == "P"} == {reason}


def _party(one: PreparedCase) -> tuple[str, str]:
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
    assert prepared(rows, later).stops.split.states[CHAIN, "E"].label == later[1]
    assert prepared(rows, [replace(one, valid_from="") for one in later]).stops.why(CHAIN, "E")[0] == "service"


SERVICES = timed(("V", "A", 100, 1, "t0"), ("A", "E", 30, 3), ("A", "E", 70, 7))


def named(one: PreparedCase, policy: str = "fifo") -> dict[tuple[str, str, str], int]:
    """Return what ended at E by stop reason, entity and category."""
    return {
        (leaf.stop_reason, leaf.label.entity if leaf.label else "", leaf.label.category if leaf.label else ""): (
            leaf.tainted
        )
        for leaf in run(one, policy).exits
        if leaf.address == "E"
    }


@pytest.mark.parametrize(
    ("first", "second", "since", "reasons"),
    [
        ("exchange", "exchange", 5, ("service", "service")),
        ("mixer", "exchange", 5, ("mixer", "service")),
        ("exchange", "mixer", 5, ("service", "mixer")),
        ("exchange", "government", 5, ("service", "government")),
        ("exchange", "exchange", 4, ("service", "service")),
    ],
)
def test_d2_two_services_in_turn_at_one_address_are_two_exits(
    first: str, second: str, since: int, reasons: tuple[str, str]
) -> None:
    labels = [lasting("E", first, until=day(6), entity="Foo"), lasting("E", second, day(since), entity="Bar")]
    one = prepared(SERVICES, labels)
    reason = [CATEGORIES[category].stop_reason or "service" for category in (first, second)]
    for policy in CONSERVING:
        assert named(one, policy) == {(reason[0], "Foo", first): 30, (reason[1], "Bar", second): 70}
    found = intervals_of(one)
    assert {
        (party.entity, party.category): (held.min, held.max, held.certainty)
        for (party, _), held in found.by_party.items()
        if party.entity in ("Foo", "Bar")
    } == {("Foo", first): (30, 30, "FORCED"), ("Bar", second): (70, 70, "FORCED")}


def test_d2_what_came_before_a_label_began_is_not_what_its_service_received() -> None:
    rows = timed(
        *(("V", "A", 100, 1, "t0"), ("C", "E", 60, 2), ("E", "D", 40, 3), ("A", "E", 30, 4), ("A", "E", 10, 7)),
        ("C", "E", 7, 8),
    )
    (leaf,) = [
        leaf
        for leaf in run(prepared(rows, [lasting("E", "exchange", day(6), entity="Bar")]), "lifo").exits
        if leaf.address == "E"
    ]
    assert (leaf.tainted, leaf.received) == (40, 50 + 10 + 7)
    always = [leaf for leaf in run(prepared(rows, [lasting("E", "exchange")]), "lifo").exits if leaf.address == "E"]
    assert [leaf.received for leaf in always] == [None]


def test_d2_a_balance_that_stays_is_received_once() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 60, 3), ("A", "E", 40, 7), ("Y", "Z", 1, 30))
    twice = [lasting("E", "exchange", day(2), day(5), entity="Foo"), lasting("E", "exchange", day(9), entity="Foo")]
    (leaf,) = [leaf for leaf in run(prepared(rows, twice), "fifo").exits if leaf.address == "E"]
    assert (leaf.tainted, leaf.received) == (100, 100)
    turn = [lasting("E", "exchange", until=day(5), entity="Foo"), lasting("E", "mixer", day(5), entity="Bar")]
    found = {leaf.label.entity: leaf.received for leaf in run(prepared(rows, turn), "fifo").exits if leaf.label}
    assert found == {"Foo": 60, "Bar": 40}


@pytest.mark.parametrize(("paid", "received"), [(1, 170), (120, 150), (170, 100)])
def test_d2_a_service_that_came_back_received_what_came_while_it_was_away(paid: int, received: int) -> None:
    """Of what was there when it came back, at most what had come in between: the rest it had received before."""
    rows = timed(
        *(("V", "A", 100, 1, "t0"), ("A", "E", 60, 3), ("C", "E", 40, 3), ("A", "E", 40, 7), ("C", "E", 30, 7)),
        ("E", "D", paid, 8),
    )
    turn = [lasting("E", "exchange", until=day(5), entity="Foo"), lasting("E", "exchange", day(9), entity="Foo")]
    for policy in CONSERVING:
        (leaf,) = [leaf for leaf in run(prepared(rows, turn), policy).exits if leaf.address == "E"]
        assert leaf.received == received
        assert leaf.tainted <= received


def test_d1_a_freeze_of_one_asset_that_the_rows_contradict_leaves_the_others_certain() -> None:
    both = (("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    rows = (
        *timed(*both, ("E", "X", 30, 4)),
        *(replace(one, asset=OTHER, row=one.row + 10) for one in timed(*both)),
    )
    for labels, others in (
        ([lasting("E", "frozen", day(3), asset=UNIT)], "FORCED"),
        ([lasting("E", "frozen", day(3))], "CONDITIONAL"),
        ([lasting("E", "frozen", day(3), asset=UNIT), lasting("E", "frozen", day(1), asset=OTHER)], "FORCED"),
    ):
        one = prepared(rows, labels, replace(THEFT, asset=None))
        found = {(key.address, key.asset): held.certainty for (key, _), held in intervals_of(one).by_address.items()}
        assert found["E", UNIT] == "CONDITIONAL"
        assert found["E", OTHER] == others


def test_d1_a_freeze_of_one_asset_without_a_time_leaves_the_others_certain() -> None:
    both = (("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    rows = (
        *timed(*both, times=False),
        *(replace(one, asset=OTHER, row=one.row + 10) for one in timed(*both, times=False)),
    )
    one = prepared(rows, [lasting("E", "frozen", day(3), asset=UNIT)], replace(THEFT, asset=None))
    found = {(key.address, key.asset): held.certainty for (key, _), held in intervals_of(one).by_address.items()}
    assert (found["E", UNIT], found["E", OTHER]) == ("CONDITIONAL", "FORCED")


@pytest.mark.parametrize("asset", [None, UNIT])
def test_d1_what_was_destroyed_of_a_frozen_holding_is_burned_and_not_frozen(asset: AssetId | None) -> None:
    rows = (
        *timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("C", "E", 10, 2)),
        *(replace(one, kind="burn", recipient="", row=9) for one in timed(("E", "", 40, 5))),
    )
    one = prepared(rows, [lasting("E", "frozen", day(3), asset=asset, entity="Gov")])
    assert everywhere(one)["fifo"] == {("E", "frozen"): 60, ("", "burned"): 40}
    assert everywhere(one)["lifo"] == {("E", "frozen"): 70, ("", "burned"): 30}
    found = {key.stop_reason: held for (key, _), held in intervals_of(one).by_address.items()}
    assert (found["frozen"].min, found["frozen"].max, found["frozen"].certainty) == (60, 70, "PARTIAL")
    assert (found["burned"].min, found["burned"].max) == (30, 40)


def test_d2_what_ended_in_an_event_is_not_a_later_services() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 3), ("E", "X", 100, 5), ("Y", "Z", 1, 9))
    later = [lasting("E", "exchange", day(7), entity="Foo"), lasting("E", "theft", day(8), entity="Bar")]
    for options in ({"max_hops": 1}, {"min_amount": 101}):
        for leaf in run(prepared(rows, later, **options), "fifo").exits:
            assert leaf.address != "E" or leaf.label is None
    second = Seed("tx", "t5", CHAIN, UNIT, None, "p", victim="E")
    robbed = timed(*(("V", "A", 100, 1, "t0"), ("A", "E", 100, 3), ("E", "X", 100, 5, "t5"), ("Y", "Z", 1, 9)))
    exits = run(prepared(robbed, later, THEFT, second), "fifo").exits
    assert {leaf.label for leaf in exits if leaf.stop_reason == "stolen_again"} == {None}
    always = run(prepared(rows, [lasting("E", "theft", entity="Bar")], max_hops=1), "fifo").exits
    assert [leaf.label.entity for leaf in always if leaf.address == "E" and leaf.label] == ["Bar"]


def test_d2_a_freeze_is_of_its_asset_and_in_its_time() -> None:
    rows = (
        *timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 3)),
        *(replace(one, asset=OTHER, row=one.row + 10) for one in timed(("V", "A", 70, 1, "t0"), ("A", "E", 70, 3))),
    )
    freezes = [
        lasting("E", "frozen", day(2), day(3), entity="Ended", asset=UNIT),
        lasting("E", "frozen", day(5), entity="Tether", asset=UNIT),
        lasting("E", "frozen", day(5), entity="Circle", asset=OTHER),
    ]

    def frozen(labels: list[Label]) -> dict[tuple[str, str], str]:
        one = prepared(rows, labels, replace(THEFT, asset=None))
        return {
            (leaf.asset, leaf.stop_reason): leaf.label.entity if leaf.label else ""
            for leaf in run(one, "fifo").exits
            if leaf.address == "E"
        }

    assert frozen(freezes) == {(UNIT, "frozen"): "Tether", (OTHER, "frozen"): "Circle"}
    assert frozen(freezes[:2]) == {(UNIT, "frozen"): "Tether", (OTHER, "at_rest"): ""}


@pytest.mark.parametrize(("since", "name"), [("", ""), (5, "Thief")])
def test_d2_what_rests_after_a_label_ended_is_not_that_services(since: int | str, name: str) -> None:
    labels = [lasting("E", "exchange", until=day(2), entity="Foo")]
    if since:
        labels.append(lasting("E", "theft", day(5), entity=name))
    one = prepared(timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 7)), labels)
    assert named(one) == {("at_rest", name, "theft" if name else ""): 100}
    assert "Foo" not in {party.entity for party, _ in intervals_of(one).by_party}
    assert one.holders[CHAIN, "E"].stop_reason == ""
    part = prepared(SERVICES, [lasting("E", "exchange", until=day(5), entity="Foo")])
    assert named(part) == {("service", "Foo", "exchange"): 30, ("at_rest", "", ""): 70}


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
    assert {plain_holder(m.sender) for m in result.movements} == {m.sender for m in result.movements}
    assert {who for _, who in result.holders} == {"A", "E", "X", "Y"}
    assert len(result.movements) == 5
    assert ends(result) == {("E", "service"): 70, ("E", "at_rest"): 30}


@pytest.mark.parametrize(("category", "reason"), [("frozen", "frozen"), ("exchange", "service")])
def test_a_label_that_begins_after_the_last_row_takes_what_is_still_there(category: str, reason: str) -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    late = [lasting("E", category, "2026-05-01")]
    one = prepared(rows, late)
    found = everywhere(one)
    assert set(map(str, found.values())) == {str({("E", reason): 100})}
    assert any("only from 2026-05-01, after the last row" in note for note in one.coverage.notes)
    strangers = prepared((*rows, *timed(("S", "T", 1, 200))), late)
    assert everywhere(strangers) == found
    assert [row.certainty for row in intervals_of(strangers).by_address.values()] == [
        row.certainty for row in intervals_of(one).by_address.values()
    ]


def test_a_label_that_begins_after_the_window_is_a_note_and_no_exit() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("S", "T", 1, 200))
    one = prepared(rows, [lasting("E", "frozen", "2026-05-01")], until=parse_time("2026-04-25"))
    assert ends(run(one, "fifo")) == {("E", "window_end"): 100}
    assert any("only from 2026-05-01, after the end of the window" in note for note in one.coverage.notes)


def test_a_label_known_only_later_is_left_out_aloud() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2))
    late = replace(label("E", "exchange"), known="2026-06-01")
    one = prepare(CaseData("t", "", rows, (THEFT,), LabelIndex([late], "2026-05-01")), Options())
    assert ends(run(one, "fifo")) == {("E", "at_rest"): 100}
    assert any("--as-of takes a later day" in note for note in one.coverage.notes)


def test_a5_a_theft_paid_to_a_service_is_said_aloud_and_by_whom() -> None:
    rows = timed(("V", "E", 100, 1, "t0"), ("E", "X", 100, 2))
    one = prepared(rows, [replace(label("E", "exchange"), publisher="Who says so")])
    (note,) = [note for note in one.coverage.notes if "itself labelled" in note]
    assert "Who says so" in note
    assert "E" in note
    seeded = prepared(timed(*POT), [label("K", "exchange")], KELP, BYBIT)
    assert any("itself labelled" in note for note in seeded.coverage.notes)


def test_leaving_a_label_out_again_starts_from_the_unsplit_rows() -> None:
    from tracer.trace.pipeline import prepare_again

    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 30, 3), ("E", "Y", 70, 6))
    said = lasting("E", "exchange", day(4))
    split, free = prepared(rows, [said]), prepared(rows, [])
    again = prepare_again(split, split.inputs.labels.without(said), split.options)
    assert again.ledger.events == free.ledger.events
    assert everywhere(again) == everywhere(free)
    assert everywhere(prepare_again(free, split.inputs.labels, free.options)) == everywhere(split)


def leg(row: int, event: str, side: str, holder: str, amount: int, time: int) -> LedgerLeg:
    """Return a leg of a Bitcoin transaction; an outpoint is of the address named before its colon."""
    address = ADDRESS_OF.get(holder, "")
    return LedgerLeg(
        row, event, side, holder, address, SAT, amount, BITCOIN, time, time, event, "fee" if not holder else ""
    )


SAT = AssetId("sat")
OUT = {name: f"{number:064x}:0" for number, name in enumerate("VAEX", 1)}
ADDRESS_OF = {OUT[name]: f"1{name}" for name in OUT}


@pytest.mark.parametrize(
    ("since", "until", "where"),
    [(2, None, "E"), (3, None, "E"), (4, None, "E"), (5, None, "X"), (None, 3, "E"), (None, 2, "X")],
)
def test_an_outpoint_is_split_while_it_is_unspent(since: int | None, until: int | None, where: str) -> None:
    legs = (
        leg(1, "t0", "debit", OUT["V"], 100, 1),
        leg(2, "t0", "credit", OUT["A"], 100, 1),
        leg(3, "t1", "debit", OUT["A"], 100, 2),
        leg(4, "t1", "credit", OUT["E"], 100, 2),
        leg(5, "t2", "debit", OUT["E"], 100, 4),
        leg(6, "t2", "credit", OUT["X"], 100, 4),
    )
    times = [format_time(one) if one is not None else "" for one in (since, until)]
    said = replace(lasting("1E", "exchange", *times), chain=BITCOIN)
    seed = Seed("tx", "t0", BITCOIN, SAT, None, "o1")
    one = prepare(CaseData("t", "", legs, (seed,), LabelIndex([said], ""), complete=True), Options())
    for found in everywhere(one).values():
        assert found == {(f"1{where}", "service" if where == "E" else "at_rest"): 100}


def test_a_holder_that_begins_with_a_balance_is_split_with_all_its_assets() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 150, 6), ("Y", "Z", 1, 9))
    other = replace(rows[2], row=5, asset=AssetId("v"), amount=7, recipient="W")
    one = prepared((*rows, other), [lasting("E", "exchange", day(4), day(5))])
    moved = [event for event in one.ledger.events if event.kind == "label"]
    assert [(event.time, [part.debits[0].amount for part in event.parts]) for event in moved] == [
        (parse_time(day(4)), [150, 7]),
        (parse_time(day(5)), [150, 7]),
    ]
    assert everywhere(one) == {policy: {("E", "service"): 100} for policy in CONSERVING}


@pytest.mark.parametrize(("since", "where"), [(None, "frozen"), (2, "service")])
def test_a_holder_that_begins_with_stolen_units_is_followed_until_a_later_label(since: int | None, where: str) -> None:
    rows = timed(("K", "P", 4, 1), ("Y", "Z", 1, 9))
    exchange = lasting("K", "exchange", day(since)) if since else label("K", "exchange")
    one = prepared(rows, [lasting("K", "frozen", day(3)), exchange], KELP)
    assert everywhere(one) == {policy: {("K", where): 6, ("P", "at_rest"): 4} for policy in CONSERVING}


def test_what_an_address_received_does_not_count_its_own_balance_again() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 100, 2), ("E", "X", 30, 3), ("E", "Y", 70, 6))
    one = prepared(rows, [lasting("E", "exchange", day(4))])
    assert one.holders[CHAIN, "E"].received == {UNIT: 100}
    assert one.holders[CHAIN, "E"].hop == 1
    assert one.holders[CHAIN, "E"].stop_reason == "service"


def test_a_label_that_begins_in_the_second_of_a_tie_is_before_all_of_it() -> None:
    rows = timed(("V", "A", 100, 1, "t0"), ("A", "E", 60, 2), ("A", "B", 40, 4), ("E", "X", 10, 4), ("B", "E", 40, 4))
    one = prepared(rows, [lasting("E", "exchange", day(4))])
    assert [event.kind for event in one.ledger.events][2] == "label"
    assert one.ledger.ties == ((3, 6),)
    assert everywhere(one) == {policy: {("E", "service"): 100} for policy in CONSERVING}


def world(number: int) -> tuple[tuple[Transfer, ...], list[Label]]:
    """Return random rows, many of one day in one block without position, and labels that begin and end."""
    rng = Random(number)
    day_of, rows = 1, [("V", "A", rng.randint(1, 60), 1, "t0")]
    for _ in range(rng.randint(4, 25)):
        day_of += rng.choice((0, 0, 1, 2))
        payer, payee = rng.sample("ABCDEF", 2)
        rows.append((payer, payee, rng.randint(1, 40), day_of + 1, ""))
    labels = []
    for _ in range(rng.randint(1, 6)):
        since = rng.choice(("", format_time(DAY0 + rng.randint(-1, day_of + 3) * DAY)))
        until = rng.choice(("", format_time(DAY0 + rng.randint(day_of + 4, day_of + 6) * DAY)))
        if rng.random() < 0.6:
            begin = rng.randint(0, day_of)
            since, until = format_time(DAY0 + begin * DAY), format_time(DAY0 + rng.randint(begin + 1, day_of + 3) * DAY)
        asset = rng.choice((UNIT, None))
        category = rng.choice(("exchange", "mixer", "bridge", "frozen", "dex"))
        labels.append(
            lasting(rng.choice("ABCDEF"), category, since, until, asset=asset if category == "frozen" else None)
        )
    return timed(*rows), labels


@pytest.mark.parametrize("number", range(40))
def test_every_rule_closes_and_lies_within_the_bounds_on_split_holders(number: int) -> None:
    rows, labels = world(number)
    one = prepared(rows, labels)
    known = intervals_of(one)
    for policy in CONSERVING:
        result = run(one, policy)
        assert result.audit.closed
        assert result.exits == run(one, policy, kernel=reference_kernel).exits
        for leaf in result.exits:
            found = known.at(leaf)
            assert found is not None
            assert found.min <= leaf.tainted <= found.max
    balance = dict(one.ledger.opening)
    for event in one.ledger.events:
        for part in event.parts:
            for debit in part.debits:
                balance[debit.account] = balance.get(debit.account, 0) - debit.amount
                assert balance[debit.account] >= 0
            for credit in part.credits:
                balance[credit.account] = balance.get(credit.account, 0) + credit.amount
