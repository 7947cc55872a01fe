"""A table held as arrays gives what its rows give one by one: every figure, every lot, every message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from array_worlds import World, world

import tracer
from tracer.errors import TracerError
from tracer.io import TransferRows, column_reader
from tracer.ledger import EventArrays
from tracer.report import movements_csv, touched_files
from tracer.taint import fast_kernel, reference_kernel
from tracer.trace import POLICIES, run

WORLDS = 2_000 if os.environ.get("TRACER_PROVE") else 60


@pytest.fixture
def columns(monkeypatch):
    """Return a switch: whether tables are held as columns, however small."""

    def switch(on: bool) -> None:
        monkeypatch.setattr(column_reader, "COLUMNS_FROM", 1 if on else 10**9)

    return switch


def opened(one: World):
    return tracer.open_table(
        transfers=one.transfers, seeds=one.seeds, labels=one.labels, complete=one.complete, registry=False
    )


def told(one: World):
    """Return what a trace of a world says: its error, or everything that is prepared and run."""
    try:
        case = opened(one)
        prepared = case.prepare(as_of="2026-11-01")
    except TracerError as error:
        return (type(error), error.what, error.why, error.next_step), None, None
    return None, case, prepared


def equal(one, other) -> None:
    """Compare two prepared cases, part by part, so that what differs is named."""
    for name in ("opening", "ordered_by", "sha256", "addresses", "ties", "nets", "notes"):
        assert getattr(one.ledger, name) == getattr(other.ledger, name), name
    assert tuple(one.ledger.rows) == tuple(other.ledger.rows)
    assert tuple(one.ledger.events) == tuple(other.ledger.events)
    assert list(one.ledger.opening) == list(other.ledger.opening)
    assert one.found == other.found
    for name in ("opening", "thefts", "stopped", "cut", "tracked", "labels"):
        assert getattr(one.plan, name) == getattr(other.plan, name), name
    assert one.closure == other.closure
    assert one.holders == other.holders
    assert one.coverage == other.coverage
    assert one.inputs.hashes == other.inputs.hashes
    assert tuple(one.touched) == tuple(other.touched)
    assert one.untouched == other.untouched


def written(case, policy: str):
    """Return what is written of a trace and hangs on its rows: the list, the tables of movements, the intervals."""
    found = case.trace(policy, bounds=True, as_of="2026-11-01")
    flags = found.flags()
    touched, text = touched_files(found.result)
    return flags.entries, flags.leads, flags.kept_off, touched, text, movements_csv(found.result), repr(found)


@pytest.mark.parametrize("first", range(0, WORLDS, 20))
def test_i2_arrays_give_what_the_rows_give(first: int, columns, tmp_path: Path) -> None:
    held = 0
    for seed in range(first, first + 20):
        one = world(seed, tmp_path)
        columns(False)
        error, plain, rows = told(one)
        columns(True)
        other, case, arrays = told(one)
        assert other == error, seed
        if error is not None:
            continue
        assert isinstance(arrays.inputs.rows, TransferRows), seed
        held += isinstance(arrays.whole.events, EventArrays)
        equal(arrays, rows)
        for policy in POLICIES:
            assert run(arrays, policy) == run(rows, policy), (seed, policy)
            assert fast_kernel(arrays.plan, policy).flows == fast_kernel(rows.plan, policy).flows, (seed, policy)
        if seed % 2:
            assert written(case, POLICIES[seed % len(POLICIES)]) == written(plain, POLICIES[seed % len(POLICIES)]), seed
        if not arrays.plan.events:
            continue
        assert fast_kernel(arrays.plan, "fifo") == reference_kernel(rows.plan, "fifo"), seed
    assert held > 5


def test_a_table_of_another_order_is_the_same_case(columns, tmp_path: Path) -> None:
    columns(True)
    one = world(3, tmp_path)
    lines = one.transfers.read_text().splitlines()
    if "position" not in lines[0]:
        pytest.fail("the world has no positions")
    before = opened(one).prepare(as_of="2026-11-01").ledger.sha256
    one.transfers.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    assert opened(one).prepare(as_of="2026-11-01").ledger.sha256 == before
