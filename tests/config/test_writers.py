"""Writers: the same bytes for the same content, nothing a spreadsheet would run, nothing half-written."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import InputError
from tracer.io.readers import read_table
from tracer.io.writers import csv_text, is_ours, json_text, plain, sha256_of, unshielded, whole_folder, write_file

# --- content ----------------------------------------------------------------------------------------------------------


def test_a_table_is_rfc_4180_with_line_feeds() -> None:
    assert csv_text(["a", "b"], [["1", 'x,"y"'], ["", "é"]]) == 'a,b\n1,"x,""y"""\n,é\n'


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "-1"),  # a number below zero is no formula
        ("-1+1", "'-1+1"),
        ("-\u0661", "'-\u0661"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", " =1"),
        ("\r=1", " =1"),
        ("\n=1", " =1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("0", "0"),
        ("", ""),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        ("a;=1+1;b", "a;'=1+1;b"),
        ('a; "=1+1"', 'a; "\'=1+1"'),
        ("a;\uff0b1;b", "a;'\uff0b1;b"),
        ("\u200b=1", "'=1"),
        ("theft-1;theft-2", "theft-1;theft-2"),
        ("https://a.example/?x=1&y=-2;z", "https://a.example/?x=1&y=-2;z"),
    ],
)
def test_h7_a_cell_that_a_spreadsheet_would_run_is_neutralised(cell: str, written: str) -> None:
    ((back,),) = list(csv.reader(io.StringIO(csv_text(["a"], [[cell]]), newline="")))[1:] or [[""]]
    assert back == written


@given(st.text())
def test_no_cell_starts_a_formula_or_holds_a_control_character(text: str) -> None:
    ((_,), (cell, _)) = csv.reader(io.StringIO(csv_text(["a"], [[text, "x"]]), newline=""))
    assert not any(part.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) for part in cell.split(";"))
    assert cell == plain(cell)
    assert unshielded(cell) == unshielded(plain(text))


SEEN = ("Lu", "Ll", "Lt", "Lm", "Nd", "Nl", "No", "Pd", "Ps", "Pe", "Po", "Sm", "Sc", "Sk", "So")
JOINED = "\u200d\u200c\ufe0f\U000e0101\u180b\u200b\xad\U000e0067\U000e007f"


@given(st.text() | st.text(st.sampled_from("a1#" + JOINED + "\u20e3😀🏦🏴東ب\u0915ᠠ\u202e")))
def test_h7_plain_text_is_plain_once_and_for_all_and_loses_only_what_does_not_show(text: str) -> None:
    shown = plain(text)
    assert plain(shown) == shown
    left = iter(text)
    assert all(after == " " or after in left for after in shown), "nothing is added, and the order stays"
    seen, kept = ([one for one in held if unicodedata.category(one) in SEEN] for held in (text, shown))
    assert seen == kept


@pytest.mark.parametrize("code", [0x00, 0x0A, 0x1B, 0x7F, 0x85, 0x9B, 0x200E, 0x2028, 0x202E, 0x2066, 0x2069])
def test_characters_that_change_a_screen_or_the_direction_become_blanks(code: int) -> None:
    assert plain(f"a{chr(code)}b") == "a b"


@pytest.mark.parametrize(
    "hidden",
    ["\u200b", "\u200c", "\u200d", "\xad", "\u2060", "\ufeff", "\u034f", "\ufe0f", "\u180e", "\U000e0041", "\u206a"],
)
def test_h7_a_name_with_what_does_not_show_is_no_second_name(hidden: str) -> None:
    assert plain(f"Bin{hidden}ance") == "Binance"
    assert plain(f"{hidden}Binance{hidden}") == "Binance"


@pytest.mark.parametrize(
    "text",
    [
        "Zürich 東京 Κύπρος القاهرة 😀",
        "Zu\u0308rich Việt Nam תל־אביב",
        "👩🏽\u200d💻 ❤\ufe0f 🏳\ufe0f\u200d🌈 ☎\ufe0e 1\ufe0f\u20e3 👨\u200d👩\u200d👧",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم क्\u200dष ශ්\u200dරී",
        "葛\U000e0100城 齊\ufe00",
        "ᠬᠠᠭᠠᠨ\u180b",
        "서울 ภาษาไทย ελ",
    ],
)
def test_h7_letters_and_emoji_of_every_script_stay(text: str) -> None:
    assert plain(text) == text
    assert csv_text(["a"], [[text]]) == f"a\n{text}\n"


