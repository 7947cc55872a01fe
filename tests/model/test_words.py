"""The closed vocabularies and the small codecs: chains, assets, times, grades, categories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import AddressError, InputError
from tracer.model import (
    ABSORBING,
    BITCOIN,
    CATEGORIES,
    CHAINS,
    DEFAULT_CHAIN,
    GRADES,
    RANKS,
    TRON,
    Asset,
    AssetId,
    Chain,
    ChainId,
    at_least,
    chain_of,
    describe_asset,
    format_time,
    is_non_fungible,
    native_asset,
    parse_asset,
    parse_category,
    parse_chain,
    parse_grade,
    parse_time,
    weakest,
)

USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
BSC = ChainId("eip155:56")

# --- chains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("eip155:1", DEFAULT_CHAIN),
        ("bip122:000000000019d6689c085ae165831e93", BITCOIN),
        ("tron:0x2b6653dc", TRON),
        ("tron:mainnet", TRON),
        ("tron:728126428", TRON),
        ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
        ("eip155:0", "eip155:0"),
    ],
)
def test_a_chain_is_its_caip2_id(text: str, chain: str) -> None:
    assert parse_chain(text) == chain


@pytest.mark.parametrize(
    "text", ["", "1", "ethereum", "eip155", "eip155:", ":1", "EIP155:1", "ei:1", "eip155:1 ", "eip155:1\n", "eip155:é"]
)
def test_a_text_without_the_form_is_no_chain(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_chain(text)
    assert caught.value.why == "A chain is written in CAIP-2 form, namespace:reference."


def test_trons_number_is_the_same_in_hexadecimal_and_decimal() -> None:
    assert int(TRON.removeprefix("tron:"), 16) == 728126428


def test_an_unknown_chain_has_its_namespaces_family() -> None:
    assert chain_of(ChainId("eip155:424242")) == Chain(ChainId("eip155:424242"), "evm", "eip155:424242")
    assert chain_of(ChainId("bip122:fdbe99b90c90bae7505796461471d89a")).family == "other"
    assert chain_of(ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")).family == "other"


def test_every_known_chain_is_filed_under_its_own_canonical_id() -> None:
    assert [(name, parse_chain(name)) for name in CHAINS] == [(chain.id, chain.id) for chain in CHAINS.values()]


# --- assets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "chain", "asset"),
    [
        ("eip155:1/slip44:60", DEFAULT_CHAIN, "eip155:1/slip44:60"),
        ("slip44:60", DEFAULT_CHAIN, "eip155:1/slip44:60"),
        ("slip44:714", BSC, "eip155:56/slip44:714"),
        (f"erc20:{USDC}", DEFAULT_CHAIN, f"eip155:1/erc20:{USDC.lower()}"),
        (f"erc20:{USDC.lower()}", BSC, f"eip155:56/erc20:{USDC.lower()}"),
        (f"eip155:1/erc721:{USDC}/7", DEFAULT_CHAIN, f"eip155:1/erc721:{USDC.lower()}/7"),
        ("tron:mainnet/slip44:195", TRON, "tron:0x2b6653dc/slip44:195"),
        (
            "trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            TRON,
            "tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        ),
        ("usd-cents", DEFAULT_CHAIN, "usd-cents"),
        ("ETH", BITCOIN, "ETH"),
        ("a" * 78, DEFAULT_CHAIN, "a" * 78),
    ],
)
def test_an_asset_has_one_canonical_id(text: str, chain: ChainId, asset: str) -> None:
    assert parse_asset(text, chain) == asset
    assert parse_asset(asset, chain) == asset


@pytest.mark.parametrize(
    "text",
    ["", " ", "a" * 79, "two words", "=cmd()", "eip155:1/", "erc20:", "slip44:60/", "<b>", "ETH\n", "eip155/x:1"],
)
def test_a_text_of_no_form_is_no_asset(text: str) -> None:
    with pytest.raises(InputError):
        parse_asset(text, DEFAULT_CHAIN)


def test_an_asset_of_another_chain_than_its_row_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        parse_asset("eip155:56/slip44:714", DEFAULT_CHAIN)
    assert caught.value.what == "The asset 'eip155:56/slip44:714' lives on eip155:56, the row on eip155:1."


@pytest.mark.parametrize("reference", ["0x12", USDC[:-1] + "b", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"])
def test_a_contract_that_is_no_address_of_the_chain_is_refused(reference: str) -> None:
    with pytest.raises(AddressError):
        parse_asset(f"erc20:{reference}", DEFAULT_CHAIN)


def test_native_assets_have_symbol_and_decimals_and_tokens_have_neither() -> None:
    assert native_asset(DEFAULT_CHAIN) == "eip155:1/slip44:60"
    assert native_asset(ChainId("eip155:424242")) is None
    assert describe_asset(AssetId("eip155:1/slip44:60")) == Asset(AssetId("eip155:1/slip44:60"), "ETH", 18)
    assert describe_asset(AssetId("eip155:1/slip44:0")) == Asset(AssetId("eip155:1/slip44:0"))
    assert describe_asset(AssetId("ETH")) == Asset(AssetId("ETH"))


def test_only_erc721_is_one_of_a_kind() -> None:
    kinds = ["erc721", "erc1155", "erc20"]
    assert [is_non_fungible(AssetId(f"eip155:1/{kind}:{USDC.lower()}/1")) for kind in kinds] == [True, False, False]
    assert not is_non_fungible(AssetId("erc721"))


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2022-03-23T13:29:09Z", 1648042149),
        ("2022-03-23T13:29:09+00:00", 1648042149),
        ("2022-03-23T09:29:09-04:00", 1648042149),
        ("2022-03-23T13:29:09", 1648042149),
        ("2022-03-23 13:29:09", 1648042149),
        ("2022-03-23", 1647993600),
        ("1970-01-01T00:00:00Z", 0),
        ("0", 0),
        ("1648042149", 1648042149),
        (1648042149, 1648042149),
        ("2024-02-29T00:00:00Z", 1709164800),
        ("9999-12-31T23:59:59Z", 253402300799),
        (datetime(2022, 3, 23, 13, 29, 9, tzinfo=UTC), 1648042149),
        (datetime(2022, 3, 23, 15, 29, 9, tzinfo=timezone(timedelta(hours=2))), 1648042149),
        (datetime(2022, 3, 23, 13, 29, 9), 1648042149),  # noqa: DTZ001 (as Parquet gives it)
    ],
)
def test_a_time_is_whole_seconds_in_utc(value: object, seconds: int) -> None:
    assert parse_time(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "12:30",
        "2022-03-23T13:29:09.5Z",
        "2022-03-23T13:29:09.000001Z",
        "2023-02-29",
        "2022-13-01",
        "2022-03-23T25:00:00Z",
        "10000-01-01T00:00:00Z",
        "253402300800",
        "1648042149000",
        "-1",
        "1969-12-31T23:59:59Z",
        "01648042149",
        "１６４８０４２１４９",
        " 1648042149",
        -1,
        253402300800,
        True,
        1648042149.0,
        None,
        datetime(2022, 3, 23, 13, 29, 9, 500_000, tzinfo=UTC),
    ],
)
def test_anything_else_is_no_time(value: object) -> None:
    with pytest.raises(InputError) as caught:
        parse_time(value)
    assert caught.value.next_step == "Write UTC times as 2022-03-23T13:29:09Z."


@given(st.integers(0, 253402300799))
def test_a_printed_time_reads_back(seconds: int) -> None:
    text = format_time(seconds)
    assert parse_time(text) == parse_time(str(seconds)) == seconds
    assert len(text) == 20


def test_an_unknown_time_is_an_empty_cell() -> None:
    assert format_time(None) == ""


# --- grades, ranks ----------------------------------------------------------------------------------------------------


def test_grades_stand_strongest_first() -> None:
    assert GRADES == ("proven", "recorded", "identified", "inferred", "asserted")
    assert [parse_grade(grade) for grade in GRADES] == list(GRADES)
    assert tuple(RANKS) == ("A1", "A2", "A3", "A4", "A5", "A6")


@given(st.lists(st.sampled_from(GRADES)))
def test_a_path_is_as_good_as_its_weakest_step(grades: list[str]) -> None:
    worst = weakest(grades)
    assert all(at_least(grade, worst) for grade in grades)
    assert worst in (grades or ["proven"])


@given(st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_of_two_grades_one_is_at_least_the_other(one: str, other: str) -> None:
    assert at_least(one, other) or at_least(other, one)
    assert (at_least(one, other) and at_least(other, one)) == (one == other)


@pytest.mark.parametrize("text", ["", "Proven", "certain", "A1"])
def test_another_word_is_no_grade(text: str) -> None:
    with pytest.raises(InputError):
        parse_grade(text)


# --- categories: the table of categories ------------------------------------------------------------------------------

TABLE = {
    "exchange": (True, "service"),
    "exchange_deposit": (True, "service"),
    "custodian": (True, "service"),
    "payment_processor": (True, "service"),
    "otc": (True, "service"),
    "gambling": (True, "service"),
    "instant_exchange": (True, "service"),
    "mixer": (True, "mixer"),
    "coinjoin": (True, "mixer"),
    "bridge": (True, "bridge"),
    "dex": (True, None),
    "aggregator": (True, None),
    "lending": (True, "contract"),
    "staking": (True, "contract"),
    "defi": (True, "contract"),
    "wallet_service": (False, None),
    "white_hat": (True, None),
    "contract": (True, "contract"),
    "other": (False, None),
    "theft": (False, None),
    "attacker": (False, None),
    "intermediate": (False, None),
    "victim": (True, None),
    "sanctions": (False, None),
    "darknet_market": (False, None),
    "ransomware": (False, None),
    "scam": (False, None),
    "frozen": (False, "frozen"),
    "burn": (True, "burned"),
    "token": (True, None),
    "mining": (True, "service"),
    "builder": (True, "service"),
    "relayer": (True, "service"),
    "government": (True, "service"),
    "unknown": (False, None),
}


def test_categories_guard_and_absorb_as_the_format_says() -> None:
    assert {name: tuple(meaning) for name, meaning in CATEGORIES.items()} == TABLE
    assert tuple(sorted(name for name, (_, stop) in TABLE.items() if stop)) == ABSORBING


@pytest.mark.parametrize("text", ["", "Exchange", "exchanges", "service:exchange", "exchange "])
def test_an_unknown_category_is_an_error_that_names_the_known_ones(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_category(text)
    assert ", ".join(sorted(TABLE)) in caught.value.next_step


def test_every_known_category_is_itself() -> None:
    assert [parse_category(name) for name in TABLE] == list(TABLE)
