"""Every recorded transaction through every decoder: conserved, exact against net flows computed here, bridges named."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from recorded_legs import COLUMNS, CROSSED, CROSSINGS, TOLD, crossed, listed, records, told

from tracer.decoders import Decoded, DecoderRegistry, Need, built_in
from tracer.model import TxRecord

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
WRAPPERS = {
    "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    "0x4200000000000000000000000000000000000006",
    "0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c",
    "0xe91d153e0b41518a2ce8dd3d7944fa863463a97d",
    "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270",
    "0x5555555555555555555555555555555555555555",
    "0x3bd359c1119da7da1d913d1c4d2b7c461115433a",
}
WRAPPED = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
UNWRAPPED = "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
COIN_TWICE = "0x0000000000000000000000000000000000001010"
LOANS = {
    "0x000da925508a1a2f322f6fb74592baf9a75bb9f971cb3a72a5deb0526d39757d": "a repayment, and a reward beside it",
    "0x90a83a26d46fbdb0a85f5cbaa5f7cb7df21795d664ffe5b247c7076ae51bbcf2": "collateral, and a loan beside it",
}
"""One asset less and one more, and no conversion."""


@pytest.fixture(scope="module")
def decoded() -> list[tuple[dict[str, Any], TxRecord, Decoded]]:
    registry = built_in()
    return [(one, record, registry.decode(record)) for one, record in records()]


def net_flows(one: dict[str, Any]) -> dict[str, int]:
    """Return what who sent a transaction is left with, read from raw replies alone: by contract, the coin as coin."""
    me, change = one["transaction"]["from"].lower(), Counter[str]()
    if one["receipt"]["status"] != "0x1":
        return {}
    if (one["transaction"].get("to") or "").lower() != me:
        change["coin"] -= int(one["transaction"]["value"], 16)
    for call in one["internal"] or ():
        if call.get("isError", "0") in ("0", 0):
            change["coin"] += int(call["value"]) * ((call["to"].lower() == me) - (call["from"].lower() == me))
    for log in one["receipt"]["logs"]:
        topics, contract = log["topics"], log["address"].lower()
        ends = ["0x" + topic[26:] for topic in topics[1:]]
        if topics[:1] == [TRANSFER] and len(topics) == 3 and len(log["data"]) == 66 and contract != COIN_TWICE:
            change[contract] += int(log["data"], 16) * ((ends[1] == me) - (ends[0] == me))
        elif contract in WRAPPERS and len(topics) == 2 and ends[0] == me:
            change[contract] += int(log["data"], 16) * ((topics[0] == WRAPPED) - (topics[0] == UNWRAPPED))
    return {asset: amount for asset, amount in change.items() if amount}


def test_balances_of_tokens_are_intact(decoded: list[tuple[dict[str, Any], TxRecord, Decoded]]) -> None:
    for _, record, found in decoded:
        held: Counter[tuple[str, str]] = Counter()
        for row in record.movements:
            held[row.sender, row.asset] -= row.amount
            held[row.recipient, row.asset] += row.amount
        for leg in found.actions:
            held[leg.holder, leg.asset] -= leg.amount
        # A wrap moves no token that a log shows; what a contract states for coin outside the logs is beside them too.
        left = {key for key, amount in held.items() if key[0] and amount and not key[1].endswith((*WRAPPERS,))}
        assert left <= {(leg.holder, leg.asset) for leg in found.actions if not leg.moves}, record.tx
        assert not any("/erc20:" in asset for _, asset in left), record.tx


def test_conversions_are_exact_to_the_unit(decoded: list[tuple[dict[str, Any], TxRecord, Decoded]]) -> None:
    """One asset less, one more: what the legs of one event say of who sent it is what the raw replies say."""
    exact, wrong = 0, []
    for one, record, found in decoded:
        nets = net_flows(one)
        if len(nets) != 2 or not min(nets.values()) < 0 < max(nets.values()) or record.tx in LOANS:
            continue
        said: Counter[str] = Counter()
        for leg in found.actions:
            if leg.event and leg.holder == record.sender:
                said["coin" if "/slip44:" in leg.asset else leg.asset.rpartition(":")[2]] += leg.amount
        if dict(said) == nets:
            exact += 1
        else:
            wrong.append((record.chain, record.tx))
    assert (exact, len(wrong)) == (245, 4)
    assert exact / (exact + len(wrong)) >= 0.98
    assert {chain for chain, _ in wrong} == {"eip155:999"}, "the coin of that chain has no number in SLIP-44 here"


def test_loans_are_no_conversions(decoded: list[tuple[dict[str, Any], TxRecord, Decoded]]) -> None:
    for _, record, found in decoded:
        if record.tx in LOANS:
            assert not any(leg.event for leg in found.actions)
            assert {leg.action for leg in found.actions if leg.position} <= {"repay", "deposit", "borrow"}


def test_the_swaps_of_the_list_are_told(decoded: list[tuple[dict[str, Any], TxRecord, Decoded]]) -> None:
    wanted = listed("swap")
    told_as, lacking, rest = 0, 0, []
    for _, record, found in decoded:
        if (record.chain, record.tx) in wanted:
            if any(leg.event and leg.action in ("swap", "wrap", "unwrap") for leg in found.actions):
                told_as += 1
            elif found.needs:
                lacking += 1
            else:
                rest.append(wanted[record.chain, record.tx])
    assert (told_as, lacking, len(rest)) == (151, 9, 4)
    assert {text.split("/")[-1] for text in rest} == {
        "test_swap_multi_to_multi",  # two assets for one: shares would need prices
        "test_native_swap_routed_through_curve_zap",  # coin for two tokens of one balance
        "test_eure_swap_tolerance_regression",  # an order filled for somebody whose token writes each transfer twice
        "test_openocean_distribution",  # a claim, no swap
    }


def test_the_bridges_of_the_list_are_named() -> None:
    with CROSSED.open(newline="", encoding="utf-8") as lines:
        kept = [tuple(row[name] for name in COLUMNS) for row in csv.DictReader(lines)]
    assert sorted(crossed()) == sorted(kept), "python tests/decoders/recorded_legs.py --write, and look at what changed"
    assert len(kept) == len(listed("bridge")) == 82
    assert [row[2] for row in kept if row[4] == "0"] == ["test_stakedao_v2/test_votemarket_bridge_in"]
    whole = [row for row in kept if len({*row[4:]}) == 1 and row[4] != "0"]
    assert len(whole) == 62


def test_what_is_told_is_what_was_looked_through() -> None:
    assert json.loads(json.dumps(told())) == json.loads(TOLD.read_text("utf-8"))


@pytest.mark.parametrize("protocol", sorted(json.loads(TOLD.read_text("utf-8"))["whole"]))
def test_a_look_alike_is_not_believed(protocol: str) -> None:
    """The same transaction with the logs of the protocol's own contracts written by others: nothing is told of it."""
    (example, *_) = json.loads(TOLD.read_text("utf-8"))["whole"][protocol]
    (record,) = (record for _, record in records() if record.tx == example["tx"])
    decoder = built_in().decoder(protocol)
    topics = decoder.interests().topics
    own = {log.address for log in record.logs or () if log.topics[:1] and log.topics[0] in topics}
    forged = tuple(replace(log, address="0x" + "9" * 40) if log.address in own else log for log in record.logs or ())
    said = decoder.decode(replace(record, logs=forged, recipient="0x" + "8" * 40, sender="0x" + "7" * 40))
    assert not isinstance(said, Need)
    if protocol != "weth":  # a wrap is what the coin and the wrapper's own token say, not its log
        assert said == ()


