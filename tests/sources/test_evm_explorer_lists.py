"""Lists of account explorers: their texts, their traps, and pages that end nowhere in particular."""

from __future__ import annotations

import bisect
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_exchange import ScriptedExchange, as_reply

from tracer.chains.explorer_rows import ExplorerRow, is_unknown_call, movements_of, parse_row
from tracer.chains.fields import Field
from tracer.model import ChainId
from tracer.net.query import PermanentError, Query, RetryableError, SplitRequest
from tracer.providers.evm.blockscout import blockscout
from tracer.providers.evm.etherscan import etherscan
from tracer.providers.evm.explorer_pages import MOST_PAGES, Lister
from tracer.providers.evm.explorer_replies import Page, calls_of, rows_of

CHAIN = ChainId("eip155:1")
ONE, TWO, TOKEN = ("0x" + digit * 40 for digit in "abc")
TX, BLOCK = "0x" + "1" * 64, "0x" + "2" * 64
PAGE = Page("txlist", ONE, 5, 20, 1, 10)


def row(block: int = 9, **changes: Any) -> dict[str, str]:
    return {
        "blockNumber": str(block),
        "timeStamp": "1700000000",
        "hash": TX,
        "blockHash": BLOCK,
        "transactionIndex": "3",
        "from": ONE,
        "to": TWO,
        "value": "5",
        "gasPrice": "2",
        "gasUsed": "21000",
        "isError": "0",
        "txreceipt_status": "1",
        "contractAddress": "",
        "input": "0x",
        "confirmations": "7",
        **changes,
    }


def call(**changes: Any) -> dict[str, str]:
    return row(**{"type": "call", "gas": "1", "errCode": "", **changes})


def ok(*rows: Any) -> dict[str, Any]:
    return {"status": "1", "message": "OK", "result": list(rows)}


def refusal(text: str, message: str = "NOTOK") -> dict[str, Any]:
    return {"status": "0", "message": message, "result": text}


def read(reply: Any, page: Page = PAGE) -> tuple[ExplorerRow, ...]:
    return rows_of(page, CHAIN)(as_reply(reply))


def moved(made: dict[str, str], action: str) -> list[tuple[str, str, str, str, int]]:
    found = parse_row(Field(made), action, CHAIN)
    rows = movements_of(found, chain=CHAIN, source="explorer")
    return [(one.layer, one.kind, one.sender, one.recipient, one.amount) for one in rows]


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "0", "message": "No transactions found", "result": []},
        {"status": "0", "message": "No records found", "result": None},
        {"status": "0", "message": "NOTOK", "result": "No records found"},
        {"status": "0", "message": "No internal transactions found", "result": []},
        {"status": "0", "message": "No token transfers found", "result": []},
    ],
)
def test_the_known_ways_of_saying_nothing_are_empty_lists(reply: Any) -> None:
    assert read(reply) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Max rate limit reached, please use API Key for higher rate limit", RetryableError),
        ("Max calls per sec rate limit reached (5/sec)", RetryableError),
        ("Invalid API Key (#err2)", PermanentError),
        ("Missing or unsupported chainid parameter (required for v2 api)", PermanentError),
        ("Free API access is temporarily unavailable", PermanentError),
        ("Query Timeout occured. Please select a smaller result dataset", SplitRequest),
        ("Please specify a block range smaller than 10000000 blocks", SplitRequest),
        ("Result window is too large, PageNo x Offset size must be less than or equal to 10000", SplitRequest),
        ("Error! Missing Or invalid Action name", PermanentError),
        ("A text of next year", PermanentError),
    ],
)
def test_a_text_in_place_of_rows_is_never_an_empty_list(text: str, kind: type[Exception]) -> None:
    for reply in (refusal(text), refusal("", text), {"status": "1", "message": "OK", "result": text}):
        with pytest.raises(kind):
            read(reply)


def test_a_missing_key_only_slows_an_answer() -> None:
    assert len(read(ok(row()) | {"message": "OK-Missing/Invalid API Key"})) == 1


@pytest.mark.parametrize("reply", ["<html>", b"{", [], {"status": "1"}, "null"])
def test_what_no_explorer_sent_is_asked_again(reply: Any) -> None:
    with pytest.raises(RetryableError):
        read(reply)


