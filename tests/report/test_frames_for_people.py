"""Frames stay exact integers, and are shown in symbols, whole units, short names and links, no more than a screen."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from results_for_report import E18, Closes, small_result

import tracer
from tracer.io.card import ROWS, shortened
from tracer.model import Asset, AssetId
from tracer.report.frame import BY_SIZE, Frame, framed
from tracer.report.frames import cashouts_frame, compare_frame, exits_frame, movements_frame
from tracer.trace.options import POLICIES

ETH, USDC = AssetId("eip155:1/slip44:60"), AssetId(f"eip155:1/erc20:0x{'a' * 40}")
ASSETS = {ETH: Asset(ETH, "ETH", 18), USDC: Asset(USDC, "USDC", 6)}
A, B = f"0x{'1' * 40}", f"0x{'2' * 40}"


class Reader(HTMLParser):
    """Collects tags, links and cells of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def rows(amounts: list[int], **more: list[object]) -> Frame:
    held = {"address": [A] * len(amounts), "asset": [ETH] * len(amounts), "tainted": amounts, **more}
    return framed(pd.DataFrame(held, dtype=object), ASSETS, order=BY_SIZE)


def test_j_frames_stay_ordinary_frames_of_exact_integers() -> None:
    big = 2**200 + 1
    frame = rows([1, big, 3])
    assert isinstance(frame, pd.DataFrame)
    assert frame["tainted"].sum() == big + 4
    part = frame[frame["tainted"] > 1].sort_values("tainted")
    assert isinstance(part, Frame)
    assert [type(value) for value in part["tainted"]] == [int, int]
    assert list(part["tainted"]) == [3, big]
    assert list(frame.groupby("asset")["tainted"].sum()) == [big + 4]
    assert "ETH" in part._repr_html_()  # what a selection is of is not forgotten
    result, prices = small_result(), Closes()
    tables = (exits_frame(result, prices), cashouts_frame(result, prices), movements_frame(result))
    for table in (*tables, compare_frame(dict.fromkeys(POLICIES, result))):
        for name in ("tainted", "amount", "received", "min", "max", *POLICIES):
            if name in table:
                assert table[name].dtype == object
                assert {type(value) for value in table[name]} <= {int, type(None)}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (1_234_567 * E18, "1,234,567"),
        (E18 // 2, "0.5"),
        (1_234_567_891_234_567_891, "1.234567…"),
        (1, "0.000000000000000001"),
        (123, "0.00000000000000012…"),
        (0, "0"),
    ],
)
def test_j_amounts_are_whole_units_and_a_cut_is_marked(amount: int, shown: str) -> None:
    html = rows([amount]).pretty(exact=False)._repr_html_()
    assert f">{shown}</td>" in html
    assert f"{amount} base units" in html  # the exact figure is under the pointer


def test_j_the_largest_come_first_unless_somebody_ordered_them() -> None:
    def first(frame: Frame) -> str:
        return frame._repr_html_().split("<tbody>")[1].split("</tr>")[0]

    frame = rows([E18, 3 * E18, 2 * E18])
    assert ">3</td>" in first(frame)
    assert list(frame["tainted"]) == [E18, 3 * E18, 2 * E18]
    assert ">1</td>" in first(frame.sort_values("tainted"))
    mixed = rows([5 * 10**6, E18], asset=[USDC, ETH])
    assert "ETH" in first(mixed)  # no sum over assets: the chain's coin first
    moved = movements_frame(small_result())
    assert first(moved) == first(Frame(moved).copy())
    seqs = [int(text) for text in re.findall(r'<tr><td style="text-align:right[^>]*>(\d+)<', moved._repr_html_())]
    assert seqs == sorted(seqs)


def test_j_a_long_frame_is_no_longer_than_a_screen_and_no_wider() -> None:
    frame = exits_frame(small_result(), Closes())
    many = framed(pd.concat([pd.DataFrame(frame)] * 1_000, ignore_index=True), ASSETS, order=BY_SIZE)
    html = many._repr_html_()
    assert html.count("<tr>") == ROWS + 1
    assert html.count("<th ") <= 12
    assert len(html) < 30_000
    assert f"{ROWS} of 6,000 rows" in html
    assert "more columns: " in html
    assert many.pretty(rows=None)._repr_html_().count("<tr>") == 6_001
    assert repr(many.pretty(3)).count("\n") <= 7
    chosen = many.pretty(2, columns=["grade", "tainted"])._repr_html_()
    assert chosen.count("<th ") == 2


