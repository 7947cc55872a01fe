"""The program on random worlds, to the last file, against the reference that shares nothing with it.

In the gate a seeded sample; with `-m prove` five thousand worlds. A disagreement prints
the smallest world that shows it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from judge import Verdict, history_of, judge
from program import FailedRunError, compare, trace, tracer
from ref_bounds import count_everything, least_need, networks, orders
from ref_events import account_history, openings
from ref_rules import POLICIES
from ref_trace import run
from shrink import kind_of, show, shrink
from worlds import AccountWorld, World, make, write

PROVE = 5_000
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
            small = shrink(world, still)
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
        (False, "fifo", True), (False, "haircut", False), (False, "lifo", True), (True, "tiho", True),
        (True, "clean_first", False),
    ],
)  # fmt: skip
def test_a_sample_of_worlds_to_the_last_file(tmp_path, bitcoin, policy, complete):
    check(world_set(11, 0, 80, bitcoin), tmp_path, policy, complete)


@pytest.mark.parametrize("bitcoin", [False, True])
def test_a_sample_of_worlds_under_six_rules(tmp_path, bitcoin):
    check_compare(world_set(11, 0, 80, bitcoin), tmp_path)


def test_one_world_alone_says_what_it_says_among_others(tmp_path):
    world = make(11, 3, style="position")
    check([world], tmp_path, "dirty_first", True)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(0, PROVE, BATCH))
def test_five_thousand_worlds_to_the_last_file(tmp_path, first):
    for bitcoin in (False, True):
        worlds = world_set(2026, first, first + BATCH, bitcoin)
        for policy in POLICIES:
            check(worlds, tmp_path, policy, complete=(first // BATCH) % 2 == 0)
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


@pytest.mark.parametrize(("swapped", "vouched"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_tie_of_the_methods(tmp_path, swapped, vouched):
    """METHODS 19.2: [0, 100] where nothing is known of the holder between, 100 where its history is vouched for."""
    names = AccountWorld(random.Random(1), "w0", 0, "ties", "tiny")
    victim, two, three, exchange = names.people[:4]
    names.block = 1
    names.row(victim, two, 100, tx="w0t0")
    names.block = 2
    names.row(two, three, 100)
    names.row(three, exchange, 100)
    names.seed("tx", "w0t0", "w0X", None)
    rows = names.rows if not swapped else [names.rows[0], names.rows[2], names.rows[1]]
    labels = [{"address": exchange, "category": "exchange", "entity": "w0E0", "from": None, "until": None}]
    output = trace([World("w0", "ties", rows, names.seeds, labels)], tmp_path, "fifo", complete=vouched)
    row = next(row for row in output.table("exits.csv") if row["address"] == exchange)
    assert (row["min"], row["max"]) == (("100", "100") if vouched else ("0", "100"))


# What must change nothing


def quiet_worlds(number: int, style: str = "position") -> list[World]:
    """Make worlds whose labels have no time, of one style."""
    worlds = [make(23, i, style=style) for i in range(number)]
    return [replace(w, labels=[{**mark, "from": None, "until": None} for mark in w.labels]) for w in worlds]


def figures(output, drop: tuple[str, ...] = ()) -> list[tuple]:
    """Return the rows of exits.csv without some columns, sorted."""
    return sorted(tuple((k, v) for k, v in row.items() if k not in drop) for row in output.table("exits.csv"))


def test_where_and_how_it_is_run_changes_no_byte(tmp_path):
    worlds = quiet_worlds(25)
    options = write(worlds, tmp_path / "in")
    made = []
    for name, more in (
        ("a", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}),
        ("b", {"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"}),
    ):
        (tmp_path / name).mkdir()
        done = tracer("trace", *options, "--bounds", "--out", "out", "--no-registry", cwd=tmp_path / name, **more)
        assert done.returncode == 0, done.stderr
        made.append({path.name: path.read_bytes() for path in sorted((tmp_path / name / "out").iterdir())})
    assert made[0] == made[1]


def test_names_of_addresses_change_only_names(tmp_path):
    worlds = quiet_worlds(25)
    names = sorted({h for w in worlds for r in w.rows for h in (r["sender"], r["recipient"]) if h})
    other = {name: "0x" + format(int(name, 16) ^ (0xA5 << 150), "040x") for name in names}

    def renamed(item: dict) -> dict:
        return {
            k: ";".join(other.get(p, p) for p in v.split(";")) if isinstance(v, str) else v for k, v in item.items()
        }

    moved = [
        replace(w, rows=[renamed(r) for r in w.rows], seeds=[renamed(s) for s in w.seeds],
                labels=[renamed(m) for m in w.labels])
        for w in worlds
    ]  # fmt: skip
    first = trace(worlds, tmp_path / "a", "haircut").table("exits.csv")
    second = trace(moved, tmp_path / "b", "haircut").table("exits.csv")
    assert sorted(tuple(renamed(row).items()) for row in first) == sorted(tuple(row.items()) for row in second)


def test_the_order_of_rows_with_positions_changes_nothing(tmp_path):
    # In an event of several rows the rows' order is their order in the event, so only its place among others moves.
    worlds = [w for w in quiet_worlds(60) if not any(r["event"] for r in w.rows)]
    shuffled = []
    for world in worlds:
        rows = list(world.rows)
        random.Random(world.name).shuffle(rows)
        shuffled.append(replace(world, rows=rows))
    first, second = (trace(ws, tmp_path / n, "lifo") for n, ws in (("a", worlds), ("b", shuffled)))
    for name in ("exits.csv", "cashouts.csv", "movements.csv", "flagged.csv", "kept_off.csv"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


@pytest.mark.parametrize("policy", ["lifo", "tiho"])
def test_amounts_scale(tmp_path, policy):
    worlds = [w for w in quiet_worlds(60) if len({r["asset"] for r in w.rows}) == 1]
    worlds = [w for w in worlds if max(r["amount"] for r in w.rows) < 2**250]

    def larger(item: dict) -> dict:
        return {**item, "amount": item["amount"] and item["amount"] * 7}

    scaled = [replace(w, rows=[larger(r) for r in w.rows], seeds=[larger(s) for s in w.seeds]) for w in worlds]
    units = ("tainted", "min", "max", "origin_amount", "theft_min", "theft_max")
    first = trace(worlds, tmp_path / "a", policy).table("exits.csv")
    second = trace(scaled, tmp_path / "b", policy).table("exits.csv")
    times = [{k: str(7 * int(v)) if k in units and v else v for k, v in row.items()} for row in first]
    assert times == second


def test_an_unrelated_part_changes_nothing(tmp_path):
    worlds = quiet_worlds(40)
    mine, other = worlds[:20], worlds[20:]
    names = {world.name for world in mine}
    first = figures(trace(mine, tmp_path / "a", "clean_first"))
    both = trace(worlds, tmp_path / "b", "clean_first")
    second = [row for row in figures(both) if dict(row)["asset"][:-1] in names]
    assert other
    assert first == second


def as_ledger(world: World) -> list[dict]:
    """Write transfers as a ledger of debits and credits, rows in total order."""
    legs = []
    order = sorted(range(len(world.rows)), key=lambda i: (world.rows[i]["block"], world.rows[i]["position"] or 0, i))
    thefts = {seed["value"] for seed in world.seeds if seed["kind"] == "tx"}
    for i in order:
        row = world.rows[i]
        event = row["tx"] if row["tx"] in thefts else row["event"] or f"{world.name}row{i}"
        for side, holder in (("debit", row["sender"]), ("credit", row["recipient"])):
            legs.append({**row, "event": event, "side": side, "holder": holder, "address": "", "kind": ""})
    return legs


def test_transfers_ledger_and_parquet_say_the_same(tmp_path):
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq
    from worlds import LEG, stamp, table

    worlds = [w for w in quiet_worlds(60) if not any(r["kind"] or not r["amount"] for r in w.rows)]
    first = trace(worlds, tmp_path / "a", "fifo")
    folder = tmp_path / "a" / "in"
    read = pa_csv.read_csv(folder / "transfers.csv", convert_options=pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in (folder / "transfers.csv").read_text().split("\n")[0].split(",")}
    ))  # fmt: skip
    read = read.rename_columns([n if n != "amount" else "amount_text" for n in read.column_names])
    pq.write_table(read, folder / "transfers.parquet")
    table(folder / "ledger.csv", LEG, [
        {**leg, "chain": w.chain, "time": stamp(leg["time"])} for w in worlds for leg in as_ledger(w)
    ])  # fmt: skip
    common = ["--seeds", str(folder / "seeds.csv"), "--labels", str(folder / "labels.csv"), "--bounds", "--complete"]
    for name, option in (("transfers.parquet", "--transfers"), ("ledger.csv", "--ledger")):
        out = tmp_path / f"out-{name}"
        done = tracer("trace", option, str(folder / name), *common, "--out", str(out), "--no-registry")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        again = replace(first, folder=out)
        # How many rows a receipt has is the one thing a ledger of legs need not say.
        drop = ("n_transfers", "basis", "certainty", "theft_certainty", "depends_on")
        assert figures(again, drop) == figures(first, drop), name


def test_until_is_the_table_cut_there(tmp_path):
    worlds, ends = [], []
    for world in quiet_worlds(40):
        times = sorted({row["time"] for row in world.rows})
        worlds.append(world)
        ends.append(times[len(times) // 2])
    # One instant for all: the middle of the middle world. What begins later is cut off whole.
    until = ends[len(ends) // 2]
    early = [w for w in worlds if min(r["time"] for r in w.rows) <= until]
    cut = [replace(w, rows=[r for r in w.rows if r["time"] <= until]) for w in early]
    kept = [(w, c) for w, c in zip(early, cut, strict=True) if all(theft_is_there(s, c) for s in w.seeds)]
    options = write([w for w, _ in kept], tmp_path / "whole")
    from worlds import stamp

    out = tmp_path / "out"
    more = ("--bounds", "--complete", "--no-registry", "--until", stamp(until), "--out", str(out))
    done = tracer("trace", *options, *more)
    assert done.returncode == 0, done.stderr
    second = trace([c for _, c in kept], tmp_path / "cut", "fifo")
    first = replace(second, folder=out)
    assert figures(first, ("stop_reason",)) == figures(second, ("stop_reason",))


def theft_is_there(seed: dict, world: World) -> bool:
    """Say whether a seed still means something in a table that was cut."""
    if seed["kind"] == "tx":
        return any(row["tx"] == seed["value"] for row in world.rows)
    return any(seed["value"] in (row["sender"], row["recipient"]) for row in world.rows)


# Backward


@pytest.mark.parametrize("policy", ["fifo", "lifo"])
def test_where_it_came_from_is_where_every_opening_went(tmp_path, policy):
    """Backward by duality: every opening balance an origin of its own, run forward, read off at the end."""
    worlds = []
    for i in range(20):
        builder = AccountWorld(random.Random(f"back/{i}"), f"w{i}", i, "position", "wei")
        for _ in range(10):
            builder.pay()
        rows = [row for row in builder.rows if row["amount"] and row["sender"] != row["recipient"]]
        builder.seed("holder", rows[-1]["recipient"], builder.x, None)
        worlds.append(World(f"w{i}", "position", rows, builder.seeds))
    options = write(worlds, tmp_path / "in")
    out = tmp_path / "out"
    done = tracer("trace", *options, "--policy", policy, "--direction", "back", "--complete", "--out", str(out))
    assert done.returncode == 0, done.stderr
    import csv

    rows = list(csv.DictReader((out / "sources.csv").open(newline="")))
    for world in worlds:
        target = world.seeds[0]["value"]
        history = account_history(world.rows, [])
        for account, amount in openings(history.events).items():
            origin = (account[0], account[1])
            history.origins.append(origin)
            if account[0] != target:
                history.holder_seeds[account] = (origin, amount)
        at = {"address": target, "category": "exchange", "entity": "t", "from": None, "until": None}
        expected: dict = defaultdict(int)
        for (address, _, asset, (name, _)), (units, _) in run(history, policy, [at]).exits.items():
            if address == target and units:
                expected[name, asset] += units
        got: dict = defaultdict(int)
        for row in rows:
            if row["asset"] == f"{world.name}X":
                got[row["origin"].rsplit(":", 1)[-1], row["asset"]] += int(row["tainted"])
        got.pop((target, f"{world.name}X"), None)
        assert got == expected, world


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
