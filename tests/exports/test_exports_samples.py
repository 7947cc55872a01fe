"""Every sample of an export gives its rows to the unit, or its refusal, and becomes a trace with two commands."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import tracer

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "exports"
OPTIONS: dict[str, dict[str, Any]] = {
    "arbiscan-txns-2024.csv": {"chain": "eip155:42161"},
    "blockscout-txns-2024.csv": {"chain": "eip155:100"},
    "blockscout-tokens-2024.csv": {"chain": "eip155:100"},
    "blockscout-internal-2024.csv": {"chain": "eip155:100"},
    "etherscan-tokenpage-2025.csv": {"asset": "erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "decimals": 6},
    "etherscan-nft-2025.csv": {"nft": True},
    "dune-v1-bytea.csv": {"mapping": ["amount=total_eth:ETH"]},
}
REFUSED = {
    "harmony-txns-2022.csv": "Harmony",
    "solscan-transfers-2025.csv": "Solana",
    "electrum-history-2026.csv": "one-sided",
    "sparrow-transactions-2024.csv": "one-sided",
}
COUNTED = {
    "etherscan-txns-2021.csv": {"failed": 2},
    "etherscan-txns-2023-note.csv": {"without value": 2},
    "bscscan-txns-2021.csv": {"failed": 1},
    "etherscan-erc20-2024.csv": {"without value": 1, "of unknown decimals": 1},
    "blockscout-txns-2024.csv": {"failed": 1, "without value": 1, "unconfirmed": 1},
    "blockscout-tokens-2024.csv": {"failed": 1, "NFT": 1},
    "blockscout-internal-2024.csv": {"failed": 1, "moves nothing": 1},
    "tronscan-transfers-2025.csv": {"failed": 1, "of unknown decimals": 1, "unconfirmed": 1},
    "oklink-tron-tokens-2026.csv": {"of unknown decimals": 1},
    "blockchair-btc-outputs.tsv": {"without value": 1},
    "blockchair-eth-calls.tsv": {"failed": 1, "moves nothing": 1},
    "esplora-address-txs.json": {"unconfirmed": 1},
    "arkham-multichain-2026.csv": {"of a chain that is not read": 1},
    "dune-v1-bytea.csv": {"without value": 1},
    "bigquery-token-transfers.csv": {"of unknown kind": 1},
}
ROW = ("sender", "recipient", "asset", "amount", "block", "time", "tx", "kind")


def samples() -> list[dict[str, str]]:
    if not FOLDER.is_dir():
        return []
    with (FOLDER / "samples.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


SAMPLES = [pytest.param(one, id=one["file"]) for one in samples()] or [
    pytest.param({}, marks=pytest.mark.skip(reason="the samples of exports are not beside this checkout"))
]
READ = [case for case in SAMPLES if not case.values[0] or dict(case.values[0])["file"] not in REFUSED]  # type: ignore[call-overload]


def form_of(sample: dict[str, str]) -> str:
    return sample["format"].split()[0]


def rows_of(export: Any) -> Counter[tuple[str, ...]]:
    rows = [tuple(str(row[name]) for name in ROW) for row in export.transfers.to_dict("records")]
    for leg in export.ledger.to_dict("records"):
        parties = (leg["holder"], "") if leg["side"] == "debit" else ("", leg["holder"])
        rows.append((*parties, leg["asset"], leg["amount"], leg["block"], leg["time"], leg["tx"], leg["side"]))
    return Counter(rows)


def expected(name: str) -> Counter[tuple[str, ...]]:
    with (FOLDER / "samples" / f"{Path(name).stem}.expected.csv").open(encoding="utf-8", newline="") as stream:
        return Counter(tuple(row[name] for name in ROW) for row in csv.DictReader(stream))


@pytest.mark.parametrize("sample", READ)
def test_f4_a_sample_gives_its_rows_to_the_unit(sample: dict[str, str]) -> None:
    name = sample["file"]
    for form in (form_of(sample), "auto"):
        export = tracer.read_export(form, FOLDER / "samples" / name, **OPTIONS.get(name, {}))
        assert rows_of(export) == expected(name)
        assert export.refused == ()
        for reason, count in COUNTED.get(name, {}).items():
            assert export.counts[reason] == count


@pytest.mark.parametrize("sample", SAMPLES)
def test_f4_a_sample_that_cannot_be_read_says_why_and_what_to_do(sample: dict[str, str]) -> None:
    name = sample["file"]
    if name not in REFUSED:
        return
    with pytest.raises(tracer.TracerError) as caught:
        tracer.read_export(form_of(sample), FOLDER / "samples" / name)
    assert REFUSED[name] in str(caught.value)
    assert caught.value.next_step
    if REFUSED[name] == "one-sided":
        assert "tracer fetch" in caught.value.next_step


@pytest.mark.parametrize("sample", READ)
def test_f4_a_sample_becomes_a_trace_without_an_edit_but_the_seed(sample: dict[str, str], tmp_path: Path) -> None:
    name = sample["file"]
    export = tracer.read_export(form_of(sample), FOLDER / "samples" / name, **OPTIONS.get(name, {}))
    folder = export.write(tmp_path / "case")
    with pytest.raises(tracer.TracerError, match="origin"):
        tracer.open_case(folder)
    with (folder / "seeds.csv").open(encoding="utf-8", newline="") as stream:
        header, *candidates = csv.reader(stream)
    assert candidates
    for candidate in candidates:
        candidate[header.index("origin")] = "theft"
        with (folder / "seeds.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, candidate])
        assert tracer.open_case(folder).trace().audit.closed


def test_printed_floats_are_marked(shared: Path) -> None:
    arkham = tracer.read_export("arkham", shared / "data/exports/samples/arkham-multichain-2026.csv").transfers
    assert sorted(arkham["precision"]) == ["exact", "exact", "exact", "printed"]
    dune = tracer.read_export(
        "dune", shared / "data/exports/samples/dune-v1-bytea.csv", mapping={"amount": "total_eth:ETH"}
    )
    assert set(dune.transfers["precision"]) == {"printed"}
    bigquery = tracer.read_export("bigquery", shared / "data/exports/samples/bigquery-token-transfers.csv")
    assert sorted(bigquery.transfers["precision"]) == ["exact", "printed"]
