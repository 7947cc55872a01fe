"""What a newcomer's page says: figures like with like, the list in whole coins, swaps that are only asserted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tracer


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: tracer.open_case(name).trace()._report_html() for name in ("colonial-2021", "nomad-2022")}


def test_n23_the_seizure_is_held_against_what_was_seized_and_no_dust() -> None:
    checks = {one.id: one for one in tracer.open_case("colonial-2021").trace().check()}
    assert (checks["P1"].recorded, checks["P1"].difference) == (6_369_996_546, -3_454)
    assert checks["P2"].recorded == 7_500_030_000
    assert checks["P3"].recorded == 6_960_422_177
    assert all(one.agrees for one in checks.values())


def test_n24_what_is_followed_beside_a_published_loss_is_said_and_empty_columns_are_not(pages: dict[str, str]) -> None:
    assert "63.7 BTC of colonial-2021-affiliate" in pages["colonial-2021"]
    assert "Followed besides" not in pages["nomad-2022"]
    taken = pages["nomad-2022"].partition("What was taken</h2>")[2].partition("<h2")[0]
    assert "<th>Block</th>" not in taken
    assert "names one transaction, block or time" in taken


def test_n36_a_swap_that_is_only_asserted_is_dashed_and_in_the_legend() -> None:
    svg = tracer.open_case("ronin-2022").trace().draw().svg
    dashed = re.findall(r'<line [^>]*stroke-dasharray="4 3"/>', svg)
    assert len(dashed) == svg.count("swap (asserted)") - len(re.findall(r"<title>[^<]*swap \(asserted\)", svg)) >= 5
    assert "inferred or asserted" in svg
    recorded = tracer.open_case("colonial-2021").trace().draw().svg
    assert not re.findall(r'<line [^>]*stroke-dasharray="4 3"/>', recorded)


def test_n37_the_list_stands_in_whole_coins_and_words(tmp_path: Path) -> None:
    folder = tracer.open_case("ronin-2022").trace().write(tmp_path / "r")
    page = (folder / "report.html").read_text().partition("<h3>Flagged addresses</h3>")[2].partition("<h2")[0]
    first = page.partition("<tbody>")[2].partition("</tr>")[0]
    assert "182,163.675666330746195534 ETH" in first
    assert "Lazarus Group" in first
    assert "paid by the theft itself" in first
    assert page.count("<tr>") == 1 + len((folder / "flagged.csv").read_text().splitlines()) - 1
    assert "readable.csv" in (folder / "legend.md").read_text()
    answers = tracer.ask(folder / "flagged.csv", ["ronin-2022"])
    assert set(answers["listed"]) == {"flagged", "lead"} or set(answers["listed"]) == {"flagged"}


def test_n42_a_picture_can_be_seen_whole_and_in_full_size() -> None:
    trace = tracer.open_case("colonial-2021").trace()
    for picture in (trace.draw(), trace.timeline()):
        shown = picture._repr_html_()
        assert "whole picture" in shown
        assert "full size" in shown
    assert re.search(r"--width:[0-9.]+pt", trace.timeline()._repr_html_())


def test_n26_pictures_show_the_assets_that_readers_know_first_and_lanes_that_have_a_time() -> None:
    trace = tracer.open_case("nomad-2022").trace()
    for picture in (trace.draw().svg, trace.sankey().svg):
        places = [
            picture.index(f"{amount} {symbol}") for amount, symbol in (("87,247,033", "USDC"), ("322,459", "SDL"))
        ]
        assert places == sorted(places)
    from tracer.viz.timeline import _lanes

    lanes = _lanes(trace.result)
    assert any("USDC" in lane.total and lane.name == "Nomad (recovery)" and lane.points for lane in lanes)
    assert lanes[-1].name.endswith("lanes, smaller or undated")


def test_n39_a_total_says_which_part_of_it_is_rounded_and_no_digits_that_nobody_knows() -> None:
    card = repr(tracer.open_case("bybit-2025").trace())
    total = next(line for line in card.splitlines() if line.startswith("Not followed"))
    assert "401,346.768858404671846374 ETH · of it asserted: 0; rounded by its source: ≈ 1 ETH" in total
    assert "≈ 401,346" not in card
    assert "2.8 % to addresses labelled as the thief's" in card
    swaps = repr(tracer.open_case("bybit-2025-swap-proceeds").trace(bounds=True))
    assert "at least ≈ 96,402.572793 ETH and at most ≈ 96,472.498347 ETH" in swaps
    assert not re.search(r"≈ [0-9,]+\.[0-9]{7}", swaps)


def test_r3_11_a_report_has_a_dark_form_and_keeps_sums_and_pictures_together_on_paper(
    pages: dict[str, str],
) -> None:
    style = pages["colonial-2021"].partition("<style>")[2].partition("</style>")[0]
    dark = style.partition("@media screen and (prefers-color-scheme: dark)")[2].partition("\n}")[0]
    assert "--paper: #1a1a1a" in dark
    assert "figure svg { filter: invert" in dark
    assert not re.search(r"(?:background|color): *#", style.partition(dark)[2])  # else a colour stays that of paper
    printed = style.partition("@media print")[2]
    assert re.search(r"\.fates,[^{]*section[^{]*\{ break-inside: avoid; \}", printed)
    assert "section.long { break-inside: auto; }" in printed
