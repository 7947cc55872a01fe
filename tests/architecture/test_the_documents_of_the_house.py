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
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## Where to look")[2]
    places = re.findall(r"`([\w/]+\.py)`", text)
    assert len(places) >= 10
    assert [place for place in places if not (PACKAGE / place).exists()] == []


def test_every_name_of_the_glossary_is_there() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    names = re.findall(r"`(tracer(?:\.\w+)+)`", text)
    assert len(names) >= 20
    for name in names:
        module, _, last = name.rpartition(".")
        assert hasattr(importlib.import_module(module), last), name
        assert Path(ROOT / "tracer" / module.split(".")[1]).is_dir()
