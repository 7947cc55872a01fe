"""A collection depends on the seeds, the limits and the chain, and on nothing else."""

from __future__ import annotations

from dataclasses import replace

from fake_chain import CHAIN, HOLDERS, NATIVE, POOL, THEFT, TOKEN, FakeChain, FakeSource, chains
from hypothesis import given
from hypothesis import strategies as st

from tracer.analysis.funds_origin import source_of_funds
from tracer.collect.dataset import Dataset
from tracer.collect.limits import Limits
from tracer.collect.loop import Collection
from tracer.model import Account, Label, Seed
from tracer.providers.provider import Head
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options, run
from tracer.trace.pipeline import prepare


def label(address: str, category: str) -> Label:
    return Label(CHAIN, address, "x", category, "Venue", "p", "https://example.org")


def case(*labels: Label) -> CaseData:
    seeds = (Seed("tx", THEFT, CHAIN, None, None, "theft"),)
    return CaseData("case", "A case", (), seeds, LabelIndex((label(POOL, "exchange"), *labels), ""))


def undisturbed(world: FakeChain, head: Head, limits: Limits) -> Dataset:
    source = FakeSource(world)
    source.pin(head)
    return Collection(case(), {CHAIN: source}, limits).run()


@given(chains(), st.lists(st.integers(0, 50), max_size=8), st.integers(0, 8), st.integers(1, 9))
def test_any_order_of_expanding_with_a_reorganisation_in_the_middle_gives_the_same_bytes(
    worlds: tuple[FakeChain, FakeChain], order: list[int], when: int, addresses: int
) -> None:
    before, after = worlds
    source = FakeSource(before)
    limits = Limits(addresses=addresses)
    collection = Collection(case(), {CHAIN: source}, limits)
    old = source.head()
    if order[:1] == [0]:
        collection.run()
    for step, number in enumerate(order):
        if step == when:
            source.world = after
            collection.refresh({CHAIN: after.block(after.height)})
        collection.expand(CHAIN, HOLDERS[number % len(HOLDERS)])
    if when >= len(order):
        source.world = after
        collection.refresh({CHAIN: after.block(after.height)})
    got = collection.run()
    expected = undisturbed(after, Head(after.block(after.height), old.final), limits)
    assert got.files() == expected.files()
    assert replace(got, replaced=()) == expected
    assert [(one.old.hash, one.new.hash) for one in got.replaced] == [(old.latest.hash, after.hash(after.height))]
    stale = {row.tx for row in before.rows} - {row.tx for row in after.rows}
    assert not stale & {row.tx for row in got.transfers}


@given(chains())
def test_what_is_collected_whole_traces_like_the_whole_chain_and_closes(worlds: tuple[FakeChain, FakeChain]) -> None:
    world, _ = worlds
    got = Collection(case(), {CHAIN: FakeSource(world)}, Limits(addresses=None)).run()
    prepared = prepare(got.inputs(case()), Options())
    result = run(prepared, "fifo")
    assert result.audit.closed
    assert result.coverage.incomplete_holders == 0
    assert prepared.closed == prepared.plan.tracked
    assert set(result.coverage.closed.values()) == {"fake"}
    assert not result.coverage.unexplained_inflow


@given(chains(), st.integers(1, 4))
def test_what_a_budget_of_addresses_leaves_out_is_counted_and_leaves_as_incomplete(
    worlds: tuple[FakeChain, FakeChain], addresses: int
) -> None:
    world, _ = worlds
    got = Collection(case(), {CHAIN: FakeSource(world)}, Limits(addresses=addresses)).run()
    assert len(got.history) <= addresses
    result = run(prepare(got.inputs(case()), Options()), "fifo")
    left_out = [one for one in got.coverage if one.reason == "over_budget"]
    assert result.audit.closed
    assert {leaf.address for leaf in result.exits if leaf.stop_reason == "incomplete"} <= {
        one.subject for one in left_out
    }
    assert bool(left_out) == any("over budget" in note for note in got.notes())


