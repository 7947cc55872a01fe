"""Units times closes: exact, rounded once, and empty where anything is unpriced."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_for_report import DAY1, DAY2, DAY3, E18, ETH, OTHER, THEFT, USDC, Closes, leaf, small_result

from tracer.model import Asset, AssetId
from tracer.trace.result import Arrival
from tracer.trace.valuation import exit_usd, priced, theft_times, theft_usd, to_cents, total, value_usd

ASSETS = {ETH: Asset(ETH, "ETH", 18), USDC: Asset(USDC, "USDC", 6)}


@given(st.integers(0, 2**256 - 1), st.integers(0, 77), st.integers(0, 10**12), st.integers(0, 8))
def test_a_value_is_exact_to_the_last_digit(amount: int, decimals: int, cents: int, places: int) -> None:
    price = Decimal((0, tuple(map(int, str(cents))), -places))
    value = value_usd(amount, decimals, price)
    sign, digits, exponent = value.as_tuple()
    assert (sign, int("".join(map(str, digits))) * 10 ** (exponent + decimals + places)) == (0, amount * cents)


def test_a_narrow_context_of_the_caller_changes_nothing() -> None:
    with localcontext() as context:
        context.prec = 3
        value = value_usd(123_456_789_012_345_678_901_234_567, 18, Decimal("2999.99"))
        assert to_cents(value) == Decimal("370369132469.15")
        assert str(total([Decimal("0.005"), Decimal("123456.000001")])) == "123456.005001"


@pytest.mark.parametrize(
    ("value", "cents"), [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("0.0251", "0.03")]
)
def test_cents_are_rounded_half_to_even(value: str, cents: str) -> None:
    assert to_cents(Decimal(value)) == Decimal(cents)


def test_what_was_paid_into_a_stop_is_valued_receipt_by_receipt_on_its_own_utc_day() -> None:
    paid = leaf("0x" + "4" * 40, "service", 40 * E18, Arrival(DAY1, "", 15 * E18), Arrival(DAY2, "", 25 * E18))
    assert exit_usd(paid, ASSETS, Closes()) == 15 * Decimal("2000.10") + 25 * Decimal("2100.00")


@pytest.mark.parametrize("stop", ["at_rest", "incomplete", "window_end"])
def test_e4_what_is_still_held_is_valued_by_the_receipts_it_is_left_of(stop: str) -> None:
    kept = (Arrival(DAY1, "", 4 * E18), Arrival(DAY3, "", 6 * E18))
    held = leaf("0x" + "4" * 40, stop, 10 * E18, Arrival(DAY1, "", 15 * E18), Arrival(DAY3, "", 25 * E18), kept=kept)
    assert exit_usd(held, ASSETS, Closes()) == 4 * Decimal("2000.10") + 6 * Decimal("2200.333")


def test_one_unpriced_part_leaves_the_whole_figure_empty() -> None:
    later = DAY3 + 86_400
    paid = leaf("0x" + "4" * 40, "service", 2 * E18, Arrival(DAY1, "", E18), Arrival(later, "", E18))
    undated = leaf("0x" + "4" * 40, "service", 2 * E18, Arrival(DAY1, "", E18), Arrival(None, "", E18))
    private = AssetId("usd-cents")
    assert [exit_usd(paid, ASSETS, Closes()), exit_usd(undated, ASSETS, Closes())] == [None, None]
    assert [total([]), total([Decimal(1), None]), total([Decimal(1), Decimal(2)])] == [None, None, Decimal(3)]
    assert priced(1, private, DAY1, ASSETS, Closes()) is None
    assert priced(1, ETH, DAY1, {ETH: Asset(ETH, "ETH", None)}, Closes()) is None
    assert priced(1, ETH, DAY1, ASSETS, None) is None


def test_the_value_at_the_theft_takes_the_day_of_its_earliest_movement() -> None:
    result = small_result()
    times = theft_times(result)
    assert times == {THEFT: DAY1, OTHER: None}
    assert theft_usd(THEFT, 2 * E18, times, result.assets, Closes()) == Decimal("4000.20")
    assert theft_usd(OTHER, 1, times, result.assets, Closes()) is None
    later = replace(result, movements=tuple(replace(m, time=DAY3) for m in result.movements))
    assert theft_times(later) == {THEFT: DAY3, OTHER: None}
