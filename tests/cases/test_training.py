"""The training case agrees with what was acted out: row by row, forward under two rules, and backward coin by coin."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from coin_by_coin import Accountant, Piece
from record_training import record
from scripted import Movement
from training_incident import CASE

import tracer
from tracer.api.collecting import open_for_fetch, rederived
from tracer.bundle.store import Store
from tracer.io.paths import bundles_dir
from tracer.model import LOCAL_EVM, Seed, parse_time
from tracer.trace import POLICIES

BUNDLE = bundles_dir() / CASE


def table(name: str) -> list[dict[str, str]]:
    with (BUNDLE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def movements() -> list[Movement]:
    """Return the truth as the accountant takes it."""
    return [
        Movement(
            LOCAL_EVM,
            int(row["block"]),
            int(row["time"]),
            "",
            row["tx"],
            int(row["tx_index"]),
            row["layer"],
            tuple(int(part) for part in row["place"].split(".") if part),
            row["kind"],
            row["sender"],
            row["recipient"],
            row["asset"],
            int(row["amount"]),
            row["event"],
        )
        for row in table("truth.csv")
    ]


@pytest.mark.usefixtures("node_programs")
def test_recorded_again_from_a_node_it_is_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOURCE_DATE_EPOCH", "TRACER_URL_RPC_EIP155_31337"):
        monkeypatch.setenv(name, "0")
    (tmp_path / "incidents").mkdir()
    record(tmp_path)
    again = tmp_path / "bundles" / CASE
    names = {path.relative_to(BUNDLE) for path in BUNDLE.rglob("*") if path.is_file()}
    assert {path.relative_to(again) for path in again.rglob("*") if path.is_file()} == names
    for name in names - {Path("responses") / "all.pack"}:  # whose compression is that of the zlib at hand
        assert (again / name).read_bytes() == (BUNDLE / name).read_bytes(), name
    with Store(again) as new, Store(BUNDLE) as old:
        answers = [record.answer for record in new.records() if record.answer.sha256]
        assert len(answers) > 100
        assert [new.body(answer) for answer in answers] == [old.body(answer) for answer in answers]
    incident = bundles_dir().parent / "incidents" / f"{CASE}.yml"
    assert (tmp_path / "incidents" / incident.name).read_bytes() == incident.read_bytes()


def test_its_tables_are_what_its_raw_replies_give() -> None:
    assert rederived(open_for_fetch(CASE), BUNDLE).gathered.complete


def test_every_movement_of_a_holder_that_was_read_is_there_and_nothing_else() -> None:
    read = {row["holder"] for row in table("holders.csv") if row["status"] == "whole"}
    names = ("block", "time", "tx", "kind", "sender", "recipient", "asset", "amount")
    told = [
        tuple(row[name] for name in names) for row in table("truth.csv") if {row["sender"], row["recipient"]} & read
    ]
    transfers = [
        (row["block"], str(parse_time(row["time"])), *(row[name] for name in names[2:]))
        for row in table("transfers.csv")
    ]
    whole_transactions = [row for row in transfers if not {row[4], row[5]} & read]
    assert [row for row in transfers if {row[4], row[5]} & read] == told
    swaps = {row["tx"] for row in table("truth.csv") if row["event"]}
    thefts = {seed.value for seed in tracer.open_case(CASE)._inputs.seeds}
    assert {row[2] for row in whole_transactions} <= swaps | thefts


@pytest.mark.parametrize("rule", ["fifo", "haircut"])
def test_its_exits_are_those_of_an_accountant_who_has_nothing_of_the_program(rule: str) -> None:
    trace = tracer.open_case(CASE).trace(policy=rule)
    got = {
        (leaf.stop_reason, leaf.address, leaf.asset, leaf.origin.name.removeprefix(f"{CASE}-"), leaf.origin.asset): (
            leaf.tainted,
            leaf.origin_amount,
        )
        for leaf in trace.result.exits
    }
    told = {
        (row["stop_reason"], row["address"], row["asset"], row["origin"], row["origin_asset"]): (
            int(row["tainted"]),
            int(row["origin_amount"]),
        )
        for row in table("truth_exits.csv")
        if row["rule"] == rule
    }
    assert got == told
    assert trace.audit.closed


class _Backward(Accountant):
    """The same accountant asked the other way: every coin carries the name of where it entered."""

    def __init__(self, unread: set[str], target: str) -> None:
        super().__init__("fifo", {}, {target: "target"})
        self.unread = unread

    def _take(self, address: str, asset: str, units: int) -> list[Piece]:
        name = f"{LOCAL_EVM}:{address}"
        if address in self.unread:
            return [Piece(units, (name, asset), units)]
        queue = self.queues[address, asset]
        missing = units - sum(piece.units for piece in queue)
        if missing > 0:
            queue.insert(0, Piece(missing, (f"opening balance of {name}", asset), missing))
        return super()._take(address, asset, units)


@pytest.mark.parametrize("role", ["exchange_hot", "meeting", "otc", "bridge"])
def test_backward_every_coin_comes_from_where_the_accountant_says(role: str) -> None:
    roles = {row["sender_role"]: row["sender"] for row in table("truth.csv")}
    roles |= {row["recipient_role"]: row["recipient"] for row in table("truth.csv")}
    target = roles[role]
    case = tracer.open_case(CASE)
    seed = Seed("holder", target, LOCAL_EVM, None, None, "target")
    case._inputs = replace(case._inputs, seeds=(seed,))
    found = tracer.trace_back(case)
    read = {row["holder"] for row in table("holders.csv") if row["status"] == "whole"}
    everybody = {one for row in table("truth.csv") for one in (row["sender"], row["recipient"]) if one}
    told: Counter[tuple[str, str, str]] = Counter()
    for (reason, _, asset, origin, _), (units, _) in _Backward(everybody - read, target).run(movements()).items():
        if reason == "target" and origin:
            told[origin, asset, target] += units
    got: Counter[tuple[str, str, str]] = Counter()
    for one in found.funds.inflows:
        got[one.origin.name, one.asset, target] += one.tainted
    assert got == told
    assert found.funds.closed


def test_under_every_rule_the_figures_lie_within_the_bounds() -> None:
    case = tracer.open_case(CASE)
    frame = case.trace(bounds=True).compare()
    assert len(frame) > 0
    for row in frame.to_dict("records"):
        assert all(row["min"] <= row[policy] <= row["max"] for policy in POLICIES), row
