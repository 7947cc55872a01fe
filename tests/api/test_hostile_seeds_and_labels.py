"""Labels that begin or end around a theft, by every kind of seed; two thefts of one name with victims of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile_tables import at, ends, kept, listed, row, traced, tx, written

from tracer import open_table
from tracer.api import Trace

Row = dict[str, object]

CHAIN = "bip122:000000000019d6689c085ae165831e93"
PAYER, KEEPER, LAST = (
    "113BE9Ve4Mxpau7gLCk7TuE8EU84GKtyS3",
    "15JFh88FcE4WL6qeMLgX5VEAFCbRXjc9fr",
    "12F9dH89ayk2gxE5NhFmAF1SZNCYfEgfMz",
)
COIN, FIRST, SECOND = "a" * 64, "b" * 64, "c" * 64


def day(number: int, clock: str = "00:00:00") -> str:
    return f"2024-01-0{number}T{clock}Z"


def marked(address: str, since: str = "", until: str = "", category: str = "exchange", entity: str = "Foo") -> Row:
    said: Row = {"address": address, "label": entity, "category": category, "entity": entity, "source_url": ""}
    return said | {"valid_from": since, "valid_until": until}


def of_outpoints(folder: Path, seed: Row, labels: list[Row], *, made: bool = True) -> Trace:
    """Trace an outpoint of 100 made on day 1, if its making is in the table, and spent on day 3."""

    def leg(name: str, side: str, holder: str, address: str, number: int) -> Row:
        said: Row = {"event": name, "side": side, "holder": holder, "address": address, "asset": "slip44:0"}
        return said | {"amount": 100, "chain": CHAIN, "block": 100 + number, "time": day(number), "tx": name}

    making = [leg(FIRST, "debit", f"{COIN}:0", PAYER, 1), leg(FIRST, "credit", f"{FIRST}:0", KEEPER, 1)]
    spending = [leg(SECOND, "debit", f"{FIRST}:0", KEEPER, 3), leg(SECOND, "credit", f"{SECOND}:0", LAST, 3)]
    case = open_table(
        ledger=written(folder / "l.csv", [*(making if made else []), *spending]),
        seeds=written(folder / "s.csv", [{"asset": "slip44:0", "origin": "o", **seed}]),
        labels=written(folder / "labels.csv", labels),
        complete=True,
        registry=False,
    )
    return case.trace(bounds=True)


@pytest.mark.parametrize("seed", [{"kind": "tx", "value": FIRST}, {"kind": "output", "value": f"{FIRST}:0"}])
def test_d2_a_service_that_begins_after_the_theft_has_what_is_there_by_every_kind_of_seed(
    tmp_path: Path, seed: Row
) -> None:
    trace = of_outpoints(tmp_path, seed, [marked(KEEPER, day(2))])
    assert ends(trace) == {(KEEPER, "service"): (100, 100, 100, "FORCED", "vouched")}
    assert not trace.flags().leads
    assert not any("WARNING" in note for note in trace.result.coverage.notes)


def test_d2_a_seed_overrules_what_its_outpoint_was_when_it_was_stolen(tmp_path: Path) -> None:
    seed: Row = {"kind": "output", "value": f"{FIRST}:0"}
    trace = of_outpoints(tmp_path, seed, [marked(KEEPER, "2023-01-01")])
    assert ends(trace)[LAST, "at_rest"][:4] == (100, 100, 100, "FORCED")
    assert any("it is followed all the same" in note for note in trace.result.coverage.notes)


def test_d2_of_an_outpoint_made_before_the_table_no_row_tells_whether_a_label_found_it(tmp_path: Path) -> None:
    seed: Row = {"kind": "output", "value": f"{FIRST}:0"}
    trace = of_outpoints(tmp_path, seed, [marked(KEEPER, day(2))], made=False)
    assert ends(trace)[LAST, "at_rest"][:4] == (100, 100, 100, "CONDITIONAL")
    assert any("before its first row" in note for note in trace.result.coverage.notes)


HOLDER: Row = {"kind": "holder", "value": at("H"), "amount": 100}


def begun(folder: Path, labels: list[Row], *, early: bool = True) -> Trace:
    """Trace who begins with 100 stolen, is paid 1 on day 1 if early, and pays 100 on day 3."""
    rows = [row("C", "H", 1, 1, time=day(1)), row("H", "X", 100, 3, time=day(3))]
    return traced(folder, rows if early else rows[1:], [{**HOLDER, "victim": ""}], labels)


def test_d2_who_begins_with_stolen_units_and_becomes_a_service_has_them(tmp_path: Path) -> None:
    trace = begun(tmp_path, [marked(at("H"), day(2))])
    assert ends(trace) == {(at("H"), "service"): (100, 100, 100, "FORCED", "vouched")}
    assert at("X") not in listed(trace)


@pytest.mark.parametrize(
    ("since", "until", "early", "certainty", "words"),
    [
        ("", "", False, "FORCED", "it is followed all the same"),
        ("2020-01-01", "2021-01-01", False, "FORCED", ""),
        (day(2), "", False, "CONDITIONAL", "before its first row"),
    ],
)
def test_d2_a_label_stops_no_seed_that_it_finds_there_or_that_came_when_it_had_ended(
    tmp_path: Path, since: str, until: str, early: bool, certainty: str, words: str
) -> None:
    trace = begun(tmp_path, [marked(at("H"), since, until)], early=early)
    assert ends(trace)[at("X"), "at_rest"][:4] == (100, 100, 100, certainty)
    warned = [note for note in trace.result.coverage.notes if "WARNING" in note]
    assert any(words in note for note in warned) if words else not warned


def test_d2_a_seed_overrules_a_service_but_not_who_follows_it(tmp_path: Path) -> None:
    labels = [marked(at("H"), "", day(1, "06:00:00")), marked(at("H"), day(2), entity="Bar")]
    trace = begun(tmp_path, labels)
    (only,) = trace.exits().to_dict("records")
    assert (only["address"], only["entity"], only["stop_reason"]) == (at("H"), "Bar", "service")
    assert any("followed until 2024-01-02" in note for note in trace.result.coverage.notes), trace.result.coverage.notes


def test_d2_a_second_list_that_says_the_same_later_makes_a_seed_nobody_else(tmp_path: Path) -> None:
    trace = begun(tmp_path, [marked(at("H")), marked(at("H"), day(2))])
    assert ends(trace)[at("X"), "at_rest"][:3] == (100, 99, 100)
    assert (at("H"), "service") not in ends(trace)


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("2020-01-01", "2021-01-01", ""),
        ("2030-01-01", "", ""),
        (day(2), "", ""),
        ("2020-01-01", "", "following ends there at once"),
    ],
)
def test_d2_the_card_calls_a_receiver_a_service_only_by_a_label_in_force_at_the_theft(
    tmp_path: Path, since: str, until: str, words: str
) -> None:
    rows = [row("V", "H", 100, 1, time=day(1)), row("H", "X", 100, 3, time=day(3))]
    trace = traced(tmp_path, rows, [], [marked(at("H"), since, until)])
    found = [note for note in trace.result.coverage.notes if "itself labelled" in note]
    assert [words in note for note in found] == ([True] if words else [])


def two_thefts(folder: Path, rows: list[Row], victims: str, second: str, policy: str = "fifo") -> Trace:
    """Trace two thefts, in transactions 1 and 2, of one name or of two."""
    seeds = [{"victim": at(victims[0])}, {"value": tx(2), "victim": at(victims[1]), "origin": second}]
    return traced(folder, rows, seeds, policy=policy)


@pytest.mark.parametrize("second", ["o", "p"])
@pytest.mark.parametrize("policy", ["fifo", "clean_first", "haircut"])
@pytest.mark.parametrize("robbed", [1, 100])
def test_d4_a_second_theft_of_the_name_clears_nobody_whom_its_victim_pays_of_the_first(
    tmp_path: Path, robbed: int, policy: str, second: str
) -> None:
    rows = [
        *(row("C", "K", 100, 9), row("V", "K", 100, 10, tx=tx(1))),
        *(row("K", "H", robbed, 11, tx=tx(2)), row("K", "X", 100, 12)),
    ]
    trace = two_thefts(tmp_path, rows, "VK", second, policy)
    assert at("X") in listed(trace)
    assert kept(trace) == {(at("K"), "victim")}


@pytest.mark.parametrize("second", ["o", "p"])
def test_d4_what_a_theft_pays_the_victim_of_another_did_not_come_back(tmp_path: Path, second: str) -> None:
    rows = [row("K", "H", 100, 9, tx=tx(2)), row("V", "K", 100, 10, tx=tx(1)), row("K", "X", 100, 12)]
    trace = two_thefts(tmp_path, rows, "VK", second)
    assert at("X") in listed(trace)
    assert (at("X"), "through_victim") not in kept(trace)


@pytest.mark.parametrize("second", ["o", "p"])
def test_d4_what_came_back_before_a_victim_was_paid_by_another_theft_came_back(tmp_path: Path, second: str) -> None:
    rows = [
        *(row("K", "H", 100, 9, tx=tx(2)), row("H", "K", 100, 10), row("K", "X", 100, 11)),
        *(row("V", "K", 100, 12, tx=tx(1)), row("K", "Z", 50, 13)),
    ]
    trace = two_thefts(tmp_path, rows, "VK", second)
    assert {(at("H"), "returned"), (at("X"), "through_victim")} <= kept(trace)
    assert list(listed(trace)) == [at("Z")]


@pytest.mark.parametrize("second", ["o", "p"])
def test_d4_who_gave_a_victim_all_its_own_back_is_spared_after_another_theft_paid_it(
    tmp_path: Path, second: str
) -> None:
    rows = [
        *(row("K", "H", 100, 9, tx=tx(2)), row("H", "M", 100, 10), row("V", "K", 50, 11, tx=tx(1))),
        *(row("M", "K", 100, 12), row("K", "X", 150, 13)),
    ]
    trace = two_thefts(tmp_path, rows, "VK", second)
    assert (at("M"), "returned") in kept(trace)
    assert (at("X"), "through_victim") not in kept(trace)


def test_d4_victims_of_one_name_have_their_own_out_of_the_pot_of_all(tmp_path: Path) -> None:
    """Of a pot of what two thefts of one incident took, each victim is at home with what it lost."""
    rows = [
        *(row("V", "H", 100, 9, tx=tx(1)), row("K", "H", 100, 10, tx=tx(2))),
        *(row("H", "K", 100, 11), row("K", "X", 100, 12), row("H", "Y", 50, 13)),
    ]
    trace = two_thefts(tmp_path, rows, "VK", "o")
    assert (at("X"), "through_victim") in kept(trace)
    assert {at("H"), at("Y")} <= set(listed(trace))