def test_the_same_topic_of_another_contract_is_not_compound() -> None:
    """0x894a…315d on Optimism writes the topic of a withdrawal from Compound v3 and is a staking contract."""
    found = [
        record
        for _, record in records()
        if any(log.address == "0x894a902c835bf00a6579d50acfcba5af13b4315d" for log in record.logs or ())
    ]
    assert found
    assert all(built_in().decoder("compound_v3").decode(record) == () for record in found)


def ends_by_key() -> dict[tuple[str, str], set[str]]:
    registry, ends = built_in(), dict[tuple[str, str], set[str]]()
    for _, record in records():
        for leg in registry.decode(record).actions:
            if leg.action in CROSSINGS and leg.key:
                ends.setdefault((leg.protocol, leg.key), set()).add(f"{record.chain} {leg.action}")
    return ends


def test_both_ends_that_were_recorded_have_one_key() -> None:
    pairs = {protocol for (protocol, _), ends in ends_by_key().items() if len(ends) == 2}
    assert pairs == {"across", "hop", "opstack", "scroll"}, "hashes that are computed here meet those of the chains"


def test_decoders_are_pure_and_in_one_order() -> None:
    forward, backward = built_in(), DecoderRegistry(reversed([*map(built_in().decoder, built_in().names())]))
    for _, record in records()[::7]:
        assert forward.decode(record) == backward.decode(record)
