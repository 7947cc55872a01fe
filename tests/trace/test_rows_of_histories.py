"""Collected movements become rows: each once, in chain order, two equal payments staying two."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from fake_chain import CHAIN, HOLDERS, TOKEN, FakeChain, bitcoin_tx, chains, coin
from hypothesis import given
from hypothesis import strategies as st

from tracer.bundle.derived import ledger_csv, transfers_csv
from tracer.collect.rows import rows_of, unique_rows
from tracer.errors import DataFileError, SourceError
from tracer.io.tables import read_ledger, read_transfers
from tracer.ledger import ledger_from_rows
from tracer.model import LOCAL_BITCOIN, LedgerLeg, Transfer
from tracer.providers.provider import History

A, B, C = HOLDERS[:3]
TX = "0x" + "5" * 64


def test_two_equal_payments_of_one_transaction_are_two_and_one_seen_from_both_sides_is_one() -> None:
    chain = FakeChain()
    chain.add(5, TX, A, B, 7, layer="call", place=(0,), kind="internal")
    chain.add(5, TX, A, B, 7, layer="call", place=(1,), kind="internal")
    transfers, _ = rows_of([History(tuple(chain.rows)), History(tuple(chain.rows))])
    assert [(row.position, row.amount) for row in transfers] == [(0, 7), (1, 7)]


def test_without_ids_a_transaction_has_as_many_equal_payments_as_the_history_that_lists_most() -> None:
    chain = FakeChain()
    for _ in range(2):
        chain.add(5, TX, A, B, 7)
    nameless = [replace(row, place=None, source="explorer") for row in chain.rows]
    assert len(unique_rows([History(tuple(nameless)), History(tuple(nameless[:1]))])) == 2
    named = [replace(row, layer="top", place=(index,)) for index, row in enumerate(chain.rows)]
    assert unique_rows([History(tuple(nameless)), History(tuple(named))]) == named
    assert len(unique_rows([History(tuple(nameless)), History(tuple(named[:1]))])) == 2


def test_two_sources_that_contradict_each_other_on_an_id_are_named() -> None:
    chain = FakeChain()
    chain.add(5, TX, A, B, 7)
    lies = replace(chain.rows[0], amount=8, source="liar")
    with pytest.raises(SourceError, match="fake and liar contradict each other"):
        rows_of([History(tuple(chain.rows)), History((lies,))])
    tx = bitcoin_tx(LOCAL_BITCOIN, 3, "a" * 64, [coin("b" * 64 + ":0", 9)], [coin("a" * 64 + ":0", 8)])
    with pytest.raises(SourceError, match="contradict"):
        rows_of([History((), (tx,)), History((), (replace(tx, outputs=()),))])


@given(chains(), st.integers(0, 1_000))
def test_the_order_of_histories_and_of_rows_in_them_does_not_matter(
    worlds: tuple[FakeChain, FakeChain], seed: int
) -> None:
    rows = list(worlds[0].rows)
    histories = [History(tuple(row for row in rows if holder in (row.sender, row.recipient))) for holder in HOLDERS]
    shuffled = [History(tuple(Random(seed).sample(one.rows, len(one.rows)))) for one in histories]
    Random(seed).shuffle(shuffled)
    assert transfers_csv(rows_of(histories)[0]) == transfers_csv(rows_of(shuffled)[0])


@given(chains())
def test_rows_are_read_back_from_their_table_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, worlds: tuple[FakeChain, FakeChain]
) -> None:
    transfers, _ = rows_of([History(tuple(worlds[0].rows))])
    path = tmp_path_factory.mktemp("rows") / "transfers.csv"
    path.write_text(transfers_csv(transfers), "utf-8")
    assert read_transfers(path).transfers == transfers


def test_a_bitcoin_transaction_is_debits_credits_and_its_fee_and_a_coinbase_has_none() -> None:
    base = bitcoin_tx(LOCAL_BITCOIN, 1, "a" * 64, [], [coin("a" * 64 + ":0", 50)], 0)
    spend = bitcoin_tx(
        LOCAL_BITCOIN, 2, "b" * 64, [coin("a" * 64 + ":0", 50)], [coin("b" * 64 + ":0", 30), coin("b" * 64 + ":1", 15)]
    )
    _, legs = rows_of([History((), (spend, base)), History((), (spend,))])
    assert [(leg.row, leg.side, leg.holder[-2:], leg.amount, leg.kind) for leg in legs] == [
        (1, "credit", ":0", 50, ""),
        (2, "debit", ":0", 50, ""),
        (3, "credit", ":0", 30, ""),
        (4, "credit", ":1", 15, ""),
        (5, "credit", "", 5, "fee"),
    ]
    events = ledger_from_rows(legs).events
    assert [event.kind for event in events] == ["mint", "transfer"]
    assert ledger_csv(legs, {LOCAL_BITCOIN: "fake"}).count("fake") == 5


def test_legs_are_read_back_from_their_table_as_they_were(tmp_path_factory: pytest.TempPathFactory) -> None:
    address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    spend = bitcoin_tx(
        LOCAL_BITCOIN,
        2,
        "b" * 64,
        [coin("a" * 64 + ":0", 50, address)],
        [coin("b" * 64 + ":0", 30), coin("b" * 64 + ":1", 0)],
    )
    _, legs = rows_of([History((), (spend,))])
    path = tmp_path_factory.mktemp("legs") / "ledger.csv"
    path.write_text(ledger_csv(legs, {LOCAL_BITCOIN: "fake"}), "utf-8")
    read = read_ledger(path)
    assert (tuple(replace(leg, whole=True) for leg in read.legs), read.notes) == (legs, ())
    assert not any(leg.whole for leg in read.legs)


def test_chains_of_both_kinds_stand_in_one_order_by_time_each_in_its_own_order() -> None:
    chain = FakeChain()
    chain.add(5, TX, A, B, 7)
    chain.add(900, "0x" + "6" * 64, B, C, 7)
    late = bitcoin_tx(LOCAL_BITCOIN, 4, "a" * 64, [], [coin("a" * 64 + ":0", 50)], 0)
    transfers, legs = rows_of([History(tuple(chain.rows), (late,))])
    both: tuple[Transfer | LedgerLeg, ...] = (*legs, *transfers)
    ledger = ledger_from_rows(both)
    assert [event.tx[:4] for event in ledger.events] == ["0x55", "aaaa", "0x66"]
    assert [event.index for event in ledger.events] == [0, 1, 2]
    assert [leg.row for event in ledger.events for part in event.parts for leg in part.credits] == [0, 1, 2]
    assert ledger_from_rows(transfers) == ledger_from_rows(transfers)


def test_one_event_is_given_as_transfers_or_as_legs_never_both() -> None:
    leg = LedgerLeg(1, "e", "credit", A, A, TOKEN, 5, CHAIN, 1, 1, "", "")
    row = Transfer(2, CHAIN, 1, None, 1, "", "", A, B, TOKEN, 5, "e")
    with pytest.raises(DataFileError, match="made of transfers and of ledger legs"):
        ledger_from_rows((leg, row))
