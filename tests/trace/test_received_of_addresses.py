"""What an address can receive of all thefts: one network for all addresses against one network an address."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from bound_oracles import dense, trades
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import World, worlds

from tracer.bounds import bounds_of, terminals_of
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options, PreparedCase, prepare
from tracer.trace.intervals import intervals_of, received_ranges


def prepared(world: World) -> PreparedCase:
    return prepare(CaseData("w", "", tuple(world.rows), world.seeds, LabelIndex(world.labels, "")), Options())


def begun(case: PreparedCase) -> set[tuple[str, str]]:
    """Return the holders that begin with stolen units."""
    opening = case.bounded.opening
    return {(account.chain, account.holder) for account, lots in opening.items() if any(lot.label for lot in lots)}


def alone(case: PreparedCase) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """Return least, most and gap of every address, each in a plan of its own in which it absorbs."""
    plan = case.bounded
    group = tuple(range(len(plan.labels.origins)))
    found = {}
    for account in sorted(plan.tracked):
        holder = (account.chain, account.holder)
        if holder in begun(case):
            continue
        absorbing = replace(plan, stopped=plan.stopped | {holder})
        ends = [
            end
            for end in terminals_of(absorbing)
            if (end.account.chain, end.address, end.account.asset) == (*holder, account.asset)
            and end.fate in ("stopped", "below_threshold")
        ]
        if ends:
            one = bounds_of(absorbing, {"it": ends}, [group]).intervals["it", group]
            found[(*holder, account.asset)] = (one.min, one.max, one.gap)
    return found


@given(world=st.one_of(worlds(largest=10**6), dense(), trades()))
@settings(max_examples=80, deadline=None)
def test_i1_one_network_gives_every_address_what_a_network_of_its_own_gives(world: World) -> None:
    case = prepared(world)
    received = intervals_of(case).received
    found = dict(received)
    held = Counter((account.chain, account.holder) for account in case.bounded.tracked)
    for spot, (least, most, gap) in alone(case).items():
        one = found[spot]  # type: ignore[index]
        if spot in received._returning or held[spot[:2]] > 1:
            # Each receipt of units that come back counts, and what it gets for another asset of its own: in a network
            # of its own it would absorb both.
            assert one.max >= most - gap, (spot, one, most, gap)
            continue
        if not one.gap and not gap:
            assert (one.min, one.max) == (least, most), spot
        assert one.min <= least + gap, spot
        assert one.max >= most - gap, spot
    assert {spot for spot, one in found.items() if one.max} <= alone(case).keys() | {
        spot for spot in found if case.stops(*spot[:2]) or spot[:2] in begun(case) or held[spot[:2]] > 1
    }


@given(world=worlds(largest=10**6))
@settings(max_examples=20, deadline=None)
def test_i1_asking_for_some_gives_what_asking_for_all_gives(world: World) -> None:
    case = prepared(world)
    every = intervals_of(case).received
    some = list(every)[::2]
    assert received_ranges(case, some) == {spot: every[spot] for spot in some}
