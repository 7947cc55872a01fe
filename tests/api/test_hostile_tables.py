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
        ({"kind": "native"}, {"kind": "internal"}),
        ({"kind": "internal", "tx": ""}, {"kind": "native"}),
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
    for first, second in (
        ({"tx": tx(2)}, {"tx": tx(3)}),
        ({"kind": "native"}, {"kind": "token"}),
        ({"kind": "native", "repeat": 1}, {"kind": "internal", "repeat": 2}),
    ):
        rows = [row("V", "H", 100, 1), row("H", "X", 50, 2, **first), row("H", "X", 50, 2, **second)]
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
    known = [{"address": at("D"), "label": "d", "category": "dex", "entity": "d", "source_url": ""}]
    assert ends(traced(tmp_path, rows, [], known)) == {(at("H"), "at_rest"): (5, 5, 5, "FORCED", "vouched")}
    assert listed(traced(tmp_path, rows, [], known))[at("H")] == ("T2", "theft_receiver")
    # That D is a pool nobody says: it could be the thief, and H whom it tipped.
    assert ends(traced(tmp_path, rows)) == {(at("H"), "at_rest"): (5, 5, 5, "CONDITIONAL", "open")}
    assert listed(traced(tmp_path, rows)) == {}
    thief = traced(tmp_path, rows, [{"recipient": at("D")}])
    assert ends(thief) == {(at("D"), "at_rest"): (100, 100, 100, "FORCED", "vouched")}


@pytest.mark.parametrize(("category", "role"), [("victim", ""), ("custodian", "recovery"), ("other", "victim")])
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
    assert (at("M"), "elsewhere") in kept(trace)
    assert {one.address for one in trace.flags().leads} == {at("X")}
    assert any("the same address is" in note for note in trace.result.coverage.notes)
    assert ends(trace)[at("X"), "at_rest"][:3] == (60, 60, 60)


@pytest.mark.parametrize(
    ("category", "role"), [("mixer", ""), ("bridge", ""), ("other", "recovery"), ("other", "white_hat"), ("victim", "")]
)
def test_d6_every_guard_of_a_key_holds_on_the_other_chains_while_it_held(
    tmp_path: Path, category: str, role: str
) -> None:
    known = {"address": at("M"), "label": "m", "category": category, "entity": "m", "source_url": "", "role": role}
    rows = [
        one | {"chain": "eip155:8453", "time": f"2026-01-0{one['block']}T00:00:00Z"}
        for one in (row("V", "H", 100, 1), row("H", "M", 60, 2), row("M", "X", 60, 3))
    ]
    seeds = [{"chain": "eip155:8453"}]
    labels = [{**known, "chain": "eip155:1", "valid_until": "2026-01-03"}]
    assert set(listed(traced(tmp_path, rows, seeds, labels))) == {at("H")}
    old = [{**known, "chain": "eip155:1", "valid_until": "2021-01-01"}]
    assert set(listed(traced(tmp_path, rows, seeds, old))) == {at("H"), at("M"), at("X")}


def test_d6_the_key_of_the_victim_is_the_victim_on_every_chain(tmp_path: Path) -> None:
    day = {"time": "2026-01-01T00:00:00Z"}
    rows = [
        row("V", "H", 100, 1, chain="eip155:1", **day),
        row("H", "V", 60, 2, chain="eip155:8453", **day),
        row("V", "Y", 60, 3, chain="eip155:8453", time="2026-01-02T00:00:00Z"),
    ]
    seeds = [{"chain": "eip155:1"}, {"kind": "holder", "value": at("H"), "chain": "eip155:8453", "amount": 60}]
    trace = traced(tmp_path, rows, seeds)
    listed_there = {one.caip10 for one in trace.flags().entries}
    assert f"eip155:8453:{at('V')}" not in listed_there
    assert f"eip155:8453:{at('Y')}" not in listed_there


def test_a2_paying_the_victim_of_another_theft_gives_nothing_back(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "M", 100, 2), row("M", "X", 100, 3)]
    trace = traced(tmp_path, rows, [{}, {"value": tx(3), "origin": "p"}])
    assert listed(trace)[at("H")] == ("T2", "theft_receiver")
    assert at("X") in listed(trace)
    back = traced(tmp_path, [*rows[:1], row("H", "V", 100, 2)])
    assert (at("H"), "returned") in kept(back)


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


