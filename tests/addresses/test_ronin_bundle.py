"""The bundle of the Ronin case: row by row the recorded facts, plus six asserted rows; no byte can change unseen."""

from __future__ import annotations

import csv
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tracer.config.paths import bundles_dir
from tracer.errors import DataFileError, SourceError
from tracer.model import AssetId
from tracer.sources.bundle import bundle_of, open_bundle
from tracer.sources.prices import GRANULARITY, read_prices
from tracer.sources.tables import read_transfers

FOLDER = bundles_dir() / "ronin-2022"
SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
FIRST, SECOND = "0xe708f17240732bbfa1baa8513f66b665fbc7ce10", "0x665660f65e94454a64b96693a67a41d440155617"
USDC = "erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
ETH = "slip44:60"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_recorded_rows_are_the_recorded_facts_in_their_order(shared: Path) -> None:
    facts = rows(shared / "facts/ronin-2022/transfers.csv")
    held = [row for row in rows(FOLDER / "transfers.csv") if row["grade"] == "recorded"]
    assert [{column: row[column] for column in facts[0]} for row in held] == facts
    assert len(facts) == 438


def test_a_row_is_printed_exactly_where_sixteen_or_more_digits_carry_its_value() -> None:
    held = rows(FOLDER / "transfers.csv")
    printed = [row for row in held if row["precision"] == "printed"]
    assert printed == [row for row in held if len(row["amount"].rstrip("0")) >= 16]
    assert [row["grade"] for row in printed].count("recorded") == 7
    assert {row["precision"] for row in held} == {"exact", "printed"}


def test_only_the_two_thefts_have_a_hash_and_they_and_the_asserted_rows_a_block() -> None:
    held = rows(FOLDER / "transfers.csv")
    assert [(row["block"], row["kind"]) for row in held if row["tx"]] == [
        ("14442835", "internal"),
        ("14442840", "token"),
    ]
    assert {row["block"] for row in held if not row["tx"] and row["grade"] == "recorded"} == {""}
    assert {row["kind"] for row in held if not row["tx"] and row["grade"] == "recorded"} == {"native"}


def test_the_usdc_is_carried_by_six_asserted_rows_each_pair_behind_its_call() -> None:
    held = rows(FOLDER / "transfers.csv")
    columns = ("block", "time", "kind", "event", "sender", "recipient", "asset", "amount", "precision", "source")
    asserted = [(place, row) for place, row in enumerate(held) if row["grade"] == "asserted"]
    dune = "dune-investigation"
    expected = [
        (block, time, kind, event, sender, recipient, asset, amount, precision, dune)
        for block, time, holder, given, received in (
            ("14442948", "2022-03-23T13:54:53Z", FIRST, "11000000000000", "3693537583527971500000"),
            ("14442954", "2022-03-23T13:56:44Z", SECOND, "14500000000000", "4869142605602774400000"),
        )
        for kind, event, sender, recipient, asset, amount, precision in (
            ("token", "", SEED, holder, USDC, given, "exact"),
            ("", f"asserted-swap-{holder[:10]}", holder, holder, USDC, given, "exact"),
            ("", f"asserted-swap-{holder[:10]}", holder, holder, ETH, received, "printed"),
        )
    ]
    assert [tuple(row[column] for column in columns) for _, row in asserted] == expected
    for place in (asserted[0][0], asserted[3][0]):
        call = held[place - 1]
        assert (call["sender"], call["recipient"], call["amount"]) == (SEED, USDC[6:], "0")
        assert call["time"] == held[place]["time"]


def test_the_asserted_conversions_are_what_came_back_less_the_gas_money() -> None:
    held = rows(FOLDER / "transfers.csv")
    for holder in (FIRST, SECOND):
        back = sum(int(r["amount"]) for r in held if (r["sender"], r["recipient"]) == (holder, SEED))
        gained = sum(int(r["amount"]) for r in held if r["sender"] == r["recipient"] == holder and r["asset"] == ETH)
        assert back - gained == 10**18


def test_the_bundle_opens_with_its_sources_and_counts() -> None:
    bundle = open_bundle(FOLDER)
    manifest = bundle.manifest
    assert (manifest.case, manifest.raw, manifest.anchored, manifest.anchor_rows) == ("ronin-2022", (), 2, 438)
    assert manifest.as_of == {"labels": "2026-11-23", "transfers": "2022-09-28", "prices": "2022-09-30"}
    assert {name: table.rows for name, table in manifest.tables.items()} == {"prices": 428, "transfers": 444}
    transfers = read_transfers(bundle.table("transfers")).transfers
    assert len(transfers) == 444
    assert {row["source"] for row in rows(FOLDER / "transfers.csv")} == {"eth-data", "dune-investigation"}
    assert bundle.source("eth-data").licence == "MIT"
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
