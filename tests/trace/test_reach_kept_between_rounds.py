"""What is kept between the rounds of a collection is what the whole ledger says, round by round (faults G15, G16)."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from fake_chain import (
    CHAIN,
    HOLDERS,
    NATIVE,
    POOL,
    THEFT,
    TOKEN,
    VICTIM,
    FakeChain,
    FakeSource,
    bitcoin_tx,
    chains,
    coin,
)
from hypothesis import given
from hypothesis import strategies as st

from tracer.collect.blocks import Unsteady
from tracer.collect.follow import Follow
from tracer.collect.limits import Limits
from tracer.collect.loop import Collection
from tracer.errors import TracerError
from tracer.model import BITCOIN, Account, AssetId, Collected, CollectedTx, Label, Seed
from tracer.model.coverage import Coverage
from tracer.providers.provider import BlockRef, Head, History
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options


class Compared(Collection):
    """A collection that asks the whole ledger in every round what it keeps, and counts how often it kept anything."""

    kept = lost = 0

    def _standing(self, state):
        was_kept = state.follow is not None
        frontier, tracked = super()._standing(state)
        follow, state.follow = state.follow, None
        if follow is not None:
            self.kept += 1
            whole, all_tracked = super()._standing(state)
            assert frontier == whole
            assert follow.tracked == all_tracked
            prepared = self._prepared(state)
            assert {one: follow._last.arrived[one] for one in all_tracked} == prepared.found.arrived
            assert {one: follow._last.hop(one) for one in follow._last.reached} == prepared.found.hop
        elif was_kept:
            self.lost += 1
        state.follow = follow
        return frontier, tracked


def label(address: str, category: str = "exchange", **more: str) -> Label:
    return Label(CHAIN, address, "x", category, "Venue", "p", "https://example.org", **more)


def case(*seeds: Seed, labels: tuple[Label, ...] = ()) -> CaseData:
    return CaseData("case", "A case", (), seeds, LabelIndex(labels, ""))


SEED = Seed("tx", THEFT, CHAIN, None, None, "theft")
EXTRA = st.lists(
    st.one_of(
        st.builds(
            lambda holder, amount, name: Seed("holder", holder, CHAIN, NATIVE, amount, name),
            st.sampled_from(HOLDERS[1:]),
            st.sampled_from([None, 1, 50]),
            st.sampled_from(["theft", "other"]),
        ),
    ),
    max_size=2,
)


@given(
    chains(),
    EXTRA,
    st.sets(st.sampled_from(HOLDERS[2:]), max_size=2),
    st.sets(st.sampled_from(HOLDERS), max_size=2),
    st.sampled_from([0, 0, 30, 400]),
    st.sampled_from([None, None, 1, 2]),
    st.sampled_from([None, 3]),
)
def test_g16_what_is_kept_between_rounds_is_what_the_whole_ledger_says(
    worlds, seeds, venues, contracts, min_amount, max_hops, addresses
) -> None:
    world = replace(worlds[0], contracts=frozenset(contracts))
    limits = Limits(Options(min_amount=min_amount, max_hops=max_hops), addresses=addresses, high_degree=9)
    collection = Compared(
        case(SEED, *seeds, labels=tuple(map(label, sorted({POOL, *venues})))), {CHAIN: FakeSource(world)}, limits
    )
    try:
        got = collection.run()
    except TracerError:
        return  # seeds that no reading of the rows allows; the whole ledger said so
    assert collection.kept
    assert not collection.lost
    assert got == RebuiltEveryRound(collection.case, {CHAIN: FakeSource(world)}, limits).run()


class RebuiltEveryRound(Collection):
    def _follow(self):
        return None


@given(chains(), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6))
def test_g16_rows_without_a_place_are_ordered_as_in_the_whole_ledger(worlds, others) -> None:
    """An explorer alone gives neither the index of a transaction nor the place of a movement in it."""
    world = worlds[0]
    world.rows = [replace(row, tx_index=None, place=None) for row in world.rows]
    for number, (payer, payee) in enumerate(others):
        block = world.rows[number % len(world.rows)].block
        world.add(block, f"0x{number:064x}", HOLDERS[payer], HOLDERS[payee], 1 + number, place=None)  # type: ignore[arg-type]
    collection = Compared(case(SEED), {CHAIN: FakeSource(world)}, Limits(addresses=None))
    collection.run()
    assert collection.kept
    assert not collection.lost


class Coins:
    """A Bitcoin source of a few transactions."""

    name, chain = "coins", BITCOIN

    def __init__(self, txs: list[CollectedTx]) -> None:
        self.txs = txs

    def head(self) -> Head:
        return Head(BlockRef(90, "9" * 64, 1_700_060_000), BlockRef(80, "8" * 64, 1_700_050_000))

    def block(self, number: int) -> BlockRef:
        return BlockRef(number, f"{number:064x}", 1_700_000_000 + 600 * number)

    def size(self, holder: str) -> int | None:
        return 2

    def is_contract(self, address: str) -> bool | None:
        return False

    def transfers(self, holder: str, since: int, until: int) -> History:
        mine = [
            tx
            for tx in self.txs
            if since <= tx.block <= until
            and (holder in {one.outpoint for one in tx.inputs} or holder in {one.outpoint for one in tx.outputs})
        ]
        covered = Coverage(BITCOIN, holder, self.name, "outspend", since, until, complete=True, rows=len(mine), pages=1)
        return History(transactions=tuple(mine), coverage=(covered,))

    def transaction(self, tx: str) -> History:
        covered = Coverage(BITCOIN, tx, self.name, "transaction", 0, 90, complete=True, rows=1, pages=1)
        return History(transactions=tuple(one for one in self.txs if one.tx == tx), coverage=(covered,))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        return None


@st.composite
def coin_worlds(draw: st.DrawFn) -> list[CollectedTx]:
    """Random spends of outpoints, some of several thieves' and strangers' coins together, some in one block."""
    first = f"{1:064x}"
    txs = [bitcoin_tx(BITCOIN, 3, first, [coin(f"{'f' * 64}:0", 1_000, "victim")], [coin(f"{first}:0", 990, "a")])]
    free = [(3, one) for one in txs[0].outputs]
    for number in range(2, draw(st.integers(3, 12))):
        name = f"{number:064x}"
        spent = [free.pop(draw(st.integers(0, len(free) - 1)))]
        if draw(st.booleans()) and free:
            spent.append(free.pop())
        inputs = [one for _, one in spent]
        if draw(st.booleans()):
            inputs.append(coin(f"{'e' * 56}{number:08d}:7", draw(st.integers(1, 500)), "stranger"))
        block = max(block for block, _ in spent) + draw(st.integers(0, 2))
        total = sum(one.amount for one in inputs) - draw(st.integers(0, 1))
        split = draw(st.integers(0, max(0, total - 1)))
        parts = [part for part in (split, total - split) if part]
        outputs = [coin(f"{name}:{place}", part, draw(st.sampled_from("abc"))) for place, part in enumerate(parts)]
        txs.append(bitcoin_tx(BITCOIN, block, name, inputs, outputs, tx_index=number))
        free += [(block, one) for one in outputs]
    return txs


@given(coin_worlds(), st.booleans(), st.booleans())
def test_g15_outpoints_are_kept_between_rounds_as_the_whole_ledger_has_them(txs, output_seed, wrong) -> None:
    if wrong:
        last = txs[-1]
        txs[-1] = replace(last, inputs=(replace(last.inputs[0], amount=last.inputs[0].amount + 5), *last.inputs[1:]))
    kind, value = ("output", f"{txs[0].tx}:0") if output_seed else ("tx", txs[0].tx)
    seeds = (Seed(kind, value, BITCOIN, None, None, "theft"),)
    collection = Compared(case(*seeds), {BITCOIN: Coins(txs)}, Limits(addresses=None, since={BITCOIN: 0}))
    got = collection.run()
    assert wrong or (collection.kept and not collection.lost)
    again = RebuiltEveryRound(collection.case, {BITCOIN: Coins(txs)}, collection.limits).run()
    assert got == again


def test_g16_a_label_that_begins_within_the_data_is_asked_of_the_whole_ledger() -> None:
    world = FakeChain()
    world.add(3, THEFT, VICTIM, HOLDERS[0], 1_000)
    world.add(5, "0x" + "5" * 64, HOLDERS[0], HOLDERS[1], 400)
    world.add(30, "0x" + "6" * 64, HOLDERS[0], HOLDERS[1], 300)
    world.add(31, "0x" + "7" * 64, HOLDERS[1], HOLDERS[2], 300)
    labels = (label(HOLDERS[1], valid_from="2023-11-14T22:16:00Z"),)
    collection = Compared(case(SEED, labels=labels), {CHAIN: FakeSource(world)}, Limits())
    got = collection.run()
    assert collection.lost == 1
    assert got == RebuiltEveryRound(collection.case, {CHAIN: FakeSource(world)}).run()


def test_g16_a_token_seen_late_stops_its_contract_from_the_start() -> None:
    world = FakeChain()
    contract = TOKEN.rpartition(":")[2]
    world.add(3, THEFT, VICTIM, HOLDERS[0], 1_000)
    world.add(5, "0x" + "5" * 64, HOLDERS[0], contract, 400)
    world.add(6, "0x" + "6" * 64, HOLDERS[0], HOLDERS[1], 300)
    world.add(7, "0x" + "7" * 64, HOLDERS[1], HOLDERS[2], 5, asset=TOKEN, layer="log", place=(0,), kind="token")
    world.start[HOLDERS[1], TOKEN] = 5
    collection = Compared(case(SEED), {CHAIN: FakeSource(world)}, Limits())
    got = collection.run()
    assert collection.kept > 2
    assert not collection.lost
    assert got == RebuiltEveryRound(collection.case, {CHAIN: FakeSource(world)}).run()


class Indexed(FakeSource):
    """A source whose own work does not grow with the chain, so that what is measured is the loop."""

    def __init__(self, world: FakeChain) -> None:
        super().__init__(world)
        self.by: dict[str, list[Collected]] = {}
        self.of_tx: dict[str, list[Collected]] = {}
        for row in world.rows:
            self.by.setdefault(row.sender, []).append(row)
            self.by.setdefault(row.recipient, []).append(row)
            self.of_tx.setdefault(row.tx, []).append(row)

    def size(self, holder: str) -> int | None:
        return len(self.by.get(holder, ()))

    def transfers(self, holder: str, since: int, until: int) -> History:
        found = [row for row in self.by.get(holder, ()) if since <= row.block <= until]
        return History(tuple(found), coverage=(self._covered(holder, "transfers", since, until, len(found)),))

    def transaction(self, tx: str) -> History:
        found = self.of_tx.get(tx, [])
        return History(tuple(found), coverage=(self._covered(tx, "transaction", 0, 10**9, len(found)),))

    def balance(self, address: str, asset: AssetId, block: int) -> int | None:
        return None


def peel_chain(length: int) -> FakeChain:
    world = FakeChain(height=length + 20)
    world.add(3, THEFT, VICTIM, f"0x{1000:040x}", 10**24)
    for step in range(length - 1):
        payer, payee = f"0x{1000 + step:040x}", f"0x{1001 + step:040x}"
        world.add(4 + step, f"0x{4 + step:064x}", payer, payee, 10**24 - step - 1)
    return world


def test_g16_a_peel_chain_costs_in_proportion_to_its_length() -> None:
    """Each holder of a peel chain is found only once the one before is read: as many rounds as holders."""
    seconds = []
    for length in (150, 1_200):
        collection = Collection(case(SEED), {CHAIN: Indexed(peel_chain(length))}, Limits(addresses=None))
        begun = time.process_time()
        got = collection.run()
        seconds.append(time.process_time() - begun)
        assert len(got.holders) == length
    assert seconds[1] < 8 * 4 * seconds[0]  # in proportion: 8 times; made anew every round: 64 times


@pytest.mark.parametrize(
    "limits",
    [
        Limits(direction="back"),
        Limits(Options(grade="proven")),
        Limits(Options(until=1_700_000_100)),
        Limits(Options(high_degree=3)),
    ],
)
def test_g16_what_only_the_whole_ledger_tells_is_asked_of_it(limits: Limits) -> None:
    with pytest.raises(Unsteady):
        Follow(case(SEED), limits)


def test_g16_balances_that_raise_an_opening_are_walked_from_the_start() -> None:
    world = FakeChain(start={(HOLDERS[0], NATIVE): 900})
    world.add(3, THEFT, VICTIM, HOLDERS[0], 1_000)
    world.add(5, "0x" + "5" * 64, HOLDERS[0], HOLDERS[1], 1_000)
    world.add(6, "0x" + "6" * 64, HOLDERS[0], HOLDERS[2], 900)
    collection = Compared(case(SEED), {CHAIN: FakeSource(world)}, Limits())
    got = collection.run()
    assert not collection.lost
    assert got.holders[CHAIN, HOLDERS[2]] == "whole"
    assert got.balances[Account(CHAIN, HOLDERS[0], NATIVE)].opening == 900
