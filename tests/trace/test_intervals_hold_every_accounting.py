"""Intervals of a trace against every legal accounting, counted out on small ledgers and on cuts of both cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from random_ledgers import World, worlds
from vectors import CHAIN, CONSERVING, HAND_ROWS, HAND_SEED, UNIT, label, transfer, transfers

import tracer
from tracer.model import AssetId, Seed, Transfer
from tracer.registry import LabelIndex
from tracer.trace import CaseData, Options, PreparedCase, TraceResult, prepare, run
from tracer.trace.intervals import ExitKey, Intervals, Range, intervals_of


def prepared(world: World, *, complete: bool = False) -> PreparedCase:
    inputs = CaseData("w", "", tuple(world.rows), world.seeds, LabelIndex(world.labels, ""), complete=complete)
    return prepare(inputs, Options())


def every_accounting(rows: Sequence[Transfer], theft: str, stops: frozenset[str]) -> Iterator[dict[str, int]]:
    """Yield, for every whole-unit choice of what each payment carries, the stolen units of each place at the end.

    Payments one to one in one asset; a holder begins with the least that covers its payments, clean. Stopping holders
    pay clean money. No part of the program is used.
    """
    need: dict[str, int] = {}
    opening: dict[str, int] = {}
    for row in rows:
        need[row.sender] = need.get(row.sender, 0) - row.amount
        opening[row.sender] = max(opening.get(row.sender, 0), -need[row.sender])
        need[row.recipient] = need.get(row.recipient, 0) + row.amount

    def walk(
        place: int, stolen: dict[str, int], balance: dict[str, int], left: dict[str, int]
    ) -> Iterator[dict[str, int]]:
        if place == len(rows):
            yield {who: amount for who, amount in {**stolen, **left}.items() if amount}
            return
        row = rows[place]
        held, all_held = stolen.get(row.sender, 0), balance.get(row.sender, 0)
        if row.tx == theft:
            choices: Sequence[int] = [row.amount]
        elif row.sender in stops:
            choices = [0]
        else:
            choices = range(max(0, row.amount - (all_held - held)), min(row.amount, held) + 1)
        for carried in choices:
            now, money, gone = dict(stolen), dict(balance), dict(left)
            if row.tx != theft:
                now[row.sender] = held - carried
            money[row.sender] = all_held - row.amount
            money[row.recipient] = money.get(row.recipient, 0) + row.amount
            bag = gone if row.recipient in stops else now
            bag[row.recipient] = bag.get(row.recipient, 0) + carried
            yield from walk(place + 1, now, money, gone)

    yield from walk(0, {}, opening, {})


def address_ranges(found: Intervals) -> dict[str, tuple[int, int]]:
    return {place.address: (one.min, one.max) for (place, _), one in found.by_address.items() if one.max}


def brute(rows: Sequence[Transfer], theft: str, stops: frozenset[str] = frozenset()) -> dict[str, tuple[int, int]]:
    ends = list(every_accounting(rows, theft, stops))
    places = {who for end in ends for who in end}
    return {who: (min(e.get(who, 0) for e in ends), max(e.get(who, 0) for e in ends)) for who in places}


def test_the_hand_ledger_in_coarse_units_has_the_intervals_of_every_accounting() -> None:
    coarse = tuple(replace(row, amount=row.amount // 10) for row in HAND_ROWS)
    expected = brute(coarse, "t0")
    assert address_ranges(intervals_of(prepared(World(coarse, (HAND_SEED,), ())))) == expected
    assert expected["X"] == (1, 5)


CUTS = (
    (("V", "H", 4, 1, "t"), ("C", "H", 3, 2), ("H", "A", 3, 3), ("H", "B", 4, 4), ("A", "E", 2, 5), ("B", "E", 1, 6)),
    (("V", "H", 5, 1, "t"), ("H", "E", 2, 2), ("E", "A", 2, 3), ("H", "A", 3, 4), ("A", "B", 4, 5), ("B", "H", 2, 6)),
    (("V", "A", 3, 1, "t"), ("A", "B", 2, 2), ("B", "A", 1, 3), ("C", "A", 2, 4), ("A", "E", 3, 5), ("A", "C", 1, 6)),
)


@pytest.mark.parametrize("cut", CUTS)
def test_small_ledgers_have_the_intervals_of_every_accounting(cut: tuple[tuple[str, str, int, int], ...]) -> None:
    rows = transfers(*cut)
    world = World(rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), (label("E", "exchange", entity="E"),))
    assert address_ranges(intervals_of(prepared(world))) == brute(rows, "t", frozenset("E"))


def test_a_cut_of_ronin_in_coarse_units_has_the_intervals_of_every_accounting() -> None:
    """The theft in ETH, its largest payments and the money that joined it, in thousands of ETH."""
    case = tracer.open_case("ronin-2022").prepare()
    eth = AssetId("eip155:1/slip44:60")
    large = [row for row in case.ledger.rows if row.asset == eth and row.amount >= 3 * 10**21 and row.sender]
    theft = next(row for row in large if row.tx)
    names = {theft.recipient: "S"}
    rows = [replace(theft, row=1, sender="V", recipient="S", amount=12, chain=CHAIN, asset=UNIT, block=None, time=1)]
    for row in (row for row in large if row is not theft):
        if len(rows) == 8:
            break
        for holder in (row.sender, row.recipient):
            names.setdefault(holder, f"h{len(names)}")
        amount = max(1, row.amount // (8 * 10**21))
        place = len(rows) + 1
        rows.append(replace(row, row=place, sender=names[row.sender], recipient=names[row.recipient], amount=amount))
        rows[-1] = replace(rows[-1], chain=CHAIN, asset=UNIT, block=None, position=None, time=place, event="", tx="")
    rows[0] = replace(rows[0], position=None, event="")
    world = World(tuple(rows), (Seed("tx", theft.tx, CHAIN, UNIT, None, "o1"),), ())
    assert address_ranges(intervals_of(prepared(world))) == brute(rows, theft.tx)


def test_a_cut_of_the_training_case_in_coarse_units_has_the_intervals_of_every_accounting() -> None:
    """What passes through the hub and the wallet where both thefts meet, in tens of ETH, up to the exchange."""
    case = tracer.open_case("training")
    trace = case.trace()
    named = {holder.address: holder.label.label for holder in trace.result.holders.values() if holder.label}
    hub = next(address for address, name in named.items() if name == "Training: hub")
    hot = next(address for address, name in named.items() if name == "Training Exchange: hot wallet")
    eth = AssetId("eip155:31337/slip44:60")
    movements = [row for row in trace.result.movements if row.asset == eth and row.amount >= 10**19]
    theft = next(row for row in movements if row.hop == 0)
    meets = {row.recipient for row in movements if row.sender == hub}
    inside = {hub, *meets, hot, theft.recipient}
    chosen = [row for row in movements if row.recipient in inside and row.sender not in named.keys() - inside]
    letters = {address: f"h{place}" for place, address in enumerate(sorted({*inside, *(r.sender for r in chosen)}))}
    rows = [
        Transfer(
            place,
            CHAIN,
            None,
            None,
            place,
            "t" if row is theft else "",
            "",
            letters[row.sender],
            letters[row.recipient],
            UNIT,
            row.amount // 10**19,
        )
        for place, row in enumerate(chosen, 1)
    ]
    assert {row.recipient for row in rows} >= {letters[hub], letters[hot]}
    assert len(rows) >= 8
    world = World(
        tuple(rows), (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), (label(letters[hot], "exchange", entity="E"),)
    )
    expected = brute(rows, "t", frozenset({letters[hot]}))
    assert address_ranges(intervals_of(prepared(world))) == expected
    assert 0 < expected[letters[hot]][0] < expected[letters[hot]][1]


def entity_sums(result: TraceResult) -> dict[tuple[object, ...], int]:
    from tracer.trace.exit_attribution import party_of

    sums: dict[tuple[object, ...], int] = {}
    for leaf in result.exits:
        key = (*party_of(leaf.label, leaf.stop_reason), leaf.asset, leaf.origin)
        sums[key] = sums.get(key, 0) + leaf.tainted
    return sums


@pytest.mark.parametrize("policy", CONSERVING)
@given(world=worlds(largest=10**6))
def test_every_policy_lies_within_the_interval_of_each_entity(policy: str, world: World) -> None:
    case = prepared(world)
    found = intervals_of(case, addresses=False)
    sums = entity_sums(run(case, policy))
    for (party, origin), one in found.by_party.items():
        assert one.min <= sums.pop((*party, origin), 0) <= one.max
    assert not any(sums.values())


@pytest.mark.parametrize("name", ["ronin-2022", "training"])
@pytest.mark.parametrize("policy", CONSERVING)
def test_every_policy_lies_within_the_interval_of_each_address_of_a_shipped_case(policy: str, name: str) -> None:
    case = tracer.open_case(name).prepare()
    found = intervals_of(case)
    for leaf in run(case, policy).exits:
        one = found.at(leaf)
        assert one is not None
        assert one.min <= leaf.tainted <= one.max


def test_an_entity_is_bounded_jointly_and_not_by_the_sum_of_its_addresses() -> None:
    rows = transfers(("V", "H", 100, 1, "t"), ("C", "H", 100, 2), ("H", "X", 100, 3), ("H", "Y", 100, 4))
    labels = tuple(label(one, "exchange", entity="venue") for one in "XY")
    found = intervals_of(prepared(World(rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), labels), complete=True))
    ((party, _),) = found.by_party
    assert party.entity == "venue"
    assert address_ranges(found) == {"X": (0, 100), "Y": (0, 100)}
    (joint,) = found.by_party.values()
    assert (joint.min, joint.max, joint.certainty, joint.depends_on) == (100, 100, "FORCED", 0)


def test_without_closure_a_forced_figure_is_conditional_and_names_the_open_holders() -> None:
    rows = transfers(("V", "A", 100, 1, "t"), ("A", "X", 100, 2))
    world = World(rows, (Seed("tx", "t", CHAIN, UNIT, None, "o1"),), (label("X", "exchange", entity="X"),))
    (open_one,) = intervals_of(prepared(world)).by_party.values()
    assert (open_one.certainty, open_one.depends_on) == ("CONDITIONAL", 1)
    assert [account.holder for account in open_one.open] == ["A"]
    (closed,) = intervals_of(prepared(world, complete=True)).by_party.values()
    assert (closed.certainty, closed.depends_on) == ("FORCED", 0)


def test_an_entity_s_range_comes_with_a_proof_that_checks() -> None:
    from tracer.bounds import check_certificate

    case = prepared(World(HAND_ROWS, (HAND_SEED,), (label("X", "exchange", entity="X"),)))
    found = intervals_of(case)
    (party,) = (one for one, _ in found.by_party if one.entity == "X")
    (origin,) = case.plan.labels.origins
    for direction in ("min", "max"):
        check_certificate(found.certificate(party, origin, direction), case.plan)
    assert "2 entities, 4 places, 1 origins" in repr(found)


@pytest.mark.parametrize("number", range(3))
def test_a_whole_theft_is_no_wider_than_its_legs_together(number: int) -> None:
    """Under any rule what a place has of a theft is the sum of its legs, whatever swaps round."""
    draw, other, seen = Random(number), AssetId("other"), 0
    for _ in range(20):
        rows = [*transfers(("V", "A", draw.randint(1, 30), 1, "t"))]
        rows.append(transfer(2, "V", "A", draw.randint(1, 30), 1, tx="t", asset=other))
        for day in range(2, draw.randint(5, 9)):
            who, to = draw.sample("ABC", 2)
            given, got = draw.sample([UNIT, other], 2)
            rows.append(transfer(10 * day, who, to, draw.randint(1, 12), day, asset=given, event=f"e{day}"))
            if draw.random() < 0.6:
                rows.append(transfer(10 * day + 1, to, who, draw.randint(1, 12), day, asset=got, event=f"e{day}"))
        seed = Seed("tx", "t", CHAIN, None, None, "o1", victim="V")
        found = intervals_of(prepared(World(tuple(rows), (seed,), ())))
        legs: dict[tuple[ExitKey, str], list[Range]] = {}
        for (place, origin), one in found.by_address.items():
            legs.setdefault((place, origin.name), []).append(one)
        for key, theft in found.by_theft.items():
            seen += len(legs[key]) > 1
            assert sum(one.min for one in legs[key]) <= theft.min <= theft.max <= sum(one.max for one in legs[key])
    assert seen
