"""Where nothing was mixed, all rules agree and the interval is one figure; where they differ, a holder is named."""

from __future__ import annotations

from hypothesis import given
from random_ledgers import World, worlds
from vectors import CONSERVING, HAND_ROWS, HAND_SEED

from tracer.analysis.commingling import mixings
from tracer.analysis.leave_one_out import Figure, figures_of
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options, PreparedCase, prepare, run
from tracer.trace.intervals import intervals_of, places_of


def prepared(world: World) -> PreparedCase:
    return prepare(CaseData("w", "", world.rows, world.seeds, LabelIndex(world.labels, "")), Options())


@given(world=worlds(largest=10**6, swaps=False, groups=False))
def test_without_mixing_no_rule_can_say_anything_else(world: World) -> None:
    case = prepared(world)
    results = [figures_of(run(case, policy, movements=False)) for policy in CONSERVING]
    for (party, origin), one in intervals_of(case, addresses=False).by_party.items():
        if not mixings(case, places_of(case, *party), origin):
            assert one.min == one.max
            figure = Figure("entity", *party, origin)
            assert {found.get(figure, 0) for found in results} == {one.min}


@given(world=worlds(largest=10**6))
def test_a_mixed_holder_really_held_both_and_more_is_never_told_than_came(world: World) -> None:
    case = prepared(world)
    for party, origin in intervals_of(case, addresses=False).by_party:
        found = mixings(case, places_of(case, *party), origin)
        assert [one.event for one in found] == sorted(one.event for one in found)
        for one in found:
            assert one.held > 0 < one.other
            assert 0 <= one.clean <= one.other
            earlier = sum(payer.amount for payer in one.beside)
            assert earlier >= one.other


def test_the_hub_of_the_hand_ledger_is_told_with_what_it_held() -> None:
    case = prepared(World(HAND_ROWS, (HAND_SEED,), ()))
    places = places_of(case, "unlabelled, at rest", "unknown", HAND_ROWS[0].asset)
    (origin,) = case.plan.labels.origins
    (first,) = mixings(case, places, origin)
    assert (first.address, first.held, first.other, first.clean) == ("A", 60, 40, 40)
    assert [(payer.address, payer.amount) for payer in first.beside] == [("C", 40)]
