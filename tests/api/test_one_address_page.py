"""The page on one address: short in a terminal, whole as JSON, at most a screen and harmless in a notebook."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tracer.api import open_case, open_table
from tracer.model import caip10

SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
VICTIM = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"
A, B, C = (f"0x{digit * 40}" for digit in "123")
TRACE = open_case("ronin-2022").trace()


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("address", [SEED, VICTIM, "0x665660f65e94454a64b96693a67a41d440155617"])
def test_j_a_page_is_as_wide_as_the_terminal_and_short(address: str, width: int) -> None:
    lines = TRACE.address(address, bounds=True).text(width).splitlines()
    wide = [line for line in lines if len(line) > width and not re.search(r"https://|tracer why|eip155", line)]
    assert wide == []
    assert len(lines) < 100


def test_j_what_a_page_says_stands_in_its_text() -> None:
    text = TRACE.address(SEED, bounds=True).text(100)
    for said in (
        "Paid by the theft itself",
        "https://etherscan.io/address/0x098b716b8aaf21512996dc57eb0615e2383e2f96",
        "Says OFAC, A1 government; holds",
        "known since 2022-04-14",
        "182,165.903082267597943583 ETH",
        "all stolen",
        "and 168 more; --json has them all",
        "On the draft list: T1 (attributed)",
        "CONDITIONAL",
        "tracer why eip155:1:0x098b",
    ):
        assert said in text
    victim = TRACE.address(VICTIM).text()
    assert "Robbed: a theft of this case" in victim
    assert "a victim can never be listed" in victim
    assert "Under any rule" not in victim


def test_the_same_page_twice_is_the_same_bytes_and_only_bounds_say_what_any_rule_can() -> None:
    assert TRACE.address(SEED).text() == TRACE.address(SEED).text()
    assert json.dumps(TRACE.address(SEED).record()) == json.dumps(TRACE.address(SEED).record())
    assert TRACE.address(SEED).ranges == ()
    assert len(TRACE.address(SEED, bounds=True).bounds()) == 3


def test_the_record_leaves_nothing_out_and_its_amounts_are_text() -> None:
    page = TRACE.address("0x098b", bounds=True)
    record = json.loads(json.dumps(page.record()))
    assert record["caip10"] == caip10(page.facts.chain, SEED)
    assert record["explorer"] == page.explorer
    assert len(record["counterparties"]) == len(page.facts.counterparties) == len(page.counterparties())
    assert len(record["balance"]) == len(page.facts.points)
    assert len(record["paths"]) == len(TRACE.path_to(SEED).ways())
    eth = record["flows"][0] if record["flows"][0]["asset"].endswith("slip44:60") else record["flows"][1]
    assert eth["received"] == "182165903082267597943583"
    assert int(eth["received"]) == int(page.flows().set_index("asset").loc[eth["asset"], "received"])
    assert {row["tier"] for one in record["list"] for row in one["rows"]} == {"T1"}
    assert all(isinstance(value, int) for value in page.flows()["received"])


def test_j_a_page_in_a_notebook_is_a_screen_at_most_and_loads_nothing() -> None:
    text = TRACE.address(SEED, bounds=True)._repr_html_()
    tags = Tags(text)
    assert tags.names <= {
        *("div", "span", "table", "tbody", "tr", "td", "a", "svg", "title", "polygon", "polyline"),
    }
    assert {name for name, _ in tags.attributes}.isdisjoint({"src", "onclick", "class", "id"})
    assert tags.depth == 0
    assert "max-height" in text
    assert len(text) < 40_000
    assert not re.search(r"#[0-9a-f]{3,6}\b", re.sub(r'href="[^"]*"', "", text)), "colours are those of the notebook"
    links = [value or "" for name, value in tags.attributes if name == "href"]
    assert links
    assert all(link.startswith("https://") for link in links)


def test_hostile_names_are_text_everywhere(tmp_path: Path) -> None:
    evil = '<script>alert(1)</script>"onload='
    (tmp_path / "t.csv").write_text(
        f"sender,recipient,asset,amount,block,tx\n{A},{B},slip44:60,100,1,0xaa\n{B},{C},slip44:60,60,2,0xbb\n"
    )
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,theft\n")
    quoted = evil.replace('"', '""')
    (tmp_path / "l.csv").write_text(
        "address,label,category,entity,source_url,publisher\n"
        f'{C},"{quoted}",exchange,"{quoted}","javascript:alert(1)","{quoted}"\n'
    )
    trace = open_table(
        transfers=tmp_path / "t.csv", seeds=tmp_path / "s.csv", labels=tmp_path / "l.csv", complete=True
    ).trace()
    for address in (B, C):
        text = trace.address(address, bounds=True)._repr_html_()
        assert "<script" not in text
        assert not any(name.startswith("on") for name, _ in Tags(text).attributes)
        assert not any((value or "").startswith("javascript") for _, value in Tags(text).attributes)


def test_d6_the_same_key_on_another_chain_is_a_hint_and_no_label(tmp_path: Path) -> None:
    chain = "eip155:56"
    (tmp_path / "t.csv").write_text(
        f"sender,recipient,asset,amount,block,tx,chain\n{A},{SEED},slip44:714,100,1,0xaa,{chain}\n"
    )
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,theft\n")
    trace = open_table(transfers=tmp_path / "t.csv", seeds=tmp_path / "s.csv", complete=True).trace()
    page = trace.address(SEED)
    assert page.facts.labels == ()
    assert {hint["hint"] for hint in page.hints} == {"same key on another chain"}
    assert "Hints, nothing of which is said of this address" in page.text()
    assert "OFAC" in page.text()
    unasked = open_table(transfers=tmp_path / "t.csv", seeds=tmp_path / "s.csv", complete=True, registry=False).trace()
    assert unasked.address(SEED).hints == ()
    assert "UNGUARDED" in unasked.address(SEED).text()


def test_d6_a_contract_at_the_same_address_elsewhere_stands_apart(tmp_path: Path) -> None:
    router = "0xd90e2f925da726b50c4ed8d0fb90ad053324f31b"
    (tmp_path / "t.csv").write_text(
        f"sender,recipient,asset,amount,block,tx,chain\n{A},{router},slip44:9005,100,1,0xaa,eip155:43114\n"
    )
    (tmp_path / "s.csv").write_text("kind,value,asset,amount,origin\ntx,0xaa,,,theft\n")
    page = open_table(transfers=tmp_path / "t.csv", seeds=tmp_path / "s.csv", complete=True).trace().address(router)
    meanings = {hint["hint"] for hint in page.hints}
    assert meanings == {"contract at the same address on another chain"}
    assert "same key" not in page.text()
