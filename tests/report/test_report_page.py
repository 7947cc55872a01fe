"""The page: complete, self-contained, escaped, the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from results_for_report import CHAIN, COLD, ETH, Closes, filed, holder, label, open_result, small_result

from tracer.analysis import Checked
from tracer.model import Attribution, Incident, Loss, Publication
from tracer.report.html import POLICY_WORDS, report_html
from tracer.trace import POLICIES, TraceResult

AGENCY = Publication("psa", "An Agency", "A notice", "https://agency.example/notice", rank="A1")
SCHOLAR = Publication("paper", "A Scholar", "A paper", "javascript:alert(1)", rank="A4")
LOSS = Loss(CHAIN, ETH, 100 * 10**18, "0x" + "ab" * 32, 100, 1740830400, AGENCY)
INCIDENT = Incident(
    "demo",
    "Demo",
    "2025-03-01",
    "Two sentences. No more.",
    (LOSS,),
    (Attribution("An Actor", "2025-03-05", AGENCY, "on a notice"),),
    (Attribution("Somebody else", "2025-04-01", SCHOLAR),),
    (),
    (),
    (),
    missing=("The onward history of one address.",),
)


READER = ("A Reader", "https://reader.example")
CHECKS = (
    Checked("c1", "Paid <b>out</b>", 5 * 10**18, 4 * 10**18, 3 * 10**18, 10**18, -(10**18), False, 0, ETH, *READER),
    Checked("c2", "Transactions", 37, 37, None, None, 0, True, 0, None, *READER),
)


def page(result: TraceResult | None = None, **changes: object) -> str:
    values: dict[str, object] = {
        "figures": {"flow": '<?xml version="1.0"?>\n<svg id="flow"><title>f</title></svg>', "sankey": ""},
        "incident": INCIDENT,
        "checkpoints": CHECKS,
        "versions": {"tracer": "0.1.0"},
        "flags_note": "One address is listed.",
    }
    return report_html(result or small_result(), Closes(), **{**values, **changes})  # type: ignore[arg-type]


class Reader(HTMLParser):
    """Collects tags, attributes, and the text of each table row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.rows and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    reader = Reader(page())
    assert reader.open == []
    names = {tag for tag, _ in reader.tags}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    attributes = {name for _, attrs in reader.tags for name in attrs}
    assert attributes.isdisjoint({"src", "srcset", "data", "action"})
    assert not any(name.startswith("on") for name in attributes)
    assert "@import" not in page()
    assert "url(" not in page()


def test_links_inside_the_page_have_their_targets_and_only_web_addresses_are_links() -> None:
    reader = Reader(page())
    ids = {str(attrs["id"]) for _, attrs in reader.tags if "id" in attrs}
    hrefs = [str(attrs["href"]) for tag, attrs in reader.tags if tag == "a"]
    assert {href[1:] for href in hrefs if href.startswith("#")} <= ids
    pages = {href for href in hrefs if href.startswith("https://etherscan.io/")}
    assert {href for href in hrefs if href[0] != "#"} - pages == {
        "https://agency.example/notice",
        "https://reader.example",
        "https://example.org/labels",
    }
    assert "javascript:alert(1)" in page()


def test_j_addresses_transactions_and_blocks_lead_to_their_pages_and_nothing_is_loaded_from_there() -> None:
    links = {str(attrs["href"]): attrs for tag, attrs in Reader(page()).tags if tag == "a"}
    assert {f"https://etherscan.io/tx/{LOSS.tx}", "https://etherscan.io/block/100"} <= set(links)
    assert f"https://etherscan.io/address/{COLD}" in links
    assert {attrs["rel"] for href, attrs in links.items() if "etherscan" in href} == {"noreferrer noopener"}


def test_j_an_address_that_is_none_to_the_letter_has_no_page() -> None:
    evil = 'javascript:alert(1)" onclick="'
    result = small_result()
    leaf = replace(result.exits[0], address=evil)
    text = page(replace(result, exits=(leaf, *result.exits[1:])))
    assert all("javascript" not in str(attrs.get("href")) for _, attrs in Reader(text).tags)
    assert not any(name.startswith("on") for _, attrs in Reader(text).tags for name in attrs)


def test_the_cash_outs_come_first_with_the_asserted_part_beside_each_amount() -> None:
    rows = Reader(page()).rows
    start = rows.index(["Who", "Stolen units", "All it received", "US dollars", "Where and when", "Grade of the way"])
    assert rows[start + 1] == [
        "Example Exchangeexchange · demo · from ETHso named by A3 victim or service",
        "40 ETHof it asserted: 0; inferred: 1 ETH",
        "41 ETH",
        "82,501.50at the time80,004.00at the theft",
        "1 address, 2 receipts2025-03-01 to 2025-03-02",
        "inferred",
    ]
    assert rows[start + 6][1] == "≈ 50 USDCof it asserted: 50 USDC"
    assert page().index('id="cashouts"') < page().index('id="flow"') < page().index('id="checkpoints"')


def test_checkpoints_show_claim_recorded_stolen_and_difference() -> None:
    rows = Reader(page()).rows
    start = rows.index(["Claimed", "Recorded", "Of it stolen", "Difference", "Tolerance", "Result"])
    assert rows[start + 1 : start + 5] == [
        ["Paid <b>out</b> [2]"],
        ["5 ETH", "4 ETH", "3 ETHof it asserted: 1 ETH", "-1 ETH", "0 ETH", "differs"],
        ["Transactions [2]"],
        ["37", "37", "", "0", "0", "agrees"],
    ]


