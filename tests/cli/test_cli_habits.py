"""What hands expect of a command: its version, completion, JSON, errors that name what was wrong, hints that work."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

import tracer
from tracer.cli.app import app

ROOT = Path(tracer.__file__).parents[1]
A, B, C = (f"0x{digit * 40}" for digit in "123")


def run(*words: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Return a folder whose table A loses to B and B pays to C."""
    (tmp_path / "transfers.csv").write_text(
        f"sender,recipient,asset,amount,block,tx\n{A},{B},slip44:60,{10**18},1,0xaa\n{B},{C},slip44:60,{10**18},2,0xbb\n"
    )
    (tmp_path / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,hack\n")
    return tmp_path


def test_j_the_version_is_said() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tracer {tracer.__version__}\n", "")


# --- completion -------------------------------------------------------------------------------------------------------

COMPLETIONS = [
    ("tracer tr", {"trace"}),
    ("tracer --v", {"--version"}),
    ("tracer registry ", {"import"}),
    ("tracer trace ronin", {"ronin-2022"}),
    ("tracer fetch bybit", {"bybit-2025", "bybit-2025-swap-proceeds"}),
    ("tracer trace ronin-2022 --policy d", {"dirty_first"}),
    ("tracer trace --stop-at exchange,mi", {"exchange,mixer", "exchange,mining"}),
    ("tracer trace --grade re", {"recorded"}),
    ("tracer trace --direction b", {"back"}),
    ("tracer compare --by a", {"address"}),
    ("tracer import blockc", {"blockchair"}),
]


@pytest.mark.parametrize(("line", "offered"), COMPLETIONS)
def test_j_words_are_completed(line: str, offered: set[str]) -> None:
    place = str(len(line.split(" ")) - 1)
    bash = run(_TRACER_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=place)
    assert set(bash.stdout.split()) == offered, bash.stderr
    assert (bash.returncode, bash.stderr) == (0, "")
    if line != COMPLETIONS[3][0]:
        return  # the words are the same for every shell; how each is asked is tried once
    given = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    fish = run(_TRACER_COMPLETE="complete_fish", **given)
    assert {one.split("\t")[0] for one in fish.stdout.splitlines()} == offered, fish.stderr
    zsh = run(_TRACER_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)
    assert all(word in zsh.stdout for word in offered), zsh.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_j_a_shell_takes_its_completion_script(tmp_path: Path, shell: str) -> None:
    done = run(_TRACER_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert "_TRACER_COMPLETE" in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(done.stdout)
    checked = subprocess.run([shell, "-n", str(tmp_path / "script")], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_j_compare_speaks_json(tables: Path) -> None:
    done = run("compare", tables, "--json")
    held = json.loads(done.stdout)
    assert set(held) == {"case", "options", "by", "rows", "audit"}
    (row,) = held["rows"]
    assert {row[policy] for policy in held["audit"]} == {str(10**18)}
    assert (row["asset"], row["origin"], row["min"], row["max"]) == ("eip155:1/slip44:60", "hack", *[str(10**18)] * 2)
    assert set(held["audit"].values()) == {True}
    assert "policy" not in held["options"]
    (one,) = json.loads(run("compare", tables, "--json", "--by", "address").stdout)["rows"]
    assert (one["address"], one["fifo"]) == (C, str(10**18))


def test_j_doctor_speaks_json() -> None:
    done = run("doctor", "--offline", "--json")
    held = json.loads(done.stdout)
    assert held["version"] == tracer.__version__
    assert "ronin-2022" in held["cases"]
    assert held["packages"]["pandas"]
    assert held["problems"] == []
    assert {one["answers"] for one in held["sources"]} == {None}
    assert done.returncode == 0


# --- what is wrong is named -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trace", "ronin-2022", "--max-hops", "two"), "--max-hops is 'two', which is not a whole number."),
        (("trace", "ronin-2022", "--min-amount", "1.5"), "--min-amount is '1.5'"),
        (("trace", "ronin-2022", "--high-degree", "0"), "--high-degree is 0, but must be 1 or more."),
        (("trace", "ronin-2022", "--until", "soon"), "--until: 'soon' is not a time."),
        (("trace", "ronin-2022", "--as-of", "soon"), "--as-of: 'soon' is not a time."),
        (("trace", "ronin-2022", "--grade", "recored"), "--grade: 'recored' is not a grade. Did you mean recorded?"),
        (("trace", "ronin-2022", "--stop-at", "exchnge"), "--stop-at: 'exchnge' is not a category. Did you mean exch"),
        (("trace", "ronin-2022", "--policy", "fifio"), "'fifio' is not a policy. Did you mean fifo?"),
        (("trace", "ronin-2022", "--direction", "up"), "--direction: 'up' is no direction."),
        (("compare", "ronin-2022", "--by", "adress"), "by 'adress'. Did you mean address?"),
        (("trace", "ronin-2022", "--polcy", "fifo"), "No such option: --polcy"),
        (("tarce",), "No such command 'tarce'. Did you mean 'trace'?"),
        (("trace", "ronin-2021"), "Nearest: ronin-2022"),
        (("import", "etherscn", "x.csv", "--out", "y"), "Did you mean etherscan?"),
    ],
)
def test_j_a_wrong_option_is_named_as_it_was_typed(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# --- hints ------------------------------------------------------------------------------------------------------------


def test_j_the_hint_of_a_case_without_rows_is_the_command_that_works(tmp_path: Path) -> None:
    home = tmp_path / "my files" / "a-case"
    home.parent.mkdir()
    assert run("new", "0x" + "a" * 64, "--out", home, "--offline").returncode == 0
    done = run("trace", home, cwd=tmp_path)
    assert done.returncode == 2
    hint = done.stderr.strip().splitlines()[-1].removeprefix("Fetch it first: ")
    words = shlex.split(hint)
    assert words == ["tracer", "fetch", str(home)]
    again = run(*words[1:], "--offline", cwd=tmp_path)
    assert "There is no case" not in again.stderr


def test_j_a_result_of_an_own_folder_says_what_to_trace_instead(tables: Path) -> None:
    assert run("trace", tables, "--out", tables / "out").returncode == 0
    done = run("trace", tables / "out")
    assert done.returncode == 2
    assert "no case 'table'" not in done.stderr
    assert "--transfers" in done.stderr


COMMAND = re.compile(r"\btracer ((?:registry )?[a-z]+)((?: (?:--[a-z-]+|[^\s`]+))*)")
OPTION = re.compile(r"(--[a-z][a-z-]*)")


def hints() -> Iterator[tuple[str, str]]:
    """Yield every text of the program that names a command, with the file it stands in."""
    for path in sorted((ROOT / "tracer").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
                yield path.name, "".join(parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value


def test_j_every_hint_names_a_command_and_options_that_exist() -> None:
    root = typer.main.get_command(app)
    known = {name: command for name, command in root.commands.items() if name != "registry"}  # type: ignore[attr-defined]
    known["registry import"] = root.commands["registry"].commands["import"]  # type: ignore[attr-defined]
    found = 0
    for file, text in hints():
        for quoted in re.findall(r"`(tracer [^`]+)`|: (tracer [a-z]+ [^`.]+)\.?$", text):
            line = next(filter(None, quoted))
            match = COMMAND.match(line)
            assert match, f"{file}: {line!r}"
            assert match[1] in known, f"{file}: {line!r} is no command"
            options = {word for one in known[match[1]].params for word in one.opts + one.secondary_opts}
            unknown = set(OPTION.findall(line)) - options - {"--help"}
            assert not unknown, f"{file}: {line!r} has options that do not exist: {unknown}"
            found += 1
    assert found > 10


def test_j_results_are_not_committed_by_accident() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    for name in ("tracer-demo/report.html", "result/exits.csv", "my-case/seeds.csv"):
        assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 0, name
