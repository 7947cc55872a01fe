"""Small tables whose rows contradict each other, or what is known of their holders."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile_tables import ZERO, at, ends, listed, row, traced, tx

from tracer.errors import DataFileError

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
