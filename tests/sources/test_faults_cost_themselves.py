"""A fault costs itself, and nothing is believed alone: small inputs by a pretend node and a pretend explorer."""

from __future__ import annotations

from typing import Any

import pytest
from pretend_evm import (
    ETHER,
    TOKEN,
    A,
    Answering,
    B,
    C,
    D,
    Fault,
    block,
    explorer_of,
    frame,
    gaps,
    inner,
    listed,
    log,
    moves,
    node_of,
    receipt,
    result_of,
    topic,
    transaction,
    word,
)

from tracer.chains.evm import BATCHES, TRANSFER_TOPIC
from tracer.model import ChainId
from tracer.net.query import PermanentError, RetryableError, SplitRequest
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.rpc_replies import fault_of
from tracer.providers.evm.source import EvmRpc

BALANCE_0 = {"eth_getBalance": "0x0"}


def token(number: int, **changes: str) -> dict[str, str]:
    made = {"blockNumber": str(number), "timeStamp": str(1_700_000_000 + 12 * number), "hash": word(0x7000 + number)}
    same = {"blockHash": block(number)["hash"], "transactionIndex": "2", "from": B, "to": A, "contractAddress": TOKEN}
    return {**made, **same, **changes}


def test_g1_an_nft_among_token_rows_is_counted_and_costs_no_other_row() -> None:
    rows = [token(100, value="25"), token(200, tokenID="77"), token(300, value="9", **{"from": A, "to": C})]
    history = explorer_of({"tokentx": rows}, node=BALANCE_0).transfers(A, 0, 500)
    assert moves(history) == [("log", "token", B, A, 25), ("log", "token", A, C, 9)]
    assert gaps(history) == [("other_tokens", "not_supported")]
    assert not history.complete
    assert history.whole


@pytest.mark.parametrize("kind", ["blockscout", "etherscan"])
@pytest.mark.parametrize(
    "change", [{"gasUsed": ""}, {"gasPrice": ""}, {"value": None}, {"to": "vitalik.eth"}, {"hash": "GENESIS_" + A[2:]}]
)
def test_g1_one_row_that_cannot_be_read_costs_itself(kind: str, change: dict[str, Any]) -> None:
    rows = [listed(100, value="5"), listed(200, **change), listed(300, value="7", **{"from": D, "to": A})]
    history = explorer_of({"txlist": rows}, kind=kind, node=BALANCE_0).transfers(A, 0, 500)
    assert [row.amount for row in history.rows] == [21_000, 5, 7]
    (gap,) = (one for one in history.coverage if one.endpoint == "txlist" and not one.complete)
    assert (gap.reason, gap.from_block, gap.to_block) == ("inconsistent", 200, 200)
    assert ("hash" in change) or word(0x7000 + 200) in gap.detail


def test_g3_what_a_failed_transaction_is_listed_with_did_not_happen() -> None:
    one = transaction(**{"from": C})
    failed = receipt(one, status="0x0")
    rows = [inner(100, **{"from": B, "to": A, "value": "900"})]
    node = {**BALANCE_0, "eth_getTransactionReceipt": failed}
    history = explorer_of({"txlistinternal": rows}, node=node).transfers(A, 0, 500)
    assert moves(history) == []
    assert gaps(history) == [("receipt", "inconsistent")]
    assert any(one["hash"] in entry.detail for entry in history.coverage)


def test_g3_the_holders_own_list_outweighs_its_internal_one_where_no_receipt_is_had() -> None:
    own = [listed(100, isError="1", txreceipt_status="0")]
    rows = [inner(100, **{"from": B, "to": A, "value": "900"})]
    history = explorer_of({"txlist": own, "txlistinternal": rows}, node=BALANCE_0).transfers(A, 0, 500)
    assert [row.kind for row in history.rows] == ["fee"]
    assert ("receipt", "inconsistent") in gaps(history)


