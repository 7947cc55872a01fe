"""Foreign lists: the traps of each format, what is refused and said, and that an export reads back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import DataFileError, InputError
from tracer.model import BITCOIN, CATEGORIES, DEFAULT_CHAIN, TRON, ChainId, Label
from tracer.registry import FORMATS, ftm, import_file, label_table, ofac, tagpack

EVM = "0x1111111111111111111111111111111111111111"
TRON_ADDRESS = "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"
BITCOIN_ADDRESS = "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"
PLACES = [
    (DEFAULT_CHAIN, EVM),
    (ChainId("eip155:56"), EVM),
    (ChainId("eip155:61"), "0x098b716b8aaf21512996dc57eb0615e2383e2f96"),
    (BITCOIN, BITCOIN_ADDRESS),
    (TRON, TRON_ADDRESS),
]

words = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x17F, blacklist_categories=["Cc", "Cf", "Zl", "Zp"]),
    min_size=1,
    max_size=30,
).filter(lambda text: text == text.strip() and not text.startswith("'"))
urls = st.sampled_from(["https://a.example/x?y=1", "https://b.example/ä"])


@st.composite
def labels(draw: st.DrawFn, **fixed: object) -> list[Label]:
    found = []
    for chain, address in draw(st.lists(st.sampled_from(PLACES), max_size=5)):
        category = draw(st.sampled_from(sorted(CATEGORIES)))
        one = Label(chain, address, draw(words), category, draw(words), draw(words), draw(urls), "A4", "", "heuristic")
        found.append(replace(one, **fixed))  # type: ignore[arg-type]
    return found


def read_back(folder: Path, form: str, name: str, text: str) -> set[Label]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    found = import_file(form, path)
    assert found.refused == ()
    return set(found.labels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists")


@given(mine=labels())
def test_a_label_table_reads_back_whole(folder: Path, mine: list[Label]) -> None:
    assert read_back(folder, "csv", "l.csv", label_table.write(mine)) == set(mine)


@given(mine=labels(publisher="me", rank="A5"))
def test_a_tagpack_reads_back_what_it_can_hold(folder: Path, mine: list[Label]) -> None:
    text = tagpack.write(mine, title="t", creator="me", list_date="2026-11-23")
    assert read_back(folder, "tagpack", "p.yaml", text) == set(mine)


@given(mine=labels(rank="A5", confidence="unknown"))
def test_wallets_read_back_what_they_can_hold(folder: Path, mine: list[Label]) -> None:
    held = ("sanctions", "theft", "scam", "frozen", "attacker", "exchange", "unknown")
    mine = [one if one.category in held else replace(one, category="unknown") for one in mine]
    assert read_back(folder, "ftm", "w.json", ftm.write(mine)) == set(mine)


@given(mine=labels(category="sanctions", publisher="OFAC", source_url=ofac.URL, rank="A1", confidence="authority_data"))
def test_the_table_of_ofac_reads_back_what_it_can_hold(folder: Path, mine: list[Label]) -> None:
    mine = [replace(one, label=one.entity) for one in mine]
    if mine:
        assert read_back(folder, "ofac", "o.csv", ofac.write(mine, "2026-11-23")) == set(mine)


def test_the_list_of_ofac_is_read_whole_with_chains_by_form(shared: Path) -> None:
    found = import_file("ofac", shared / "facts" / "ofac_digital_currency_2025-11-19.csv")
    assert found.refused == ()
    assert found.list_date == "2025-11-19"
    assert len({(one.chain, one.address, one.entity) for one in found.labels}) == 750
    chains = {one.chain for one in found.labels}
    assert {DEFAULT_CHAIN, BITCOIN, TRON, "other:xmr", "eip155:61", "xrpl:0"} <= chains
    assert {one.chain for one in found.labels if one.address.startswith("T") and len(one.address) == 34} == {TRON}


def test_the_published_xml_of_ofac_is_read_by_the_text_of_its_features(tmp_path: Path) -> None:
    path = tmp_path / "sdn_advanced.xml"
    feature = (
        '<Feature FeatureTypeID="{0}"><FeatureVersion><VersionDetail>{1}</VersionDetail></FeatureVersion></Feature>'
    )
    path.write_text(
        '<Sanctions xmlns="https://example.org/any"><DateOfIssue><Year>2026</Year><Month>1</Month><Day>9</Day></DateOfIssue>'
        '<ReferenceValueSets><FeatureType ID="7">Digital Currency Address - XBT</FeatureType>'
        '<FeatureType ID="8">Digital Currency Address - USDT</FeatureType><FeatureType ID="9">Birthdate</FeatureType>'
        '</ReferenceValueSets><DistinctParty><Profile><Identity><Alias Primary="true"><NamePartValue>SOME</NamePartValue>'  # noqa: E501
        f"<NamePartValue>BODY</NamePartValue></Alias></Identity>{feature.format(7, BITCOIN_ADDRESS)}"
        f"{feature.format(8, TRON_ADDRESS)}{feature.format(8, EVM)}{feature.format(7, 'nonsense')}"
        f"{feature.format(9, '1970')}</Profile></DistinctParty></Sanctions>"
    )
    found = import_file("ofac", path)
    assert [(one.chain, one.address, one.entity) for one in found.labels] == [
        (BITCOIN, BITCOIN_ADDRESS, "SOME BODY"),
        (TRON, TRON_ADDRESS, "SOME BODY"),
        (DEFAULT_CHAIN, EVM, "SOME BODY"),
    ]
    assert [one.row for one in found.refused] == [4]
    assert found.list_date == "2026-01-09"
    path.write_text(path.read_text().replace("Digital Currency Address", "Telephone"))
    with pytest.raises(DataFileError, match="no digital-currency address"):
        import_file("ofac", path)


PACK = f"""
title: a pack
creator: someone
source: https://example.org/list
confidence: web_crawl
currency: BTC
tags:
  - address: '{BITCOIN_ADDRESS}'
    label: A shop
    category: exchange
  - address: '{TRON_ADDRESS}'
    label: filed wrongly
    category: heist
  - address: 'TBcZCrWkYwEULzxx4fDCmFNvLGZyxyqPTS'
    label: broken checksum
  - tx_hash: '{"ab" * 32}'
    label: a transaction
  - address: '{EVM}'
    network: ETH
    confidence: certain
    label: unknown confidence
  - address: 0x1111111111111111111111111111111111111111
    network: ETH
    label: unquoted
    category: yoga
