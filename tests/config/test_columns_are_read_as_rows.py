"""A table read into columns is the table read row by row: the same records, the same hash, the same message."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tracer.errors import TracerError
from tracer.io import TransferRows, column_reader, read_transfers, transfers_form

A, B, C = (f"0x{number:040x}" for number in (0xA11CE00000, 0xB0B00000, 0xCAB00000))
MIXED = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
HEADER = ["sender", "recipient", "asset", "amount", "block", "position", "time", "tx"]
ODD = {
    "sender": ["", "0xabc", MIXED, MIXED.lower(), MIXED.swapcase(), A.upper(), " " + A, "é" * 3, "x" * 300],
    "recipient": ["", B[:-1], MIXED],
    "asset": ["", "ETH", "unit", "slip44:60", "eip155:1/slip44:60", "eip155:56/slip44:60", "erc20:" + MIXED],
    "amount": ["", "0", "01", "-1", "+1", "1.5", "1e3", " 1", "1 ", "１", "0x1", "9" * 38, "9" * 39, str(2**256 - 1)],
    "block": ["", "0", "-1", "01", "1.0", "9" * 18, "9" * 19, "x"],
    "position": ["", "-1", "1.0", "7"],
    "time": ["", "0", "2022-03-23T13:29:09Z", "2022-03-23", "2022-03-23T13:29Z", "x", "-1", "9" * 12, "9" * 13],
    "tx": ["", "0x" + "AB" * 32, "ab" * 32, "name-1", "na me", "x" * 161, "0X1f", "a,b"],
}
MORE = {
    "chain": ["", "eip155:1", "eip155:56", "ethereum", "nowhere", "tron:0x2b6653dc"],
    "kind": ["", "token", "mint", "burn", "fee", "gift"],
    "grade": ["", "recorded", "inferred", "sure"],
    "precision": ["", "printed", "exact", "rough"],
    "event": ["", "swap-1"],
    "repeat": ["", "1"],
    "id": ["", "17", "A-17"],
    "note": ["", "a note", 'a "note"', "a, note", "=1+1"],
    "source": ["", "https://example.org/x"],
    "source_url": ["", "https://example.org/y"],
    "amount_text": ["", "5"],
    "whatever": ["", "1", "é"],
}


def rows() -> list[list[str]]:
    """Return a table without a fault."""
    names = [(A, B), (B, C), (C, A), (A, C), (B, A)]
    return [
        [
            *pair,
            "slip44:60",
            str(10**18 + place),
            str(100 + place),
            str(place),
            str(1_648_000_000 + place),
            f"0x{place:064x}",
        ]
        for place, pair in enumerate(names)
    ]


def text_of(header: list[str], table: list[list[str]]) -> str:
    return "".join(",".join(line) + "\n" for line in [header, *table])


def told(path: Path):
    """Return what a reader says of a file: its rows, their hash and its notes; or its message."""
    try:
        table = read_transfers(path)
    except TracerError as error:
        return type(error).__name__, error.what, error.why, error.next_step
    return tuple(table.transfers), transfers_form(table.transfers).record(), table.notes


def same(path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Compare both readers on a file; return whether it was held as columns."""
    monkeypatch.setattr(column_reader, "COLUMNS_FROM", 10**9)
    expected = told(path)
    monkeypatch.setattr(column_reader, "COLUMNS_FROM", 1)
    assert told(path) == expected
    try:
        return isinstance(read_transfers(path).transfers, TransferRows)
    except TracerError:
        return False


@pytest.mark.parametrize("column", [*ODD, *MORE])
def test_i2_every_odd_cell_is_read_or_refused_as_in_a_row(column: str, tmp_path: Path, monkeypatch) -> None:
    path, place = tmp_path / "transfers.csv", HEADER.index(column) if column in HEADER else len(HEADER)
    for cell in (ODD | MORE)[column]:
        for where in (0, 3):
            table, header = rows(), HEADER if column in HEADER else [*HEADER, column]
            if column not in HEADER:
                table = [[*line, ""] for line in table]
            table[where][place] = cell
            path.write_text(text_of(header, table))
            same(path, monkeypatch)
            parquet = tmp_path / "transfers.parquet"
            cells = {name: [line[at] for line in table] for at, name in enumerate(header)}
            pq.write_table(pa.table({name: pa.array(mine, pa.string()) for name, mine in cells.items()}), parquet)
            same(parquet, monkeypatch)