def test_g3_a_payment_listed_as_failed_moved_where_the_receipt_says_so() -> None:
    own = [listed(5_000_000, value="900", isError="1", txreceipt_status="0", **{"from": D, "to": A})]
    inside = [inner(5_000_000, value="1", **{"from": D, "to": A})]
    one = transaction(5_000_000, **{"from": D, "to": A})
    head = lambda asked: block(5_001_000 if asked[0] == "latest" else int(asked[0], 16))  # noqa: E731
    node = {**BALANCE_0, "eth_getTransactionReceipt": receipt(one), "eth_getBlockByNumber": head}
    history = explorer_of({"txlist": own, "txlistinternal": inside}, node=node).transfers(A, 0, 5_000_100)
    assert sorted(row.amount for row in history.rows) == [1, 900]
    assert ("receipt", "inconsistent") in gaps(history)


def test_g3_a_receipt_of_another_block_contradicts_the_list() -> None:
    one = transaction(101, hash=word(0x7000 + 100))
    node = {**BALANCE_0, "eth_getTransactionReceipt": receipt(one)}
    history = explorer_of({"txlistinternal": [inner(100, value="9", to=A)]}, node=node).transfers(A, 0, 500)
    assert moves(history) == []
    assert ("receipt", "inconsistent") in gaps(history)


def test_g4_a_payment_printed_as_failed_before_receipts_said_so_is_named() -> None:
    rows = [listed(100, value="900", isError="1", txreceipt_status="0", **{"from": D, "to": A})]
    unsaid = receipt(transaction())
    del unsaid["status"]
    history = explorer_of({"txlist": rows}, node={**BALANCE_0, "eth_getTransactionReceipt": unsaid}).transfers(
        A, 0, 500
    )
    assert moves(history) == []
    (gap,) = (one for one in history.coverage if not one.complete)
    assert (gap.endpoint, gap.reason) == ("receipt", "inconsistent")
    assert word(0x7000 + 100) in gap.detail


def test_g4_a_node_that_traces_decides_whether_it_failed() -> None:
    one = transaction(value="0x384", **{"from": D, "to": A})
    unsaid = receipt(one)
    del unsaid["status"]
    kept = {"eth_getBalance": lambda params: hex(900 if int(params[1], 16) >= 100 else 0)}
    assert moves(node_of(one, unsaid, frame(one), more=kept).transfers(A, 95, 105)) == [("top", "native", D, A, 900)]
    undone = node_of(one, unsaid, frame(one, error="out of gas"), more=BALANCE_0).transfers(A, 95, 105)
    assert moves(undone) == []
    assert undone.complete


def test_g17_what_an_explorer_has_not_processed_is_asked_again_and_then_a_gap() -> None:
    text = "Some internal transactions within this block range have not been processed yet"
    unready = {"status": "2", "message": text, "result": []}
    said: list[str] = []

    def special(name: str) -> Any:
        said.append(name)
        return unready if name == "txlistinternal" else None

    left = {"eth_getBalance": lambda asked: hex(100_000 - (21_005 if int(asked[1], 16) >= 100 else 0))}
    history = explorer_of({"txlist": [listed(100, value="5")]}, node=left, special=special).transfers(A, 0, 500)
    assert said.count("txlistinternal") > 1
    assert [row.kind for row in history.rows] == ["fee", "native"]
    assert gaps(history) == [("txlistinternal", "error")]


