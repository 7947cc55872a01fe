"""Addresses of Bitcoin regtest: accepted there and nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tracer.errors import AddressError
from tracer.model import BITCOIN, LOCAL_BITCOIN, base58check_encode, known_form_elsewhere, parse_address

# Published examples of the two forms, and the two versions of base58check for twenty bytes of 0x11.
LOCAL = (
    "bcrt1q6rhpng9evdsfnn833a4f4vej0asu6dk5srld6x",
    "2NCLmdnrxQErmJJPmGaSaE7NxuYKMNnYcxW",
    base58check_encode(b"\x6f" + b"\x11" * 20),
    base58check_encode(b"\xc4" + b"\x11" * 20),
)
MAIN = (
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    base58check_encode(b"\x05" + b"\x11" * 20),
)


@pytest.mark.parametrize("text", LOCAL)
def test_a_local_address_is_one_there_only(text: str) -> None:
    assert parse_address(LOCAL_BITCOIN, text) == text
    with pytest.raises(AddressError):
        parse_address(BITCOIN, text)
    assert known_form_elsewhere(text) is None


@pytest.mark.parametrize("text", MAIN)
def test_a_main_net_address_is_none_there(text: str) -> None:
    assert parse_address(BITCOIN, text) == text
    with pytest.raises(AddressError):
        parse_address(LOCAL_BITCOIN, text)


def test_upper_case_becomes_lower_and_a_changed_letter_is_refused() -> None:
    assert parse_address(LOCAL_BITCOIN, LOCAL[0].upper()) == LOCAL[0]
    with pytest.raises(AddressError, match="checksum fails"):
        parse_address(LOCAL_BITCOIN, LOCAL[0][:-1] + "q")
    with pytest.raises(AddressError, match="version byte is not that of Bitcoin regtest"):
        parse_address(LOCAL_BITCOIN, MAIN[1])


def test_every_address_of_a_real_regtest_chain_is_read(shared: Path) -> None:
    text = (shared / "data" / "blocksci_regtest" / "output.json").read_text()
    values = {value for value in json.loads(text).values() if isinstance(value, str)}
    found = sorted(value for value in values if re.fullmatch("[mn2][1-9A-HJ-NP-Za-km-z]{25,35}", value))
    assert len(found) == 16
    assert [parse_address(LOCAL_BITCOIN, value) for value in found] == found
