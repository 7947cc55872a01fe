"""Two ends are linked by an identifier in the data of both, or not at all; what was possible beside it is kept."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from tracer.bundle import open_bundle
from tracer.collect import held_records
from tracer.decoders import Action, built_in
from tracer.links import Leg, end_of, legs_of, link_by_identifier
from tracer.model import (
    BITCOIN,
    LOCAL_EVM,
    TIER_GRADES,
    TIERS,
    AssetId,
    ChainId,
    Collected,
    at_least,
    record_of_movements,
)

TRAINING = Path(__file__).parents[2] / "addresses" / "bundles" / "training"
HERE, THERE = ChainId("eip155:1"), ChainId("eip155:10")
USD, USD_THERE, OTHER = AssetId("eip155:1/erc20:0xa"), AssetId("eip155:10/erc20:0xb"), AssetId("eip155:10/erc20:0xc")
UNITS = {USD: {USD_THERE}}


def leg(
    action: str = "bridge_out", *, chain: ChainId = HERE, time: int = 1_000, amount: int = 100, **parts: str
) -> Leg:
    asset = AssetId(parts.pop("asset", USD if chain == HERE else USD_THERE))
    tx = parts.pop("tx", f"0x{action}")
    row = Collected(
        *(chain, 7, "0xb1", time, tx, 0, "log", (3,), "token", "0xuser", "0xbridge", asset, amount, "s"),
    )
    made = Action(
        protocol=parts.pop("protocol", "hop"),
        action=action,
        holder="0xuser",
        counterparty="0xbridge",
        asset=asset,
        amount=-amount if action == "bridge_out" else amount,
        moves=(0,),
        key=parts.pop("key", "5"),
    )
    return Leg(record_of_movements((row,)), replace(made, **parts))


def paid(**parts: object) -> Leg:
    return leg("bridge_in", **{"chain": THERE, "time": 1_060, "amount": 99} | parts)  # type: ignore[arg-type]


def test_the_lock_of_the_training_case_is_an_open_link_that_says_where_it_goes() -> None:
    with (TRAINING / "transfers.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    wanted = {(ChainId(row["chain"]), row["tx"]): int(row["block"]) for row in rows if row["tx"]}
    records = held_records(open_bundle(TRAINING), wanted).found
    (link,) = link_by_identifier(legs_of(records, built_in()))
    assert (link.kind, link.protocol, link.tier, link.key, link.rivals) == ("bridge", "training", "identifier", "1", 0)
    assert (link.is_open, link.grade, link.delta, link.fee) == (True, "recorded", None, None)
    assert link.destination_said == "a wallet on another chain"
    assert link.source.amount == 90_000 * 10**6
    (name,) = link.source.movements
    assert (name.chain, name.layer, name.is_whole) == (LOCAL_EVM, "log", True)
    assert link.evidence == (str(name),)


def test_the_lock_is_linked_to_what_is_paid_for_it_on_another_chain() -> None:
    with (TRAINING / "transfers.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    wanted = {(ChainId(row["chain"]), row["tx"]): int(row["block"]) for row in rows if row["tx"]}
    (lock,) = legs_of(held_records(open_bundle(TRAINING), wanted).found, built_in())
    out = paid(protocol="training", key="1", time=lock.record.time + 2_400, amount=89_910 * 10**6)
    (link,) = link_by_identifier([out, lock], {lock.action.asset: {USD_THERE}})
    assert (link.grade, link.delta, link.fee) == ("identified", 2_400, 90 * 10**6)
    assert link.destination == end_of(out)
    assert [text.split("/")[0] for text in link.evidence] == [LOCAL_EVM, THERE]


def test_a_fee_is_told_only_of_one_unit() -> None:
    (link,) = link_by_identifier([leg(), paid()])
    assert (link.grade, link.fee, link.delta) == ("identified", None, 60)
    assert link_by_identifier([leg(), paid()], UNITS)[0].fee == 1


@pytest.mark.parametrize(
    ("out", "back", "says"),
    [
        (leg(), paid(asset=OTHER), "does not come out for"),
        (leg(), paid(amount=101), "More comes out"),
        (leg(), paid(time=999), "earlier than its source"),
        (leg(dest_chain=BITCOIN), paid(), "the source says"),
        (leg(dest_chain=THERE, dest_recipient="0xfriend"), paid(), "pays another"),
    ],
)
def test_an_end_that_contradicts_the_source_is_kept_as_rejected(out: Leg, back: Leg, says: str) -> None:
    (link,) = link_by_identifier([out, back], UNITS)
    assert link.is_open
    ((end, reason),) = [(one.end, one.reason) for one in link.rejected]
    assert end == end_of(back)
    assert says in reason


def test_the_clock_of_bitcoin_may_be_two_hours_wrong() -> None:
    early = paid(chain=BITCOIN, asset=f"{BITCOIN}/slip44:0", time=1_000_000 - 7_200)
    assert not link_by_identifier([leg(time=1_000_000), early])[0].is_open
    assert link_by_identifier([leg(time=1_000_001), early])[0].is_open


def test_an_identifier_that_occurs_twice_identifies_nothing() -> None:
    (link,) = link_by_identifier([leg(), paid(tx="0x1"), paid(tx="0x2")], UNITS)
    assert (link.is_open, link.rivals, link.grade) == (True, 1, "recorded")
    both = link_by_identifier([leg(tx="0x3"), leg(tx="0x4"), paid()], UNITS)
    assert [(one.is_open, one.rivals) for one in both] == [(True, 1), (True, 1)]
    (used_again,) = link_by_identifier([leg(), paid(tx="0x1"), paid(tx="0x2", amount=101)], UNITS)
    assert (used_again.is_open, len(used_again.rejected)) == (True, 2), "a replayed message identifies neither payout"
    (elsewhere,) = link_by_identifier([leg(dest_chain=THERE), paid(tx="0x1"), paid(tx="0x2", chain=BITCOIN)], UNITS)
    assert (elsewhere.is_open, len(elsewhere.rejected)) == (False, 1), "bridges count their routes apart"


def test_no_identifier_no_link_and_no_other_protocol() -> None:
    assert link_by_identifier([leg(key=""), paid(key="")])[0].is_open
    assert link_by_identifier([leg(), paid(protocol="across")])[0].is_open
    assert link_by_identifier([paid()]) == ()


def test_links_do_not_depend_on_the_order_of_legs() -> None:
    legs = [leg(tx="0x1", key="1"), leg(tx="0x2", key="2"), paid(key="2"), paid(key="1", amount=98)]
    assert link_by_identifier(legs, UNITS) == link_by_identifier(legs[::-1], UNITS)


def test_every_tier_has_the_strongest_grade_it_can_have() -> None:
    assert set(TIER_GRADES) == set(TIERS)
    assert all(at_least(TIER_GRADES["identifier"], grade) for grade in TIER_GRADES.values())