@pytest.mark.parametrize(
    "rows",
    [
        [row(4)],
        [row(21)],
        [row(9), row(8)],
        [row(**{"from": TWO, "to": TOKEN})],
        [row()] * 11,
    ],
)
def test_rows_that_contradict_the_question_or_themselves_are_refused(rows: list[Any]) -> None:
    with pytest.raises(PermanentError) as caught:
        read(ok(*rows))
    assert caught.value.reason == "inconsistent"


@pytest.mark.parametrize(
    "change", [{"value": "5.0"}, {"value": "1e18"}, {"value": 5}, {"gasUsed": ""}, {"to": "a.eth"}]
)
def test_g1_a_row_that_cannot_be_read_costs_itself_and_names_its_transaction(change: dict[str, Any]) -> None:
    first, second, third = read(ok(row(8), row(9, **change), row(10)))
    assert (first.unread, third.unread) == ("", "")
    assert (second.tx, second.block) == (TX, 9)
    assert second.unread
    assert movements_of(second, chain=CHAIN, source="explorer") == []


def test_g1_a_row_without_a_height_stands_beside_the_row_before_it() -> None:
    _, second = read(ok(row(8), row(9, blockNumber="late", hash="0x12")))
    assert (second.block, second.tx) == (8, "")


@pytest.mark.parametrize("field", ["blockNumber", "timeStamp", "value", "gasUsed", "gasPrice", "transactionIndex"])
def test_g13_numbers_of_a_row_are_bounded(field: str) -> None:
    (found,) = read(ok(row(**{field: "9" * 78})))
    assert found.unread


def test_two_equal_rows_are_two_rows() -> None:
    assert len(read(ok(row(), row()))) == 2


def test_a_row_moves_its_value_and_its_fee_and_a_failed_one_only_its_fee() -> None:
    fee = ("fee", "fee", ONE, "", 42_000)
    assert moved(row(), "txlist") == [fee, ("top", "native", ONE, TWO, 5)]
    assert moved(row(isError="1"), "txlist") == [fee]
    assert moved(row(isError="0", txreceipt_status=""), "txlist") == [fee, ("top", "native", ONE, TWO, 5)]
    assert moved(row(to="", contractAddress=TOKEN), "txlist") == [fee, ("top", "native", ONE, TOKEN, 5)]


def test_tokens_are_known_by_contract_and_have_no_place() -> None:
    (token,) = movements_of(
        parse_row(Field(row(contractAddress=TOKEN, tokenSymbol="ETH<script>")), "tokentx", CHAIN),
        chain=CHAIN,
        source="explorer",
    )
    assert (token.asset, token.place, token.id) == (f"eip155:1/erc20:{TOKEN}", None, "")


@pytest.mark.parametrize("kind", ["delegatecall", "staticcall", "callcode"])
def test_internal_rows_that_repeat_a_value_move_none(kind: str) -> None:
    assert moved(call(callType=kind), "txlistinternal") == []
    assert not is_unknown_call(parse_row(Field(call(callType=kind)), "txlistinternal", CHAIN))


def test_internal_rows_move_by_calls_creations_and_destructions() -> None:
    inside = ("call", "internal", ONE, TWO, 5)
    assert moved(call(callType="call"), "txlistinternal") == [inside]
    assert moved(call(), "txlistinternal") == [inside]
    assert moved(call(isError="1"), "txlistinternal") == []
    assert moved(call(type="create", to="", contractAddress=TWO), "txlistinternal") == [inside]
    assert moved(call(type="selfdestruct", to=ONE), "txlistinternal") == [("call", "burn", ONE, "", 5)]


def test_an_internal_row_of_unknown_type_is_surfaced_not_dropped() -> None:
    strange = parse_row(Field(call(type="invalid")), "txlistinternal", CHAIN)
    assert is_unknown_call(strange)
    assert movements_of(strange, chain=CHAIN, source="explorer") == []


def test_what_validators_are_paid_is_in_gwei() -> None:
    paid = {
        "withdrawalIndex": "14",
        "validatorIndex": "119023",
        "address": ONE,
        "amount": "3244098967",
        "blockNumber": "17034877",
        "timestamp": "1681338599",
    }
    assert moved(paid, "txsBeaconWithdrawal") == [("block", "mint", "", ONE, 3244098967 * 10**9)]


