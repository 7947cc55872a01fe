"""Bad input is 2, what the machine does is 4, both in three lines; never 1, never a traceback, nothing half-written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tracer
from tracer.cli.boundary import guarded
from tracer.errors import InputError

A = f"0x{'1' * 40}"
B = f"0x{'2' * 40}"


def run(
    *words: object, cwd: Path | None = None, limit: str = "", to: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell; `limit` is a line before it (ulimit), `to` where its stdout goes."""
    quoted = " ".join(f"'{word}'" for word in (sys.executable, "-m", "tracer.cli", *words))
    return subprocess.run(
        ["bash", "-c", f"{limit}\n{quoted} {to}"],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(tracer.__file__).parents[1]), **environment},
    )


def three_lines(done: subprocess.CompletedProcess[str], code: int) -> list[str]:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.rstrip("\n").split("\n")[-3:]
    assert all(lines)
    return lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "transfers.csv").write_text(f"sender,recipient,asset,amount,block,tx\n{A},{B},slip44:60,1000,1,0xaa\n")
    (tmp_path / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,slip44:60,,theft\n")
    return tmp_path


# --- the machine: exit 4 ----------------------------------------------------------------------------------------------


def test_h8_a_full_disk_is_4_and_leaves_nothing(folder: Path) -> None:
    out = folder / "out"
    before = sorted(path.name for path in folder.iterdir())
    lines = three_lines(run("trace", folder, "--out", out, limit="ulimit -f 4"), 4)
    assert lines[0].startswith("A file would become larger")
    assert sorted(path.name for path in folder.iterdir()) == before
    assert three_lines(run("cases", to="> /dev/full"), 4)[0] == "The disk is full."


def test_h8_too_little_memory_is_4_before_anything_is_begun(folder: Path) -> None:
    lines = three_lines(run("trace", folder, "--out", folder / "out", limit="ulimit -v 200000"), 4)
    assert lines[0].startswith("There is not enough memory for a trace: it needs about ")
    assert not (folder / "out").exists()


def test_h8_a_damaged_store_is_4_and_a_file_that_is_none_is_2(tmp_path: Path) -> None:
    store, labels = tmp_path / "labels.duckdb", tmp_path / "l.csv"
    labels.write_text(f"address,label,category,entity,source_url\n{B},x,exchange,X,u\n")
    assert run("registry", "import", "csv", labels, "--list-date", "2026-01-01", "--store", store).returncode == 0
    assert run("why", B, TRACER_STORE=str(store)).returncode == 0
    data = bytearray(store.read_bytes())
    store.write_bytes(data[:20_000])
    assert three_lines(run("why", B, TRACER_STORE=str(store)), 4)[0].startswith("The label store labels.duckdb is dam")
    for at in range(8192, len(data), 7):
        data[at] ^= 0x5A
    store.write_bytes(data)
    three_lines(run("why", B, TRACER_STORE=str(store)), 4)
    assert three_lines(run("why", B, TRACER_STORE=str(labels)), 2)[0] == "l.csv is no label store."


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (MemoryError(), "The memory does not suffice."),
        (OSError(28, "No space left on device", "/x/exits.csv"), "The disk is full (exits.csv)."),
        (OSError(28, "No space left on device", "/x/.exits.csv.k3"), "The disk is full."),
        (OSError(30, "Read-only file system", "/x/out"), "The disk can only be read, not written (out)."),
        (PermissionError(13, "Permission denied", "/x/a\x1b[2J.csv"), "Permission was denied (a [2J.csv)."),
        (OSError(5, "Input/output error"), "The disk or the system failed."),
        (RecursionError(), "Something is nested too deeply for this program."),
    ],
)
def test_h8_what_the_machine_does_is_4_in_three_lines(
    fault: Exception, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise fault

    assert guarded(command) == 4
    lines = capsys.readouterr().err.rstrip("\n").split("\n")
    assert (lines[0], len(lines)) == (first, 3)


def test_h8_an_unforeseen_error_is_called_a_fault_of_the_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACER_TRACEBACK", raising=False)

    def command() -> None:
        _ = {}["sink"]  # type: ignore[var-annotated]

    assert guarded(command) == 4
    said = capsys.readouterr().err
    assert said.startswith("This is a fault of the program: KeyError (test_cli_boundary.py, line ")
    assert len(said.rstrip("\n").split("\n")) == 3
    assert "TRACER_TRACEBACK=1" in said
    monkeypatch.setenv("TRACER_TRACEBACK", "1")
    assert guarded(command) == 4
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_h8_an_error_of_ours_keeps_its_code_and_an_exit_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> None:
        raise InputError("What.", why="Why.", next_step="Next.")

    def left() -> None:
        sys.exit(3)

    assert (guarded(refused), guarded(left), guarded(lambda: None)) == (2, 3, 0)
    assert capsys.readouterr().err == "What.\nWhy.\nNext.\n"


def test_h8_a_reader_that_leaves_is_no_error() -> None:
    assert run("cases", limit="set -o pipefail", to="| head -1").returncode == 0


def test_h8_a_name_that_the_terminal_cannot_show_ends_nothing(folder: Path) -> None:
    (folder / "labels.csv").write_text(f"address,label,category,entity,source_url\n{B},x,exchange,Биржа,u\n")
    done = run("trace", folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "\\u0411" in done.stdout


# --- hostile input: exit 2 --------------------------------------------------------------------------------------------


def test_h8_a_label_with_a_broken_web_address_is_named(folder: Path) -> None:
    (folder / "labels.csv").write_text(f"address,label,category,entity,source_url\n{B},x,exchange,X,http://[evil\n")
    lines = three_lines(run("trace", folder, "--out", folder / "out"), 2)
    assert "labels.csv, row 1, column 'source_url'" in "\n".join(lines)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    "summary",
    ['{"case": "HERE"}', "[]", '"x"', "{}", '{"case": 5, "options": {}}', '{"case": "ronin-2022", "options": []}'],
)
def test_h8_a_summary_that_names_itself_or_is_none_is_refused(tmp_path: Path, summary: str) -> None:
    (tmp_path / "summary.json").write_text(summary.replace("HERE", str(tmp_path)))
    three_lines(run("trace", tmp_path), 2)


@pytest.mark.parametrize("encoding", ["foo", "big5", "idna"])
def test_h8_a_list_in_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "o.xml").write_text(f'<?xml version="1.0" encoding="{encoding}"?><Sanctions/>')
    words = ("registry", "import", "ofac", tmp_path / "o.xml", "--list-date", "2026-01-01", "--store", tmp_path / "s")
    done = run(*words)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("o.xml cannot be read as XML.")


