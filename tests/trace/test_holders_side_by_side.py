"""The holders of a round are read side by side, and what comes out is what one after the other gives (fault G16)."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import pytest
from fake_chain import CHAIN, HOLDERS, POOL, THEFT, VICTIM, FakeChain, FakeSource, chains
from hypothesis import given
from hypothesis import strategies as st

from tracer.collect.ahead import Ahead
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
