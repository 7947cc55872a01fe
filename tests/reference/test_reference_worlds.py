"""The program on random worlds, to the last file, against the reference that shares nothing with it.

In the gate a seeded sample; with `-m prove` five thousand worlds. A disagreement prints
the smallest world that shows it.
"""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from itertools import count
from pathlib import Path

import pytest
from judge import Verdict, history_of, judge
from program import FailedRunError, compare, trace
from ref_bounds import count_everything, least_need, networks, orders
from ref_events import openings
from ref_rules import POLICIES
from shrink import kind_of, show, shrink
from worlds import CROWDED, AccountWorld, World, make

PROVE = 5_000
PROVING = bool(os.environ.get("TRACER_PROVE"))
BATCH = 200


def world_set(seed: int, first: int, last: int, bitcoin: bool) -> list[World]:
    """Make the worlds of a batch, of accounts or of outpoints."""
    return [world for i in range(first, last) if ((world := make(seed, i)).style == "bitcoin") == bitcoin]


def faults(worlds: list[World], folder: Path, policy: str, complete: bool) -> list[str]:
    """Trace worlds in one run and return every disagreement; a run that fails is one."""
    try:
        return judge(worlds, trace(worlds, folder, policy, complete=complete))
    except FailedRunError as failure:
        if len(worlds) == 1:
            return [f"{worlds[0].name} ({worlds[0].style}, {policy}): run: {failure}"]
        # Which world it was: each half on its own.
        half = len(worlds) // 2
        found = faults(worlds[:half], folder, policy, complete) + faults(worlds[half:], folder, policy, complete)
        return found or [f"run of {len(worlds)} worlds: {failure}"]


def report(worlds: list[World], found: list[str], folder: Path, policy: str, complete: bool) -> str:
    """Say how many disagreements of which kind there are, and show the smallest world of the first."""
    kinds = Counter(kind_of(message) for message in found)
    lines = [f"{len(found)} disagreements: {kinds.most_common(12)}", *found[:5]]
    named = {world.name: world for world in worlds}
    world = named.get(found[0].split(" ", 1)[0])
    if world is not None:
        numbers = count()

        def still(candidate: World) -> bool:
            try:
                messages = faults([candidate], folder / f"s{next(numbers)}", policy, complete)
            except Exception:  # a world the reference itself cannot read shows nothing
                return False
            return kind_of(found[0]) in [kind_of(message) for message in messages]

        if still(world):
            small = shrink(world, still, runs=400 if PROVING else 12)
            lines += faults([small], folder / "small", policy, complete)[:3]
            options = f"--policy {policy} --bounds{' --complete' * complete} --no-registry"
            lines.append(show(small, folder / "shown", options))
    return "\n".join(lines)


def check(worlds: list[World], folder: Path, policy: str, complete: bool) -> None:
    """Fail with the smallest world where program and reference disagree."""
    found = faults(worlds, folder, policy, complete)
    assert not found, report(worlds, found, folder, policy, complete)


def check_compare(worlds: list[World], folder: Path) -> None:
    """Hold the six columns of compare.csv against six runs of the reference."""
    rows = compare(worlds, folder)
    found = []
    for world in worlds:
        for policy in POLICIES:
            verdict = Verdict(world, FakeRun(policy))
            verdict.comparison(rows)
            found += verdict.found
    assert not found, "\n".join(found[:10])


class FakeRun:
    """Stands for a run of which only the rule is asked."""

    def __init__(self, policy: str) -> None:
        self.policy, self.complete, self.bounds = policy, True, False


@pytest.mark.parametrize(
    ("bitcoin", "policy", "complete"),
    [
        (False, "fifo", True), (False, "haircut", False), (True, "tiho", True), (True, "clean_first", False),
    ],
)  # fmt: skip
def test_a_sample_of_worlds_to_the_last_file(tmp_path, bitcoin, policy, complete):
    check(world_set(11, 0, 80, bitcoin), tmp_path, policy, complete)


@pytest.mark.parametrize("bitcoin", [False, True])
def test_a_sample_of_worlds_under_six_rules(tmp_path, bitcoin):
    check_compare(world_set(11, 0, 80, bitcoin), tmp_path)


@pytest.mark.prove
def test_one_world_alone_says_what_it_says_among_others(tmp_path):
    world = make(11, 3, style="position")
    check([world], tmp_path, "dirty_first", True)


@pytest.mark.parametrize(
    ("number", "policy"),
    [
        (5, "fifo"),
        (215, "lifo"),
        (641, "tiho"),
        (869, "fifo"),
        (887, "fifo"),
        (1747, "haircut"),
        (2283, "fifo"),
        (2290, "dirty_first"),
        (2311, "fifo"),
        (3020, "fifo"),
        (4018, "haircut"),
    ],
)
def test_worlds_that_disagreed_once(tmp_path, number, policy):
    check([make(2026, number)], tmp_path, policy, complete=number not in (5, 215, 1747, 3020, 4018))