@pytest.mark.parametrize("code", [0x061C, 0x3164, 0xFFA0, 0x1160, 0xD800, 0xE000, 0xFFFE, 0x10FFFF])
def test_h7_letters_that_show_as_a_gap_and_half_characters_become_blanks(code: int) -> None:
    assert plain(f"a{chr(code)}b") == "a b"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    rows = [("a", "1"), ('é,"', "340282366920938463463374607431768211456"), ("", "")]
    write_file(tmp_path / "t.csv", csv_text(["x", "amount"], rows).encode())
    assert read_table(tmp_path / "t.csv", ["x", "amount"]).rows == rows


def test_json_is_sorted_indented_and_ends_with_a_newline() -> None:
    assert json_text({"b": ["é", 1], "a": {}}) == '{\n  "a": {},\n  "b": [\n    "é",\n    1\n  ]\n}\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_never_holds_what_is_no_json(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": value})


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.booleans()))
def test_json_text_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert json_text(value) == json_text(backwards)
    assert json.loads(json_text(value)) == value


def test_the_hash_is_sha256() -> None:
    assert sha256_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# --- one file ---------------------------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_is_written_whole_and_can_be_read_by_others(tmp_path: Path) -> None:
    write_file(tmp_path / "a.txt", b"one")
    assert (tmp_path / "a.txt").read_bytes() == b"one"
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644
    assert names(tmp_path) == ["a.txt"]


def test_a_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    write_file(tmp_path / "a.txt", b"one")
    with pytest.raises(InputError, match=r"^a\.txt exists\."):
        write_file(tmp_path / "a.txt", b"two")
    assert (tmp_path / "a.txt").read_bytes() == b"one"
    write_file(tmp_path / "a.txt", b"two", overwrite=True)
    assert (tmp_path / "a.txt").read_bytes() == b"two"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^The folder of a\.txt does not exist\."):
        write_file(tmp_path / "gone" / "a.txt", b"one")
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, step: str
) -> None:
    write_file(tmp_path / "a.txt", b"one")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)):
        write_file(tmp_path / "a.txt", b"two", overwrite=True)
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"one"


# --- a folder ---------------------------------------------------------------------------------------------------------


def result(target: Path, text: str = "new", *, overwrite: bool = False) -> None:
    with whole_folder(target, overwrite=overwrite) as work:
        (work / "manifest.json").write_text('{"schema": "tracer-output/1", "files": {"sub/data": "0"}}')
        (work / "sub").mkdir()
        (work / "sub" / "data").write_text(text)


WRITTEN = ["out", "out/manifest.json", "out/sub", "out/sub/data"]


def test_a_folder_appears_only_when_the_block_ends(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "deep" / "out") as work:
        (work / "manifest.json").write_text("{}")
        assert not (tmp_path / "deep" / "out").exists()
    assert names(tmp_path) == ["deep", "deep/out", "deep/out/manifest.json"]
    assert stat.S_IMODE((tmp_path / "deep" / "out").stat().st_mode) == 0o755


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    result(tmp_path / "out")
    assert names(tmp_path) == WRITTEN


def test_an_earlier_result_is_replaced_only_when_asked_and_then_wholly(tmp_path: Path) -> None:
    result(tmp_path / "out", "old")
    (tmp_path / "out" / ".DS_Store").write_text("x")
    with pytest.raises(InputError, match=r"^The folder 'out' is not empty\."):
        result(tmp_path / "out")
    assert (tmp_path / "out" / "sub" / "data").read_text() == "old"
    result(tmp_path / "out", overwrite=True)
    assert names(tmp_path) == WRITTEN
    assert (tmp_path / "out" / "sub" / "data").read_text() == "new"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_is_not_ours_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"^The folder 'out' is not empty\."):
        result(tmp_path / "out", overwrite=overwrite)
    assert names(tmp_path) == ["out", "out/thesis.txt"]


