"""Strict readers: what breaks its form is named by file, row and column; what is read is read to the last digit."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import AmountError, DataFileError, MachineError, TracerError
from tracer.io import memory, readers
from tracer.io.paths import addresses_dir, bundles_dir
from tracer.io.readers import Table, parse_json, read_json, read_table, read_yaml
from tracer.model import DEFAULT_CHAIN, parse_address, parse_amount, parse_time
from tracer.registry import ftm, ofac, tagpack

AMOUNTS = [0, 1, 2**53 + 1, 2**63, 2**64, 10**30, 10**38 - 1, 10**38, 2**128, 2**256 - 1]
Write = Callable[[str | bytes], Path]


@pytest.fixture
def csv_file(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write


def refusal(path: Path, *columns: str, optional: tuple[str, ...] | None = None) -> TracerError:
    with pytest.raises(DataFileError) as caught:
        read_table(path, columns, optional)
    assert caught.value.exit_code == 2
    return caught.value


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "tx,amount\na,1\nb,2\n",
        "tx,amount\r\na,1\r\nb,2\r\n",
        "tx,amount\na,1\nb,2",
        "\ufefftx,amount\na,1\nb,2\n",
        'tx,"amount"\n"a","1"\n\n"b",2\n\n',
    ],
    ids=["plain", "CRLF", "no last newline", "BOM", "quoted, blank lines"],
)
def test_a_csv_table_is_text_in_file_order(csv_file: Write, content: str) -> None:
    table = read_table(csv_file(content), ["tx", "amount"])
    assert table == Table("table.csv", ("tx", "amount"), [("a", "1"), ("b", "2")])


def test_quoted_cells_hold_commas_quotes_and_line_ends(csv_file: Write) -> None:
    table = read_table(csv_file('a,b\n"x,""y""","one\ntwo"\n'), ["a"])
    assert table.rows == [('x,"y"', "one\ntwo")]


def test_a_header_alone_is_an_empty_table(csv_file: Write) -> None:
    assert read_table(csv_file("a,b\n"), ["a", "b"]).rows == []


def test_an_empty_cell_does_not_change_its_neighbours(csv_file: Write) -> None:
    table = read_table(csv_file("tx,amount\na,1000000000000000001\nb,\n"), ["tx", "amount"])
    assert table.rows == [("a", "1000000000000000001"), ("b", "")]


def test_words_that_other_readers_turn_into_gaps_stay_words(csv_file: Write) -> None:
    words = ["NA", "NaN", "null", "None", "true", "1e18", "007", "0x10"]
    assert read_table(csv_file("a\n" + "\n".join(words) + "\n"), ["a"]).rows == [(word,) for word in words]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b,a\n1,2,3\n", "table.csv, row 0 (header): the column 'a' appears twice."),
        ("a,c\n1,2\n", "table.csv, row 0 (header): the column 'b' is missing."),
        ("a,b\n1,2\n3\n", "table.csv, row 2: 1 cells, but the header has 2."),
        ("a,b\n1,2,3\n", "table.csv, row 1: 3 cells, but the header has 2."),
        ('a,b\n1,"2"x\n', "table.csv, row 1: ',' expected after '\"'."),
        ('a,b\n1,2\n3,"4\n', "table.csv, row 2: unexpected end of data."),
        ("", "table.csv is empty."),
        ("\n", "table.csv is empty."),
        (b"a,b\n1,\xff\n", "table.csv: byte 6 is not UTF-8."),
        ("a,b\n1,2\n".encode("utf-16"), "table.csv: byte 0 is not UTF-8."),
        ("a,b\n1," + "x" * 65_537 + "\n", "table.csv, row 1: the row is longer than 65536 characters."),
    ],
)
def test_a_table_that_breaks_its_form_is_refused(csv_file: Write, content: str | bytes, message: str) -> None:
    assert refusal(csv_file(content), "a", "b").what == message


def test_a_cell_beyond_the_limit_of_the_csv_library_is_refused_too(csv_file: Write) -> None:
    assert refusal(csv_file("a,b\n1," + "x" * 200_000 + "\n"), "a").what.startswith("table.csv, row 1: ")


