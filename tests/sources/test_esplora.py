"""Bitcoin from Esplora: whole histories, outpoints followed forward, and everything that is not an answer."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from bitcoin_books import HOLDER, TIP, EsploraBook, as_esplora, block_hash, recorded
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_exchange import ScriptedExchange, Turns

from tracer.model import BITCOIN, native_asset
from tracer.net.query import NotHeld, PermanentError, Reply, RetryableError
from tracer.providers.bitcoin.esplora import Esplora
from tracer.providers.provider import BlockRef, Head

BTC = native_asset(BITCOIN)
assert BTC is not None
URL = "https://explorer.example/api"


@pytest.fixture
def book(shared: Path) -> EsploraBook:
    return EsploraBook([as_esplora(tx) for tx in recorded(shared)], page=5)


def source(exchange: ScriptedExchange, **settings: Any) -> Esplora:
    return Esplora(BITCOIN, exchange, URL, **settings)


def test_the_head_is_pinned_once_and_six_blocks_are_not_final(book: EsploraBook) -> None:
    exchange = book.exchange()
    head = source(exchange).head()
    assert (head.latest.number, head.latest.hash, head.final.number) == (TIP, block_hash(TIP), TIP - 6)
    book.tip += 5
    assert source(exchange).head() == head


def test_an_address_is_read_to_the_empty_page_and_agrees_with_what_the_recording_counts(book: EsploraBook) -> None:
    exchange = book.exchange()
    history = source(exchange).transfers(HOLDER, 0, TIP)
    assert history.complete
    assert len(history.transactions) == 13
    received = sum(c.amount for tx in history.transactions for c in tx.outputs if c.address == HOLDER)
    paid = sum(c.amount for tx in history.transactions for c in tx.inputs if c.address == HOLDER)
    # What Blockbook printed for the whole address: totalReceived, totalSent.
    assert (received, paid) == (92_089, 75_844)
    orders = [tx.order() for tx in history.transactions]
    assert orders == sorted(orders)
    index = {tx["txid"]: book.index_of(tx) for tx in book.transactions}
    assert all(tx.tx_index == index[tx.tx] for tx in history.transactions)
    (covered,) = history.coverage
    assert (covered.rows, covered.pages, covered.unconfirmed_from) == (13, 4, TIP - 5)
    pages = [r.url for r in exchange.sent if "/txs/chain" in r.url]
    assert pages[0] == f"{URL}/address/{HOLDER}/txs/chain"
    assert pages[1].startswith(f"{URL}/address/{HOLDER}/txs/chain/")
    assert source(exchange).balance(HOLDER, BTC, TIP) == 16_245


def test_final_pages_keep_their_answer_and_the_newest_page_belongs_to_the_head(book: EsploraBook) -> None:
    exchange = book.exchange()
    source(exchange).transfers(HOLDER, 0, TIP)
    heads = {
        ("first" if "last" not in q.params else "older"): q.head
        for q in exchange.asked
        if q.endpoint == "/address/:address/txs/chain"
    }
    assert heads == {"first": block_hash(TIP), "older": ""}


def test_a_window_gives_its_blocks_only_and_two_windows_give_all(book: EsploraBook) -> None:
    one = source(book.exchange())
    whole = one.transfers(HOLDER, 0, TIP).transactions
    middle = whole[6].block
    early, late = one.transfers(HOLDER, 0, middle), one.transfers(HOLDER, middle + 1, TIP)
    assert early.transactions + late.transactions == whole
    assert early.coverage[0].unconfirmed_from is None
    assert one.balance(HOLDER, BTC, whole[0].block - 1) == 0


def test_an_outpoint_has_the_transaction_that_makes_it_and_the_one_that_spends_it(book: EsploraBook) -> None:
    one = source(book.exchange())
    whole = one.transfers(HOLDER, 0, TIP).transactions
    ids = {tx.tx: tx for tx in whole}
    spends = [(coin, tx) for tx in whole for coin in tx.inputs if coin.outpoint[:64] in ids]
    assert spends
    for coin, spender in spends:
        history = one.transfers(coin.outpoint, 0, TIP)
        assert history.complete
        assert history.transactions == tuple(sorted((ids[coin.outpoint[:64]], spender), key=lambda tx: tx.order()))
        assert one.balance(coin.outpoint, BTC, TIP) == 0
        assert one.balance(coin.outpoint, BTC, spender.block - 1) == coin.amount


def test_an_unspent_outpoint_is_held_as_of_the_pinned_head(book: EsploraBook) -> None:
    exchange = book.exchange()
    one = source(exchange)
    whole = one.transfers(HOLDER, 0, TIP).transactions
    spent = {coin.outpoint for tx in whole for coin in tx.inputs}
    coin = next(c for tx in whole for c in tx.outputs if c.address == HOLDER and c.outpoint not in spent)
    history = one.transfers(coin.outpoint, 0, TIP)
    assert (history.complete, len(history.transactions)) == (True, 1)
    assert one.balance(coin.outpoint, BTC, TIP) == coin.amount
    assert {q.head for q in exchange.asked if q.endpoint == "/tx/:txid/outspends"} == {block_hash(TIP)}


def test_a_spend_that_no_block_holds_or_a_later_block_holds_is_none(book: EsploraBook) -> None:
    for change in ({"confirmed": False}, {"confirmed": True, "block_height": TIP + 1}):
        world = EsploraBook(deepcopy(book.transactions))
        ids = {tx["txid"] for tx in world.transactions}
        spender = next(tx for tx in world.transactions if any(vin["txid"] in ids for vin in tx["vin"]))
        spender["status"].update(change)
        vin = next(vin for vin in spender["vin"] if vin["txid"] in ids)
        outpoint = f"{vin['txid']}:{vin['vout']}"
        history = source(world.exchange()).transfers(outpoint, 0, TIP)
        assert (history.complete, len(history.transactions)) == (True, 1)


def test_a_list_shorter_than_the_count_is_not_whole(book: EsploraBook) -> None:
    book.changes["/address/:address/txs/chain"] = lambda rows: [r for r in rows if r is not book.transactions[4]]
    history = source(book.exchange()).transfers(HOLDER, 0, TIP)
    assert not history.complete
    assert history.coverage[0].reason == "inconsistent"
    assert len(history.transactions) == 12
    assert source(book.exchange()).balance(HOLDER, BTC, TIP) is None


def test_sums_that_do_not_agree_are_not_whole(book: EsploraBook) -> None:
    def more(body: dict[str, Any]) -> dict[str, Any]:
        body["chain_stats"]["spent_txo_sum"] += 1
        return body

    book.changes["/address/:address"] = more
    (covered, *_) = source(book.exchange()).transfers(HOLDER, 0, TIP).coverage
    assert (covered.complete, covered.reason) == (False, "inconsistent")
    assert "75844" in covered.detail


def test_an_address_used_while_it_is_read_is_not_whole(book: EsploraBook) -> None:
    exchange = book.exchange()
    one = source(exchange)
    one.size(HOLDER)
    removed = book.transactions.pop(0)
    (covered, *_) = one.transfers(HOLDER, 0, TIP).coverage
    assert (covered.complete, covered.reason) == (False, "inconsistent")
    assert removed["txid"] not in {tx.tx for tx in one.transfers(HOLDER, 0, TIP).transactions}


def test_a_page_limit_says_how_many_were_not_read(book: EsploraBook) -> None:
    (covered, *_) = source(book.exchange(), max_pages=2).transfers(HOLDER, 0, TIP).coverage
    assert (covered.complete, covered.reason, covered.detail) == (
        False,
        "result_window",
        "3 older transactions were not read.",
    )


def test_a_transaction_stands_with_its_place(book: EsploraBook) -> None:
    txid = book.transactions[3]["txid"]
    history = source(book.exchange()).transaction(txid)
    assert history.complete
    (tx,) = history.transactions
    assert (tx.tx, tx.tx_index) == (txid, 0)


def test_a_transaction_nobody_knows_is_a_gap_not_an_empty_answer(book: EsploraBook) -> None:
    history = source(book.exchange()).transaction("ab" * 32)
    assert not history.complete
    assert "404" in history.coverage[0].detail


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(200, "text/plain", b"Too many history entries"), RetryableError),
        (Reply(200, "text/html", b"<html>busy</html>"), RetryableError),
        (Reply(200, "application/json", b'{"address": "bc1q'), RetryableError),
        (Reply(429, "text/plain", b"slow down"), RetryableError),
        (Reply(503, "text/plain", b""), RetryableError),
        (Reply(400, "text/plain", b"Invalid Bitcoin address"), PermanentError),
        (Reply(200, "application/json", b'{"address": "someone else", "chain_stats": {}}'), PermanentError),
        (Reply(200, "application/json", b'["a list"]'), PermanentError),
    ],
)
def test_whatever_is_not_an_answer_is_raised_and_covered(
    book: EsploraBook, reply: Reply, error: type[Exception]
) -> None:
    exchange = book.exchange()
    exchange.say("/address/:address", None, reply)
    if error is PermanentError:
        assert source(exchange).size(HOLDER) is None
        assert source(exchange).balance(HOLDER, BTC, TIP) is None
    else:
        with pytest.raises(error):
            source(exchange).size(HOLDER)
    history = source(exchange).transfers(HOLDER, 0, TIP)
    assert not history.complete
    assert history.transactions == ()


def test_a_passing_fault_is_asked_again(book: EsploraBook) -> None:
    exchange = book.exchange()
    exchange.say("/blocks/tip/hash", None, Turns(Reply(503, "text/plain", b""), "not a hash", block_hash(TIP)))
    assert source(exchange).head().latest.number == TIP


def test_a_fee_that_does_not_fit_or_a_foreign_transaction_is_refused(book: EsploraBook) -> None:
    def fee(rows: list[Any]) -> list[Any]:
        return [{**row, "fee": row["fee"] + 1} for row in rows]

    def foreign(rows: list[Any]) -> list[Any]:
        return [{**rows[0], "vin": [], "vout": [], "fee": 0}]

    def shuffled(rows: list[Any]) -> list[Any]:
        return rows[::-1]

    for change in (fee, foreign, shuffled):
        book.changes["/address/:address/txs/chain"] = change
        (covered, *_) = source(book.exchange()).transfers(HOLDER, 0, TIP).coverage
        assert (covered.complete, covered.reason) == (False, "inconsistent")


def test_a_place_in_another_block_is_a_gap(book: EsploraBook) -> None:
    book.changes["/tx/:txid/merkle-proof"] = lambda body: {**body, "block_height": 1}
    history = source(book.exchange()).transfers(HOLDER, 0, TIP)
    assert len(history.transactions) == 13
    assert [one.reason for one in history.coverage if not one.complete] == 13 * ["inconsistent"]


def test_offline_the_same_questions_have_the_same_answers_and_others_are_named(book: EsploraBook) -> None:
    exchange = book.exchange()
    live = source(exchange).transfers(HOLDER, 0, TIP)
    exchange.offline = True
    assert source(exchange).transfers(HOLDER, 0, TIP) == live
    with pytest.raises(NotHeld):
        source(exchange).transaction("cd" * 32)


def test_after_a_reorganisation_the_newest_is_asked_again_and_the_final_is_not(book: EsploraBook) -> None:
    moved = book.transactions[0]["status"]
    moved.update(block_height=TIP - 2, block_hash="aa" * 32)
    exchange = book.exchange()
    one = source(exchange)
    before, head = one.transfers(HOLDER, 0, TIP), one.head()
    moved.update(block_height=TIP - 1, block_hash="bb" * 32)
    one.pin(Head(BlockRef(TIP, "ee" * 32, 1_600_700_001), head.final))
    already = len(exchange.sent)
    after = one.transfers(HOLDER, 0, TIP)
    assert [tx.block_hash for tx in (before.transactions[-1], after.transactions[-1])] == ["aa" * 32, "bb" * 32]
    assert before.transactions[:-1] == after.transactions[:-1]
    again = [request.url.removeprefix(URL) for request in exchange.sent[already:]]
    assert sorted(again) == sorted(
        [
            f"/address/{HOLDER}",
            f"/address/{HOLDER}",
            f"/address/{HOLDER}/txs/chain",
            f"/block/{'bb' * 32}",
            f"/tx/{book.transactions[0]['txid']}/merkle-proof",
        ]
    )
    # Whoever ends at the old head still gets the old answers.
    old = source(exchange)
    old.pin(head)
    exchange.offline = True
    assert old.transfers(HOLDER, 0, TIP) == before


@st.composite
def books(draw: st.DrawFn) -> EsploraBook:
    """Draw a chain of up to thirty transactions over a few addresses, coins spent at most once."""
    names = [f"bc1q{name}" for name in ("one", "two", "three")] + [""]
    coins: list[tuple[str, int, str, int]] = []
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 30))):
        spent = draw(st.lists(st.sampled_from(range(len(coins))), max_size=3, unique=True)) if coins else []
        inputs = [coins[index] for index in spent]
        coins = [coin for index, coin in enumerate(coins) if index not in spent]
        total = sum(coin[3] for coin in inputs) if inputs else 1_000
        paid = [total * draw(st.integers(0, 3)) // 9 for _ in range(draw(st.integers(1, 3)))]
        txid = f"{number + 1:064x}"
        outputs = [(txid, n, draw(st.sampled_from(names)), amount) for n, amount in enumerate(paid)]
        coins += outputs

        def printed(coin: tuple[str, int, str, int]) -> dict[str, Any]:
            return {"value": coin[3], **({"scriptpubkey_address": LETTERS[coin[2]]} if coin[2] else {})}

        height = 10 + number // 3
        vin = [{"txid": c[0], "vout": c[1], "is_coinbase": False, "prevout": printed(c)} for c in inputs]
        rows.append(
            {
                "txid": txid,
                "vin": vin or [{"is_coinbase": True, "prevout": None}],
                "vout": [printed(coin) for coin in outputs],
                "fee": total - sum(paid) if inputs else 0,
                "status": {
                    "confirmed": True,
                    "block_height": height,
                    "block_hash": block_hash(height),
                    "block_time": 1_600_000_000 + height,
                },
            }
        )
    return EsploraBook(rows[::-1], page=draw(st.integers(1, 7)), tip=40)


LETTERS = {
    "bc1qone": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1qtwo": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "bc1qthree": HOLDER,
}


@settings(max_examples=30)
@given(books(), st.integers(8, 22), st.integers(8, 22))
def test_any_chain_in_any_pages_is_read_as_it_is(book: EsploraBook, since: int, until: int) -> None:
    one = source(book.exchange())
    by_id = {tx["txid"]: tx for tx in book.transactions}
    spenders = {f"{v['txid']}:{v['vout']}": tx["txid"] for tx in book.transactions for v in tx["vin"] if "txid" in v}
    for address in LETTERS.values():
        touching = [
            tx["txid"]
            for tx in book.transactions
            if any(
                c.get("scriptpubkey_address") == address
                for c in [*tx["vout"], *(v["prevout"] or {} for v in tx["vin"])]
            )
            and since <= tx["status"]["block_height"] <= until
        ]
        history = one.transfers(address, since, until)
        assert sorted(tx.tx for tx in history.transactions) == sorted(touching)
        assert history.complete
    for txid, tx in by_id.items():
        for n, coin in enumerate(tx["vout"]):
            outpoint = f"{txid}:{n}"
            spender = spenders.get(outpoint)
            history = one.transfers(outpoint, 0, 40)
            assert {found.tx for found in history.transactions} == {txid, *([spender] if spender else [])}
            assert one.balance(outpoint, BTC, 40) == (0 if spender else coin["value"])