@pytest.mark.parametrize("time", ["", "2024-01-01"])
def test_d1_a_victim_whose_time_is_not_known_is_asked_for(tmp_path: Path, time: str) -> None:
    rows = [row("V", "H", 60, 1, event="e", time=time), row("M", "H", 40, 1, event="e", time=time)]
    known = {"label": "v", "category": "victim", "entity": "v", "source_url": ""}
    open_one = {**known, "address": at("M"), "valid_until": "2024-01-01T10:00Z"}
    with pytest.raises(InputError, match="its label leaves open"):
        traced(tmp_path, rows, [], [{**known, "address": at("V")}, open_one])


@pytest.mark.parametrize(("since", "until"), [("", "2001-01-01"), ("2030-01-01", "")])
def test_d1_a_name_of_another_time_makes_nothing_certain_where_rows_have_none(
    tmp_path: Path, since: str, until: str
) -> None:
    nick = {"address": at("X"), "label": "n", "category": "theft", "entity": "Nick", "source_url": ""}
    rows = [row("V", "H", 100, 1), row("H", "X", 100, 2)]
    trace = traced(tmp_path, rows, [], [{**nick, "valid_from": since, "valid_until": until}])
    assert ends(trace)[at("X"), "at_rest"][3] == "CONDITIONAL"


@pytest.mark.parametrize(("blocks", "since"), [(True, "2030-01-01"), (False, "2024-01-02T10:00Z")])
def test_d4_a_recovery_address_that_may_not_have_been_one_clears_nobody(
    tmp_path: Path, blocks: bool, since: str
) -> None:
    rows = [
        one | ({} if blocks else {"time": f"2024-01-0{one['block']}"})
        for one in (row("V", "H", 100, 1), row("H", "M", 100, 2), row("M", "X", 100, 3))
    ]
    home = {"address": at("M"), "label": "m", "category": "other", "entity": "m", "source_url": "", "role": "recovery"}
    trace = traced(tmp_path, rows, [], [{**home, "valid_from": since}])
    assert at("H") in listed(trace)
    assert "returned" not in {cls for _, cls in kept(trace)}


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


@pytest.mark.parametrize("turn", [False, True])
def test_d2_a_label_that_begins_after_a_tie_holds_what_any_order_left_there(tmp_path: Path, turn: bool) -> None:
    day = {"time": "2024-01-01T00:00:00Z"}
    rows = [row("V", "H", 100, 1, **day), row("H", "X", 60, 1, tx=tx(2), **day)]
    service = {"address": at("H"), "label": "f", "category": "exchange", "entity": "Foo", "source_url": ""}
    labels = [{**service, "valid_from": "2024-01-05"}]
    found = ends(traced(tmp_path, rows[::-1] if turn else rows, [], labels, complete=False))
    assert found[at("H"), "service"][1:3] == (40, 100)
    assert found[at("X"), "incomplete"][1:3] == (0, 60)


def test_d2_a_label_finds_what_the_order_of_the_rows_left_nothing_of(tmp_path: Path) -> None:
    day = {"time": "2024-01-01T00:00:00Z"}
    rows = [row("V", "H", 60, 1, **day), row("H", "X", 60, 1, tx=tx(2), **day)]
    service = {"address": at("H"), "label": "f", "category": "exchange", "entity": "Foo", "source_url": ""}
    trace = traced(tmp_path, rows, [], [{**service, "valid_from": "2024-01-05"}], complete=False)
    assert ends(trace)[at("H"), "service"][:3] == (0, 0, 60)


def test_d4_a_statement_that_ended_names_nobody_and_overrides_nothing(tmp_path: Path) -> None:
    rows = [
        one | {"time": f"2024-01-0{one['block']}T00:00:00Z"} for one in (row("V", "H", 100, 1), row("H", "M", 100, 2))
    ]
    foo = {"address": at("M"), "label": "f", "category": "exchange", "entity": "Foo", "source_url": ""}
    gang = {"address": at("M"), "label": "g", "category": "theft", "entity": "Gang", "source_url": "", "rank": "A1"}
    gang |= {"incident": "o", "confidence": "override", "valid_until": "2023-01-01"}
    assert at("M") not in listed(traced(tmp_path, rows, [], [{**foo, "rank": ""}, gang]))
    assert listed(traced(tmp_path, rows, [], [gang]))[at("M")][0] == "T2"
    now = {**gang, "valid_until": ""}
    assert listed(traced(tmp_path, rows, [], [{**foo, "rank": ""}, now]))[at("M")][0] == "T1"