def test_a_table_of_too_many_rows_is_refused(csv_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_ROWS", 2)
    assert len(read_table(csv_file("a\n1\n2\n"), ["a"]).rows) == 2
    assert refusal(csv_file("a\n1\n2\n3\n"), "a").what == "table.csv has more than 2 rows."


def test_an_unknown_column_is_refused_only_where_the_columns_are_closed(csv_file: Write) -> None:
    path = csv_file("a,ammount\n1,2\n")
    assert read_table(path, ["a"]).columns == ("a", "ammount")
    error = refusal(path, "a", optional=("amount",))
    assert error.what == "table.csv, row 0 (header): the column 'ammount' is not known."
    assert error.next_step == "Known columns: a, amount."


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.csv", "a").what == "There is no file 'gone.csv'."
    assert refusal(tmp_path, "a").what == f"There is no file {tmp_path.name!r}."


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "\t=1"])
def test_a_formula_is_text_like_any_other_and_no_amount(csv_file: Write, cell: str) -> None:
    (record,) = read_table(csv_file(f'a\n"{cell}"\n'), ["a"]).records()
    assert record.text("a") == cell
    with pytest.raises(DataFileError, match=r"table\.csv, row 1, column 'a'"):
        record.parse("a", parse_amount)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_in_a_csv_table_is_exact(csv_file: Write, amount: int) -> None:
    (record,) = read_table(csv_file(f"amount\n{amount}\n"), ["amount"]).records()
    assert record.parse("amount", parse_amount) == amount


# --- records ----------------------------------------------------------------------------------------------------------


def test_a_record_knows_its_number_and_its_cells(csv_file: Write) -> None:
    first, second = read_table(csv_file("a,b\n1,\n2,3\n"), ["a"]).records()
    assert [first.number, second.number] == [1, 2]
    assert [first.raw("b"), first.raw("c"), second.raw("b")] == ["", "", "3"]
    assert [first.optional("b", parse_amount), first.optional("c", parse_amount)] == [None, None]
    assert second.optional("b", parse_amount) == 3


def test_a_wrong_cell_is_told_with_file_row_column_reason_and_what_to_do(csv_file: Write) -> None:
    _, second = read_table(csv_file("amount\n1\n1e18\n"), ["amount"]).records()
    with pytest.raises(DataFileError) as caught:
        second.parse("amount", parse_amount)
    assert str(caught.value) == (
        "table.csv, row 2, column 'amount': '1e18' is not an amount in base units.\n"
        "It is written as a decimal number; a printed decimal may have lost digits. "
        "(a spreadsheet shows row 2 as row 3: it counts the header)\n"
        "Write the integer of base units, for example 1 ETH as 1000000000000000000."
    )
    assert isinstance(caught.value.__cause__, AmountError)


def test_a_wrong_address_is_told_with_its_cell(csv_file: Write) -> None:
    (record,) = read_table(csv_file("address\n19\n"), ["address"]).records()
    with pytest.raises(
        DataFileError, match=r"^table\.csv, row 1, column 'address': '19' is not an address of Ethereum"
    ):
        record.parse("address", lambda text: parse_address(DEFAULT_CHAIN, text))


# --- Parquet ----------------------------------------------------------------------------------------------------------


def parquet(tmp_path: Path, **columns: pa.Array) -> Path:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_a_decimal_column_is_exact_up_to_its_38_digits(tmp_path: Path) -> None:
    fitting = [amount for amount in AMOUNTS if amount < 10**38]
    column = pa.array([Decimal(amount) for amount in fitting], pa.decimal128(38, 0))
    records = read_table(parquet(tmp_path, amount=column), ["amount"]).records()
    assert [record.parse("amount", parse_amount) for record in records] == fitting


def test_a_text_column_is_exact_at_any_size(tmp_path: Path) -> None:
    path = parquet(tmp_path, amount=pa.array([str(amount) for amount in AMOUNTS]))
    assert [record.parse("amount", parse_amount) for record in read_table(path, ["amount"]).records()] == AMOUNTS


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.int32()])
def test_an_integer_column_is_exact(tmp_path: Path, kind: pa.DataType) -> None:
    path = parquet(tmp_path, amount=pa.array([0, 1, 2**31 - 1], kind), tx=pa.array(["a", "b", "c"]))
    rows = read_table(path, ["amount"]).rows
    assert rows == [(0, "a"), (1, "b"), (2**31 - 1, "c")]
    assert [type(row[0]) for row in rows] == [int, int, int]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([1.0], pa.float64()), "float"),
        (pa.array([1.0], pa.float32()), "float"),
        (pa.array([True]), "bool"),
        (pa.array([Decimal("1.5")], pa.decimal128(38, 18)), "Decimal"),
    ],
)
def test_a_column_that_may_have_lost_digits_is_refused(tmp_path: Path, column: pa.Array, kind: str) -> None:
    (record,) = read_table(parquet(tmp_path, amount=column), ["amount"]).records()
    with pytest.raises(DataFileError) as caught:
        record.parse("amount", parse_amount)
    assert caught.value.what.startswith("table.parquet, row 1, column 'amount': ")
    assert f"({kind})" in caught.value.what


