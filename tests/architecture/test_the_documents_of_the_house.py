"""The page of the rooms and the glossary say what there is."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from test_rooms import ORDER, PACKAGE, ROOT

ROW = re.compile(r"^\| `([\w]+)` \|", re.M)


def test_the_page_of_the_rooms_has_them_all_in_their_order() -> None:
    there = {path.stem for path in PACKAGE.iterdir() if path.name == "errors.py" or (path / "__init__.py").exists()}
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = ROW.findall(text.partition("## Where to look")[0])
    assert rooms == [room for room in ORDER.split() if room in there]


def test_every_place_that_the_page_names_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## Two walks")[2]
    places = re.findall(r"`([\w/]+\.py)`", text)
    assert len(places) >= 30
    assert [place for place in places if not (PACKAGE / place).exists()] == []


def test_a_step_of_a_walk_is_in_the_file_and_the_room_that_it_names() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for walk in text.partition("## Two walks")[2].partition("## Where to look")[0].split("**`tracer.")[1:]:
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in walk.splitlines() if line.startswith("| ")]
        steps = [(place, room.strip("`"), once) for _, place, room, once in rows[1:]]
        assert len(steps) >= 7
        rooms = [room for _, room, _ in steps]
        for number, (place, room, once) in enumerate(steps):
            files = re.findall(r"`([\w/]+\.py)`", place)
            for function in re.findall(r"`(\w+)`", place):
                code = "\n".join((PACKAGE / file).read_text("utf-8") for file in files)
                assert re.search(rf"^(def|class) {function}\b", code, re.M), place
            assert f"`{room}/" in place, (place, room)
            # A room that is entered again says why.
            assert once or room not in rooms[:number] or room == rooms[number - 1], place


def test_every_name_of_the_glossary_is_there() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    names = re.findall(r"`(tracer(?:\.\w+)+)`", text)
    assert len(names) >= 20
    for name in names:
        module, _, last = name.rpartition(".")
        assert hasattr(importlib.import_module(module), last), name
        assert Path(ROOT / "tracer" / module.split(".")[1]).is_dir()
