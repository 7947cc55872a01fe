"""docs/methods.md: every name is code, every vector is computed, and what the code cites stands there."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from tracer.taint import CONSERVING

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "methods.md"
TEXT = PAGE.read_text("utf-8")
METHOD = re.compile(r"^### (.+?): ", re.MULTILINE)


def methods() -> list[str]:
    """Return the ids of the methods of the page."""
    return [name for head in METHOD.findall(TEXT) for name in re.findall(r"`([\w*-]+)`", head)]


def found(name: str) -> bool:
    """Return whether a dotted name is a module of the package, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


def test_every_method_names_the_code_that_does_it() -> None:
    parts = re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]
    without = [part.splitlines()[0] for part in parts if "**Code**" not in part]
    assert without == []
    names = re.findall(r"`(tracer(?:\.\w+)+)`", TEXT)
    assert len(names) >= 50
    assert [name for name in names if not found(name)] == []
    assert not found("tracer.taint.no_such_rule")


def test_every_vector_of_the_page_is_computed() -> None:
    page = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)  # a fence would belong to what is expected
    test = doctest.DocTestParser().get_doctest(page, {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) >= 40
    wrong: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(
        test, out=wrong.append
    )
    assert (result.failed, result.attempted) == (0, len(test.examples)), "".join(wrong)


def test_no_method_is_told_twice() -> None:
    assert len(methods()) == len(set(methods())) >= 25


def test_every_rule_that_ships_is_in_the_table_of_rules() -> None:
    table = TEXT.partition("the six accounting rules")[2].partition("- **Fails**")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == CONSERVING


ONE = r"(?:[a-z]+-[\w*-]+|lots|round|reach|grade|stops|closure|guard|tiers|frontier)"
CITED = re.compile(rf"\bmethods? ({ONE}(?:(?: and |, ){ONE})*)(?=[),.;:\s])")


@pytest.mark.parametrize("room", sorted(path.name for path in (ROOT / "tracer").iterdir() if path.is_dir()))
def test_a_method_that_the_code_cites_is_on_the_page(room: str) -> None:
    for path in sorted((ROOT / "tracer" / room).rglob("*.py")):
        text = path.read_text("utf-8")
        for cited in CITED.findall(text):
            assert set(re.split(" and |, ", cited)) <= set(methods()), f"{path.name}: {cited}"
