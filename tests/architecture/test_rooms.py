"""Imports point one way: a later room may use an earlier one, never the reverse."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tracer"

# One room a line, in the order of the data.
ORDER = """
errors
lazy
model
io
registry
chains
net
bundle
providers
decoders
links
ledger
taint
bounds
trace
analysis
collect
evidence
flags
viz
report
api
serve
cli
"""
FLOOR = {room: floor for floor, rooms in enumerate(ORDER.split("\n")) for room in rooms.split()}
DECODERS = "decoders"


def imports_of(
    source: str, module: tuple[str, ...], *, is_package: bool, at_load: bool = False
) -> Iterator[tuple[str, ...]]:
    """Yield every dotted name a module imports, wherever in the file the import stands.

    An import inside a function or under TYPE_CHECKING counts; with `at_load` not one inside a function: what a view is
    drawn with is loaded when it is drawn. A package's own names start one level deeper than a
    module's, which matters for relative imports.
    """
    home = module if is_package else module[:-1]
    tree = ast.parse(source)
    inner = {
        id(one) for node in ast.walk(tree) if at_load and isinstance(node, ast.FunctionDef) for one in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in inner:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                yield (*base, alias.name)


def complaint(here: tuple[str, ...], there: tuple[str, ...], decoder_folders: frozenset[str]) -> str | None:
    """Return what is wrong with one module importing one name, or nothing."""
    if there[0] != "tracer" or there == ("tracer", "__version__"):
        return None
    line = f"{'.'.join(here)} imports {'.'.join(there)}"
    if len(there) == 1 or there[1] not in FLOOR:
        return f"{line}: the package's top is for its users"
    if here[1] != there[1]:
        if FLOOR[there[1]] >= FLOOR[here[1]]:
            return f"{line}: that room is not below"
        return f"{line}: past the room's door" if is_deep(there) else None
    own = here[2:3]
    if here[1] == DECODERS and {*own} & decoder_folders and own != there[2:3] and there[2] in decoder_folders:
        return f"{line}: a decoder imports another decoder"
    return None


def is_deep(there: tuple[str, ...]) -> bool:
    """Return whether an import of another room goes to one of its modules instead of the names it gives."""
    room = PACKAGE / there[1]
    return room.is_dir() and (len(there) > 3 or (len(there) == 3 and (room / f"{there[2]}.py").exists()))


def name_of(path: Path) -> tuple[str, ...]:
    """Return the dotted name of a module file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def test_imports_point_one_way() -> None:
    folders = frozenset(path.parent.name for path in (PACKAGE / DECODERS).glob("*/decoder.py"))
    found = [
        text
        for path in sorted(PACKAGE.rglob("*.py"))
        if len(name_of(path)) > 1 and name_of(path)[1] in FLOOR
        for there in imports_of(path.read_text("utf-8"), name_of(path), is_package=path.name == "__init__.py")
        if (text := complaint(name_of(path), there, folders))
    ]
    assert found == []


def test_every_room_has_its_floor() -> None:
    rooms = {p.stem for p in PACKAGE.iterdir() if p.name.endswith(".py") or any(p.rglob("*.py"))}
    assert rooms - set(FLOOR) <= {"__init__", "__main__"}


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """Return the members of every circle of arrows."""
    reached = {start: set(ends) for start, ends in arrows.items()}
    for middle, beyond in reached.items():
        for ends in reached.values():
            if middle in ends:
                ends.update(beyond)
    return sorted(start for start, ends in reached.items() if start in ends)


def arrows_of(level: int) -> dict[str, set[str]]:
    """Return which part of the package loads which: its files, or the folders so deep below the top."""
    modules = {".".join(name_of(path)): path for path in PACKAGE.rglob("*.py")}

    def part(name: str) -> str:
        return name if not level else ".".join(name.split(".")[:level])

    found: dict[str, set[str]] = {part(name): set() for name in modules}
    for name, path in modules.items():
        if path.name == "__init__.py":
            continue  # a room's door loads what it gives when it is asked for
        for there in imports_of(path.read_text("utf-8"), name_of(path), is_package=False, at_load=True):
            target = ".".join(there)
            while target and target not in modules:
                target = target.rpartition(".")[0]
            if target and modules[target].name != "__init__.py" and part(target) != part(name):
                found[part(name)].add(part(target))
    return found


