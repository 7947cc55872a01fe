"""What nodes say in place of an answer, and what is made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted_exchange import ScriptedExchange, Turns, as_reply

from tracer.chains.evm_fields import quantity
from tracer.model import ChainId
from tracer.net.query import PermanentError, RetryableError, SplitRequest
from tracer.providers.evm.node import Call
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.rpc_replies import DEEPEST, fault_of, result_of

CHAIN = ChainId("eip155:1")
URL = "https://node.example/v1/a-key-in-the-path"

# As published for each provider: code, message, data.
TOO_LARGE = [
    (-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2].", {"limit": 10000}),
    (-32005, "query timeout exceeded", None),
    (-32602, "range 1000000 exceeds limit of 10000", None),
    (-32602, "Log response size exceeded. this block range should work: [0x0, 0x1]", None),
    (-32602, "query exceeds max block range 100000", None),
    (-32602, "query exceeds max results 20000, retry with the range 1-2", None),
    (-32603, "eth_getLogs range is too large, max is 1k blocks", None),
    (35, "ranges over 10000 blocks are not supported on freetier", None),
    (-32602, "eth_getLogs is limited to 1024 block range", None),
    (-32602, "invalid params", {"payload": "range [1, 9] is bigger than range limit 2000"}),
    (-32000, "block range is larger than max block range, block range = 5120, max block range = 5000", None),
    (-32005, "block range too large, max range: 5", None),
    (-32008, "Response is too big", None),
    (-32000, "execution timeout", None),
]
REFUSED = [
    (-32000, "required historical state unavailable (reexec=128)", "no_archive_state"),
    (-32000, "missing trie node 0a0b (path ) state 0x0c is not available", "no_archive_state"),
    (-32601, "the method trace_filter does not exist/is not available", "not_supported"),
    (-32601, "Method not found", "not_supported"),
    (-32000, "something that nobody has told us of", "error"),
    (-32602, "invalid argument 0", "error"),
    (3, "execution reverted", "error"),
]
PASSING = [
    (429, "Your app has exceeded its compute units per second capacity.", "rate_limited"),
    (-32005, "daily request count exceeded, request rate limited", "rate_limited"),
    (-32000, "header not found", "error"),
]


def error(code: int, message: str, data: Any = None) -> dict[str, Any]:
    found = {"code": code, "message": message} | ({} if data is None else {"data": data})
    return {"jsonrpc": "2.0", "id": 1, "error": found}


def result(value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "result": value}


def read(reply: Any, method: str = "eth_blockNumber", status: int = 200) -> int:
    return result_of(method, quantity)(as_reply(reply, status))


@pytest.mark.parametrize(("code", "message", "data"), TOO_LARGE)
def test_too_much_at_once_is_to_be_asked_in_smaller_parts(code: int, message: str, data: Any) -> None:
    with pytest.raises(SplitRequest, match="eth_getLogs"):
        read(error(code, message, data), "eth_getLogs")


@pytest.mark.parametrize(("code", "message", "reason"), REFUSED)
def test_a_refusal_names_its_reason_and_an_unknown_text_is_one(code: int, message: str, reason: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read(error(code, message))
    assert caught.value.reason == reason
    assert message[:30] in caught.value.what


@pytest.mark.parametrize(("code", "message", "reason"), PASSING)
def test_what_passes_is_asked_again(code: int, message: str, reason: str) -> None:
    with pytest.raises(RetryableError) as caught:
        read(error(code, message))
    assert caught.value.reason == reason


def test_an_error_of_another_form_is_refused_too() -> None:
    assert isinstance(fault_of("eth_call", "no"), PermanentError)
    assert isinstance(fault_of("eth_call", None), PermanentError)


def test_an_error_counts_whatever_the_status_of_the_reply() -> None:
    with pytest.raises(SplitRequest):
        read(error(-32005, "query timeout exceeded"), "eth_getLogs", status=400)
    with pytest.raises(RetryableError):
        read(error(-32005, "query timeout exceeded"), "eth_getBalance", status=400)
    with pytest.raises(RetryableError):
        read("<html>busy</html>", status=503)
    with pytest.raises(PermanentError):
        read("forbidden", status=403)


@pytest.mark.parametrize("reply", [result(None), {"jsonrpc": "2.0", "id": 2, "result": "0x1"}, {}, [], b"{", "<html>"])
def test_what_is_no_answer_to_this_question_is_not_taken_for_one(reply: Any) -> None:
    with pytest.raises(RetryableError):
        read(reply)


@pytest.mark.parametrize("value", ["1", "0x", "0xzz", -1, 1.5, True, {}, [], "0x" + "1" * 65])
def test_a_result_of_another_form_is_refused_as_inconsistent(value: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        read(result(value))
    assert caught.value.reason == "inconsistent"


def test_a_reply_nested_too_deep_to_parse_the_same_everywhere_is_refused_before_parsing() -> None:
    deep: Any = {"calls": []}
    for _ in range(DEEPEST // 2):
        deep = {"calls": [deep]}
    with pytest.raises(SplitRequest, match="nested"):
        result_of("debug_traceTransaction", lambda field: field.value)(as_reply(result(deep)))


def test_only_plain_values_leave_and_a_question_is_sent_once() -> None:
    exchange = ScriptedExchange()
    exchange.say("eth_getBlockByNumber", None, result({"number": "0x1", "list": ["0xab"]}))
    node = RpcNode(CHAIN, exchange, URL)
    call: Call[Any] = Call("eth_getBlockByNumber", ("0x1", False), lambda field: field.value, "0xhead")
    found = node.call(call)
    assert type(found) is dict
    assert type(found["list"][0]) is str
    assert node.call_all([call, call]) == [found, found]
    assert len(exchange.sent) == 1


def test_the_url_of_a_node_and_the_number_of_a_call_are_no_part_of_a_question() -> None:
    exchange = ScriptedExchange()
    exchange.say("eth_blockNumber", None, Turns(error(-32000, "header not found"), result("0x10")))
    assert RpcNode(CHAIN, exchange, URL).call(Call("eth_blockNumber", (), quantity)) == 16
    assert [query.text() for query in exchange.asked] == [
        '{"chain":"eip155:1","endpoint":"eth_blockNumber","head":"","params":{"params":[]},"source":"rpc"}'
    ]
    assert [json.loads(one.body) for one in exchange.sent] == 2 * [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
    ]
    assert {one.url for one in exchange.sent} == {URL}
