"""The summary record, the card, the sentences: every amount with its asset and its asserted part, all escaped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from results_for_report import (
    CHAIN,
    COLD,
    DAY3,
    DEPOSITOR,
    E18,
    ETH,
    THEFT,
    USDC,
    Closes,
    filed,
    holder,
    label,
    leaf,
    open_result,
    small_result,
)

from tracer.model import Asset, AssetId, Origin
from tracer.report.card import card_html, card_text
from tracer.report.html import report_html
from tracer.report.summary_json import summary
from tracer.report.wording import (
    FATE_WORDS,
    GROUPS,
    amount_text,
    asset_names,
    cashout_notes,
    coverage_sentences,
    join_words,
    options_sentence,
)
from tracer.trace.legend import STOP_WORDS
from tracer.trace.options import STOP_REASONS, Options

T, U = str(ETH), str(USDC)
CARD = """\
Demo theft <2025> (demo) · TLP:AMBER
Stolen        demo: 100 ETH · of it asserted: 0
              other: 50 USDC · of it asserted: 50 USDC
Where it went Of the 100 ETH of demo: 40.0 % to Example Exchange, 30.0 % toward exchanges, 19.5 % unlabelled, \
incomplete, 10.0 % unlabelled, at rest, 0.5 % in network fees.
              Of the 50 USDC of other: ≈ 100.0 % unlabelled, at rest.
Followed      4 addresses by 3 movements of stolen units, the farthest 1 movement from a seed
In services   40 ETH · of it asserted: 0; inferred: 1 ETH · paid to an exchange or other service: Example \
Exchange 40 ETH
At rest       10 ETH · of it asserted: 0 · at rest where the rows end, 2025-03-03
              ≈ 50 USDC · of it asserted: 50 USDC · at rest where the rows end, 2025-03-03
Not followed  49.5 ETH · of it asserted: 0 · onward history not in this case: toward exchanges 30 ETH
Fees, burned  0.5 ETH · of it asserted: 0 · network fees
Coverage      2 of 8 rows anchored by a transaction hash; rounded amounts are approximate (1 row, printed \
rounded by the source), as is what rests on them.
              1 more row carried on a publisher's statement alone (asserted).
              1 row of amount zero and 0 payments to oneself move nothing.
              2 rows weaker than the chosen grade left out.
              2 holders whose onward history is not in this case.
              3 followed holders whose balance no source has reconciled.
              2 followed holdings must have held clean money that the table does not show arriving.
