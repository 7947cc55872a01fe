"""What runs elsewhere is what runs here: workflows, hooks and templates name targets, tools and files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def loaded(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_pins_its_actions_and_may_only_read(path: Path) -> None:
    text, workflow = path.read_text("utf-8"), loaded(path)
    used = [line for line in text.splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.search(line)] == []
    assert workflow["permissions"] == {}
    assert {str(job["permissions"]) for job in workflow["jobs"].values()} == {"{'contents': 'read'}"}
    assert "secrets." not in text
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets()


def test_every_python_that_is_promised_is_tried_and_the_oldest_dependencies_too() -> None:
    jobs = loaded(GITHUB / "workflows" / "check.yml")["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    steps = "\n".join(step.get("run", "") for step in jobs["oldest"]["steps"])
    assert "--resolution lowest-direct" in steps
    assert set(re.search(r'"\.\[(.*)\]"', steps)[1].split(",")) == set(project["optional-dependencies"])  # type: ignore[index]


def test_hooks_run_the_tools_of_the_environment() -> None:
    (local,) = loaded(ROOT / ".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        assert hook["entry"].startswith(".venv/bin/"), hook["id"]
        named = re.findall(r"\btests/\S+", hook["entry"])
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_templates_are_forms_and_name_what_is_there() -> None:
    forms = [path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert len(forms) >= 3
    for path in forms:
        form = loaded(path)
        assert {"name", "description", "body"} <= set(form), path.name
        ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
        assert len(ids) == len(set(ids))
    assert (GITHUB / "pull_request_template.md").exists()


def test_the_fast_tests_are_there() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    listed = re.search(r"^FAST = ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    assert listed is not None
    assert [path for path in listed[1].replace("\\\n", " ").split() if not (ROOT / path).exists()] == []


def test_everything_that_make_can_do_is_in_the_page_for_contributors() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [name for name in sorted(targets()) if f"`make {name}`" not in page] == []
