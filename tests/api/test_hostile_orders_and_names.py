"""Thefts whose place in a block nobody knows, labels that ended, and names that a reader can look up."""

from __future__ import annotations

import csv
import itertools
import json
import random
from pathlib import Path

import pytest
from test_hostile_tables import at, ends, listed, row, traced, tx, written

import tracer
from tracer import open_table, trace_back
from tracer.api import Trace

Row = dict[str, object]


def theft_in_a_circle() -> list[list[Row]]:
    """Return the transactions of a block that pay in a circle, the second of them the theft, by transaction."""
    return [
        [row("B", "W", 3, 10, tx=tx(9), event="p"), row("B", "X", 2, 10, tx=tx(9), event="p")],
        [row("W", "B", 2, 10, tx=tx(1), event="q"), row("W", "X", 1, 10, tx=tx(1), event="q")],
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_b5_a_theft_in_a_circle_of_a_block_may_stand_before_what_the_rows_put_first(
    tmp_path: Path, *, turned: bool
) -> None:
    block = theft_in_a_circle()
    rows = [one for both in (block[::-1] if turned else block) for one in both] + [row("W", "B", 3, 20)]
    found = ends(traced(tmp_path, rows, [{"victim": at("W")}], [("X", "exchange")]))
    assert found[at("X"), "service"][1:] == (1, 3, "CONDITIONAL", "open")
    assert found[at("B"), "at_rest"][1:3] == (0, 2)


def test_b5_one_unit_paid_back_in_the_block_of_the_theft_hides_nobody(tmp_path: Path) -> None:
    rows = [row("B", "V", 1, 10), row("B", "X", 5, 10, tx=tx(11)), row("V", "B", 100, 10, tx=tx(1))]
    found = ends(traced(tmp_path, rows, [{"victim": at("V")}], complete=False))
    assert found[at("X"), "incomplete"][1:3] == (0, 5)
    assert found[at("B"), "incomplete"][1] == 94


def test_b5_the_interval_holds_a_theft_of_a_block_in_every_order(tmp_path: Path) -> None:
    """Of random blocks with a second theft in them: what any rule gives in any order of the lines."""
    seeded = random.Random(19)
    tried = 0
    for world in range(40):
        parties = ["A", "B", "C"][: seeded.randint(2, 3)]
        names = [name.replace("A", "W") for name in parties]
        block: list[list[Row]] = []
        for number in range(seeded.randint(2, 3)):
            payer, payee = seeded.sample([*names, "X"], 2)
            payer = names[0] if payer == "X" else payer
            payee = "Y" if payee == payer else payee
            block.append([row(payer, payee, seeded.randint(1, 4), 10, tx=tx(30 + number))])
        block.append([row("W", seeded.choice(names[1:]), seeded.randint(1, 4), 10, tx=tx(5))])
        after = [row(*seeded.sample(names, 2), seeded.randint(1, 3), 20 + n) for n in range(2)]
        seeds: list[Row] = [{"victim": at("V")}, {"value": tx(5), "victim": at("W"), "origin": "second"}]
        first = row("V", "W", seeded.randint(1, 5), 1)
        given: dict[tuple[str, str, str], tuple[int, int]] = {}
        for turn, order in enumerate(itertools.permutations(block)):
            folder = tmp_path / f"{world}-{turn}"
            folder.mkdir()
            rows = [first, *(one for rows in order for one in rows), *after]
            case = open_table(
                transfers=written(folder / "t.csv", rows),
                seeds=written(
                    folder / "s.csv",
                    [{"kind": "tx", "asset": "aaa", "value": tx(1), "origin": "o"} | one for one in seeds],
                ),
                registry=False,
            )
            for policy in ("fifo", "lifo", "haircut") if turn else ("fifo",):
                trace = case.trace(policy=policy, bounds=not turn)
                table = trace.exits().to_dict("records")
                if not turn:
                    given = {(x["address"], x["stop_reason"], x["origin"]): (x["min"], x["max"]) for x in table}
                for one in table:
                    key = one["address"], one["stop_reason"], one["origin"]
                    least, most = given.get(key, (0, 0))
                    assert least <= one["tainted"] <= most, (world, turn, policy, key)
                    tried += 1
    assert tried > 500


def _labels(**when: str) -> list[Row]:
    return [{"address": at("E"), "label": "Foo", "category": "exchange", "entity": "Foo", "source_url": "", **when}]


def _back(folder: Path, labels: list[Row]) -> list[dict[str, str]]:
    rows = [
        {
            "sender": at("E"),
            "recipient": at("M"),
            "asset": "aaa",
            "amount": 10,
            "time": "2022-01-01T00:00:01Z",
            "tx": tx(1),
        },
        {
            "sender": at("E"),
            "recipient": at("M"),
            "asset": "aaa",
            "amount": 30,
            "time": "2022-01-03T00:00:01Z",
            "tx": tx(2),
        },
    ]
    seeds: list[Row] = [{"kind": "holder", "value": at("M"), "asset": "aaa", "origin": "o"}]
    case = open_table(
        transfers=written(folder / "t.csv", rows),
        seeds=written(folder / "s.csv", seeds),
        labels=written(folder / "l.csv", labels),
        complete=True,
        registry=False,
    )
    trace_back(case).write(folder / "out")
    with (folder / "out" / "sources.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_d2_money_came_from_a_service_only_while_it_was_one(tmp_path: Path) -> None:
    (only,) = _back(tmp_path, _labels(valid_from="2025-01-01"))
    assert (only["entity"], only["category"], only["tainted"]) == ("balance before the window", "unknown", "40")


def test_d2_the_source_of_funds_is_an_address_and_no_segment_of_its_history(tmp_path: Path) -> None:
    found = {
        one["origin"]: (one["entity"], one["tainted"]) for one in _back(tmp_path, _labels(valid_from="2022-01-02"))
    }
    assert found == {
        f"eip155:1:{at('E')}": ("Foo", "30"),
        f"opening balance of eip155:1:{at('E')}": ("balance before the window", "10"),
    }


def test_d4_what_a_label_that_ended_parts_is_told_of_the_holder(tmp_path: Path) -> None:
    day = "2024-01-0{}T00:00:01Z"
    rows = [
        row("V", "W", 100, 1, time=day.format(1)),
        row("W", "E", 60, 2, time=day.format(2)),
        row("E", "X", 100, 3, time=day.format(3)),
    ]
    trace = traced(tmp_path, rows, [{"victim": at("V")}], _labels(valid_from="2022-01-01", valid_until="2023-01-01"))
    trace.write(tmp_path / "out")
    summary = (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    told = json.loads(summary)
    assert "~" not in summary
    assert [(one["address"], one["amount"]) for one in told["coverage"]["unexplained_inflow"]] == [(at("E"), "40")]
    assert [one["holder"] for one in told["bounds"]["depends_on"]] == [at("E")]


def test_a5_two_thefts_of_one_name_beside_an_opening_of_another_count_no_money_twice(tmp_path: Path) -> None:
    rows = [row("V", "W", 100, 1), row("H", "W", 50, 2)]
    seeds: list[Row] = [
        {"victim": at("V")},
        {"value": tx(2), "victim": at("H")},
        {"kind": "holder", "value": at("W"), "amount": 10, "origin": "older"},
    ]
    stolen = traced(tmp_path, rows, seeds).result.stolen
    assert {origin.name: amount for origin, amount in stolen.items()} == {"o": 150, "older": 10}


def test_d2_what_was_there_before_any_row_came_from_nobody_whose_label_had_ended(tmp_path: Path) -> None:
    (only,) = _back(tmp_path, _labels(valid_from="2018-01-01", valid_until="2019-01-01"))
    assert (only["entity"], only["origin"]) == (
        "balance before the window",
        f"opening balance of eip155:1:{at('E')}",
    )


OTHER = "bbb"


def _destroyed(payer: str, amount: int = 100, asset: str = "aaa") -> Row:
    return row(payer, payer, amount, 1, kind="burn", asset=asset, event="e") | {"recipient": ""}


def _made(payee: str, amount: int = 95, asset: str = OTHER) -> Row:
    return row(payee, payee, amount, 1, kind="mint", asset=asset, event="e") | {"sender": ""}


def _after_theft(tmp_path: Path, rows: list[Row], **seed: str) -> Trace:
    onward = row("K", "X", 95, 2, asset=OTHER, kind="")
    return traced(tmp_path, [*rows, onward], [{"victim": at("V"), **seed}])


def test_a2_shares_burned_in_the_theft_are_taken_for_what_is_made_in_their_place(tmp_path: Path) -> None:
    trace = _after_theft(tmp_path, [_destroyed("V"), _made("K")])
    assert ends(trace) == {(at("X"), "at_rest"): (95, 95, 95, "CONDITIONAL", "open")}
    assert not listed(trace)
    assert {one.address for one in trace.flags().leads} >= {at("K"), at("X")}
    assert {origin.name: amount for origin, amount in trace.result.stolen.items()} == {"o": 100}
    named = _after_theft(tmp_path, [_destroyed("V"), _made("K")], recipient=at("K"))
    assert listed(named)[at("K")] == ("T2", "theft_receiver")
    assert ends(named) == {(at("X"), "at_rest"): (95, 95, 95, "FORCED", "vouched")}


def test_a2_a_token_made_for_anybody_takes_no_thief_off_the_list(tmp_path: Path) -> None:
    rows = [row("V", "M", 100, 1, event="e", kind=""), _made("K", 1), row("M", "E", 100, 2, kind="")]
    trace = traced(tmp_path, [*rows, row("K", "X", 1, 2, asset=OTHER, kind="")], [{"victim": at("V")}])
    assert ends(trace) == {(at("E"), "at_rest"): (100, 100, 100, "FORCED", "vouched")}
    assert listed(trace)[at("M")] == ("T2", "theft_receiver")
    assert any("is newly made for" in note for note in trace.result.coverage.notes)


def test_a2_a_wrap_is_followed_where_the_seed_or_a_label_says_so(tmp_path: Path) -> None:
    wrap = [row("V", "M", 100, 1, event="e", kind=""), _made("K")]
    named = _after_theft(tmp_path, wrap, recipient=at("K"))
    assert ends(named) == {(at("X"), "at_rest"): (95, 95, 95, "FORCED", "vouched")}
    assert listed(named)[at("K")] == ("T2", "theft_receiver")
    onward = row("K", "X", 95, 2, asset=OTHER, kind="")
    labelled = traced(tmp_path, [*wrap, onward], [{"victim": at("V")}], [("M", "contract")])
    assert ends(labelled)[at("X"), "at_rest"][:3] == (95, 95, 95)
    assert at("M") not in listed(labelled)


def test_a2_what_a_vault_pays_for_burned_shares_is_followed(tmp_path: Path) -> None:
    paid = row("M", "K", 95, 1, asset=OTHER, event="e", kind="")
    trace = _after_theft(tmp_path, [_destroyed("V"), paid])
    assert ends(trace) == {(at("X"), "at_rest"): (95, 95, 95, "CONDITIONAL", "open")}
    assert {one.address for one in trace.flags().leads} >= {at("K"), at("X")}


@pytest.mark.parametrize(
    "rows",
    [
        [row("V", "K", 100, 1, event="e", kind=""), _made("K")],
        [row("V", "K", 100, 1, event="e", kind=""), _made("V")],
        [row("V", "K", 99, 1, event="e", kind=""), _destroyed("V", 1), _made("Y")],
    ],
    ids=["a debt token of the thief's own", "made for the victim", "a token that burns a part of what is paid"],
)
def test_a2_units_made_beside_a_theft_take_no_thief_off_the_list(tmp_path: Path, rows: list[Row]) -> None:
    trace = traced(tmp_path, rows, [{"victim": at("V")}])
    assert listed(trace)[at("K")] == ("T2", "theft_receiver")


def test_a1_an_output_that_a_seed_takes_is_received_once(tmp_path: Path) -> None:
    found = trace_back(tracer.open_case("colonial-2021"))
    assert sum(found.funds.received.values()) == 7_500_030_000
    assert {one.why for one in found.funds.inflows} == {"incomplete"}
