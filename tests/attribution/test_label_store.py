"""The local store of imported labels: lists by day, what they end, and who may write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tracer.errors import DataFileError, InputError
from tracer.model import ChainId, Label
from tracer.registry import import_file
from tracer.registry.store import LabelStore, ListCount, default_path

ETHEREUM = ChainId("eip155:1")
ONES = "0x1111111111111111111111111111111111111111"
TWOS = "0x2222222222222222222222222222222222222222"
ONE = Label(ETHEREUM, ONES, "One", "sanctions", "One", "P", "https://example.org", rank="A1")
TWO = replace(ONE, address=TWOS, label="Two")
DAYS = ("2024-01-01", "2024-02-01", "2024-03-01")


def test_reading_an_absent_store_finds_nothing_and_creates_nothing(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "a" / "labels.duckdb")
    assert (store.of(ETHEREUM, ONES), store.statements(ONES), store.counts()) == ((), (), ())
    assert list(tmp_path.iterdir()) == []


def test_the_same_list_twice_changes_nothing(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "s.duckdb") as store:
        for _ in range(2):
            store.add([ONE, TWO, ONE], "list", DAYS[0])
            assert store.of(ETHEREUM, ONES) == (ONE,)
            assert store.counts() == (ListCount("list", DAYS[0], 2, 0),)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_lists_in_any_order_give_the_same_days(tmp_path: Path, order: tuple[int, ...]) -> None:
    lists = ([TWO], [ONE, TWO], [TWO])
    with LabelStore(tmp_path / "s.duckdb") as store:
        for place in order:
            store.add(lists[place], "list", DAYS[place])
        assert store.of(ETHEREUM, ONES) == (replace(ONE, valid_from=DAYS[1], valid_until=DAYS[2]),)
        assert store.of(ETHEREUM, TWOS) == (TWO,)
        assert store.counts() == (ListCount("list", DAYS[2], 1, 1),)


def test_another_list_of_the_same_name_and_day_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "s.duckdb") as store:
        store.add([ONE], "list", DAYS[0])
        with pytest.raises(InputError, match=r"Another list 'list' of 2024-01-01 is held\."):
            store.add([TWO], "list", DAYS[0])
        assert (store.of(ETHEREUM, ONES), store.of(ETHEREUM, TWOS)) == ((ONE,), ())


def test_statements_name_the_list_and_its_days(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "s.duckdb") as store:
        store.add([ONE], "list", DAYS[0])
        said = store.statements(f"eip155:1:{ONES}")
    assert sorted((one.property, one.value) for one in said) == [
        ("category", "sanctions"),
        ("entity", "One"),
        ("label", "One"),
        ("sanction", "One"),
    ]
    assert {(one.source.rank, one.note) for one in said} == {("A1", "in the imported list list, from 2024-01-01")}


def test_a_list_needs_a_name_and_a_day(tmp_path: Path) -> None:
    for name, day in (("", DAYS[0]), ("list", ""), ("list", "2024-02-30")):
        with pytest.raises(InputError):
            LabelStore(tmp_path / "s.duckdb").add([ONE], name, day)
    assert list(tmp_path.iterdir()) == []


def test_a_second_connection_of_another_kind_is_told_to_wait(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    store = LabelStore(path)
    store.add([ONE], "list", DAYS[0])
    with duckdb.connect(str(path)), pytest.raises(InputError, match="in use"):
        store.of(ETHEREUM, ONES)


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    path.write_bytes(b"x" * 20_000)
    with pytest.raises(DataFileError):
        LabelStore(path).counts()


def test_the_environment_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_STORE", str(tmp_path / "x"))
    assert default_path() == tmp_path / "x"


def test_the_sanctions_list_of_the_facts_finds_its_chains(shared: Path) -> None:
    found = import_file("ofac", shared / "facts" / "ofac_digital_currency_2025-11-19.csv")
    assert (found.refused, found.list_date) == ((), "2025-11-19")
    tron = {one.address for one in found.labels if one.chain == "tron:0x2b6653dc"}
    assert "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz" in tron


def test_every_row_of_the_facts_can_be_imported(shared: Path) -> None:
    assert import_file("csv", shared / "facts" / "addresses.csv").refused == ()


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ofac, tagpack, ftm, csv"):
        import_file("xls", tmp_path)
