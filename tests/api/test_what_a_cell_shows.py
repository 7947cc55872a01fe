"""Everything a notebook cell can end with shows itself: calm, escaped, without network, no more than a screen."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

import tracer
from tracer.io.card import Card, Carded, Document, Records, card_html, table_html

SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
SCREEN = 60
"""Lines of a terminal, and about as many of a page."""


@pytest.fixture(scope="module")
def trace() -> tracer.Trace:
    return tracer.open_case("ronin-2022").trace(bounds=True)


ENDS: dict[str, Callable[[tracer.Trace], Any]] = {
    "case": lambda trace: trace.case,
    "trace": lambda trace: trace,
    "incident": lambda trace: trace.case.incident,
    "seeds": lambda trace: trace.case.seeds,
    "exits": lambda trace: trace.exits(),
    "cashouts": lambda trace: trace.cashouts(),
    "movements": lambda trace: trace.movements(touched=True),
    "compare": lambda trace: trace.compare(),
    "compare by address": lambda trace: trace.compare(by="address"),
    "comparison": lambda trace: trace.comparison,
    "differences": lambda trace: trace.differences(),
    "sensitivity": lambda trace: trace.sensitivity(),
    "poison": lambda trace: trace.poison(),
    "check": lambda trace: trace.check(),
    "checkpoints": lambda trace: trace.checkpoints(),
    "flags": lambda trace: trace.flags(),
    "flag entries": lambda trace: trace.flags().entries,
    "kept off": lambda trace: trace.flags().kept_off,
    "draw": lambda trace: trace.draw(),
    "summary": lambda trace: trace.summary(),
    "result": lambda trace: trace.result,
    "bounds": lambda trace: trace.bounds(),
    "prices": lambda trace: trace.prices,
    "prepared": lambda trace: trace.case.prepare(),
    "path": lambda trace: trace.path_to(SEED),
    "steps": lambda trace: trace.path_to(SEED).steps(),
    "explained": lambda trace: trace.path_to(SEED).explain(),
    "back": lambda trace: tracer.trace_back(trace.case),
    "back table": lambda trace: tracer.trace_back(trace.case).table(),
    "cases": lambda trace: tracer.cases(),
    "why": lambda trace: tracer.why(SEED),
}


@pytest.mark.parametrize("name", ENDS)
def test_j_a_cell_ends_with_no_more_than_a_screen(
    name: str, trace: tracer.Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ENDS[name](trace)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a repr went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    text, html = repr(shown), shown._repr_html_()
    if name == "draw":
        assert "max-height" in html
        assert len(text) < 100
        return
    assert len(html) < 32_000
    assert html.count("<tr") <= 20
    assert "<script" not in html
    assert "<img" not in html
    if name not in ("summary", "differences", "explained"):  # text that a pane scrolls, and a plain mapping
        assert text.count("\n") <= SCREEN
        assert len(text) < 6_000


@pytest.mark.parametrize("name", ["every_policy"])
def test_j_a_mapping_of_results_is_short_too(name: str, trace: tracer.Trace) -> None:
    assert len(repr(getattr(trace, name)())) < 3_000


def test_j_an_import_shows_what_it_read(tmp_path: Any) -> None:
    (tmp_path / "<b>.csv").write_text(f"from,to,wei,when,hash\n{SEED},0x{'1' * 40},5,1650000000,0x{'a' * 64}\n")
    mapping = {"sender": "from", "recipient": "to", "amount": "wei:base", "time": "when", "tx": "hash"}
    found = tracer.read_export(
        "columns", tmp_path / "<b>.csv", asset="slip44:60", decimals=18, chain="eip155:1", mapping=mapping
    )
    assert "&lt;b&gt;.csv" in found._repr_html_()
    assert "<b>.csv" not in found._repr_html_()
    assert "rows" in repr(found)
    assert "<table" in found.transfers._repr_html_()


def test_j_a_card_escapes_and_marks_what_is_wrong() -> None:
    html = card_html("<i>", [("Audit", ["<b>open</b>"]), ("Nothing", [])], alarm=["Audit"])
    assert "&lt;i&gt;" in html
    assert "&lt;b&gt;open" in html
    assert "color:#d33" in html
    assert "Nothing" not in html
    assert "javascript" not in table_html(["a"], [["javascript:x"]]).replace(">javascript:x<", "")


def test_j_no_colour_is_fixed_but_the_alarm_and_the_frame_of_a_box() -> None:
    html = card_html("title", [("name", ["line"])]) + table_html(["a"], [["b"]], notes=["c"])
    assert "background:#" not in html
    assert "color:#" not in html
    assert "rgba(128,128,128" in html  # a grey that stands on white and on black


def test_j_records_are_tuples_and_documents_are_mappings() -> None:
    records = Records([1, 2])
    assert records == (1, 2)
    assert isinstance(records, tuple)
    assert repr(Records()) == "()"
    assert Records()._repr_html_() == "<p>None.</p>"
    long = Records(range(1_000))
    assert repr(long).endswith("and 985 more")
    assert Document(a=1) == {"a": 1}
    assert "b, c" in Document(a={"b": {}, "c": []})._repr_html_()

    class Open(Carded):
        def card(self) -> Card:
            return Card("Open", (("Audit", ("open\x1b[31m",)),), ("Audit",))

    assert repr(Open()).splitlines()[0] == "Open"
    assert "\x1b" not in repr(Open())


def test_j_a_picture_scrolls_in_a_pane_and_turns_with_the_theme() -> None:
    html = tracer.Picture("<svg></svg>")._repr_html_()
    assert '[data-jp-theme-light="false"]' in html
    assert "overflow: auto" in html
    assert "--width" not in html.split("</style>")[1]
    wide = tracer.Picture('<svg xmlns="http://www.w3.org/2000/svg" width="2107.1" height="9"></svg>')._repr_html_()
    assert 'style="--width:2107.1px"' in wide  # its text is never smaller than 65 % of its size
    assert tracer.Picture("<svg></svg>")._repr_svg_() == "<svg></svg>"
