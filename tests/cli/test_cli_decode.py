"""`tracer decode`: plain files of transactions in, a row a leg out; a bad line costs itself alone."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tracer.api import LEG_COLUMNS, decode_files
from tracer.cli.app import app
from tracer.errors import DataFileError

SCHEMA = (
    *("chain", "tx", "seq", "event", "protocol", "action", "holder", "counterparty", "asset", "amount", "key"),
    *("dest_chain", "dest_recipient", "grade"),
)
USER, POOL = "0x" + "a1" * 20, "0x" + "b2" * 20
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
TX, BLOCK = "0x" + "d4" * 32, "0x" + "e5" * 32


def transfer(contract: str, payer: str, payee: str, amount: int, index: int) -> dict[str, Any]:
    return {
        "address": contract,
        "topics": [TRANSFER, *("0x" + 24 * "0" + one[2:] for one in (payer, payee))],
        "data": f"0x{amount:064x}",
        "logIndex": hex(index),
        "blockNumber": "0x7",
        "transactionHash": TX,
        "blockTimestamp": "0x64",
    }


def line(chain: str = "eip155:1") -> dict[str, Any]:
    """Return a transaction in which a user gives 10 of one token to a pool and gets 25 of another."""
    place = {"blockNumber": "0x7", "blockHash": BLOCK, "transactionIndex": "0x0"}
    return {
        "chain": chain,
        "transaction": {
            **place,
            "hash": TX,
            "from": USER,
            "to": POOL,
            "value": "0x0",
            "input": "0x",
            "nonce": "0x1",
            "type": "0x2",
            "gasPrice": "0x1",
        },
        "receipt": {
            **place,
            "transactionHash": TX,
            "status": "0x1",
            "gasUsed": "0x5208",
            "effectiveGasPrice": "0x1",
            "contractAddress": None,
            "from": USER,
            "to": POOL,
            "logs": [
                transfer("0x" + "11" * 20, USER, POOL, 10, 0),
                transfer("0x" + "22" * 20, POOL, USER, 25, 1),
            ],
        },
        "internal": [],
    }


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_swap_is_four_rows_of_one_event_with_signed_amounts(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps(line()) + "\n")
    done = CliRunner().invoke(app, ["decode", str(path)])
    assert done.exit_code == 0, done.stderr
    assert tuple(done.stdout.split("\n", 1)[0].split(","))[: len(SCHEMA)] == SCHEMA == LEG_COLUMNS[: len(SCHEMA)]
    told = rows(done.stdout)
    swap = [row for row in told if row["action"] == "swap"]
    assert {(row["holder"], row["asset"][-4:], row["amount"]) for row in swap} == {
        (USER, "1111", "-10"),
        (POOL, "1111", "10"),
        (USER, "2222", "25"),
        (POOL, "2222", "-25"),
    }
    assert len({row["event"] for row in swap}) == 1
    assert [row["seq"] for row in told] == [str(number) for number in range(1, len(told) + 1)]
    assert [row["action"] for row in told if row["protocol"] == "ledger"] == ["fee"]


@pytest.mark.parametrize("form", ["jsonl", "json", "gz"])
def test_lines_a_list_and_a_packed_file_are_one(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"one.{form}"
    text = json.dumps([line()], indent=1) if form == "json" else json.dumps(line()) + "\n\n"
    path.write_bytes(gzip.compress(text.encode()) if form == "gz" else text.encode())
    plain = tmp_path / "plain.jsonl"
    plain.write_text(json.dumps(line()))
    assert decode_files([path]).rows == decode_files([plain]).rows


def test_a_bad_line_costs_itself_and_is_a_row_with_its_reason(tmp_path: Path) -> None:
    path, out = tmp_path / "some.jsonl", tmp_path / "legs.csv"
    broken = {**line(), "receipt": {}}
    path.write_text(f"no json\n{json.dumps(broken)}\n[1]\n{json.dumps(line())}\n")
    done = CliRunner().invoke(app, ["decode", str(path), "--out", str(out)])
    assert done.exit_code == 2
    told = rows(out.read_text())
    unknown = [row for row in told if row["action"] == "unknown"]
    assert [(row["chain"], row["tx"]) for row in unknown] == [("", ""), ("eip155:1", TX), ("", "")]
    assert all(row["reason"] and row["amount"] == "0" for row in unknown)
    assert [row["action"] for row in told].count("swap") == 4
    assert "some.jsonl, line 1" in done.stderr
    assert "refused: 3" in done.stderr
    again = CliRunner().invoke(app, ["decode", str(path), "--out", str(out)])
    assert again.exit_code != 0, "a result is not written over unasked"


def test_what_calls_may_have_paid_is_a_row_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "open.jsonl"
    half = line()
    half["internal"] = None
    half["receipt"]["logs"] = half["receipt"]["logs"][:1]
    path.write_text(json.dumps(half))
    (row,) = (dict(zip(LEG_COLUMNS, row, strict=True)) for row in decode_files([path]).rows if row[5] == "unknown")
    assert row["reason"].endswith("The calls are needed.")
    assert row["holder"] == USER


def test_json_lines_hold_the_same_cells(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps(line()))
    done = CliRunner().invoke(app, ["decode", str(path), "--format", "jsonl"])
    found = [json.loads(one) for one in done.stdout.splitlines()]
    assert [tuple(one[column] for column in LEG_COLUMNS) for one in found] == [*decode_files([path]).rows]


def test_a_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="There is no file"):
        decode_files([tmp_path / "absent.jsonl"])
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(json.dumps(line()).encode())[:-9])
    with pytest.raises(DataFileError, match="cannot be read"):
        decode_files([path])
