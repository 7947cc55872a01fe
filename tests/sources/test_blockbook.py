"""Blockbook's recorded pages give what the same transactions give through Esplora."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bitcoin_books import HOLDER, TIP, BlockbookBook, EsploraBook, as_esplora, block_hash, recorded

from tracer.model import BITCOIN, native_asset
from tracer.net.query import PermanentError
from tracer.providers.bitcoin.blockbook import Blockbook
from tracer.providers.bitcoin.esplora import Esplora

BTC = native_asset(BITCOIN)
assert BTC is not None


@pytest.fixture
def book(shared: Path) -> BlockbookBook:
    return BlockbookBook(recorded(shared), page=5)


def source(book: BlockbookBook, **settings: Any) -> Blockbook:
    return Blockbook(BITCOIN, book.exchange(), "https://blockbook.example", **settings)


def test_the_recorded_address_is_whole_and_its_balance_is_the_printed_one(book: BlockbookBook) -> None:
    one = source(book)
    history = one.transfers(HOLDER, 0, TIP)
    assert history.complete
    assert (len(history.transactions), history.coverage[0].pages) == (13, 3)
    assert one.balance(HOLDER, BTC, TIP) == 16_245
    assert one.size(HOLDER) == 13


def test_two_providers_agree_on_everything_but_their_name(book: BlockbookBook) -> None:
    esplora = Esplora(
        BITCOIN, EsploraBook([as_esplora(tx) for tx in book.transactions]).exchange(), "https://e.example"
    )
    blockbook = source(book)
    here, there = (one.transfers(HOLDER, 0, TIP).transactions for one in (blockbook, esplora))
    plain = [[replace(tx, source="", tx_index=None) for tx in rows] for rows in (here, there)]
    assert sorted(plain[0], key=lambda tx: tx.tx) == sorted(plain[1], key=lambda tx: tx.tx)
    for tx in here:
        for coin in tx.outputs:
            if coin.address == HOLDER:
                ids = [
                    [t.tx for t in one.transfers(coin.outpoint, 0, TIP).transactions] for one in (blockbook, esplora)
                ]
                assert sorted(ids[0]) == sorted(ids[1])


def test_the_head_and_places_come_from_blocks(book: BlockbookBook) -> None:
    one = source(book)
    assert (one.head().latest.hash, one.head().final.number) == (block_hash(TIP), TIP - 6)
    # Three other transactions stand before the recorded ones of a block, and one block holds two of those.
    places = [tx.tx_index for tx in one.transfers(HOLDER, 0, TIP).transactions]
    assert sorted(places, key=str) == 12 * [3] + [4]


def test_the_page_asked_for_and_its_size_are_sent(book: BlockbookBook) -> None:
    exchange = book.exchange()
    Blockbook(BITCOIN, exchange, "https://blockbook.example").size(HOLDER)
    assert exchange.sent[-1].url == f"https://blockbook.example/api/v2/address/{HOLDER}"
    assert exchange.sent[-1].params == {"page": "1", "pageSize": "1000", "details": "txs"}


def test_a_missing_transaction_or_a_wrong_sum_is_not_whole(book: BlockbookBook) -> None:
    for change in ({"txs": 14}, {"totalSent": "1"}):
        book.changes["/api/v2/address/:address"] = lambda body, change=change: {**body, **change}
        (covered, *_) = source(book).transfers(HOLDER, 0, TIP).coverage
        assert (covered.complete, covered.reason) == (False, "inconsistent")


def test_another_page_than_the_one_asked_for_is_refused(book: BlockbookBook) -> None:
    book.changes["/api/v2/address/:address"] = lambda body: {**body, "page": 1}
    (covered, *_) = source(book).transfers(HOLDER, 0, TIP).coverage
    assert covered.reason == "inconsistent"


def test_a_page_limit_is_said(book: BlockbookBook) -> None:
    (covered, *_) = source(book, max_pages=2).transfers(HOLDER, 0, TIP).coverage
    assert (covered.reason, covered.detail) == ("result_window", "1 of 3 pages were not read.")


def test_a_pending_transaction_is_left_out(book: BlockbookBook) -> None:
    pending = {**book.transactions[0], "txid": "ab" * 32, "blockHeight": -1}
    book.changes["/api/v2/address/:address"] = lambda body: {
        **body,
        "transactions": [pending, *body["transactions"]],
    }
    assert source(book).transfers(HOLDER, 0, TIP).complete


def test_an_output_without_an_address_has_no_known_spender(book: BlockbookBook) -> None:
    book.transactions[0]["vout"][0] = {"value": "1000", "n": 0, "addresses": ["OP_RETURN"], "isAddress": False}
    history = source(book).transfers(f"{book.transactions[0]['txid']}:0", 0, TIP)
    assert [one.reason for one in history.coverage] == ["not_supported"]


def test_a_server_that_is_behind_is_refused(book: BlockbookBook) -> None:
    book.in_sync = False
    with pytest.raises(PermanentError, match="not in sync"):
        source(book).head()


def test_an_unknown_transaction_is_a_gap(book: BlockbookBook) -> None:
    history = source(book).transaction("ab" * 32)
    assert not history.complete
    assert source(book).transaction(book.transactions[0]["txid"]).complete
