"""Label tables in and out, and who an address is as of a day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tracer.errors import DataFileError, InputError
from tracer.model import TRON, ChainId, Label, parse_time
from tracer.registry import LabelIndex, label_notes, labels_to_csv, read_labels

HEAD = "address,label,category,entity,source_url"
ONES = "0x1111111111111111111111111111111111111111"
TRON_ONES = "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"
ETHEREUM = ChainId("eip155:1")
PLAIN = Label(ETHEREUM, ONES, "Example 1", "exchange", "Example", "P", "https://example.org")


def written(folder: Path, *lines: str) -> Path:
    path = folder / "labels.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_the_example_of_the_format_is_read_whole(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"{HEAD},chain,publisher,rank,confidence,captured,direct,check",
        f"{ONES},Example Exchange 1,exchange,Example Exchange,https://example.org/wallets,eip155:1,Example Exchange,"
        "A3,service_data,2026-11-01T00:00:00Z,true,form_only",
    )
    assert read_labels(path) == (
        Label(
            chain=ETHEREUM,
            address=ONES,
            label="Example Exchange 1",
            category="exchange",
            entity="Example Exchange",
            publisher="Example Exchange",
            source_url="https://example.org/wallets",
            rank="A3",
            confidence="service_data",
        ),
    )
    assert label_notes(path) == ()


def test_a_table_of_the_five_required_columns_is_of_ethereum(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD, f"{ONES},Example 1,exchange,Example,https://example.org")
    assert read_labels(path) == (replace(PLAIN, publisher=""),)


def test_an_unknown_column_is_left_out_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD},colour", f"{ONES},Example 1,exchange,Example,https://example.org,red")
    assert read_labels(path) == (replace(PLAIN, publisher=""),)
    assert label_notes(path) == ("labels.csv: the column 'colour' is not known and was left out.",)


def test_a_shielded_formula_loses_exactly_one_quote(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD, f"{ONES},\"'=HYPERLINK(1)\",exchange,'tis,https://example.org")
    (label,) = read_labels(path)
    assert (label.label, label.entity) == ("=HYPERLINK(1)", "'tis")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("address", "19"),
        ("address", "0x098B716B8Aaf21512996dC57EB0615e2383E2F96"),
        ("category", "exchnage"),
        ("label", "evil\u202egnp"),
        ("chain", "Ethereum"),
        ("rank", "A9"),
        ("confidence", "sure"),
        ("valid_from", "2022-02-30"),
        ("valid_until", "2020-01-01"),
        ("published", "yesterday"),
        ("direct", "yes"),
        ("check", "luhn"),
        ("source_kind", "rumour"),
    ],
)
def test_a_bad_cell_is_told_with_file_row_and_column(tmp_path: Path, column: str, value: str) -> None:
    good = {
        "address": "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
        "label": "L",
        "category": "theft",
        "entity": "",
        "source_url": "https://example.org",
        "valid_from": "2021-01-01",
    }
    columns = {**good, column: value}
    good.setdefault(column, "")
    rows = [",".join(row.get(c, "") for c in columns) for row in (good, columns)]
    with pytest.raises(DataFileError, match=f"^labels.csv, row 2, column '{column}':"):
        read_labels(written(tmp_path, ",".join(columns), *rows))


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="the column 'category' is missing"):
        read_labels(written(tmp_path, "address,label,entity,source_url"))


def test_writing_and_reading_gives_the_same_labels_in_order(tmp_path: Path) -> None:
    labels = [
        replace(PLAIN, label="=1+1", rank="A1", valid_from="2022-01-01", role="r", incident="i", confidence="forensic"),
        Label(TRON, TRON_ONES, "Tron", "mixer", "", "P", "https://example.org"),
        replace(PLAIN, publisher="O"),
    ]
    path = tmp_path / "labels.csv"
    path.write_text(labels_to_csv(labels), "utf-8")
    assert read_labels(path) == (labels[2], labels[0], labels[1])
    assert labels_to_csv(reversed(labels)) == labels_to_csv(labels)


def test_contradictions_stand_side_by_side_the_strongest_rank_first() -> None:
    said = [
        replace(PLAIN, rank=rank, publisher=publisher)
        for rank, publisher in (("", "A"), ("A5", "B"), ("A5", "A"), ("A1", "Z"), ("A1", "Z"))
    ]
    index = LabelIndex(said, "")
    assert [(one.rank, one.publisher) for one in index.of(ETHEREUM, ONES)] == [
        ("A1", "Z"),
        ("A5", "A"),
        ("A5", "B"),
        ("", "A"),
    ]
    assert index.best(ETHEREUM, ONES) == said[3]
    assert index.best(ChainId("eip155:56"), ONES) is None


@pytest.mark.parametrize(
    ("day", "held"),
    [
        ("2022-08-07", False),
        ("2022-08-08", True),
        ("2025-03-20T23:59:59Z", True),
        ("2025-03-21", False),
        ("", True),
    ],
)
def test_a_label_holds_from_its_first_day_until_the_day_it_ends(day: str, held: bool) -> None:
    label = replace(PLAIN, valid_from="2022-08-08", valid_until="2025-03-21")
    index = LabelIndex([label], "")
    assert index.at(ETHEREUM, ONES, parse_time(day) if day else None) == ((label,) if held else ())
    assert index.of(ETHEREUM, ONES) == (label,)


@pytest.mark.parametrize(
    ("known", "as_of", "held"),
    [
        ("2026-04-18", "2026-04-17", False),
        ("2026-04-18", "2026-04-18", True),
        ("2026-04-18", "2026-04-18T23:00:00Z", True),
        ("2022", "2022-01-01", True),
        ("2022-07", "2022-06-30", False),
        ("", "1970-01-01", True),
        ("2026-04-18", "", True),
    ],
)
def test_d1_the_day_of_knowledge_is_apart_from_the_time_a_label_holds(known: str, as_of: str, held: bool) -> None:
    label = replace(PLAIN, known=known, valid_from="2020-01-01", valid_until="2020-02-01")
    index = LabelIndex([label], as_of)
    assert index.of(ETHEREUM, ONES) == ((label,) if held else ())
    assert index.not_yet_known(ETHEREUM, ONES) == (0 if held else 1)
    assert LabelIndex([label], "").at(ETHEREUM, ONES, parse_time("2020-01-15"), as_of) == ((label,) if held else ())
    assert index.at(ETHEREUM, ONES, parse_time("2020-02-01")) == ()


def test_d1_a_row_keeps_its_times_to_the_second_its_day_of_knowledge_and_its_frozen_asset(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "address,label,category,entity,source_url,valid_from,valid_until,published,list_date,asset\n"
        f"{ONES},a,frozen,,,2026-04-18T10:00:00Z,2026-04-19T00:00:00Z,2026-04-20,2026-04-21T09:00:00Z,slip44:60\n"
        f"{ONES},b,frozen,,,,,2026-04-20,,\n"
    )
    first, second = read_labels(path)
    assert (first.valid_from, first.valid_until) == ("2026-04-18T10:00:00Z", "2026-04-19")
    assert (first.known, first.asset, second.known, second.asset) == (
        "2026-04-21",
        "eip155:1/slip44:60",
        "2026-04-20",
        None,
    )
    path.write_text(labels_to_csv([first, second]))
    assert set(read_labels(path)) == {first, second}


def test_only_a_freeze_is_of_one_asset(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"address,label,category,entity,source_url,asset\n{ONES},a,exchange,,,slip44:60\n")
    with pytest.raises(DataFileError, match="not of an asset"):
        read_labels(path)


def test_d5_a_label_without_chain_is_of_the_tables_only_chain_and_else_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"address,label,category,entity,source_url\n{ONES},a,exchange,,\n")
    assert [label.chain for label in read_labels(path, ChainId("eip155:56"))] == ["eip155:56"]
    with pytest.raises(DataFileError, match=r"labels.csv, row 1, column 'chain': the row names no chain"):
        read_labels(path, None)


def test_a_label_of_any_chain_holds_on_every_evm_chain_and_on_no_other() -> None:
    anywhere, here = replace(PLAIN, chain=ChainId("eip155:0"), rank="A5"), replace(PLAIN, rank="A3")
    index = LabelIndex([anywhere, here], "")
    assert index.of(ETHEREUM, ONES) == (here, anywhere)
    assert index.of(ChainId("eip155:8453"), ONES) == (anywhere,)
    assert index.of(TRON, ONES) == ()


def test_the_index_refuses_a_day_that_is_none() -> None:
    with pytest.raises(InputError, match="is not a time"):
        LabelIndex([], "today")
