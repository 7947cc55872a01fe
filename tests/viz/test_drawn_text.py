"""Text for pictures: shortened without ambiguity, measured, cleaned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.model import Asset, AssetId
from tracer.viz.text import amount_text, clean, fit, share_text, short_forms, unit_names, width


@given(st.sets(st.text("0123", min_size=0, max_size=40).map(lambda body: f"0x{body}")))
def test_short_forms_are_never_shared(addresses: set[str]) -> None:
    forms = short_forms(addresses)
    assert set(forms) == addresses
    assert len(set(forms.values())) == len(addresses)


@given(st.text(), st.floats(0, 300))
def test_fitted_text_is_never_wider_than_its_room(text: str, room: float) -> None:
    fitted = fit(text, 12, room)
    assert fitted in ("…", text) or width(fitted, 12) <= room


@given(st.text(st.characters()))
def test_cleaned_text_is_legal_in_xml(text: str) -> None:
    cleaned = clean(text)
    assert all(c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF) for c in cleaned)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (0, 18, "0"),
        (182163956030000000000000, 18, "182,164"),
        (25_512_345_678_901, 6, "25,512,346"),
        (1234567, 6, "1.23457"),
        (123456789, 18, "0.000000000123457"),
        (999999999, 8, "10"),
        (12345678901234567890, None, "12,345,678,901,234,567,890"),
        (5, 0, "5"),
    ],
)
def test_amounts_show_their_whole_part_and_six_digits(amount: int, decimals: int | None, text: str) -> None:
    assert amount_text(amount, decimals) == text


def test_shares_never_hide_something_as_nothing_or_as_all() -> None:
    assert [share_text(n, 10_000) for n in (0, 1, 10, 9_999, 10_000)] == [
        "0 %",
        "<0.1 %",
        "0.1 %",
        ">99.9 %",
        "100.0 %",
    ]


def test_assets_that_share_a_symbol_get_different_names() -> None:
    ids = [
        "eip155:1/slip44:60",
        "eip155:10/slip44:60",
        "eip155:1/erc20:0x" + "1" * 40,
        "eip155:1/erc20:0x" + "2" * 40,
        "usd-cents",
    ]
    symbols = ["ETH", "ETH", "USDC", "USDC", ""]
    assets = {AssetId(i): Asset(AssetId(i), s, 18) for i, s in zip(ids, symbols, strict=True)}
    names = unit_names(assets)
    assert list(names.values()) == [
        "ETH (Ethereum)",
        "ETH (Optimism)",
        "USDC (Ethereum) (0x1111…1111)",
        "USDC (Ethereum) (0x2222…2222)",
        "usd-cents",
    ]
