"""Largest remainders: sums are exact, shares never exceed weights, ties go to the first."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import AmountError
from tracer.model import Lot
from tracer.taint import apportion, take

weights = st.lists(st.integers(0, 2**200), min_size=1, max_size=12)


@given(weights, st.data())
def test_shares_sum_to_the_total_and_stay_within_a_unit_of_the_fraction(parts: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(parts)))
    shares = apportion(total, parts)
    assert sum(shares) == total
    assert all(share <= part for share, part in zip(shares, parts, strict=True))
    for share, part in zip(shares, parts, strict=True):
        exact = Fraction(total * part, sum(parts)) if sum(parts) else Fraction(0)
        assert abs(share - exact) < 1


def test_the_largest_remainder_gets_the_unit_and_ties_go_to_the_first() -> None:
    assert apportion(7, [10, 10, 10]) == [3, 2, 2]
    assert apportion(5, [1, 1, 8]) == [1, 0, 4]
    assert apportion(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("total", "parts"), [(-1, [1]), (1, [0]), (1, []), (1, [-1, 3])])
def test_what_cannot_be_shared_is_refused(total: int, parts: list[int]) -> None:
    with pytest.raises(AmountError):
        apportion(total, parts)


@pytest.mark.parametrize("policy", ["fifo", "lifo", "haircut", "tiho", "clean_first", "dirty_first"])
@given(st.lists(st.tuples(st.integers(0, 2**130), st.integers(0, 3)), max_size=8), st.data())
def test_taking_conserves_amounts_and_origin_amounts(
    policy: str, raw: list[tuple[int, int]], data: st.DataObject
) -> None:
    lots = [Lot(amount, kind, amount * 3 // 7 if kind else 0) for amount, kind in raw]
    payment = data.draw(st.integers(0, sum(amount for amount, _ in raw)))
    taken, rest = take(policy, lots, payment)
    assert sum(lot.amount for lot in taken) == payment
    assert sum(lot.amount for lot in rest) == sum(amount for amount, _ in raw) - payment
    for kind in range(4):
        before = sum(lot.origin_amount for lot in lots if lot.label == kind and lot.amount)
        assert sum(lot.origin_amount for lot in [*taken, *rest] if lot.label == kind) == before


def test_a_payment_beyond_what_is_held_is_a_fault() -> None:
    with pytest.raises(AmountError, match="cannot be taken"):
        take("fifo", [Lot(3, 0, 0)], 4)
