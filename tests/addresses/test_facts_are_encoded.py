"""Every fact on file is in the registry, as published; what may not ship does not; nothing lacks a source."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tracer.io.paths import addresses_dir
from tracer.model import RANKS, AssetId, ChainId, Incident, parse_address, parse_time
from tracer.registry import all_statements, load_incidents, load_services, why
from tracer.registry.tallies import counts, read_importable
from tracer.report.annex_table import annex_rows

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


def recorded(shared: Path) -> dict[str, Incident]:
    """Return the thefts that the table of facts holds, by id; the registry may hold more, each with its own sources."""
    named = {row["incident_id"] for row in table(shared, "incidents.csv")}
    return {one.id: one for one in load_incidents() if one.id in named}


def test_every_theft_on_file_has_the_published_figures(shared: Path) -> None:
    published: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for row in table(shared, "incidents.csv"):
        published[row["incident_id"]][row["chain"], row["asset"], row["amount"], row["theft_tx"]] += 1
    thefts = recorded(shared)
    assert set(thefts) == set(published)
    assert all(one.kind == "theft" for one in thefts.values())
    held = {name: Counter((f.chain, f.what, f.amount, f.tx) for f in one.figures) for name, one in thefts.items()}
    assert {name: rows - held[name] for name, rows in published.items() if rows - held[name]} == {}


def test_dollars_are_as_published_and_a_range_stays_a_range(shared: Path) -> None:
    published: Counter[tuple[str, str]] = Counter()
    for row in table(shared, "incidents.csv"):
        whole_of_ronin = row["incident_id"] == "ronin-2022" and row["asset"] == "ALL"
        if row["usd_at_time"] and not whole_of_ronin and row["incident_id"] not in ("nicehash-2017", "phemex-2025"):
            published[row["incident_id"], row["usd_at_time"]] += 1
    thefts = recorded(shared).values()
    encoded = Counter(
        (one.id, f.usd_min) for one in thefts for f in one.figures if f.usd_min and f.usd_min == f.usd_max
    )
    assert encoded == published
    ranges = {one.id: (f.usd_min, f.usd_max) for one in thefts for f in one.figures if f.usd_min != f.usd_max}
    assert ranges == {
        "ronin-2022": ("610000000", "625000000"),
        "nicehash-2017": ("62000000", "75000000"),
        "phemex-2025": ("69100000", "85000000"),
    }


def test_k7_the_four_thefts_of_bybit_are_of_block_21895251(shared: Path) -> None:
    (bybit,) = [one for one in load_incidents() if one.id == "bybit-2025"]
    path = shared / "facts/cases/bybit_2025/transfers.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["note"] == "theft"]
    taken = {(row["tx"], row["asset"]): int(row["amount"]) for row in rows}
    assert len(taken) == 4
    assert {(x.tx, x.asset.removeprefix("eip155:1/")): x.amount for x in bybit.losses} == taken
    assert {(x.block, x.time) for x in bybit.losses} == {(21895251, parse_time("2025-02-21T14:16:11Z"))}
    assert {(x.value, str(x.asset).removeprefix("eip155:1/")): x.amount for x in bybit.seeds} == taken
    assert {(x.victim, x.recipient) for x in bybit.seeds} == {(rows[0]["sender"], rows[0]["recipient"])}


def test_losses_are_the_exact_base_units_of_the_published_amounts() -> None:
    losses = {(one.id, x.asset): x.amount for one in load_incidents() for x in one.losses}
    assert losses["bybit-2025", AssetId("eip155:1/slip44:60")] == int(Decimal("401346.768858404671846374") * 10**18)
    wbtc = AssetId("eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599")
    assert losses["orbit-2024", wbtc] == int(Decimal("230.879") * 10**8)


def test_every_seed_stands_among_the_figures_or_losses_of_its_theft() -> None:
    for one in load_incidents():
        named = {f.tx for f in one.figures} | {x.tx for x in one.losses}
        assert {seed.value for seed in one.seeds if seed.kind == "tx"} <= named, one.id
        assert all(seed.origin.startswith(one.id) or one.kind == "training" for seed in one.seeds)


def test_who_was_robbed_is_labelled_a_victim_and_who_received_is_labelled_too() -> None:
    for one in load_incidents():
        labelled = {label.address: label.category for label in one.labels}
        for seed in one.seeds:
            robbed = [part for part in seed.victim.split(";") if part not in ("", "*", "mint")]
            assert all(labelled.get(address) == "victim" for address in robbed), one.id
            assert not seed.recipient or labelled.get(seed.recipient) in ("theft", "attacker"), one.id


@pytest.mark.parametrize(
    ("heading", "name", "count"),
    [
        ("Harmony", "harmony-2022", 13),
        ("PolyNetwork", "poly-network-2021", 16),
        ("Wormhole", "wormhole-2022", 4),
        ("BNB", "bnb-bridge-2022", 6),
    ],
)
def test_the_transactions_of_a_bridge_hack_are_named(shared: Path, heading: str, name: str, count: int) -> None:
    text = (shared / "facts/incident_transactions/bridge_hacks.md").read_text("utf-8")
    line = next(row for row in text.split("\n") if row.startswith(f"| {heading} | Trans"))
    published = set(re.findall(r"0x[0-9a-f]{64}", line))
    (found,) = [one for one in load_incidents() if one.id == name]
    assert len(published) == count
    assert published <= {figure.tx for figure in found.figures}


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
    encoded = Counter({name: len(one.claims) for name, one in recorded(shared).items() if one.claims})
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
    from tracer.registry import in_force

    sanctions = {
        s.source.publisher: s for s in why("0xa160cdab225685da1d56aa342ad8841c3b53f291") if s.property == "sanction"
    }
    days = ("2022-08-07", "2024-01-01", "2025-03-20", "2025-03-21", "2026-01-01")
    held = {name: [in_force(said, day) for day in days] for name, said in sanctions.items()}
    assert held == {
        "Coinfirm, quoting OFAC": [False, True, True, False, False],
        "brave-intl/ofac-sanctioned-digital-currency-addresses": [True, True, True, False, False],
    }


def test_the_days_of_the_list_of_ofac_are_those_of_its_copies(shared: Path) -> None:
    """First and last day bind the sanction alone; where an address stood in the oldest copy its first day is open."""
    rows = table(shared, "ofac_history/first_seen.csv")
    copies = {row["address"].lower(): row for row in rows}
    several = {address for address, n in Counter(row["address"].lower() for row in rows).items() if n > 1}
    said = [s for s in all_statements() if s.source.key in ("ofac-sdn", "ofac-history")]
    assert {s.property for s in said if s.valid_from or s.valid_until} == {"sanction"}
    sanctions = [s for s in said if s.property == "sanction"]
    assert {s.address.lower() for s in sanctions} == set(copies)
    for sanction in sanctions:
        copy = copies[sanction.address.lower()]
        if sanction.address.lower() in several:
            continue
        day = datetime.fromisoformat(copy["first_in_list_of"]).astimezone(UTC).date().isoformat()
        assert sanction.valid_from == (day if copy["not_in_list_of"] else ""), sanction
        assert bool(sanction.valid_until) == (copy["still_in_last"] == "no"), sanction


def test_the_counts_stand_in_words(shared: Path) -> None:
    found = counts()
    thefts = [one for one in load_incidents() if one.kind == "theft"]
    assert found.thefts == len(thefts) > len(recorded(shared))
    assert found.attributed == sum(one.attributed for one in thefts)
    assert found.importable == read_importable(addresses_dir())
    assert found.sentences()[0].startswith(f"{found.thefts} thefts")
    assert found.sentences()[1].startswith(f"{found.attributed} thefts are attributed")


def test_what_nobody_attributes_is_never_counted_as_attributed() -> None:
    rows = {row.incident.id: row for row in annex_rows(load_incidents())}
    nobody = {"coincheck-2018", "orbit-2024", "indodax-2024", "btcturk-2025", "bitget-2026"}
    nobody |= {"nomad-2022", "bitfinex-2016", "poly-network-2021", "wormhole-2022", "bnb-bridge-2022"}
    suspected = {"bingx-2024", "phemex-2025", "sbi-crypto-2025", "upbit-2025"}
    assert {name for name, row in rows.items() if not row.rank} == nobody | suspected
    assert {name for name, row in rows.items() if row.suspected} == suspected
    assert {name for name, row in rows.items() if not row.to} == nobody | suspected


def test_k8_no_attribution_ranks_above_the_source_that_says_it() -> None:
    ranks = {
        one.id: (row.rank, row.reported) for one in load_incidents() if one.kind == "theft" for row in annex_rows([one])
    }
    said = [(one.id, x) for one in load_incidents() for x in (*one.attributions, *one.dissent)]
    assert all(x.rank == x.source.rank for _, x in said)
    assert {name for name, x in said if x.rank == "A1"} == {
        *("ronin-2022", "harmony-2022", "atomic-2023", "alphapo-2023", "coinspaid-2023", "stake-2023", "bybit-2025"),
        "colonial-2021",
    }
    assert ranks["nyfs-2020"] == ("A5", "A1")
    assert ranks["playdapp-2024"] == ("A5", "A2")
    assert ranks["coinex-2023"] == ("A5", "A4")
    assert ranks["harmony-2022"] == ("A1", "")
    assert {name for name, x in said if x.reports_rank and not x.reports} == set()


def test_k8_the_word_of_a_rank_fits_a_service_that_speaks_of_itself() -> None:
    sources = (addresses_dir() / "SOURCES.md").read_text("utf-8")
    assert RANKS["A3"] == "victim_or_service"
    assert "| A3 victim_or_service | tornadocash/tornado-cli |" in sources
    (name,) = [one.name for one in load_incidents() if one.id == "mgnr-2021"]
    assert name == "mgnr"


_MADE_BY_RULE = (
    "An authority attributes it.",
    "the press attributes it",
    "No attribution is on file.",
    "an amount that no source",
)
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s?(K\b|M\b|million\b|bn\b|billion\b)?")
_UNIT = {"": 1, "K": 10**3, "M": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9}


def numbers(text: str) -> set[Decimal]:
    return {Decimal(digits.rstrip(",").replace(",", "")) * _UNIT[unit] for digits, unit in _NUMBER.findall(text)}


@pytest.mark.parametrize("path", sorted((addresses_dir() / "incidents").glob("*.yml")), ids=lambda path: path.stem)
def test_k9_a_summary_is_two_to_four_sentences_and_each_figure_stands_in_its_file(path: Path) -> None:
    text = path.read_text("utf-8")
    found = re.search(r"^summary: >-\n((?:  .*\n)+)", text, re.MULTILINE)
    assert found is not None
    summary, rest = " ".join(found[1].split()), text[: found.start()] + text[found.end() :]
    sentences = re.findall(r"[^.]*(?:\.(?!\s[A-Z0-9]|$)[^.]*)*\.", summary.replace("T. Monahan", "Monahan"))
    assert path.stem == "training" or 2 <= len(sentences) <= 4, sentences
    assert not any(words in summary for words in _MADE_BY_RULE)
    held = numbers(re.sub(r"(?<=\d)[-T:Z](?=\d)|0x[0-9a-fA-F]+", " ", rest))
    whole = {n.to_integral_value(rounding="ROUND_FLOOR") for n in held}
    assert path.stem == "training" or numbers(re.sub(r"(?<=\d):(?=\d)", " ", summary)) <= held | whole


def test_d6_contracts_of_incidents_are_said_to_be_contracts() -> None:
    """The same address on another chain hints at the same key only where it is one."""
    said = {(s.incident, s.address) for s in all_statements() if (s.property, s.value) == ("category", "contract")}
    for one in load_incidents():
        robbed = {part for seed in one.seeds for part in seed.victim.split(";") if part.startswith("0x")}
        roles = {label.address for label in one.labels if label.role == "exploiter_contract"}
        assert {(one.id, address) for address in robbed | roles} <= said, one.id
