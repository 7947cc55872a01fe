"""`tracer show` and `tracer label` as a shell sees them; the examples of their help run as they stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import tracer

ROOT = Path(tracer.__file__).parents[1]
SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
HELPED = "0x35fb6f6db4fb05e6a4ce86f2c93691425626d4b1"


def run(*words: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", **env},
    )


def examples(command: str) -> list[list[str]]:
    """Return the examples that the help of a command prints."""
    shown = run(command, "--help", COLUMNS="200").stdout
    return [shlex.split(line.strip())[1:] for line in shown.splitlines() if line.startswith("  tracer ")]


def test_the_examples_of_show_run(tmp_path: Path) -> None:
    found = examples("show")
    assert len(found) == 5
    (tmp_path / "deposits.csv").write_text(f"{SEED}\n{HELPED}\n")
    for words in found:
        done = run(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert SEED in done.stdout
        if "--json" in words:
            assert json.loads(done.stdout)["address"] == SEED


def test_the_examples_of_label_run(tmp_path: Path) -> None:
    (tmp_path / "my-case").mkdir()
    (tmp_path / "my-case" / "transfers.csv").write_text(
        f"sender,recipient,asset,amount,block,tx\n{SEED},{HELPED},slip44:60,5,1,0xaa\n"
    )
    (tmp_path / "my-case" / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    found = examples("label")
    assert len(found) == 4
    for words in found:
        filled = [re.sub("^0x…$", HELPED, word).replace("https://…", "https://example.org/") for word in words]
        done = run(*filled, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "Kraken 7" in done.stderr
    assert (tmp_path / "my-case" / "labels.csv").read_text().count("\n") == 1
    assert "Kraken 7" in (tmp_path / "my-labels.csv").read_text()


def test_the_page_of_the_documentation_shows_the_same_examples_and_its_python_runs() -> None:
    text = (ROOT / "docs" / "one-address.md").read_text("utf-8")
    shown = re.findall(r"^tracer (.*)$", text, re.MULTILINE)
    assert [shlex.split(line) for line in shown] == [*examples("show"), *examples("label")]
    (python,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    done = subprocess.run([sys.executable, "-W", "error", "-c", python], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "ronin-2022"), "Which address?"),
        (("show", "ronin-2022", "0x0"), "write more of it"),
        (("show", "no-such-case", SEED), "no-such-case"),
        (("show", "ronin-2022", SEED, "--policy", "fifi"), "fifi"),
        (("label", "ronin-2022", HELPED, "exchange", "--name", "x"), "--source is missing"),
        (("label", "ronin-2022", HELPED, "exchange", "--category", "mixer"), "Say it once"),
        (("label", "ronin-2022", HELPED, "exchange", "--name", "x", "--source", "y"), "--out my-labels.csv"),
        (("label", "ronin-2022", HELPED, "--remove", "--out", "none.csv"), "none.csv"),
    ],
)
def test_j_what_cannot_be_done_says_why_and_what_to_do(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_f24_a_whole_address_that_no_row_names_is_answered_no_with_what_may_be_meant() -> None:
    done = run("show", "ronin-2022", f"{SEED[:-1]}7")
    assert done.returncode == 1
    assert f"Did you mean {SEED}?" in done.stderr


def test_a_category_and_a_source_are_enough_for_a_label(tmp_path: Path) -> None:
    done = run("label", "ronin-2022", HELPED, "exchange", "--source", "https://e.org", "--out", "own.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{HELPED},eip155:1,exchange,exchange,,https://e.org" in (tmp_path / "own.csv").read_text()
    assert run("trace", "ronin-2022", "--labels", "own.csv", cwd=tmp_path).returncode == 0


def test_a_table_of_ones_own_is_shown_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"sender,recipient,asset,amount,block,tx\n{SEED},{HELPED},slip44:60,5,1,0xaa\n")
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    done = run("show", "0x35fb6f", "--transfers", "t.csv", "--seeds", "s.csv", "--no-registry", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert HELPED in done.stdout
    assert "UNGUARDED" in done.stdout


def test_j_labels_stand_beside_a_case_that_ships(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    words = ("--name", "Kraken 7", "--source", "https://e.org", "--by", "J. Doe", "--on", "2026-11-29", "--out", own)
    done = run("label", "ronin-2022", HELPED, "exchange", *words)
    assert done.returncode == 0, done.stderr
    assert "Following stops there, and it can never be listed" in done.stderr
    traced = run("trace", "ronin-2022", "--labels", own, "--json")
    assert json.loads(traced.stdout)["buckets"]["service"] == {"eip155:1/slip44:60": "33568152000000000000000"}


def test_r1_17_one_page_is_written_for_a_dossier_whole_and_says_what_made_it(tmp_path: Path) -> None:
    for form in ("html", "txt", "json"):
        done = run("show", "ronin-2022", SEED, "--bounds", "--out", tmp_path / f"page.{form}")
        assert done.returncode == 0, done.stderr
    page, text = ((tmp_path / f"page.{form}").read_text() for form in ("html", "txt"))
    for said in (page, text):
        assert "TLP:CLEAR" in said
        assert "tracer trace ronin-2022" in said
        assert "labels as known on 2026-11-29" in said
        assert "182,163.675666330746195534 ETH" in said
        assert "0x098b…" not in said
        assert "more" not in re.sub(r"[0-9]+ more (?:in one event|lost)", "", said.partition("With whom")[2])
    record = json.loads((tmp_path / "page.json").read_text())
    assert all(one["addresses"].split()[0] in page for one in record["counterparties"] if one["addresses"])
    assert "<script" not in page
    assert "prefers" in page or "color-scheme: light dark" in page
    refused = run("show", "ronin-2022", SEED, "--out", tmp_path / "page.docx")
    assert refused.returncode == 2
    assert "End it with .html, .txt or .json" in refused.stderr
    again = run("show", "ronin-2022", SEED, "--out", tmp_path / "page.html")
    assert again.returncode == 2