def test_d4_a_look_alike_that_sends_dust_clears_nobody(tmp_path: Path) -> None:
    thief, double = "0xabcd" + "1" * 32 + "1234", "0xabcd" + "9" * 32 + "1234"
    rows = [
        row("V", thief, 10**12, 1, asset=USDC),
        row(thief, "X", 10**12, 2, asset=USDC),
        row(double, "X", 1, 3, asset=USDC),
    ]
    trace = traced(tmp_path, rows, [{"asset": USDC}])
    assert {thief, at("X")} <= set(listed(trace))


def test_d2_names_follow_their_time_in_words_and_pictures(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2024-01-01T00:00:00Z"),
        row("H", "M", 30, 3, time="2024-01-03T00:00:00Z"),
        row("H", "M", 50, 7, time="2024-01-07T00:00:00Z"),
        row("H", "X", 20, 8, time="2024-01-08T00:00:00Z"),
    ]
    known = {"label": "l", "category": "exchange", "source_url": ""}
    labels = [
        {**known, "address": at("M"), "entity": "Foo", "valid_until": "2024-01-05"},
        {**known, "address": at("M"), "entity": "Bar", "category": "mixer", "valid_from": "2024-01-05"},
        {**known, "address": at("X"), "entity": "Gone", "valid_until": "2024-01-02"},
    ]
    trace = traced(tmp_path, rows, [], labels)
    assert trace.result.holders["eip155:1", at("M")].name == "Foo, then Bar"  # type: ignore[index]
    assert "Foo, then Bar" in trace.draw().svg
    assert "Foo, then Bar" in trace.path_to(at("M")).explain()
    assert "Gone" not in trace.draw().svg
    assert "Gone" not in trace.path_to(at("X")).explain()
    assert {one["name"] for one in trace.address(at("H")).counterparties().to_dict("records")} >= {"Foo, then Bar"}


def test_d6_customers_of_the_key_of_a_service_are_leads_whoever_paid_it(tmp_path: Path) -> None:
    service = {"address": at("H"), "label": "m", "category": "exchange", "entity": "Foo", "source_url": ""}
    rows = [row("V", "H", 100, 1), row("H", "M", 60, 2), row("M", "X", 60, 3)]
    there = [one | {"chain": "eip155:8453"} for one in rows]
    trace = traced(tmp_path, there, [{"chain": "eip155:8453"}], [{**service, "chain": "eip155:1"}])
    assert set(listed(trace)) == set()
    assert {one.address for one in trace.flags().leads} == {at("M"), at("X")}


def test_d4_behind_a_service_that_is_followed_stand_leads(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "M", 100, 2), row("M", "X", 100, 3)]
    trace = traced(tmp_path, rows, [], [("M", "exchange")], stop_at="mixer")
    assert set(listed(trace)) == {at("H")}
    assert {one.address for one in trace.flags().leads} == {at("X")}


def test_a4_who_paid_into_the_theft_and_got_the_loot_next_day_is_a_lead(tmp_path: Path) -> None:
    rows = [
        row("V", "M", 100, 1, event="e"),
        row("H", "M", 10, 1, event="e"),
        row("M", "B", 110, 1, event="e"),
        row("B", "H", 110, 2),
    ]
    trace = traced(tmp_path, rows, [{"victim": at("V")}])
    assert at("H") in {one.address for one in trace.flags().leads}
    assert at("H") not in {caip for caip, _ in kept(trace)}


def test_e1_a_row_of_clean_money_in_a_shared_event_carries_nothing(tmp_path: Path) -> None:
    rows = [
        row("C", "H", 42, 1, tx=tx(9)),
        row("V", "H", 100, 2, tx=tx(1)),
        row("H", "X", 42, 3, event="e"),
        row("H", "Y", 100, 3, event="e"),
    ]
    for policy in ("fifo", "lifo", "haircut", "clean_first"):
        trace = traced(tmp_path, rows, policy=policy)
        got = {one["address"]: one["tainted"] for one in trace.exits().to_dict("records")}
        for one in trace.result.movements:
            if one.sender == at("H"):
                assert one.tainted == got.get(one.recipient, 0), policy


def test_a2_a_victim_robbed_twice_and_paid_in_between_is_robbed_twice(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "V", 1, 2), row("V", "H", 50, 3)]
    known = [{"address": at("V"), "label": "v", "category": "victim", "entity": "v", "source_url": ""}]
    for labels in ([], known):
        trace = traced(tmp_path, rows, [{}, {"value": tx(3)}], labels)
        assert sum(trace.result.stolen.values()) == 150


def small_change(name: str, other: str, asset: str = UNIT, back: str = UNIT) -> list[dict[str, object]]:
    """Return one transaction in which one unit goes out and one comes in."""
    return [row(other, name, 1, 4, position=1, asset=back), row(name, other, 1, 4, position=2, asset=asset)]


