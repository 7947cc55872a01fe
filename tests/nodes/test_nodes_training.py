"""The training case is what it is said to be, and a trace of its truth gives what an accountant of its own gives."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from asking import get
from coin_by_coin import ExitKey
from evm_node import running_evm_node
from laundering_stage import DOLLAR
from record_training import running_training, write_training
from scripted import ETHER, Movement
from training_story import FEE, Training, run_training
from truth_tables import write_tables

from tracer.api import open_own_folder


def test_it_is_small_enough_to_read_and_closes(training: Training) -> None:
    assert 40 <= len(training.movements) <= 80
    assert training.movements == sorted(training.movements, key=Movement.order)
    assert training.movements[0].tx == training.thefts["vault"]
    days = (training.movements[-1].time - training.movements[0].time) // 86_400
    assert 28 <= days <= 60
    for rule in ("fifo", "haircut"):
        total = defaultdict[str, int](int)
        for (*_, theft, _), (_, stolen) in training.exits(rule).items():
            total[theft] += stolen
        assert total == {"vault": 300 * ETHER, "allowance": 150_000 * DOLLAR}


def test_first_in_first_out_is_what_the_hand_gets(training: Training) -> None:
    exits, at = training.exits("fifo"), training.address
    ether, dollar = training.assets["ether"], training.assets["dollar"]
    vault, allowance = ("vault", ether), ("allowance", dollar)
    exact = {
        ("service", at["otc"], ether, *vault): (30 * ETHER, 30 * ETHER),
        # 60,000 of 150,000 dollars that 75 ether bought.
        ("service", at["exchange_hot"], dollar, *vault): (60_000 * DOLLAR, 30 * ETHER),
        ("service", at["exchange_hot"], dollar, *allowance): (40_000 * DOLLAR, 40_000 * DOLLAR),
        ("bridge", at["bridge"], dollar, *vault): (90_000 * DOLLAR, 45 * ETHER),
        ("at_rest", at["meeting"], dollar, *allowance): (50_000 * DOLLAR, 50_000 * DOLLAR),
        # 100 stolen, less 30 and a fee to the exchange, 60 and a fee to the meeting wallet.
        ("at_rest", at["hub"], ether, *vault): (10 * ETHER - 2 * FEE, 10 * ETHER - 2 * FEE),
        ("at_rest", at["thief_1"], ether, *vault): (ETHER - 3 * FEE, ETHER - 3 * FEE),
        ("at_rest", at["peel_6"], ether, *vault): (60 * ETHER - 12 * FEE, 60 * ETHER - 12 * FEE),
    }
    assert {key: exits[key] for key in exact} == exact


def test_two_thefts_meet_in_one_wallet(training: Training) -> None:
    for rule in ("fifo", "haircut"):
        reached = {key[3] for key in training.exits(rule) if key[1] == training.address["exchange_hot"]}
        assert reached == {"vault", "allowance"}


@pytest.mark.parametrize("since", ["the first block", "the first theft"])
@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_a_trace_of_the_truth_gives_the_same_exits_to_the_last_unit(
    training: Training, rule: str, since: str, tmp_path: Path
) -> None:
    before = training.before if since == "the first block" else []
    write_tables(tmp_path, [*before, *training.movements], training.seeds, training.labels)
    result = open_own_folder(tmp_path, complete=True).trace(rule).result
    assert result.audit.closed
    traced: dict[ExitKey, tuple[int, int]] = {}
    for leaf in result.exits:
        origin = (leaf.origin.name, str(leaf.origin.asset))
        traced[leaf.stop_reason, leaf.address, str(leaf.asset), *origin] = (leaf.tainted, leaf.origin_amount)
    assert traced == training.exits(rule)


@pytest.mark.usefixtures("node_programs")
def test_it_can_be_read_from_the_provider_that_records_it() -> None:
    with running_training() as (case, server):
        asked: dict[str, Any] = {
            "module": "account",
            "action": "txlist",
            "address": case.address["meeting"],
            "sort": "asc",
        }
        rows = get(server.blockscout_url, **asked).json["result"]
        paid = [int(row["value"]) for row in rows if row["to"] == case.address["meeting"]]
        assert paid == [60 * ETHER, 30 * ETHER, 1]
        assert case.node.block_number() == case.movements[-1].block + 13


def test_its_files_are_the_same_every_time(training: Training, tmp_path: Path) -> None:
    write_training(training, tmp_path / "first")
    with running_evm_node() as node:
        write_training(run_training(node), tmp_path / "second")
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == ["exits.csv", "labels.csv", "roles.csv", "seeds.csv", "truth.csv"]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