TEXTS: list[tuple[type[Exception], int, str]] = [
    (SplitRequest, -32602, "range 1000000 exceeds limit of 10000"),
    (SplitRequest, -32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
    (SplitRequest, -32000, "block range is larger than max block range, block range = 5120, max block range = 5000"),
    (SplitRequest, -32602, "query exceeds max block range 5000"),
    (SplitRequest, -32600, "You can make eth_getLogs requests with up to a 10000 block range."),
    (SplitRequest, -32600, "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range."),
    (SplitRequest, -32001, "Unable to complete request at this time."),
    (SplitRequest, -32614, "eth_getLogs is limited to a 10,000 range"),
    (SplitRequest, -32701, "Please specify an address in your request or, to remove restrictions, order a full node"),
    (SplitRequest, -32701, "exceed maximum block range: 50000"),
    (SplitRequest, -32000, "requested too many blocks from 0 to 16777216, maximum is set to 2048"),
    (SplitRequest, 35, "ranges over 10000 blocks are not supported on freetier"),
    (SplitRequest, -32005, "Block range limit exceeded."),
    (SplitRequest, -32000, "block range greater than 2000 max"),
    (SplitRequest, -32602, "maximum [from, to] blocks distance: 2000"),
    (SplitRequest, -32000, "backend response too large"),
    (SplitRequest, -32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800"),
    (SplitRequest, -32000, "exceeds the range allowed for your plan (2000 > 1000)"),
    (SplitRequest, -32000, "limit exceeded"),
    (SplitRequest, -32602, "eth_getLogs range exceeds 1000"),
    (SplitRequest, -32000, "too wide blocks range, the limit is 100"),
    (SplitRequest, -32600, "block range too high"),
    (SplitRequest, -32000, "block range is bigger than maxBlockRange"),
    (RetryableError, -32007, "50/second request limit reached - reduce calls per second or upgrade your account"),
    (RetryableError, -32005, "daily request count exceeded, request rate limited"),
    (RetryableError, -32016, "over rate limit"),
    (RetryableError, -32603, "Internal error"),
    (RetryableError, -32000, "header for hash not found"),
    (
        RetryableError,
        -32000,
        "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found.",
    ),
    (RetryableError, -32098, "Service unavailable"),
    (RetryableError, -32000, "finalized block not found"),
    (RetryableError, 19, "Temporary internal error. Please retry, trace-id: 1"),
]


@pytest.mark.parametrize(("kind", "code", "text"), TEXTS)
def test_g2_texts_of_nodes_are_taken_for_what_they_mean(kind: type[Exception], code: int, text: str) -> None:
    assert type(fault_of("eth_getLogs", {"code": code, "message": text})) is kind


@pytest.mark.parametrize("text", ["invalid api key", "rate limit", "query timeout"])
def test_g2_what_a_contract_reverts_with_is_not_taken_for_the_nodes_own_words(text: str) -> None:
    fault = fault_of("eth_call", {"code": 3, "message": f"execution reverted: {text}"})
    assert isinstance(fault, PermanentError)
    assert fault.reason == "error"


def test_g2_a_plan_without_a_method_does_not_offer_it() -> None:
    text = "trace_filter is not available on the Free tier - upgrade to Pay As You Go, or Enterprise for access."
    fault = fault_of("trace_filter", {"code": -32600, "message": text})
    assert isinstance(fault, PermanentError)
    assert fault.reason == "not_supported"


@pytest.mark.parametrize("code", [-32000, -32603])
def test_g2_words_nobody_knows_about_several_blocks_are_halved_before_they_are_believed(code: int) -> None:
    one = transaction(value="0x5", **{"from": C, "to": A})

    def logs(params: list[Any]) -> Any:
        asked = params[0]
        wide = int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) > 3
        return Fault(code, "A text of next year") if wide else []

    paid = {"eth_getLogs": logs, "eth_getBalance": lambda params: hex(5 if int(params[1], 16) >= 100 else 0)}
    history = node_of(one, receipt(one), frame(one), more=paid).transfers(A, 90, 110)
    assert history.complete
    assert moves(history) == [("top", "native", C, A, 5)]


def test_g2_words_nobody_knows_about_every_block_are_a_gap_and_the_rest_is_read() -> None:
    one = transaction(value="0x5", **{"from": C, "to": A})
    asked: list[Any] = []

    def logs(params: list[Any]) -> Any:
        asked.append(params)
        return Fault(-32000, "A text of next year")

    paid = {"eth_getLogs": logs, "eth_getBalance": lambda params: hex(5 if int(params[1], 16) >= 100 else 0)}
    history = node_of(one, receipt(one), frame(one), more=paid).transfers(A, 90, 110)
    assert gaps(history) == [("eth_getLogs", "error")]
    assert moves(history) == [("top", "native", C, A, 5)]
    assert len(asked) == 2


def test_g2_a_transaction_that_is_not_answered_costs_itself() -> None:
    first, second = (transaction(number, value="0x5", **{"from": C, "to": A}) for number in (100, 101))
    by_hash = {one["hash"]: one for one in (first, second)}

    def blocks(params: list[Any]) -> dict[str, Any]:
        number = 1000 if params[0] == "latest" else int(params[0], 16)
        own = [one for one in (first, second) if int(one["blockNumber"], 16) == number]
        return block(number, own if params[1] else [one["hash"] for one in own])

    table = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": blocks,
        "eth_getTransactionByHash": lambda params: by_hash[params[0]],
        "eth_getTransactionReceipt": lambda params: (
            Fault(-32000, "A text of next year") if params[0] == first["hash"] else receipt(second)
        ),
        "debug_traceTransaction": lambda params: frame(by_hash[params[0]]),
        "debug_traceBlockByNumber": lambda params: [
            {"txHash": one["hash"], "result": frame(one)} for one in (first, second) if one["blockNumber"] == params[0]
        ],
        "eth_getLogs": [],
    }
    exchange = Answering(answer=lambda method, params: result_of(table, method, params["params"]))
    history = EvmRpc(RpcNode(ChainId("eip155:1"), exchange, "http://127.0.0.1")).transfers(A, 95, 105)
    assert [row.tx for row in history.rows] == [second["hash"]]
    (gap,) = (one for one in history.coverage if not one.complete)
    assert (gap.endpoint, first["hash"] in gap.detail) == ("transaction", True)


