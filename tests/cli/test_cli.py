"""The command line as a shell sees it: exit codes, what is on stdout, and nothing left half written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tracer

A = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
B = "0x665660f65e94454a64b96693a67a41d440155617"
C = "0xe708f17240732bbfa1baa8513f66b665fbc7ce10"
D = "0x776b80e3fd97516ae3a2579cf4eae5ff5867d0f3"


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    import os

    root = str(Path(tracer.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": root},
    )


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(
        "sender,recipient,asset,amount,block,tx\n"
        f"{A},{B},slip44:60,100,1,0xAA\n{B},{C},slip44:60,60,2,0xbb\n{B},{D},slip44:60,40,3,0xcc\n"
    )
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    (tmp_path / "l.csv").write_text(
        f"address,label,category,entity,source_url\n{C},Kraken 1,exchange,Kraken,https://e.org\n"
    )
    return tmp_path


def test_a_table_is_traced_into_a_folder(tables: Path) -> None:
    out = tables / "out"
    words = ("trace", "--transfers", "t.csv", "--seeds", "s.csv", "--labels", "l.csv", "--policy", "fifo", "--out", out)
    done = run(*words, cwd=tables)
    assert done.returncode == 0, done.stderr
    assert "Kraken" in done.stdout
    summary = json.loads((out / "summary.json").read_text())
    asset = "eip155:1/slip44:60"
    assert summary["stolen"] == {"hack": {asset: "100"}}
    assert summary["buckets"] == {"incomplete": {asset: "40"}, "service": {asset: "60"}}
    assert summary["audit"] == {"closed": True, "difference": {"hack": {asset: "0"}}}
    again = tables / "again"
    assert run(*words[:-1], again, cwd=tables).returncode == 0
    for path in sorted(out.iterdir()):
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_nothing_is_overwritten_unasked_and_no_foreign_folder_ever(tables: Path) -> None:
    out = tables / "out"
    words = ("trace", "--transfers", "t.csv", "--seeds", "s.csv", "--out", out)
    assert run(*words, cwd=tables).returncode == 0
    refused = run(*words, cwd=tables)
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert run(*words, "--overwrite", cwd=tables).returncode == 0
    foreign = tables / "mine"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    assert run(*words[:-1], foreign, "--overwrite", cwd=tables).returncode == 2
    assert (foreign / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("name", "bad", "said"),
    [
        ("t.csv", f"sender,recipient,asset,amount,block\n{A},{B},slip44:60,1.5,1\n", "t.csv, row 1, column 'amount'"),
        ("t.csv", f"sender,recipient,asset,amount,block\n{A},{B},slip44:60,-1,1\n", "t.csv, row 1, column 'amount'"),
        ("t.csv", f"sender,recipient,asset,block\n{A},{B},slip44:60,1\n", "column 'amount' is missing"),
        ("t.csv", f"sender,recipient,asset,amount,amount,block\n{A},{B},x,1,1,1\n", "column 'amount' appears twice"),
        ("t.csv", f"sender,recipient,asset,amount,block\n{A},0x12,slip44:60,1,1\n", "t.csv, row 1, column 'recipient'"),
        (
            "l.csv",
            f"address,label,category,entity,source_url\n{C},K,bank,K,https://e.org\n",
            "l.csv, row 1, column 'category'",
        ),
        ("s.csv", "kind,value,asset,amount,origin\ntx,0xdd,,,hack\n", "takes nothing"),
        ("s.csv", "kind,value,asset,amount,origin\ntx,0xaa,slip44:60,101,hack\n", "101 is more than the 100"),
    ],
)
def test_bad_input_names_its_place_exits_2_and_leaves_nothing(tables: Path, name: str, bad: str, said: str) -> None:
    (tables / name).write_text(bad)
    before = sorted(path.name for path in tables.iterdir())
    done = run("trace", "--transfers", "t.csv", "--seeds", "s.csv", "--labels", "l.csv", "--out", "out", cwd=tables)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tables.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [
        ("trace",),
        ("trace", "no-such-case"),
        ("trace", "../ronin-2022"),
        ("trace", "ronin-2022", "--policy", "poison"),
        ("trace", "ronin-2022", "--stop-at", "banks"),
        ("trace", "ronin-2022", "--grade", "sure"),
        ("trace", "ronin-2022", "--max-hops", "0"),
        ("trace", "ronin-2022", "--min-amount", "-1"),
        ("trace", "ronin-2022", "--until", "soon"),
        ("trace", "ronin-2022", "--as-of", "soon"),
        ("trace", "ronin-2022", "--seeds", "s.csv"),
        ("trace", "--transfers", "missing.csv", "--seeds", "s.csv"),
        ("why", "19"),
        ("validate", "no-such-folder"),
        ("nonsense",),
    ],
)
def test_a_wrong_call_exits_2_with_words_and_no_traceback(tables: Path, words: tuple[str, ...]) -> None:
    done = run(*words, cwd=tables)
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_why_says_who_said_it_and_answers_by_exit_code() -> None:
    held = run("why", A, "--json")
    assert held.returncode == 0
    answer = json.loads(held.stdout)
    assert answer["address"] == A
    publishers = {one["publisher"] for one in answer["statements"]}
    assert "OFAC" in publishers
    assert len(publishers) > 1
    assert all(one["source_url"] and one["rank"] and one["grade"] for one in answer["statements"])
    assert run("why", "0x00000000219ab540356cbb839cbe05303d7705fa").returncode == 1


def test_cases_lists_the_case_as_json() -> None:
    (case,) = [one for one in json.loads(run("cases", "--json").stdout) if one["id"] == "ronin-2022"]
    assert (case["name"], case["date"], case["seeds"], case["bundle"]) == ("Ronin bridge", "2022-03-23", 2, True)


def test_compare_shows_every_policy_and_writes_a_table(tables: Path) -> None:
    done = run("compare", "--transfers", "t.csv", "--seeds", "s.csv", "--labels", "l.csv", "--out", "c.csv", cwd=tables)
    assert done.returncode == 0, done.stderr
    lines = (tables / "c.csv").read_text().splitlines()
    assert lines[0] == (
        "entity,category,asset,origin,fifo,lifo,haircut,tiho,clean_first,dirty_first,min,max,certainty,origin_asset,tlp"
    )
    assert lines[1].startswith("Kraken,exchange,eip155:1/slip44:60,hack,60,60,60,60,60,60,")


def test_compare_takes_the_folder_of_an_earlier_trace(tables: Path) -> None:
    out = tables / "ronin"
    assert run("trace", "ronin-2022", "--out", out).returncode == 0
    assert "depositor of Tornado Cash" in run("compare", out).stdout


def test_a_folder_of_tables_is_a_case(tables: Path) -> None:
    for old, new in (("t.csv", "transfers.csv"), ("s.csv", "seeds.csv"), ("l.csv", "labels.csv")):
        (tables / old).rename(tables / new)
    done = run("trace", tables)
    assert done.returncode == 0, done.stderr
    assert "Kraken" in done.stdout


def test_strict_answers_3_where_the_history_is_not_in_the_case() -> None:
    assert run("trace", "ronin-2022", "--strict").returncode == 3


def test_demo_shows_the_money_and_where_the_report_is(tmp_path: Path) -> None:
    done = run("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("depositor of Tornado Cash", "toward exchanges", "182,163.95603", "tracer-demo/report.html"):
        assert words in done.stdout
    assert (tmp_path / "tracer-demo" / "report.html").is_file()
    again = run("demo", cwd=tmp_path)
    assert again.returncode == 0, "an earlier demo is replaced unasked"
    assert again.stdout == done.stdout


def test_h2_demo_replaces_nothing_but_an_earlier_demo(tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "src").mkdir(parents=True)
    (app / "manifest.json").write_text('{"name": "my web app"}')
    (app / "notes.md").write_text("precious")
    for words in ((), ("--overwrite",)):
        done = run("demo", "--out", app, *words)
        assert done.returncode == 2
        assert "not empty" in done.stderr
    assert sorted(path.name for path in app.iterdir()) == ["manifest.json", "notes.md", "src"]
    mine = tmp_path / "mine"
    tracer.open_case("training").trace().write(mine)
    before = (mine / "summary.json").read_bytes()
    assert run("demo", "--out", mine).returncode == 2, "a result of another case is replaced only when asked"
    assert (mine / "summary.json").read_bytes() == before


def test_validate_and_doctor_find_the_shipped_data_whole() -> None:
    assert run("validate").returncode == 0
    done = run("doctor", "--offline")
    assert done.returncode == 0, done.stdout
    assert "cases with a bundle: bitfinex-2016, colonial-2021, ronin-2022, nomad-2022" in done.stdout
