"""The fast kernel gives what the reference gives: lots, flows and thefts, for every policy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_ledgers import World, worlds
from vectors import CHAIN, CONSERVING, UNIT, transfer

import tracer
from tracer.analysis import lot_queue
from tracer.analysis.lot_queue import TracedLot, holder_purse
from tracer.model import GRADES, AssetId, Lot, Seed, Transfer
from tracer.registry import LabelIndex
from tracer.taint import LotAlgebra, TaintOutcome, TaintProblem, fast_kernel, reference_kernel, rule_of
from tracer.trace import CaseData, Options, prepare


def by_label(lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """Return one lot a label: haircut asks no more than that."""
    held: dict[int, Lot] = {}
    for lot in lots:
        mine = held.get(lot.label, Lot(0, lot.label, 0))
        held[lot.label] = Lot(
            mine.amount + lot.amount,
            lot.label,
            mine.origin_amount + lot.origin_amount,
            mine.approximate or lot.approximate,
        )
    return tuple(held[label] for label in sorted(held))


def same(plan: TaintProblem, policy: str) -> None:
    expected, found = reference_kernel(plan, policy), fast_kernel(plan, policy)
    assert found.flows == expected.flows
    assert held(found, policy) == held(expected, policy)


def held(outcome: TaintOutcome, policy: str) -> dict[object, tuple[Lot, ...]]:
    return {a: by_label(lots) if policy == "haircut" else lots for a, lots in outcome.lots.items()}


@pytest.mark.parametrize("policy", CONSERVING)
@given(
    world=worlds(),
    minimum=st.sampled_from([0, 0, 6]),
    marks=st.lists(st.tuples(st.sampled_from(GRADES), st.sampled_from(["exact", "exact", "printed"])), max_size=40),
)
def test_the_fast_kernel_equals_the_reference(
    policy: str, world: World, minimum: int, marks: list[tuple[str, str]]
) -> None:
    rows = [
        replace(row, grade=marks[place][0], precision=marks[place][1]) if place < len(marks) else row
        for place, row in enumerate(world.rows)
    ]
    inputs = CaseData("w", "", tuple(rows), world.seeds, LabelIndex(world.labels, ""))
    same(prepare(inputs, Options(min_amount=minimum)).plan, policy)


@pytest.mark.parametrize("policy", CONSERVING)
def test_lots_that_a_payment_makes_neighbours_are_merged_only_after_it(policy: str) -> None:
    """Two stolen lots of different prices with clean money between them, and one payment that takes all three kinds."""
    rows = (
        transfer(1, "V", "H", 100, 1, tx="t"),
        *_swap(2, "H", 10, 1000),
        transfer(4, "C", "H", 500, 3, asset=AssetId("other")),
        *_swap(5, "H", 90, 1000),
        transfer(7, "H", "X", 1700, 5, asset=AssetId("other")),
        transfer(8, "H", "Y", 800, 6, asset=AssetId("other")),
    )
    seeds = (Seed("tx", "t", CHAIN, UNIT, None, "o1"),)
    same(prepare(CaseData("w", "", rows, seeds, LabelIndex((), "")), Options()).plan, policy)


def _swap(row: int, holder: str, given: int, received: int) -> tuple[Transfer, Transfer]:
    return (
        transfer(row, holder, "pool", given, row, event=f"s{row}"),
        transfer(row + 1, "pool", holder, received, row, event=f"s{row}", asset=AssetId("other")),
    )


@pytest.mark.parametrize("policy", CONSERVING)
def test_the_fast_kernel_equals_the_reference_on_ronin(policy: str) -> None:
    same(tracer.open_case("ronin-2022").prepare().plan, policy)


@pytest.mark.parametrize("policy", CONSERVING)
def test_an_order_without_a_purse_of_its_own_runs_as_the_reference(
    policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that is added is one entry: nothing has to be written again for the fast kernel."""
    monkeypatch.setattr("tracer.taint.purse._FASTER", ())
    same(tracer.open_case("colonial-2021").prepare().plan, policy)


amounts = st.integers(1, 50)


@pytest.mark.parametrize("policy", CONSERVING)
@given(
    put=st.lists(st.tuples(amounts, st.integers(0, 3)), min_size=1, max_size=12),
    shares=st.lists(st.integers(0, 100), max_size=5),
)
def test_pieces_that_know_their_way_are_taken_as_the_rule_takes_lots(
    policy: str, put: list[tuple[int, int]], shares: list[int]
) -> None:
    """The queues of a replay that are faster give the units of each label that the rule itself gives on such pieces."""
    pieces = [TracedLot(amount, node) for amount, node in put]
    fast = holder_purse(policy, lambda node: node)
    plain = lot_queue._AnyOrder(
        rule_of(policy).take, LotAlgebra(lambda piece: piece.node, lot_queue.split_piece, lot_queue.add_piece)
    )
    fast.put(pieces)
    plain.put(pieces)
    for share in shares:
        amount = sum(piece.amount for piece in plain.pieces()) * share // 100
        assert by_node(fast.take(amount)) == by_node(plain.take(amount))
        assert by_node(fast.pieces()) == by_node(plain.pieces())


def by_node(pieces: list[TracedLot]) -> dict[int, int]:
    found: dict[int, int] = {}
    for piece in pieces:
        found[piece.node] = found.get(piece.node, 0) + piece.amount
    return {node: amount for node, amount in sorted(found.items()) if amount}
