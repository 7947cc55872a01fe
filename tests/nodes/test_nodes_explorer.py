"""The local account explorers and JSON-RPC provider answer as the real ones are described to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from asking import get, post
from explorer_server import ExplorerServer
from laundering import Laundering
from laundering_stage import DOLLAR
from many_calls import ManyCalls
from rpc_proxy import RANGE_ERRORS, RESULT_ERRORS
from scripted import ETHER

# fmt: off
TXLIST = {
    "blockHash", "blockNumber", "confirmations", "contractAddress", "cumulativeGasUsed", "from",
    "gas", "gasPrice", "gasUsed", "hash", "input", "isError",
    "methodId", "nonce", "timeStamp", "to", "transactionIndex", "txreceipt_status",
    "value",
}
INTERNAL = {
    "blockNumber", "timeStamp", "from", "to", "value", "contractAddress",
    "input", "type", "gas", "gasUsed", "isError", "errCode",
}
TOKENTX = {
    "blockHash", "blockNumber", "confirmations", "contractAddress", "cumulativeGasUsed", "from",
    "gas", "gasPrice", "gasUsed", "hash", "input", "nonce",
    "timeStamp", "to", "tokenDecimal", "tokenName", "tokenSymbol", "transactionIndex",
    "value",
}
# fmt: on
Rows = list[dict[str, str]]


def listed(server: ExplorerServer, style: str, action: str, **params: Any) -> dict[str, Any]:
    if style == "etherscan":
        reply = get(server.etherscan_url, chainid=31337, module="account", action=action, **params)
    else:
        reply = get(server.blockscout_url, module="account", action=action, **params)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    return dict(reply.json)


def rpc(server: ExplorerServer, method: str, *params: Any) -> dict[str, Any]:
    return dict(post(server.rpc_url, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).json)


def all_text(rows: Rows) -> bool:
    return all(isinstance(value, str) for row in rows for value in row.values())


def test_a_normal_list_has_the_fields_and_ascends(laundering_server: ExplorerServer, laundering: Laundering) -> None:
    reply = listed(laundering_server, "etherscan", "txlist", address=laundering.address["hub"], sort="asc")
    rows: Rows = reply["result"]
    assert (reply["status"], reply["message"]) == ("1", "OK")
    assert all(row.keys() >= TXLIST for row in rows)
    assert all_text(rows)
    assert all(int(a["blockNumber"]) <= int(b["blockNumber"]) for a, b in pairwise(rows))
    value = sum(int(row["value"]) for row in rows if row["to"] == laundering.address["hub"])
    assert value == 180 * ETHER + ETHER // 10 + 1


def test_blockscout_lists_the_newest_first_unless_told(
    laundering_server: ExplorerServer, laundering: Laundering
) -> None:
    hub = laundering.address["hub"]
    newest_first = listed(laundering_server, "blockscout", "txlist", address=hub)["result"]
    oldest_first = listed(laundering_server, "blockscout", "txlist", address=hub, sort="asc")["result"]
    assert newest_first == oldest_first[::-1]
    assert newest_first != oldest_first


def test_internal_rows_by_address(explorer_server: ExplorerServer, many_calls: ManyCalls) -> None:
    block = many_calls.block
    window = {"address": many_calls.payee, "startblock": block, "endblock": block}
    plain: Rows = listed(explorer_server, "etherscan", "txlistinternal", sort="asc", **window)["result"]
    assert all(row.keys() == INTERNAL | {"hash", "traceId"} for row in plain)
    assert all_text(plain)
    named = {tx: name for name, tx in many_calls.txs.items()}
    seen = {
        (named[row["hash"]], row["traceId"], row["from"], int(row["value"])) for row in plain if row["isError"] == "0"
    }
    assert seen == {
        (name, "_".join(map(str, path)), sender, wei)
        for name, legs in many_calls.internal.items()
        for path, sender, recipient, wei in legs
        if recipient == many_calls.payee
    }
    undone = [(row["from"], row["to"], int(row["value"])) for row in plain if row["isError"] == "1"]
    assert undone == [many_calls.reverted]


def test_internal_rows_by_hash_name_no_hash(explorer_server: ExplorerServer, many_calls: ManyCalls) -> None:
    rows: Rows = listed(explorer_server, "etherscan", "txlistinternal", txhash=many_calls.txs["split"])["result"]
    assert [row.keys() for row in rows] == [INTERNAL, INTERNAL]


def test_blockscout_shows_a_delegatecall_with_the_value_it_repeats(
    explorer_server: ExplorerServer, many_calls: ManyCalls
) -> None:
    rows: Rows = listed(explorer_server, "blockscout", "txlistinternal", txhash=many_calls.txs["delegate"])["result"]
    assert all(row.keys() == INTERNAL | {"callType", "index", "transactionHash"} for row in rows)
    found = [(row["from"], row["to"], int(row["value"])) for row in rows if row["callType"] == "delegatecall"]
    assert found == [many_calls.delegated]
    assert listed(explorer_server, "etherscan", "txlistinternal", txhash=many_calls.txs["delegate"])["result"] != rows


def test_a_created_contract_is_in_the_internal_list(explorer_server: ExplorerServer, many_calls: ManyCalls) -> None:
    (row,) = listed(explorer_server, "etherscan", "txlistinternal", txhash=many_calls.txs["create"])["result"]
    ((_, factory, child, wei),) = many_calls.internal["create"]
    assert (row["type"], row["from"], row["to"], row["contractAddress"]) == ("create", factory, "", child)
    assert int(row["value"]) == wei
    assert listed(explorer_server, "etherscan", "txlistinternal", address=child)["result"][0]["value"] == str(wei)


def test_a_failed_transaction_is_listed_with_its_error(explorer_server: ExplorerServer, many_calls: ManyCalls) -> None:
    rows: Rows = listed(explorer_server, "etherscan", "txlist", address=many_calls.payer)["result"]
    failed = [row for row in rows if row["isError"] == "1"]
    assert [(row["hash"], row["txreceipt_status"]) for row in failed] == [(many_calls.txs["fail"], "0")]


def test_the_price_is_the_one_that_was_paid(explorer_server: ExplorerServer, many_calls: ManyCalls) -> None:
    rows: Rows = listed(explorer_server, "etherscan", "txlist", address=many_calls.payer)["result"]
    (row,) = [row for row in rows if row["hash"] == many_calls.txs["plain"]]
    receipt = explorer_server.node.receipt(many_calls.txs["plain"])
    assert int(row["gasPrice"]) == int(receipt["effectiveGasPrice"], 16) != 30 * 10**9


def test_token_rows_have_no_log_index(laundering_server: ExplorerServer, laundering: Laundering) -> None:
    meeting = laundering.address["meeting"]
    rows: Rows = listed(laundering_server, "etherscan", "tokentx", address=meeting, sort="asc")["result"]
    assert all(row.keys() == TOKENTX for row in rows)
    tokens = [move for move in laundering.touching(meeting) if move.layer == "log"]
    assert [(row["hash"], int(row["value"])) for row in rows] == [(move.tx, move.amount) for move in tokens]
    assert {row["tokenSymbol"] for row in rows} == {"SUSD", "SEUR"}
    assert len({row["contractAddress"] for row in rows}) == 3


def test_one_token_can_be_asked_for(laundering_server: ExplorerServer, laundering: Laundering) -> None:
    dollar = laundering.address["dollar"]
    query = {"address": laundering.address["meeting"], "contractaddress": dollar, "sort": "asc"}
    rows: Rows = listed(laundering_server, "etherscan", "tokentx", **query)["result"]
    assert [int(row["value"]) for row in rows] == [50_000 * DOLLAR, 50_000 * DOLLAR, 0]


@pytest.mark.parametrize(
    ("style", "action", "text"),
    [
        ("etherscan", "txlist", "No transactions found"),
        ("etherscan", "txlistinternal", "No transactions found"),
        ("blockscout", "txlistinternal", "No internal transactions found"),
        ("blockscout", "tokentx", "No token transfers found"),
    ],
)
def test_nothing_found_is_status_0_with_an_empty_list(
    laundering_server: ExplorerServer, style: str, action: str, text: str
) -> None:
    reply = listed(laundering_server, style, action, address="0x" + "12" * 20)
    assert reply == {"status": "0", "message": text, "result": []}


def test_pages_tile_the_list_and_a_cap_cuts_in_silence(
    laundering_server: ExplorerServer, laundering: Laundering
) -> None:
    faucet = laundering.address["faucet"]
    whole: Rows = listed(laundering_server, "etherscan", "txlist", address=faucet, sort="asc")["result"]
    pages = [
        listed(laundering_server, "etherscan", "txlist", address=faucet, sort="asc", page=page, offset=10)["result"]
        for page in range(1, 6)
    ]
    assert [row for page in pages for row in page] == whole
    laundering_server.etherscan.settings.page_cap = 7
    asked = {"address": faucet, "sort": "asc", "page": 1, "offset": 1_000}
    assert listed(laundering_server, "etherscan", "txlist", **asked)["result"] == whole[:7]


def test_a_window_too_large_is_refused(laundering_server: ExplorerServer, laundering: Laundering) -> None:
    laundering_server.etherscan.settings.result_window = 20
    asked = {"address": laundering.address["faucet"], "page": 3, "offset": 10}
    reply = listed(laundering_server, "etherscan", "txlist", **asked)
    assert (reply["status"], reply["message"]) == ("0", "NOTOK")
    assert reply["result"].startswith("Result window is too large, PageNo x Offset size")


def test_keys_and_chains_are_looked_at(laundering_server: ExplorerServer, laundering: Laundering) -> None:
    laundering_server.etherscan.settings.keys = {"right"}
    hub = laundering.address["hub"]
    assert listed(laundering_server, "etherscan", "txlist", address=hub, apikey="right")["message"] == "OK"
    wrong = listed(laundering_server, "etherscan", "txlist", address=hub, apikey="wrong")
    assert wrong == {"status": "0", "message": "NOTOK", "result": "Invalid API Key (#err2)"}
    none = listed(laundering_server, "etherscan", "txlist", address=hub)
    assert (none["status"], none["message"]) == ("1", "OK-Missing/Invalid API Key")
    other = get(laundering_server.etherscan_url, chainid=1, module="account", action="txlist", address=hub).json
    assert other["result"].startswith("Missing or unsupported chainid parameter")
    assert [one.params.get("apikey") for one in laundering_server.calls("etherscan", "account/txlist")] == [
        "right",
        "wrong",
        None,
        None,
    ]


def test_the_proxy_module_passes_on_what_the_node_says(
    laundering_server: ExplorerServer, laundering: Laundering
) -> None:
    asked: dict[str, Any] = {"chainid": 31337, "module": "proxy"}
    head = get(laundering_server.etherscan_url, action="eth_blockNumber", **asked).json
    assert int(head["result"], 16) == laundering.node.block_number()
    block = get(
        laundering_server.etherscan_url, action="eth_getBlockByNumber", tag="0x5", boolean="false", **asked
    ).json
    assert block["result"]["hash"] == laundering.node.block_hash(5)


def test_blockscout_passes_on_what_it_offers_and_nothing_else(
    laundering_server: ExplorerServer, laundering: Laundering
) -> None:
    newest = get(laundering_server.blockscout_url, module="block", action="eth_block_number").json
    assert int(newest["result"], 16) == laundering.node.block_number()
    unknown = get(laundering_server.blockscout_url, module="account", action="txsBeaconWithdrawal").json
    assert unknown == {"message": "Unknown action", "result": None, "status": "0"}
    for method, answered in (("eth_chainId", True), ("trace_block", False)):
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": ["0x1"] if method == "trace_block" else []}
        assert ("result" in post(f"{laundering_server.blockscout_url}/eth-rpc", call).json) is answered


def test_a_block_is_found_by_its_time(laundering_server: ExplorerServer, laundering: Laundering) -> None:
    theft = next(move for move in laundering.movements if move.tx == laundering.thefts["vault"])
    asked: dict[str, Any] = {
        "chainid": 31337,
        "module": "block",
        "action": "getblocknobytime",
        "timestamp": theft.time + 5,
    }
    assert get(laundering_server.etherscan_url, closest="before", **asked).json["result"] == str(theft.block)


def test_a_provider_passes_calls_on_and_answers_batches_in_any_order(
    laundering_server: ExplorerServer, laundering: Laundering
) -> None:
    assert rpc(laundering_server, "eth_chainId") == {"jsonrpc": "2.0", "id": 7, "result": "0x7a69"}
    laundering_server.rpc.settings.reverse_batches = True
    batch = [{"jsonrpc": "2.0", "id": n, "method": "eth_getBlockByNumber", "params": [hex(n), False]} for n in range(3)]
    replies = post(laundering_server.rpc_url, batch).json
    assert [reply["id"] for reply in replies] == [2, 1, 0]
    assert [int(reply["result"]["number"], 16) for reply in replies] == [2, 1, 0]


def logs(server: ExplorerServer, low: int, high: int) -> dict[str, Any]:
    return rpc(server, "eth_getLogs", {"fromBlock": hex(low), "toBlock": hex(high)})


@pytest.mark.parametrize("style", sorted(RANGE_ERRORS))
def test_a_range_above_the_cap_is_refused_in_the_words_of_a_provider(
    laundering_server: ExplorerServer, style: str
) -> None:
    laundering_server.rpc.settings.range_cap, laundering_server.rpc.settings.range_style = 10, style
    assert "result" in logs(laundering_server, 1, 10)
    refused = logs(laundering_server, 1, 11)["error"]
    assert refused["code"] in (-32602, -32603, 35, -32000, -32005)
    assert refused["message"]


@pytest.mark.parametrize("style", sorted(RESULT_ERRORS))
def test_too_many_logs_are_refused_in_the_words_of_a_provider(laundering_server: ExplorerServer, style: str) -> None:
    laundering_server.rpc.settings.result_cap, laundering_server.rpc.settings.result_style = 5, style
    assert "error" in logs(laundering_server, 0, 41)
    assert "result" in logs(laundering_server, 9, 9)


def test_a_silent_cap_gives_the_first_logs_and_no_error(laundering_server: ExplorerServer) -> None:
    whole = logs(laundering_server, 0, 41)["result"]
    laundering_server.rpc.settings.result_cap, laundering_server.rpc.settings.result_style = 5, "silent"
    assert logs(laundering_server, 0, 41)["result"] == whole[:5]


def test_a_node_without_old_state_or_without_a_method_says_so(
    laundering_server: ExplorerServer, laundering: Laundering
) -> None:
    laundering_server.rpc.settings.archive_from = 30
    laundering_server.rpc.settings.missing_methods = {"trace_filter"}
    hub, theft = laundering.address["hub"], laundering.thefts["vault"]
    assert "missing trie node" in rpc(laundering_server, "eth_getBalance", hub, "0x5")["error"]["message"]
    assert "result" in rpc(laundering_server, "eth_getBalance", hub, "latest")
    tracer = {"tracer": "callTracer"}
    assert rpc(laundering_server, "debug_traceTransaction", theft, tracer)["error"]["code"] == -32000
    assert "result" in rpc(laundering_server, "eth_getTransactionReceipt", theft)
    assert rpc(laundering_server, "trace_filter", {"fromBlock": "0x1", "toBlock": "0x2"})["error"]["code"] == -32601
