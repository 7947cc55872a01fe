"""The Atomic Wallet edges of a published ground truth: every policy closes, and what is missing is told."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

import tracer
from tracer.trace import POLICIES


@pytest.fixture(scope="module")
def tables(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Turn the published edges into our tables: USD cents are a private unit, listed sources are the seeds."""
    folder = shared / "data" / "mftracer_groundtruth" / "Atomic"
    out = tmp_path_factory.mktemp("atomic")
    with (folder / "Atomic.csv").open(encoding="utf-8", newline="") as stream:
        edges = list(csv.DictReader(stream))
    rows = [
        (e["From"], e["To"], "usd-cents", str(int(Decimal(e["Value_in_USD"]) * 100)), e["Block"], e["Tx_hash"])
        for e in edges
    ]
    _write(out / "transfers.csv", ("sender", "recipient", "asset", "amount", "block", "tx"), rows)
    sources = (folder / "source_addresses.csv").read_text().split()
    _write(
        out / "seeds.csv",
        ("kind", "value", "asset", "amount", "origin"),
        [("holder", address, "usd-cents", "", "atomic-2023") for address in sources],
    )
    terminals = (folder / "terminal_addresses.csv").read_text().split()
    _write(
        out / "labels.csv",
        ("address", "label", "category", "entity", "source_url"),
        [(address, "terminal", "exchange_deposit", "terminal", "https://example.org") for address in terminals],
    )
    return out


def _write(path: Path, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([head, *rows])


@pytest.mark.parametrize("policy", POLICIES)
def test_the_audit_closes_and_most_of_it_reaches_the_terminals(tables: Path, policy: str) -> None:
    case = tracer.open_case(tables)
    assert len(case.seeds) == 17
    result = case.trace(policy).result
    assert result.audit.closed
    (stolen,) = result.stolen.values()
    into_terminals = sum(leaf.tainted for leaf in result.exits if leaf.stop_reason == "service")
    assert sum(leaf.tainted for leaf in result.exits) == stolen
    assert 0 < into_terminals <= stolen
    missing = {address for _, address, _ in result.coverage.unexplained_inflow}
    assert missing
    assert all(amount > 0 for amount in result.coverage.unexplained_inflow.values())