def test_h8_half_a_character_in_a_list_is_refused_with_its_line(tmp_path: Path) -> None:
    wallet = '{"schema":"CryptoWallet","properties":{"publicKey":["%s"],"name":["\\ud800x"]}}\n'
    (tmp_path / "f.jsonl").write_text(wallet % A)
    words = ("registry", "import", "ftm", tmp_path / "f.jsonl", "--list-date", "2026-01-01", "--store", tmp_path / "s")
    assert three_lines(run(*words), 2)[0].startswith("f.jsonl, line 1: a text holds half a character")


def test_h8_a_store_that_does_not_exist_is_an_error_and_not_an_answer(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "no" / "such.duckdb"):
        lines = three_lines(run("why", B, TRACER_STORE=str(place)), 2)
        assert lines[0] == f"There is no label store {place.name!r}."


def test_h8_a_parquet_bomb_is_refused_with_its_column(folder: Path) -> None:
    (folder / "transfers.csv").unlink()
    rows = 200_000
    note = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table(
        {
            **{"sender": [A] * rows, "recipient": [B] * rows, "asset": ["slip44:60"] * rows, "amount": ["1"] * rows},
            **{"block": list(range(rows)), "tx": ["0xaa"] * rows, "note": note},
        }
    )
    pq.write_table(table, folder / "transfers.parquet")
    lines = three_lines(run("trace", folder, limit="ulimit -v 3000000"), 2)
    assert "transfers.parquet, column 'note': a cell is 1,000,000 bytes long." in lines


