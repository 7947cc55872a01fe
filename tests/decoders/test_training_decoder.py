"""The training case's swaps and what its bridge locks: told from its shipped bundle, against the truth beside it."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from recorded_evm import recorded_transactions

from tracer.bundle import open_bundle
from tracer.chains import Field, parse_evm_record
from tracer.collect import held_records
from tracer.decoders import Need, built_in
from tracer.decoders.training.decoder import BRIDGE, POOL, TrainingCase
from tracer.model import ChainId, TxRecord

TRAINING = Path(__file__).parents[2] / "addresses" / "bundles" / "training"


def table(name: str) -> list[dict[str, str]]:
    with (TRAINING / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def records() -> tuple[TxRecord, ...]:
    wanted = {(ChainId(row["chain"]), row["tx"]): int(row["block"]) for row in table("transfers.csv") if row["tx"]}
    return held_records(open_bundle(TRAINING), wanted).found


def find(records: tuple[TxRecord, ...], note: str) -> TxRecord:
    (tx,) = {row["tx"] for row in table("truth.csv") if row["note"] == note}
    return next(one for one in records if one.tx == tx)


def test_the_swaps_of_the_truth_and_no_others_are_told(records: tuple[TxRecord, ...]) -> None:
    truth = defaultdict(set)
    for row in table("truth.csv"):
        if row["event"]:
            truth[row["tx"]].add((row["layer"], row["place"]))
    told = defaultdict(set)
    for record in records:
        for group in built_in().conversions(record):
            told[record.tx] |= {(record.movements[i].layer, record.movements[i].movement_id.place) for i in group}
    assert told == truth
    assert len(truth) == 2


def test_the_log_and_the_net_flow_tell_the_same_swap(records: tuple[TxRecord, ...]) -> None:
    for record in records:
        own = TrainingCase().decode(record)
        assert not isinstance(own, Need)
        swaps = {(one.holder, one.asset, one.amount) for one in own if one.action == "swap"}
        rest = replace(record, logs=None)  # without logs the net flow alone is left
        net = {(one.holder, one.asset, one.amount) for one in built_in().decode(rest).actions if one.action == "swap"}
        assert swaps == net


def test_what_the_bridge_locks_has_its_key_and_where_it_goes(records: tuple[TxRecord, ...]) -> None:
    record = find(records, "90,000 dollars leave over the bridge")
    (lock,) = [one for one in built_in().decode(record).actions if one.action == "bridge_out"]
    assert (lock.key, lock.dest_recipient, lock.amount) == ("1", "a wallet on another chain", -90_000 * 10**6)
    assert lock.counterparty == BRIDGE
    (index,) = lock.moves
    assert record.movements[index].recipient == BRIDGE


def test_a_log_of_a_look_alike_is_not_believed(records: tuple[TxRecord, ...]) -> None:
    record = find(records, "60,000 dollars sell for 30 ether")
    assert any(log.address == POOL for log in record.logs or ())
    forged = tuple(replace(log, address="0x" + "9" * 40) for log in record.logs or ())
    assert TrainingCase().decode(replace(record, logs=forged)) == ()


def test_a_log_that_no_movement_bears_out_is_unknown(records: tuple[TxRecord, ...]) -> None:
    record = find(records, "60,000 dollars sell for 30 ether")
    said = TrainingCase().decode(replace(record, movements=record.movements[:1]))
    assert not isinstance(said, Need)
    assert {one.action for one in said} == {"unknown"}
    assert all("no movement bears out" in one.reason for one in said)


def test_a_payment_inside_the_transaction_is_asked_for_where_calls_are_unknown(records: tuple[TxRecord, ...]) -> None:
    record = find(records, "60,000 dollars sell for 30 ether")
    kept = tuple(row for row in record.movements if row.layer != "call")
    said = TrainingCase().decode(replace(record, movements=kept, calls=None, whole=False))
    assert isinstance(said, Need)
    assert said.query.part == "calls"
    unread = TrainingCase().decode(replace(record, logs=None))
    assert isinstance(unread, Need)
    assert unread.query.part == "logs"


def test_a_decoder_is_pure(records: tuple[TxRecord, ...]) -> None:
    registry = built_in()
    assert [registry.decode(one) for one in records] == [registry.decode(one) for one in records]


def test_nothing_in_recorded_transactions_is_left_out_and_everything_is_conserved() -> None:
    registry, swaps, needs = built_in(), 0, 0
    for one in recorded_transactions():
        record = parse_evm_record(Field(one), source="recorded")
        decoded = registry.decode(record)
        explained = {index for action in decoded.actions for index in action.moves}
        assert explained == set(range(len(record.movements)))
        by_event: dict[tuple[str, str], int] = defaultdict(int)
        for action in decoded.actions:
            if action.event:
                by_event[action.event, action.asset] += action.amount
        assert not any(by_event.values())
        swaps += bool(by_event)
        needs += bool(decoded.needs)
    # Wraps, mints and burns are sides of a conversion, and what a contract states stands for coin that no log shows.
    assert (swaps, needs) == (331, 211)
