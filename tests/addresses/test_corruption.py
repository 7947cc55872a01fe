"""One wrong checksum digit, date or key in any kind of file makes `validate` name the file and the line."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from tracer.io.paths import addresses_dir
from tracer.registry.validation import Problem, validate

HOME = addresses_dir()
FILES = sorted(
    path.relative_to(HOME).as_posix()
    for section in ("incidents", "services")
    for path in (HOME / section).rglob("*.yml")
)
SAMPLE = ["incidents/ronin-2022.yml", "incidents/bybit-2025.yml", "services/mixer/tornado-cash.yml"]
SAMPLE += random.Random(7).sample([name for name in FILES if name not in SAMPLE], 12)
LIST = "sanctions/ofac/sdn-2025-11-19.csv"


def alone(tmp_path: Path, name: str) -> Path:
    """Return a registry that holds one data file and what every registry needs."""
    home = tmp_path / "addresses"
    (home / "incidents").mkdir(parents=True)
    for common in ("registry.yml", "importable.yml"):
        shutil.copy(HOME / common, home / common)
    shutil.copytree(HOME / "schema", home / "schema")
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(HOME / name, home / name)
    if name == LIST:
        for beside in ("list.yml", "history.csv"):
            shutil.copy(HOME / "sanctions/ofac" / beside, home / "sanctions/ofac" / beside)
    return home


def found(home: Path, name: str, line: int) -> list[Problem]:
    return [problem for problem in validate(home) if problem.file == name and problem.line == line]


def replace_line(path: Path, number: int, line: str) -> None:
    lines = path.read_text("utf-8").split("\n")
    lines[number - 1] = line
    path.write_text("\n".join(lines), encoding="utf-8")


def line_with(path: Path, pattern: str) -> tuple[int, str] | None:
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if re.search(pattern, line):
            return number, line
    return None


@pytest.mark.parametrize("name", [*SAMPLE, LIST])
def test_a_whole_file_has_no_problem(tmp_path: Path, name: str) -> None:
    assert validate(alone(tmp_path, name)) == ()


@pytest.mark.parametrize("name", SAMPLE)
def test_a_repeated_key_is_named(tmp_path: Path, name: str) -> None:
    home = alone(tmp_path, name)
    path = home / name
    at = line_with(path, r"^name: ")
    assert at is not None
    number, line = at
    replace_line(path, number, f"{line}\n{line}")
    assert found(home, name, number + 1)


@pytest.mark.parametrize("name", [*SAMPLE, LIST])
def test_a_wrong_digit_of_an_address_is_named(tmp_path: Path, name: str) -> None:
    home = alone(tmp_path, name)
    at = line_with(home / name, r"0x[0-9a-f]*[A-F][0-9a-fA-F]{10,}(?![0-9a-fA-F])")
    if at is None:
        assert line_with(home / name, r"0x[0-9a-fA-F]{40}(?![0-9a-fA-F])") is None
        return
    number, line = at
    address = re.search(r"0x[0-9a-fA-F]{40}", line)
    assert address is not None
    last = address[0][-1]
    wrong = address[0][:-1] + ("1" if last != "1" else "2")
    replace_line(home / name, number, line.replace(address[0], wrong))
    assert found(home, name, number)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_wrong_date_is_named(tmp_path: Path, name: str) -> None:
    home = alone(tmp_path, name)
    at = line_with(home / name, r'"\d{4}-\d{2}-\d{2}"')
    if at is None:
        assert name.startswith("services/") or line_with(home / name, r'^date: "\d{4}') is not None
        return
    number, line = at
    replace_line(home / name, number, re.sub(r'"(\d{4})-\d{2}-\d{2}"', r'"\1-02-30"', line))
    assert found(home, name, number)


def test_a_wrong_date_a_double_row_and_a_lost_row_of_a_list_are_named(tmp_path: Path) -> None:
    home = alone(tmp_path, LIST)
    path = home / LIST
    whole = path.read_text("utf-8")
    lines = whole.split("\n")
    replace_line(path, 5, re.sub(r"\d{4}-\d{2}-\d{2}$", "2022-02-30", lines[4]))
    assert found(home, LIST, 5)
    path.write_text(whole.replace(f"{lines[9]}\n", f"{lines[9]}\n{lines[9]}\n"), encoding="utf-8")
    assert found(home, LIST, 11)
    path.write_text(whole.replace(f"{lines[9]}\n", ""), encoding="utf-8")
    assert [problem.file for problem in validate(home)] == [LIST]


def test_a_wrong_day_and_a_lost_row_of_the_history_of_a_list_are_named(tmp_path: Path) -> None:
    home = alone(tmp_path, LIST)
    name = "sanctions/ofac/history.csv"
    whole = (home / name).read_text("utf-8")
    lines = whole.split("\n")
    replace_line(home / name, 5, re.sub(r"\d{4}-\d{2}-\d{2},$", "2022-02-30,", lines[4]))
    assert found(home, name, 5)
    replace_line(home / name, 5, re.sub(r"\d{4}-\d{2}-\d{2},$", "2019-01-01,2018-01-01", lines[4]))
    assert found(home, name, 5)
    (home / name).write_text(whole.replace(f"{lines[9]}\n", ""), encoding="utf-8")
    assert [problem.file for problem in validate(home)] == [name]
