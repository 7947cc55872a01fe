"""The closed form of bounds against the search it spares, and its speed on long chains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bound_oracles import dense, plan_of, trades
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import World, worlds
from vectors import CHAIN, UNIT, transfer

from tracer.api.case import Case
from tracer.bounds import Network, bounds_of, build_network, terminals_of
from tracer.bounds import intervals as bounds
from tracer.bounds.subnetwork import DIRECTIONS, Regions, most_into
from tracer.io.prices import Prices
from tracer.model import Seed
from tracer.registry import LabelIndex
from tracer.taint import TaintProblem, fast_kernel
from tracer.trace import CaseData, Options, intervals, prepare
from tracer.trace.intervals import intervals_of


@given(world=st.one_of(worlds(largest=10**6), dense(), trades()))
@settings(max_examples=80)
def test_the_closed_form_says_what_a_search_of_the_whole_way_says(world: World) -> None:
    plan = plan_of(world)
    regions = Regions(build_network(plan, (0,)))
    places = [regions.ends([end]) for end in regions.network.terminals]
    regions.settle(places)
    for ends, leading in zip(places, regions.leading(places), strict=True):
        for direction in DIRECTIONS:
            found = regions.most(ends, direction)
            sought = most_into(regions.cut_out(leading, ends, direction), direction)
            if found.method == "maxflow":
                assert (found.value, found.attained) == (sought.value, sought.attained)
            else:
                assert found.value >= sought.attained
                assert sought.value >= found.attained


def peel(hops: int) -> tuple[tuple[object, ...], Seed]:
    value, rows = 10**24, []
    for hop in range(hops):
        rows.append(transfer(len(rows) + 1, f"c{hop}", f"p{hop}", 1, len(rows) + 1))
        value -= 1
        rows.append(transfer(len(rows) + 1, f"c{hop}", f"c{hop + 1}", value, len(rows) + 1))
    return tuple(rows), Seed("holder", "c0", CHAIN, UNIT, 10**24, "theft")


def test_i5_a_peel_chain_costs_a_step_a_hop() -> None:
    rows, seed = peel(3_000)
    prepared = prepare(CaseData("w", "", rows, (seed,), LabelIndex((), "")), Options())  # type: ignore[arg-type]
    start = time.process_time()
    found = intervals_of(prepared)
    assert time.process_time() - start < 8
    assert len(found.by_address) == 3_001
    assert found.joint.searches <= 2  # the one entity of all places together
    assert {(one.min, one.max) for (place, _), one in found.by_address.items() if place.address[0] == "p"} == {(1, 1)}
    (last,) = (one for (place, _), one in found.by_address.items() if place.address == "p2999")
    assert (last.certainty, last.depends_on, last.basis) == ("CONDITIONAL", 3_001, "open")


def test_i5_thefts_are_bounded_only_where_they_lead() -> None:
    rows = tuple(transfer(number + 1, f"a{number}", f"b{number}", 5, number + 1, f"t{number}") for number in range(150))
    seeds = tuple(Seed("tx", f"t{number}", CHAIN, UNIT, None, f"theft {number}") for number in range(150))
    prepared = prepare(CaseData("w", "", rows, seeds, LabelIndex((), "")), Options())
    found = intervals_of(prepared)
    assert len(found.by_address) == len(found.by_theft) == 150
    bounds = bounds_of(prepared.plan, {"all": terminals_of(prepared.plan)})
    assert len(bounds.intervals) == 151


def test_i4_a_rounded_payment_marks_ten_thousand_lots_at_once() -> None:
    rows = [
        transfer(n + 1, "a" if n % 2 else "b", "hub", 10 + n % 7, n + 1, precision="exact" if n else "printed")
        for n in range(10_000)
    ]
    rows += [transfer(len(rows) + 1 + n, "hub", f"out{n}", 12, len(rows) + 1 + n) for n in range(8_000)]
    seed = Seed("holder", "a", CHAIN, UNIT, sum(10 + n % 7 for n in range(10_000) if n % 2), "theft")
    prepared = prepare(CaseData("w", "", tuple(rows), (seed,), LabelIndex((), "")), Options())
    start = time.process_time()
    fast_kernel(prepared.plan, "clean_first")
    assert time.process_time() - start < 3


def test_i5_clean_money_that_fills_a_destination_is_found_without_a_search() -> None:
    rows, stolen = [], 10**6
    # Ways part and meet again before every payment out; clean money comes to each of them on the way.
    for hop in range(40):
        place = 10 * hop + 1
        rows += [
            transfer(place, f"clean{hop}", f"a{hop}", 3 * stolen, place),
            transfer(place + 1, f"c{hop}", f"a{hop}", stolen // 2, place + 1),
            transfer(place + 2, f"c{hop}", f"b{hop}", stolen // 2, place + 2),
            transfer(place + 3, f"clean{hop}", f"b{hop}", 3 * stolen, place + 3),
            transfer(place + 4, f"a{hop}", f"d{hop}", 2 * stolen, place + 4),
            transfer(place + 5, f"b{hop}", f"e{hop}", 2 * stolen, place + 5),
            transfer(place + 6, f"d{hop}", f"c{hop + 1}", 2 * stolen, place + 6),
            transfer(place + 7, f"e{hop}", f"c{hop + 1}", 2 * stolen, place + 7),
            transfer(place + 8, f"c{hop + 1}", f"out{hop}", 3 * stolen, place + 8),
        ]
    seed = Seed("holder", "c0", CHAIN, UNIT, stolen, "theft")
    prepared = prepare(CaseData("w", "", tuple(rows), (seed,), LabelIndex((), "")), Options())
    plan = prepared.plan
    regions = Regions(build_network(plan, (0,)))
    places = [regions.ends([end]) for end in sorted(regions.network.terminals)]
    regions.settle(places)
    most = {direction: [regions.most(ends, direction) for ends in places] for direction in DIRECTIONS}
    asked_of_clean = sum(direction == "min" for _, direction in regions._sought)
    assert asked_of_clean >= 40
    assert regions.searches == len(regions._sought) - asked_of_clean
    for ends, leading, stolen_most, clean_most in zip(
        places, regions.leading(places), most["max"], most["min"], strict=True
    ):
        assert most_into(regions.cut_out(leading, ends, "max"), "max").value == stolen_most.value
        assert most_into(regions.cut_out(leading, ends, "min"), "min").value == clean_most.value


def test_i1_one_theft_needs_one_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows, seed = peel(20)
    built: list[tuple[int, ...]] = []

    def counted(plan: TaintProblem, group: tuple[int, ...], *more: object) -> Network:
        built.append(group)
        return build_network(plan, group, *more)  # type: ignore[arg-type]

    for module in (intervals, bounds):
        monkeypatch.setattr(module, "build_network", counted)
    inputs = CaseData("w", "", rows, (seed,), LabelIndex((), ""))  # type: ignore[arg-type]
    Case(inputs, (), Prices({}, ""), None).trace(bounds=True).write(tmp_path / "out")
    assert built == [(0,)]


class Counted(tuple):  # type: ignore[type-arg]
    """A tuple that counts how often it is walked."""

    walks = 0

    def __iter__(self) -> Iterator[object]:
        Counted.walks += 1
        return super().__iter__()


def test_i5_nothing_written_walks_over_all_exits_for_each_of_them(tmp_path: Path) -> None:
    walks = []
    for hops in (20, 60):
        rows, seed = peel(hops)
        inputs = CaseData("w", "", rows, (seed,), LabelIndex((), ""))  # type: ignore[arg-type]
        trace = Case(inputs, (), Prices({}, ""), None).trace(bounds=True)
        trace.result = replace(trace.result, exits=Counted(trace.result.exits))
        Counted.walks = 0
        trace.write(tmp_path / str(hops))
        walks.append(Counted.walks)
    assert walks[0] == walks[1]