def test_e6_figures_of_others_and_self_checks_of_the_data_are_two_tables() -> None:
    others, own = CHECKS[0], replace(CHECKS[1], published=False)
    text = page(checkpoints=(replace(others, note="Nobody knows why."), own))
    first, second = text.index("Published by others, measured again"), text.index("Self-checks of the data")
    assert first < text.index("Nobody knows why.") < second < text.index("Transactions")
    assert "Self-checks" not in page()


def test_every_exit_is_on_the_page_with_its_full_address() -> None:
    rows = Reader(page()).rows
    start = rows.index(["Address", "Stolen units", "USD at the time", "Receipts", "First, last (UTC)", "Grade"])
    assert [row[0] for row in rows[start + 1 : start + 7]] == [
        f"0x{'1' * 40}unknown · at rest · from USDC",
        f"0x{'1' * 40}unknown · at rest · from ETH",
        "network fees · from ETH",
        f"0x{'3' * 40}toward exchanges · intermediate · onward history not in this case · from ETH",
        f"0x{'5' * 40}unknown · onward history not in this case · from ETH",
        f"0x{'4' * 40}Example Exchange · exchange · paid to an exchange or other service · from ETH",
    ]


def test_attribution_and_dissent_stand_with_rank_and_source() -> None:
    rows = Reader(page()).rows
    assert ["An Actoron a notice", "2025-03-05", "An Agency [1]A notice", "A1 government", "asserted"] in rows
    assert ["Somebody else", "2025-04-01", "A Scholar [3]A paper", "A4 analytics firm", "asserted"] in rows


def test_what_others_wrote_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>\u202e\"'>"
    result = replace(small_result(), title=evil, case_id=evil)
    name = label(COLD, evil, "other", evil, publisher=evil, source_url='https://x.example/"><script>')
    result = filed(replace(result, holders={**result.holders, (CHAIN, COLD): holder(COLD, 1, name)}))
    incident = replace(INCIDENT, summary=evil, date=evil, missing=(evil,))
    text = page(result, incident=incident, flags_note=evil, versions={evil: evil})
    assert "<script" not in text
    assert "\u202e" not in text
    assert Reader(text).open == []


def test_an_open_audit_is_shown_as_open() -> None:
    assert '<div class="badge open">Audit OPEN' in page(open_result())
    assert '<div class="badge">Audit closed' in page()


def test_a_table_of_ones_own_has_a_page_too() -> None:
    text = report_html(
        replace(small_result(), exits=(), movements=(), holders={}),
        None,
        figures={},
        incident=None,
        checkpoints=(),
        versions={},
        flags_note="",
    )
    assert "This case holds no attribution." in text
    assert "No prices were given." in text
    assert 'id="checkpoints"' not in text
    assert Reader(text).open == []


def test_figures_stand_inline_without_a_second_xml_declaration() -> None:
    text = page()
    assert text.count('<svg id="flow">') == 1
    assert "<?xml" not in text


def test_the_page_never_says_deposited_of_money_whose_onward_history_is_missing() -> None:
    assert not re.search(r"\bdeposited\b", page())


def test_the_page_is_the_same_bytes_each_time_and_every_policy_has_its_words() -> None:
    assert page() == page(replace(small_result(), exits=small_result().exits[::-1]))
    assert set(POLICY_WORDS) == set(POLICIES)


def test_j_on_a_narrow_screen_columns_stay_and_figures_scroll_at_a_size_that_can_be_read() -> None:
    style = page().split("<style>")[1].split("</style>")[0]
    narrow = style.split("@media screen and (max-width: 1080px)")[1].split("} }")[0]
    assert ".n { white-space: normal; }" in narrow
    assert ".addr { width: auto; }" in narrow
    assert "figure { overflow-x: auto; } figure svg { max-width: none; width: 100%; min-width: 1000px; }" in style


def test_f22_no_number_keeps_a_table_wider_than_the_page_and_claims_stand_above_their_figures() -> None:
    text = page()
    style = text.split("<style>")[1].split("</style>")[0]
    assert ".n { text-align: right; }" in style
    assert "main { max-width: 1200px;" in style
    for table in re.findall(r'<div class="scroll checks"><table>(.*?)</table>', text, re.DOTALL):
        assert table.count('<tr class="claim"><td colspan="6">') == table.count("<tbody>") == table.count("</tbody>")


@pytest.mark.parametrize(
    ("box", "shape"), [("900 300", "wide"), ("900 1300.5", "tall"), ("900 4000", "long"), ("x 9", "wide")]
)
def test_f22_the_flow_has_a_page_of_its_own_on_paper_as_it_lies(box: str, shape: str) -> None:
    text = page(figures={"flow": f'<svg viewBox="0 0 {box}"></svg>'})
    assert f'<section class="flow {shape}">' in text
    printed = text.split("@media print")[1].split("</style>")[0]
    assert "section.flow { page: tall; } section.flow.wide { page: wide; }" in printed
    assert "@page wide { size: A3 landscape;" in text
    assert "figure svg { width: 100%;" in printed
