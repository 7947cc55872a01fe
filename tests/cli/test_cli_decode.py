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
    half["receipt"]["gasUsed"] = "0x15f90"  # code ran: a plain payment could not have paid anything back
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


def test_what_is_decoded_is_traced_through_a_swap_and_a_wrap(tmp_path: Path) -> None:
    """A theft of ether, and the thief's swap of it through a router that wraps: the dollars are what is stolen."""
    victim, thief, router, pool = ("0x" + letter * 40 for letter in "1234")
    weth, dollar = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", "0x" + "5" * 40
    stolen, swapped = "0x" + "aa" * 32, "0x" + "bb" * 32

    def call(payer: str, payee: str, value: int) -> dict[str, str]:
        return {"hash": swapped, "blockNumber": "8", "timeStamp": "100", "from": payer, "to": payee, **value_of(value)}

    def value_of(value: int) -> dict[str, str]:
        return {"value": str(value), "type": "call", "isError": "0", "traceId": "0", "contractAddress": "", "gas": "1"}

    def raw(tx: str, block: str, payer: str, payee: str, value: int, **parts: Any) -> dict[str, Any]:
        made = line()
        for name in ("transaction", "receipt"):
            made[name] |= {"blockNumber": block, "blockHash": "0x" + block[-1] * 64, "from": payer, "to": payee}
        made["transaction"] |= {"hash": tx, "value": hex(value)}
        made["receipt"] |= {"transactionHash": tx, "logs": parts.get("logs", [])}
        header = {"number": block, "hash": "0x" + block[-1] * 64, "timestamp": "0x64", "transactions": []}
        return {**made, "header": {**header, "miner": router}, "internal": parts.get("internal", [])}

    logs = [
        {**transfer(weth, router, pool, 10, 1), "topics": [], "data": "0x"},
        transfer(weth, router, pool, 10, 2),
        transfer(dollar, pool, thief, 25, 3),
    ]
    logs[0] |= {
        "topics": ["0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c", f"0x{router[2:]:0>64}"],
        "data": f"0x{10:064x}",
    }
    for log in logs:
        log |= {"transactionHash": swapped, "blockNumber": "0x8"}
    lines = [
        raw(stolen, "0x7", victim, thief, 10),
        raw(swapped, "0x8", thief, router, 10, logs=logs, internal=[call(router, weth, 10)]),
    ]
    path, table, seeds = (tmp_path / name for name in ("raw.jsonl", "transfers.csv", "seeds.csv"))
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    done = CliRunner().invoke(app, ["decode", str(path), "--transfers", str(table)])
    assert done.exit_code == 0, done.stderr
    moved = rows(table.read_text())
    assert [(row["kind"], row["amount"], bool(row["event"])) for row in moved if row["tx"] == swapped] == [
        ("fee", "21000", False),
        ("native", "10", True),
        ("internal", "10", True),
        ("mint", "10", False),
        ("token", "10", False),
        ("token", "25", True),
    ]
    seeds.write_text(f"kind,value,origin\ntx,{stolen},theft\n")
    out = tmp_path / "out"
    words = ["trace", "--transfers", str(table), "--seeds", str(seeds), "--no-registry", "--out", str(out)]
    traced = CliRunner().invoke(app, words)
    assert traced.exit_code == 0, traced.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert summary["audit"]["closed"] is True
    exits = rows((out / "exits.csv").read_text())
    (held,) = (row for row in exits if row["asset"].endswith(dollar))
    assert (held["address"], held["tainted"], held["origin_amount"]) == (thief, "25", "10")


@pytest.mark.parametrize(
    "change",
    [{"transactionHash": "0x" + "99" * 32}, {"blockHash": "0x" + "99" * 32}, {"removed": True}, {"logIndex": "0x1"}],
    ids=["of another transaction", "of another block", "taken back", "twice in one place"],
)
def test_a_log_that_is_of_elsewhere_costs_its_transaction(tmp_path: Path, change: dict[str, Any]) -> None:
    item = line()
    logs = item["receipt"]["logs"]
    logs[0] |= {"logIndex": "0x0"}
    logs[1] |= {"logIndex": "0x1"}
    logs[0] |= change
    (tmp_path / "in.jsonl").write_text(json.dumps(item), encoding="utf-8")
    (only,) = csv.DictReader(io.StringIO(decode_files([tmp_path / "in.jsonl"]).csv()))
    assert only["action"] == "unknown"


def test_a_transaction_that_stands_twice_is_told_once_and_two_versions_are_refused(tmp_path: Path) -> None:
    other = line()
    other["receipt"]["logs"][0]["data"] = f"0x{11:064x}"
    for name, items in (("once", [line()]), ("twice", [line(), line()]), ("other", [line(), other])):
        (tmp_path / name).write_text("\n".join(map(json.dumps, items)), encoding="utf-8")
    once = decode_files([tmp_path / "once"])
    assert decode_files([tmp_path / "twice"]).csv() == decode_files([tmp_path / "once", tmp_path / "twice"]).csv()
    assert decode_files([tmp_path / "twice"]).csv() == once.csv()
    both = decode_files([tmp_path / "other"])
    assert len(both.refused) == 1
    assert both.csv().startswith(once.csv())
