"""Does what a page of docs/how-to says, on a copy of the repository, and says which files that touched.

A page is read as a person reads it: ``New file `path`:`` before a block makes the file, ``In `path`:`` before a block
of ``diff`` changes it (blank kept, ``-`` taken out, ``+`` put in, ``@@`` between places), and a block of ``sh`` is run,
one command a line. ``Files touched: N.`` is what the page promises.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "how-to"
COPIED = ("addresses", "docs", "tests", "tracer")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", "node_modules", "no-such-*", "*.sqlite")
MADE_BY_RUNNING = re.compile(r"^result[^/]*(/|$)|(^|/)(__pycache__|\.[a-z]+_cache|\.hypothesis)(/|$)|\.sqlite$")

_STEP = re.compile(r"(?:^(New file|In) `([^`\n]+)`(?:(?!\n\n).)*:\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROMISE = re.compile(r"^Files touched: (\d+)\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a page says to do: ``new``, ``change`` or ``run``."""

    does: str
    path: str
    text: str


def steps_of(page: str) -> list[Step]:
    """Return what a page says to do, in order; blocks that are only to be read have no path and are no ``sh``."""
    found = []
    for how, path, language, text in _STEP.findall(page):
        if how == "New file":
            found.append(Step("new", path, text))
        elif how == "In":
            assert language == "diff", f"a change of {path} is a block of diff"
            found.append(Step("change", path, text))
        elif language == "sh":
            found.append(Step("run", "", text))
        else:
            assert language != "diff", f"a change of what?\n{text}"
    return found


def promised(page: str) -> int:
    """Return how many files a page says it touches."""
    (number,) = _PROMISE.findall(page)
    return int(number)


def changed(text: str, diff: str) -> str:
    """Return a text with a diff applied; each place must be in the text exactly once."""
    for place in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = place.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
        after = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
        assert text.count(before) == 1, f"{text.count(before)} places, not one, are:\n{before}"
        text = text.replace(before, after)
    return text


def copy_of_the_repository(folder: Path) -> Path:
    """Return a copy of what a change can touch."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for path in (one for one in ROOT.iterdir() if one.is_file() and one.name != ".git"):
        shutil.copy2(path, folder / path.name)
    return folder


def hashes(folder: Path) -> dict[str, str]:
    """Return every file of a copy that is somebody's work, by its hash."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not MADE_BY_RUNNING.search(name := path.relative_to(folder).as_posix())
    }


def run(line: str, folder: Path) -> str:
    """Run one command of a page in a copy and return what it prints; the package is the copy's."""
    words = shlex.split(line, comments=True)
    tools = {
        "tracer": [sys.executable, "-m", "tracer.cli"],
        "pytest": [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        "python": [sys.executable],
    }
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    command = [*tools[words[0]], *words[1:]]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def walk(page: str, folder: Path) -> tuple[set[str], dict[str, str]]:
    """Do all that a page says in a copy; return the files that it touched, and what each command printed."""
    before = hashes(folder)
    printed = {}
    for step in steps_of(page):
        path = folder / step.path
        if step.does == "new":
            assert not path.exists(), f"{step.path} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, "utf-8")
        elif step.does == "change":
            path.write_text(changed(path.read_text("utf-8"), step.text), "utf-8")
        else:
            for line in filter(None, step.text.splitlines()):
                printed[line] = run(line, folder)
    after = hashes(folder)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}, printed