def test_rows_of_one_transaction_do_not_repeat_its_hash() -> None:
    made = call()
    for name in ("hash", "blockHash"):
        del made[name]
    (found,) = calls_of(TX, CHAIN)(as_reply(ok(made)))
    assert (found.tx, found.block_hash) == (TX, "")
    with pytest.raises(PermanentError):
        calls_of(TX, CHAIN)(as_reply(ok(call(transactionHash=BLOCK))))


class Explorer:
    """An explorer with so many rows in each block, that cuts without saying so and refuses beyond its window."""

    def __init__(self, blocks: list[int], cap: int, window: int) -> None:
        self.rows = [self._row(block, number) for number, block in enumerate(sorted(blocks))]
        self.cap, self.window, self.asked = cap, window, 0

    def _row(self, block: int, number: int) -> ExplorerRow:
        return ExplorerRow("txlist", block, block, "", f"0x{number:064x}", 0, ONE, TWO, 1)

    def ask(self, page: Page) -> tuple[ExplorerRow, ...]:
        self.asked += 1
        if page.number * page.size > self.window:
            raise SplitRequest(f"Result window is too large, must be less than or equal to {self.window}")
        blocks = [one.block for one in self.rows]
        found = self.rows[bisect.bisect_left(blocks, page.first) : bisect.bisect_right(blocks, page.last)]
        size = min(page.size, self.cap)
        return tuple(found[(page.number - 1) * size : page.number * size])


@given(
    blocks=st.lists(st.integers(0, 12), max_size=60),
    cap=st.integers(1, 30),
    size=st.integers(1, 30),
    window=st.integers(1, 40),
)
def test_a_list_is_read_to_its_end_however_it_is_cut_or_the_block_is_named(
    blocks: list[int], cap: int, size: int, window: int
) -> None:
    explorer = Explorer(blocks, cap, window)
    got = Lister(explorer.ask, "txlist", ONE, size, 10_000).read(0, 12)
    page = min(cap, size, window)
    shown = window // page * page
    crowded = {block for block in blocks if blocks.count(block) > shown}
    assert [one for one in got.rows if one.block not in crowded] == [
        one for one in explorer.rows if one.block not in crowded
    ]
    assert got.rows == sorted(set(got.rows), key=explorer.rows.index)
    assert crowded <= set(got.overflowing)
    assert len(got.overflowing) == len(set(got.overflowing))


def test_a_key_joins_a_request_only_when_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_ETHERSCAN_KEY", "SECRETSECRET")
    header = {"number": "0x10", "hash": BLOCK, "timestamp": "0x5", "transactions": []}
    exchange = ScriptedExchange()
    exchange.say("proxy/eth_blockNumber", None, {"jsonrpc": "2.0", "id": 1, "result": "0x10"})

    def block(query: Query) -> Any:
        return {"jsonrpc": "2.0", "id": 1, "result": header | {"number": query.params["tag"]}}

    exchange.say("proxy/eth_getBlockByNumber", None, block)
    head = etherscan(CHAIN, exchange).head()
    assert (head.latest.number, head.final.number) == (16, 0)
    assert all("SECRETSECRET" not in query.text() for query in exchange.asked)
    assert all(one.params["apikey"] == "SECRETSECRET" and one.params["chainid"] == "1" for one in exchange.sent)
    assert not any("SECRETSECRET" in one.url for one in exchange.sent)


def test_a_list_asked_for_up_to_the_pinned_block_in_ascending_order() -> None:
    exchange = ScriptedExchange()
    exchange.say("proxy/eth_blockNumber", None, {"jsonrpc": "2.0", "id": 1, "result": "0x64"})
    exchange.say(
        "proxy/eth_getBlockByNumber",
        None,
        lambda query: {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {"number": query.params["tag"], "hash": BLOCK, "timestamp": "0x5", "transactions": []},
        },
    )
    for action in ("txlist", "txlistinternal", "tokentx", "txsBeaconWithdrawal"):
        exchange.say(f"account/{action}", None, refusal("", "No transactions found"))
    history = etherscan(CHAIN, exchange).transfers(ONE, 0, 10_000)
    assert history.complete
    asked = [
        (one.params["startblock"], one.params["endblock"], one.head) for one in exchange.asked if "sort" in one.params
    ]
    assert asked == 4 * [(0, 36, "")] + 4 * [(37, 100, BLOCK)]
    assert {one.params["sort"] for one in exchange.asked if "sort" in one.params} == {"asc"}