def test_a_null_is_an_empty_cell(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=pa.array([None, 2], pa.int64()), b=pa.array(["x", None]))
    assert read_table(path, ["a"]).rows == [("", "x"), (2, "")]


@pytest.mark.parametrize("zone", [None, "UTC", "+02:00"])
def test_a_timestamp_is_a_time(tmp_path: Path, zone: str | None) -> None:
    moment = datetime(2022, 3, 23, 13, 29, 9, tzinfo=UTC)
    value = moment if zone else moment.replace(tzinfo=None)
    path = parquet(tmp_path, time=pa.array([value], pa.timestamp("us", tz=zone)))
    (record,) = read_table(path, ["time"]).records()
    assert record.parse("time", parse_time) == 1648042149


def test_a_cell_that_is_no_text_is_refused_where_text_is_asked_for(tmp_path: Path) -> None:
    (record,) = read_table(parquet(tmp_path, tx=pa.array([1.5]), block=pa.array([7])), ["tx"]).records()
    assert record.text("block") == "7"
    with pytest.raises(DataFileError) as caught:
        record.text("tx")
    assert caught.value.what == "table.parquet, row 1, column 'tx': '1.5' is a float, not text."


def test_a_parquet_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.pq"
    path.write_bytes(b"PAR1 but not really PAR1")
    assert refusal(path, "a").what == "table.pq cannot be read as Parquet."


def test_the_columns_of_a_parquet_file_are_checked_too(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=pa.array(["1"]))
    assert refusal(path, "b").what == "table.parquet, row 0 (header): the column 'b' is missing."


def test_the_name_of_a_folder_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "chain=1").mkdir()
    path = parquet(tmp_path / "chain=1", a=pa.array(["1"]))
    assert read_table(path, ["a"]).columns == ("a",)


def test_a_repeated_parquet_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["1"]), pa.array(["2"])], names=["a", "a"]), path)
    assert "the column 'a' appears twice" in refusal(path, "a").what


# --- YAML -------------------------------------------------------------------------------------------------------------


def yaml_of(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "data.yaml"
    path.write_text(text, "utf-8")
    return read_yaml(path)


@pytest.mark.parametrize(
    "scalar",
    [
        "0x098b716b8aaf21512996dc57eb0615e2383e2f96",
        "0123",
        "no",
        "yes",
        "on",
        "null",
        "~",
        "true",
        "12:30",
        "1e18",
        "1.5",
        "1_000",
        "0o17",
        ".inf",
        "2022-03-23",
        "2022-03-23T13:29:09Z",
        "401346768858404671234567",
        "<<",
        "=",
    ],
)
def test_a_yaml_scalar_stays_the_text_it_is(tmp_path: Path, scalar: str) -> None:
    assert yaml_of(tmp_path, f"a: {scalar}\nb: [{scalar}]\n") == {"a": scalar, "b": [scalar]}


def test_an_empty_yaml_value_is_empty_text(tmp_path: Path) -> None:
    assert yaml_of(tmp_path, "a:\nb: ''\n") == {"a": "", "b": ""}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: 1\nb: 2\na: 3\n", "data.yaml, line 3: the key 'a' appears twice"),
        ("x:\n  - a: 1\n    a: 2\n", "data.yaml, line 3: the key 'a' appears twice"),
        ("{a: 1, 'a': 2}", "data.yaml, line 1: the key 'a' appears twice"),
        ("? [a]\n: 1\n", "data.yaml, line 1: the key ['a'] appears twice, or is not text"),
        ("a: !!python/object/apply:os.system ['true']\n", "data.yaml, line 1: could not determine a constructor"),
        ("a: !secret x\n", "data.yaml, line 1: could not determine a constructor"),
        ("a: [1\n", "data.yaml, line 2: "),
        ("a: 1\n\tb: 2\n", "data.yaml, line 2: "),
        ("a: 1\nb: &x [1]\nc: *x\n", "data.yaml, line 3: an alias stands for another value."),
        ("a: &x 1\nb: *x\n", "data.yaml, line 2: an alias stands for another value."),
        ("a: &x [*x]\n", "data.yaml, line 1: "),
        ("[" * 51 + "]" * 51, "data.yaml, line 1: nesting beyond 50 levels."),
        # Newer parsers refuse this themselves before we count so far.
        ("[" * 100_000, "data.yaml, line 1: "),
        ("- " * 100_000, "data.yaml, line 1: "),
        ("a: 1\n---\nb: 2\n", "data.yaml, line 2: "),
    ],
)
def test_broken_or_unsafe_yaml_is_refused_with_its_line(tmp_path: Path, text: str, start: str) -> None:
    with pytest.raises(DataFileError) as caught:
        yaml_of(tmp_path, text)
    assert caught.value.what.startswith(start)


