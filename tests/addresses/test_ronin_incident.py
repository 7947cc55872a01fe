"""The incident file of the Ronin theft against the recorded facts, and its checkpoints against its transfers."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from tracer.io.paths import bundles_dir
from tracer.model import Asset, AssetId, ChainId, Checkpoint, Loss, Seed
from tracer.registry import LabelIndex, load_incident

ETHEREUM = ChainId("eip155:1")
ETH = AssetId("eip155:1/slip44:60")
USDC = AssetId("eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
BRIDGE = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"
SEED = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"
THEFT_ETH = "0xc28fad5e8d5e0ce6a2eaf67b6687be5d58113e16be590824d6cfa1a94467d0b7"
THEFT_USDC = "0xed2c72ef1a552ddaec6dd1f5cddf0b59a8f37f82bdda5257d9c7c37db7bb9b08"

INCIDENT = load_incident("ronin-2022")
TRANSFERS = bundles_dir() / "ronin-2022" / "transfers.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_two_thefts_are_the_seeds_of_one_origin() -> None:
    (bridge,) = [label.address for label in INCIDENT.labels if label.category == "victim"]
    paid = {"victim": bridge, "recipient": "0x098b716b8aaf21512996dc57eb0615e2383e2f96"}
    assert INCIDENT.seeds == (
        Seed("tx", THEFT_ETH, ETHEREUM, ETH, 173_600 * 10**18, "ronin-2022", **paid),
        Seed("tx", THEFT_USDC, ETHEREUM, USDC, 25_500_000 * 10**6, "ronin-2022", **paid),
    )
    source = INCIDENT.losses[0].source
    assert source.key == "dune-investigation"
    assert INCIDENT.losses == (
        Loss(ETHEREUM, ETH, 173_600 * 10**18, THEFT_ETH, 14442835, 1648042149, source),
        Loss(ETHEREUM, USDC, 25_500_000 * 10**6, THEFT_USDC, 14442840, 1648042264, source),
    )
    assert INCIDENT.assets == {USDC: Asset(USDC, "USDC", 6)}


def test_fbi_and_ofac_attribute_it_and_nobody_we_know_of_dissents() -> None:
    said = [(one.to, one.date, one.source.publisher, one.source.rank) for one in INCIDENT.attributions]
    assert said == [
        ("Lazarus Group and APT38", "2022-04-14", "FBI", "A1"),
        ("Lazarus Group", "2022-04-14", "OFAC", "A1"),
    ]
    assert INCIDENT.dissent == ()


def test_the_eight_listed_have_their_history_and_the_swap_intermediaries_do_not() -> None:
    ofac = {said.address for said in INCIDENT.statements if said.property == "sanction"}
    swap = {label.address for label in INCIDENT.labels if label.role == "swap_intermediary"}
    assert (len(ofac), len(swap)) == (8, 2)
    assert INCIDENT.history == {f"eip155:1:{address}" for address in ofac}


def test_every_label_publisher_and_rank_is_there() -> None:
    assert Counter((one.publisher, one.rank, one.category, one.role, one.entity) for one in INCIDENT.labels) == {
        ("OFAC", "A1", "theft", "", "Lazarus Group"): 1,
        ("OFAC", "A1", "intermediate", "", "Lazarus Group"): 7,
        ("brianleect/etherscan-labels", "A5", "victim", "victim", "Ronin bridge"): 1,
        **{
            ("tayvano/lazarus-bluenoroff-research", "A5", category, role, entity): count
            for category, role, entity, count in (
                ("theft", "theft", "", 1),
                ("intermediate", "swap_intermediary", "swap intermediary (USDC to ETH)", 2),
                ("intermediate", "to_exchange_intermediary", "toward exchanges", 7),
                ("exchange_deposit", "exchange_deposit", "Huobi", 6),
                ("exchange_deposit", "exchange_deposit", "FTX", 1),
                ("exchange_deposit", "exchange_deposit", "Crypto.com", 1),
                ("intermediate", "to_tornado_intermediary", "", 7),
                ("intermediate", "tornado_depositor", "depositor of Tornado Cash", 48),
                ("intermediate", "dormant", "", 1),
            )
        },
    }


def test_the_best_label_of_a_listed_address_is_followed_and_of_the_bridge_is_the_victim() -> None:
    index = LabelIndex(INCIDENT.labels, "2026-11-23")
    best = index.best(ETHEREUM, SEED)
    assert best is not None
    assert (best.rank, best.category, best.entity) == ("A1", "theft", "Lazarus Group")
    bridge = index.best(ETHEREUM, BRIDGE)
    assert bridge is not None
    assert bridge.category == "victim"


def test_the_community_labels_are_the_recorded_ones(shared: Path) -> None:
    recorded = {
        (r["address"], r["role"], r["label"], r["source_url"]) for r in rows(shared / "facts/ronin-2022/labels.csv")
    }
    held = {
        (one.address, one.role, one.label, one.source_url)
        for one in INCIDENT.labels
        if one.publisher == "tayvano/lazarus-bluenoroff-research"
    }
    assert (held, len(held)) == (recorded, 74)


def test_the_listed_addresses_are_those_of_the_sanctions_list(shared: Path) -> None:
    listed = {
        row["address"].lower()
        for row in rows(shared / "facts/ofac_digital_currency_2025-11-19.csv")
        if (row["name"], row["asset"]) == ("Lazarus Group", "ETH")
    }
    assert {said.address for said in INCIDENT.statements if said.property == "sanction"} == listed


def test_the_published_checkpoints_have_their_published_values() -> None:
    held = {one.id: one.value for one in INCIDENT.checkpoints}
    published = {
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
    assert {key: held[key] for key in published} == published
    assert [held[key] for key in ("1a", "1b", "1c", "7a", "13a", "13b", "13c", "13d")] == [
        37,
        30,
        25,
        47,
        366,
        7,
        68,
        125,
    ]


def has(address: str, roles: dict[str, set[str]], asked: dict[str, tuple[str, ...]], side: str) -> bool:
    named, wanted, unwanted = (asked.get(key) for key in (side, f"{side}_role", f"not_{side}_role"))
    mine = roles.get(address, set())
    if unwanted and mine.intersection(unwanted):
        return False
    return not (named or wanted) or address in (named or ()) or bool(mine.intersection(wanted or ()))


def measure(point: Checkpoint, transfers: list[dict[str, str]], measured: dict[str, int]) -> int:
    """Measure a checkpoint by the words of the schema, written apart from the program."""
    asked = point.params
    if point.measure == "combine":
        return sum(measured[k] for k in asked.get("plus", ())) - sum(measured[k] for k in asked.get("minus", ()))
    roles: dict[str, set[str]] = {}
    for label in INCIDENT.labels:
        roles.setdefault(label.address, set()).add(label.role)
    chosen = [
        row
        for row in transfers
        if row["sender"] != row["recipient"]
        and (point.asset is None or f"eip155:1/{row['asset']}" == point.asset)
        and has(row["sender"], roles, asked, "by")
        and has(row["recipient"], roles, asked, "to")
        and (row["kind"] in asked["kind"] if "kind" in asked else row["kind"] != "fee")
        and row["tx"] not in asked.get("without_tx", ())
        and row["grade"] in asked.get("grade", (row["grade"],))
        and asked.get("amount") in (None, ("zero" if row["amount"] == "0" else "positive",))
    ]
    if point.measure == "paid":
        return sum(int(row["amount"]) for row in chosen)
    if point.measure == "count_rows":
        return len(chosen)
    assert point.measure == "count_recipients"
    return len({row["recipient"] for row in chosen if row["amount"] != "0"})


def test_every_checkpoint_is_met_by_the_transfers_of_the_bundle() -> None:
    transfers, measured = rows(TRANSFERS), dict[str, int]()
    for point in INCIDENT.checkpoints:
        measured[point.id] = measure(point, transfers, measured)
    assert {
        point.id: measured[point.id] - point.value
        for point in INCIDENT.checkpoints
        if abs(measured[point.id] - point.value) > point.tolerance
    } == {"P2a": 3}
    own = [point.id for point in INCIDENT.checkpoints if not point.id.startswith("P")]
    assert {name: measured[name] for name in own} == {p.id: p.value for p in INCIDENT.checkpoints if p.id in own}


def test_k5_none_of_the_fourteen_needs_a_tolerance_any_more() -> None:
    assert {one.tolerance for one in INCIDENT.checkpoints if not one.id.startswith("P")} == {0}
