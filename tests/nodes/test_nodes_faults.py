"""Every fault does what it is called, strikes when it should, and leaves a trace in the log."""

from __future__ import annotations

import http.client
import json
import time
from itertools import pairwise
from typing import Any

import faults
import pytest
from asking import Got, get
from evm_node import running_evm_node
from explorer_server import ExplorerServer, running_explorer


def head(server: ExplorerServer, **options: float) -> Got:
    return get(server.etherscan_url, chainid=31337, module="proxy", action="eth_blockNumber", **options)


def test_a_rate_limit_may_say_how_long_to_wait(laundering_server: ExplorerServer) -> None:
    with laundering_server.faults.during(faults.rate_limit("3")):
        reply = head(laundering_server)
    assert (reply.status, reply.headers["retry-after"]) == (429, "3")
    with laundering_server.faults.during(faults.rate_limit()):
        assert "retry-after" not in head(laundering_server).headers
    assert head(laundering_server).status == 200


def test_server_errors_and_web_pages_come_in_place_of_data(laundering_server: ExplorerServer) -> None:
    with laundering_server.faults.during(faults.server_error(503)):
        assert head(laundering_server).status == 503
    with laundering_server.faults.during(faults.html_page()):
        reply = head(laundering_server)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.text.startswith("<!DOCTYPE html>")


def test_a_body_cut_short_does_not_parse(laundering_server: ExplorerServer) -> None:
    with laundering_server.faults.during(faults.cut_short()):
        reply = head(laundering_server)
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body)


def test_a_connection_may_break_off_or_never_answer(laundering_server: ExplorerServer) -> None:
    with laundering_server.faults.during(faults.broken_off()), pytest.raises(http.client.IncompleteRead):
        head(laundering_server)
    with laundering_server.faults.during(faults.hang_up()), pytest.raises(http.client.RemoteDisconnected):
        head(laundering_server)


def test_a_slow_body_is_later_than_a_client_waits(laundering_server: ExplorerServer) -> None:
    with laundering_server.faults.during(faults.slow(2)), pytest.raises(TimeoutError):
        head(laundering_server, timeout=0.2)


@pytest.mark.usefixtures("node_programs")
def test_a_server_stops_at_once_though_a_body_is_slow() -> None:
    begun = time.monotonic()
    with running_evm_node() as node, running_explorer(node) as server:
        server.faults.add(faults.slow(60))
        with pytest.raises(TimeoutError):
            head(server, timeout=0.2)
    assert time.monotonic() - begun < 20


def test_a_body_may_come_under_another_type_or_with_other_words(laundering_server: ExplorerServer) -> None:
    true = head(laundering_server).body
    with laundering_server.faults.during(faults.content_type("text/plain")):
        reply = head(laundering_server)
    assert (reply.headers["content-type"], reply.body) == ("text/plain", true)
    with laundering_server.faults.during(faults.not_ok_reply("Max rate limit reached")):
        assert head(laundering_server).json == {"status": "0", "message": "NOTOK", "result": "Max rate limit reached"}
    with laundering_server.faults.during(faults.altered(lambda body: body.replace(b"0x", b"0X"))):
        assert head(laundering_server).body == true.replace(b"0x", b"0X")


def test_a_fault_strikes_every_so_often_and_only_so_many_times(laundering_server: ExplorerServer) -> None:
    fault = laundering_server.faults.add(faults.server_error(every=2, skip=1, times=2))
    assert [head(laundering_server).status for _ in range(8)] == [200, 200, 500, 200, 500, 200, 200, 200]
    assert (fault.seen, fault.struck) == (8, 2)


def test_a_fault_strikes_only_whom_it_is_meant_for(laundering_server: ExplorerServer) -> None:
    laundering_server.faults.add(faults.server_error(when=faults.to("blockscout")))
    laundering_server.faults.add(faults.rate_limit(when=faults.to("etherscan", "account/txlist")))
    assert head(laundering_server).status == 200
    assert get(laundering_server.blockscout_url, module="account", action="txlist").status == 500
    asked: dict[str, Any] = {"chainid": 31337, "module": "account", "action": "txlist"}
    assert get(laundering_server.etherscan_url, **asked).status == 429


def test_every_request_is_in_the_log_with_what_it_carried(laundering_server: ExplorerServer) -> None:
    with laundering_server.faults.during(faults.hang_up()), pytest.raises(http.client.RemoteDisconnected):
        get(laundering_server.etherscan_url, module="account", action="txlist", apikey="secret")
    (asked,) = laundering_server.log
    assert (asked.service, asked.endpoint, asked.params["apikey"]) == ("etherscan", "account/txlist", "secret")
    laundering_server.reset()
    assert laundering_server.log == []


@pytest.mark.usefixtures("node_programs")
def test_an_explorer_follows_a_reorganisation() -> None:
    with running_evm_node() as node, running_explorer(node) as server:
        wallet = node.accounts[1]
        node.fund([wallet], 10**18)
        kept = node.snapshot()
        asked: dict[str, Any] = {"module": "account", "action": "txlist", "address": wallet, "sort": "asc"}
        histories = []
        for other in node.accounts[2:4]:
            node.send(wallet, other, value=5)
            node.mine(blocks=3)
            histories.append(get(server.blockscout_url, **asked).json["result"])
            node.revert(kept)
            kept = node.snapshot()
        first, second = histories
        assert first[0] == second[0]
        assert first[1]["blockNumber"] == second[1]["blockNumber"]
        assert first[1]["blockHash"] != second[1]["blockHash"]
        assert all(int(a["blockNumber"]) <= int(b["blockNumber"]) for a, b in pairwise(second))