@pytest.mark.parametrize("text", ["a: !!int 17\n", "a: !!float 1.5\n", "a: !!bool yes\n", "a: !!binary aGk=\n"])
def test_a_tag_that_makes_yaml_something_else_than_text_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataFileError):
        yaml_of(tmp_path, text)


def test_yaml_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(DataFileError, match=r"^data\.yaml cannot be read as YAML\."):
        read_yaml(path)
    with pytest.raises(DataFileError, match=r"^gone\.yaml cannot be read as YAML\."):
        read_yaml(tmp_path / "gone.yaml")


# --- JSON -------------------------------------------------------------------------------------------------------------


def json_of(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "data.json"
    path.write_text(text, "utf-8")
    return read_json(path)


def test_json_integers_are_exact(tmp_path: Path) -> None:
    assert json_of(tmp_path, f'{{"a": [{2**256 - 1}, "1", null, true]}}') == {"a": [2**256 - 1, "1", None, True]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 1}', "data.json: the key 'a' appears twice."),
        ('[{"b": {"a": 1, "a": 2}}]', "data.json: the key 'a' appears twice."),
        ('{"a": 1.0}', "data.json: the number 1.0 is not an integer."),
        ('{"a": 1e18}', "data.json: the number 1e18 is not an integer."),
        ("[NaN]", "data.json: the number NaN is not an integer."),
        ("[-Infinity]", "data.json: the number -Infinity is not an integer."),
        ("{", "data.json cannot be read as JSON."),
        ("", "data.json cannot be read as JSON."),
        ("[" * 100_000, "data.json cannot be read as JSON."),
        ("9" * 5_000, "data.json cannot be read as JSON."),
    ],
    ids=range(10),
)
def test_json_that_could_mislead_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataFileError) as caught:
        json_of(tmp_path, text)
    assert caught.value.what == message


# --- anything at all --------------------------------------------------------------------------------------------------


@given(content=st.binary(max_size=300), suffix=st.sampled_from(["csv", "parquet", "json", "yaml"]))
def test_any_bytes_are_read_or_refused_with_the_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(content)
    read: Callable[[Path], Any] = {"json": read_json, "yaml": read_yaml}.get(suffix, lambda p: read_table(p, []))
    with suppress(DataFileError):
        read(path)


@given(rows=st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=2, max_size=2), max_size=5))
def test_what_the_csv_library_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "back.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    assert read_table(path, ["a", "b"]).rows == [tuple(row) for row in rows]


# --- where the data is ------------------------------------------------------------------------------------------------


def test_the_data_lies_beside_the_package_in_a_checkout() -> None:
    root = Path(__file__).parents[2]
    assert addresses_dir() == root / "addresses"
    assert bundles_dir() == root / "addresses" / "bundles"


# --- hostile Parquet, size and memory ---------------------------------------------------------------------------------


def test_h8_bytes_that_are_no_utf8_are_named_with_their_column(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"\xff\xfeab")]
    )
    assert (
        "column 'a': a cell holds the bytes b'\\xff\\xfe', which are not UTF-8."
        in refusal(parquet(tmp_path, a=bad), "a").what
    )


def test_h8_a_date_beyond_the_calendar_is_named_with_its_row(tmp_path: Path) -> None:
    path = parquet(tmp_path, time=pa.array([1, 2**30], pa.int32()).cast(pa.date32()))
    assert refusal(path, "time").what == "table.parquet, row 2, column 'time': the date32[day] cannot be read."


def test_h8_nanoseconds_are_whole_seconds_or_refused(tmp_path: Path) -> None:
    kind = pa.timestamp("ns")
    (record,) = read_table(parquet(tmp_path, time=pa.array([1648042149 * 10**9], kind)), ["time"]).records()
    assert record.parse("time", parse_time) == 1648042149
    path = parquet(tmp_path, time=pa.array([10**9, 1], kind))
    assert refusal(path, "time").what == "table.parquet, row 2, column 'time': 1 nanoseconds are no whole second."


