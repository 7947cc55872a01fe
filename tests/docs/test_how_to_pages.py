"""Every page of docs/how-to is walked once: done as written on a copy of the repository, its files counted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from walking import PAGES, changed, copy_of_the_repository, promised, run, steps_of, walk

NAMES = sorted(path.stem for path in PAGES.glob("*.md"))


def test_there_is_a_page_for_everything_that_is_added() -> None:
    assert [
        f"add-{one}" for one in ("a-chain", "a-decoder", "a-rule", "a-source", "an-incident", "an-output-format")
    ] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_page_works_as_written_and_touches_the_files_it_says(name: str, tmp_path: Path) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    copy = copy_of_the_repository(tmp_path)
    touched, printed = walk(page, copy)
    assert len(touched) == promised(page), sorted(touched)
    assert {path for path in touched if f"`{path}`" not in page} == set(), "a file that the page does not name"
    assert printed, "a page ends with a command that shows that it worked"
    run("pytest tests/architecture -k 'imports_point_one_way or everything_public_is_documented'", copy)


def test_a_rule_is_one_file_and_its_test() -> None:
    page = (PAGES / "add-a-rule.md").read_text("utf-8")
    touched = {step.path for step in steps_of(page) if step.does != "run"}
    assert sorted(path.split("/")[0] for path in touched) == ["tests", "tracer"]


def test_a_change_must_fit_one_place() -> None:
    assert changed("a\nb\nc\n", " a\n-b\n+d\n") == "a\nd\nc\n"
    with pytest.raises(AssertionError, match="2 places"):
        changed("a\nb\na\n", "-a\n")
    with pytest.raises(AssertionError, match="0 places"):
        changed("a\n", "-b\n")


def test_no_page_is_walked_in_vain() -> None:
    for name in NAMES:
        page = (PAGES / f"{name}.md").read_text("utf-8")
        assert any(step.does == "run" and re.search("^pytest ", step.text, re.M) for step in steps_of(page)), name
