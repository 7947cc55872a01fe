"""Reading within limits: windows, later chains, gaps with a name, and what two sources say differently."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_chain import CHAIN, HOLDERS, THEFT, TOKEN, FakeChain, FakeSource
from hypothesis import given
from hypothesis import strategies as st

from tracer.collect.limits import Limits, limits_from, limits_record
from tracer.collect.loop import Collection
from tracer.collect.reader import Reader
from tracer.collect.source_diff import compared, differences
from tracer.errors import InputError
from tracer.model import ChainId, Seed
from tracer.providers.provider import BlockRef, Head, History
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options

VICTIM = f"0x{'9' * 40}"


def case(*seeds: Seed) -> CaseData:
    found = seeds or (Seed("tx", THEFT, CHAIN, None, None, "theft"),)
    return CaseData("case", "A case", (), found, LabelIndex((), ""))


def theft_and_one_payment() -> FakeChain:
    world = FakeChain()
    world.add(3, THEFT, VICTIM, HOLDERS[0], 1_000)
    world.add(35, f"0x{'5' * 64}", HOLDERS[0], HOLDERS[1], 400)
    return world


def test_final_blocks_and_later_ones_are_asked_apart() -> None:
    source = FakeSource(theft_and_one_payment())
    Collection(case(), {CHAIN: source}).run()
    windows = {question[2:] for question in source.asked if question[0] == "transfers"}
    assert windows == {(3, 32), (33, 40)}


def test_all_holders_of_a_chain_have_one_window_that_begins_with_its_first_seed() -> None:
    world = theft_and_one_payment()
    source = FakeSource(world)
    got = Collection(case(), {CHAIN: source}, Limits(since={CHAIN: 2})).run()
    assert got.since == {CHAIN: 2}
    assert Collection(case(), {CHAIN: source}).run().since == {CHAIN: 3}


@given(st.integers(-100, 600))
def test_a_chain_without_a_seed_of_its_own_begins_at_the_time_of_the_first(seconds: int) -> None:
    world = FakeChain()
    found = Reader({CHAIN: FakeSource(world)}).first_block_at(CHAIN, 1_700_000_000 + seconds)
    assert found == min((n for n in range(40) if world.block(n).time >= 1_700_000_000 + seconds), default=40)


def test_a_seed_that_no_source_knows_is_named() -> None:
    with pytest.raises(InputError, match=f"No source knows the seed transaction {THEFT}"):
        Collection(case(), {CHAIN: FakeSource(FakeChain())}).run()
    with pytest.raises(InputError, match="No source reads eip155:5"):
        Collection(case(Seed("tx", THEFT, ChainId("eip155:5"), None, None, "t")), {}).run()


def test_a_holder_asked_for_is_read_whether_or_not_money_can_have_reached_it() -> None:
    also = frozenset({(CHAIN, HOLDERS[5])})
    got = Collection(case(), {CHAIN: FakeSource(theft_and_one_payment())}, Limits(also=also)).run()
    assert got.holders[CHAIN, HOLDERS[5]] == "whole"


def test_a_source_whose_head_cannot_move_says_so() -> None:
    class Fixed(FakeSource):
        pin = None  # type: ignore[assignment]

    collection = Collection(case(), {CHAIN: Fixed(theft_and_one_payment())})
    with pytest.raises(InputError, match="cannot be moved"):
        collection.refresh({CHAIN: BlockRef(41, "0xnew", 1)})


def test_a_refresh_that_finds_the_same_block_changes_nothing() -> None:
    world = theft_and_one_payment()
    source = FakeSource(world)
    collection = Collection(case(), {CHAIN: source})
    before = collection.run()
    asked = len(source.asked)
    assert collection.refresh({CHAIN: world.block(40)}) == ()
    assert collection.run() == before
    assert len(source.asked) == asked
    assert source.head() == Head(world.block(40), world.block(32))


def test_what_two_sources_give_differently_is_told_by_id() -> None:
    first, second = theft_and_one_payment(), theft_and_one_payment()
    second.rows[1] = replace(second.rows[1], amount=399)
    second.add(36, f"0x{'6' * 64}", HOLDERS[0], HOLDERS[2], 5, asset=TOKEN, layer="log", place=(4,), kind="token")
    collection = Collection(case(), {CHAIN: FakeSource(first)})
    got = collection.run()
    found = differences(collection.reader, FakeSource(second, name="other"), got)
    assert [(one.holder, one.first.split()[-2:-1], one.second.split()[-2:-1]) for one in found] == [
        (HOLDERS[0], ["400"], ["399"]),
        (HOLDERS[0], [], ["5"]),
        (HOLDERS[1], ["400"], ["399"]),
    ]
    assert differences(collection.reader, FakeSource(first, name="other"), got) == []


def test_rows_without_an_id_are_compared_by_how_many_there_are() -> None:
    world = theft_and_one_payment()
    bare = replace(world.rows[0], place=None)
    (found,) = compared(CHAIN, HOLDERS[0], History((bare, bare)), History((bare,)))
    assert (found.first, found.second) == ("2 times", "1 times")


limits = st.builds(
    Limits,
    st.builds(
        Options, max_hops=st.none() | st.integers(1, 9), min_amount=st.integers(0, 2**70), as_of=st.just("2024-01-01")
    ),
    direction=st.sampled_from(["forward", "back"]),
    addresses=st.none() | st.integers(1, 9),
    rows=st.none() | st.integers(1, 9),
    high_degree=st.none() | st.integers(1, 9),
    contracts=st.booleans(),
    balances=st.booleans(),
    since=st.dictionaries(st.just(CHAIN), st.integers(0, 9)),
    also=st.frozensets(st.tuples(st.just(CHAIN), st.sampled_from(HOLDERS)), max_size=2),
)


@given(limits)
def test_limits_are_read_back_as_they_were_written(given_limits: Limits) -> None:
    assert limits_from(limits_record(given_limits)) == given_limits


@pytest.mark.parametrize("key", sorted(limits_record(Limits())))
def test_limits_that_lack_a_part_are_refused(key: str) -> None:
    record = limits_record(Limits())
    del record[key]
    with pytest.raises(InputError, match=key):
        limits_from(record)


@pytest.mark.parametrize("wrong", [{"addresses": 0}, {"rows": -1}, {"high_degree": 0}, {"direction": "up"}])
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Limits(**wrong)  # type: ignore[arg-type]
