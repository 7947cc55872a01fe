"""The real cases that ship: their tables are the recorded facts, and from a shelf they give the published figures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from published_cases import BITCOIN, any_rule, at, closes, is_drawn_and_written
from shipped_tables import tables
from test_published_tables import AFFILIATE, CMETH, DOJ, FBI, METH, NOMAD, RECOVERY, STETH

import tracer
from tracer.io.paths import bundles_dir
from tracer.registry import load_incident
from tracer.trace import POLICIES

CASES = ("ronin-2022", "bybit-2025", "nomad-2022", "bitfinex-2016", "colonial-2021")
LEG = "bybit-2025-swap-proceeds"
ETHER = "eip155:1/slip44:60"
DOCS = Path(__file__).parents[2] / "docs" / "cases"


@pytest.fixture(scope="module", params=[*CASES, LEG])
def trace(request: pytest.FixtureRequest) -> tracer.Trace:
    return tracer.open_case(request.param).trace(bounds=True)


def test_the_tables_are_what_the_script_makes_of_the_recorded_facts(shared: Path) -> None:
    for name, text in tables(shared / "facts").items():
        assert (bundles_dir() / name).read_text("utf-8") == text, name


@pytest.mark.parametrize("policy", POLICIES)
def test_the_audit_closes_under_every_rule(trace: tracer.Trace, policy: str) -> None:
    assert closes(tracer.open_case(trace.case.id).trace(policy))


def test_every_file_and_picture_is_made(trace: tracer.Trace, tmp_path: Path) -> None:
    assert is_drawn_and_written(trace, tmp_path / "out")


def test_each_has_its_publisher_licence_limits_and_a_page(trace: tracer.Trace) -> None:
    incident = trace.case.incident
    assert incident is not None
    assert incident.missing
    assert {one.source.licence != "" for one in incident.checkpoints} <= {True}
    page = (DOCS / f"{incident.id.removesuffix('-swap-proceeds')}.md").read_text("utf-8")
    assert f"tracer trace {incident.id}" in page
    for word in ("publisher", "licence", "does not show"):
        assert word in page.lower(), word


@pytest.mark.parametrize("name", ["ronin-2022", "bybit-2025", "nomad-2022", "colonial-2021"])
def test_each_is_held_against_figures_of_others(name: str) -> None:
    published = [one for one in tracer.open_case(name).trace().check() if one.published]
    assert len(published) >= 3
    assert [one.id for one in published if not one.agrees] == {"ronin-2022": ["P2a"], "nomad-2022": ["P4"]}.get(
        name, []
    )
    assert all(one.note for one in published if not one.agrees)


@pytest.mark.parametrize("name", [*CASES, LEG])
def test_every_self_check_agrees_or_says_why(name: str) -> None:
    checks = [one for one in tracer.open_case(name).trace().check() if not one.published]
    assert [(one.id, bool(one.note)) for one in checks if not one.agrees] == (
        [("R-C3", True)] if name == "nomad-2022" else []
    )


def test_colonial_the_official_figure_is_one_rule_among_several() -> None:
    case = tracer.open_case("colonial-2021")
    found = {policy: at(case.trace(policy), FBI, "colonial-2021-affiliate")[BITCOIN] for policy in POLICIES}
    assert found == AFFILIATE
    assert [policy for policy, amount in found.items() if amount == 6369996546] == ["tiho"]
    ranges = any_rule(case.trace(), FBI, "colonial-2021-affiliate")
    assert ranges == [(5778585047, 6369996546, "PARTIAL")]


def test_bitfinex_the_seizure_is_forced_by_whole_transactions() -> None:
    trace = tracer.open_case("bitfinex-2016").trace()
    assert any_rule(trace, DOJ, "bitfinex-2016") == [(1495836161815, 1496425813689, "FORCED")]
    (found,) = [one for key, one in trace.bounds().by_theft.items() if key[0].address == DOJ]
    assert found.basis == "whole"


@pytest.mark.parametrize("name", ["bitfinex-2016", "colonial-2021"])
def test_every_bitcoin_transaction_is_whole_inputs_are_outputs_and_fee(name: str) -> None:
    with (bundles_dir() / name / "ledger.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for event in {row["event"] for row in rows}:
        mine = [row for row in rows if row["event"] == event]
        assert sum(int(r["amount"]) * (1 if r["side"] == "debit" else -1) for r in mine) == 0
        assert sum(r["kind"] == "fee" for r in mine) == 1


def test_nomad_what_came_back_and_what_of_it_was_the_theft() -> None:
    case = tracer.open_case("nomad-2022")
    checked = {one.id: one.recorded for one in case.trace().check()}
    names = {key.rpartition(":")[2]: one.symbol for key, one in load_incident("nomad-2022").assets.items()}
    for policy in POLICIES:
        tainted = at(case.trace(policy), RECOVERY)
        for token, (came_back, traced) in NOMAD.items():
            assert tainted.get(f"eip155:1/erc20:{token}", 0) == traced
            assert checked[f"R-{names[token]}"] == came_back


def test_nomad_makes_no_list_and_no_white_hat_is_ever_flagged() -> None:
    trace = tracer.open_case("nomad-2022").trace()
    flags = trace.flags()
    white = {label.address for label in load_incident("nomad-2022").labels if label.category == "white_hat"}
    assert len(white) == 140
    assert (flags.entries, flags.leads) == ((), ())
    assert "No list is made of this case" in flags.note()
    kept = {one.caip10.rpartition(":")[2] for one in flags.kept_off if one.cls == "white_hat"}
    assert kept
    assert kept <= white


def test_bybit_four_thefts_and_the_proceeds_apart() -> None:
    theft, leg = tracer.open_case("bybit-2025").trace(), tracer.open_case(LEG).trace()
    assert {key[1].rpartition("/")[2]: amount for key, amount in theft.result.stolen.items()} == {
        "slip44:60": 401346768858404671846374,
        STETH: 90375547907685258392043,
        METH: 8_000 * 10**18,
        CMETH: 15_000 * 10**18,
    }
    assert {key[0] for key in theft.result.stolen} == {"bybit-2025"}
    assert leg.result.stolen == {(LEG, ETHER): 980478948 * 10**14}
    assert leg.result.stolen_by_grade == {(LEG, ETHER): {"asserted": 980478948 * 10**14}}
    assert {grade for leaf in leg.result.exits for grade in leaf.by_grade} == {"asserted"}
    assert leg.flags().entries == ()
    kinds = {one["id"]: one["kind"] for one in tracer.cases().to_dict("records")}
    assert (kinds["bybit-2025"], kinds[LEG]) == ("theft", "leg")


def test_bybit_by_hop() -> None:
    checked = {one.id: one.recorded for one in tracer.open_case("bybit-2025").trace().check()}
    assert [f"{checked[f'H{hop}'] / 10**18:.4f}" for hop in range(1, 6)] == [
        *("400001.0000", "98048.8948", "98055.3621", "10062.3582", "1651.9535")
    ]


@pytest.mark.parametrize("name", ["bybit-2025", "bitfinex-2016", "colonial-2021"])
def test_the_pictures_in_the_pages_are_those_the_program_draws(name: str) -> None:
    assert (DOCS / f"{name}.svg").read_text("utf-8") == tracer.open_case(name).trace().draw().svg


def test_the_list_of_cases_says_which_can_be_traced_offline() -> None:
    from tracer.report.text import cases_text

    records = tracer.cases().to_dict("records")
    assert {one["id"] for one in records if one["bundle"]} == {*CASES, LEG, "training"}
    lines = {line.split()[0]: line for line in cases_text(records).splitlines() if line.strip()}
    assert all(lines[name].rstrip().endswith("offline") for name in (*CASES, LEG))
    assert not lines["upbit-2019"].rstrip().endswith("offline")


@pytest.mark.parametrize(("case", "holders"), [("bitfinex-2016", 1), ("colonial-2021", 3)])
def test_d5_who_is_closed_by_its_transactions_lacks_no_onward_history(case: str, holders: int) -> None:
    trace = tracer.open_case(case).trace()
    assert trace.result.coverage.incomplete_holders == holders
    there = {leaf.address for leaf in trace.result.exits if leaf.stop_reason == "incomplete"}
    assert len(there) <= holders
