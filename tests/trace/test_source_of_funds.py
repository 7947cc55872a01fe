"""Source of funds: what a target received is the sum over its origins, as an accountant of single coins finds it."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_ledgers import HOLDERS, World, worlds
from vectors import CHAIN, UNIT, label, transfers

from tracer.analysis.funds_origin import OPENING, Funds, source_of_funds
from tracer.model import Account, AssetId, Label, Seed, Transfer, caip10
from tracer.registry import LabelIndex
from tracer.trace import POLICIES, CaseData, Options, PreparedCase, prepare


def prepared(
    rows: Sequence[Transfer], target: str, labels: Sequence[Label] = (), read: str | None = None, **options: object
) -> PreparedCase:
    """Return a small case whose target is one holder; `read` names the holders whose history the case has."""
    history = None if read is None else frozenset(caip10(CHAIN, holder) for holder in read)
    seeds = (Seed("holder", target, CHAIN, UNIT, 0, "target"),)
    inputs = CaseData("t", "", tuple(rows), seeds, LabelIndex(tuple(labels), ""), history)
    return prepare(inputs, Options(**options))  # type: ignore[arg-type]


def origins(funds: Funds) -> dict[str, int]:
    """Return what the target received in the private unit, by origin."""
    return {one.origin.name: one.tainted for one in funds.inflows if one.asset == UNIT}


def coins_of(rows: Sequence[Transfer], target: str, stops: set[str]) -> Counter[str]:
    """Follow every single unit first in first out, each with the name of where it comes from."""
    opening: dict[str, int] = defaultdict(int)
    balance: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.sender != row.recipient:
            balance[row.sender] -= row.amount
            opening[row.sender] = max(opening[row.sender], -balance[row.sender])
            balance[row.recipient] += row.amount
    purses: dict[str, deque[str]] = defaultdict(deque)
    for holder, amount in opening.items():
        purses[holder].extend([OPENING + caip10(CHAIN, holder)] * amount)
    received: Counter[str] = Counter()
    for row in rows:
        if row.sender == row.recipient:
            continue
        if row.sender in stops or row.sender == target:
            coins = [caip10(CHAIN, row.sender)] * row.amount
        else:
            coins = [purses[row.sender].popleft() for _ in range(row.amount)]
        if row.recipient == target:
            received.update(coins)
        elif row.recipient not in stops:
            purses[row.recipient].extend(coins)
    return received


payments = st.lists(
    st.tuples(st.sampled_from(HOLDERS), st.sampled_from(HOLDERS), st.integers(1, 9)), min_size=1, max_size=25
)


@given(payments, st.sets(st.sampled_from(HOLDERS[1:]), max_size=2))
def test_first_in_first_out_backward_is_what_single_coins_give(
    paid: list[tuple[str, str, int]], stops: set[str]
) -> None:
    rows = transfers(*((payer, payee, amount, time) for time, (payer, payee, amount) in enumerate(paid, 1)))
    funds = source_of_funds(prepared(rows, "A", [label(stop, "exchange") for stop in sorted(stops)]), "fifo")
    assert origins(funds) == dict(coins_of(rows, "A", stops))
    assert funds.closed


@given(worlds(), st.sampled_from(HOLDERS), st.sampled_from(POLICIES))
def test_every_rule_accounts_for_all_that_the_target_received(world: World, target: str, policy: str) -> None:
    case = prepared(world.rows, target, world.labels)
    funds = source_of_funds(case, policy)
    received: dict[Account, int] = defaultdict(int)
    for event in case.ledger.events:
        for part in event.parts:
            for leg in part.credits:
                if leg.account.holder == target and not leg.sink:
                    received[leg.account] += leg.amount
    assert funds.received == received
    assert funds.closed
    for account, amount in received.items():
        assert sum(one.tainted for one in funds.inflows if one.asset == account.asset) == amount


def test_the_way_back_ends_at_an_exchange_an_unread_holder_an_opening_balance_and_a_mint() -> None:
    rows = list(transfers(("X", "B", 30, 1), ("U", "B", 20, 2), ("B", "T", 60, 4), ("C", "T", 5, 6)))
    rows.append(transfers(("C", "C", 0, 5))[0])
    rows[-1] = Transfer(9, CHAIN, None, None, 3, "", "mint", "", "C", UNIT, 5)
    case = prepared(rows, "T", [label("X", "exchange", entity="Venue")], read="BCT")
    funds = source_of_funds(case, "fifo")
    assert [(one.why, one.address, one.tainted) for one in funds.inflows] == [
        ("incomplete", "U", 20),
        ("mint", "", 5),
        ("opening", "B", 10),
        ("service", "X", 30),
    ]
    assert [one.label.entity for one in funds.inflows if one.label] == ["Venue"]


@pytest.mark.parametrize(("hops", "expected"), [(1, {"C": 10}), (2, {"B": 10}), (3, {"A": 10})])
def test_a_hop_limit_ends_the_way_back_at_whoever_stands_there(hops: int, expected: dict[str, int]) -> None:
    rows = transfers(("A", "B", 10, 1), ("B", "C", 10, 2), ("C", "T", 10, 3))
    funds = source_of_funds(prepared(rows, "T", max_hops=hops), "fifo")
    assert {one.address: one.tainted for one in funds.inflows} == expected


def test_through_a_swap_the_origin_keeps_its_own_units() -> None:
    other = AssetId("other")
    rows = [
        *transfers(("X", "B", 10, 1)),
        Transfer(2, CHAIN, None, None, 2, "", "", "B", "pool", UNIT, 10, "s"),
        Transfer(3, CHAIN, None, None, 2, "", "", "pool", "B", other, 2_500, "s"),
        Transfer(4, CHAIN, None, None, 3, "", "", "B", "T", other, 1_000),
    ]
    funds = source_of_funds(prepared(rows, "T", [label("X", "exchange")]), "fifo")
    assert [(one.address, one.origin.asset, one.asset, one.tainted, one.origin_amount) for one in funds.inflows] == [
        ("X", UNIT, other, 1_000, 4)
    ]
