"""K1: every hash of an input is of canonical CSV, so that nothing but a CSV writer and SHA-256 recomputes it."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest

from tracer.api import open_case, open_table
from tracer.bundle import open_bundle
from tracer.io import Prices

ROOT = Path(__file__).parents[2]
BUNDLES = ROOT / "addresses" / "bundles"
A, B, C = ("0x" + digit * 40 for digit in "abc")
TX = ["0x" + digit * 64 for digit in "123"]

TRANSFERS = (
    "chain,block,position,time,tx,kind,sender,recipient,asset,amount,event,grade,precision,repeat,source_url,note,id\n"
    f"""eip155:1,5,0,2024-01-02T00:00:00Z,{TX[0]},native,{A},{B},eip155:1/slip44:60,1000,,recorded,exact,,,,
eip155:1,6,1,2024-01-02T00:00:12Z,{TX[1]},native,{B},{C},eip155:1/slip44:60,400,,recorded,printed,,https://x.org,"a, b",
"""
)
SEEDS = f"""kind,value,chain,asset,amount,origin,victim,recipient,grade
tx,{TX[0]},eip155:1,eip155:1/slip44:60,1000,theft,,,recorded
"""
LABELS = (
    "chain,address,label,category,entity,publisher,source_url,rank,role,confidence,valid_from,valid_until,incident,"
    f"asset,known\neip155:1,{C},Example: hot,exchange,Example,,https://example.org/x,,,,,,,,\n"
)
HISTORY = f"""address
eip155:1:{B}
"""
ASSETS = """asset,symbol,decimals
eip155:1/slip44:60,ETH,18
"""
PRICES = """asset,date,usd_close
eip155:1/slip44:60,2024-01-02,2350.1
"""


def of(text: str) -> dict[str, str]:
    """Return what a summary says of a table: its rows, and the hash of its bytes."""
    return {
        "rows": str(len(list(csv.reader(io.StringIO(text)))) - 1),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "transfers.csv").write_bytes(TRANSFERS.encode())
    # as a seeds table is read: without the grade, which follows from the kind
    (tmp_path / "seeds.csv").write_text(SEEDS.replace(",grade", "").replace(",recorded", ""), "utf-8")
    (tmp_path / "labels.csv").write_text(LABELS.replace(",known\n", ",list_date\n"), "utf-8")
    (tmp_path / "history.csv").write_text(f"address\n{B}\n", "utf-8")
    (tmp_path / "assets.csv").write_bytes(ASSETS.encode())
    (tmp_path / "prices.csv").write_text(PRICES.replace("close\n", "close,source\n").replace("2350.1", "2350.10,p"))
    return tmp_path


def test_k1_a_table_in_canonical_form_has_the_hash_of_its_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer.api.own_tables.shipped_prices", lambda: Prices({}, ""))
    case = open_table(
        folder / "transfers.csv",
        seeds=folder / "seeds.csv",
        labels=folder / "labels.csv",
        history=folder / "history.csv",
        assets=folder / "assets.csv",
        prices=folder / "prices.csv",
        registry=False,
    )
    said = case.trace().result.input_hashes
    tables = {"transfers": TRANSFERS, "rows": TRANSFERS, "seeds": SEEDS, "labels": LABELS, "history": HISTORY}
    tables |= {"assets": ASSETS, "prices": PRICES}
    assert said == {name: of(text) for name, text in tables.items()}


def test_k1_a_ledger_in_canonical_form_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    tx = "d" * 64
    head = "event,side,holder,address,asset,amount,chain,block,time,tx,kind,input_order,id\n"
    coin, chain = "bip122:000000000019d6689c085ae165831e93/slip44:0", "bip122:000000000019d6689c085ae165831e93"
    place = f"{chain}/{'0' * 64}/{tx}"
    text = head + "".join(
        f"{tx},{side},{holder},,{coin},50,{chain},9,2024-01-02T00:00:00Z,{tx},,,{place}/{where}\n"
        for side, holder, where in (("debit", f"{'e' * 64}:0", "input:0"), ("credit", f"{tx}:0", "output:0"))
    )
    (tmp_path / "ledger.csv").write_text(text, "utf-8")
    seeds = f"kind,value,asset,amount,origin\noutput,{tx}:0,{coin},50,theft\n"
    (tmp_path / "seeds.csv").write_text(seeds, "utf-8")
    case = open_table(ledger=tmp_path / "ledger.csv", seeds=tmp_path / "seeds.csv", registry=False)
    assert case.trace().result.input_hashes["ledger"] == of(text)


def test_k1_a_frame_and_its_file_have_one_hash(folder: Path) -> None:
    import pandas as pd

    def hashes(transfers: object) -> dict[str, str]:
        case = open_table(transfers, seeds=folder / "seeds.csv", registry=False)  # type: ignore[arg-type]
        return case.trace().result.input_hashes["transfers"]

    frame = pd.read_csv(folder / "transfers.csv", dtype=str, keep_default_na=False)
    assert hashes(frame) == hashes(folder / "transfers.csv") == of(TRANSFERS)


def test_k1_rows_and_prices_of_shipped_cases_are_recomputed_with_csv_and_hashlib_alone() -> None:
    columns = TRANSFERS.split("\n", 1)[0].split(",")
    with (BUNDLES / "training" / "transfers.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row | {"repeat": "", "source_url": row["source"], "note": ""} for row in csv.DictReader(stream)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[name] for name in columns] for row in rows)
    assert open_case("training", offline=True).trace().result.input_hashes["rows"] == of(out.getvalue())

    with (BUNDLES / "ronin-2022" / "prices.csv").open(newline="", encoding="utf-8") as stream:
        prices = sorted(csv.DictReader(stream), key=lambda row: (row["asset"], row["date"]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["asset", "date", "usd_close"])
    for row in prices:
        whole, _, part = row["usd_close"].partition(".")
        part = part.rstrip("0")
        writer.writerow([row["asset"], row["date"], f"{whole}.{part}" if part else whole])
    case = open_case("ronin-2022", offline=True)
    said = case.trace().result.input_hashes
    assert said["prices"] == of(out.getvalue())
    assert (
        said["bundle"]["transfers"]
        == hashlib.sha256((BUNDLES / "ronin-2022" / "transfers.csv").read_bytes()).hexdigest()
    )
    assert said["bundle"]["transfers"] == open_bundle(BUNDLES / "ronin-2022").manifest.tables["transfers"].sha256


def test_k1_what_is_another_input_has_another_hash(folder: Path) -> None:
    def hashes(**tables: Path) -> dict[str, dict[str, str]]:
        given = {"transfers": folder / "transfers.csv", "seeds": folder / "seeds.csv", "prices": folder / "prices.csv"}
        return open_table(**(given | tables), registry=False).trace().result.input_hashes  # type: ignore[arg-type]

    before = hashes()
    other = folder / "other.csv"
    other.write_text((folder / "prices.csv").read_text("utf-8").replace("2350.10", "2350.11"), "utf-8")
    after = hashes(prices=other)
    assert {name for name in before if before[name] != after[name]} == {"prices"}