Audit         closed: what was stolen is the sum of where it went, difference 0 for every origin
Options       policy fifo · stops at every category that absorbs · no hop limit · no minimum · high degree off · to \
the end of the data · rows graded asserted or better
Labels as of  2026-11-01
"""


def test_the_summary_holds_every_figure_as_text_with_its_grade() -> None:
    record = summary(small_result(), Closes(), {"tracer": "0.1.0"})
    assert {
        key: record[key] for key in ("case", "title", "policy", "versions", "stolen", "buckets", "audit", "by_grade")
    } == {
        "case": "demo",
        "title": "Demo theft <2025>",
        "policy": "fifo",
        "versions": {"tracer": "0.1.0"},
        "stolen": {"demo": {T: str(100 * E18)}, "other": {U: "50000000"}},
        "buckets": {
            "at_rest": {T: str(10 * E18), U: "50000000"},
            "fee": {T: str(E18 // 2)},
            "incomplete": {T: str(495 * E18 // 10)},
            "service": {T: str(40 * E18)},
        },
        "audit": {"closed": True, "difference": {"demo": {T: "0"}, "other": {U: "0"}}},
        "by_grade": {
            "stolen": {"demo": {T: {"recorded": str(100 * E18)}}, "other": {U: {"asserted": "50000000"}}},
            "buckets": {
                "at_rest": {T: {"recorded": str(10 * E18)}, U: {"asserted": "50000000"}},
                "fee": {T: {"recorded": str(E18 // 2)}},
                "incomplete": {T: {"recorded": str(495 * E18 // 10)}},
                "service": {T: {"recorded": str(39 * E18), "inferred": str(E18)}},
            },
        },
    }
    assert record["coverage"] == {
        "rows": 9,
        "zero_rows": 1,
        "self_rows": 0,
        "rows_with_tx": 2,
        "rows_printed": 1,
        "rows_by_grade": {"asserted": 1, "recorded": 8},
        "rows_dropped": {"inferred": 2},
        "ordered_by": {"eip155:1": "time"},
        "first_time": "2025-03-01T12:00:00Z",
        "last_time": "2025-03-03T00:00:00Z",
        "unexplained_inflow": [
            {"chain": "eip155:1", "address": "0x" + "2" * 40, "asset": T, "amount": "7"},
            {"chain": "eip155:1", "address": "0x" + "5" * 40, "asset": T, "amount": "3"},
        ],
        "unexplained_outflow": [],
        "closed": [],
        "unclosed": [],
        "incomplete_holders": 2,
        "unclosed_holders": 3,
        "basis": {},
        "ties": 0,
        "ties_both": 0,
        "unordered": 0,
        "lacking": [],
        "vouching_void": [],
        "conflicts": ["Two publishers disagree on one address."],
        "notes": ["One column was not used."],
    }
    assert record["prices"] == {"source": "typed in", "granularity": "daily close", "exits": 6, "unpriced_exits": 0}
    assert (record["approximate_exits"], record["input_hashes"]["transfers"]["rows"]) == (1, "9")
    assert len(record["notes"]) == 2


def test_the_summary_prints_every_option_and_holds_neither_null_nor_float() -> None:
    chosen = Options(max_hops=4, min_amount=10**20, until=DAY3, stop_at=("exchange",), as_of="2026-11-01")
    result = small_result()
    result = replace(result, options=chosen, coverage=replace(result.coverage, first_time=None))
    record = summary(result, None, {})
    assert record["options"] == {
        "policy": "fifo",
        "stop_at": ["exchange"],
        "max_hops": 4,
        "min_amount": str(10**20),
        "high_degree": "none",
        "until": "2025-03-03T00:00:00Z",
        "grade": "asserted",
        "known_as_of": "2026-11-01",
    }
    assert "first_time" not in record["coverage"]
    assert (record["prices"]["source"], record["prices"]["unpriced_exits"]) == ("none", 6)

    def refuse(text: str) -> None:
        raise AssertionError(text)

    text = json.dumps(record, allow_nan=False)
    assert "null" not in text
    json.loads(text, parse_float=refuse)


def test_several_assets_of_one_theft_stand_under_one_name() -> None:
    same = Origin("demo", USDC)
    result = replace(
        small_result(), stolen={THEFT: 7, same: 5}, stolen_by_grade={THEFT: {"recorded": 7}, same: {"asserted": 5}}
    )
    assert summary(result, None, {})["stolen"] == {"demo": {U: "5", T: "7"}}


def test_the_card_is_whole() -> None:
    assert card_text(small_result()) == CARD


def test_g1_the_card_the_page_and_the_summary_repeat_what_no_source_answered() -> None:
    result = small_result()
    lacking = tuple(f"0x{number:064x} (etherscan, blocks 1 to 9): no receipt \u202e." for number in range(5))
    result = replace(result, coverage=replace(result.coverage, lacking=lacking))
    text = card_text(result)
    assert f"\nNot read      0x{0:064x} (etherscan, blocks 1 to 9): no receipt  .\n" in text
    assert "and 2 more; coverage.csv of the bundle has them all" in text
    assert f"0x{4:064x}" not in text
    assert f"0x{2:064x}" in card_html(result)
    assert summary(result, None, {})["coverage"]["lacking"] == list(lacking)
    assert f"0x{4:064x}" in report_html(
        result, None, figures={}, incident=None, checkpoints=(), versions={}, flags_note=""
    )
    assert "Not read" not in card_text(small_result())


def test_an_open_audit_says_by_how_much_and_is_red() -> None:
    words = "OPEN, the figures cannot be relied on; stolen less exits: demo 0.000000000000000005 ETH"
    assert words in card_text(open_result())
    assert f'color:#b00020;font-weight:600;">{words}' in card_html(open_result())
    assert "color:#b00020" not in card_html(small_result())


def test_the_card_escapes_what_others_wrote() -> None:
    result = replace(small_result(), title="<script>alert(1)</script>\u202e", case_id='"><img src=x>')
    page = card_html(result)
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page + card_text(result)


def test_a_card_of_many_assets_stays_short_and_says_what_it_left_out() -> None:
    many = tuple(
        leaf("0x" + "4" * 40, "at_rest", n, asset=AssetId(f"unit-{n}"), by_grade={"recorded": n}) for n in range(1, 60)
    )
    card = card_text(replace(small_result(), exits=many))
    assert len(card.splitlines()) <= 30
    assert "and 56 more; exits.csv has them all" in card


def test_every_stop_reason_has_words_and_one_fate() -> None:
    assert set(STOP_WORDS) == set(STOP_REASONS)
    assert sorted(one for _, group in GROUPS for one in group) == sorted(FATE_WORDS)
    assert set(FATE_WORDS) == {*STOP_REASONS, "seized", "government", "returned"}
    assert not any("deposit" in words for words in STOP_WORDS.values())


def test_two_assets_with_one_symbol_are_told_apart() -> None:
    fake = AssetId("eip155:1/erc20:0x" + "bb" * 20)
    assets = {ETH: Asset(ETH, "ETH", 18), USDC: Asset(USDC, "USDC", 6), fake: Asset(fake, "USDC", 6)}
    names = asset_names(assets)
    assert (names[ETH], names[USDC], names[fake]) == ("ETH", f"USDC ({USDC})", f"USDC ({fake})")
    result = replace(small_result(), assets=assets)
    unit = AssetId("usd-cents")
    assert [amount_text(result, ETH, 1), amount_text(result, unit, 1234)] == [
        "0.000000000000000001 ETH",
        "1,234 usd-cents",
    ]


def test_without_a_service_exit_the_notes_say_that_no_exchange_deposit_is_in_the_data() -> None:
    result = small_result()
    no_service = replace(result, exits=tuple(e for e in result.exits if e.stop_reason != "service"))
    assert cashout_notes(no_service) == (
        "No deposit at an exchange is in this data; 30 ETH went toward exchanges according to a community label.",
    )
    nobody = filed(replace(no_service, holders={}))
    assert cashout_notes(nobody) == ()


def test_the_notes_name_who_says_toward_and_only_where_onward_history_is_missing() -> None:
    result = small_result()
    said = label(DEPOSITOR, "x", "intermediate", "toward a mixer", rank="A4")
    resting = label(COLD, "x", "intermediate", "toward exchanges")
    holders = {
        **result.holders,
        (CHAIN, DEPOSITOR): holder(DEPOSITOR, 1, said),
        (CHAIN, COLD): holder(COLD, 1, resting),
    }
    exits = tuple(replace(e, stop_reason="at_rest") if e.address == COLD else e for e in result.exits)
    assert cashout_notes(filed(replace(result, holders=holders, exits=exits))) == (
        "30 ETH went toward a mixer according to a label of rank A4 (analytics firm); their onward history is not in "
        "this case.",
    )


def test_a_coverage_number_that_is_zero_is_left_out_and_the_anchored_rows_never_are() -> None:
    coverage = replace(
        small_result().coverage,
        rows=438,
        rows_printed=0,
        rows_by_grade={"recorded": 438},
        zero_rows=0,
        rows_dropped={},
        incomplete_holders=0,
        unclosed_holders=0,
        unexplained_inflow={},
    )
    assert coverage_sentences(coverage) == ("2 of 438 rows anchored by a transaction hash.",)


def test_every_option_stands_in_the_line() -> None:
    chosen = Options("lifo", ("exchange", "mixer"), 1, 5, 1000, DAY3, "recorded", "2026-11-01")
    assert options_sentence(replace(small_result(), options=chosen)) == (
        "policy lifo · stops at exchange, mixer · at most 1 movement from a seed · minimum 5 base units · high degree "
        "above 1000 · until 2025-03-03T00:00:00Z · rows graded recorded or better"
    )


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_joined_as_in_a_sentence(words: list[str], text: str) -> None:
    assert join_words(words) == text
