"""Addresses: published vectors, independent oracles, and one canonical form per chain."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest
from eth_utils.address import is_checksum_formatted_address, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import AddressError
from tracer.model import (
    BITCOIN,
    DEFAULT_CHAIN,
    TRON,
    ChainId,
    base58check_encode,
    caip10,
    chain_of,
    checksum_form,
    keccak256,
    known_form_elsewhere,
    parse_address,
    parse_chain,
    parse_holder,
)

ELEVEN = bytes([0x11]) * 20
LITECOIN = ChainId("bip122:12a765e31ffd4059bada1e25190f6e98")

VALID = [
    # twenty bytes of 0x11, USDT on Tron, Tron's zero address, one EIP-55 form
    (TRON, "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV", "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"),
    (TRON, "41" + "11" * 20, "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"),
    (TRON, "0x41" + "11" * 20, "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"),
    (TRON, "0x" + "11" * 20, "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    (TRON, "41a614f803b6fd780986a42c78ec9c7f77e6ded13c", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    (TRON, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),
    (TRON, "41" + "00" * 20, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),
    (BITCOIN, "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH", "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"),
    (BITCOIN, "33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPo", "33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPo"),
    (BITCOIN, "bc1qzyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3h8ffkz", "bc1qzyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3h8ffkz"),
    (DEFAULT_CHAIN, "0x098B716B8Aaf21512996dC57EB0615e2383E2f96", "0x098b716b8aaf21512996dc57eb0615e2383e2f96"),
    # EIP-55's own vectors: mixed, all upper, all lower
    (DEFAULT_CHAIN, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    (DEFAULT_CHAIN, "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"),
    (DEFAULT_CHAIN, "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb"),
    (DEFAULT_CHAIN, "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", "0xd1220a0cf47c7b9be7a2e6ba89f429762e7b9adb"),
    (DEFAULT_CHAIN, "0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886e0f7030069857d2e4169ee7"),
    (DEFAULT_CHAIN, "0xde709f2102306220921060314715629080e2fb77", "0xde709f2102306220921060314715629080e2fb77"),
    # an unknown EVM chain has the family's form
    (ChainId("eip155:0"), "0x" + "AB" * 20, "0x" + "ab" * 20),
    # BIP-173 and BIP-350, main net
    (BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    (BITCOIN, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    (
        BITCOIN,
        "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
        "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
    ),
    (
        BITCOIN,
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ),
    (BITCOIN, "BC1SW50QGDZ25J", "bc1sw50qgdz25j"),
    (BITCOIN, "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"),
]

INVALID = [
    (TRON, "TBcZCrWkYwEULzxx4fDCmFNvLGZyxyqPTS", "checksum"),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T", "checksum"),
    (TRON, "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH", "from T on"),
    (TRON, "42" + "11" * 20, "from T on"),
    (DEFAULT_CHAIN, "19", "40 hexadecimal digits"),
    (DEFAULT_CHAIN, "", "40 hexadecimal digits"),
    (DEFAULT_CHAIN, "0X" + "11" * 20, "40 hexadecimal digits"),
    (DEFAULT_CHAIN, "11" * 20, "40 hexadecimal digits"),
    (DEFAULT_CHAIN, "0x" + "11" * 20 + "\n", "40 hexadecimal digits"),
    (DEFAULT_CHAIN, " 0x" + "11" * 20, "40 hexadecimal digits"),
    (DEFAULT_CHAIN, "0x" + "１" * 40, "40 hexadecimal digits"),
    (DEFAULT_CHAIN, "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "EIP-55"),
    (DEFAULT_CHAIN, "0x098B716B8Aaf21512996dC57EB0615e2383E2F96", "EIP-55"),
    (BITCOIN, "", "neither bech32"),
    (BITCOIN, "19", "neither bech32"),
    (BITCOIN, "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92Ph", "neither bech32"),
    (BITCOIN, "112ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH", "neither bech32"),
    (BITCOIN, "0x" + "11" * 20, "neither bech32"),
    (BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "checksum fails"),
    (BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", "mixed case"),
    # test nets are refused
    (BITCOIN, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "neither bech32"),
    # BIP-173, invalid
    (BITCOIN, "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", "neither bech32"),
    (BITCOIN, "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", "checksum fails"),
    (BITCOIN, "bc1rw5uspcuh", "checksum fails"),
    (BITCOIN, "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90", "checksum fails"),
    (BITCOIN, "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "length"),
    (BITCOIN, "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", "checksum fails"),
    (BITCOIN, "bc1gmk9yu", "characters, length"),
    # BIP-350, invalid: the other checksum, version, lengths, padding, characters
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "checksum fails"),
    (BITCOIN, "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", "checksum fails"),
    (BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "checksum fails"),
    (BITCOIN, "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "characters"),
    (BITCOIN, "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "version"),
    (BITCOIN, "bc1pw5dgrnzv", "length"),
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", "length"),
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", "padding"),
    (LITECOIN, "not an account", "CAIP-10"),
    (LITECOIN, "", "CAIP-10"),
]


@pytest.mark.parametrize(("chain", "text", "canonical"), VALID)
def test_a_valid_address_has_one_canonical_form(chain: ChainId, text: str, canonical: str) -> None:
    assert parse_address(chain, text) == canonical
    assert parse_address(chain, canonical) == canonical


@pytest.mark.parametrize(("chain", "text", "reason"), INVALID)
def test_an_invalid_address_is_refused_with_its_reason(chain: ChainId, text: str, reason: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(chain, text)
    assert reason in caught.value.why
    assert chain in caught.value.what


def test_a_tron_address_filed_under_bitcoin_is_named_for_what_it_is() -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(BITCOIN, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    assert str(caught.value) == (
        "'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t' is not an address of Bitcoin (bip122:000000000019d6689c085ae165831e93).\n"
        "Its version byte is not that of Bitcoin main net. It is a Tron address.\n"
        "Paste it again from its source, and check the chain it is filed under."
    )


def test_a_long_text_is_shortened_in_the_message() -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(DEFAULT_CHAIN, "x" * 100_000)
    assert len(str(caught.value)) < 400


def test_the_chain_an_address_belongs_to_is_found() -> None:
    assert known_form_elsewhere("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t") == TRON
    assert known_form_elsewhere("12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH") == BITCOIN
    assert known_form_elsewhere("19") is None


def test_twenty_bytes_have_the_published_form_on_each_chain() -> None:
    assert base58check_encode(b"\x41" + ELEVEN) == "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"
    assert base58check_encode(b"\x00" + ELEVEN) == "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"
    assert base58check_encode(b"\x05" + ELEVEN) == "33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPo"


def test_an_account_is_written_with_its_chain() -> None:
    assert caip10(DEFAULT_CHAIN, "0x" + "11" * 20) == "eip155:1:0x" + "11" * 20


def test_a_bitcoin_holder_is_an_outpoint_or_an_address() -> None:
    outpoint = "ab" * 32 + ":0"
    assert parse_holder(BITCOIN, outpoint) == outpoint
    assert parse_holder(BITCOIN, "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH") == "12ZEw5Hcv1hTb6YUQJ69y1V7uhcoDz92PH"
    for wrong in ("AB" * 32 + ":0", "ab" * 32 + ":00", "ab" * 32 + ":-1", "ab" * 32, "ab" * 31 + ":0"):
        with pytest.raises(AddressError):
            parse_holder(BITCOIN, wrong)
    with pytest.raises(AddressError):
        parse_holder(DEFAULT_CHAIN, outpoint)


# --- independent oracles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"Transfer(address,address,uint256)", "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"),
    ],
)
def test_keccak_is_the_hash_of_ethereum_and_not_sha3(text: bytes, digest: str) -> None:
    assert keccak256(text).hex() == digest


def test_i3_a_mixed_case_address_costs_microseconds() -> None:
    mixed = [checksum_form(f"0x{number:040x}") for number in range(2**150, 2**150 + 2000)]
    began = process_time()
    for text in mixed:
        parse_address(DEFAULT_CHAIN, text)
    assert (process_time() - began) / len(mixed) < 100e-6  # half a millisecond each in pure Python


def test_i3_the_backend_is_the_declared_one_whatever_the_environment_says() -> None:
    code = "from tracer.model import keccak256; print(keccak256(b'').hex()[:8])"
    clean = {**os.environ, "ETH_HASH_BACKEND": "nonsense"}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True)
    assert done.stdout.strip() == "c5d24601", done.stderr


@given(st.binary(min_size=20, max_size=20))
def test_the_mixed_case_form_agrees_with_an_independent_implementation(payload: bytes) -> None:
    text = "0x" + payload.hex()
    assert checksum_form(text) == to_checksum_address(text)
    assert parse_address(DEFAULT_CHAIN, checksum_form(text)) == text


@given(st.binary(min_size=20, max_size=20), st.integers(2, 41))
def test_one_letter_of_the_wrong_case_is_noticed(payload: bytes, place: int) -> None:
    good = checksum_form("0x" + payload.hex())
    bad = good[:place] + good[place].swapcase() + good[place + 1 :]
    if bad == good or not is_checksum_formatted_address(bad):
        return  # a digit has no case, and a text of one case claims no checksum
    with pytest.raises(AddressError):
        parse_address(DEFAULT_CHAIN, bad)


@given(st.sampled_from([b"\x00", b"\x05"]), st.binary(min_size=20, max_size=20))
def test_base58_survives_the_round_trip_with_leading_zeros(version: bytes, payload: bytes) -> None:
    text = base58check_encode(version + payload)
    assert parse_address(BITCOIN, text) == text
    assert base58_decode(text)[:-4] == version + payload


@given(st.binary(min_size=20, max_size=20))
def test_every_tron_form_is_the_same_address(payload: bytes) -> None:
    text = base58check_encode(b"\x41" + payload)
    assert (len(text), text[0]) == (34, "T")
    for form in (text, "41" + payload.hex(), "0x41" + payload.hex(), "0x" + payload.hex()):
        assert parse_address(TRON, form) == text


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused_with_the_error_of_ours(text: str) -> None:
    for chain in (DEFAULT_CHAIN, BITCOIN, TRON, LITECOIN):
        try:
            found = parse_address(chain, text)
        except AddressError:
            continue
        assert parse_address(chain, found) == found


@given(st.sampled_from([text for chain, text, _ in VALID if chain != DEFAULT_CHAIN and text[:2] != "0x"]), st.data())
def test_one_retyped_character_is_noticed(text: str, data: st.DataObject) -> None:
    """A checksum of 30 or 32 bits misses one in a billion; one substitution it never misses in bech32."""
    if text.isalnum() and text[:2] == "41":
        return  # hex without a checksum
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0"))
    if other == text[place]:
        return
    chain = TRON if text[0] == "T" else BITCOIN
    with pytest.raises(AddressError):
        parse_address(chain, text[:place] + other + text[place + 1 :])


def base58_decode(text: str) -> bytes:
    """Return the bytes of a base58 text, by the slow definition, its checksum verified."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for character in text:
        number = 58 * number + alphabet.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    data = b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    assert hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]
    return data


