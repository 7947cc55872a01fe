"""`tracer import` as a shell sees it: two commands to a trace, and what it says of rows it could not read."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import tracer

OWNER = "0x099a31cf198a9d3940dce53308df7da9c8ce7e24"
OTHER = "0x53df91006817dc28dd14e317b399d2d3b3aa5583"
HASH = "0x" + 32 * "ab"
HEAD = "Txhash,Blockno,UnixTimestamp,From,To,ContractAddress,Value_IN(ETH),Value_OUT(ETH),TxnFee(ETH),Status,ErrCode\n"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    import os

    root = str(Path(tracer.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )


def test_f4_two_commands_make_a_trace_of_an_export(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f'{HEAD}{HASH},14442835,1648042149,{OWNER},{OTHER},,0,"173,600",0.01,,\n')
    case = tmp_path / "case"
    done = run("import", "etherscan", path, "--out", case, "--seed", HASH, "--origin", "ronin")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "rows read: 1, payments: 1, fees: 1\n"
    assert "read as Ethereum" in done.stderr
    traced = run("trace", case, "--out", tmp_path / "out")
    assert traced.returncode == 0, traced.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["stolen"] == {"ronin": {"eip155:1/slip44:60": "173600" + 18 * "0"}}


def test_a_refused_row_is_exit_2_and_the_rest_is_written(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    row = f"{HASH},14442835,1648042149,{OWNER},{OTHER},,0,1,0.01,,\n"
    path.write_text(HEAD + row + row.replace(",1,", ",-1,").replace("ab", "cd"))
    done = run("import", "etherscan", path, "--out", tmp_path / "case", "--json")
    assert done.returncode == 2
    assert "export.csv, row 3, Value_OUT(ETH): '-1' is a negative amount" in done.stderr
    assert json.loads(done.stdout)["counts"]["refused"] == 1
    assert (tmp_path / "case" / "transfers.csv").is_file()


def test_a_file_of_which_nothing_is_read_leaves_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("<html>")
    done = run("import", "etherscan", path, "--out", tmp_path / "case")
    assert done.returncode == 2
    assert "a web page" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "case").exists()


def test_r2_2_r2_4_a_theft_without_a_name_or_with_two_words_is_told_what_to_write(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"{HEAD}{HASH},14442835,1648042149,{OWNER},{OTHER},,0,1,0.01,,\n")
    case = tmp_path / "case"
    assert run("import", "etherscan", path, "--out", case).returncode == 0
    assert "letters without accents, digits and `-._:/#`" in (case / "README.md").read_text()
    unnamed = run("trace", case)
    assert unnamed.returncode == 2
    assert "seeds.csv, row 1, column 'origin': the origin is empty." in unnamed.stderr
    assert "a spreadsheet shows row 1 as row 2" in " ".join(unnamed.stderr.split())
    seeds = case / "seeds.csv"
    with seeds.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    with seeds.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows({**row, "origin": "Raub 2021"} for row in rows)
    two = run("trace", case)
    assert two.returncode == 2
    assert "'Raub 2021' cannot be the name of a theft" in two.stderr
    assert "Write Raub-2021 in every row of this theft" in " ".join(two.stderr.split())