def test_j_names_are_short_and_lead_to_an_explorer_and_nothing_is_loaded() -> None:
    html = rows([1], tx=[f"0x{'b' * 64}"])._repr_html_()
    read = Reader(html)
    assert read.links == [f"https://etherscan.io/address/{A}", f"https://etherscan.io/tx/0x{'b' * 64}"]
    assert "0x111111…1111" in read.text
    assert not {"script", "img", "iframe", "link", "object"} & set(read.tags)
    other = framed(pd.DataFrame({"address": ["x" * 30], "chain": ["eip155:31337"]}, dtype=object))
    assert Reader(other._repr_html_()).links == []


def test_j_outside_text_is_escaped_wherever_it_stands() -> None:
    evil = "<script>alert(1)</script>"
    asset = AssetId("evil")
    frame = framed(
        pd.DataFrame(
            {
                evil: [1],
                "entity": [evil],
                "asset": [asset],
                "tainted": [5],
                "address": [evil],
                "source_url": ["javascript:x"],
            },
            dtype=object,
        ),
        {asset: Asset(asset, evil, 2)},
    )
    html = frame._repr_html_()
    assert "<script" not in html
    assert "javascript:x" not in Reader(html).links
    assert "\x1b" not in repr(framed(pd.DataFrame({"entity": ["\x1b[31mred"]}, dtype=object)).pretty())


def test_j_odd_frames_are_shown_too() -> None:
    for frame in (
        rows([]),
        Frame(),
        Frame({1: [2], "a": [None]}),
        rows([E18]).drop(columns="asset"),
        pd.concat([rows([1]), rows([2])]),
        Frame({"address": [A, A]}, index=["x", "y"]),
        Frame({"tainted": [1.5], "time": [pd.NaT]}),
    ):
        assert "<table" in Frame(frame)._repr_html_()
        assert repr(Frame(frame).pretty())


def test_f26_a_grade_is_said_to_be_of_the_movements_and_a_name_has_its_rank() -> None:
    from tracer.report.text import cashout_text

    trace = tracer.open_case("ronin-2022").trace()
    text = cashout_text(trace.result, trace.prices)
    assert "grade of the way" in text
    assert next(line for line in text.split("\n") if line.startswith("toward exchanges")).split()[2:4] == [
        "A5",
        "community",
    ]
    assert "never of the name" in text
    assert "never of the name" in trace.cashouts()._repr_html_()


def test_f30_every_rule_its_interval_and_origin_stand_side_by_side() -> None:
    shown = repr(tracer.open_case("ronin-2022").trace().compare().pretty()).split("\n")
    assert shown[0].split()[-2:] == ["origin", "asset"]
    assert len(shown[0]) <= 160


def test_r3_5_amounts_stand_to_the_last_unit_where_there_is_room_and_a_cut_says_how_to_see_them() -> None:
    trace = tracer.open_case("ronin-2022").trace(bounds=True)
    assert "1.234567891234567891" in rows([1_234_567_891_234_567_891])._repr_html_()
    cashouts = trace.cashouts()._repr_html_()
    assert "167,213.060607915110104</td>" in cashouts
    compared = trace.compare()
    assert "167,213…" in compared._repr_html_()
    assert "… stands for digits left out, .pretty(exact=True) shows them" in compared._repr_html_()
    whole = compared.pretty(exact=True)._repr_html_()
    assert "167,213.060607915110104</td>" in whole
    assert not re.search("[0-9]…<", whole)
    assert "digits left out" not in whole


def test_a_text_is_cut_between_words_and_a_claim_is_whole() -> None:
    assert shortened("paid out as published, 182,163.95603 ETH", 36).text == "paid out as published,…"
    assert shortened("0x" + "a" * 40, 20).text == "0x" + "a" * 17 + "…"
    checked = tracer.open_case("ronin-2022").trace().checkpoints()
    assert "Paid out by the seed as published, 182,163.96 ETH" in re.sub(r"\s+", " ", checked._repr_html_())


def test_a_label_that_names_nobody_says_so_and_stolen_units_stand_beside_the_amount() -> None:
    trace = tracer.open_case("bybit-2025").trace()
    assert "no entity named" in trace.cashouts()._repr_html_()
    assert ">stolen units</th>" in trace.movements()._repr_html_()
    assert "closed: what was stolen is the sum of where it went" in trace.audit._repr_html_()
