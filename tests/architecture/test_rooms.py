"""Imports point one way: a later room may use an earlier one, never the reverse."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tracer"

# Rooms of one line do not import each other. `serve` listens, hence it may use the API like the command line does.
ORDER = """
errors
model
config
attribution chains exports
sources decoders
links
ledger
taint
trace
evidence report flags viz
api
serve
cli
"""
FLOOR = {room: floor for floor, rooms in enumerate(ORDER.split("\n")) for room in rooms.split()}
DECODERS = "decoders"


def imports_of(source: str, module: tuple[str, ...], *, is_package: bool) -> Iterator[tuple[str, ...]]:
    """Yield every dotted name a module imports, wherever in the file the import stands.

    An import inside a function or under TYPE_CHECKING counts. A package's own names start one level deeper than a
    module's, which matters for relative imports.
    """
    home = module if is_package else module[:-1]
    for node in ast.walk(ast.parse(source)):
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
        return None if FLOOR[there[1]] < FLOOR[here[1]] else f"{line}: that room is not below"
    if here[1] == DECODERS and here[2:3] != there[2:3] and there[2] in decoder_folders:
        return f"{line}: a decoder imports another decoder"
    return None


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


LEGAL = [
    ("tracer.taint.fifo", "from tracer.model import Lot"),
    ("tracer.taint.fifo", "import tracer.ledger.build"),
    ("tracer.taint.fifo", "from tracer.taint.lots import take"),
    ("tracer.model.address", "import hashlib"),
    ("tracer.decoders.weth.decoder", "from tracer.decoders.weth.constants import TOPIC"),
    ("tracer.decoders.weth.decoder", "from tracer.decoders.registry import register"),
    ("tracer.decoders.weth.decoder", "from .constants import TOPIC"),
    ("tracer.decoders.weth.decoder", "from ..registry import register"),
    ("tracer.serve", "from tracer.api import screen"),
    ("tracer.serve", "from tracer.flags import read_list"),
    ("tracer.cli", "from tracer.serve import run"),
    ("tracer.cli", "from tracer import api"),
    ("tracer.api", "from tracer import __version__"),
]
ILLEGAL = [
    ("tracer.model.address", "from tracer.config.readers import read_table"),
    ("tracer.chains.bitcoin", "from tracer.attribution import labels"),
    ("tracer.attribution.labels", "import tracer.chains"),
    ("tracer.decoders.weth.decoder", "from tracer.sources.evm.rpc import call"),
    ("tracer.decoders.weth.decoder", "from tracer.decoders.thorchain.constants import ROUTER"),
    ("tracer.decoders.weth.decoder", "from ..thorchain import constants"),
    ("tracer.report.html", "from tracer.viz import graph"),
    ("tracer.report.html", "def draw():\n    from tracer.viz import graph"),
    ("tracer.report.html", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tracer.flags import Flag"),
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
