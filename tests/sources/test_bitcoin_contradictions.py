"""A provider of Bitcoin data that contradicts itself is not called whole, and what it contradicts is not counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bitcoin_books import EsploraBook, block_hash

from tracer.chains.bitcoin import parse_esplora_tx
from tracer.chains.bitcoin_checks import contradictions
from tracer.collect.blocks import Unsteady, _Coins
from tracer.collect.rows import settle
from tracer.model import BITCOIN, ChainId, Coin, CollectedTx
from tracer.providers.bitcoin.esplora import Esplora
from tracer.providers.provider import History

ME, YOU = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"
ONE, TWO, THREE = (f"{number:064x}" for number in (1, 2, 3))


def printed(txid: str, height: int, inputs: list[tuple[str, int, int, str]], outputs: list[tuple[int, str]]) -> Any:
    vin = [
        {"txid": tx, "vout": n, "is_coinbase": False, "prevout": {"value": value, "scriptpubkey_address": who}}
        for tx, n, value, who in inputs
    ]
    status = {"confirmed": True, "block_height": height, "block_hash": block_hash(height), "block_time": height}
    return {
        "txid": txid,
        "vin": vin or [{"is_coinbase": True, "prevout": None}],
        "vout": [{"value": value, "scriptpubkey_address": who} for value, who in outputs],
        "fee": sum(value for _, _, value, _ in inputs) - sum(value for value, _ in outputs) if inputs else 0,
        "status": status,
    }


MAKER = printed(ONE, 10, [], [(1_000, ME)])


def source(*newest_first: Any, **changes: Any) -> Esplora:
    return Esplora(
        BITCOIN, EsploraBook(list(newest_first), tip=40, changes=changes).exchange(), "https://a.example/api"
    )


def gaps(history: History) -> list[tuple[str, str]]:
    return [(one.endpoint, one.reason) for one in history.coverage if not one.complete]


def test_g11_an_honest_spend_is_whole() -> None:
    history = source(printed(TWO, 12, [(ONE, 0, 1_000, ME)], [(900, YOU)]), MAKER).transfers(f"{ONE}:0", 0, 40)
    assert history.complete
    assert [tx.tx for tx in history.transactions] == [ONE, TWO]


@pytest.mark.parametrize(
    ("spender", "words"),
    [
        (printed(TWO, 12, [(ONE, 0, 100_000, ME)], [(90_000, YOU)]), "was made with 1000"),
        (printed(TWO, 12, [(ONE, 0, 500, ME)], [(400, YOU)]), "was made with 1000"),
        (printed(TWO, 12, [(ONE, 0, 1_000, YOU)], [(900, YOU)]), "another address"),
        (printed(TWO, 12, [(ONE, 0, 1_000, ME), (ONE, 0, 1_000, ME)], [(900, YOU)]), "2 times"),
        (printed(TWO, 9, [(ONE, 0, 1_000, ME)], [(900, YOU)]), "before it was made"),
    ],
)
def test_g11_a_spend_that_its_maker_contradicts_is_a_gap_and_not_counted(spender: Any, words: str) -> None:
    # An address's own list need not show it: there a spend of another's, or out of order, is not among its rows.
    in_list = ME if words not in ("another address", "before it was made") else f"{ONE}:0"
    for asked in (f"{ONE}:0", in_list):
        history = source(spender, MAKER).transfers(asked, 0, 40)
        assert [tx.tx for tx in history.transactions] == [ONE]
        assert gaps(history) == [("contradiction", "inconsistent")]
        assert any(words in one.detail and TWO in one.detail for one in history.coverage)


def test_g11_a_coin_spent_by_two_is_spent_by_neither() -> None:
    first, second = (printed(txid, 12, [(ONE, 0, 1_000, ME)], [(900, YOU)]) for txid in (TWO, THREE))
    history = source(first, second, MAKER).transfers(ME, 0, 40)
    assert [tx.tx for tx in history.transactions] == [ONE]
    assert len(gaps(history)) == 2


def test_g11_a_balance_does_not_rest_on_a_contradicted_history() -> None:
    spender = printed(TWO, 12, [(ONE, 0, 100_000, ME)], [(90_000, YOU)])
    asset = "bip122:000000000019d6689c085ae165831e93/slip44:0"
    assert source(spender, MAKER).balance(ME, asset, 40) is None  # type: ignore[arg-type]


def test_g11_a_transaction_above_the_head_is_not_in_a_block() -> None:
    history = source(printed(TWO, 41, [(ONE, 0, 1_000, ME)], [(900, YOU)]), MAKER).transfers(f"{ONE}:0", 0, 40)
    assert [tx.tx for tx in history.transactions] == [ONE]


@pytest.mark.parametrize(
    "change",
    [
        {"/block/:hash": lambda body: {**body, "tx_count": 1}},
        {"/block/:hash": lambda body: {**body, "height": body["height"] + (body["height"] == 10)}},
        {"/tx/:txid/merkle-proof": lambda body: {**body, "pos": 9_999}},
    ],
)
def test_g11_an_index_beyond_the_block_and_the_hash_of_another_block_are_gaps(change: dict[str, Any]) -> None:
    other = printed(THREE, 10, [], [(5, ME)])
    history = source(other, MAKER, **change).transfers(ME, 0, 39)
    assert ("/tx/:txid/merkle-proof", "inconsistent") in gaps(history)


def test_g11_what_two_histories_contradict_is_taken_out_of_both() -> None:
    def made(tx: str, block: int, spent: list[Coin], paid: list[Coin]) -> CollectedTx:
        return CollectedTx(BITCOIN, block, "", 0, tx, None, tuple(spent), tuple(paid), "esplora")

    maker = made(ONE, 10, [], [Coin(f"{ONE}:0", ME, 4)])
    spender = made(TWO, 11, [Coin(f"{ONE}:0", ME, 400)], [Coin(f"{TWO}:0", YOU, 400)])
    held: dict[tuple[ChainId, str], History] = {
        (BITCOIN, f"{ONE}:0"): History(transactions=(maker,)),
        (BITCOIN, f"{TWO}:0"): History(transactions=(spender,)),
    }
    settle(held, {})
    assert held[BITCOIN, f"{ONE}:0"].complete
    assert held[BITCOIN, f"{TWO}:0"].transactions == ()
    assert gaps(held[BITCOIN, f"{TWO}:0"]) == [("contradiction", "inconsistent")]


def test_g11_inside_a_block_the_maker_stands_before_the_spender() -> None:
    def made(tx: str, index: int, spent: list[Coin], paid: list[Coin]) -> CollectedTx:
        return CollectedTx(BITCOIN, 10, "", 0, tx, index, tuple(spent), tuple(paid), "esplora")

    coin = Coin(f"{ONE}:0", ME, 4)
    maker = made(ONE, 5, [], [coin])
    assert contradictions([maker, made(TWO, 6, [coin], [])]) == {}
    assert list(contradictions([maker, made(TWO, 4, [coin], [])])) == [TWO]


def test_g15_a_transaction_of_many_outputs_is_read_once_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counting(tx: Any, **given: Any) -> Any:
        found = parse_esplora_tx(tx, **given)
        read.append(tx.get("txid").text())
        return found

    monkeypatch.setattr("tracer.providers.bitcoin.esplora.parse_esplora_tx", counting)
    payer = printed(ONE, 10, [], [(1_000 + number, YOU) for number in range(200)])
    spenders = [printed(f"{1_000 + n:064x}", 12, [(ONE, n, 1_000 + n, YOU)], [(900, ME)]) for n in range(200)]
    asked = source(*spenders, payer)
    for number in range(200):
        assert asked.transfers(f"{ONE}:{number}", 0, 40).complete
    assert read.count(ONE) == 1


@pytest.mark.parametrize("said", [0, 10 + 31_536_000])
def test_g11_the_time_of_a_transaction_is_that_of_its_block_and_another_is_named(said: int) -> None:
    wrong = {**MAKER, "status": {**MAKER["status"], "block_time": said}}
    history = source(wrong, **{"/block/:hash": lambda body: {**body, "timestamp": 1_231_006_505}}).transfers(ME, 0, 39)
    assert [tx.time for tx in history.transactions] == [1_231_006_505]
    assert gaps(history) == [("contradiction", "inconsistent")]
    assert "its block, 10, of 2009-01-03T18:15:05Z" in history.coverage[-1].detail


@pytest.mark.parametrize("changes", [{"time": 5}, {"block_hash": "f" * 64}])
def test_g11_a_height_has_one_hash_and_one_time(changes: dict[str, Any]) -> None:
    def made(tx: str, block: int) -> CollectedTx:
        return CollectedTx(BITCOIN, block, f"{block:064x}", 0, tx, None, (), (Coin(f"{tx}:0", ME, 4),), "esplora")

    apart = [made(ONE, 10), replace(made(TWO, 10), **changes), made(THREE, 11)]
    assert list(contradictions(apart)) == [ONE, TWO]
    coins = _Coins()
    coins.add(apart[0])
    with pytest.raises(Unsteady):
        coins.add(apart[1])
