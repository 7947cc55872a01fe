"""The examples of docs/importing.md, run as they stand."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from export_files import INTERNAL, OTHER, OWNER, POOL, TOKENS, TRANSACTIONS, inside, quoted, sent, token, write

import tracer
from tracer.io import FORMATS

PAGE = (Path(tracer.__file__).parents[1] / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, "transactions.csv", quoted(TRANSACTIONS, [sent(1, "5", into=True), sent(2, "3")]))
    write(tmp_path, "internal.csv", quoted(INTERNAL, [inside(3, "1", POOL, OWNER)]))
    write(tmp_path, "tokens.csv", quoted(TOKENS, [token(4, "7", OTHER, OWNER)]))
    write(tmp_path, "own.csv", f"Payer,Payee,How much,When\n{OWNER},{OTHER},1.5,2023-08-25 21:46:40\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> subprocess.CompletedProcess[str]:
    import os

    env = {**os.environ, "PYTHONPATH": str(Path(tracer.__file__).parents[1])}
    words = shlex.split(line)
    assert words[0] == "tracer"
    return subprocess.run([sys.executable, "-m", "tracer.cli", *words[1:]], capture_output=True, text=True, env=env)


def test_f4_the_commands_of_the_page_run_as_they_stand(exports: Path) -> None:
    lines = re.findall(r"^    (tracer .+)$", PAGE, re.MULTILINE)
    assert [line.split()[1] for line in lines] == ["import", "trace", "import", "import"]
    for line in lines:
        if line.startswith("tracer trace"):
            with (exports / "case" / "seeds.csv").open(encoding="utf-8", newline="") as stream:
                header, first, *_ = csv.reader(stream)
            first[header.index("origin")] = "theft"
            with (exports / "case" / "seeds.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([header, first])
        done = run(line)
        assert done.returncode == 0, done.stderr
    assert (exports / "again" / "transfers.csv").read_bytes() == (exports / "own" / "transfers.csv").read_bytes()


def test_the_notebook_of_the_page_runs_as_it_stands(exports: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(block, "importing.md", "exec"), {})
    assert (exports / "notebook" / "transfers.csv").is_file()


def test_the_page_names_every_format() -> None:
    for form in FORMATS:
        assert f"`{form}`" in PAGE
