"""What nothing reaches goes: every name that the package defines is used in it, or has a reason."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tracer"

# Names that others call: a protocol of Python or of a library, or somebody at a notebook.
CALLED_FROM_OUTSIDE = {
    "__getattr__": "PEP 562",
    "__dir__": "PEP 562",
    "_repr_svg_": "notebooks",
    "_repr_pretty_": "notebooks",
    "_constructor": "pandas",
    "make_request": "web3",
    "emit": "logging",
    "every_command": "typer",
    "every_policy": "Case, for notebooks",
    "explain": "a path, for notebooks",
    "certificate": "Trace, for notebooks",
    "expand": "a collection, one holder at a time",
    "reference_kernel": "the oracle that faster kernels are held to",
    "DISTRIBUTION": "held to pyproject.toml by a test",
    "STOP_REASONS": "the words of a column, held to the tables by a test",
    "LARGEST": "a limit of a server, held to its documentation by a test",
    "files_removed": "what compacting did, for whoever asks",
    **dict.fromkeys(
        ("held_records", "parse_evm_record"), "a contract with one user in the tests: records of the training case"
    ),
    **dict.fromkeys(("link_by_identifier", "legs_of", "delta"), "a contract with one user in the tests: its bridge"),
    **dict.fromkeys(
        ("LINK_KINDS", "TIERS", "TIER_GRADES", "PARTS"), "the words of a contract, for whoever implements it"
    ),
    "flow_scene": "what a picture shows, for a canvas that is not SVG",
    "affiliate": "a part of a memo, whose grammar is read whole",
}


def definitions(tree: ast.Module) -> Iterator[str]:
    """Yield what a module defines: functions, classes with their methods and fields, constants."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("__"):
                    yield part.name
                elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    yield part.target.id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (one.id for one in node.targets if isinstance(one, ast.Name) and not one.id.startswith("__"))


def code_of(tree: ast.Module, *, is_door: bool) -> str:
    """Return a module's code without docstrings and imports; of a room's door only its functions."""
    if is_door:
        return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
        if isinstance(node, ast.ImportFrom):
            node.names = [ast.alias("imported")]
    return ast.unparse(tree)


@cache
def unreached() -> dict[str, str]:
    """Return the names that stand nowhere but where they are defined, with their files."""
    defined: Counter[str] = Counter()
    where: dict[str, str] = {}
    words: Counter[str] = Counter()
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for name in definitions(tree):
            defined[name] += 1
            where[name] = path.relative_to(ROOT).as_posix()
        words.update(re.findall(r"\w+", code_of(tree, is_door=path.name == "__init__.py")))
    for path in PACKAGE.rglob("*.html"):
        words.update(re.findall(r"\w+", path.read_text("utf-8")))
    return {name: file for name, file in where.items() if words[name] <= defined[name]}


def test_every_name_is_used_or_called_from_outside() -> None:
    assert {name: file for name, file in unreached().items() if name not in CALLED_FROM_OUTSIDE} == {}


def test_no_reason_is_kept_for_a_name_that_is_gone() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert [name for name in CALLED_FROM_OUTSIDE if not re.search(rf"\b{name}\b", text)] == []


def test_a_name_that_nobody_uses_is_seen() -> None:
    tree = ast.parse(
        "LIMIT = 3\nclass Box:\n    size: int\n    def open(self): return self.size\ndef lost(): return LIMIT\n"
    )
    assert list(definitions(tree)) == ["LIMIT", "Box", "size", "open", "lost"]
    words = Counter(re.findall(r"\w+", code_of(tree, is_door=False)))
    assert [name for name in definitions(tree) if words[name] <= 1] == ["Box", "open", "lost"]