"""


def test_tagpacks_inherit_their_header_and_spring_no_trap(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    found = import_file("tagpack", path)
    assert [(one.chain, one.label, one.category, one.confidence) for one in found.labels] == [
        (BITCOIN, "A shop", "exchange", "web_crawl"),
        (TRON, "filed wrongly", "attacker", "web_crawl"),
        (DEFAULT_CHAIN, "unquoted", "unknown", "web_crawl"),
    ]
    assert [(one.row, one.column) for one in found.refused] == [(3, "address"), (4, "address"), (5, "confidence")]
    assert any("filed under BTC, but has the form of Tron" in note for note in found.notes)
    assert any("'yoga'" in note for note in found.notes)


@pytest.mark.parametrize(
    "text",
    [
        "title: a\ntitle: b\ncreator: c\ntags: []\n",
        "creator: c\ntags: []\n",
        "title: a\ncreator: c\ntags: 5\n",
        "- a\n",
    ],
)
def test_a_broken_tagpack_is_refused_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(text)
    with pytest.raises(DataFileError):
        import_file("tagpack", path)


def test_an_unsafe_yaml_tag_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text("title: !!python/object/apply:os.system ['touch /tmp/owned']\ncreator: c\ntags: []\n")
    with pytest.raises(DataFileError):
        import_file("tagpack", path)


def test_wallets_accept_the_old_misspelling_and_refuse_other_entities(tmp_path: Path) -> None:
    path = tmp_path / "entities.ftm.json"
    wallets = [
        {"schema": "CryptoWallet", "properties": {"publicKey": [EVM], "mangingExchange": ["Some Exchange"]}},
        {"schema": "CryptoWallet", "properties": {"publicKey": [TRON_ADDRESS], "topics": ["sanction"]}},
        {"schema": "Person", "properties": {"name": ["Somebody"]}},
        {"schema": "CryptoWallet", "properties": {"publicKey": ["19"]}},
        {"schema": "CryptoWallet", "properties": {"publicKey": [EVM], "name": ["\u202e<script>"]}},
        {"schema": "CryptoWallet"},
    ]
    path.write_text("\n".join(json.dumps(one) for one in wallets))
    found = import_file("ftm", path)
    assert [(one.address, one.category, one.entity) for one in found.labels] == [
        (EVM, "exchange", "Some Exchange"),
        (TRON_ADDRESS, "sanctions", ""),
        (EVM, "unknown", ""),
    ]
    assert "\u202e" not in found.labels[2].label
    assert [one.row for one in found.refused] == [3, 4, 6]
    path.write_text("{broken\n")
    with pytest.raises(DataFileError, match="line 1"):
        import_file("ftm", path)


def test_a_label_table_of_others_refuses_rows_and_translates_words(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "address,label,category,entity,source_url\n"
        f"{EVM},a,heist,X,https://e.org\n19,b,exchange,Y,https://e.org\n{EVM},c,yoga,Z,https://e.org\n"
    )
    found = import_file("csv", path)
    assert [(one.label, one.category) for one in found.labels] == [("a", "attacker")]
    assert [one.row for one in found.refused] == [2, 3]
    assert found.notes == ("'heist' is filed under attacker.",)
    path.write_text("address,label,category\n")
    with pytest.raises(DataFileError, match="'source_url' is missing"):
        import_file("csv", path)


def test_the_facts_on_file_are_importable(shared: Path) -> None:
    found = import_file("csv", shared / "facts" / "addresses.csv")
    assert found.refused == ()
    assert len(found.labels) == 1_804  # a row of several incidents is a label of each
    assert len({(one.chain, one.address) for one in found.labels}) == 1_775


def test_an_unknown_format_or_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a format"):
        import_file("xls", tmp_path / "x")
    for form in FORMATS:
        with pytest.raises(InputError, match="There is no file"):
            import_file(form, tmp_path / "missing")
