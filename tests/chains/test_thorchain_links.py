"""Swap links against recorded Midgard replies and known swaps."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tracer.chains.fields import FaultyReply, Field
from tracer.chains.thorchain import MAYACHAIN, THORCHAIN, SwapLink, SwapMemo, parse_action, parse_memo
from tracer.chains.thorchain_merge import merge_actions
from tracer.model import ChainId

ETHEREUM = ChainId("eip155:1")
FILES = {
    "xchain-aggregator____mocks____mayachain__midgard__responses__actions.json": MAYACHAIN,
    "xchain-aggregator____mocks____thorchain__midgard__responses__actions.json": THORCHAIN,
    "xchain-mayachain-query____mocks____responses__midgard__actions.json": MAYACHAIN,
    "xchain-mayamidgard-query____mocks____midgard__responses__actions.json": MAYACHAIN,
    "xchain-midgard-query____mocks____responses__midgard__actions.json": THORCHAIN,
    "xchain-thorchain-query____mocks____responses__midgard__actions.json": THORCHAIN,
}


def folder(shared: Path) -> Path:
    return shared / "data" / "thorchain_maya_mocks"


def actions(shared: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder(shared) / name).read_text())["actions"]
    return found


def unchained(shared: Path) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((folder(shared) / "unchained_midgard_swap_responses.json").read_text())
    return recorded


def links(rows: list[dict[str, Any]], network: ChainId = THORCHAIN) -> tuple[SwapLink, ...]:
    return merge_actions(parse_action(Field(row), network=network) for row in rows)


def test_every_recorded_action_is_read_and_no_pending_swap_is_followed(shared: Path) -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    for name, network in FILES.items():
        for row in actions(shared, name):
            link = parse_action(Field(row), network=network).link
            kinds[link.types[0], link.status] += 1
            assert link.is_followable == (link.status == "success" and link.types == ("swap",))
    assert kinds == {
        ("swap", "success"): 12,
        ("swap", "pending"): 2,
        ("addLiquidity", "success"): 1,
        ("donate", "success"): 1,
    }


def test_a_swap_links_two_transactions_of_ethereum(shared: Path) -> None:
    txid = "8C859BA50BC2351797F52F954971E1C6BA1F0A77610AC197BD99C4EEC6A3692A"
    (link,) = links(unchained(shared)["swap"][txid]["actions"])
    (paid,), (got,) = link.inputs, link.outputs
    assert (paid.chain, paid.tx, paid.coins) == (
        ETHEREUM,
        "0x" + txid.lower(),
        (("ETH.USDC-0XA0B86991C6218B36C1D19D4A2E9EB0CE3606EB48", 417_377_389_800),),
    )
    assert got.tx == "0x77b3683104413afcf8548dd949ebb99a6c18fb7d459bf944733fd815c98e5087"
    assert got.coins == (("ETH.ETH", 157_972_709),)
    # The sender was written in lower case and the recipient with a checksum.
    assert paid.address == got.address == "0x5a8c5afbcc1a58ccbe17542957b587f46828b38e"
    assert link.time == 1_622_494_265
    assert link.recipients() == link.outputs


def test_a_refund_goes_back_less_the_fee_and_says_why(shared: Path) -> None:
    txid = "851B4997CF8F9FBA806B3780E0C178CCB173AE78E3FD5056F7375B059B22BD3A"
    (link,) = links(unchained(shared)["refund"][txid]["actions"])
    assert link.types == ("refund",)
    assert (link.inputs[0].coins[0][1], link.outputs[0].coins[0][1]) == (1_361_273, 641_273)
    assert 1_361_273 - 720_000 == 641_273
    assert link.reason == "fail swap, not enough fee"
    assert link.outputs[0].tx.startswith("0xa1e6d3cd")


def test_two_payouts_of_one_swap_are_two_transactions(shared: Path) -> None:
    txid = "F3AC4E90AB5951AB9FEB1715B481422B904A40B0F6753CC844E326B1213CF70E"
    (link,) = links(unchained(shared)["swap"][txid]["actions"])
    # The inbound is on THORChain itself: no 0x.
    assert (link.inputs[0].chain, link.inputs[0].tx) == (THORCHAIN, txid.lower())
    assert len({side.tx for side in link.outputs}) == 2


def test_an_affiliate_split_adds_what_came_in_and_takes_what_went_out_once(shared: Path) -> None:
    name = "xchain-mayachain-query____mocks____responses__midgard__actions.json"
    txid = "0x224caf4d502a0a415f1312afd16c0e7a2e3e79840af593c2f875c806aa12e020"
    (link,) = [one for one in links(actions(shared, name), MAYACHAIN) if one.inputs[0].tx == txid]
    assert link.inputs[0].coins == (("ETH.ETH", 100_000_000),)
    assert len(link.outputs) == 2
    # What the user got, by the memo; the affiliate's cut is not theirs.
    assert [side.address for side in link.recipients()] == ["maya17xu9ej4rkxsmnl3wkp0kph6k4jk70gzay56p0l"]
    assert {side.tx for side in link.outputs} == {""}


def test_two_equal_payouts_in_one_action_are_two() -> None:
    side = {"address": "thor1abc", "txID": "", "coins": [{"asset": "ETH/ETH", "amount": "5"}], "height": "7"}
    coins = [{"asset": "BTC.BTC", "amount": "9"}]
    source = {"address": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "txID": "AB" * 32, "coins": coins}
    row = {"type": "swap", "status": "success", "height": "7", "date": "1" + "0" * 18, "metadata": {}}
    row |= {"in": [source], "out": [side, side]}
    (link,) = links([row, row])
    assert len(link.outputs) == 2
    assert link.inputs[0].coins == (("BTC.BTC", 18),)
    assert link.inputs[0].tx == "ab" * 32


def test_synthetic_and_trade_assets_are_on_the_network_itself(shared: Path) -> None:
    for row in actions(shared, "xchain-thorchain-query____mocks____responses__midgard__actions.json"):
        link = parse_action(Field(row), network=THORCHAIN).link
        assert link.inputs[0].chain == THORCHAIN
        assert not link.inputs[0].tx.startswith("0x")


def test_a_streaming_swap_says_how_far_it_is(shared: Path) -> None:
    name = "xchain-mayachain-query____mocks____responses__midgard__actions.json"
    pending = [one for one in links(actions(shared, name), MAYACHAIN) if one.status == "pending"]
    assert [(one.streamed, one.outputs) for one in pending] == [((4, 23), ())]


def test_the_users_output_is_the_payers_address_where_the_memo_names_none(shared: Path) -> None:
    name = "xchain-mayachain-query____mocks____responses__midgard__actions.json"
    (link,) = [one for one in links(actions(shared, name), MAYACHAIN) if "ARB.TGT" in one.memo]
    (got,) = link.recipients()
    assert (got.chain, got.address) == (ChainId("eip155:42161"), link.inputs[0].address)
    assert got.tx == "0x1e9f450e6174407fe846929bd16d057547dfb3bd1918176e12aacdaf6c753a8b"


@pytest.mark.parametrize("name", ["badCount", "nonSuccess"])
def test_an_action_without_an_inbound_is_refused(shared: Path, name: str) -> None:
    with pytest.raises(FaultyReply, match="in"):
        links(unchained(shared)["refund"][name]["actions"])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"type": "teleport"}, "type"),
        ({"status": "maybe"}, "status"),
        ({"height": 7}, "height"),
        ({"date": "yesterday"}, "date"),
        ({"out": [{"address": "x", "txID": "zz", "coins": []}]}, "txID"),
        ({"out": [{"address": "x", "txID": "", "coins": [{"asset": "nothing", "amount": "1"}]}]}, "coins"),
    ],
)
def test_what_is_not_understood_is_refused(shared: Path, change: dict[str, Any], place: str) -> None:
    row = actions(shared, "xchain-thorchain-query____mocks____responses__midgard__actions.json")[1]
    with pytest.raises(FaultyReply, match=place):
        links([{**row, **change}])


@pytest.mark.parametrize(
    ("memo", "expected"),
    [
        ("=:ETH~ETH:thor14mh:163442245", SwapMemo("ETH~ETH", "thor14mh")),
        ("=:ARB.TGT-341:::wr:100", SwapMemo("ARB.TGT-341", "", affiliate="wr")),
        ("SWAP:BTC.BTC:bc1qdest/bc1qback:0/1/0", SwapMemo("BTC.BTC", "bc1qdest", "bc1qback")),
        ("+:BTC.BTC", None),
        ("OUT:ABCD", None),
        ("", None),
    ],
)
def test_a_memo_is_read_leniently(memo: str, expected: SwapMemo | None) -> None:
    assert parse_memo(memo) == expected