@pytest.mark.parametrize("assets", [(UNIT, UNIT), ("bbb", "ccc")])
def test_d4_one_unit_that_goes_in_and_out_clears_nobody(tmp_path: Path, assets: tuple[str, str]) -> None:
    rows = [
        row("V", "H", 100, 1, position=1),
        row("H", "M", 100, 2, position=1),
        *small_change("M", "C", *assets),
        row("M", "X", 90, 5, position=1),
    ]
    assert {at("H"), at("M"), at("X")} <= set(listed(traced(tmp_path, rows)))


@pytest.mark.parametrize("got", [5, 500])
def test_a2_no_price_of_a_swap_says_what_a_theft_is(tmp_path: Path, got: int) -> None:
    swap = [row("H", "D", 110, 2, event="s"), row("D", "M", got, 2, event="s", asset="bbb")]
    rows = [row("V", "E", 100, 1, event="e"), row("M", "E", 10, 1, event="e"), row("E", "H", 110, 1, event="e"), *swap]
    trace = traced(tmp_path, rows, [{"victim": at("V")}])
    assert at("M") in {one.address for one in (*trace.flags().leads, *trace.flags().entries)}
    home = [row("V", "H", 100, 1), row("H", "V", 100, 2)]
    home += [row("V", "D", 100, 3, event="s"), row("D", "Y", got, 3, event="s", asset="bbb")]
    back = traced(tmp_path, home)
    assert at("Y") not in listed(back)
    assert (at("Y"), "through_victim") in kept(back)


def test_a1_two_victims_may_each_have_a_seed_of_one_transaction(tmp_path: Path) -> None:
    rows = [row("V", "H", 50, 1, event="e"), row("M", "H", 50, 1, event="e")]
    for more in ({}, {"recipient": at("H")}):
        seeds = [{"victim": at(name), **more} for name in "VM"]
        assert sum(traced(tmp_path, rows, seeds).result.stolen.values()) == 100


@pytest.mark.parametrize("policy", ["fifo", "lifo", "dirty_first"])
def test_d4_an_opening_balance_lets_no_rule_say_who_gave_everything_back(tmp_path: Path, policy: str) -> None:
    rows = [row("V", "H", 100, 1), row("H", "V", 100, 2), row("H", "X", 10, 3)]
    trace = traced(tmp_path, rows, policy=policy, complete=False)
    assert at("H") in listed(trace)


def test_a2_what_a_service_pays_is_its_customers(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "E", 100, 2), row("E", "M", 70, 3), row("M", "X", 70, 4)]
    trace = traced(tmp_path, rows, [{}, {"value": tx(4)}], [("E", "exchange")])
    assert sum(trace.result.stolen.values()) == 170


def test_d4_behind_a_service_that_began_later_stand_leads_too(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2024-01-01T00:00:00Z"),
        row("H", "M", 50, 2, time="2024-01-01T10:00:00Z"),
        row("H", "M", 50, 3, time="2024-01-03T00:00:00Z"),
        row("M", "X", 100, 5, time="2024-01-05T00:00:00Z"),
    ]
    foo = {"address": at("M"), "label": "f", "category": "exchange", "entity": "Foo", "source_url": ""}
    trace = traced(tmp_path, rows, [], [{**foo, "valid_from": "2024-01-02"}], stop_at="mixer")
    assert at("X") not in listed(trace)


def test_d2_a_freeze_of_an_asset_comes_before_the_service_that_holds_it(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "M", 100, 2)]
    labels = [
        {"address": at("M"), "label": "f", "category": "exchange", "entity": "Foo", "source_url": ""},
        {"address": at("M"), "label": "t", "category": "frozen", "entity": "Tether", "source_url": "", "asset": UNIT},
    ]
    (one,) = traced(tmp_path, rows, [], labels).exits().to_dict("records")
    assert (one["stop_reason"], one["entity"], one["certainty"]) == ("frozen", "Tether", "FORCED")


@pytest.mark.parametrize("turn", [False, True])
def test_b5_a_tie_after_a_label_began_asks_what_was_there_from_the_start(tmp_path: Path, turn: bool) -> None:
    both = [row("C", "H", 10, 6, tx=tx(7)), row("H", "X", 55, 6, tx=tx(8))]
    rows = [row("V", "H", 50, 1), row("H", "Y", 5, 2), *(both[::-1] if turn else both)]
    timed = [one | {"time": f"2024-01-0{one['block']}T00:00:00Z"} for one in rows]
    bar = {"address": at("H"), "label": "b", "category": "exchange", "entity": "Bar", "source_url": ""}
    found = ends(traced(tmp_path, timed, [], [{**bar, "valid_from": "2024-01-04"}], complete=False))
    assert found[at("Y"), "incomplete"][1:3] == (0, 5)
    assert found[at("H"), "service"][1:3] == (45, 50)


