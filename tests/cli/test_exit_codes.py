"""One table of exit codes: in the help, in the README, and what commands end with."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracer.cli.app import app
from tracer.cli.boundary import guarded
from tracer.errors import EXIT_CODES, TracerError

README = Path(__file__).parents[2] / "README.md"
SEEN = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
UNSEEN = "0x" + 40 * "1"
HASH = "0x" + 64 * "a"


def code(*words: object) -> int:
    """Return what a command ends with, as :func:`tracer.cli.app.main` has it."""
    return guarded(lambda: app([str(word) for word in words], prog_name="tracer"))


def test_f24_the_readme_and_the_help_have_the_same_table() -> None:
    rows = re.findall(r"^\| (\d) \| (.+) \|$", README.read_text("utf-8"), re.MULTILINE)
    assert [(int(number), words.replace("`", "")) for number, words in rows] == list(EXIT_CODES)
    said = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    assert all(f"{number} {words}" in said for number, words in EXIT_CODES)


def test_f24_every_error_ends_with_a_code_of_the_table() -> None:
    def below(kind: type[TracerError]) -> set[int]:
        return {kind.exit_code}.union(*(below(one) for one in kind.__subclasses__()))

    assert below(TracerError) <= {number for number, _ in EXIT_CODES}


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (("show", "ronin-2022", SEEN), 0),
        (("show", "ronin-2022", UNSEEN), 1),
        (("show", "ronin-2022", SEEN[:-1] + "g"), 2),
        (("why", SEEN), 0),
        (("why", UNSEEN), 1),
        (("why", "0x12"), 2),
        (("trace", "no-such-case"), 2),
        (("trace", "ronin-2022", "--policy", "none"), 2),
        (("trace", "ronin-2022", "--strict"), 3),
        (("trace", "training", "--direction", "back", "--strict"), 3),
        (("verify", "no-such-folder"), 2),
    ],
)
def test_f24_commands_end_with_what_the_table_says(words: tuple[str, ...], ends: int) -> None:
    assert code(*words) == ends


def test_f24_rows_that_are_refused_are_2_whatever_is_imported(tmp_path: Path) -> None:
    labels = tmp_path / "l.csv"
    labels.write_text(
        f"address,label,category,entity,source_url,chain\n{SEEN},A,exchange,A,https://e.org,eip155:1\n"
        f"0x12,B,exchange,B,https://e.org,eip155:1\n"
    )
    words = ("registry", "import", "csv", labels, "--list-date", "2026-01-01", "--store", tmp_path / "s.duckdb")
    assert code(*words) == 2
    table = tmp_path / "t.csv"
    table.write_text(
        f"sender,recipient,amount,asset,block,tx\n{SEEN},{UNSEEN},1,ETH,1,{HASH}\n{SEEN},0x12,1,ETH,2,{HASH}\n"
    )
    assert code("import", "columns", table, "--out", tmp_path / "case") == 2
    assert (tmp_path / "case" / "transfers.csv").is_file()


def test_f24_what_a_source_or_a_bundle_does_not_hold_is_3_without_strict(tmp_path: Path) -> None:
    case = tmp_path / "case"
    assert code("new", HASH, "--out", case, "--offline") == 0
    assert code("fetch", case, "--offline") == 3


def test_f23_a_trace_of_nothing_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"sender,recipient,asset,amount,block\n{SEEN},{UNSEEN},slip44:60,1,1\n")
    (tmp_path / "s.csv").write_text(f"kind,value,asset,amount,origin\nholder,{UNSEEN},,,mine\n")
    tables = ("--transfers", tmp_path / "t.csv", "--seeds", tmp_path / "s.csv")
    assert code("trace", *tables) == 2
    assert code("compare", *tables) == 2


def test_f31_a_reader_that_leaves_ends_nothing_with_an_error() -> None:
    def leaves() -> None:
        raise BrokenPipeError

    run: Callable[[], object] = leaves
    assert guarded(run) == 0