def test_no_file_and_no_folder_is_in_a_circle() -> None:
    assert circles(arrows_of(0)) == []
    assert circles(arrows_of(2)) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


def test_every_room_says_what_it_gives() -> None:
    for room in sorted(path.parent for path in PACKAGE.glob("*/__init__.py")):
        tree = ast.parse((room / "__init__.py").read_text("utf-8"))
        names = [node for node in tree.body if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets)]
        assert names, f"{room.name} has no __all__"


LEGAL = [
    ("tracer.taint.fifo", "from tracer.model import Lot"),
    ("tracer.taint.fifo", "from tracer.ledger import Ledger"),
    ("tracer.taint.fifo", "from tracer.taint.lots import take"),
    ("tracer.model.address", "import hashlib"),
    ("tracer.decoders.weth.decoder", "from tracer.decoders.weth.constants import TOPIC"),
    ("tracer.decoders.weth.decoder", "from tracer.decoders.registry import register"),
    ("tracer.decoders.builtin", "from tracer.decoders.weth.decoder import Weth"),
    ("tracer.decoders.weth.decoder", "from .constants import TOPIC"),
    ("tracer.decoders.weth.decoder", "from ..registry import register"),
    ("tracer.serve", "from tracer.api import screen"),
    ("tracer.serve", "from tracer.flags import read_list"),
    ("tracer.cli", "from tracer.serve import run"),
    ("tracer.cli", "from tracer import api"),
    ("tracer.api", "from tracer import __version__"),
]
ILLEGAL = [
    ("tracer.model.address", "from tracer.io.readers import read_table"),
    ("tracer.chains.bitcoin", "from tracer.registry import labels"),
    ("tracer.registry.labels", "import tracer.chains"),
    ("tracer.decoders.weth.decoder", "from tracer.providers.evm.rpc import call"),
    ("tracer.decoders.weth.decoder", "from tracer.decoders.thorchain.constants import ROUTER"),
    ("tracer.decoders.weth.decoder", "from ..thorchain import constants"),
    ("tracer.viz.flow", "from tracer.report import tables"),
    ("tracer.viz.flow", "def draw():\n    from tracer.report import page"),
    ("tracer.viz.flow", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tracer.report import Page"),
    ("tracer.trace.result", "from tracer.ledger.book import Ledger"),
    ("tracer.trace.result", "from tracer.ledger import book"),
    ("tracer.trace.result", "from tracer.api import Trace"),
    ("tracer.trace.result", "from tracer import Trace"),
    ("tracer.trace.result", "import tracer"),
    ("tracer.trace.result", "from .. import report"),
    ("tracer.api", "from tracer.serve import run"),
    ("tracer.api", "from tracer.cli import main"),
    ("tracer.serve", "from tracer.cli import main"),
]


def complaints_about(module: str, source: str) -> list[str]:
    here = tuple(module.split("."))
    folders = frozenset({"weth", "thorchain"})
    every = (complaint(here, there, folders) for there in imports_of(source, here, is_package=False))
    return [text for text in every if text]


@pytest.mark.parametrize(("module", "source"), LEGAL)
def test_a_legal_import_is_not_complained_about(module: str, source: str) -> None:
    assert complaints_about(module, source) == []


@pytest.mark.parametrize(("module", "source"), ILLEGAL)
def test_an_illegal_import_is_complained_about_once(module: str, source: str) -> None:
    assert len(complaints_about(module, source)) == 1


def test_a_package_file_resolves_relative_imports_from_itself() -> None:
    found = list(imports_of("from .address import parse", ("tracer", "model"), is_package=True))
    assert found == [("tracer", "model", "address", "parse")]
