"""What lies in the repository: no place on a machine, no notebook output, no mistyped address, no missing command."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tracer.errors import AddressError
from tracer.model import DEFAULT_CHAIN, TRON, parse_address

ROOT = Path(__file__).parents[2]
SKIPPED = {".git", ".venv", "build", "dist", "__pycache__", "node_modules"}
# Put together here so that this file itself holds none of them.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
    )
)
MACHINE_PATH = re.compile(r"(?<![\w./:%~*-])/(?:work|root|home|opt|mnt|Users)/[\w.]")
HEX_ADDRESS = re.compile(r"(?<![0-9a-zA-Z])0x[0-9a-fA-F]{40}(?![0-9a-zA-Z])")
TRON_ADDRESS = re.compile(r"(?<![0-9a-zA-Z])T[1-9A-HJ-NP-Za-km-z]{33}(?![0-9a-zA-Z])")
COMMAND = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?tracer ([a-z][a-z-]*)\b", re.MULTILINE)
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)\b")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


@cache
def files() -> tuple[Path, ...]:
    """Return what git would hold, or every file where this is not a checkout (an unpacked source archive)."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        found = [ROOT / name for name in names if name]
    else:
        found = [p for p in ROOT.rglob("*") if not SKIPPED.intersection(p.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in found if path.is_file()))


@cache
def text_of(path: Path) -> str:
    """Return a file's text; nothing for one that is not text."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def outside(*folders: str) -> list[Path]:
    return [path for path in files() if not name(path).startswith(folders)]


def mistyped(text: str) -> list[str]:
    """Return the addresses in a text whose checksum fails."""
    wrong = []
    for chain, pattern in ((DEFAULT_CHAIN, HEX_ADDRESS), (TRON, TRON_ADDRESS)):
        for found in sorted(set(pattern.findall(text))):
            try:
                parse_address(chain, found)
            except AddressError:
                wrong.append(found)
    return wrong


def test_there_is_something_to_look_at() -> None:
    assert {"pyproject.toml", "tracer/errors.py", "tests/architecture/test_repository.py"} <= {name(p) for p in files()}


def test_no_file_names_a_place_on_a_machine() -> None:
    found = {name(path): hits for path in outside() if (hits := MACHINE_PATH.findall(text_of(path)))}
    assert found == {}


def test_no_file_names_a_host_of_a_package_registry() -> None:
    found = {name(p): host for p in files() for host in HOSTS if host in text_of(p)}
    assert found == {}


def test_no_address_is_mistyped() -> None:
    """Tests are left out: they hold mistyped addresses on purpose."""
    assert {name(path): wrong for path in outside("tests/") if (wrong := mistyped(text_of(path)))} == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0x098B716B8Aaf21512996dC57EB0615e2383E2f96", []),
        ("0x098b716b8aaf21512996dc57eb0615e2383e2f96", []),
        ("(0x098B716B8Aaf21512996dC57EB0615e2383E2F96)", ["0x098B716B8Aaf21512996dC57EB0615e2383E2F96"]),
        ("eip155:1:0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed,", ["0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"]),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", []),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T", ["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T"]),
        ("0x" + "aB" * 32, []),
    ],
)
def test_a_mistyped_address_is_seen_and_a_hash_is_not_one(text: str, wrong: list[str]) -> None:
    assert mistyped(text) == wrong


def test_no_notebook_holds_outputs() -> None:
    held = {}
    for path in files():
        if path.suffix == ".ipynb":
            cells = json.loads(text_of(path))["cells"]
            held[name(path)] = [i for i, c in enumerate(cells) if c.get("outputs") or c.get("execution_count")]
    assert {notebook: cells for notebook, cells in held.items() if cells} == {}


def test_text_files_end_with_one_newline_and_have_no_carriage_returns() -> None:
    kinds = {".py", ".md", ".toml", ".yml", ".yaml", ".lock", ".cff"}
    texts = {name(p): text_of(p) for p in outside("tests/fixtures/") if p.suffix in kinds and p.stat().st_size}
    assert [n for n, text in texts.items() if not text.endswith("\n") or text.endswith("\n\n") or "\r" in text] == []


# --- the README -------------------------------------------------------------------------------------------------------


def documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md" and not name(path).startswith(("tests/", "addresses/"))]


def code_in(path: Path) -> list[str]:
    """Return what a document sets as code: fenced blocks and inline code."""
    return [block or inline for block, inline in CODE.findall(text_of(path))]


def test_documents_name_only_commands_that_exist() -> None:
    named = {c for p in documents() for code in code_in(p) for c in COMMAND.findall(code)}
    assert named, "the documents name no command at all"
    missing = []
    for command in sorted(named):
        code = "import sys; from tracer.cli import main; sys.argv[0] = 'tracer'; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code, command, "--help"], cwd=ROOT, capture_output=True, timeout=60
        )
        if done.returncode != 0:
            missing.append(command)
    assert missing == []


def test_documents_name_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {t for p in documents() for code in code_in(p) for t in TARGET.findall(code)}
    assert {"demo", "test"} <= named <= targets


def test_documents_link_only_to_files_that_exist() -> None:
    link = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
    broken = [(name(p), t) for p in documents() for t in link.findall(text_of(p)) if not (p.parent / t).exists()]
    assert broken == []
