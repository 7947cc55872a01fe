"""Small tables on which a hostile witness got a false certainty, an innocent on a list or a wrong sum."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tracer import open_table
from tracer.api import Trace
from tracer.errors import DataFileError, InputError

UNIT = "aaa"
USDC = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
WETH = "eip155:1/erc20:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
ZERO = "0x" + 40 * "0"
NAMES = "VWHIBCDEKMXYZ"
LISTED = ("T1", "T2", "T3")


def at(name: str) -> str:
    """Return the address of a party: a letter, or an address as it is."""
    return name if len(name) > 1 else "0xabc" + f"{NAMES.index(name) + 1:037x}"


def tx(number: int) -> str:
    return f"0x{number:064x}"


def row(sender: str, recipient: str, amount: int, block: int, **more: object) -> dict[str, object]:
    """Return a row of a transfers table; the transaction has the number of its block."""
    return {
        **{"sender": at(sender), "recipient": at(recipient), "asset": UNIT, "amount": amount, "block": block},
        **{"tx": tx(block), **more},
    }


def written(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    columns = list(dict.fromkeys(name for one in rows for name in one))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def traced(
    folder: Path,
    rows: Sequence[dict[str, object]],
    seeds: Sequence[dict[str, object]] = (),
    labels: Sequence[tuple[str, str]] | Sequence[dict[str, object]] = (),
    *,
    complete: bool = True,
    **options: Any,
) -> Trace:
    """Return the trace of tables written to a folder; the theft is block 1 unless seeds say otherwise."""
    theft = {"kind": "tx", "value": tx(1), "asset": UNIT, "origin": "o"}
    told = [
        one
        if isinstance(one, dict)
        else {"address": at(one[0]), "label": one[1], "category": one[1], "entity": one[1], "source_url": ""}
        for one in labels
    ]
    case = open_table(
        transfers=written(folder / "t.csv", rows),
        seeds=written(folder / "s.csv", [{**theft, **one} for one in seeds or [{}]]),
        labels=written(folder / "l.csv", told) if told else None,
        complete=complete,
        registry=False,
    )
    return case.trace(bounds=True, **options)


def ends(trace: Trace) -> dict[tuple[str, str], tuple[int, int, int, str, str]]:
    """Return by address and stop reason: tainted, min, max, certainty, basis."""
    return {
        (one["address"], one["stop_reason"]): tuple(one[x] for x in ("tainted", "min", "max", "certainty", "basis"))
        for one in trace.exits().to_dict("records")
    }


def listed(trace: Trace) -> dict[str, tuple[str, str]]:
    """Return tier and role of every address on the list."""
    return {one.address: (one.tier, one.role) for one in trace.flags().entries}


def kept(trace: Trace) -> set[tuple[str, str]]:
    return {(one.caip10.rsplit(":", 1)[1], one.cls) for one in trace.flags().kept_off}


@pytest.mark.parametrize(("event", "block"), [("", 1), ("e5", 2)])
def test_b4_a_row_left_out_of_an_event_voids_the_vouching_of_all_in_it(tmp_path: Path, event: str, block: int) -> None:
    payer = "V" if block == 1 else "H"
    rows = [row("V", "H", 100, 1, position=1, grade="recorded", event="")] if block == 2 else []
    rows += [
        row(payer, "M", 100, block, position=2, grade="recorded", event=event),
        row("C", "M", 100, block, position=3, grade="inferred", event=event),
        row("M", "X", 100, block, position=4, grade="recorded", event=event),
        row("M", "Y", 100, block, position=5, grade="inferred", event=event),
    ]
    labels = [("X", "exchange"), ("Y", "exchange")]
    seeds = [{"victim": at("V")}]
    whole = ends(traced(tmp_path, rows, seeds, labels))
    assert whole[at("X"), "service"][1:4] == (0, 100, "POSSIBLE")
    left = ends(traced(tmp_path, rows, seeds, labels, grade="recorded"))
    assert left[at("X"), "service"] == (100, 100, 100, "CONDITIONAL", "open")


def test_b1_what_a_theft_pays_at_once_rests_on_the_rows_of_the_theft(tmp_path: Path) -> None:
    rows = [row("V", "X", 100, 1, grade="asserted")]
    labels = [("X", "exchange")]
    assert ends(traced(tmp_path, rows, [], labels, complete=False))[at("X"), "service"] == (
        *(100, 100, 100),
        *("CONDITIONAL", "open"),
    )
    assert ends(traced(tmp_path, rows, [], labels))[at("X"), "service"][3:] == ("FORCED", "vouched")


def test_b1_a_receiver_of_the_theft_is_no_surer_on_the_list_than_in_the_exits(tmp_path: Path) -> None:
    trace = traced(tmp_path, [row("V", "H", 100, 1)], complete=False)
    (entry,) = trace.flags().entries
    assert (entry.passed_certainty, entry.basis) == ("CONDITIONAL", "open")


@pytest.mark.parametrize("second", [100, 70, 170])
def test_a1_two_victims_of_one_transaction_are_two_constants(tmp_path: Path, second: int) -> None:
    rows = [row("V", "H", 100, 1, position=1), row("W", "I", second, 1, position=2)]
    seeds = [
        {"origin": "a", "victim": at("V"), "recipient": at("H")},
        {"origin": "b", "victim": at("W"), "recipient": at("I")},
    ]
    trace = traced(tmp_path, rows, seeds)
    assert {origin.name: amount for origin, amount in trace.result.stolen.items()} == {"a": 100, "b": second}
    assert {who: one[0] for (who, _), one in ends(trace).items()} == {at("H"): 100, at("I"): second}


def test_a2_a_named_recipient_that_pays_a_tip_is_the_thief_and_the_builder_is_not(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1, position=1), row("H", "B", 1, 1, position=2, asset="tip")]
    trace = traced(tmp_path, rows, [{"recipient": at("H")}])
    assert {who: one[0] for (who, _), one in ends(trace).items()} == {at("H"): 100}
    assert listed(trace) == {at("H"): ("T2", "theft_receiver")}


def test_d4_a_dex_that_nobody_decoded_is_no_wallet(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 1000, 1, position=1, asset=USDC),
        row("H", "D", 1000, 2, position=1, asset=USDC),
        row("D", "H", 1, 2, position=2, asset=WETH),
        row("Z", "D", 1, 3, position=1, asset=WETH),
        row("D", "Z", 1000, 3, position=2, asset=USDC),
    ]
    trace = traced(tmp_path, rows, [{"asset": USDC}], [("D", "dex")])
    assert {(who, why): one[0] for (who, why), one in ends(trace).items()} == {(at("D"), "contract"): 1000}
    assert at("Z") not in listed(trace)


def test_a2_what_a_victim_pays_of_what_it_got_back_lists_nobody(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "V", 50, 2), row("V", "Y", 50, 3), row("H", "X", 50, 4)]
    trace = traced(tmp_path, rows)
    assert at("Y") not in listed(trace)
    assert (at("Y"), "through_victim") in kept(trace)
    assert at("X") in listed(trace)


def test_d4_who_gave_everything_back_is_spared(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "Z", 40, 2), row("Z", "C", 40, 3), row("H", "X", 60, 4)]
    home = {"address": at("C"), "label": "home", "category": "custodian", "entity": "Victim (recovery)"}
    trace = traced(tmp_path, rows, [], [{**home, "source_url": "", "role": "recovery"}])
    assert (at("Z"), "returned") in kept(trace)
    assert {at("H"), at("X")} == set(listed(trace))


def test_b3_an_address_that_nobody_controls_burns_and_makes(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", ZERO, 100, 2), row(ZERO, "Y", 100, 3)]
    trace = traced(tmp_path, rows)
    assert {(who, why): one[0] for (who, why), one in ends(trace).items()} == {(ZERO, "burned"): 100}
    assert set(listed(trace)) == {at("H")}


def test_d1_a_frozen_holder_that_pays_makes_nothing_certain(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2026-01-01T00:00:00Z"),
        row("H", "X", 100, 2, time="2026-01-03T00:00:00Z"),
    ]
    ice = {"address": at("H"), "label": "ice", "category": "frozen", "entity": "issuer", "source_url": ""}
    trace = traced(tmp_path, rows, [], [{**ice, "valid_from": "2026-01-02"}])
    assert ends(trace)[at("H"), "frozen"][3:] == ("CONDITIONAL", "open")
    assert any("rows and label contradict" in note for note in trace.result.coverage.notes)


@pytest.mark.parametrize("swapped", [False, True])
def test_b5_places_counted_anew_in_each_transaction_give_no_order(tmp_path: Path, swapped: bool) -> None:
    pair = [row("H", "K", 100, 2, tx=tx(20), position=1), row("K", "X", 100, 2, tx=tx(21), position=1)]
    rows = [
        row("C", "K", 100, 1, tx=tx(9), position=1),
        row("V", "H", 100, 1, position=2),
        *(reversed(pair) if swapped else pair),
    ]
    trace = traced(tmp_path, rows, [], [("X", "exchange")])
    found = ends(trace)
    assert {who: one[1:4] for (who, _), one in found.items()} == {
        at("X"): (0, 100, "POSSIBLE"),
        at("K"): (0, 100, "POSSIBLE"),
    }
    assert trace.result.coverage.ties == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"tx": "", "position": 7}, {"tx": "", "position": 7}),
        ({"kind": ""}, {"kind": "token"}),
        ({"time": "2026-01-01T00:00:00Z"}, {"time": ""}),
        ({"tx": tx(2)}, {"tx": ""}),
    ],
)
def test_b7_a_row_that_stands_twice_is_seen_though_its_cells_are_filled_unlike(
    tmp_path: Path, first: dict[str, object], second: dict[str, object]
) -> None:
    place = {"position": 6} if "position" in first else {}
    rows = [row("V", "H", 100, 1, **place), row("H", "X", 50, 2, **first), row("H", "X", 50, 2, **second)]
    with pytest.raises(DataFileError, match="equals row"):
        traced(tmp_path, rows, [], [("X", "exchange")])


def test_b7_repeats_that_differ_in_a_cell_that_both_have_are_two_rows(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 50, 2, tx=tx(2)), row("H", "X", 50, 2, tx=tx(3))]
    assert ends(traced(tmp_path, rows, [], [("X", "exchange")]))[at("X"), "service"][0] == 100


def test_e9_a_tier_rests_on_firm_rows_alone(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 1000, 1),
        row("H", "Z", 990, 2, grade="asserted"),
        row("H", "K", 10, 3),
        row("C", "K", 10, 4),
        row("K", "Z", 10, 5),
    ]
    tiers = listed(traced(tmp_path, rows))
    assert tiers[at("Z")][0] == "T3"
    assert tiers[at("H")][0] == "T2"


def test_e9_the_exits_of_an_address_are_bounded_each_for_itself(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 50, 1, time="2026-01-01T00:00:00Z"),
        row("H", "X", 50, 2, time="2026-01-02T00:00:00Z"),
        row("W", "I", 50, 4, tx=tx(4), time="2026-01-05T00:00:00Z"),
        row("I", "X", 50, 5, time="2026-01-06T00:00:00Z"),
    ]
    closing = {"address": at("X"), "label": "x", "category": "exchange", "entity": "x", "source_url": ""}
    seeds = [{}, {"value": tx(4)}]
    trace = traced(tmp_path, rows, seeds, [{**closing, "valid_until": "2026-01-04"}])
    found = {why: one[:3] for (who, why), one in ends(trace).items() if who == at("X")}
    assert found == {"service": (50, 50, 50), "at_rest": (50, 50, 50)}


def test_e9_compare_by_address_has_the_rows_of_the_exits(tmp_path: Path) -> None:
    rows = [row("V", "H", 10, 1), row("C", "H", 10, 2), row("H", "X", 10, 3), row("H", "Y", 10, 4)]
    trace = traced(tmp_path, rows)
    compared = trace.compare(by="address").to_dict("records")
    assert {(one["address"], one["stop_reason"]) for one in compared} == set(ends(trace))


def test_a1_a_vault_that_a_pool_swaps_in_the_theft_leaves_the_thief_exactly_what_the_pool_paid(tmp_path: Path) -> None:
    rows = [
        row("V", "D", 100, 1, position=1),
        row("D", "H", 5, 1, position=2, asset="bbb"),
    ]
    found = ends(traced(tmp_path, rows))
    assert found == {(at("H"), "at_rest"): (5, 5, 5, "FORCED", "vouched")}


@pytest.mark.parametrize(("category", "role"), [("victim", ""), ("custodian", "recovery")])
def test_d4_whom_a_victim_or_a_recovery_address_pays_is_on_no_list(tmp_path: Path, category: str, role: str) -> None:
    rows = [row("V", "H", 100, 1), row("H", "M", 100, 2), row("M", "Y", 60, 3), row("M", "X", 40, 4)]
    home = {"address": at("M"), "label": "m", "category": category, "entity": "m", "source_url": "", "role": role}
    trace = traced(tmp_path, rows, [], [home])
    assert not {at("M"), at("X"), at("Y")} & set(listed(trace))


@pytest.mark.parametrize(("category", "role"), [("other", "white_hat"), ("white_hat", "")])
@pytest.mark.parametrize("since", ["", "2026-01-05", "2030-01-01"])
def test_d4_a_white_hat_clears_itself_alone(tmp_path: Path, category: str, role: str, since: str) -> None:
    rows = [
        one | {"time": f"2026-01-0{one['block']}T00:00:00Z"}
        for one in (row("V", "H", 100, 1), row("H", "M", 100, 2), row("M", "X", 100, 3))
    ]
    white = {"address": at("M"), "label": "m", "category": category, "entity": "m", "source_url": "", "role": role}
    trace = traced(tmp_path, rows, [], [{**white, "valid_from": since}])
    assert set(listed(trace)) == {at("H"), at("X")}


def test_d4_a_recovery_address_is_none_before_it_became_one(tmp_path: Path) -> None:
    rows = [
        one | {"time": f"2026-01-0{one['block']}T00:00:00Z"}
        for one in (row("V", "H", 100, 1), row("H", "M", 100, 2), row("M", "X", 100, 3))
    ]
    home = {"address": at("M"), "label": "m", "category": "other", "entity": "m", "source_url": "", "role": "recovery"}
    assert set(listed(traced(tmp_path, rows, [], [{**home, "valid_from": "2026-01-02"}]))) == set()
    assert set(listed(traced(tmp_path, rows, [], [{**home, "valid_from": "2026-01-04"}]))) == {at("H"), at("X")}


def test_d6_the_key_of_a_service_of_another_chain_is_on_no_list(tmp_path: Path) -> None:
    service = {"address": at("M"), "label": "m", "category": "exchange", "entity": "Foo", "source_url": ""}
    rows = [row("V", "H", 100, 1), row("H", "M", 60, 2), row("M", "X", 60, 3), row("H", "Y", 40, 4)]
    there = [one | {"chain": "eip155:8453"} for one in rows]
    seeds = [{"chain": "eip155:8453"}]
    trace = traced(tmp_path, there, seeds, [{**service, "chain": "eip155:1"}])
    assert set(listed(trace)) == {at("H"), at("Y")}
    assert (at("M"), "same_key") in kept(trace)
    assert {one.address for one in trace.flags().leads} == {at("X")}
    assert any("the same key is" in note for note in trace.result.coverage.notes)
    assert ends(trace)[at("X"), "at_rest"][:3] == (60, 60, 60)
    pool = traced(tmp_path, there, seeds, [{**service, "chain": "eip155:1", "category": "mixer"}])
    assert set(listed(pool)) == {at("H"), at("M"), at("X"), at("Y")}


def test_b5_a_row_between_the_rows_of_an_event_is_in_no_order_with_it(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, position=1),
        row("H", "X", 100, 2, position=1, event="s"),
        row("H", "Y", 10, 2, position=3, asset="bbb", tx=tx(3)),
        row("X", "H", 50, 2, position=5, asset="bbb", event="s"),
    ]
    trace = traced(tmp_path, rows)
    found = {one["address"]: one["certainty"] for one in trace.exits().to_dict("records")}
    assert found[at("Y")] not in ("FORCED", "PARTIAL")
    assert trace.result.coverage.ties == 1


def test_a4_out_of_the_hands_of_a_lead_come_leads(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 95, 1, position=1),
        row("V", "M", 5, 1, position=2),
        row("M", "Y", 5, 2, position=1),
        row("Y", "X", 5, 3, position=1),
    ]
    trace = traced(tmp_path, rows)
    assert listed(trace) == {}
    assert {one.address for one in trace.flags().leads} == {at("H"), at("M"), at("X"), at("Y")}


def test_d4_who_nets_to_nothing_inside_a_transaction_is_a_router(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1, position=1), row("H", "M", 100, 2, position=1), row("M", "X", 100, 2, position=2)]
    trace = traced(tmp_path, rows)
    assert (at("M"), "router") in kept(trace)
    assert set(listed(trace)) == {at("H"), at("X")}


def test_d4_an_undecoded_trade_lists_neither_the_pool_nor_its_next_customer(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, position=1),
        row("H", "M", 100, 2, position=1),
        row("M", "H", 50, 2, position=2, asset="bbb"),
        row("M", "Y", 100, 3, position=1),
    ]
    assert set(listed(traced(tmp_path, rows))) == {at("H")}


def test_d4_the_victim_of_another_case_clears_nobody(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "M", 100, 2)]
    other = {"address": at("M"), "label": "m", "category": "victim", "entity": "m", "source_url": ""}
    trace = traced(tmp_path, rows, [], [{**other, "incident": "another-2020"}])
    assert listed(trace)[at("H")] == ("T2", "theft_receiver")


@pytest.mark.parametrize("policy", ["fifo", "lifo"])
def test_d4_no_rule_decides_who_gave_everything_back(tmp_path: Path, policy: str) -> None:
    rows = [row("C", "H", 100, 1, tx=tx(9)), row("V", "H", 100, 2, tx=tx(1)), row("H", "V", 100, 3)]
    assert at("H") in listed(traced(tmp_path, [*rows, row("H", "X", 100, 4)], policy=policy))


def test_a1_behind_a_second_thief_nobody_is_spared(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 60, 2), row("X", "Y", 60, 3), row("Y", "K", 60, 4)]
    trace = traced(tmp_path, rows, [{"origin": "a"}, {"value": tx(2), "origin": "b", "victim": at("H")}])
    assert {at("X"), at("Y"), at("K")} <= set(listed(trace))


def test_d5_a_seed_without_chain_takes_no_transaction_of_two_chains(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, chain="eip155:1", time="2026-01-01"),
        row("V", "H", 100, 1, chain="eip155:56", time="2026-01-01"),
    ]
    with pytest.raises(InputError, match="chain"):
        traced(tmp_path, rows)


def test_f2_what_makes_a_figure_doubtful_stands_on_the_card(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1, position=1), row("H", "X", 2, 1, position=2, asset="bbb")]
    said = repr(traced(tmp_path, rows))
    assert "it is taken for a pool" in " ".join(said.split())


def test_a1_a_seed_that_takes_nothing_is_no_closed_trace_without_a_word(tmp_path: Path) -> None:
    seed = {"kind": "holder", "value": at("H"), "asset": UNIT}
    said = repr(traced(tmp_path, [row("V", "H", 100, 1)], [seed]))
    assert "no seed takes anything" in said


def test_b5_a_day_without_a_time_beside_times_of_that_day_is_no_order(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2026-01-01T08:00:00Z") | {"block": ""},
        row("C", "H", 100, 2, time="2026-01-02T09:00:00Z") | {"block": ""},
        row("H", "X", 100, 3, time="2026-01-02") | {"block": ""},
    ]
    for times in ({}, {"time": "2026-01-02"}):
        mixed = [rows[0], rows[1] | times, rows[2]]
        assert ends(traced(tmp_path, mixed, [], [("X", "exchange")]))[at("X"), "service"][1:4] == (0, 100, "POSSIBLE")
    late = [*rows[:2], rows[2] | {"time": "2026-01-03"}]
    assert ends(traced(tmp_path, late, [], [("X", "exchange")]))[at("X"), "service"][1:4] == (0, 100, "POSSIBLE")
    early = [rows[0], rows[1] | {"time": "2026-01-03"}, rows[2]]
    assert ends(traced(tmp_path, early, [], [("X", "exchange")]))[at("X"), "service"][1:4] == (100, 100, "FORCED")


def test_b5_payments_in_a_circle_that_nothing_feeds_void_the_vouching(tmp_path: Path) -> None:
    rows = [
        row("B", "C", 100, 1, tx=tx(7)),
        row("C", "B", 100, 1, tx=tx(8)),
        row("V", "B", 100, 2, tx=tx(1)),
        row("B", "X", 100, 3),
    ]
    trace = traced(tmp_path, rows, [], [("X", "exchange")])
    assert ends(trace)[at("X"), "service"][1:4] == (0, 100, "POSSIBLE")
    assert "in no order of its block" in " ".join(trace.result.coverage.vouching_void.values())


@pytest.mark.parametrize(
    ("since", "until", "stolen"), [("", "2001-01-01", 60), ("2030-01-01", "", 60), ("2020-01-01", "2030-01-01", 100)]
)
def test_d1_a_victim_is_one_in_its_time_alone(tmp_path: Path, since: str, until: str, stolen: int) -> None:
    day = {"time": "2024-01-01T00:00:00Z"}
    rows = [row("V", "H", 60, 1, event="e", **day), row("M", "H", 40, 1, event="e", **day)]
    known = {"label": "v", "category": "victim", "entity": "v", "source_url": ""}
    labels = [{**known, "address": at("V")}, {**known, "address": at("M"), "valid_from": since, "valid_until": until}]
    trace = traced(tmp_path, rows, [], labels)
    assert sum(trace.result.stolen.values()) == stolen


def test_d3_labels_and_rows_after_the_day_of_knowledge_are_said_on_the_card(tmp_path: Path) -> None:
    rows = [
        one | {"time": f"2026-01-0{one['block']}T00:00:00Z"} for one in (row("V", "H", 100, 1), row("H", "M", 100, 2))
    ]
    late = {"address": at("M"), "label": "m", "category": "exchange", "entity": "m", "source_url": ""}
    card = repr(traced(tmp_path, rows, [], [{**late, "list_date": "2026-01-05"}], as_of="2026-01-01"))
    assert "1 labels of addresses reached became known only after" in " ".join(card.split())
    assert "1 of 2 events are later than 2026-01-01" in " ".join(card.split())