def test_d4_a_victim_is_at_home_with_no_more_than_it_lost(tmp_path: Path) -> None:
    rows = [row("V", "H", 1000, 1), row("M", "H", 1, 2), row("H", "M", 1001, 3), row("M", "Y", 1001, 4)]
    trace = traced(tmp_path, rows, [{}, {"value": tx(2), "victim": at("M")}])
    assert {at("H"), at("Y")} <= {one.address for one in (*trace.flags().leads, *trace.flags().entries)}
    assert not {"returned", "through_victim"} & {cls for _, cls in kept(trace)}


def test_a1_the_victim_of_another_incident_is_none_of_this_one(tmp_path: Path) -> None:
    rows = [row("V", "H", 60, 1, event="e"), row("M", "H", 40, 1, event="e")]
    known = {"address": at("M"), "label": "v", "category": "victim", "entity": "v", "source_url": ""}
    with pytest.raises(InputError, match="Several lose it"):
        traced(tmp_path, rows, [], [{**known, "incident": "otherhack-2020"}])
    assert sum(traced(tmp_path, rows, [], [{**known, "incident": "o"}]).result.stolen.values()) == 40


def test_d2_an_exit_in_an_event_has_the_name_that_held_at_all_of_them(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2024-01-01T00:00:00Z"),
        row("H", "M", 100, 2, time="2024-01-02T00:00:00Z"),
        row("M", "X", 100, 3, time="2024-01-03T00:00:00Z"),
    ]
    gang = {"address": at("M"), "label": "g", "category": "theft", "entity": "Gang", "source_url": ""}

    def named(since: str) -> set[str]:
        trace = traced(tmp_path, rows, [], [{**gang, "valid_from": since}], max_hops=1)
        return {str(one["entity"]) for one in trace.exits().to_dict("records") if one["address"] == at("M")}

    assert named("2020-01-01") == {"Gang"}
    assert named("2024-06-01") == {""}


@pytest.mark.parametrize(("kept_back", "tier"), [(0, ""), (1, "T4"), (50, "T2")])
def test_d4_a_router_that_charges_is_a_lead(tmp_path: Path, kept_back: int, tier: str) -> None:
    rows = [
        row("V", "H", 100, 1, position=1),
        row("H", "M", 100, 2, position=1),
        row("M", "X", 100 - kept_back, 2, position=2),
    ]
    flags = traced(tmp_path, rows).flags()
    found = {one.address: one.tier for one in (*flags.entries, *flags.leads)}
    assert found.get(at("M"), "") == tier


def test_d4_all_the_loot_in_small_payments_is_no_dust(tmp_path: Path) -> None:
    double, friend = "0xabcd" + "1" * 32 + "1234", "0xabcd" + "9" * 32 + "1234"
    rows = [row("V", double, 2000, 1), row(friend, "X", 5, 2)]
    rows += [row(double, "X", 1, 3 + number) for number in range(2000)]
    rows.append(row("X", "Y", 2000, 3000))
    assert at("X") in listed(traced(tmp_path, rows))


def test_d4_who_is_robbed_later_was_no_home_before(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("C", "M", 1, 2), row("H", "M", 100, 3), row("M", "X", 101, 4)]
    trace = traced(tmp_path, rows, [{}, {"value": tx(4), "victim": at("M")}])
    assert at("H") in listed(trace)


@pytest.mark.parametrize(("category", "role"), [("victim", ""), ("other", "recovery")])
def test_d4_a_home_of_another_theft_of_the_case_is_none_of_this(tmp_path: Path, category: str, role: str) -> None:
    rows = [row("V", "H", 100, 1), row("C", "K", 50, 2), row("H", "M", 100, 3)]
    home = {"address": at("M"), "label": "m", "category": category, "entity": "m", "source_url": "", "role": role}
    seeds = [{}, {"value": tx(2), "origin": "p"}]
    assert at("H") in listed(traced(tmp_path, rows, seeds, [{**home, "incident": "p"}]))
    assert at("H") not in listed(traced(tmp_path, rows, seeds, [{**home, "incident": "o"}]))


