"""Ties: bounds contain every legal rule in every order of the rows of a block, and are no wider where order is idle."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from bound_oracles import every_rule
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import World, distinct, worlds
from vectors import CHAIN, CONSERVING, UNIT, label, transfer

from tracer.bounds import Terminal, bounds_of, check_certificate, touching
from tracer.model import Account, Seed, Transfer
from tracer.registry import LabelIndex
from tracer.taint import TaintProblem
from tracer.trace import CaseData, Options, PreparedCase, prepare, run
from tracer.trace.intervals import intervals_of

SEED = Seed("tx", "t", CHAIN, UNIT, None, "theft")
Row = tuple[str, str, int, int]


def table(rows: Sequence[Row]) -> tuple[Transfer, ...]:
    """Return transfers from (sender, recipient, amount, block); the first is the theft."""
    return tuple(
        transfer(number, sender, recipient, amount, block, "t" if number == 1 else "", block=block)
        for number, (sender, recipient, amount, block) in enumerate(rows, 1)
    )


def case(rows: Sequence[Transfer], stops: str = "", *, complete: bool = False) -> PreparedCase:
    labels = tuple(label(stop, "exchange", entity=stop) for stop in stops)
    return prepare(CaseData("w", "", tuple(rows), (SEED,), LabelIndex(labels, ""), complete=complete), Options())


def orders(rows: Sequence[Transfer]) -> Iterator[tuple[Transfer, ...]]:
    """Yield the rows in every order of every block, each with its positions."""
    blocks = [list(block) for _, block in itertools.groupby(rows, key=lambda row: row.block)]
    for chosen in itertools.product(*(itertools.permutations(block) for block in blocks)):
        yield tuple(replace(row, row=number, position=number) for number, row in enumerate(itertools.chain(*chosen), 1))


def spread(plan: TaintProblem) -> dict[str, tuple[int, int]]:
    """Return the least and most of each place over all legal rules in whole units on one plan."""
    found = [places(state) for state in every_rule(plan, (0,))]
    names = {name for one in found for name in one}
    return {name: (min(one.get(name, 0) for one in found), max(one.get(name, 0) for one in found)) for name in names}


def places(state: object) -> dict[str, int]:
    held, put = state  # type: ignore[misc]
    found: dict[str, int] = defaultdict(int)
    for account, amount in held:
        found[account.holder] += amount
    for end, amount in put:
        found[end.address] += amount
    return dict(found)


def bounded(prepared: PreparedCase) -> dict[str, tuple[int, int]]:
    found = intervals_of(prepared)
    return {place.address: (one.min, one.max) for (place, _), one in found.by_address.items()}


def every_order(rows: Sequence[Transfer], stops: str, *, complete: bool = False) -> dict[str, tuple[int, int]] | None:
    """Return the least and most of each place over all orders and legal rules; ``None`` where no order is possible.

    Where the openings are known (nobody begins with anything), orders that overdraw are left out.
    """
    found: list[dict[str, tuple[int, int]]] = []
    for one in orders(rows):
        prepared = case(one, stops)
        needed = {account for account in prepared.ledger.opening if account.holder != "V"}
        if not (complete and needed):
            found.append(spread(prepared.plan))
    if not found:
        return None
    names = {name for one in found for name in one}
    return {
        name: (min(one.get(name, (0, 0))[0] for one in found), max(one.get(name, (0, 0))[1] for one in found))
        for name in names
    }


def check_contains(rows: Sequence[Transfer], stops: str, *, complete: bool) -> None:
    expected = every_order(rows, stops, complete=complete)
    if expected is None:
        return
    prepared = case(rows, stops, complete=complete)
    found = bounded(prepared)
    for name, (least, most) in expected.items():
        low, high = found.get(name, (0, 0))
        assert low <= least, (name, found, expected)
        assert high >= most, (name, found, expected)
    if not touching(prepared.ledger.events, prepared.ledger.ties, prepared.bounded.tracked)[1]:
        assert {name: one for name, one in found.items() if one[1]} == {
            name: one for name, one in expected.items() if one[1]
        }


@st.composite
def tied(draw: st.DrawFn) -> tuple[Transfer, ...]:
    """Return a theft and two blocks of payments among few holders, few units each."""
    holders = st.sampled_from("ABCD")
    rows: list[Row] = [("V", "A", draw(st.integers(1, 3)), 1)]
    for block, most in ((2, 4), (3, 2)):
        for _ in range(draw(st.integers(1, most))):
            payer, payee = draw(holders), draw(holders)
            if payer != payee:
                rows.append((payer, payee, draw(st.integers(1, 3)), block))
    made = table(rows)
    # Equal rows without position are refused: amounts tell them apart.
    seen: set[tuple[object, ...]] = set()
    kept = []
    for row in made:
        key = (row.block, row.sender, row.recipient, row.amount)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return tuple(kept)


@given(rows=tied(), stops=st.sampled_from(["", "D", "C"]), complete=st.booleans())
@settings(max_examples=40, deadline=None)
def test_b5_bounds_contain_every_legal_rule_in_every_order_of_a_block(
    rows: tuple[Transfer, ...], stops: str, complete: bool
) -> None:
    check_contains(rows, stops, complete=complete)


@pytest.mark.prove
@given(rows=tied(), stops=st.sampled_from(["", "D", "C"]), complete=st.booleans())
@settings(max_examples=1_000, deadline=None)
def test_b5_bounds_contain_every_legal_rule_in_every_order_of_a_block_a_thousand_times(
    rows: tuple[Transfer, ...], stops: str, complete: bool
) -> None:
    check_contains(rows, stops, complete=complete)


SIX = (
    (("V", "A", 2, 1), ("A", "B", 1, 2), ("B", "C", 1, 2), ("C", "A", 1, 2), ("C", "D", 1, 2), ("B", "D", 1, 2)),
    (("V", "A", 2, 1), ("D", "E", 1, 2), ("C", "D", 1, 2), ("B", "C", 1, 2), ("A", "B", 1, 2), ("A", "E", 1, 2)),
    (("V", "A", 1, 1), ("A", "B", 1, 2), ("B", "A", 1, 2), ("A", "C", 1, 2), ("C", "A", 1, 2), ("A", "D", 1, 2)),
)


@pytest.mark.parametrize("rows", SIX)
@pytest.mark.parametrize("complete", [False, True])
def test_b5_ties_of_five_rows_chains_and_circles(rows: tuple[Row, ...], complete: bool) -> None:
    check_contains(table(rows), "D", complete=complete)


@pytest.mark.parametrize("first", ["paid", "pays"])
def test_b5_the_page_nothing_is_certain_of_a_holder_paid_and_paying_in_one_block(first: str) -> None:
    """Block 1: the thief pays 2. Block 2, no position: 2 pays 3, and 3 the exchange."""
    tie = [("B", "C", 100, 3), ("C", "X", 100, 3)]
    rows = table([("V", "T", 100, 1), ("T", "B", 100, 2), *(tie if first == "paid" else reversed(tie))])
    unknown, sure = (
        next(
            one
            for (party, _), one in intervals_of(case(rows, "X", complete=complete)).by_party.items()
            if party.entity == "X"
        )
        for complete in (False, True)
    )
    assert (unknown.min, unknown.max, unknown.certainty) == (0, 100, "POSSIBLE")
    assert (sure.min, sure.max, sure.certainty, sure.basis) == (100, 100, "FORCED", "vouched")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("policy", CONSERVING)
def test_b5_rules_lie_inside_the_bounds_in_either_order_of_the_lines(order: int, policy: str) -> None:
    tie = [("C", "B", 100, 2), ("B", "X", 100, 2)][::order]
    for complete in (False, True):
        prepared = case(table([("V", "B", 100, 1), *tie]), "X", complete=complete)
        found = intervals_of(prepared)
        assert {(one.min, one.max) for (place, _), one in found.by_party.items() if place.entity == "X"} == {(0, 100)}
        for leaf in run(prepared, policy).exits:
            one = found.at(leaf)
            assert one is not None
            assert one.min <= leaf.tainted <= one.max


def test_b5_a_vouched_order_that_would_overdraw_is_not_followed_and_it_is_said() -> None:
    rows = table([("V", "B", 100, 1), ("C", "X", 100, 2), ("B", "C", 100, 2)])
    prepared = case(rows, "X", complete=True)
    assert {leaf.address: leaf.tainted for leaf in run(prepared, "fifo").exits} == {"X": 100}
    assert any("order nearest to the rows" in note for note in prepared.coverage.notes)
    assert prepared.coverage.unexplained_inflow == {}
    assert Account(CHAIN, "C", UNIT) in prepared.closed
    as_they_stand = case(rows, "X")
    assert {leaf.address: leaf.tainted for leaf in run(as_they_stand, "fifo").exits} == {"C": 100}


@pytest.mark.parametrize(
    ("tie", "ends"),
    [
        ([("A", "B", 642, 2), ("B", "A", 1000, 2)], {"A": 358, "B": 642}),
        ([("B", "C", 1000, 2), ("B", "A", 500, 2), ("A", "B", 500, 2)], {"C": 1000}),
        ([("A", "C", 1, 2), ("C", "A", 1, 2)], {"B": 1000}),
    ],
    ids=[
        "a circle in its only possible order",
        "the earliest row would leave the others unpaid",
        "no order is possible",
    ],
)
def test_b5_payments_that_go_round_take_the_possible_order_nearest_to_the_rows(
    tie: list[Row], ends: dict[str, int]
) -> None:
    prepared = case(table([("V", "B", 1000, 1), *tie]), complete=True)
    assert {leaf.address: leaf.tainted for leaf in run(prepared, "fifo").exits} == ends


def test_b5_ties_that_touch_followed_holders_are_counted() -> None:
    rows = table([("V", "B", 9, 1), ("P", "Q", 1, 2), ("Q", "R", 1, 2), ("B", "C", 5, 3), ("C", "D", 2, 3)])
    coverage = case(rows).coverage
    assert (coverage.ties, coverage.ties_both) == (1, 1)


def test_certificates_hold_on_the_plan_of_the_bounds() -> None:
    prepared = case(table(SIX[0]))
    ends = {"all": [end for end in _terminals(prepared.bounded) if end.account.holder == "D"]}
    found = bounds_of(prepared.bounded, ends)
    for direction in ("min", "max"):
        check_certificate(found.certificate("all", (0,), direction), prepared.bounded)


def _terminals(plan: TaintProblem) -> tuple[Terminal, ...]:
    from tracer.bounds import terminals_of

    return terminals_of(plan)


def coarse(world: World, seconds: int) -> World:
    """Return a world in which several rows share a second; rows of one event stay together."""
    rows = [replace(row, time=(row.time or 0) // seconds) for row in world.rows]
    return World(distinct(rows), world.seeds, world.labels)


def check_policies_in_any_order(world: World, order: random.Random) -> None:
    """Assert that every policy, on the rows in some other order of each second, lies inside the bounds of the ties."""
    inputs = CaseData("w", "", world.rows, world.seeds, LabelIndex(world.labels, ""))
    found = intervals_of(prepare(inputs, Options()))
    events = [list(group) for _, group in itertools.groupby(world.rows, key=lambda row: row.event or row.row)]
    if any(len(group) > 1 and len({row.time for row in group}) > 1 for group in events):
        return
    conversions = [any(row.event.startswith("s") for row in group) for group in events]
    places = list(range(len(events)))
    start = 0
    for place in range(len(events) + 1):
        end = place == len(events) or conversions[place] or events[place][0].time != events[start][0].time
        if end:
            part = places[start:place]
            order.shuffle(part)
            places[start:place] = part
            start = place + 1 if place < len(events) and conversions[place] else place
    rows = tuple(replace(row, row=number) for number, row in enumerate((row for at in places for row in events[at]), 1))
    for one in (inputs, replace(inputs, rows=rows)):
        prepared = prepare(one, Options())
        for policy in CONSERVING:
            for leaf in run(prepared, policy, movements=False).exits:
                interval = found.at(leaf)
                assert interval is not None, (policy, leaf)
                assert interval.min <= leaf.tainted <= interval.max, (policy, leaf, interval)


@given(world=worlds(largest=50), seconds=st.integers(2, 6), order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_b5_every_policy_in_any_order_of_a_second_lies_inside_the_bounds(
    world: World, seconds: int, order: random.Random
) -> None:
    check_policies_in_any_order(coarse(world, seconds), order)


def test_b4_who_stands_in_a_circle_of_a_tie_lies_on_the_way_out_of_it() -> None:
    rows = table([("V", "A", 100, 1), ("A", "B", 40, 2), ("B", "A", 30, 2), ("B", "Z", 60, 3)])
    prepared = case(rows, complete=True)
    assert Account(CHAIN, "B", UNIT) not in prepared.closed
    found = intervals_of(prepared)
    (one,) = (held for (place, _), held in found.by_address.items() if place.address == "A")
    assert (one.certainty, list(one.open)) == ("CONDITIONAL", [Account(CHAIN, "B", UNIT)])
