"""A whole fetch while providers fail: the same bytes where the fault passes, else a result that says what it lacks."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from case_fetching import KEY, WAYS, assert_replays, bytes_in, environment, fetched, laundering_case, named
from explorer_server import ExplorerServer
from fault_table import TRACES
from faults import cut_short, hang_up, html_page, not_ok_reply, rate_limit, server_error, to
from laundering import Laundering

import tracer
from tracer.errors import SourceError


def collect(folder: Path, story: Laundering, server: ExplorerServer, way: str, **more: str) -> Path:
    case = laundering_case(folder, story)
    with environment(named(server) | more):
        fetched(case, replace(WAYS[way], proofs=False))
    return case


def rows(case: Path) -> Counter[tuple[str, ...]]:
    with (case / "bundle" / "transfers.csv").open(encoding="utf-8", newline="") as file:
        columns = ("block", "tx", "kind", "sender", "recipient", "asset", "amount")
        return Counter(tuple(row[column] for column in columns) for row in csv.DictReader(file))


@pytest.mark.parametrize("way", ["rpc", "etherscan"])
def test_faults_that_pass_leave_no_trace_in_the_bundle(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path, way: str
) -> None:
    plain = collect(tmp_path / "plain", laundering, laundering_server, way)
    plan = laundering_server.faults
    struck = [
        plan.add(fault)
        for fault in (
            rate_limit("0", every=7, times=2),
            rate_limit(every=11, times=2),
            server_error(503, every=13, times=2),
            cut_short(every=17, times=2),
            html_page(every=19, times=2),
            hang_up(every=23, times=2),
        )
    ]
    disturbed = collect(tmp_path / "disturbed", laundering, laundering_server, way)
    assert all(fault.struck == 2 for fault in struck)
    assert bytes_in(disturbed) == bytes_in(plain)


def test_logs_that_a_node_leaves_out_unseen_never_touch_an_account_that_is_called_closed(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    whole = collect(tmp_path / "whole", laundering, laundering_server, "rpc")
    # A cap at a number nobody has heard of: nothing in a reply shows it. Transactions read whole for another reason
    # still hold their logs; what is lost is noise, or does not close.
    laundering_server.rpc.settings.result_cap = 1
    laundering_server.rpc.settings.result_style = "silent"
    cut = collect(tmp_path / "cut", laundering, laundering_server, "rpc")
    lost = rows(whole) - rows(cut)
    assert lost
    assert not rows(cut) - rows(whole)
    prepared = tracer.open_case(cut).prepare()
    closed = {(account.holder, str(account.asset)) for account in prepared.closed}
    assert closed
    wrong = {(party, asset) for *_, payer, payee, asset, amount in lost if int(amount) for party in (payer, payee)}
    assert not wrong & closed
    trace = tracer.open_case(cut).trace()
    assert trace.audit.closed


@pytest.mark.parametrize("text", ["Invalid API Key (#err2)", "Something unheard of"])
def test_g2_only_a_bad_key_ends_a_fetch_and_what_was_answered_is_kept(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path, text: str
) -> None:
    plain = collect(tmp_path / "plain", laundering, laundering_server, "etherscan")
    refusal = not_ok_reply(text, when=to("etherscan", "account/tokentx"), skip=9)
    laundering_server.faults.add(refusal)
    if "Key" in text:
        with pytest.raises(SourceError, match="Invalid API Key"):
            collect(tmp_path / "cut", laundering, laundering_server, "etherscan")
    else:
        case = collect(tmp_path / "cut", laundering, laundering_server, "etherscan")
        with (case / "bundle" / "coverage.csv").open(encoding="utf-8", newline="") as file:
            gaps = [row for row in csv.DictReader(file) if row["complete"] == "false"]
        assert any(row["reason"] == "error" and text in row["detail"] for row in gaps)
        assert tracer.open_case(case).trace().audit.closed
        assert_replays(case)
    laundering_server.reset()
    again = tmp_path / "cut" / "story"
    with environment(named(laundering_server)):
        fetched(again, replace(WAYS["etherscan"], proofs=False))
    # What was refused in words nobody knows was asked about a single block too, which is kept.
    tables = [name for name in bytes_in(plain) if name.endswith(".csv")]
    assert {name: bytes_in(again)[name] for name in tables} == {name: bytes_in(plain)[name] for name in tables}
    assert "Key" not in text or bytes_in(again) == bytes_in(plain)


def test_calls_that_a_node_does_not_trace_are_gaps_with_a_name_in_the_bundle_too(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    laundering_server.rpc.settings.missing_methods = set(TRACES)
    # The theft of dollars: that of ether is itself a call, and would not be found.
    dollars = replace(laundering, seeds=laundering.seeds[1:], thefts={"allowance": laundering.thefts["allowance"]})
    case = collect(tmp_path, dollars, laundering_server, "rpc")
    with (case / "bundle" / "coverage.csv").open(encoding="utf-8", newline="") as file:
        gaps = [row for row in csv.DictReader(file) if row["complete"] == "false"]
    assert gaps
    assert {row["reason"] for row in gaps} <= {"not_supported", "inconsistent"}
    assert all(row["detail"] and int(row["from_block"]) <= int(row["to_block"]) for row in gaps)
    trace = tracer.open_case(case).trace()
    assert trace.audit.closed
    subjects = {row["subject"] for row in gaps}
    lacking = {text.split(" (")[0] for text in trace.result.coverage.lacking}
    assert lacking
    assert lacking <= subjects
    assert "\nNot read" in repr(trace)
    assert_replays(case)


@pytest.mark.parametrize("status", [pytest.param(500, marks=pytest.mark.prove), 403])
def test_a_seed_that_no_provider_gives_is_an_error_of_the_source_not_of_the_user(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path, status: int
) -> None:
    times = None if status == 403 else 7
    laundering_server.faults.add(server_error(status, when=to("rpc", "eth_getTransactionByHash"), times=times))
    with pytest.raises(SourceError, match=str(status)):
        collect(tmp_path, laundering, laundering_server, "rpc")


def test_a_key_that_was_wrong_can_be_put_right(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    plain = collect(tmp_path / "plain", laundering, laundering_server, "etherscan")
    laundering_server.etherscan.settings.keys = {KEY}
    with pytest.raises(SourceError):
        collect(tmp_path / "wrong", laundering, laundering_server, "etherscan", TRACER_ETHERSCAN_KEY="wrong-key-0000")
    again = tmp_path / "wrong" / "story"
    with environment(named(laundering_server)):
        fetched(again, replace(WAYS["etherscan"], proofs=False))
    assert bytes_in(again) == bytes_in(plain)