def test_h8_one_long_cell_in_every_row_is_refused_without_being_unfolded(tmp_path: Path) -> None:
    note = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 300_000]))
    path = parquet(tmp_path, a=pa.array(range(50_000)), note=note)
    assert refusal(path, "a").what == "table.parquet, column 'note': a cell is 300,000 bytes long."


def test_h8_more_rows_than_bytes_is_one_row_over_and_over(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=pa.array([1] * 1_200_000, pa.int64()))
    assert path.stat().st_size < 1_000_000
    assert "says that it holds 1,200,000 rows in" in refusal(path, "a").what


def test_h8_a_table_of_categories_reads_as_its_texts(tmp_path: Path) -> None:
    texts = pa.chunked_array([pa.array(["x", None, "y"]).dictionary_encode(), pa.array(["z"]).dictionary_encode()])
    assert read_table(parquet(tmp_path, a=texts), ["a"]).rows == [("x",), ("",), ("y",), ("z",)]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_h8_memory_is_estimated_before_a_table_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("a\n" + "0" * 60 + "\n" * 1 + ("0" * 159 + "\n") * 200_000)
    else:
        pq.write_table(pa.table({"a": pa.array(range(200_000))}), path)
    monkeypatch.setattr(memory, "free_memory", lambda: 400 * 10**6)
    with pytest.raises(MachineError, match="There is not enough memory for table") as caught:
        read_table(path, ["a"])
    assert caught.value.exit_code == 4
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    assert len(read_table(path, ["a"]).rows) >= 200_000


def test_h8_a_file_beyond_its_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_TABLE_BYTES", 10)
    monkeypatch.setattr(readers, "MAX_DOCUMENT_BYTES", 10)
    for name, read in (("a.csv", lambda p: read_table(p, ["a"])), ("a.json", read_json), ("a.yml", read_yaml)):
        (tmp_path / name).write_text("a" * 11)
        with pytest.raises(DataFileError, match=r"is 11 bytes\."):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "read"),
    [("a.json", read_json), ("a.yml", read_yaml), ("a.xml", ofac.read), ("a.jsonl", ftm.read), ("b.yml", tagpack.read)],
)
def test_h8_memory_is_estimated_and_size_bounded_before_a_document_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, read: Callable[[Path], object]
) -> None:
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.truncate(40 << 20)
    monkeypatch.setattr(memory, "free_memory", lambda: 100 << 20)
    with pytest.raises(MachineError, match=f"There is not enough memory for {name}"):
        read(path)
    monkeypatch.setattr(readers, "MAX_DOCUMENT_BYTES", 10)
    with pytest.raises(DataFileError, match=rf"^{name} is 41,943,040 bytes\."):
        read(path)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [100_000, 3_000_000])
def test_h8_a_document_nested_too_deeply_is_refused(tmp_path: Path, opening: str, depth: int) -> None:
    text = opening * depth + '"\\ud83d\\ude00"' + {"[": "]", '{"a":': "}"}[opening] * depth
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataFileError):
        read_json(path)
    with pytest.raises(DataFileError):
        parse_json(text, "a line")
    (tmp_path / "a.yml").write_text(text[:1_000_000])
    with pytest.raises(DataFileError, match="nesting"):
        read_yaml(tmp_path / "a.yml")


@pytest.mark.parametrize("header", [",".join(f"c{n}" for n in range(1_001)), "x" * 70_000])
def test_h8_a_header_is_bounded_like_a_row(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.csv").write_text(header + "\n")
    with pytest.raises(DataFileError, match=r"more than 1000 columns|longer than 65536 characters"):
        read_table(tmp_path / "a.csv", [])


def test_h8_half_a_character_in_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": "\\ud83d\\ude00 \\\\ud800"}')
    assert read_json(path) == {"a": "😀 \\ud800"}
    path.write_text('{"a": ["x\\uD800"]}')
    with pytest.raises(DataFileError, match="half a character"):
        read_json(path)


def test_h8_what_the_machine_does_is_not_called_a_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: Any, **kwargs: Any) -> str:
        raise PermissionError(13, "Permission denied", "a.json")

    path = tmp_path / "a.json"
    path.write_text("{}")
    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(PermissionError):
        read_json(path)


def test_free_memory_is_what_a_limit_leaves() -> None:
    code = "from tracer.io.memory import free_memory; print(free_memory())"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -v 500000; {sys.executable} -c '{code}'"], capture_output=True, text=True
    )
    assert 0 < int(done.stdout) < 500_000 * 1024
