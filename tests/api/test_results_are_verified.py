"""A result says how to make it again, and whether its files still are what its manifest says."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import tracer
from tracer.errors import InputError
from tracer.io import csv_text

A, B, C = ("0x" + 40 * digit for digit in "abc")
ROWS = f"sender,recipient,asset,amount,block,tx,note\n{A},{B},slip44:60,100,1,0xaa,=1\n{B},{C},slip44:60,60,2,0xbb,\n"
SEEDS = "kind,value,asset,amount,origin\ntx,0xaa,,,hack\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my own table.csv").write_text(ROWS)
    (tmp_path / "s.csv").write_text(SEEDS)
    case = tracer.open_table(tmp_path / "my own table.csv", seeds=tmp_path / "s.csv", complete=True)
    return case.trace(policy="lifo", max_hops=9, bounds=True).write(tmp_path / "out")


def test_f15_a_result_fits_its_manifest_until_one_byte_of_one_file_is_changed(folder: Path) -> None:
    assert tracer.verify(folder).ok
    names = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    for name in names:
        changed = folder.parent / "changed"
        shutil.copytree(folder, changed)
        data = bytearray((changed / name).read_bytes())
        data[len(data) // 2] ^= 1
        (changed / name).write_bytes(data)
        found = tracer.verify(changed)
        assert not found.ok
        assert [one for one, _ in found.wrong] == [name]
        shutil.rmtree(changed)


def test_f15_rows_of_the_parquet_file_are_hashed_and_not_its_packing(folder: Path) -> None:
    path = folder / "touched.parquet"
    rows = pd.read_parquet(path)
    rows.to_parquet(path, compression="gzip", index=False)
    assert tracer.verify(folder).ok
    rows["amount"] = "101"
    rows.to_parquet(path, index=False)
    assert dict(tracer.verify(folder).wrong) == {"touched.parquet": "changed"}


def test_f15_what_is_missing_more_or_leads_outside_is_named(folder: Path) -> None:
    (folder / "exits.csv").unlink()
    (folder / "more.csv").write_text("x")
    (folder / "legend.md").unlink()
    (folder / "legend.md").symlink_to(folder / "cashouts.csv")
    assert dict(tracer.verify(folder).wrong) == {
        **{"exits.csv": "missing", "legend.md": "missing"},
        "more.csv": "not in the manifest",
    }


def test_f15_two_results_are_compared(folder: Path, tmp_path: Path) -> None:
    again = tracer.open_table(tmp_path / "my own table.csv", seeds=tmp_path / "s.csv", complete=True)
    same = again.trace(policy="lifo", max_hops=9, bounds=True).write(tmp_path / "same")
    assert tracer.verify(folder, against=same).ok
    other = again.trace(policy="lifo", bounds=True).write(tmp_path / "other")
    wrong = dict(tracer.verify(folder, against=other).wrong)
    assert wrong["summary.json"] == "differs"
    assert "cashouts.csv" not in wrong


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no manifest.json"), ("{", "no JSON"), ('{"schema": "tracer-bundle/1"}', "bundle"), ("[]", "no result")],
)
def test_f15_a_folder_that_is_no_result_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(tracer.TracerError, match=said):
        tracer.verify(tmp_path)
    with pytest.raises(InputError, match="no folder"):
        tracer.verify(tmp_path / "nothing")


def test_f15_the_command_that_makes_it_again_holds_no_path_and_is_the_same_from_frames(
    folder: Path, tmp_path: Path
) -> None:
    said = json.loads((folder / "summary.json").read_text())["command"]
    assert said.startswith(
        "tracer trace --transfers transfers.csv --seeds seeds.csv --complete --case-id my-own-table --policy lifo"
    )
    assert "--max-hops 9" in said
    assert said.endswith("--bounds")
    assert said in (folder / "report.html").read_text()
    frame = pd.read_csv(tmp_path / "my own table.csv", dtype=str, keep_default_na=False)
    seeds = pd.read_csv(tmp_path / "s.csv", dtype=str, keep_default_na=False)
    other = tracer.open_table(frame, seeds=seeds, complete=True, case_id="my-own-table").trace(
        policy="lifo", max_hops=9, bounds=True
    )
    assert tracer.verify(folder, against=other.write(tmp_path / "frames")).ok


def test_f15_the_command_of_a_shipped_case_traces_it_again(tmp_path: Path) -> None:
    import shlex

    from typer.testing import CliRunner

    from tracer.cli.app import app

    folder = tracer.open_case("colonial-2021").trace(policy="tiho", until="2021-06-08").write(tmp_path / "first")
    words = shlex.split(json.loads((folder / "summary.json").read_text())["command"])
    assert words[:3] == ["tracer", "trace", "colonial-2021"]
    assert CliRunner().invoke(app, [*words[1:], "--out", str(tmp_path / "second")]).exit_code == 0
    done = CliRunner().invoke(app, ["verify", str(folder), "--against", str(tmp_path / "second")])
    assert (done.exit_code, "The results are the same" in done.stdout) == (0, True)
    (folder / "exits.csv").write_text("altered")
    done = CliRunner().invoke(app, ["verify", str(folder)])
    assert (done.exit_code, "exits.csv: changed" in done.stdout) == (1, True)
    assert "exits.csv (changed)" in CliRunner().invoke(app, ["trace", str(folder)]).stderr


def test_f15_a_backward_trace_is_verified_too(tmp_path: Path) -> None:
    from tracer.api import trace_back

    folder = trace_back(tracer.open_case("training")).write(tmp_path / "back")
    assert tracer.verify(folder).ok
    assert "--direction back" in tracer.verify(folder).command


def _without(folder: Path, to: Path, *names: str) -> Path:
    """Return a copy of a result that has lost files, in its manifest too."""
    shutil.copytree(folder, to)
    manifest = json.loads((to / "manifest.json").read_text())
    for name in names:
        del manifest["files"][name]
        (to / name).unlink()
    (to / "manifest.json").write_text(json.dumps(manifest))
    return to


def test_11_a_result_that_lost_its_tables_does_not_fit(folder: Path, tmp_path: Path) -> None:
    lost = ("exits.csv", "summary.json", "kept_off.csv")
    found = tracer.verify(_without(folder, tmp_path / "lost", *lost))
    assert not found.ok
    assert dict(found.wrong) == dict.fromkeys(lost, "missing")
    every = [path.name for path in folder.iterdir() if path.name != "manifest.json"]
    found = tracer.verify(_without(folder, tmp_path / "empty", *every))
    assert not found.ok
    assert "All 0 files" not in found.sentence()
    assert tracer.verify(_without(folder, tmp_path / "undrawn", "graph.svg")).ok


def test_11_a_backward_trace_that_lost_a_file_does_not_fit(tmp_path: Path) -> None:
    from tracer.api import trace_back

    folder = trace_back(tracer.open_case("training")).write(tmp_path / "back")
    assert dict(tracer.verify(_without(folder, tmp_path / "lost", "summary.json")).wrong) == {"summary.json": "missing"}


@pytest.mark.parametrize("key", ["tlp", "hashed", "canonical_csv"])
def test_11_two_results_are_compared_by_their_whole_manifests(folder: Path, tmp_path: Path, key: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest[key] = [*manifest[key], "exits.csv"] if key == "canonical_csv" else "TLP:CLEAR"
    (other / "manifest.json").write_text(json.dumps(manifest))
    found = tracer.verify(folder, against=other)
    assert not found.ok
    if key == "tlp":  # the result itself says how it is marked
        assert "manifest.json" in dict(tracer.verify(other).wrong)
        assert "marked 'TLP:CLEAR', the result 'TLP:AMBER'" in dict(tracer.verify(other).wrong)["manifest.json"]
    else:
        assert dict(found.wrong) == {"manifest.json": "differs"}
        assert any(f"The manifests differ in {key}" in said for said in found.differences)


def test_n15_options_that_differ_between_two_results_are_named(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tracer.cli.app import app

    case = tracer.open_case("training")
    first = case.trace(bounds=True, policy="lifo").write(tmp_path / "first")
    second = case.trace(max_hops=3).write(tmp_path / "second")
    found = tracer.verify(first, against=second)
    assert found.differences == (
        "Made with another --bounds: given in the first, not given in the second.",
        "Made with another --max-hops: not given in the first, '3' in the second.",
        "Made with another --policy: 'lifo' in the first, 'fifo' in the second.",
    )
    assert found.record()["other_command"] == found.other_command != found.command
    done = CliRunner().invoke(app, ["verify", str(first), "--against", str(second)])
    assert done.exit_code == 1
    assert "Made with another --bounds: given in the first, not given in the second." in done.stdout
    assert f"The second says it was made by: {found.other_command}" in done.stdout


def test_n15_a_result_traced_again_repeats_all_its_options(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tracer.api import trace_back
    from tracer.cli.app import app

    case = tracer.open_case("training")
    first = case.trace(bounds=True, policy="lifo", max_hops=4).write(tmp_path / "first")
    done = CliRunner().invoke(app, ["trace", str(first), "--out", str(tmp_path / "again")])
    assert done.exit_code == 0
    assert "--max-hops 4 --policy lifo --bounds" in done.stderr
    assert tracer.verify(first, against=tmp_path / "again").ok
    done = CliRunner().invoke(app, ["trace", str(first), "--no-bounds", "--out", str(tmp_path / "without")])
    assert done.exit_code == 0
    assert "--bounds" not in done.stderr
    assert not tracer.verify(first, against=tmp_path / "without").ok
    back = trace_back(case, policy="lifo").write(tmp_path / "back")
    done = CliRunner().invoke(app, ["trace", str(back), "--out", str(tmp_path / "back again")])
    assert done.exit_code == 0
    assert "--policy lifo --direction back" in done.stderr
    assert tracer.verify(back, against=tmp_path / "back again").ok


@pytest.mark.parametrize(
    "said",
    [
        "rm -rf ~; tracer trace colonial-2021",
        "tracer trace x; rm -rf ~",
        "tracer trace $(x)",
        "tracer fetch x",
        "tracer",
    ],
)
def test_n35_what_is_no_plain_command_that_traces_is_not_shown(folder: Path, said: str) -> None:
    path = folder / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"command": said}))
    assert tracer.verify(folder).command == ""


def test_n30_what_a_command_names_by_a_stand_in_is_said(folder: Path, tmp_path: Path) -> None:
    assert "stand-ins" in tracer.verify(folder).stand_ins()
    assert "stand-ins" in repr(tracer.verify(folder))
    shipped = tracer.open_case("colonial-2021").trace().write(tmp_path / "shipped")
    assert tracer.verify(shipped).stand_ins() == ""


def test_r2_1_what_differs_is_named_by_row_and_column(folder: Path, tmp_path: Path) -> None:
    altered = tmp_path / "altered"
    shutil.copytree(folder, altered)
    path = altered / "cashouts.csv"
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    place = rows[0].index("tainted")
    was = rows[1][place]
    rows[1][place] = "77"
    path.write_text(csv_text(rows[0], rows[1:]), encoding="utf-8")
    said = tracer.verify(altered, against=folder).differences
    assert f"cashouts.csv, row 2, column tainted: '77' in the first, '{was}' in the second." in said


def test_r2_6_another_input_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "my own table.csv").write_text(ROWS.replace(",60,", ",61,"))
    case = tracer.open_table(tmp_path / "my own table.csv", seeds=tmp_path / "s.csv", complete=True)
    other = case.trace(policy="lifo", max_hops=9, bounds=True).write(tmp_path / "other")
    said = tracer.verify(folder, against=other).differences
    assert any(one.startswith("Made from another transfers") for one in said), said
    assert not any(one.startswith("Made from another seeds") for one in said)
    assert not any(", row 2, " in one for one in said)  # the rows that follow from it say no more
