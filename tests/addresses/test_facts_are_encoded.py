"""Every fact on file is in the registry, as published; what may not ship does not; nothing lacks a source."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tracer.attribution import all_statements, load_incidents, load_services, why
from tracer.attribution.counts import counts, read_importable, sources_markdown
from tracer.config.paths import addresses_dir
from tracer.model import AssetId, ChainId, parse_address

COLLECTIONS = {
    "AnonymousMFTracer": "AnonymousMFTracer/Ground-Truth",
    "XChainDataGen": "XChainDataGen",
    "bybit-incident-tna": "bybit-incident-tna",
    "tayvano": "tayvano/lazarus-bluenoroff-research",
}


def table(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "facts" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def collection(text: str) -> str:
    return next((name for part, name in COLLECTIONS.items() if part in text), "")


def ships(row: dict[str, str]) -> bool:
    """Return whether a row may ship: licensed, held by a second public list, or a quoted fact of an incident."""
    held_by = collection(row["source_url"] + row["source_title"])
    found = re.search(r"also_in=([^;]*)", row["confidence_note"])
    others = [name for name in (found[1].split("|") if found else []) if not collection(name)]
    quoted = held_by == COLLECTIONS["tayvano"] and row["attribution_tier"] != "un_or_msmt"
    return not held_by or bool(others) or quoted


def test_all_53_thefts_have_the_published_figures(shared: Path) -> None:
    published: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for row in table(shared, "incidents.csv"):
        published[row["incident_id"]].append((row["chain"], row["asset"], row["amount"], row["theft_tx"]))
    thefts = {one.id: one for one in load_incidents() if one.kind == "theft"}
    assert len(thefts) == 53
    assert {
        name: sorted((f.chain, f.what, f.amount, f.tx) for f in incident.figures) for name, incident in thefts.items()
    } == {name: sorted(rows) for name, rows in published.items()}


def test_dollars_are_as_published_and_a_range_stays_a_range(shared: Path) -> None:
    published: Counter[tuple[str, str]] = Counter()
    for row in table(shared, "incidents.csv"):
        whole_of_ronin = row["incident_id"] == "ronin-2022" and row["asset"] == "ALL"
        if row["usd_at_time"] and not whole_of_ronin and row["incident_id"] not in ("nicehash-2017", "phemex-2025"):
            published[row["incident_id"], row["usd_at_time"]] += 1
    encoded = Counter(
        (one.id, f.usd_min) for one in load_incidents() for f in one.figures if f.usd_min and f.usd_min == f.usd_max
    )
    assert encoded == published
    ranges = {one.id: (f.usd_min, f.usd_max) for one in load_incidents() for f in one.figures if f.usd_min != f.usd_max}
    assert ranges == {
        "ronin-2022": ("610000000", "625000000"),
        "nicehash-2017": ("62000000", "75000000"),
        "phemex-2025": ("69100000", "85000000"),
    }


def test_losses_are_the_exact_base_units_of_the_published_amounts() -> None:
    (bybit,) = [one for one in load_incidents() if one.id == "bybit-2025"]
    assert [(loss.asset, loss.amount) for loss in bybit.losses] == [
        (AssetId("eip155:1/slip44:60"), int(Decimal("401346.768858404671846374") * 10**18))
    ]
    assert [(seed.value, seed.amount) for seed in bybit.seeds] == [
        ("0xb61413c495fdad6114a7aa863a00b2e3c28945979a10885b12b30316ea9f072c", bybit.losses[0].amount)
    ]


def test_every_row_that_may_ship_is_held_and_no_other(shared: Path) -> None:
    held = {(said.chain, said.address) for said in all_statements()}
    missing, smuggled = [], []
    rows = table(shared, "addresses.csv")
    free = {(row["chain"], row["address"]) for row in rows if ships(row)}
    for row in rows:
        place = (row["chain"], parse_address(ChainId(row["chain"]), row["address"]))
        if ships(row) and place not in held:
            missing.append(place)
        if not ships(row) and place in held and (row["chain"], row["address"]) not in free:
            smuggled.append(place)
    listed = {said.address for said in all_statements() if said.source.publisher == "OFAC"}
    assert missing == []
    assert [place for place in smuggled if place[1] not in listed] == []


def test_what_does_not_ship_is_counted_by_collection(shared: Path) -> None:
    left = Counter(
        collection(row["source_url"] + row["source_title"]) for row in table(shared, "addresses.csv") if not ships(row)
    )
    assert read_importable(addresses_dir()) == dict(left)


def test_the_list_of_ofac_is_whole(shared: Path) -> None:
    rows = table(shared, "ofac_digital_currency_2025-11-19.csv")
    published = {(row["name"], row["address"].lower()) for row in rows}
    encoded = {
        (said.value.removeprefix("OFAC SDN list, "), said.address.lower())
        for said in all_statements()
        if said.property == "sanction" and said.source.key == "ofac-sdn"
    }
    assert len(rows) == 761
    assert encoded == published


def test_every_claim_on_file_is_a_claim_or_a_checkpoint(shared: Path) -> None:
    published = Counter(
        row["incident_id"] for row in table(shared, "checkpoints.csv") if row["incident_id"] != "ronin-2022"
    )
    encoded = Counter({one.id: len(one.claims) for one in load_incidents() if one.claims})
    assert encoded == published


def test_no_statement_or_figure_lacks_a_source() -> None:
    sources = {said.source for said in all_statements()}
    for one in load_incidents():
        sources |= (
            {f.source for f in one.figures} | {c.source for c in one.claims} | {a.source for a in one.attributions}
        )
        assert one.figures or one.kind != "theft"
    assert all(s.publisher and s.title and s.url.startswith("http") and s.rank and s.licence for s in sources)


def test_unverified_claims_are_nowhere(shared: Path) -> None:
    text = "".join(path.read_text("utf-8") for path in (addresses_dir() / "incidents").glob("*.yml"))
    assert "523M XEM" not in text
    assert "85,700" not in text
    assert "4,736 BTC" not in text
    assert "bithumb-2018" not in {one.id for one in load_incidents()}
    assert table(shared, "unverified.csv")


def test_the_first_receiver_of_bybit_is_not_among_the_51_of_the_fbi() -> None:
    (bybit,) = [one for one in load_incidents() if one.id == "bybit-2025"]
    named = {label.address for label in bybit.labels if label.publisher.startswith("FBI")}
    assert len(named) == 51
    assert "0x47666fab8bd0ac7003bce3f5c3585383f09486e2" not in named


def test_contested_attributions_say_so() -> None:
    contested = {one.id for one in load_incidents() if one.dissent}
    assert {"uwulend-2024", "coincheck-2018", "liquid-2021", "poloniex-2023", "bingx-2024"} <= contested
    assert contested.isdisjoint({"ronin-2022", "kucoin-2020", "upbit-2025"})


def test_services_and_victims_are_guarded() -> None:
    from tracer.model import CATEGORIES

    said = {s.value for s in load_services() if s.property == "category"}
    assert all(CATEGORIES[category].guard for category in said)


@pytest.mark.parametrize(
    ("address", "as_of", "expected"),
    [
        (
            "0x51e9d833ecae4e8d9d8be17300aee6d3398c135d",
            "",
            ("category", "theft", "FBI, Internet Crime Complaint Center"),
        ),
        (
            "0x1db92e2eebc8e0c075a02bea49a2935bcd2dfcf4",
            "",
            ("category", "victim", "tayvano/lazarus-bluenoroff-research"),
        ),
        (
            "0x5b5082214d62585d686850ab8d9e3f6b6a5c58ff",
            "",
            ("category", "exchange_deposit", "tayvano/lazarus-bluenoroff-research"),
        ),
    ],
)
def test_why_answers(address: str, as_of: str, expected: tuple[str, str, str]) -> None:
    found = [(s.property, s.value, s.source.publisher) for s in why(address, as_of=as_of)]
    assert expected in found


def test_a_delisted_pool_was_sanctioned_in_2024_and_is_not_in_2026() -> None:
    from tracer.attribution import in_force

    (sanction,) = [s for s in why("0xa160cdab225685da1d56aa342ad8841c3b53f291") if s.property == "sanction"]
    assert [in_force(sanction, day) for day in ("2022-08-07", "2024-01-01", "2026-01-01")] == [False, True, False]


def test_the_file_of_sources_is_the_one_the_program_makes() -> None:
    assert (addresses_dir() / "SOURCES.md").read_text("utf-8") == sources_markdown()


def test_the_counts_stand_in_words() -> None:
    found = counts()
    assert found.thefts == 53
    assert sum(found.importable.values()) == 656
    assert str(found.thefts) in found.sentences()[0]
