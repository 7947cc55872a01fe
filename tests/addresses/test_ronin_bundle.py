"""The bundle of the Ronin case: the recorded facts, anchored, plus ten asserted rows; no byte can change unseen."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tracer.bundle import bundle_of, open_bundle
from tracer.errors import DataFileError, SourceError
from tracer.io.paths import bundles_dir
from tracer.io.prices import GRANULARITY, read_prices
from tracer.io.tables import read_transfers
from tracer.model import AssetId

FOLDER = bundles_dir() / "ronin-2022"
SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
FIRST, SECOND = "0xe708f17240732bbfa1baa8513f66b665fbc7ce10", "0x665660f65e94454a64b96693a67a41d440155617"
USDC = "erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
ETH = "slip44:60"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def movement(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("time", "sender", "recipient", "asset", "amount"))


def test_k5_the_rows_are_those_of_the_export_but_for_two_roundings_and_five_folded_ones(shared: Path) -> None:
    facts = Counter(movement(row) for row in rows(shared / "facts/ronin-2022/transfers.csv"))
    held = [row for row in rows(FOLDER / "transfers.csv") if row["grade"] == "recorded" and row["kind"] != "fee"]
    there = Counter(movement(row) for row in held)
    assert facts.total() == 438
    assert (facts - there).total() == 7
    assert (there - facts).total() == 2 + 5 * 2 + 5
    sums = {"5206900000000000": "4206900000000000", "30000000000000": "20000000000000"}
    unfolded = [row for row in held if row["note"].startswith("in Etherscan, folded into one row")]
    assert len(unfolded) == 5
    assert {row["tx"] != "" for row in unfolded} == {True}
    assert sums.keys() <= {key[4] for key in facts - there}


def test_k5_404_of_483_recorded_rows_have_a_hash_and_none_is_printed() -> None:
    held = rows(FOLDER / "transfers.csv")
    recorded = [row for row in held if row["grade"] == "recorded"]
    assert (len(held), len(recorded), sum(row["tx"] != "" for row in recorded)) == (493, 483, 404)
    assert {row["precision"] for row in held} == {"exact"}
    assert {bool(row["block"]) for row in recorded if row["source"] == "dune-investigation"} == {True}
    assert {bool(row["tx"]) for row in recorded if row["source"] == "etherscan-replies"} == {True}
    assert {bool(row["tx"] or row["block"]) for row in recorded if row["source"] == "eth-data"} == {False}


def test_the_fees_of_the_first_receiver_are_rows() -> None:
    fees = [row for row in rows(FOLDER / "transfers.csv") if row["kind"] == "fee"]
    assert (len(fees), sum(int(row["amount"]) for row in fees)) == (35, 150819284889896000)
    assert {row["sender"] for row in fees} == {SEED}


def test_the_usdc_is_five_recorded_payments_and_five_asserted_conversions() -> None:
    held = rows(FOLDER / "transfers.csv")
    paid = [row for row in held if row["asset"] == USDC and row["sender"] == SEED]
    assert [(row["recipient"], int(row["amount"]) // 10**6, row["grade"]) for row in paid] == [
        (FIRST, 1_000_000, "recorded"),
        (SECOND, 1_000_000, "recorded"),
        (SECOND, 10_000_000, "recorded"),
        (FIRST, 10_000_000, "recorded"),
        (SECOND, 3_500_000, "recorded"),
    ]
    assert len({row["tx"] for row in paid}) == 5
    asserted = [row for row in held if row["grade"] == "asserted"]
    assert {row["event"] for row in asserted} == {f"asserted-swap-{number}" for number in range(1, 6)}
    given = sum(int(row["amount"]) for row in asserted if row["asset"] == USDC)
    gained = sum(int(row["amount"]) for row in asserted if row["asset"] == ETH)
    assert (given, gained) == (25_500_000 * 10**6, 8562680189130746195534)


def test_the_asserted_conversions_are_what_came_back_less_the_gas_money() -> None:
    held = rows(FOLDER / "transfers.csv")
    for holder in (FIRST, SECOND):
        back = sum(int(r["amount"]) for r in held if (r["sender"], r["recipient"]) == (holder, SEED))
        gained = sum(int(r["amount"]) for r in held if r["sender"] == r["recipient"] == holder and r["asset"] == ETH)
        assert back - gained == 10**18


def test_the_bundle_opens_with_its_sources_and_counts() -> None:
    bundle = open_bundle(FOLDER)
    manifest = bundle.manifest
    assert (manifest.case, manifest.raw, manifest.anchored, manifest.anchor_rows) == ("ronin-2022", (), 404, 483)
    assert manifest.as_of == {"labels": "2026-11-29", "transfers": "2026-06-28", "prices": "2022-09-30"}
    assert {name: table.rows for name, table in manifest.tables.items()} == {"prices": 428, "transfers": 493}
    transfers = read_transfers(bundle.table("transfers")).transfers
    assert len(transfers) == 493
    sources = {row["source"] for row in rows(FOLDER / "transfers.csv")}
    assert sources == {"eth-data", "dune-investigation", "etherscan-replies"}
    assert bundle.source("eth-data").licence == "MIT"
    assert "no file of it is copied" in bundle.source("etherscan-replies").licence
    assert bundle_of("ronin-2022") == bundle
    assert bundle_of("nothing-2022") is None


def test_what_a_bundle_does_not_have_is_told() -> None:
    bundle = open_bundle(FOLDER)
    with pytest.raises(SourceError, match="has no table 'traces'"):
        bundle.table("traces")
    with pytest.raises(SourceError, match="does not name the source 'hearsay'"):
        bundle.source("hearsay")
    with pytest.raises(SourceError, match="There is no bundle"):
        open_bundle(FOLDER.parent)


@pytest.mark.parametrize("name", ["transfers", "prices"])
def test_a_changed_byte_is_refused_and_the_table_named(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "ronin-2022"
    shutil.copytree(FOLDER, copy)
    path = copy / f"{name}.csv"
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match=f"the table '{name}'"):
        open_bundle(copy)
    path.unlink()
    with pytest.raises(SourceError, match=f"the table '{name}' is missing"):
        open_bundle(copy)


def test_a_table_cannot_leave_its_bundle(tmp_path: Path) -> None:
    copy = tmp_path / "ronin-2022"
    shutil.copytree(FOLDER, copy)
    path = copy / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"prices.csv"', '"../prices.csv"'), "utf-8")
    with pytest.raises(DataFileError, match="is not a plain file name"):
        open_bundle(copy)


def test_prices_are_the_recorded_closes_of_the_day(shared: Path) -> None:
    names = {"eip155:1/slip44:60": "ETH", "bip122:000000000019d6689c085ae165831e93/slip44:0": "BTC"}
    held = {(names[row["asset"]], row["date"], row["usd_close"]) for row in rows(FOLDER / "prices.csv")}
    facts = rows(shared / "facts/prices/daily_usd_close_2022.csv")
    assert held == {(row["asset"], row["date_utc"], row["usd_close"]) for row in facts}


def test_a_price_is_that_of_the_utc_day_or_none() -> None:
    prices = open_bundle(FOLDER).prices()
    eth = AssetId("eip155:1/slip44:60")
    start = 1648080000  # 2022-03-24T00:00:00Z
    assert prices.close(eth, start - 1) == Decimal("3031.07")
    assert prices.close(eth, start) == prices.close(eth, start + 86399) != Decimal("3031.07")
    assert prices.close(eth, 0) is None
    assert prices.close(AssetId(f"eip155:1/{USDC}"), start) is None
    assert prices.assets() == ("bip122:000000000019d6689c085ae165831e93/slip44:0", "eip155:1/slip44:60")
    assert (prices.granularity, prices.source.split(",")[0]) == (GRANULARITY, "Yahoo Finance")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("eip155:1/slip44:60,2022-03-01,1e3,x", "usd_close"),
        ("eip155:1/slip44:60,2022-03-01,-1,x", "usd_close"),
        ("eip155:1/slip44:60,2022-02-29,1,x", "date"),
        ("eip155:1/slip44:60,2022-03-02,1,x", "date"),
        ("not an asset,2022-03-01,1,x", "asset"),
    ],
)
def test_a_bad_price_is_told_with_its_column(tmp_path: Path, line: str, column: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(f"asset,date,usd_close,source\neip155:1/slip44:60,2022-03-02,1.5,x\n{line}\n", "utf-8")
    with pytest.raises(DataFileError, match=f"row 2, column '{column}'"):
        read_prices(path)
