"""Tron from TronGrid: windows walked to the empty page, movements taken from execution results."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any

import pytest
from scripted_exchange import ScriptedExchange, Turns
from tron_book import ACCOUNT, EMPTY_LIST, ONE_ACCOUNT, STAKER, STAKER_LIST, TIP, USDT, TronBook, base58, recording

from tracer.model import TRON, native_asset
from tracer.net.query import Query, Reply, RetryableError
from tracer.providers.tron.trongrid import TronGrid

TRX = native_asset(TRON)
assert TRX is not None
USDT_ASSET = f"{TRON}/trc20:{base58(USDT)}"


@pytest.fixture
def book(shared: Path) -> TronBook:
    return TronBook(recording(shared, ONE_ACCOUNT)["data"], page=10)


def source(exchange: ScriptedExchange, **settings: Any) -> TronGrid:
    return TronGrid(exchange, **settings)


def fees(book: TronBook) -> int:
    owner = "4179309abcff2cf531070ca9222a1f72c4a5136874"
    return sum(
        row["ret"][0]["fee"]
        for row in book.rows
        if row["raw_data"]["contract"][0]["parameter"]["value"]["owner_address"] == owner
    )


def test_the_head_is_pinned_and_twenty_blocks_are_not_final(book: TronBook) -> None:
    head = source(book.exchange()).head()
    assert (head.latest.number, head.final.number) == (TIP, TIP - 20)


def test_an_account_is_read_to_the_empty_page(book: TronBook) -> None:
    exchange = book.exchange()
    history = source(exchange).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    assert [one.reason for one in history.coverage] == ["ok", "ok", "not_supported"]
    assert (history.coverage[0].rows, history.coverage[0].pages) == (25, 4)
    assert sum(row.amount for row in history.rows if row.kind == "fee") == fees(book)
    # Recomputed from the signed call data of the recording: 64 hex digits after the recipient's word.
    paid = [
        int(value["data"][72:136], 16)
        for row in book.rows
        if (value := row["raw_data"]["contract"][0]["parameter"]["value"]).get("contract_address") == USDT
        and value["data"].startswith("a9059cbb")
    ]
    tokens = [row for row in history.rows if row.asset == USDT_ASSET]
    assert len(tokens) == 17
    assert sum(row.amount for row in tokens) == sum(paid)
    assert 3_440_260_000 in {row.amount for row in tokens}
    orders = [row.order() for row in history.rows]
    assert orders == sorted(orders)
    assert len({row.id for row in history.rows}) == len(history.rows)
    assert all(row.id for row in history.rows)


def test_the_fingerprint_is_sent_and_the_link_of_the_reply_is_not_followed(book: TronBook) -> None:
    exchange = book.exchange()
    source(exchange).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    sent = [r for r in exchange.sent if r.url.endswith(f"/v1/accounts/{ACCOUNT}/transactions")]
    assert [r.params.get("fingerprint") for r in sent] == [None, "10", "20", "30"]
    assert {(r.params["order_by"], r.params["only_confirmed"], r.params["limit"]) for r in sent} == {
        ("block_timestamp,asc", "true", "200")
    }


def test_a_recorded_empty_page_with_a_fingerprint_is_the_end(book: TronBook, shared: Path) -> None:
    book.changes["trc20"] = lambda body: recording(shared, EMPTY_LIST)
    history = source(book.exchange()).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    assert (history.coverage[1].complete, history.coverage[1].pages) == (True, 1)


def test_a_full_page_without_a_fingerprint_is_cut_off(book: TronBook) -> None:
    row = book.rows[0]

    def full(body: Any) -> Any:
        return {"success": True, "meta": {}, "data": 200 * [row]}

    book.changes["transactions"] = full
    history = source(book.exchange()).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    assert (history.coverage[0].complete, history.coverage[0].reason) == (False, "full_page")
    assert {row.tx for row in history.rows} == {row["txID"] for row in book.rows[:1]}


def test_more_pages_than_allowed_are_said(book: TronBook) -> None:
    history = source(book.exchange(), max_pages=2).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    assert (history.coverage[0].reason, history.coverage[0].rows) == ("result_window", 20)


def test_the_window_above_the_final_block_is_asked_with_the_head(book: TronBook) -> None:
    late = copy.deepcopy(book.rows[0])
    late["blockNumber"], late["block_timestamp"] = TIP - 3, 1_592_755_500_000 - 9_000
    book.rows = [late]
    exchange = book.exchange()
    one = source(exchange)
    history = one.transfers(ACCOUNT, TIP - 100, TIP)
    assert {row.block for row in history.rows} == {TIP - 3}
    latest = one.head().latest.hash
    lists = {(q.head, q.params.get("only_confirmed")) for q in exchange.asked if q.endpoint.endswith("/transactions")}
    assert lists == {("", True), (latest, None)}
    infos = {(q.endpoint, q.head) for q in exchange.asked if "info" in q.endpoint}
    assert infos == {("/wallet/gettransactioninfobyid", latest)}
    assert [one.unconfirmed_from for one in history.coverage] == [None, None, TIP - 19, TIP - 19, TIP - 19]


def test_old_rows_without_a_block_number_get_it_from_the_result(shared: Path) -> None:
    book = TronBook(recording(shared, STAKER_LIST)["data"])
    assert sum("blockNumber" not in row for row in book.rows) == 18
    history = source(book.exchange()).transfers(STAKER, 0, TIP - 20)
    assert history.coverage[0].complete
    assert all(row.tx_index is not None for row in history.rows)
    # 17 TRC-10 payments, one of TRX; freezing, unfreezing and voting move nothing.
    assert sum(row.layer == "top" for row in history.rows) == 18


def test_a_life_that_adds_up_to_the_balance_has_no_gap(shared: Path) -> None:
    rows = recording(shared, STAKER_LIST)["data"]
    book = TronBook(rows)
    history = source(book.exchange()).transfers(STAKER, 0, TIP)
    assert not history.complete
    mine = [row for row in history.rows if row.asset == TRX]
    book.balance = sum(row.amount * ((row.recipient == STAKER) - (row.sender == STAKER)) for row in mine)
    assert book.balance > 0
    whole = source(book.exchange()).transfers(STAKER, 0, TIP)
    assert whole.complete
    assert source(book.exchange()).balance(STAKER, TRX, TIP) == book.balance
    assert source(book.exchange()).balance(STAKER, TRX, TIP - 1) is None


def test_g10_what_is_staked_lent_or_on_its_way_back_counts_as_held(shared: Path) -> None:
    book = TronBook(recording(shared, STAKER_LIST)["data"])
    history = source(book.exchange()).transfers(STAKER, 0, TIP)
    held = sum(
        row.amount * ((row.recipient == STAKER) - (row.sender == STAKER)) for row in history.rows if row.asset == TRX
    )
    account: dict[str, Any] = {
        "frozen": [{"frozen_balance": 1}],
        "frozenV2": [{"amount": 2}, {"type": "ENERGY", "amount": 3}, {"type": "TRON_POWER"}],
        "unfrozenV2": [{"unfreeze_amount": 4, "unfreeze_expire_time": 1}, {"type": "ENERGY", "unfreeze_amount": 5}],
        "delegated_frozen_balance_for_bandwidth": 6,
        "delegated_frozenV2_balance_for_bandwidth": 7,
        "acquired_delegated_frozenV2_balance_for_bandwidth": 1_000,
        "tron_power": {"frozen_balance": 8},
        "account_resource": {
            "frozen_balance_for_energy": {"frozen_balance": 9},
            "delegated_frozen_balance_for_energy": 10,
            "delegated_frozenV2_balance_for_energy": 11,
            "acquired_delegated_frozenV2_balance_for_energy": 1_000,
        },
    }
    book.balance = held - 66
    assert not source(book.exchange()).transfers(STAKER, 0, TIP).complete
    book.changes[":address"] = lambda body: {**body, "data": [one | account for one in body["data"]]}
    assert source(book.exchange()).balance(STAKER, TRX, TIP) == held
    assert source(book.exchange()).transfers(STAKER, 0, TIP).complete


@pytest.mark.parametrize("first", ["31303030303031", "1000001"])
def test_g10_the_other_side_of_an_exchange_is_asked_for(first: str) -> None:
    raw = "0a02" + b"_".hex()
    txid = hashlib.sha256(bytes.fromhex(raw)).hexdigest()
    value = {"owner_address": "41" + "11" * 20, "exchange_id": 2, "token_id": "5f", "quant": 50, "expected": 1}
    row = {
        "txID": txid,
        "raw_data_hex": raw,
        "raw_data": {"contract": [{"type": "ExchangeTransactionContract", "parameter": {"value": value}}]},
        "ret": [{"contractRet": "SUCCESS", "fee": 0}],
        "blockNumber": TIP - 100,
        "block_timestamp": 1_592_755_500_000 - 300_000,
    }
    book = TronBook([row])
    book.infos[txid] = {
        "id": txid,
        "blockNumber": TIP - 100,
        "blockTimeStamp": row["block_timestamp"],
        "exchange_received_amount": 70,
    }
    exchange = book.exchange()
    pair = {"exchange_id": 2, "first_token_id": first, "second_token_id": "5f"}
    exchange.say("/wallet/getexchangebyid", None, lambda query: pair)
    history = source(exchange).transaction(txid)
    assert [(one.kind, one.asset, one.amount) for one in history.rows] == [
        ("burn", TRX, 50),
        ("mint", f"{TRON}/trc10:1000001", 70),
    ]
    assert history.complete
    pair["second_token_id"] = "1000002"
    other = book.exchange()
    other.say("/wallet/getexchangebyid", None, lambda query: pair)
    assert not source(other).transaction(txid).complete


def test_an_internal_payment_in_somebody_elses_transaction_is_found_by_its_pointer(book: TronBook) -> None:
    donor = copy.deepcopy(book.rows[0])
    payee = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
    info = book.info(donor["txID"])
    call = {
        "caller_address": USDT,
        "transferTo_address": "41" + "00" * 20,
        "callValueInfo": [{"callValue": 11}],
        "note": b"call".hex(),
    }
    book.infos[donor["txID"]] = {**info, "internal_transactions": [call]}
    pointer = {
        "internal_tx_id": "cd" * 32,
        "tx_id": donor["txID"],
        "from_address": USDT,
        "to_address": "41" + "00" * 20,
        "block_timestamp": donor["block_timestamp"],
    }
    book.changes["transactions"] = lambda body: {**body, "data": [pointer] if body["data"] else []}
    history = source(book.exchange()).transfers(payee, TIP - 100_000, TIP - 20)
    assert [(row.kind, row.amount, row.recipient) for row in history.rows] == [("internal", 11, payee)]


def test_a_token_the_logs_do_not_show_is_a_gap(book: TronBook) -> None:
    row = book.rows[0]
    book.trc20 = [
        {
            "transaction_id": row["txID"],
            "block_timestamp": row["block_timestamp"],
            "from": ACCOUNT,
            "to": STAKER,
            "type": "Transfer",
            "value": "1",
            "token_info": {"address": base58(USDT)},
        }
    ]
    history = source(book.exchange()).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    (missing,) = [one for one in history.coverage if one.subject == row["txID"]]
    assert missing.reason == "inconsistent"
    assert row["txID"] not in {one.tx for one in history.rows}


@pytest.mark.parametrize("status", [403, 503])
def test_a_suspension_is_waited_for(book: TronBook, status: int) -> None:
    text = (
        b'{"Success":false,"Error":"The key exceeds the frequency limit(15), and the query server is suspended for 30s"'
        b',"StatusCode":403}'
    )
    exchange = book.exchange()
    newest = book.answer(Query("trongrid", TRON, "/wallet/getnowblock"))
    exchange.say("/wallet/getnowblock", None, Turns(Reply(status, "application/json", text), newest))
    assert source(exchange).head().latest.number == TIP
    exchange = book.exchange()
    exchange.say("/wallet/getnowblock", None, Reply(status, "application/json", text))
    with pytest.raises(RetryableError) as caught:
        source(exchange).head()
    assert (caught.value.after, caught.value.reason) == (31.0, "rate_limited")


def test_an_empty_result_is_not_an_answer(book: TronBook) -> None:
    book.changes["gettransactioninfobyid"] = lambda body: {}
    history = source(book.exchange()).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    assert history.rows == ()
    assert sum(not one.complete and one.endpoint == "transaction" for one in history.coverage) == 25


def test_a_transaction_is_read_whole(book: TronBook) -> None:
    row = book.rows[0]
    history = source(book.exchange()).transaction(row["txID"])
    assert history.complete
    assert [one.layer for one in history.rows] == ["fee", "log"]
    assert not source(book.exchange()).transaction("ab" * 32).complete


def test_a_row_outside_the_window_or_of_another_account_is_refused(book: TronBook) -> None:
    book.changes["transactions"] = lambda body: {
        **body,
        "data": [{**body["data"][0], "block_timestamp": 1}] if body["data"] else [],
    }
    history = source(book.exchange()).transfers(ACCOUNT, TIP - 100_000, TIP - 20)
    assert history.coverage[0].reason == "inconsistent"


def test_code_at_an_address_makes_it_a_contract(book: TronBook) -> None:
    one = source(book.exchange())
    assert one.is_contract(base58(USDT)) is True
    assert one.is_contract(ACCOUNT) is False


def test_the_key_goes_in_a_header_and_never_in_a_question(book: TronBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_TRONGRID_KEY", "secret-key-1234")
    exchange = book.exchange()
    source(exchange).transaction(book.rows[0]["txID"])
    assert {r.headers["TRON-PRO-API-KEY"] for r in exchange.sent} == {"secret-key-1234"}
    assert not any("secret-key-1234" in query.text() for query in exchange.asked)
    assert not any("secret-key-1234" in request.url for request in exchange.sent)
