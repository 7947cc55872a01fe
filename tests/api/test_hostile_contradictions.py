"""Small tables whose rows contradict each other, or what is known of their holders."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from test_hostile_tables import ZERO, at, ends, listed, row, traced, tx, written

from tracer import open_table
from tracer.api import Trace
from tracer.errors import DataFileError, InputError

DEAD = "0x" + 36 * "0" + "dead"


def test_b7_a_transaction_in_two_blocks_is_refused_with_both_rows(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 50, 2), row("H", "X", 50, 3, tx=tx(2))]
    with pytest.raises(DataFileError, match=r"Row 3: transaction .* in block 3, and in block 2 in row 2"):
        traced(tmp_path, rows)


def test_b7_a_transaction_at_two_times_is_refused_where_no_block_is_given(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2024-01-01T00:00:00Z"),
        row("H", "X", 50, 2, time="2024-01-01T00:00:10Z"),
        row("H", "X", 50, 2, time="2024-01-01T00:00:11Z"),
    ]
    with pytest.raises(DataFileError, match=r"Row 3: transaction .* at 2024-01-01T00:00:11Z"):
        traced(tmp_path, [{**one, "block": ""} for one in rows])


def test_b7_a_block_with_two_times_is_refused_and_an_empty_time_contradicts_nothing(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, time="2024-01-01T00:00:00Z"),
        row("H", "X", 50, 2, time="2024-01-01T00:00:10Z"),
        row("H", "Y", 50, 2, tx=tx(3), time="2024-01-01T00:00:11Z"),
    ]
    with pytest.raises(DataFileError, match="Row 3, column 'time': block 2 has the time"):
        traced(tmp_path, rows)
    found = ends(traced(tmp_path, [*rows[:2], {**rows[2], "time": ""}]))
    assert {who: one[0] for (who, _), one in found.items()} == {at("X"): 50, at("Y"): 50}


@pytest.mark.parametrize("other", ["{:064x}", "0X{:064X}", "{:064X}"])
def test_b7_one_hash_in_two_spellings_is_one_transaction(tmp_path: Path, other: str) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 50, 0xAB), row("H", "X", 50, 0xAB, tx=other.format(0xAB))]
    with pytest.raises(DataFileError, match="equals row"):
        traced(tmp_path, rows)


@pytest.mark.parametrize("chain", ["", "eip155:1"])
def test_b7_a_seed_finds_its_transaction_however_the_hash_is_written(tmp_path: Path, chain: str) -> None:
    seeds = [{"value": f"{1:064X}", "chain": chain}]
    assert ends(traced(tmp_path, [row("V", "H", 100, 1)], seeds))[at("H"), "at_rest"][0] == 100


def test_b5_block_times_that_go_back_are_refused_on_evm_chains(tmp_path: Path) -> None:
    rows = [
        row("V", "H", 100, 1, position=1, time="2024-01-01T00:00:00Z"),
        row("C", "H", 100, 3, position=1, time="2024-01-01T00:00:20Z"),
        row("H", "X", 100, 2, position=1, time="2024-01-01T00:00:30Z"),
    ]
    with pytest.raises(DataFileError, match=r"Row 2: block 3 has the time .* before that of block 2"):
        traced(tmp_path, rows)


@pytest.mark.parametrize("who", ["X", DEAD])
def test_d1_a_burned_holder_that_pays_makes_nothing_certain(tmp_path: Path, who: str) -> None:
    rows = [row("V", "H", 100, 1), row("H", who, 100, 2)]
    labels = [("X", "burn")]
    assert ends(traced(tmp_path, rows, [], labels))[at(who), "burned"] == (100, 100, 100, "FORCED", "vouched")
    trace = traced(tmp_path, [*rows, row(who, "Y", 100, 3)], [], labels)
    assert ends(trace) == {(at(who), "burned"): (100, 100, 100, "CONDITIONAL", "open")}
    assert any("pays on" in note and "contradict" in note for note in trace.result.coverage.notes)
    assert at("Y") not in listed(trace)


def test_d1_a_mint_of_the_zero_address_contradicts_nothing_though_it_is_labelled_burn(tmp_path: Path) -> None:
    rows = [row("V", "H", 100, 1), row("H", ZERO, 100, 2), row(ZERO, "Y", 100, 3)]
    trace = traced(tmp_path, rows, [], [(ZERO, "burn")])
    assert ends(trace)[ZERO, "burned"][3:] == ("FORCED", "vouched")
    assert not any("contradict" in note for note in trace.result.coverage.notes)


STAR = [{"origin": "a", "victim": "*", "recipient": at("H")}, {"origin": "b", "victim": at("W"), "recipient": at("I")}]
THREE = [
    {"origin": "a", "victim": f"{at('V')};{at('W')}", "recipient": at("H")},
    {"origin": "b", "victim": at("V"), "recipient": at("K")},
    {"origin": "c", "victim": at("W"), "recipient": at("I")},
]


def stolen(trace: Trace) -> dict[str, int]:
    return {origin.name: amount for origin, amount in trace.result.stolen.items()}


@pytest.mark.parametrize("seeds", list(permutations(STAR)))
def test_a1_a_seed_of_all_victims_leaves_to_another_what_that_one_alone_can_take(
    tmp_path: Path, seeds: tuple[dict[str, str], ...]
) -> None:
    rows = [row("V", "H", 100, 1, position=1), row("W", "I", 50, 1, position=2)]
    trace = traced(tmp_path, rows, seeds)
    assert stolen(trace) == {"a": 100, "b": 50}
    assert {who: one[:4] for (who, _), one in ends(trace).items()} == {
        at("H"): (100, 100, 100, "FORCED"),
        at("I"): (50, 50, 50, "FORCED"),
    }
    assert not trace.result.not_seeded


@pytest.mark.parametrize("seeds", list(permutations(THREE)))
def test_a1_seeds_that_share_victims_take_the_same_in_every_order(
    tmp_path: Path, seeds: tuple[dict[str, str], ...]
) -> None:
    rows = [
        row("V", "H", 40, 1, position=1),
        row("W", "I", 50, 1, position=2),
        row("V", "K", 30, 1, position=3),
    ]
    trace = traced(tmp_path, rows, seeds)
    assert stolen(trace) == {"a": 40, "b": 30, "c": 50}
    assert {who: one[0] for (who, _), one in ends(trace).items()} == {at("H"): 40, at("K"): 30, at("I"): 50}
    assert not trace.result.not_seeded


@pytest.mark.parametrize("second", ["H", "I"])
def test_a1_victims_apart_need_no_recipient(tmp_path: Path, second: str) -> None:
    rows = [row("V", "H", 100, 1, position=1), row("W", second, 50, 1, position=2)]
    trace = traced(tmp_path, rows, [{"origin": "a", "victim": at("V")}, {"origin": "b", "victim": at("W")}])
    assert stolen(trace) == {"a": 100, "b": 50}
    if second == "H":
        found = trace.exits().to_dict("records")
        assert {one["origin"]: (one["min"], one["max"], one["certainty"]) for one in found} == {
            "a": (100, 100, "FORCED"),
            "b": (50, 50, "FORCED"),
        }
    assert trace.result.audit.closed


@pytest.mark.parametrize("turned", [False, True])
def test_a1_seeds_that_want_more_than_was_lost_are_refused_by_number(tmp_path: Path, turned: bool) -> None:
    rows = [
        row("V", "H", 60, 1, position=1),
        row("V", "I", 40, 1, position=2),
        row("W", "I", 20, 1, position=3),
    ]
    seeds = [
        {"origin": "a", "victim": at("V"), "recipient": at("H")},
        {"origin": "b", "victim": at("V"), "recipient": at("I")},
    ]
    with pytest.raises(InputError, match=r"Seeds 1 and 2 both claim .* 120 in all, but their victims lost 100"):
        traced(tmp_path, rows, seeds[::-1] if turned else seeds)
    told = [{**seeds[0], "amount": 60}, {**seeds[1], "amount": 40}]
    assert stolen(traced(tmp_path, rows, told[::-1] if turned else told)) == {"a": 60, "b": 40}


COINS = "bip122:000000000019d6689c085ae165831e93"
PAYER, FIRST, SECOND, CHANGE = (
    *("166pNsorHyGbsbMKKn4CEodbuXaFa3Y8KA", "1NgHkgxfcdBqTr3ZfmchGZGGkGdMMoxSx6"),
    *("16R51mmfg92dGP6FLEF5Vb45e2b7Yx8UaJ", "19VVNekkNUsmfQBWHQe7qdzS46nuPiyzPS"),
)


def txid(number: int) -> str:
    return f"{number:064x}"


def spend(number: int, given: list[tuple[str, str, int]], made: list[tuple[str, int]]) -> list[dict[str, object]]:
    """Return the legs of a Bitcoin transaction: what it spends, and what it makes; the rest is fee."""
    legs = [("debit", outpoint, address, amount) for outpoint, address, amount in given]
    legs += [("credit", f"{txid(number)}:{place}", address, amount) for place, (address, amount) in enumerate(made)]
    common = {"event": txid(number), "tx": txid(number), "chain": COINS, "asset": f"{COINS}/slip44:0", "block": number}
    return [{**common, "side": side, "holder": holder, "address": to, "amount": n} for side, holder, to, n in legs]


def of_coins(folder: Path, legs: list[dict[str, object]], seeds: list[dict[str, object]]) -> Trace:
    case = open_table(
        ledger=written(folder / "l.csv", legs),
        seeds=written(folder / "s.csv", [{"chain": COINS, **one} for one in seeds]),
        complete=True,
        registry=False,
    )
    return case.trace(bounds=True)


def test_a1_an_output_and_its_transaction_are_not_both_stolen(tmp_path: Path) -> None:
    legs = spend(1, [(f"{txid(90)}:0", PAYER, 1000)], [(FIRST, 600), (PAYER, 390)])
    seeds: list[dict[str, object]] = [
        {"kind": "tx", "value": txid(1), "origin": "o"},
        {"kind": "output", "value": f"{txid(1)}:0", "origin": "p"},
    ]
    with pytest.raises(InputError, match="Seeds 1 and 2 both claim"):
        of_coins(tmp_path, legs, seeds)
    with pytest.raises(InputError, match="Seeds 1 and 2 both claim"):
        of_coins(tmp_path, legs, seeds[::-1])
    assert sum(of_coins(tmp_path, legs, seeds[:1]).result.stolen.values()) == 600


def test_e9_what_passed_through_an_output_stolen_anew_is_not_more_than_it_received(tmp_path: Path) -> None:
    legs = [
        *spend(1, [(f"{txid(90)}:0", PAYER, 1000)], [(FIRST, 990)]),
        *spend(2, [(f"{txid(1)}:0", FIRST, 990)], [(SECOND, 500), (CHANGE, 490)]),
    ]
    seeds: list[dict[str, object]] = [
        {"kind": "output", "value": f"{txid(1)}:0", "origin": "o"},
        {"kind": "output", "value": f"{txid(2)}:0", "origin": "p"},
    ]
    entries = {one.address: one for one in of_coins(tmp_path, legs, seeds).flags().entries}
    row = entries[SECOND]
    assert (row.passed_through, row.passed_min, row.passed_max, row.passed_certainty) == (500, 500, 500, "FORCED")
    assert (row.tainted, row.min, row.max) == (500, 500, 500)
    assert entries[FIRST].passed_through == 990
    alone = {one.address: one for one in of_coins(tmp_path, legs, seeds[1:]).flags().entries}[SECOND]
    assert (alone.passed_through, alone.passed_min, alone.passed_max) == (500, 500, 500)


def test_e9_of_an_output_partly_stolen_before_the_whole_counts_once(tmp_path: Path) -> None:
    legs = [
        *spend(1, [(f"{txid(90)}:0", PAYER, 300)], [(FIRST, 300)]),
        *spend(2, [(f"{txid(1)}:0", FIRST, 300), (f"{txid(91)}:0", CHANGE, 200)], [(SECOND, 500)]),
    ]
    seeds: list[dict[str, object]] = [
        {"kind": "output", "value": f"{txid(1)}:0", "origin": "o"},
        {"kind": "output", "value": f"{txid(2)}:0", "origin": "p"},
    ]
    row = {one.address: one for one in of_coins(tmp_path, legs, seeds).flags().entries}[SECOND]
    assert (row.passed_through, row.passed_min, row.passed_max) == (500, 500, 500)


@pytest.mark.parametrize("kind", ["mint", "burn"])
def test_b7_a_row_whose_kind_contradicts_its_parties_voids_the_vouching(tmp_path: Path, kind: str) -> None:
    rows = [row("V", "H", 100, 1), row("H", "X", 100, 2, kind=kind), row("X", "Y", 100, 3)]
    trace = traced(tmp_path, rows)
    assert {one[3:] for one in ends(trace).values()} == {("CONDITIONAL", "open")}
    assert {key[1] for key in trace.result.coverage.vouching_void} >= {at("H")}
