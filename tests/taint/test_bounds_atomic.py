"""Bounds of a published ground truth of 1,080 movements: every entity in a second, no policy outside."""

from __future__ import annotations

import csv
import re
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from bound_oracles import put
from vectors import CHAIN, CONSERVING, UNIT, label, transfer

from tracer.bounds import Terminal, bounds_of, check_certificate, terminals_of
from tracer.model import Seed
from tracer.registry import LabelIndex
from tracer.taint import TaintProblem
from tracer.trace import CaseData, Options, prepare, run

Entities = dict[str, frozenset[Terminal]]


@pytest.fixture(scope="module")
def atomic(shared: Path) -> tuple[CaseData, TaintProblem, Entities]:
    """Return the case in USD cents, the listed sources' openings stolen, and its terminals by the name they bear."""
    folder = shared / "data" / "mftracer_groundtruth" / "Atomic"
    with (folder / "Atomic.csv").open(encoding="utf-8", newline="") as stream:
        edges = list(csv.DictReader(stream))
    rows = tuple(
        transfer(place, e["From"], e["To"], int(Decimal(e["Value_in_USD"]) * 100), int(e["Block"]), tx=e["Tx_hash"])
        for place, e in enumerate(edges, 1)
    )
    sources = (folder / "source_addresses.csv").read_text().split()
    terminals = (folder / "terminal_addresses.csv").read_text().split()
    seeds = tuple(Seed("holder", source, CHAIN, UNIT, None, "atomic-2023") for source in sources)
    labels = LabelIndex(tuple(label(one, "exchange_deposit") for one in terminals), "")
    inputs = CaseData("atomic", "", rows, seeds, labels)
    plan = prepare(inputs, Options()).plan
    named = {e["To"]: re.split("[ _:]", e["To_label"])[0] for e in edges}
    entities: dict[str, set[Terminal]] = defaultdict(set)
    for end in terminals_of(plan):
        entities[named[end.account.holder] if end.fate == "stopped" else "not followed"].add(end)
    return inputs, plan, {name: frozenset(ends) for name, ends in sorted(entities.items())}


def test_all_entities_take_less_than_a_second_and_no_policy_is_outside(
    atomic: tuple[CaseData, TaintProblem, Entities],
) -> None:
    inputs, plan, entities = atomic
    before = time.perf_counter()
    found = bounds_of(plan, entities)
    assert time.perf_counter() - before < 1
    assert len(entities) > 5
    prepared = prepare(inputs, Options())
    (stolen,) = run(prepared, "fifo").stolen.values()
    assert {interval.total for interval in found.intervals.values()} == {stolen}
    for policy in CONSERVING:
        assert run(prepared, policy).audit.closed
        ends = put(plan, policy)
        sums = {name: sum(sum(ends.get(end, {}).values()) for end in mine) for name, mine in entities.items()}
        assert sum(sums.values()) == stolen
        for (name, _), interval in found.intervals.items():
            assert interval.min <= sums[name] <= interval.max
    assert any(interval.min > 0 for interval in found.intervals.values())


def test_everything_stolen_ends_somewhere_and_every_certificate_holds(
    atomic: tuple[CaseData, TaintProblem, Entities],
) -> None:
    _, plan, entities = atomic
    found = bounds_of(plan, {**entities, "all": terminals_of(plan)})
    everything = found.intervals["all", (0,)]
    assert everything.min == everything.max == everything.total
    assert sum(i.max for (name, _), i in found.intervals.items() if name != "all") >= everything.total
    assert sum(i.min for (name, _), i in found.intervals.items() if name != "all") <= everything.total
    for name, group in found.intervals:
        for direction in ("min", "max"):
            check_certificate(found.certificate(name, group, direction), plan)