def test_d2_a_label_that_ended_before_anything_happened_names_nobody(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 60, 1, time="2024-01-01T00:00:00Z"),
        row("H", "M", 60, 2, time="2024-01-02T00:00:00Z"),
        row("M", "X", 70, 3, time="2024-01-03T00:00:00Z"),
    ]
    foo = {"address": at("M"), "label": "f", "category": "exchange", "entity": "Foo", "source_url": ""}
    trace = traced(tmp_path, rows, [], [{**foo, "valid_until": "2020-01-05"}], complete=False)
    assert "Foo" not in trace.path_to(at("X")).explain()


def carried(trace: Trace) -> dict[tuple[str, str, int], int]:
    """Return the stolen units of each movement, by sender, recipient and amount."""
    return {(one.sender, one.recipient, one.amount): one.tainted for one in trace.result.movements}


@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("policy", ["fifo", "lifo", "haircut", "dirty_first"])
def test_e1_nobody_is_shown_to_pay_stolen_units_that_he_did_not_hold(tmp_path: Path, policy: str, turn: bool) -> None:
    both = [row("C", "E", 42, 2, event="e"), row("H", "E", 58, 2, event="e")]
    rows = [row("V", "H", 58, 1), *(both[::-1] if turn else both), row("E", "X", 100, 3)]
    found = carried(traced(tmp_path, rows, policy=policy))
    assert (found[at("C"), at("E"), 42], found[at("H"), at("E"), 58]) == (0, 58)


def test_e1_a_swap_has_its_giving_side_in_the_movements(tmp_path: Path) -> None:
    rows = [row("V", "H", 50, 1), row("H", "D", 50, 2, event="s"), row("D", "H", 500, 2, event="s", asset="bbb")]
    found = carried(traced(tmp_path, rows))
    assert (found[at("H"), at("D"), 50], found[at("D"), at("H"), 500]) == (50, 500)


def test_e1_who_pays_beside_the_victim_is_not_shown_to_pay_stolen_units(tmp_path: Path) -> None:
    rows = [row("C", "H", 10, 1, event="e"), row("V", "H", 50, 1, event="e")]
    found = carried(traced(tmp_path, rows, [{"victim": at("V")}]))
    assert (found[at("C"), at("H"), 10], found[at("V"), at("H"), 50]) == (0, 50)


@pytest.mark.parametrize("fee_first", [False, True])
def test_b3_the_payee_of_a_fee_has_it_as_clean_money(tmp_path: Path, fee_first: bool) -> None:
    """What a block producer earns is no stolen unit, and not money that came from nowhere."""
    paid, fee = (2, 3) if not fee_first else (3, 2)
    rows = [row("V", "H", 100, 1), row("H", "M", 10, paid), row("H", "M", 5, fee, kind="fee"), row("M", "X", 12, 4)]
    trace = traced(tmp_path, rows)
    found = ends(trace)
    assert found[at("X"), "at_rest"] == ((7 if fee_first else 10), 7, 10, "PARTIAL", "vouched")
    assert found[at("M"), "fee"][:4] == (5, 5, 5, "FORCED")
    assert found[at("M"), "at_rest"][1:4] == (0, 3, "POSSIBLE")
    assert not [who for _, who, _ in trace.result.coverage.unexplained_inflow if who == at("M")]


def test_d4_one_unit_of_the_thiefs_makes_no_suspect_of_the_victims_customer(tmp_path: Path) -> None:
    rows = [
        *(row("V", "H", 100, 1), row("H", "V", 60, 2), row("V", "X", 60, 3)),
        *(row("H", "X", 1, 4), row("X", "Y", 61, 5)),
    ]
    trace = traced(tmp_path, rows)
    assert list(listed(trace)) == [at("H")]
    assert [one.address for one in trace.flags().leads] == [at("X"), at("Y")]


def test_d4_who_is_taken_for_a_pool_of_the_theft_is_kept_off_with_the_reason(tmp_path: Path) -> None:
    rows = [
        *(row("V", "M", 100, 1, position=1), row("M", "H", 11, 1, position=2, asset="bbb")),
        row("M", "X", 100, 2, position=1),
    ]
    trace = traced(tmp_path, rows)
    assert (at("M"), "unvouched") in kept(trace)
    assert "No stolen units can have reached it" not in repr(trace.address(at("X")))


def test_b3_who_earns_the_fee_of_a_swap_takes_no_part_in_it(tmp_path: Path) -> None:
    """With or without a named payee of the fee the swap is the same, and nobody is taken for its other side."""
    swap = [row("H", "M", 90, 2, event="e"), row("M", "H", 45, 2, event="e", asset="bbb")]
    for payee in ("", at("K")):
        rows = [
            *(row("V", "H", 100, 1), row("C", "M", 50, 1, asset="bbb", tx=tx(11)), *swap),
            {**row("H", "K", 10, 2, event="e"), "recipient": payee, "kind": "fee"},
        ]
        found = ends(traced(tmp_path, rows))
        assert found[at("H"), "at_rest"] == (45, 45, 45, "FORCED", "vouched")


