"""Pages cite pages that are there, and from the README everything is one step away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "addresses").glob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")
SOURCES = sorted([*(ROOT / "tracer").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py"), *PAGES])

# Names of documents in capitals with a section, as "NOTES 4.1" or "NOTES.md": such a page must lie in the repository.
# `IN_A_SECTION` is what such a name must be followed by to be a citation rather than a word.
IN_A_SECTION = r"(?: §? ?\d+(?:\.\d+)*\b|, section \d|\.md\b)"
DOCUMENT = re.compile(rf"(?<![\w`./-])([A-Z][A-Z_]{{4,}}){IN_A_SECTION}")
NO_DOCUMENT = {"ISSUE", "RFC", "SLIP", "SIGMETRICS", "SELECT"}
PATH = re.compile(
    r"`((?:docs|addresses|tests|tracer|benchmarks|notebooks|\.github)/[\w./-]+\.(?:md|py|yml|json|ipynb|csv))`"
)

# Questions that somebody comes with, and the file that answers: each is a link or a name in the README itself.
ONE_STEP = {
    "where a payment's logs are kept": "tracer/bundle/store.py",
    "where FIFO is": "tracer/taint/policies.py",
    "where a label's interval is judged": "tracer/registry/labels.py",
    "where the report's first sentence is made": "tracer/report/headline.py",
}


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", SOURCES, ids=names)
def test_k4_no_page_is_cited_that_is_not_in_the_repository(page: Path) -> None:
    there = {path.stem.upper() for path in PAGES}
    cited = {name for name in DOCUMENT.findall(page.read_text("utf-8")) if name not in NO_DOCUMENT}
    assert cited - there == set()


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    made = set(re.findall(r"^New file `([^`]+)`", text, re.MULTILINE))
    assert [path for path in PATH.findall(text) if path not in made and not (ROOT / path).exists()] == []


def test_the_pages_that_others_stand_on_are_linked_from_the_readme_or_from_contributing() -> None:
    linked = set()
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "cases" / "README.md"):
        text = page.read_text("utf-8")
        linked |= {(page.parent / one).resolve() for one in re.findall(r"\]\((?!https?:)([^)#\s]+)", text)}
    lost = [
        names(page) for page in PAGES if page.resolve() not in linked and page.name not in ("README.md", "CHANGELOG.md")
    ]
    assert lost == []


@pytest.mark.parametrize("question", ONE_STEP)
def test_a_stranger_finds_it_from_the_readme_in_one_step(question: str) -> None:
    (line,) = [line for line in README.splitlines() if question in line]
    assert f"]({ONE_STEP[question]})" in line
    assert (ROOT / ONE_STEP[question]).exists()


def test_what_is_found_there_is_what_was_asked_for() -> None:
    read = {question: (ROOT / path).read_text("utf-8") for question, path in ONE_STEP.items()}
    assert "queries.jsonl" in read["where a payment's logs are kept"]
    assert "def take_fifo" in read["where FIFO is"]
    assert "def holds_at" in read["where a label's interval is judged"]
    assert re.search(r'^"""[^"]*first lines of', read["where the report's first sentence is made"], re.I)


def test_a_citation_of_a_lost_page_is_seen() -> None:
    assert DOCUMENT.findall("as NOTES 4.1 says; see DESIGN §2 and PLANS.md") == ["NOTES", "DESIGN", "PLANS"]
    assert DOCUMENT.findall("the LEDGER is kept; `README.md`; EIP-55") == []