@pytest.mark.prove
@pytest.mark.parametrize("first", [*range(0, PROVE, BATCH), *range(CROWDED, CROWDED + PROVE // 5, BATCH)])
def test_five_thousand_worlds_to_the_last_file(tmp_path, first):
    for bitcoin in (False, True):
        worlds = world_set(2026, first, first + BATCH, bitcoin)
        # To the last file the rules take turns; all six are compared on every world.
        turn = first // BATCH
        check(worlds, tmp_path, POLICIES[turn % len(POLICIES)], complete=turn % 2 == turn // len(POLICIES) % 2)
        check_compare(worlds, tmp_path)


# Ties


def tie_worlds(seed: int, number: int) -> list[World]:
    """Make tiny worlds of one theft and payments, most of them inside one block and without a position."""
    worlds = []
    for i in range(number):
        builder = AccountWorld(random.Random(f"tie/{seed}/{i}"), f"w{i}", i, "ties", "tiny")
        victim, thief = builder.people[:2]
        builder.step(alone=True)
        builder.row(victim, thief, builder.rng.randint(2, 4), tx=f"w{i}t0")
        builder.seed("tx", f"w{i}t0", builder.x, None)
        for _ in range(builder.rng.randint(3, 6)):
            builder.pay()
        rows = [row for row in builder.rows if row["recipient"] != victim and row["amount"]]
        who = builder.rng.choice(builder.people[2:])
        labels = [{"address": who, "category": "exchange", "entity": f"w{i}E0", "from": None, "until": None}]
        worlds.append(World(f"w{i}", "ties", rows, builder.seeds, labels))
    return worlds


def check_ties(worlds: list[World], folder: Path) -> None:
    """The interval holds what any rule in whole units says in any order, and no more where order says nothing."""
    output = trace(worlds, folder, "fifo", complete=False)
    rows = output.table("exits.csv")
    for world in worlds:
        history = history_of(world)
        every = orders(history, 5000)
        assert every is not None
        counted: dict = {}
        for events in every:
            for (address, reason, asset), (low, high) in count_everything(
                history, world.labels, set(history.origins), events
            ).items():
                counted.setdefault((address, reason == "held", asset), []).append((low, high))
        for (address, held, asset), found in counted.items():
            # A place that an order cannot reach at all got nothing there.
            low = min(f[0] for f in found) if len(found) == len(every) else 0
            high = max(f[1] for f in found)
            row = [
                r for r in rows
                if r["address"] == address and r["asset"] == asset
                and (r["stop_reason"] in ("at_rest", "incomplete")) == held
            ]  # fmt: skip
            got = (int(row[0]["min"]), int(row[0]["max"])) if row else (0, 0)
            assert got[0] <= low, (world, address, got, (low, high))
            assert got[1] >= high, (world, address, got, (low, high))
            if not both_sides(history):
                assert got == (low, high), (world, address)


def both_sides(history) -> bool:
    """Say whether a holder of a tie is both paid and pays in it."""
    sides: dict = defaultdict(lambda: (set(), set()))
    for event in history.events:
        for part in event.parts:
            sides[event.tie][0].update(account for account, _ in part.debits)
            sides[event.tie][1].update(account for account, _ in part.credits)
    return any(paying & paid for paying, paid in sides.values())


def test_ties_contain_every_order_of_every_rule(tmp_path):
    check_ties(tie_worlds(1, 40), tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(2, 12))
def test_ties_contain_every_order_of_every_rule_at_length(tmp_path, seed):
    check_ties(tie_worlds(seed, 100), tmp_path)


@pytest.mark.parametrize("vouched", [False, True])
def test_the_tie_of_the_methods(tmp_path, vouched):
    """method ev-ties: [0, 100] where nothing is known of the holder between, 100 where its history is vouched for."""
    worlds = []
    for i, swapped in enumerate((False, True)):
        names = AccountWorld(random.Random(i), f"w{i}", i, "ties", "tiny")
        victim, two, three, exchange = names.people[:4]
        names.row(victim, two, 100, tx=f"w{i}t0")
        names.block += 1
        names.row(two, three, 100)
        names.row(three, exchange, 100)
        names.seed("tx", f"w{i}t0", names.x, None)
        rows = names.rows if not swapped else [names.rows[0], names.rows[2], names.rows[1]]
        labels = [{"address": exchange, "category": "exchange", "entity": f"w{i}E0", "from": None, "until": None}]
        worlds.append(World(f"w{i}", "ties", rows, names.seeds, labels))
    output = trace(worlds, tmp_path, "fifo", complete=vouched)
    for world in worlds:
        row = next(row for row in output.table("exits.csv") if row["address"] == world.labels[0]["address"])
        assert (row["min"], row["max"]) == (("100", "100") if vouched else ("0", "100")), world.name


# The reference against itself


def test_flow_and_count_agree_on_tiny_worlds():
    """Two ways to the interval that share only the definition: a maximum flow, and a count of every whole-unit rule."""
    seen = 0
    for i in range(300):
        world = make(31, i, style="position", size="tiny")
        history = history_of(world)
        if world.conversions or not history.origins:
            continue
        need = openings(history.events)
        assert least_need([history.events]) == need
        if sum(need.values()) > 24:
            continue
        group = {history.origins[0]}
        found = count_everything(history, world.labels, group, history.events)
        for net in networks(history, world.labels, group, True) or []:
            merged: dict = defaultdict(set)
            for place in net.sinks:
                reason = "held" if place[1] in ("at_rest", "incomplete") else place[1]
                merged[place[0], reason, place[2]].add(place)
            for (address, reason, asset), places in merged.items():
                assert net.interval(places) == found.get((address, reason, asset), (0, 0)), (world, address, reason)
                seen += 1
    assert seen > 60