# --- the facts --------------------------------------------------------------------------------------------------------


def test_every_known_address_parses_on_its_chain(shared: Path) -> None:
    with (shared / "facts" / "addresses.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 1792
    checked = dict.fromkeys(("evm", "bitcoin", "tron", "other"), 0)
    for row in rows:
        chain = parse_chain(row["chain"]) if ":" in row["chain"] else None
        family = chain_of(chain).family if chain else "other"
        checked[family] += 1
        if chain is None or family == "other":
            continue
        assert parse_address(chain, row["address"]) == row["address"]
        if family == "evm":
            assert row["address_checksummed"] == checksum_form(row["address"])
            assert parse_address(chain, row["address_checksummed"]) == row["address"]
    assert checked == {"evm": 1348, "bitcoin": 359, "tron": 77, "other": 8}


# --- forms that look wrong and are not --------------------------------------------------------------------------------

ROOTSTOCK = "0x5aaEB6053f3e94c9b9a09f33669435E7ef1bEAeD"  # EIP-1191, test vector of chain 30


@pytest.mark.parametrize(
    "text",
    ["bc1pfeessrawgf", "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y"],
    ids=["pay to anchor", "BIP-350, 40 bytes"],
)
def test_g7_a_program_of_version_1_has_2_to_40_bytes(text: str) -> None:
    assert parse_address(BITCOIN, text) == text


def test_g7_the_checksum_of_rootstock_holds_there_and_is_named_elsewhere() -> None:
    assert parse_address(ChainId("eip155:30"), ROOTSTOCK) == ROOTSTOCK.lower()
    for chain in (ChainId("eip155:1"), ChainId("eip155:31")):
        with pytest.raises(AddressError, match=r"written as an address of Rootstock \(eip155:30\)") as caught:
            parse_address(chain, ROOTSTOCK)
        assert "retyped" not in str(caught.value)
    with pytest.raises(AddressError, match="retyped"):
        parse_address(ChainId("eip155:30"), ROOTSTOCK.replace("B6053", "b6053"))
