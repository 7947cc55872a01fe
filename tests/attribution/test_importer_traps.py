"""Rows of foreign lists that mislead: refused with their column, read by form, or told; never dropped in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracer.errors import DataFileError
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON
from tracer.registry import Imported, LabelIndex, import_file
from tracer.registry.importers.label_table import FACTS

ONES = "0x1111111111111111111111111111111111111111"
TRON_ONES = "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"
TRON_BROKEN = "TBcZCrWkYwEULzxx4fDCmFNvLGZyxyqPTS"
P2PKH = "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"


def read(folder: Path, form: str, text: str) -> Imported:
    path = folder / "list.csv"
    path.write_text(text, "utf-8")
    return import_file(form, path)


def ofac(folder: Path, *rows: tuple[str, str]) -> Imported:
    lines = [f"2025-11-19,1,Somebody,DPRK3,2020-01-01,{asset},{address}\n" for asset, address in rows]
    return read(folder, "ofac", "list_date,uid,name,programs,entry_dates,asset,address\n" + "".join(lines))


def test_a_ticker_of_ofac_is_no_chain(tmp_path: Path) -> None:
    rows = [("USDT", TRON_ONES), ("USDT", ONES), ("USDT", P2PKH), ("XBT", TRON_ONES), ("ETC", ONES), ("ARB", ONES)]
    found = ofac(tmp_path, *rows, ("BSC", ONES), ("BCH", P2PKH), ("BSV", P2PKH))
    chains = [TRON, DEFAULT_CHAIN, BITCOIN, "eip155:61", "eip155:42161", "eip155:56", "other:bch", "other:bsv"]
    assert ([one.chain for one in found.labels], found.refused) == (chains, ())


def test_a_listed_address_with_a_broken_checksum_is_refused_by_row(tmp_path: Path) -> None:
    found = ofac(tmp_path, ("ETH", ONES), ("TRX", TRON_BROKEN))
    assert [one.address for one in found.labels] == [ONES]
    assert [(one.file, one.row, one.column) for one in found.refused] == [("list.csv", 2, "address")]


def test_every_identifier_of_the_published_list_is_read(shared: Path) -> None:
    path = shared / "facts" / "ofac_digital_currency_2025-11-19.csv"
    rows = path.read_text("utf-8").splitlines()[1:]
    found = import_file("ofac", path)
    assert (len(rows), found.refused) == (761, ())
    assert {one.address.lower() for one in found.labels} == {row.rsplit(",", 1)[1].lower() for row in rows}


def test_a_concept_makes_a_category_where_the_tag_has_none(tmp_path: Path) -> None:
    tags = f"tags:\n- address: {ONES}\n  label: exchange hack\n  source: s\n  confidence: forensic\n"
    found = read(tmp_path, "tagpack", f"title: t\ncreator: c\n{tags}  concepts: [yoga, mixer]\n")
    assert [(one.chain, one.category) for one in found.labels] == [(DEFAULT_CHAIN, "mixer")]


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "{}\n{"])
def test_a_line_that_is_no_json_breaks_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataFileError, match="line"):
        read(tmp_path, "ftm", text)


def test_a_separator_in_a_name_ends_no_line_and_odd_topics_harm_nothing(tmp_path: Path) -> None:
    properties = {"publicKey": [ONES], "name": ["a\u2028b"], "topics": [{}, ["x"], 1]}
    text = json.dumps({"schema": "CryptoWallet", "properties": properties}, ensure_ascii=False)
    found = read(tmp_path, "ftm", text)
    assert [(one.label, one.category) for one in found.labels] == [("a b", "unknown")]


def test_bad_rows_of_a_table_are_refused_with_their_column(tmp_path: Path) -> None:
    rows = f"{ONES},A,yoga,B,u\n0x12,A,mixer,B,u\n{ONES},a\u202eb,mixer,B,u\n{ONES},A,mixer,B,u\n"
    found = read(tmp_path, "csv", "address,label,category,entity,source_url\n" + rows)
    assert [(one.row, one.column) for one in found.refused] == [(1, "category"), (2, "address"), (3, "label")]
    assert len(found.labels) == 1


def test_a_fact_has_the_rank_of_its_tier_and_a_label_for_each_incident(tmp_path: Path) -> None:
    rows = f"eip155:1,{ONES},A,dprk_theft,x-2023;y-2023,theft,un_or_msmt,u\neip155:1,{ONES},A,token,,,oracle,u\n"
    found = read(tmp_path, "csv", ",".join(FACTS) + "\n" + rows + f"eip155:1,{ONES},A,yoga,,,government,u\n")
    assert [(one.category, one.rank, one.incident) for one in found.labels] == [
        ("theft", "A2", "x-2023"),
        ("theft", "A2", "y-2023"),
    ]
    assert [(one.row, one.column) for one in found.refused] == [(2, "attribution_tier"), (3, "category")]


# --- whose chain it is ------------------------------------------------------------------------------------------------

LTC = "bip122:12a765e31ffd4059bada1e25190f6e98"
CASH = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
WHOSE = [
    *(("currency", code, P2PKH, f"other:{code.lower()}") for code in ("BCH", "ZEC", "DASH", "DOGE", "BTG")),
    *(("network", code, P2PKH, f"other:{code.lower()}") for code in ("BCH", "ZEC")),
    ("network", "A chain!", P2PKH, "other:a-chain"),
    ("currency", "LTC", P2PKH, LTC),
    ("currency", "BTC", P2PKH, BITCOIN),
    ("currency", "btc", P2PKH, BITCOIN),
    ("network", "Bitcoin", P2PKH, BITCOIN),
    ("currency", "BCH", CASH, "other:bch"),
    ("currency", "ARB", ONES, "eip155:42161"),
    ("network", "BSC", ONES, "eip155:56"),
    ("currency", "BNB", ONES, "eip155:56"),
    ("network", "LINEA", ONES, "other:linea"),
    ("network", "eip155:59144", ONES, "eip155:59144"),
    ("currency", "USDT", ONES, DEFAULT_CHAIN),
    ("currency", "USDT", TRON_ONES, TRON),
    ("currency", "NEW9", ONES, DEFAULT_CHAIN),
    ("currency", "NEW9", P2PKH, "other:new9"),
]


@pytest.mark.parametrize(("field", "said", "address", "chain"), WHOSE)
def test_g8_a_network_we_do_not_know_is_never_bitcoin_or_ethereum(
    tmp_path: Path, field: str, said: str, address: str, chain: str
) -> None:
    tags = f"tags:\n- address: '{address}'\n  label: dice\n  source: s\n  confidence: forensic\n  {field}: '{said}'\n"
    (label,) = read(tmp_path, "tagpack", f"title: t\ncreator: c\n{tags}").labels
    assert (label.chain, label.address) == (chain, address.removeprefix("bitcoincash:"))
    properties = {"publicKey": [address], "name": ["dice"], {"network": "blockchain"}.get(field, field): [said]}
    (label,) = read(tmp_path, "ftm", json.dumps({"schema": "CryptoWallet", "properties": properties})).labels
    assert (label.chain, label.address) == (chain, address.removeprefix("bitcoincash:"))


def test_g8_every_key_and_every_topic_of_a_wallet_is_kept(tmp_path: Path) -> None:
    topics = ["role.pep", "crime.terror", "sanction.linked"]
    properties = {"publicKey": [ONES, P2PKH, "no address", ONES], "name": ["w"], "topics": topics}
    found = read(tmp_path, "ftm", json.dumps({"schema": "CryptoWallet", "properties": properties}))
    assert [(one.chain, one.address) for one in found.labels] == [(DEFAULT_CHAIN, ONES), (BITCOIN, P2PKH)]
    assert {(one.label, one.category) for one in found.labels} == {("w [role.pep, sanction.linked]", "sanctions")}
    assert [one.column for one in found.refused] == ["publicKey"]


def test_g8_a_label_of_another_coin_stops_nothing_on_bitcoin(tmp_path: Path) -> None:
    tags = f"tags:\n- address: {P2PKH}\n  label: x\n  source: s\n  confidence: forensic\n  category: exchange\n"
    found = read(tmp_path, "tagpack", f"title: t\ncreator: c\ncurrency: BCH\n{tags}")
    assert LabelIndex(found.labels, "").of(BITCOIN, P2PKH) == ()
