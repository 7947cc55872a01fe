"""docs/formats.md is what the code's own column lists give, and what files have."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from formats_page import PAGE, files, page

import tracer

ROOT = Path(__file__).parents[2]
TRAINING = ROOT / "addresses" / "bundles" / "training"


def header(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as lines:
        return next(csv.reader(lines))


def test_the_page_is_what_the_code_gives() -> None:
    """`make docs` writes it anew."""
    assert PAGE.read_text("utf-8") == page()


def test_every_file_of_a_result_has_the_columns_of_the_page(tmp_path: Path) -> None:
    trace = tracer.open_case("colonial-2021").trace()
    folder = trace.write(tmp_path / "result")
    said = {name: list(columns) for name, (columns, _) in files().items()}
    said |= {one: said[f"{' and '.join(two)}"] for two in (("flagged.csv", "leads.csv"),) for one in two}
    said["movements.csv"] = said["movements.csv and touched.parquet"]
    written = {path.name: header(path) for path in folder.glob("*.csv")}
    assert len(written) >= 5
    assert {name: said.get(name) for name in written} == written
    shown = set(page().replace("`", " ").replace(",", " ").split())
    assert {path.name for path in folder.iterdir()} - {"touched.parquet"} <= shown


@pytest.mark.parametrize("name", ["transfers.csv", "balances.csv", "holders.csv", "coverage.csv"])
def test_the_tables_of_a_bundle_have_the_columns_of_the_page(name: str) -> None:
    columns, _ = files()[f"{name} of a bundle"]
    assert header(TRAINING / name) == list(columns)


def test_summary_and_manifest_have_the_keys_of_the_page(tmp_path: Path) -> None:
    trace = tracer.open_case("colonial-2021").trace()
    text = page()
    for key in trace.summary():
        assert f"`{key}`" in text, key