def test_a_budget_of_calls_leaves_a_gap_with_a_name_and_a_larger_one_goes_on_where_it_ended() -> None:
    world = FakeChain()
    world.add(3, THEFT, "0x" + "9" * 40, HOLDERS[0], 1_000)
    world.add(5, "0x" + "5" * 64, HOLDERS[0], HOLDERS[1], 400)
    world.add(6, "0x" + "6" * 64, HOLDERS[1], HOLDERS[2], 300)
    source = FakeSource(world, calls=3)
    limits = Limits(balances=False)
    cut = Collection(case(), {CHAIN: source}, limits).run()
    assert [one.subject for one in cut.coverage if not one.complete] == [HOLDERS[1], HOLDERS[1]]
    source = FakeSource(world)
    whole = Collection(case(), {CHAIN: source}, limits).run()
    assert whole.history == {f"{CHAIN}:{holder}" for holder in HOLDERS[:3]}


def test_a_contract_and_a_busy_holder_stop_before_anything_of_them_is_downloaded() -> None:
    world = FakeChain(contracts=frozenset({HOLDERS[1]}))
    world.add(3, THEFT, "0x" + "9" * 40, HOLDERS[0], 1_000)
    for number in range(4):
        world.add(5 + number, f"0x{number:064x}", HOLDERS[0], HOLDERS[1 + number % 2], 100)
    source = FakeSource(world)
    for number in range(10):
        world.add(20 + number, f"0x{99 + number:064x}", HOLDERS[2], HOLDERS[3], 1)
    got = Collection(case(), {CHAIN: source}, Limits(high_degree=9)).run()
    assert got.decided == {(CHAIN, HOLDERS[1]): "contract", (CHAIN, HOLDERS[2]): "high_degree"}
    asked = {question[1] for question in source.asked if question[0] == "transfers"}
    assert asked == {HOLDERS[0]}
    result = run(prepare(got.inputs(case()), Options()), "fifo")
    assert {(leaf.address, leaf.stop_reason) for leaf in result.exits} == {
        (HOLDERS[0], "at_rest"),
        (HOLDERS[1], "contract"),
        (HOLDERS[2], "high_degree"),
    }
    assert result.audit.closed


def test_a_swap_is_read_whole_and_the_money_goes_on_in_the_other_asset() -> None:
    pool = "0x" + "6" * 40
    world = FakeChain(contracts=frozenset({pool}), start={(pool, TOKEN): 10**6})
    world.add(3, THEFT, "0x" + "9" * 40, HOLDERS[0], 1_000)
    swap = "0x" + "5" * 64
    world.add(5, swap, HOLDERS[0], pool, 1_000)
    world.add(5, swap, pool, HOLDERS[1], 50, asset=TOKEN, layer="log", place=(0,), kind="token")
    world.add(5, swap, pool, HOLDERS[0], 2_450, asset=TOKEN, layer="log", place=(1,), kind="token")
    source = FakeSource(world)
    got = Collection(case(), {CHAIN: source}).run()
    assert ("transaction", swap) in source.asked
    assert [row.event for row in got.transfers] == ["", swap, swap, swap]
    prepared = prepare(got.inputs(case()), Options())
    result = run(prepared, "fifo")
    assert {(leaf.address, leaf.asset, leaf.tainted) for leaf in result.exits} == {
        (HOLDERS[0], TOKEN, 2_450),
        (HOLDERS[1], TOKEN, 50),
    }
    assert Account(CHAIN, HOLDERS[0], NATIVE) in prepared.closed


@given(chains(), st.lists(st.integers(0, 50), max_size=5))
def test_collected_backward_everything_the_target_received_has_an_origin(
    worlds: tuple[FakeChain, FakeChain], order: list[int]
) -> None:
    world, _ = worlds
    target = (Seed("holder", HOLDERS[3], CHAIN, NATIVE, 0, "target"),)
    limits = Limits(direction="back", addresses=None)
    collection = Collection(replace(case(), seeds=target), {CHAIN: FakeSource(world)}, limits)
    for number in order:
        collection.expand(CHAIN, HOLDERS[number % len(HOLDERS)])
    got = collection.run()
    assert got == Collection(replace(case(), seeds=target), {CHAIN: FakeSource(world)}, limits).run()
    funds = source_of_funds(prepare(got.inputs(replace(case(), seeds=target)), Options()), "fifo")
    assert funds.closed
    received = {(row.asset, row.amount) for row in world.rows if row.recipient == HOLDERS[3] != row.sender}
    assert sum(funds.received.values()) >= max((amount for _, amount in received), default=0)
    assert {one.why for one in funds.inflows} <= {"opening", "service", "target", "mint"}
