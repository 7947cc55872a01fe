"""The Ronin case end to end: both thefts, the published checkpoints, the honest wording, every file, the same bytes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import tracer
from tracer.trace import POLICIES, Options, prepare, run

ETH = "eip155:1/slip44:60"
USDC = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
BRIDGE = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"

FILES = {
    *("summary.json", "exits.csv", "cashouts.csv", "movements.csv", "touched.parquet", "flagged.csv", "leads.csv"),
    *("kept_off.csv", "legend.md"),
    *("graph.svg", "graph.graphml", "report.html", "manifest.json"),
}

CHECKPOINTS = {
    "1": 182163956030000000000000,
    "2": 6250000000000000000000,
    "3": 31075957680000000000000,
    "4": 144835998350000000000000,
    "5": 2000000000000000000,
    "6": 144695857400000000000000,
    "7": 175771815080000000000000,
    "8": 140140950000000000000,
    "9": 0,
    "10": 8564680189130746195534,
    "11": 8565903082267597943583,
    "12": 1947052267597943583,
    "13": 441,
    "14a": 79490750000000000000,
    "14b": 47939000000000000000,
}


@pytest.fixture(scope="module")
def trace() -> tracer.Trace:
    return tracer.open_case("ronin-2022").trace()


@pytest.fixture(scope="module")
def folder(trace: tracer.Trace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trace.write(tmp_path_factory.mktemp("ronin") / "out")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_both_thefts_are_stolen_whole(trace: tracer.Trace) -> None:
    assert trace.result.stolen == {
        ("ronin-2022", ETH): 173_600 * 10**18,
        ("ronin-2022", USDC): 25_500_000 * 10**6,
    }


@pytest.mark.parametrize("policy", POLICIES)
def test_the_audit_closes_to_the_last_unit_under_every_policy(policy: str) -> None:
    result = tracer.open_case("ronin-2022").trace(policy).result
    assert result.audit.closed
    assert set(result.audit.difference.values()) == {0}


def test_the_fourteen_checkpoints_are_reproduced(trace: tracer.Trace) -> None:
    checked = {one.id: one for one in trace.check()}
    assert {key: checked[key].recorded for key in CHECKPOINTS} == CHECKPOINTS
    assert {key: checked[key].difference for key in CHECKPOINTS} == dict.fromkeys(CHECKPOINTS, 0)
    assert {key for key, one in checked.items() if not one.agrees} == {"P2a"}


def test_e6_22_against_25_is_a_disagreement_with_its_reason(trace: tracer.Trace) -> None:
    checked = {one.id: one for one in trace.check()}
    dune = checked["P2a"]
    assert (dune.claimed, dune.recorded, dune.difference, dune.tolerance, dune.agrees) == (22, 25, 3, 0, False)
    assert "25" in dune.note
    published = {key for key, one in checked.items() if one.published}
    assert published == {*(f"P{n}" for n in range(1, 12)), "P2a"}
    assert len(checked) - len(published) == 31


def test_e8_the_head_says_where_the_money_went(trace: tracer.Trace) -> None:
    head = repr(trace).splitlines()[3]
    assert "96.3 % to depositors of Tornado Cash, 3.6 % toward exchanges" in head


def test_e4_exits_and_list_value_an_address_alike(folder: Path) -> None:
    exits: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(folder / "exits.csv"):
        exits[row["address"]] += Decimal(row["usd_at_time"])
    address = next(one for one in exits if one.startswith("0xdf225c84"))
    listed = [row["usd_at_time"] for row in rows_of(folder / "flagged.csv") if row["address"] == address]
    assert listed == [str(exits[address])] == ["10755827.78"]


def test_the_stolen_part_of_a_checkpoint_stands_beside_the_recorded_one(trace: tracer.Trace) -> None:
    (seventh,) = [one for one in trace.check() if one.id == "7"]
    clean_before_the_theft = 1_056_900_000_000_000_000
    clean_for_fees = 150819284889896000 - 98442084889896000
    assert seventh.tainted == seventh.recorded - (clean_before_the_theft - clean_for_fees)
    assert seventh.asserted == 8557749949284889896000


def test_without_assertions_the_usdc_ends_with_the_two_that_were_paid_it() -> None:
    case = tracer.open_case("ronin-2022")
    assert [leaf for leaf in case.trace().result.exits if leaf.asset == USDC] == []
    recorded = case.trace(grade="recorded").result
    swappers = ("0x665660f65e94454a64b96693a67a41d440155617", "0xe708f17240732bbfa1baa8513f66b665fbc7ce10")
    assert [(leaf.address, leaf.stop_reason, leaf.tainted) for leaf in recorded.exits if leaf.asset == USDC] == [
        (swappers[0], "incomplete", 14_500_000 * 10**6),
        (swappers[1], "incomplete", 11_000_000 * 10**6),
    ]
    assert recorded.coverage.rows_dropped == {"asserted": 10}
    assert recorded.audit.closed
    inflow = {key[1]: amount for key, amount in recorded.coverage.unexplained_inflow.items()}
    assert sum(inflow.values()) == 8562680189130746195534


def test_depositors_and_exchange_intermediaries_leave_as_incomplete_and_the_eight_as_at_rest(
    folder: Path,
) -> None:
    reasons: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows_of(folder / "exits.csv"):
        reasons[row["entity"], row["category"]].add(row["stop_reason"])
    assert reasons == {
        ("depositor of Tornado Cash", "intermediate"): {"incomplete"},
        ("toward exchanges", "intermediate"): {"incomplete"},
        ("Lazarus Group", "intermediate"): {"at_rest"},
        ("Lazarus Group", "theft"): {"at_rest"},
        ("", ""): {"fee"},
    }


def test_the_folder_holds_every_file_and_the_manifest_their_hashes(folder: Path) -> None:
    from tracer.io.writers import sha256_of

    assert {path.name for path in folder.iterdir()} == FILES
    manifest = json.loads((folder / "manifest.json").read_text())
    plain = FILES - {"manifest.json", "touched.parquet"}
    assert set(manifest["files"]) == plain | {"touched.parquet"}
    assert {name: manifest["files"][name] for name in plain} == {
        name: sha256_of((folder / name).read_bytes()) for name in plain
    }


def test_the_tables_add_up_to_what_was_stolen(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    stolen = {ETH: 173_600 * 10**18, USDC: 25_500_000 * 10**6}
    assert {asset: int(amount) for asset, amount in summary["stolen"]["ronin-2022"].items()} == stolen
    assert summary["audit"] == {"closed": True, "difference": {"ronin-2022": {ETH: "0", USDC: "0"}}}
    for name in ("exits.csv", "cashouts.csv"):
        totals: dict[str, int] = defaultdict(int)
        tainted: dict[str, int] = defaultdict(int)
        for row in rows_of(folder / name):
            totals[row["origin_asset"]] += int(row["origin_amount"])
            tainted[row["asset"]] += int(row["tainted"])
        assert totals == stolen
        assert tainted == {ETH: (173_600 * 10**18) + 8562680189130746195534}


def test_the_movements_are_rows_in_order_with_swaps_as_two_rows_of_one_event(folder: Path) -> None:
    rows = rows_of(folder / "movements.csv")
    seqs = [int(row["seq"]) for row in rows]
    assert (len(seqs), seqs) == (121, sorted(set(seqs)))
    assert all(0 < int(row["tainted"]) <= int(row["amount"]) for row in rows)
    assert {row["source_url"][:12] for row in rows} == {"https://dune", "https://gith"}
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    swaps = [row for row in rows if row["event"].startswith("asserted-swap")]
    assert [(row["event"][-1], row["asset"], int(row["amount"])) for row in swaps] == [
        ("2", USDC, 1_000_000 * 10**6),
        ("2", ETH, 330 * 10**18),
        ("1", USDC, 1_000_000 * 10**6),
        ("1", ETH, 300 * 10**18),
        ("3", USDC, 10_000_000 * 10**6),
        ("3", ETH, 3_390 * 10**18),
        ("4", USDC, 10_000_000 * 10**6),
        ("4", ETH, 3363537583527971690307),
        ("5", USDC, 3_500_000 * 10**6),
        ("5", ETH, 1179142605602774505227),
    ]
    assert all(row["amount"] == row["tainted"] for row in swaps)
    assert {row["grade"] for row in swaps} == {"asserted"}
    assert sum(row["tx"] != "" for row in rows) == 71
    assert {row["precision"] for row in rows} == {"exact"}


def test_usd_is_at_the_daily_close_and_usdc_is_unpriced(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    assert "daily close" in json.dumps(summary)
    (toward,) = [row for row in rows_of(folder / "cashouts.csv") if row["entity"] == "toward exchanges"]
    assert toward["usd_at_time"] == "21017337.50"
    assert {row["usd_at_theft"] for row in rows_of(folder / "cashouts.csv") if row["origin_asset"] == USDC} == {""}


def test_k5_the_eth_divides_to_the_last_unit(trace: tracer.Trace) -> None:
    found: dict[str, int] = defaultdict(int)
    for leaf in trace.result.exits:
        if leaf.origin.asset == ETH:
            found[leaf.stop_reason] += leaf.tainted
    assert found == {
        "incomplete": 167213060607915110104000 + 6_250 * 10**18,
        "at_rest": 136840950000000000000,
        "fee": 98442084889896000,
    }


def test_the_page_and_the_card_say_what_the_data_is(folder: Path, trace: tracer.Trace) -> None:
    page = (folder / "report.html").read_text()
    for sentence in (
        "404 of 483 rows anchored by a transaction hash",
        "No deposit at an exchange is in this data",
        "6,250 ETH went toward exchanges according to a community label",
    ):
        assert sentence in page
    assert "404 of 483 rows anchored by a transaction hash" in repr(trace)
    assert "<script" not in page
    assert 'src="http' not in page
    for word in ("Tornado depositors deposited", "deposited by a depositor"):
        assert word not in page


def test_the_victim_and_the_mistagged_deposit_addresses_are_never_flagged(folder: Path) -> None:
    flagged = {row["address"] for row in rows_of(folder / "flagged.csv")}
    assert SEED in flagged
    assert flagged.isdisjoint(
        {
            BRIDGE,
            "0x036587e77eabe6a7e181886a5a6ed10dc25654f9",
            "0x5b5082214d62585d686850ab8d9e3f6b6a5c58ff",
            "0xd90e2f925da726b50c4ed8d0fb90ad053324f31b",
            "0xa160cdab225685da1d56aa342ad8841c3b53f291",
            "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
        }
    )


def test_the_recorded_rows_do_not_change_when_the_policy_does(trace: tracer.Trace) -> None:
    other = tracer.open_case("ronin-2022").trace("lifo")
    keep = [(m.seq, m.event, m.sender, m.recipient, m.amount, m.hop) for m in trace.result.movements]
    assert keep == [(m.seq, m.event, m.sender, m.recipient, m.amount, m.hop) for m in other.result.movements]
    assert trace.result.holders.keys() == other.result.holders.keys()


def test_two_processes_with_different_hash_seeds_and_zones_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for number, environment in enumerate(({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "99"})):
        out = tmp_path / str(number)
        done = subprocess.run(
            [sys.executable, "-m", "tracer.cli", "trace", "ronin-2022", "--out", str(out)],
            env={**_bare_environment(), **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        for name in sorted(FILES):
            assert (out / name).read_bytes() == (folder / name).read_bytes(), name


def _bare_environment() -> dict[str, str]:
    import os

    root = str(Path(tracer.__file__).parents[1])
    return {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")} | {"PYTHONPATH": root}


def test_the_picture_in_the_documents_is_the_one_the_program_draws(trace: tracer.Trace) -> None:
    shown = Path(tracer.__file__).parents[1] / "docs" / "ronin-2022.svg"
    assert shown.read_text("utf-8") == trace.draw().svg


def test_fees_before_their_payments_give_what_the_page_says() -> None:
    case = tracer.open_case("ronin-2022")
    inputs = case.prepare().inputs
    first: dict[str, int] = {}
    for place, row in enumerate(inputs.rows):
        first.setdefault(row.tx, place)
    order = sorted(
        enumerate(inputs.rows),
        key=lambda one: (first[one[1].tx] if one[1].kind == "fee" else one[0], one[1].kind != "fee", one[0]),
    )
    rows = tuple(replace(row, row=number) for number, (_, row) in enumerate(order, 2))
    found: dict[str, int] = defaultdict(int)
    for leaf in run(prepare(replace(inputs, rows=rows), Options()), "fifo").exits:
        if leaf.origin.asset == ETH:
            found[leaf.stop_reason] += leaf.tainted
    assert found["fee"] == 93919284889896000
    assert found["incomplete"] == 167213065130715110104000 + 6_250 * 10**18
    page = (Path(tracer.__file__).parents[1] / "docs/cases/ronin-2022.md").read_text("utf-8")
    assert "167,213.065130715110104 ETH and the fees 0.093919284889896 ETH" in page