@pytest.mark.parametrize(
    "child",
    [
        {"type": "SELFDESTRUCT", "from": B},
        {"type": "SELFDESTRUCT"},
        {"type": "SELFDESTRUCT", "from": B, "to": A},
    ],
)
def test_g6_a_selfdestruct_that_does_not_say_what_it_paid_is_a_gap(child: dict[str, Any]) -> None:
    one = transaction(**{"from": C})
    history = node_of(one, receipt(one), frame(one, calls=[child]), more=BALANCE_0).transaction(one["hash"])
    assert gaps(history) == [("transaction", "inconsistent")]


def test_g6_the_other_way_is_tried_where_one_does_not_say() -> None:
    one = transaction(**{"from": C})
    place = {"blockNumber": 100, "transactionHash": one["hash"], "blockHash": one["blockHash"]}
    top = {"from": C, "to": B, "callType": "call", "value": "0x0"}
    gone = {"address": B, "refundAddress": A, "balance": hex(2 * ETHER)}
    flat = [
        {"type": "call", "action": top, "result": {}, "traceAddress": [], **place},
        {"type": "suicide", "action": gone, "result": None, "traceAddress": [0], **place},
    ]
    broken = frame(one, calls=[{"type": "SELFDESTRUCT", "from": B}])
    history = node_of(one, receipt(one), broken, more={"trace_transaction": flat}).transaction(one["hash"])
    assert history.complete
    assert ("call", "internal", B, A, 2 * ETHER) in moves(history)


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        ([TRANSFER_TOPIC, topic(C), topic(A), word(77)], "0x"),
        ([BATCHES[0], topic(C), topic(C), topic(A)], "0x" + word(1)[2:] + word(5)[2:]),
        ([TRANSFER_TOPIC], topic(C) + topic(A)[2:] + word(77)[2:]),
    ],
)
def test_g9_tokens_that_are_not_followed_are_counted(topics: list[str], data: str) -> None:
    one = transaction(value="0x1", **{"from": C, "to": A})
    given = receipt(one, logs=[log(one, 1, topics, data)])
    paid = {"eth_getBalance": lambda params: hex(1 if int(params[1], 16) >= 100 else 0)}
    node = node_of(one, given, frame(one), more=paid)
    for history in (node.transfers(A, 95, 105), node.transaction(one["hash"])):
        assert gaps(history) == [("other_tokens", "not_supported")]
        assert [entry.rows for entry in history.coverage if entry.aside] == [1]
        assert history.whole
        assert not history.complete
