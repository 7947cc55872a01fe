"""Midgard asked page by page; a server that is behind is no source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_exchange import ScriptedExchange

from tracer.chains.thorchain import MAYACHAIN
from tracer.errors import InputError
from tracer.model import ChainId
from tracer.net.query import PermanentError, Query, Reply
from tracer.providers.midgard import Midgard

URL = "https://midgard.example"
PAYER = "0x5a8c5afbcc1a58ccbe17542957b587f46828b38e"
HEALTH = "xchain-midgard-query____mocks____responses__midgard__health.json"


def read(shared: Path, name: str) -> Any:
    return json.loads((shared / "data" / "thorchain_maya_mocks" / name).read_text())


def asking(shared: Path, answer: Any) -> ScriptedExchange:
    exchange = ScriptedExchange()
    exchange.say("/v2/health", None, read(shared, HEALTH))
    exchange.say("/v2/actions", None, answer)
    return exchange


def swap(number: int) -> dict[str, Any]:
    coins = [{"asset": "ETH.ETH", "amount": "10"}]
    side = {"address": PAYER, "txID": f"{number:064X}", "coins": coins}
    out = {"address": "thor1abc", "txID": "", "coins": [{"asset": "THOR.RUNE", "amount": "9"}], "height": "1"}
    base = {"type": "swap", "status": "success", "height": str(number), "metadata": {}}
    return {**base, "date": str(number * 10**9), "in": [side], "out": [out]}


def pages(total: int, size: int = 50) -> Any:
    def answer(query: Query) -> Any:
        start = int(query.params.get("nextPageToken", "0"))
        rows = [swap(number) for number in range(total, 0, -1)][start : start + size]
        return {"actions": rows, "count": "-1", "meta": {"nextPageToken": str(start + size)}}

    return answer


def test_pages_are_walked_to_the_empty_one(shared: Path) -> None:
    exchange = asking(shared, pages(120))
    found = Midgard(exchange, URL).actions(PAYER)
    assert (len(found.links), found.coverage.pages, found.coverage.complete) == (120, 4, True)
    assert [link.height for link in found.links] == list(range(1, 121))
    assert found.coverage.to_block == 6_481_697
    assert [r.params.get("nextPageToken") for r in exchange.sent[1:]] == [None, "50", "100", "150"]
    # Remembered with the height, which is not sent.
    assert {q.params["as_of"] for q in exchange.asked[1:]} == {6_481_697}
    assert all("as_of" not in r.params for r in exchange.sent)


def test_a_page_limit_is_said(shared: Path) -> None:
    found = Midgard(asking(shared, pages(120)), URL, max_pages=2).actions(PAYER)
    assert (found.coverage.complete, found.coverage.reason, len(found.links)) == (False, "result_window", 100)


def test_a_full_page_without_a_mark_is_not_the_end(shared: Path) -> None:
    rows = {"actions": [swap(number) for number in range(1, 51)], "meta": {}}
    found = Midgard(asking(shared, rows), URL).actions(PAYER)
    assert (found.coverage.complete, found.coverage.reason) == (False, "inconsistent")


def test_a_transaction_is_asked_in_midgards_form(shared: Path) -> None:
    txid = "8C859BA50BC2351797F52F954971E1C6BA1F0A77610AC197BD99C4EEC6A3692A"
    exchange = asking(shared, read(shared, "unchained_midgard_swap_responses.json")["swap"][txid])
    found = Midgard(exchange, URL).links_of("0x" + txid.lower())
    assert exchange.sent[1].params["txid"] == txid
    assert (len(found.links), found.coverage.complete) == (1, True)
    # From the other side of the swap, too.
    out = "0x77b3683104413afcf8548dd949ebb99a6c18fb7d459bf944733fd815c98e5087"
    assert Midgard(exchange, URL).links_of(out).links == found.links


def test_an_action_about_somebody_else_is_refused(shared: Path) -> None:
    exchange = asking(shared, {"actions": [swap(1)]})
    found = Midgard(exchange, URL).links_of("ab" * 32)
    assert (found.links, found.coverage.reason) == ((), "inconsistent")


def test_pending_swaps_are_counted(shared: Path) -> None:
    recorded = read(shared, "xchain-mayachain-query____mocks____responses__midgard__actions.json")
    first = {**recorded, "actions": recorded["actions"][:1]}
    exchange = asking(shared, lambda query: {"actions": []} if "nextPageToken" in query.params else first)
    found = Midgard(exchange, URL, network=MAYACHAIN).actions("0xd1f7112354055160d58fa1b1e7cfd15c0bfee464")
    assert found.coverage.complete
    assert found.coverage.detail == "1 not finished as of height 6481697."


def test_a_server_that_is_behind_is_refused(shared: Path) -> None:
    exchange = asking(shared, pages(1))
    exchange.say("/v2/health", None, {**read(shared, HEALTH), "inSync": False})
    with pytest.raises(PermanentError, match="not in sync"):
        Midgard(exchange, URL).height()
    found = Midgard(exchange, URL).actions(PAYER)
    assert (found.links, found.coverage.complete) == ((), False)


def test_an_error_is_no_empty_answer(shared: Path) -> None:
    exchange = asking(shared, Reply(404, "application/json", b'{"error":"rpc error: code = Unknown desc = internal"}'))
    assert not Midgard(exchange, URL).actions(PAYER).coverage.complete


def test_two_addresses_in_one_are_refused(shared: Path) -> None:
    with pytest.raises(InputError):
        Midgard(asking(shared, pages(1)), URL, network=ChainId("cosmos:thorchain-1")).actions("a,b")
