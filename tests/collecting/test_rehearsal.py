"""The rehearsal in small: a synthetic case fetched from a local server, with faults, and what was said before (G16)."""

from __future__ import annotations

import csv
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from case_fetching import bytes_in

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
HOLDERS = 24


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("rehearsal")


def variables(local: Any) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TRACER_")}
    return kept | {
        "TRACER_URL_ETHERSCAN_EIP155_1": f"{local.url}/v2/api",
        "TRACER_ETHERSCAN_KEY": "rehearsal",
        "SOURCE_DATE_EPOCH": "1700000000",
        "PYTHONPATH": str(BENCHMARKS.parent),
    }


def fetch(local: Any, case: Path, *more: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tracer.cli", "fetch", str(case), "--no-proofs", "--no-prices", *more]
    done = subprocess.run(line, env=variables(local), capture_output=True, text=True, cwd=case.parent)
    assert done.returncode == 0, done.stderr
    return done


def holders_of(case: Path) -> list[str]:
    with (case / "bundle" / "holders.csv").open(encoding="utf-8", newline="") as table:
        return [row["holder"] for row in csv.DictReader(table) if row["status"] == "whole"]


def test_g16_whatever_the_order_of_replies_and_their_faults_the_bundle_is_the_same(
    rehearsal: Any, tmp_path: Path
) -> None:
    bundles = []
    at_once = []
    one_by_one = ("--max-calls", "100000")  # where calls are counted, nothing is asked side by side
    for name, delay, faults, more in (
        ("prompt", 0.0, 0.0, ()),
        ("late", 0.01, 0.02, ()),
        ("one by one", 0.0, 0.0, one_by_one),
    ):
        with rehearsal.serving(HOLDERS, delay, faults=faults) as local:
            case = rehearsal.case_of(local, tmp_path / name / "case")
            fetch(local, case, "--max-addresses", "0", "--max-rows", "0", *more)
            at_once.append(local.control()["at_once"])
            fetch(local, case, "--offline")
            bundles.append(bytes_in(case / "bundle"))
            assert len(holders_of(case)) == HOLDERS
    for other in bundles[1:]:
        assert sorted(bundles[0]) == sorted(other)
        assert [name for name, data in bundles[0].items() if other[name] != data] == []
    assert at_once[1] > 4
    assert at_once[2] == 1


def test_every_holder_of_the_synthetic_world_is_reached_and_pays_what_it_has(rehearsal: Any) -> None:
    world_of = importlib.import_module("rehearsal_world")
    world = world_of.make_world(10_000, 300_000)
    reached = {world_of.address(0)}
    for tx in world.txs:
        if tx.sender in reached:
            reached.add(tx.to)
        reached |= {payee for payer, payee, _ in tx.logs if payer in reached or tx.sender in reached}
    assert all(tx.value >= 0 for tx in world.txs)
    assert {world_of.address(number) for number in range(10_000)} <= reached
    assert sum(len(tx.logs) + (tx.value > 0) + (tx.sender in reached) for tx in world.txs) >= 300_000


def test_g16_an_estimate_asks_a_little_and_leaves_nothing(rehearsal: Any, tmp_path: Path) -> None:
    with rehearsal.serving(HOLDERS, 0.0, faults=0.0) as local:
        case = rehearsal.case_of(local, tmp_path / "case")
        before = bytes_in(case)
        text = fetch(local, case, "--estimate").stdout
        assert "500 more holders" in text
        assert local.control(reset=1)["calls"] < 20
        assert bytes_in(case) == before
        fetch(local, case, "--max-addresses", "8")
        sent = local.control(reset=1)["calls"]
        before = bytes_in(case)
        said = json.loads(fetch(local, case, "--estimate", "--max-addresses", str(HOLDERS), "--json").stdout)
        assert bytes_in(case) == before
        asked = local.control(reset=1)
        assert asked["calls"] == said["asked"] < 20
        assert "account/txlist" not in asked
        assert said["holders"]["read"] == 8
        assert said["holders"]["most"] == HOLDERS - 8
        fetch(local, case, "--max-addresses", str(HOLDERS))
        rest = local.control()["calls"]
    assert said["requests"]["known"] <= said["requests"]["most"]
    assert 0.5 < said["requests"]["most"] / rest < 2
    assert sent > 0


def test_the_command_of_the_rehearsal_prints_a_line_of_the_table(rehearsal: Any) -> None:
    run = next(run for run in rehearsal.RUNS if run.name == "node-20ms")
    done = rehearsal.rehearse(run, 0.1)
    assert done["holders"] == 20
    assert done["requests"] > 100
    assert rehearsal.printed(done, markdown=True).count("|") == len(rehearsal.HEADER) + 1