def test_blockscout_passes_on_to_its_node_and_its_lists_need_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACER_BLOCKSCOUT_KEY", raising=False)
    exchange = ScriptedExchange()
    exchange.say("eth_chainId", None, {"jsonrpc": "2.0", "id": 1, "result": "0x1"})

    def block(query: Query) -> Any:
        number = query.params["params"][0]
        made = {"number": "0x64" if number == "latest" else number, "hash": BLOCK, "timestamp": "0x5"}
        return {"jsonrpc": "2.0", "id": 1, "result": made | {"transactions": []}}

    exchange.say("eth_getBlockByNumber", None, block)
    exchange.say("eth_getBalance", None, {"jsonrpc": "2.0", "id": 1, "result": "0x7"})
    for action in ("txlist", "txlistinternal", "tokentx"):
        exchange.say(f"account/{action}", None, {"status": "0", "message": "No transactions found", "result": []})
    history = blockscout(CHAIN, exchange, "https://eth.blockscout.com/api/").transfers(ONE, 0, 36)
    assert {one.url for one in exchange.sent} == {
        "https://eth.blockscout.com/api",
        "https://eth.blockscout.com/api/eth-rpc",
    }
    assert not any("apikey" in one.params or "chainid" in one.params for one in exchange.sent)
    assert history.complete
    assert [one.endpoint for one in history.coverage] == ["txlist", "txlistinternal", "tokentx", "eth_getBalance"]


def test_fees_that_lack_a_part_are_not_called_complete() -> None:
    chain, exchange = ChainId("eip155:10"), ScriptedExchange()
    exchange.say("proxy/eth_blockNumber", None, {"jsonrpc": "2.0", "id": 1, "result": "0x2710"})
    exchange.say(
        "proxy/eth_getBlockByNumber",
        None,
        lambda query: {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {"number": query.params["tag"], "hash": BLOCK, "timestamp": "0x5", "transactions": []},
        },
    )
    exchange.say("account/txlist", None, ok(row()))
    for action in ("txlistinternal", "tokentx"):
        exchange.say(f"account/{action}", None, refusal("", "No transactions found"))
    exchange.say(
        'account/txlist {"address": "'
        + ONE
        + '", "endblock": 20, "offset": 1, "page": 2, "sort": "asc", "startblock": 9}',
        None,
        refusal("", "No transactions found"),
    )
    history = etherscan(chain, exchange).transfers(ONE, 5, 20)
    assert [(one.endpoint, one.reason) for one in history.coverage if not one.complete] == [("fees", "not_supported")]


# --- lists without an end ---------------------------------------------------------------------------------------------


def unread(block: int, tx: str = "") -> ExplorerRow:
    return ExplorerRow("txlist", block, 0, "", tx, None, "", "", 0, unread="An object was expected.")


def test_g1_a_page_of_which_no_row_can_be_read_ends_its_list_and_not_the_patience() -> None:
    """Each question got such a row at its first asking: a page a block and row, without end."""
    pages: list[Page] = []

    def ask(page: Page) -> tuple[ExplorerRow, ...]:
        pages.append(page)
        return (unread(page.first),)

    with pytest.raises(PermanentError, match="no row can be read") as caught:
        Lister(ask, "txlist", ONE, 1_000, 10_000).read(0, 20_000_000)
    assert caught.value.reason == "inconsistent"
    assert len(pages) == 1


def test_g1_a_row_that_cannot_be_read_costs_itself_where_its_transaction_is_told() -> None:
    listed = Lister(lambda page: (unread(7, TX),) if page.first <= 7 and page.number == 1 else (), "txlist", ONE, 9, 90)
    assert listed.read(0, 20).rows == [unread(7, TX)]


def test_a_list_that_goes_on_and_on_is_left_as_such() -> None:
    asked = 0

    def ask(page: Page) -> tuple[ExplorerRow, ...]:
        nonlocal asked
        asked += 1
        return (replace(parse_row(Field(row()), "txlist", CHAIN), block=page.first),)

    with pytest.raises(PermanentError, match="did not come to its end") as caught:
        Lister(ask, "txlist", ONE, 1, 10).read(0, 20_000_000)
    assert caught.value.reason == "result_window"
    assert asked == MOST_PAGES