def test_d4_a_party_of_one_theft_that_receives_another_is_listed(tmp_path: Path) -> None:
    rows = [
        *(row("V", "X", 50, 1, position=1), row("X", "H", 5, 1, position=2, asset="bbb")),
        row("W", "X", 70, 2, position=1),
    ]
    trace = traced(tmp_path, rows, [{"asset": UNIT, "victim": at("V")}, {"value": tx(2), "origin": "p"}])
    assert listed(trace)[at("X")][1] == "theft_receiver"


def test_d4_who_has_the_loot_left_is_no_router(tmp_path: Path) -> None:
    rows = [
        *(row("C", "X", 100, 1, tx=tx(9)), row("V", "H", 100, 2, tx=tx(1))),
        *(row("H", "X", 100, 3, position=1), row("X", "Y", 100, 3, position=2)),
        row("Y", "X", 100, 4, position=1),
    ]
    rows = [{**one, "position": one.get("position", 0)} for one in rows]
    trace = traced(tmp_path, rows)
    assert at("X") in listed(trace)
    assert (at("X"), "router") not in kept(trace)


def test_d1_nobody_is_paid_when_a_label_begins(tmp_path: Path) -> None:
    rows = [
        *(row("V", "H", 100, 1, time="2024-01-01"), row("H", "X", 100, 2, time="2024-01-02")),
        row("X", "Y", 60, 4, time="2024-01-04"),
    ]
    label = {"address": at("X"), "label": "Foo", "category": "exchange", "entity": "Foo", "source_url": ""}
    trace = traced(tmp_path, rows, labels=[{**label, "valid_from": "2024-01-03"}])
    path = trace.path_to(at("X"))
    assert [(total.amount, total.ways) for total in path.found.totals] == [(100, 1)]
    assert "Foo" not in str(path.explain()).split("Way 1")[1].split("Rule")[0]


def test_f1_the_victims_own_row_is_in_the_table_where_somebody_passed_it_on(tmp_path: Path) -> None:
    trace = traced(tmp_path, [row("V", "M", 100, 1, position=1), row("M", "H", 100, 1, position=2)])
    rows = trace.movements().to_dict("records")
    assert [(one["sender"], one["recipient"], one["tainted"]) for one in rows] == [
        (at("V"), at("M"), 100),
        (at("M"), at("H"), 100),
    ]
    assert "No stolen units can have reached it" not in repr(trace.address(at("M")))


def test_c3_what_several_seeds_say_a_holder_began_with_adds_up(tmp_path: Path) -> None:
    rows = [row("K", "X", 60, 2), row("Z", "K", 40, 2, tx=tx(3))]
    seeds = [{"kind": "holder", "value": at("K"), "amount": 50}]
    seeds += [{"kind": "holder", "value": at("K"), "amount": 30, "origin": "p"}]
    trace = traced(tmp_path, rows, seeds, policy="lifo")
    assert not [note for note in trace.result.coverage.notes if "not follow the rows" in note]
    assert sorted((leaf.origin.name, leaf.tainted) for leaf in trace.result.exits if leaf.address == at("X")) == [
        ("o", 30),
        ("p", 30),
    ]


def test_e9_who_stops_by_the_limit_of_hops_has_its_interval_on_the_list(tmp_path: Path) -> None:
    trace = traced(tmp_path, [row("V", "H", 100, 1), row("H", "X", 60, 2)], max_hops=1)
    entry = next(one for one in trace.flags().entries if one.address == at("X"))
    assert (entry.tier, entry.tainted, entry.min, entry.max, entry.certainty) == ("T2", 60, 60, 60, "FORCED")


FOLLOWED = {"stop_at": ("mixer",)}


def test_d4_one_unit_of_the_thiefs_makes_no_suspect_of_a_services_customer(tmp_path: Path) -> None:
    rows = [
        *(row("V", "H", 100, 1), row("H", "M", 90, 2), row("M", "X", 90, 3)),
        *(row("H", "X", 1, 4), row("X", "Y", 91, 5)),
    ]
    trace = traced(tmp_path, rows, labels=[("M", "exchange")], **FOLLOWED)
    assert list(listed(trace)) == [at("H")]
    assert [one.address for one in trace.flags().leads] == [at("X"), at("Y")]


