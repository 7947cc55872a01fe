"""Amounts: integers to the last unit in, the same out; nothing that could have lost a digit is let through."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import AmountError
from tracer.model import format_units, parse_amount

BIG = [0, 1, 2**53 + 1, 2**63, 2**64, 2**127, 10**30, 10**38 - 1, 10**38, 2**128, 2**256 - 1]


@pytest.mark.parametrize("amount", BIG)
def test_an_amount_is_the_same_as_integer_as_text_and_as_decimal(amount: int) -> None:
    assert [parse_amount(value) for value in (amount, str(amount), Decimal(amount))] == [amount] * 3
    assert type(parse_amount(Decimal(amount))) is int


@pytest.mark.parametrize(
    ("value", "amount"),
    [(Decimal("1E+30"), 10**30), (Decimal("0E-18"), 0), (Decimal("5.000"), 5), (Decimal("-0"), 0)],
)
def test_an_integral_decimal_is_an_amount(value: Decimal, amount: int) -> None:
    assert parse_amount(value) == amount


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.0, "A float is exact only up to 2^53"),
        (float(2**53), "A float is exact only up to 2^53"),
        (float("nan"), "A float is exact only up to 2^53"),
        (float("inf"), "A float is exact only up to 2^53"),
        (True, "A float is exact only up to 2^53"),
        (False, "A float is exact only up to 2^53"),
        (None, "A float is exact only up to 2^53"),
        (b"1", "A float is exact only up to 2^53"),
        (Fraction(1), "A float is exact only up to 2^53"),
        (Decimal("1.5"), "A float is exact only up to 2^53"),
        (Decimal("NaN"), "A float is exact only up to 2^53"),
        (Decimal("sNaN"), "A float is exact only up to 2^53"),
        (Decimal("Infinity"), "A float is exact only up to 2^53"),
        (np.float64(1), "A float is exact only up to 2^53"),
        (np.bool_(True), "A float is exact only up to 2^53"),
        (-1, "A transfer moves zero or more."),
        (Decimal(-1), "A transfer moves zero or more."),
        ("-1", "A transfer moves zero or more; a negative amount has no meaning."),
        ("-", "A transfer moves zero or more; a negative amount has no meaning."),
        ("", "The cell is empty; an unknown amount cannot be traced."),
        ("1e18", "It is written as a decimal number; a printed decimal may have lost digits."),
        ("1E+18", "It is written as a decimal number; a printed decimal may have lost digits."),
        ("1.0", "It is written as a decimal number; a printed decimal may have lost digits."),
        ("1.", "It is written as a decimal number; a printed decimal may have lost digits."),
        (".5", "It is written as a decimal number; a printed decimal may have lost digits."),
        ("01", "It has leading zeros, digits of another script, or is too long."),
        ("00", "It has leading zeros, digits of another script, or is too long."),
        ("１", "It has leading zeros, digits of another script, or is too long."),
        ("²", "It has leading zeros, digits of another script, or is too long."),
        ("9" * 5_000, "It has leading zeros, digits of another script, or is too long."),
        ("+1", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        ("1_000", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        ("1,000", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        ("0x10", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        (" 1", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        ("1\n", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        ("1 ETH", "Only the digits 0-9 are allowed, without sign, separator or unit."),
        ("nan", "Only the digits 0-9 are allowed, without sign, separator or unit."),
    ],
)
def test_anything_else_is_refused_with_its_reason(value: object, reason: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(value)
    assert caught.value.why.startswith(reason)
    assert caught.value.what
    assert len(str(caught.value)) < 400


@given(st.integers(0, 2**256 - 1))
def test_parsing_what_was_printed_is_the_identity(amount: int) -> None:
    assert parse_amount(str(amount)) == amount


@given(st.text())
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text)
    except AmountError:
        return
    assert str(amount) == text


@given(st.integers(-(2**256), 2**256), st.integers(0, 40), st.booleans())
def test_shown_units_hold_every_digit(amount: int, decimals: int, group: bool) -> None:
    shown = format_units(amount, decimals, group=group)
    assert Fraction(shown.replace(",", "")) * 10**decimals == amount
    assert shown.endswith("0") <= ("." not in shown)


@pytest.mark.parametrize(
    ("amount", "decimals", "shown"),
    [
        (0, 18, "0"),
        (1, 18, "0.000000000000000001"),
        (10**18, 18, "1"),
        (1_500_000, 6, "1.5"),
        (-1_500_000, 6, "-1.5"),
        (1_234_567, 0, "1,234,567"),
        (1_234_567, None, "1,234,567"),
        (182_163_956_030_000_000_000_000, 18, "182,163.95603"),
    ],
)
def test_amounts_are_shown_in_whole_units(amount: int, decimals: int | None, shown: str) -> None:
    assert format_units(amount, decimals) == shown
