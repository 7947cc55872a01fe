"""Which assets a reader sees first, where what a state or the victim has stands, and names instead of codes."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from results_for_report import COLD, DAY1, E18, EXCHANGE, SEED, Closes, label, leaf, small_result

from tracer.model import CATEGORIES, WELL_KNOWN, Asset, AssetId, Origin, fate_of
from tracer.report.card import card_html, card_text
from tracer.report.html import report_html
from tracer.report.order import by_worth
from tracer.report.policy_narrative import _name
from tracer.report.ranges import range_note, theft_ranges
from tracer.report.text import cashout_text
from tracer.report.wording import party_names
from tracer.trace import Intervals, TraceResult
from tracer.trace.certainty import Range
from tracer.trace.intervals import Party

DOLLARS, WRAPPED = WELL_KNOWN[0], WELL_KNOWN[-1]
CHEAP = AssetId("eip155:1/erc20:0x" + "00" * 19 + "01")
FIRST = {"GOOD": DOLLARS, "BTCX": WRAPPED, "CHEAP": CHEAP}


def many_assets() -> TraceResult:
    """Return a theft of a hundred million cheap units, a thousand dollars and two wrapped coins."""
    amounts = {CHEAP: 10**8 * E18, DOLLARS: 1000 * 10**6, WRAPPED: 2 * 10**8}
    decimals = {CHEAP: 18, DOLLARS: 6, WRAPPED: 8}
    exits = tuple(
        leaf(COLD, "at_rest", amount, asset=asset, origin=Origin("many", asset)) for asset, amount in amounts.items()
    )
    stolen = {Origin("many", asset): amount for asset, amount in amounts.items()}
    return replace(
        small_result(),
        exits=exits,
        stolen=stolen,
        stolen_by_grade={origin: {"recorded": amount} for origin, amount in stolen.items()},
        assets={asset: Asset(asset, symbol, decimals[asset]) for symbol, asset in FIRST.items()},
    )


class _Spans:
    """Intervals of one place an asset, as the ranges are printed from."""

    def __init__(self, result: TraceResult, gap: int = 0) -> None:
        self.by_party = {
            (Party("unlabelled, at rest", "unknown", one.asset), one.origin): Range(
                one.tainted, one.tainted, "CONDITIONAL", (), gap=gap if one.asset == DOLLARS else 0
            )
            for one in result.exits
        }
        self.party_by_theft = {(party, origin.name): held for (party, origin), held in self.by_party.items()}
        self.by_address: dict[Any, Range] = {}
        self.by_theft: dict[Any, Range] = {}

    def theft_of(self, entity: str, category: str, asset: AssetId, theft: str) -> Range | None:
        return self.party_by_theft.get((Party(entity, category, asset), theft))

    def of(self, entity: str, category: str, asset: AssetId, origin: Origin) -> Range | None:
        return self.by_party.get((Party(entity, category, asset), origin))

    def places(self) -> tuple[Any, ...]:
        return ()

    def open_holders(self) -> tuple[Any, ...]:
        return ()


def _spans(result: TraceResult, gap: int = 0) -> Intervals:
    return cast("Intervals", _Spans(result, gap))


def _places(text: str) -> list[int]:
    return [text.index(symbol) for symbol in FIRST]


def test_n1_known_assets_come_first_wherever_nothing_prices_them_and_never_by_units() -> None:
    result = many_assets()
    card = card_text(result, _spans(result))
    for start in ("Stolen", "Where it went", "At rest", "Any rule", "Leg by leg"):
        places = _places(card[card.index(start) :])
        assert places == sorted(places), start
    lines = theft_ranges(result, _spans(result))
    assert [symbol for line in lines for symbol in FIRST if symbol in line] == list(FIRST)
    table = cashout_text(result, None)
    assert _places(table) == sorted(_places(table))
    page = report_html(result, None, figures={}, incident=None, checkpoints=(), versions={}, flags_note="")
    assert _places(page) == sorted(_places(page))


def test_n1_where_closes_are_known_the_greatest_worth_comes_first() -> None:
    result = many_assets()

    class Priced(Closes):
        def close(self, asset: AssetId, time: int) -> Any:
            return {CHEAP: Decimal(1), DOLLARS: Decimal(1), WRAPPED: Decimal(20_000)}[asset]

    first = result.movements[0]
    seeds = tuple(
        replace(
            first, hop=0, time=DAY1, asset=origin.asset, shares=tuple(replace(s, origin=origin) for s in first.shares)
        )
        for origin in result.stolen
    )
    result = replace(result, movements=seeds)
    assert sorted(FIRST.values(), key=by_worth(result, Priced())) == [CHEAP, WRAPPED, DOLLARS]
    card = card_text(result, None, Priced())
    assert card.index("CHEAP") < card.index("BTCX") < card.index("GOOD")


def test_n1_the_well_known_are_assets_of_the_registry() -> None:
    table = Path(__file__).parents[2] / "addresses" / "assets.csv"
    with table.open(encoding="utf-8") as file:
        assert set(WELL_KNOWN) <= {row["asset"] for row in csv.DictReader(file)}


def _held(category: str, role: str, entity: str) -> TraceResult:
    mine = label(EXCHANGE, "x", category, entity, role=role)
    ended = leaf(EXCHANGE, "service", 40 * E18, label=mine)
    return replace(small_result(), exits=(ended,))


@pytest.mark.parametrize(
    ("category", "role", "entity", "section", "words"),
    [
        ("government", "seized", "FBI", "Seized", "seized by a government"),
        ("government", "", "A ministry", "Seized", "paid to a government"),
        ("custodian", "recovery", "Nomad (recovery)", "Returned", "returned to the victim"),
        ("exchange", "victim", "A robbed exchange", "Returned", "returned to the victim"),
    ],
)
def test_n2_n4_what_a_state_or_the_victim_has_is_paid_to_no_service(
    category: str, role: str, entity: str, section: str, words: str
) -> None:
    result = _held(category, role, entity)
    page = report_html(result, None, figures={}, incident=None, checkpoints=(), versions={}, flags_note="")
    for text in (card_text(result), card_html(result), page, cashout_text(result, None)):
        assert "exchange or other service" not in text
    assert f"\n{section:<14}40 ETH" in card_text(result)
    assert f"{words}: {entity} 40 ETH" in card_text(result)
    assert "\nIn services   nothing" in card_text(result)
    assert f"{words}: {entity}" in page


def test_n2_n4_an_exchange_is_a_service_and_empty_lines_are_left_out() -> None:
    card = card_text(_held("exchange", "", "Example Exchange"))
    assert "paid to an exchange or other service: Example Exchange" in card
    assert "Seized" not in card
    assert "Returned" not in card
    assert fate_of("at_rest", "government", "seized") == "at_rest"


@pytest.mark.parametrize("category", CATEGORIES)
def test_n3_no_category_code_is_a_name(category: str) -> None:
    words = category.replace("_", " ")
    said = {"theft": "as the thief's", "attacker": "as the attacker's", "sanctions": "as sanctioned"}
    assert party_names([("", category)]) == {("", category): f"addresses labelled {said.get(category, words)}"}
    assert party_names([("A", category), ("A", "of another kind")])["A", category] == f"A ({words})"
    assert _name("", category) == f"addresses labelled {said.get(category, words)}"


def test_n3_the_headline_and_the_ranges_call_a_place_by_the_same_name() -> None:
    unnamed = label(SEED, "x", "white_hat", "")
    result = replace(small_result(), exits=(leaf(SEED, "incomplete", 100 * E18, label=unnamed),))
    card = card_text(result)
    assert "100.0 % to addresses labelled white hat" in card
    assert "addresses labelled white hat" in cashout_text(result, None)
    assert "white_hat" not in card


def test_n5_how_wide_a_limit_may_be_is_said_in_whole_units_with_the_asset() -> None:
    result = many_assets()
    note = range_note(result, _spans(result, gap=1_500))
    assert "A limit may be wider than the truth by 0.0015 GOOD." in note
    assert "base units" not in note
    assert "wider" not in range_note(result, _spans(result))


def test_n7_the_frame_says_how_each_row_ends_who_names_it_and_what_it_does_not_show() -> None:
    from tracer.report.frames import cashouts_frame

    result = small_result()
    frame = cashouts_frame(result, None)
    held = frame.set_index("entity")
    assert held.loc["Example Exchange", "ends_as"] == "service"
    assert held.loc["Example Exchange", "named_by"] == "A3 victim or service"
    assert held.loc["network fee", "named_by"] == ""
    shown = repr(frame.pretty())
    assert "stolen units" in shown
    assert "ends as" in shown
    no_service = replace(result, exits=tuple(one for one in result.exits if one.stop_reason != "service"))
    note = str(cashouts_frame(no_service, None).attrs["note"])
    assert "No deposit at an exchange is in this data; 30 ETH went toward exchanges" in note


def test_n16_what_rests_on_a_rounded_row_is_never_called_exact() -> None:
    result = many_assets()
    rough = tuple(replace(one, approximate=one.asset == DOLLARS) for one in result.exits)
    first = result.movements[0]
    shares = tuple(replace(share, origin=Origin("many", DOLLARS)) for share in first.shares)
    printed = replace(first, hop=0, asset=DOLLARS, shares=shares, precision="printed")
    result = replace(result, exits=rough, movements=(printed,))
    lines = theft_ranges(result, _spans(result))
    assert "under any rule: ≈ 1,000 GOOD" in lines[0]
    assert "under any rule: exactly 2 BTCX" in lines[1]
    card = card_text(result)
    assert "\nStolen        ≈ 1,000 GOOD" in card
    assert "\n              2 BTCX · of it" in card


def test_n25_a_number_of_the_report_breaks_at_its_point_or_nowhere() -> None:
    result = replace(small_result(), exits=(leaf(COLD, "at_rest", 3_978_605_026_167_997_592_670_848),))
    page = report_html(result, None, figures={}, incident=None, checkpoints=(), versions={}, flags_note="")
    assert '<span class="number">3,978,605.<wbr>026167997592670848</span>' in page
    assert ".number { overflow-wrap: normal; }" in page


def test_n32_n33_an_amount_is_never_shown_without_its_unit() -> None:
    from pandas import DataFrame

    from tracer.report.frame import framed

    ether = "eip155:1/slip44:60"
    wide = {f"what_{number}": [f"a long cell that fills the room {number}", "x"] for number in range(9)}
    came = framed(DataFrame({**wide, "asked": ["a", "b"], "came": [E18, 2 * E18], "asset": [ether, ether + "1"]}))
    assert ">asset<" in came._repr_html_()
    assert "1 ETH" in came.pretty(columns=["asked", "came"])._repr_html_()
    text = framed(DataFrame({"asset": [ether], "amount": ["1234000000000000000001"], "kind": ["fee"]}))
    assert "1,234" in text._repr_html_()
    assert ">1234000000000000000001<" not in text._repr_html_()