@pytest.mark.parametrize("home", [True, False])
def test_d4_a_few_units_of_the_thiefs_paid_on_one_by_one_make_no_suspects(tmp_path: Path, home: bool) -> None:
    """Whom a customer pays no more than the thief's dust has no better reason to stand on the list than he."""
    middle = "V" if home else "M"
    rows = [
        *(row("V", "H", 100, 1), row("H", middle, 90, 2), row(middle, "X", 90, 3), row("H", "X", 1, 4)),
        *(row("X", "Y", 1, 5), row("X", "Z", 1, 6)),
    ]
    trace = traced(tmp_path, rows, labels=[("M", "exchange")], **FOLLOWED)
    assert list(listed(trace)) == [at("H")]


def test_d4_a_few_units_of_a_services_clear_no_thief(tmp_path: Path) -> None:
    rows = [
        *(row("V", "H", 100, 1), row("H", "M", 10, 2), row("H", "X", 90, 3)),
        *(row("M", "X", 10, 4), row("X", "Y", 100, 5)),
    ]
    trace = traced(tmp_path, rows, labels=[("M", "exchange")], **FOLLOWED)
    assert {at("H"), at("X"), at("Y")} == set(listed(trace))


@pytest.mark.parametrize("policy", ["fifo", "lifo", "haircut"])
def test_d4_the_order_of_lots_clears_nobody_whom_the_thief_paid(tmp_path: Path, policy: str) -> None:
    rows = [
        *(row("C", "H", 100, 9), row("V", "H", 100, 10, tx=tx(1)), row("H", "X", 100, 11)),
        *(row("H", "V", 100, 12), row("V", "X", 100, 13)),
    ]
    trace = traced(tmp_path, rows, policy=policy)
    assert (at("X"), "through_victim") not in kept(trace)
    assert at("X") in {one.address for one in (*trace.flags().entries, *trace.flags().leads)}


def test_d4_what_a_victim_moves_among_its_own_wallets_is_at_home_still(tmp_path: Path) -> None:
    rows = [
        *(row("V", "H", 100, 1), row("H", "V", 60, 2), row("V", "W", 60, 3)),
        *(row("W", "V", 60, 4), row("V", "X", 60, 5)),
    ]
    trace = traced(tmp_path, rows)
    assert list(listed(trace)) == [at("H")]
    assert (at("X"), "through_victim") in kept(trace)


def test_d4_one_unit_more_than_was_taken_makes_no_suspects_of_whom_the_victim_pays(tmp_path: Path) -> None:
    """Of two victims of one theft one gets back what it lost and a little of the other's."""
    rows = [
        *(row("V", "H", 100, 1, position=1), row("W", "H", 50, 1, position=2)),
        *(row("H", "V", 101, 2, position=1), row("V", "X", 101, 3, position=1)),
    ]
    trace = traced(tmp_path, rows, [{"victim": "*"}])
    assert list(listed(trace)) == [at("H")]


@pytest.mark.parametrize("amount", [100, 40])
def test_f1_the_page_of_who_earns_fees_says_that_they_end_there(tmp_path: Path, amount: int) -> None:
    """Also where the rule pays them out of clean money and another would not."""
    rows = [row("C", "H", 140 - amount, 9), row("V", "H", 100, 10, tx=tx(1)), row("H", "X", 40, 11, kind="fee")]
    text = " ".join(repr(traced(tmp_path, rows if amount < 100 else rows[1:]).address(at("X"))).split())
    assert "No stolen units can have reached it but as fees: what is paid as a fee ends there" in text
    assert "earns as fees, where they end," in text
    assert "can have reached it." not in text
    assert "from fees that others pay" in text


@pytest.mark.parametrize("name", ["e", "e1"])
def test_d4_what_a_victim_gets_back_and_pays_on_in_one_event_came_out_of_its_hands(tmp_path: Path, name: str) -> None:
    rows = [row("V", "H", 100, 1), row("H", "V", 100, 2, event=name), row("V", "X", 100, 2, event=name)]
    assert (at("X"), "through_victim") in kept(traced(tmp_path, rows))


def test_d4_who_was_paid_by_who_is_taken_for_a_pool_is_not_cleared_by_the_victim(tmp_path: Path) -> None:
    rows = [
        *(row("V", "M", 100, 1, position=1), row("M", "H", 11, 1, position=2, asset="bbb")),
        *(row("H", "M", 1, 2, asset="bbb"), row("M", "V", 20, 3), row("M", "X", 80, 4), row("V", "X", 20, 5)),
    ]
    assert (at("X"), "through_victim") not in kept(traced(tmp_path, [{"position": 1, **one} for one in rows]))
