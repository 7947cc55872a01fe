"""The marking of a case stands in everything that leaves it, and is one of five."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import tracer
from tracer.api import Case
from tracer.errors import DataFileError
from tracer.model import MARKINGS

A, B, C = (f"0x{digit * 40}" for digit in "123")
ROWS = f"sender,recipient,asset,amount,block,tx\n{A},{B},slip44:60,1000,1,0xaa\n{B},{C},slip44:60,600,2,0xab\n"


def tables(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "transfers.csv").write_text(ROWS)
    (folder / "seeds.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,slip44:60,,theft\n")


def own_case(folder: Path, marking: str) -> Case:
    folder.mkdir(exist_ok=True)
    (folder / "case.yml").write_text(f'schema: tracer-case/1\nid: mine\ntitle: "Mine"\n{marking}')
    (folder / "seeds.csv").write_text("kind,value,chain,asset,amount,origin\ntx,0xaa,eip155:1,slip44:60,,theft\n")
    return tracer.open_case(folder)


@pytest.mark.parametrize("marking", MARKINGS)
def test_h4_a_case_is_marked_as_its_file_says(tmp_path: Path, marking: str) -> None:
    assert own_case(tmp_path, f'tlp: "{marking}"\n').tlp == marking


def test_h4_what_says_nothing_is_amber_and_what_ships_is_clear(tmp_path: Path) -> None:
    assert own_case(tmp_path / "mine", "").tlp == "TLP:AMBER"
    tables(tmp_path / "tables")
    assert tracer.open_case(tmp_path / "tables").tlp == "TLP:AMBER"
    assert tracer.open_case("training").tlp == "TLP:CLEAR"


@pytest.mark.parametrize("text", ["TLP:WHITE", "RED", "tlp:red", "TLP:PURPLE", "TLP:RED\\u202e", "secret", "''"])
def test_h4_any_other_text_is_refused_with_the_five(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataFileError, match=r"is no marking|tlp") as caught:
        own_case(tmp_path, f'tlp: "{text}"\n')
    assert "case.yml" in caught.value.what


def marked(folder: Path) -> Case:
    tables(folder)
    case = tracer.open_case(folder)
    case._inputs = replace(case._inputs, tlp="TLP:RED")
    return case


def test_h4_every_output_file_says_the_marking(tmp_path: Path) -> None:
    case = marked(tmp_path / "tables")
    out = case.trace().write(tmp_path / "out")
    back = tracer.trace_back(case).write(tmp_path / "back")
    files = [path for folder in (out, back) for path in folder.iterdir()]
    assert len(files) == 16
    for path in files:
        if path.suffix == ".parquet":
            assert set(pq.read_table(path)["tlp"].to_pylist()) == {"TLP:RED"}
            continue
        text = path.read_text()
        if path.suffix == ".csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            assert "tlp" in text.split("\n")[0].split(",")
            assert {row["tlp"] for row in rows} <= {"TLP:RED"}
        else:
            assert "TLP:RED" in text, path.name
        assert "TLP:AMBER" not in text
    for name in ("summary.json", "manifest.json"):
        assert json.loads((out / name).read_text())["tlp"] == json.loads((back / name).read_text())["tlp"] == "TLP:RED"


def test_h4_pictures_comparisons_and_the_card_say_it_too(tmp_path: Path) -> None:
    trace = marked(tmp_path / "tables").trace()
    assert all("TLP:RED" in picture.svg for picture in (trace.draw(), trace.sankey(), trace.timeline()))
    for by in ("entity", "address"):
        assert "TLP:RED" in trace.compare_text(by=by)
        rows = list(csv.DictReader(io.StringIO(trace.compare_csv(by=by))))
        assert rows
        assert {row["tlp"] for row in rows} == {"TLP:RED"}
    assert "TLP:RED" in trace._repr_html_()
