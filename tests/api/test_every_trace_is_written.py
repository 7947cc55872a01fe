"""Every trace that closes is written whole: random Bitcoin ledgers and account chains, every file of the folder."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tracer.api import Case
from tracer.io.prices import Prices
from tracer.io.writers import sha256_of
from tracer.model import BITCOIN, AssetId, ChainId, Label, LedgerLeg, Seed, Transfer, native_asset
from tracer.registry import LabelIndex
from tracer.trace import POLICIES, CaseData
from tracer.viz import sankey, svg

FILES = {
    *("summary.json", "exits.csv", "cashouts.csv", "movements.csv", "touched.parquet", "flagged.csv", "leads.csv"),
    *("kept_off.csv", "legend.md", "graph.svg", "graph.graphml", "report.html", "manifest.json"),
}
BTC = AssetId(native_asset(BITCOIN) or "")
ETHEREUM = ChainId("eip155:1")
ADDRESSES = (
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPo",
    "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "",
)
CATEGORIES = ("exchange", "mixer", "bridge", "frozen", "attacker", "burn")


def bitcoin_case(seed: int) -> Case:
    """Return a random ledger: transactions of several inputs and outputs, fees, change, outputs without an address."""
    rng = random.Random(seed)
    unspent: list[tuple[str, str, int]] = [(f"{seed + 9000:064x}:0", rng.choice(ADDRESSES), rng.randint(2, 10**6))]
    first, legs = unspent[0], []
    for number in range(1, rng.randint(2, 14)):
        tx = f"{number:064x}"
        spent = rng.sample(unspent, rng.randint(1, min(3, len(unspent))))
        whole = sum(amount for _, _, amount in spent)
        fee = rng.randint(0, min(whole - 1, 5)) if whole > 1 else 0
        cuts = sorted(rng.sample(range(1, whole - fee), min(rng.randint(0, 3), whole - fee - 1))) if whole > 2 else []
        outputs = [b - a for a, b in zip([0, *cuts], [*cuts, whole - fee], strict=True)]
        made = [(f"{tx}:{i}", rng.choice(ADDRESSES), amount) for i, amount in enumerate(outputs)]
        unspent = [one for one in unspent if one not in spent] + made
        sides = [("debit", *one, "") for one in spent] + [("credit", *one, "") for one in made]
        sides += [("credit", "", "", fee, "fee")] if fee else []
        legs += [(tx, number, *side) for side in sides]
    rows = tuple(
        LedgerLeg(i, tx, side, holder, address, BTC, amount, BITCOIN, block, 10**9 + 600 * block, tx, kind)
        for i, (tx, block, side, holder, address, amount, kind) in enumerate(legs, 1)
    )
    seeds = (Seed("output", first[0], BITCOIN, BTC, first[2], "theft"),)
    return case_of(rng, BITCOIN, [one for one in ADDRESSES if one], rows, seeds)


def account_case(seed: int) -> Case:
    """Return a random table of an account chain: payments, swaps, burns, fees, holders that never had enough."""
    rng = random.Random(seed)
    who = [f"0x{digit * 40}" for digit in "123456789abc"]
    assets = [AssetId("usd-cents"), AssetId(f"{ETHEREUM}/slip44:60"), AssetId("points")]
    rows: list[Transfer] = []

    def add(block: int, kind: str, payer: str, payee: str, asset: AssetId, event: str) -> None:
        place, grade = len(rows) + 1, rng.choice(("recorded", "recorded", "inferred", "asserted"))
        amount, precision = rng.randint(1, 10**6), rng.choice(("exact", "exact", "printed"))
        time = 10**9 + 60 * block
        made = (ETHEREUM, block, place, time, f"0x{block:064x}", kind, payer, payee, asset, amount, event)
        rows.append(Transfer(place, *made, grade, precision))

    add(1, "", who[0], who[1], assets[0], "")
    for block in range(2, rng.randint(4, 24)):
        payer, payee = rng.sample(who[1:], 2)
        kind = rng.choice(("", "", "", "", "burn", "fee", "swap"))
        asset, other = rng.sample(assets, 2)
        if kind == "swap":
            add(block, "", payer, payee, asset, f"swap{block}")
            add(block, "", payee, payer, other, f"swap{block}")
        else:
            add(block, kind, payer, "" if kind else payee, asset, "")
    seeds = (Seed("tx", f"0x{1:064x}", ETHEREUM, None, None, "theft"),)
    return case_of(rng, ETHEREUM, who[2:], tuple(rows), seeds)


def case_of(rng: random.Random, chain: ChainId, who: list[str], rows: tuple[Any, ...], seeds: tuple[Seed, ...]) -> Case:
    found = rng.sample(who, rng.randint(0, 3))
    labels = tuple(
        Label(chain, one, "L", rng.choice(CATEGORIES), rng.choice(("", "E")), "p", "https://example.org/")
        for one in found
    )
    inputs = CaseData(
        "table", "A random table", rows, seeds, LabelIndex(labels, "2026-01-01"), complete=rng.random() < 0.5
    )
    return Case(inputs, labels, Prices({}, ""), None)


@pytest.mark.parametrize("make", [bitcoin_case, account_case])
@pytest.mark.parametrize("seed", range(12))
def test_e1_a_random_trace_writes_every_file(make: Any, seed: int, tmp_path: Path) -> None:
    policy = POLICIES[seed % len(POLICIES)]
    trace = make(seed).trace(policy, bounds=seed % 3 == 0)
    assert trace.audit.closed
    folder = trace.write(tmp_path / "out")
    assert trace.undrawn() == {}
    assert {path.name for path in folder.iterdir()} == FILES
    for leaf in trace.result.exits:
        assert sum(one.tainted for one in leaf.kept) == leaf.tainted, (policy, leaf)
    movements = list(csv.DictReader((folder / "movements.csv").read_text().splitlines()))
    assert all(0 < int(row["tainted"]) <= int(row["amount"]) for row in movements)
    flagged = [*csv.DictReader((folder / "flagged.csv").read_text().splitlines())]
    assert all(len(row) == 36 for row in flagged)
    assert all(int(r["min"]) <= int(r["tainted"]) <= int(r["max"]) for r in flagged if r["certainty"])
    assert all(
        int(r["passed_min"]) <= int(r["passed_through"]) <= int(r["passed_max"]) for r in flagged if r["passed_min"]
    )


def test_e1_a_picture_that_fails_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError("sink")

    monkeypatch.setattr(sankey, "_draw_panel", broken)
    trace = bitcoin_case(1).trace()
    folder = trace.write(tmp_path / "out")
    assert trace.undrawn() == {"sankey": "KeyError: 'sink'"}
    assert {path.name for path in folder.iterdir()} == FILES
    assert "This picture could not be drawn" in (folder / "report.html").read_text()
    monkeypatch.setattr(svg.Canvas, "document", broken)
    other = bitcoin_case(1).trace()
    folder = other.write(tmp_path / "less")
    assert set(other.undrawn()) == {"flow", "sankey"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {path.name for path in folder.iterdir()} == FILES - {"graph.svg"} == {*manifest["files"], "manifest.json"}


def test_i7_the_manifest_hashes_the_canonical_form_of_the_touched_rows(tmp_path: Path) -> None:
    from tracer.report.tables import movements_csv

    trace = account_case(3).trace()
    folder = trace.write(tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["canonical_csv"] == ["touched.parquet"]
    for name, known in manifest["files"].items():
        canonical = movements_csv(trace.result, touched=True).encode()
        assert known == sha256_of(canonical if name == "touched.parquet" else (folder / name).read_bytes())