# --- what others named: nothing of it reaches the screen --------------------------------------------------------------

ESCAPES = "\x1b\u202e\x07\x9b\u200b"


def silent(done: subprocess.CompletedProcess[str]) -> str:
    shown = done.stdout + done.stderr
    assert not set(ESCAPES) & set(shown)
    return shown


def test_h6_no_name_of_others_changes_the_screen(folder: Path) -> None:
    header = f"x{ESCAPES}[2JPWNED,recipient,asset,amount,block\n"
    (folder / "transfers.csv").write_text(header)
    assert "PWNED" in silent(run("trace", folder))
    (folder / "transfers.csv").unlink()
    (folder / "case.yml").write_text('schema: tracer-case/1\nid: "x\\e[2J\\u202Ey"\ntitle: "\\e[2Jt"\ntlp: "TLP:RED"\n')
    assert "no movements" in silent(run("trace", folder))
    (folder / "case.yml").write_text('schema: tracer-case/1\nid: x\ntitle: t\ntlp: "\\e[31m\\u202E"\n')
    assert "no marking" in silent(run("trace", folder))
    path = folder / "e\x1b[31mv\u202eil.csv"
    path.write_text(f"address,label,category,entity,source_url\n{B},x,nonsense,X,u\n")
    words = ("registry", "import", "csv", path, "--list-date", "2026-01-01", "--store", folder / "s.duckdb")
    assert "nonsense" in silent(run(*words))
    assert "il.csv" in silent(run("trace", "--transfers", path, "--seeds", folder / "seeds.csv"))


def test_h7_labels_of_others_reach_tables_without_hidden_characters_and_formulas(folder: Path) -> None:
    rows = [(B, "x", "exchange", "\uff1d1+1"), (B, "y", "exchange", "a;=1+1;b")]
    text = "address,label,category,entity,source_url\n" + "".join(f"{','.join(row)},u\n" for row in rows)
    (folder / "labels.csv").write_text(text)
    assert run("trace", folder, "--out", folder / "out").returncode == 0
    for path in (folder / "out").glob("*.csv"):
        assert not any(cell.startswith(("=", "\uff1d")) for cell in re.split("[,;\n]", path.read_text())), path.name
    (folder / "labels.csv").write_text(text + f"{B},z,exchange,Bin\u200bance,u\n")
    lines = three_lines(run("trace", folder), 2)
    assert lines[0].startswith("labels.csv, row 3, column 'entity': 'Binance' holds a character that does not show")


def test_h3_fetch_touches_no_folder_of_the_users_own(folder: Path) -> None:
    (folder / "case.yml").write_text("schema: tracer-case/1\nid: x\ntitle: t\n")
    (folder / "seeds.csv").write_text(
        f"kind,value,chain,asset,amount,origin\ntx,0x{1:064x},eip155:1,slip44:60,,theft\n"
    )
    mine = folder / "mine"
    mine.mkdir()
    for name in ("transfers.csv", "prices.csv"):
        (mine / name).write_text("precious")
    lines = three_lines(run("fetch", folder, "--out", mine), 2)
    assert lines[0] == "The folder 'mine' is not empty, and holds no bundle."
    assert {path.name: path.read_text() for path in mine.iterdir()} == dict.fromkeys(
        ("transfers.csv", "prices.csv"), "precious"
    )
    (folder / "bundle").symlink_to(mine, target_is_directory=True)
    assert three_lines(run("fetch", folder), 3)[0].startswith("bundle in ")
    assert sorted(path.name for path in mine.iterdir()) == ["prices.csv", "transfers.csv"]
