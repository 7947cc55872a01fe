"""The holders of a round are read side by side, and what comes out is what one after the other gives (fault G16)."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from fake_chain import CHAIN, HOLDERS, POOL, THEFT, VICTIM, FakeChain, FakeSource, chains
from hypothesis import given
from hypothesis import strategies as st

from tracer.collect.ahead import Ahead, Task
from tracer.collect.limits import Limits
from tracer.collect.loop import Collection
from tracer.errors import SourceError
from tracer.model import Label, Seed
from tracer.providers.provider import History
from tracer.registry import LabelIndex
from tracer.trace import CaseData


def case() -> CaseData:
    venue = Label(CHAIN, POOL, "x", "exchange", "Venue", "p", "https://example.org")
    seeds = (Seed("tx", THEFT, CHAIN, None, None, "theft"),)
    return CaseData("case", "A case", (), seeds, LabelIndex((venue,), ""))


class Late(FakeSource):
    """Answers after a while, in any order."""

    def __init__(self, world: FakeChain, chance: random.Random) -> None:
        super().__init__(world)
        self.chance, self.most, self.here = chance, 0, 0
        self.counting = threading.Lock()

    def transfers(self, holder: str, since: int, until: int) -> History:
        with self.counting:
            self.here += 1
            self.most = max(self.most, self.here)
            wait = self.chance.random() * 0.003
        time.sleep(wait)
        with self.counting:
            self.here -= 1
            return super().transfers(holder, since, until)


def fan(width: int) -> FakeChain:
    world = FakeChain()
    world.add(3, THEFT, VICTIM, HOLDERS[0], 10**6)
    for number in range(width):
        world.add(5 + number % 20, f"0x{number:064x}", HOLDERS[0], f"0x{10**6 + number:040x}", 1_000 + number)
    return world


@given(chains(), st.integers(0, 2**32), st.sampled_from([None, 2, 4]), st.sampled_from([None, 6, 20]))
def test_g16_any_order_of_replies_gives_what_one_after_the_other_gives(worlds, seed, addresses, rows) -> None:
    limits = Limits(addresses=addresses, rows=rows, high_degree=9)
    alone = FakeSource(worlds[0])
    expected = Collection(case(), {CHAIN: alone}, limits).run()
    late = Late(worlds[0], random.Random(seed))
    got = Collection(case(), {CHAIN: late}, limits, workers=5).run()
    assert got == expected
    assert got.files() == expected.files()
    assert rows is not None or Counter(late.asked) == Counter(alone.asked)


def test_g16_a_round_is_read_side_by_side() -> None:
    source = Late(fan(40), random.Random(1))
    got = Collection(case(), {CHAIN: source}, Limits(addresses=None), workers=8).run()
    assert len(got.history) == 41
    assert source.most > 4


class InParts(Late):
    """Has its histories in two parts, of which a fetch can ask side by side; what is late is one part of one holder."""

    def __init__(self, world: FakeChain, chance: random.Random) -> None:
        super().__init__(world, chance)
        self.parts_asked: Counter[tuple[str, int, int, str]] = Counter()
        self.both = threading.Barrier(2)

    def parts(self, holder: str, since: int, until: int) -> list[Callable[[], object]]:
        def ask(name: str) -> None:
            self.parts_asked[holder, since, until, name] += 1
            self.both.wait(10)  # each goes on only while another is under way

        return [partial(ask, name) for name in ("coin", "tokens")]


def test_g16_the_parts_of_a_history_are_asked_side_by_side_and_each_once() -> None:
    alone, source = FakeSource(fan(3)), InParts(fan(3), random.Random(1))
    got = Collection(case(), {CHAIN: source}, Limits(addresses=None, rows=None), workers=8).run()
    assert got == Collection(case(), {CHAIN: alone}, Limits(addresses=None, rows=None)).run()
    assert set(source.parts_asked.values()) == {1}
    assert {holder for holder, *_ in source.parts_asked} == {holder for _, holder in got.holders}


def test_g16_a_late_reply_holds_up_its_own_holder_alone_and_the_first_error_is_raised() -> None:
    done: list[tuple[int, ...]] = []
    others = threading.Event()

    def leads_to(place: tuple[int, ...], ask: Callable[[], object], *more: Task) -> Task:
        def answered() -> tuple[Task, ...]:
            ask()
            done.append(place)
            return more

        return Task(place, answered)

    def fail(words: str) -> None:
        raise SourceError(words)

    last = leads_to((1, 2), others.set)
    Ahead(2).run([leads_to((0,), lambda: others.wait(10)), leads_to((1,), int, leads_to((1, 1), int, last))])
    assert done == [(1,), (1, 1), (1, 2), (0,)]
    done.clear()
    second = leads_to((0, 1), lambda: fail("The second of the first."))
    told: list[str] = []
    with pytest.raises(SourceError, match="The second of the first"):
        Ahead(3, lambda: told.append("break off")).run(
            [leads_to((0,), lambda: time.sleep(0.1), second), leads_to((1,), lambda: fail("Another."))]
        )
    assert told == ["break off"]
    assert done == [(0,)]


def test_g16_nothing_is_asked_ahead_that_a_budget_of_holders_leaves_out() -> None:
    alone, late = FakeSource(fan(40)), Late(fan(40), random.Random(1))
    for source, workers in ((alone, 1), (late, 8)):
        Collection(case(), {CHAIN: source}, Limits(addresses=7), workers=workers).run()
    assert Counter(late.asked) == Counter(alone.asked)


def test_g16_an_error_is_that_of_the_first_holder_and_nobody_goes_on_waiting() -> None:
    told = []

    def ask(number: int) -> int:
        if number in (2, 5):
            raise SourceError(f"No {number}.")
        return number

    ahead = Ahead(3, lambda: told.append("break off"))
    with pytest.raises(SourceError, match=r"^No 2\."):
        ahead.each(ask, range(9))
    assert told == ["break off"]
    assert ahead.each(ask, [1, 3]) == {1: 1, 3: 3}
    assert Ahead(1).each(ask, [1, 3]) == {}