def test_i2_the_form_of_a_csv_file_is_judged_as_before(tmp_path: Path, monkeypatch) -> None:
    path, plain = tmp_path / "transfers.csv", text_of(HEADER, rows())
    quoted = "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in [HEADER, *rows()])
    forms = {
        "plain": (plain, True),
        "quoted": (quoted, True),
        "no last line end": (plain.rstrip("\n"), True),
        "byte order mark": ("\ufeff" + plain, True),
        "empty lines": (plain.replace("\n", "\n\n"), True),
        "first line empty": ("\n" + plain, False),
        "windows": (plain.replace("\n", "\r\n"), False),
        "ragged": (plain.replace("slip44:60,", "slip44:60,,", 1), False),
        "short": (plain.replace(",slip44:60", "", 1), False),
        "open quote": (plain.replace(A, '"' + A, 1), False),
        "quote inside": (plain.replace(A, A[:5] + '"' + A[5:], 1), False),
        "text after a quote": (plain.replace(A, f'"{A}"x', 1), False),
        "line end in quotes": (plain.replace("name", "x").replace(f"0x{0:064x}", '"a\nb"'), False),
        "comma in quotes": (plain.replace(f"0x{0:064x}", '"a,b"'), False),
        "doubled quote": (plain.replace(f"0x{0:064x}", '"a""b"'), False),
        "twice a column": (plain.replace("position", "block", 1), False),
        "a column missing": (plain.replace("amount", "mount", 1), False),
        "no order": (plain.replace("block", "b", 1).replace("time", "t", 1), False),
        "header alone": (",".join(HEADER) + "\n", False),
        "nothing": ("", False),
    }
    for name, (text, held) in forms.items():
        path.write_bytes(text.encode())
        assert same(path, monkeypatch) is held, name
    path.write_bytes(plain.encode().replace(b"slip44", b"sl\xffip44", 1))
    assert not same(path, monkeypatch)


def test_i2_every_type_of_a_parquet_column_is_read_or_refused_as_before(tmp_path: Path, monkeypatch) -> None:
    path, count = tmp_path / "transfers.parquet", len(rows())
    seconds = [1_648_000_000 + place for place in range(count)]
    amounts = {
        "decimal": pa.array([Decimal(10**30 + place) for place in range(count)], pa.decimal128(38, 0)),
        "point": pa.array([Decimal("1.0")] * count, pa.decimal128(38, 1)),
        "negative": pa.array([Decimal(-1)] * count, pa.decimal128(38, 0)),
        "wide": pa.array([Decimal(10**50)] * count, pa.decimal256(76, 0)),
        "uint64": pa.array([2**64 - 1] * count, pa.uint64()),
        "int64": pa.array(range(count), pa.int64()),
        "below": pa.array([-1] * count, pa.int64()),
        "float": pa.array([1.0] * count),
        "null": pa.array([None, *["1"] * (count - 1)], pa.string()),
        "large": pa.array(["7"] * count, pa.large_string()),
        "coded": pa.array(["7"] * count).dictionary_encode(),
        "bool": pa.array([True] * count),
    }
    times = {
        unit + zone: pa.array(seconds, pa.int64()).cast(pa.timestamp("s")).cast(pa.timestamp(unit, tz=zone or None))
        for unit in ("s", "ms", "us", "ns")
        for zone in ("", "UTC", "Europe/Vienna")
    }
    times |= {
        "int": pa.array(seconds, pa.int64()),
        "int32": pa.array(seconds, pa.int32()),
        "part": pa.array([1_648_000_000_500] * count, pa.timestamp("ms")),
        "day": pa.array([19_000] * count, pa.date32()),
        "gap": pa.array([None, *seconds[1:]], pa.int64()),
        "none": pa.array([None] * count, pa.int64()),
        "early": pa.array([-1] * count, pa.int64()),
    }
    cells = {name: pa.array([line[at] for line in rows()]) for at, name in enumerate(HEADER)}
    held = {}
    for column, kinds in (("amount", amounts), ("time", times)):
        for name, array in kinds.items():
            pq.write_table(pa.table(cells | {column: array}), path)
            held[column, name] = same(path, monkeypatch)
    assert held["amount", "decimal"]
    assert held["time", "nsUTC"]
    for name in ("tx", "sender", "asset"):
        for kind in (pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())):
            pq.write_table(pa.table(cells | {name: cells[name].cast(kind)}), path)
            same(path, monkeypatch)


def test_i2_a_sliced_and_chunked_column_of_decimals_keeps_its_values(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "transfers.parquet"
    cells = {name: pa.array([line[at] for line in rows()]) for at, name in enumerate(HEADER)}
    cells["amount"] = pa.array([Decimal(2**63 * place + place) for place in range(5)], pa.decimal128(38, 0))
    pq.write_table(pa.table(cells), path, row_group_size=2)
    assert same(path, monkeypatch)


def test_i2_the_first_wrong_row_is_named_in_a_table_of_several(tmp_path: Path, monkeypatch) -> None:
    rng, path = random.Random(7), tmp_path / "transfers.csv"
    for _ in range(40):
        table = rows()
        for _ in range(rng.choice((1, 2, 3))):
            column = rng.choice(list(ODD))
            table[rng.randrange(len(table))][HEADER.index(column)] = rng.choice(ODD[column])
        path.write_text(text_of(HEADER, table))
        same(path, monkeypatch)
