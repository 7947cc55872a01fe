"""Habits that a linter does not judge: who may open sockets, print or catch everything, and what is documented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tracer"
MODULES = sorted(PACKAGE.rglob("*.py"))
NETWORK = {"socket", "http.client", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "web3", "websockets"}
FEW_LINES = 6
"""Lines of a function that say by themselves what it does."""
MOST_BY_PLACE = 6
"""Values that a record is built of by their place; with more, nobody sees which is which."""
BY_KEYWORD = tuple(f"tracer/{room}/" for room in ("api", "cli", "io", "registry", "report", "viz"))
"""Rooms whose records of more fields are built by keyword."""
UNSAFE = {"pickle", "shelve", "marshal", "dill", "joblib", "cloudpickle"}


def here(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed() -> list[tuple[str, ast.Module]]:
    return [(here(path), ast.parse(path.read_text("utf-8"))) for path in MODULES]


def trees(source: str | None = None) -> Iterator[tuple[str, ast.Module]]:
    if source is not None:
        yield "text.py", ast.parse(source)
        return
    yield from parsed()


def outside_cli() -> list[tuple[str, ast.Module]]:
    return [(name, tree) for name, tree in trees() if not name.startswith("tracer/cli/")]


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield each imported name and its parents: `from http import client` is `http` and `http.client`."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[: end + 1]) for end in range(len(parts)))


def imports_any(tree: ast.Module, names: set[str]) -> list[str]:
    return sorted(names.intersection(imported(tree)))


def broad_excepts(tree: ast.Module) -> list[int]:
    """Return the lines that catch everything and do not raise it again."""
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(c is None or (isinstance(c, ast.Name) and c.id in ("Exception", "BaseException")) for c in caught)
        last = node.body[-1]
        passes_on = isinstance(last, ast.Raise) and last.exc is None
        if broad and not passes_on:
            lines.append(node.lineno)
    return lines


def prints(tree: ast.Module) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def undocumented(tree: ast.Module) -> list[str]:
    """Return the public modules, classes, functions and methods without a docstring."""
    missing = [] if ast.get_docstring(tree) else ["module"]

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                if not ast.get_docstring(node) and not is_overload(node):
                    missing.append(prefix + node.name)
                if isinstance(node, ast.ClassDef):
                    visit(node.body, f"{prefix}{node.name}.")

    visit(tree.body, "")
    return missing


def wordless(tree: ast.Module) -> list[str]:
    """Return the functions of more than a few lines without a docstring, wherever they stand, but private ones."""
    return [
        f"{node.name}, line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name[0] != "_"
        and (node.end_lineno or 0) - node.lineno >= FEW_LINES
        and not ast.get_docstring(node)
        and not is_overload(node)
    ]


def by_place(tree: ast.Module) -> list[str]:
    """Return the records that are built of more than a few values by their place alone."""
    return [
        f"{node.func.id}, line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id[:1].isupper()
        and len(node.args) > MOST_BY_PLACE
    ]


def is_overload(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in decorators)


def test_only_net_reaches_for_the_network() -> None:
    found = {name: imports_any(tree, NETWORK) for name, tree in trees() if not name.startswith("tracer/net/")}
    # web3 encodes questions and decodes answers; what is sent goes through the transport of `net`
    assert {name: names for name, names in found.items() if names} == {"tracer/providers/evm/rpc.py": ["web3"]}


def test_at_most_one_file_imports_web3() -> None:
    assert len([name for name, tree in trees() if imports_any(tree, {"web3"})]) <= 1


def test_nothing_unpickles() -> None:
    assert {name: names for name, tree in trees() if (names := imports_any(tree, UNSAFE))} == {}


def test_only_the_command_line_prints() -> None:
    assert {name: lines for name, tree in outside_cli() if (lines := prints(tree))} == {}


def test_only_the_command_line_catches_everything() -> None:
    found = {name: lines for name, tree in outside_cli() if (lines := broad_excepts(tree))}
    assert found == {}


def test_everything_public_is_documented() -> None:
    assert {name: missing for name, tree in trees() if (missing := undocumented(tree))} == {}


def test_a_function_of_many_lines_says_what_it_does_inside_another_too() -> None:
    assert {name: missing for name, tree in trees() if (missing := wordless(tree))} == {}


def test_records_of_many_fields_are_built_by_keyword() -> None:
    mine = [(name, tree) for name, tree in trees() if name.startswith(BY_KEYWORD)]
    assert {name: built for name, tree in mine if (built := by_place(tree))} == {}


def test_modules_open_with_one_line_on_what_they_are_for() -> None:
    first = {name: (ast.get_docstring(tree) or "").split("\n") for name, tree in trees()}
    assert [name for name, lines in first.items() if not lines[0] or (len(lines) > 1 and lines[1])] == []


def test_no_comment_promises_later_work() -> None:
    promise = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    assert [here(path) for path in MODULES if promise.search(path.read_text("utf-8"))] == []


def test_every_suppression_names_its_code() -> None:
    unnamed = re.compile(r"#\s*(noqa(?!:\s*[A-Z]+[0-9]+)|type:\s*ignore(?!\[[a-z, -]+\]))")
    assert [here(path) for path in MODULES if unnamed.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "import socket",
        "from http import client",
        "import http.client",
        "def f():\n    import urllib.request",
        "from urllib import request as r",
        "from requests.adapters import HTTPAdapter",
        "if TYPE_CHECKING:\n    from web3.types import TxData",
    ],
)
def test_a_network_import_is_seen_wherever_it_stands(source: str) -> None:
    (_, tree) = next(trees(source))
    assert len(imports_any(tree, NETWORK)) == 1


@pytest.mark.parametrize("source", ["import http", "from urllib.parse import urlsplit", "import socketserver_like"])
def test_harmless_neighbours_are_not_network_imports(source: str) -> None:
    (_, tree) = next(trees(source))
    assert imports_any(tree, NETWORK) == []


@pytest.mark.parametrize(
    ("handler", "lines"),
    [
        ("except:\n    pass", [3]),
        ("except Exception:\n    pass", [3]),
        ("except (ValueError, BaseException) as e:\n    log(e)", [3]),
        ("except Exception as e:\n    raise Other from e", [3]),
        ("except BaseException:\n    tidy()\n    raise", []),
        ("except ValueError:\n    pass", []),
    ],
)
def test_a_broad_except_is_one_that_does_not_pass_the_error_on(handler: str, lines: list[int]) -> None:
    (_, tree) = next(trees(f"try:\n    f()\n{handler}"))
    assert broad_excepts(tree) == lines