MANIFESTS = {
    "an app's": '{"name": "my web app"}',
    "another program's": '{"schema": "other/1", "files": {"notes.md": ""}}',
    "a bundle's": '{"schema": "tracer-bundle/1", "tables": {}}',
    "a result's, without the file": '{"schema": "tracer-output/1", "files": {"exits.csv": ""}}',
    "a list": "[]",
    "of no files": '{"schema": "tracer-output/1", "files": 3}',
    "deep": "[" * 100_000,
    "no text": "\udcff",
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
def test_h2_a_folder_with_a_manifest_that_is_not_ours_is_never_replaced(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "out" / "src").mkdir(parents=True)
    (tmp_path / "out" / "manifest.json").write_bytes(manifest.encode(errors="surrogateescape"))
    (tmp_path / "out" / "notes.md").write_text("precious")
    (tmp_path / "out" / "src" / "i.js").write_text("x")
    before = names(tmp_path)
    with pytest.raises(InputError, match=r"^The folder 'out' is not empty\."):
        result(tmp_path / "out", overwrite=True)
    assert names(tmp_path) == before


@pytest.mark.parametrize("added", ["notes.md", "sub/notes.md", "deep/er/notes.md", ".notes"])
def test_h2_a_result_with_a_file_of_the_users_own_in_it_is_never_replaced(tmp_path: Path, added: str) -> None:
    result(tmp_path / "out", "old")
    (tmp_path / "out" / added).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "out" / added).write_text("precious")
    assert not is_ours(tmp_path / "out")
    with pytest.raises(InputError, match=r"^The folder 'out' is not empty\."):
        result(tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / added).read_text() == "precious"
    assert (tmp_path / "out" / "sub" / "data").read_text() == "old"


def test_h1_no_link_is_followed_or_replaced(tmp_path: Path) -> None:
    result(tmp_path / "real", "old")
    (tmp_path / "out").symlink_to(tmp_path / "real", target_is_directory=True)
    with pytest.raises(InputError, match=r"^out is a link\."):
        result(tmp_path / "out", overwrite=True)
    assert (tmp_path / "real" / "sub" / "data").read_text() == "old"
    result(tmp_path / "second", "old")
    (tmp_path / "second" / "sub" / "data").unlink()
    (tmp_path / "second" / "sub" / "data").symlink_to(tmp_path / "real" / "sub" / "data")
    with pytest.raises(InputError, match=r"^The folder 'second' is not empty\."):
        result(tmp_path / "second", overwrite=True)
    (tmp_path / "third").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"^third is a link\."):
        result(tmp_path / "third")
    assert not (tmp_path / "nowhere").exists()


def test_h1_a_file_that_is_written_takes_the_place_of_a_link_and_leaves_what_it_led_to(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "a.txt").symlink_to(tmp_path / "mine")
    write_file(tmp_path / "a.txt", b"new", overwrite=True)
    assert (tmp_path / "mine").read_text() == "precious"
    assert (tmp_path / "a.txt").read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="no umask there")
@pytest.mark.parametrize(
    ("umask", "folder", "file"), [(0o077, 0o700, 0o600), (0o022, 0o755, 0o644), (0o002, 0o775, 0o664)]
)
def test_h5_the_users_umask_is_kept(tmp_path: Path, umask: int, folder: int, file: int) -> None:
    before = os.umask(umask)
    try:
        with whole_folder(tmp_path / "out") as work:
            write_file(work / "a.txt", b"one")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == folder
    assert stat.S_IMODE((tmp_path / "out" / "a.txt").stat().st_mode) == file


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_no_folder(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(InputError, match=r"^out is a file, not a folder\."):
        result(tmp_path / "out", overwrite=overwrite)
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt(), SystemExit(1)])
@pytest.mark.parametrize("before", [False, True])
def test_a_block_that_fails_leaves_everything_as_it_was(tmp_path: Path, error: BaseException, before: bool) -> None:
    if before:
        result(tmp_path / "out", "old")
    there = names(tmp_path)
    with pytest.raises(type(error)), whole_folder(tmp_path / "out", overwrite=True) as work:  # noqa: PT012
        (work / "manifest.json").write_text("{}")
        raise error
    assert names(tmp_path) == there
    assert not before or (tmp_path / "out" / "sub" / "data").read_text() == "old"


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("error", [OSError("no"), KeyboardInterrupt()])
def test_a_rename_that_fails_keeps_the_earlier_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException
) -> None:
    result(tmp_path / "out", "old")
    replace = os.replace
    calls: list[Path] = []

    def fail(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == failing:
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(type(error)):
        result(tmp_path / "out", overwrite=True)
    assert names(tmp_path) == WRITTEN
    assert (tmp_path / "out" / "sub" / "data").read_text() == "old"
