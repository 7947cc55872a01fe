"""What must change nothing, or only what it says: random worlds against one plain run of the same worlds."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from judge import history_of
from program import Output, trace, tracer
from ref_bounds import networks
from ref_events import account_history, openings, parts_of_dealing, plain_parts
from ref_trace import run
from worlds import LEG, AccountWorld, World, make, stamp, table, write

FILES = ("exits.csv", "cashouts.csv", "movements.csv", "flagged.csv", "kept_off.csv", "leads.csv")


def quiet_worlds(number: int, first: int = 0) -> list[World]:
    """Make worlds with positions whose labels have no time."""
    worlds = [make(23, i, style="position") for i in range(first, first + number)]
    return [replace(w, labels=[{**mark, "from": None, "until": None} for mark in w.labels]) for w in worlds]


WORLDS = quiet_worlds(20)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Output:
    """The run that all others are held against."""
    return trace(WORLDS, tmp_path_factory.mktemp("plain"), "fifo")


def figures(output: Output, drop: tuple[str, ...] = (), names: set[str] | None = None) -> list[tuple]:
    """Return the rows of exits.csv without some columns, sorted; of some worlds only where they are named."""
    rows = [row for row in output.table("exits.csv") if names is None or row["asset"][:-1] in names]
    return sorted(tuple((k, v) for k, v in row.items() if k not in drop) for row in rows)


def again(plain: Output, folder, *arguments: str) -> Output:
    """Run with other arguments and read the result as the plain one is read."""
    done = tracer("trace", *arguments, "--bounds", "--complete", "--no-registry", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return replace(plain, folder=folder)


def test_where_and_how_it_is_run_changes_no_byte(plain, tmp_path):
    options = write(WORLDS, plain.folder.parent / "in")
    surroundings = {"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C"}
    done = tracer(
        "trace", *options, "--bounds", "--complete", "--no-registry", "--out", "out", cwd=tmp_path, **surroundings
    )
    assert done.returncode == 0, done.stderr
    for path in sorted(plain.folder.iterdir()):
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes(), path.name


def test_names_of_addresses_change_only_names(plain, tmp_path):
    names = sorted({h for w in WORLDS for r in w.rows for h in (r["sender"], r["recipient"]) if h})
    other = {name: "0x" + format(int(name, 16) ^ (0xA5 << 150), "040x") for name in names}

    def renamed(item: dict) -> dict:
        return {
            k: ";".join(other.get(p, p) for p in v.split(";")) if isinstance(v, str) else v for k, v in item.items()
        }

    moved = [
        replace(w, rows=[renamed(r) for r in w.rows], seeds=[renamed(s) for s in w.seeds],
                labels=[renamed(m) for m in w.labels])
        for w in WORLDS
    ]  # fmt: skip
    second = trace(moved, tmp_path, "fifo").table("exits.csv")
    expected = [tuple(renamed(row).items()) for row in plain.table("exits.csv")]
    assert sorted(expected) == sorted(tuple(row.items()) for row in second)


def test_the_order_of_rows_with_positions_changes_nothing(plain, tmp_path):
    shuffled = []
    for world in WORLDS:
        places: dict = {}
        for row in world.rows:
            # Rows of one event keep their order among each other: in a ledger without positions that is their order.
            places.setdefault(row["event"] or row["tx"], []).append(row)
        groups = list(places.values())
        random.Random(world.name).shuffle(groups)
        shuffled.append(replace(world, rows=[row for group in groups for row in group]))
    second = trace(shuffled, tmp_path, "fifo")
    for name in FILES:
        assert (second.folder / name).read_bytes() == (plain.folder / name).read_bytes(), name


def test_amounts_scale(plain, tmp_path):
    worlds = [w for w in WORLDS if not w.conversions and max(r["amount"] for r in w.rows) < 2**250]

    def larger(item: dict) -> dict:
        return {**item, "amount": item["amount"] and item["amount"] * 7}

    scaled = [replace(w, rows=[larger(r) for r in w.rows], seeds=[larger(s) for s in w.seeds]) for w in worlds]
    units = ("tainted", "min", "max", "origin_amount", "theft_min", "theft_max")
    first = figures(plain, names={w.name for w in worlds})
    times = [tuple((k, str(7 * int(v)) if k in units and v else v) for k, v in row) for row in first]
    assert sorted(times) == figures(trace(scaled, tmp_path, "fifo"))


def test_an_unrelated_part_changes_nothing(plain, tmp_path):
    both = trace(WORLDS + quiet_worlds(10, first=1000), tmp_path, "fifo")
    assert figures(both, names={world.name for world in WORLDS}) == figures(plain)


def as_ledger(world: World) -> list[dict]:
    """Write transfers as a ledger of debits and credits: it has no positions, so that each event has its own block.

    Payments to oneself in two assets that share an event are how transfers write a conversion whose counterparty they
    do not have: the first asset is given, the second received. A ledger says it with one debit and one credit.
    """
    legs: list[dict] = []
    blocks: dict[str, int] = {}
    order = sorted(range(len(world.rows)), key=lambda i: (world.rows[i]["block"], world.rows[i]["position"] or 0, i))
    thefts = {seed["value"] for seed in world.seeds if seed["kind"] == "tx"}
    given: dict[str, str] = {}
    for i in order:
        row = world.rows[i]
        event = row["tx"] if row["tx"] in thefts else row["event"] or f"{world.name}row{i}"
        asset = given.setdefault(event, row["asset"])
        sides = [("debit", row["sender"]), ("credit", row["recipient"])]
        if row["event"] and all(r["sender"] == r["recipient"] for r in world.rows if r["event"] == row["event"]):
            sides = sides[:1] if row["asset"] == asset else sides[1:]
        for side, holder in sides[1:] if row["kind"] == "mint" else sides:
            block = blocks.setdefault(event, row["block"] * 1000 + len(blocks))
            kind = row["kind"] if side == "credit" else ""
            more = {"event": event, "side": side, "holder": holder, "address": "", "kind": kind, "block": block}
            same = [
                leg
                for leg in legs
                if all(
                    leg[k] == v
                    for k, v in {**row, **more}.items()
                    if k not in ("amount", "position", "sender", "recipient")
                )
            ]
            if same:  # two equal legs of one event would be taken for one leg given twice
                same[0]["amount"] += row["amount"]
            else:
                legs.append({**row, **more})
    return legs


def as_parquet(plain: Output, path) -> None:
    """Write the plain run's transfers as Parquet, every cell text."""
    source = plain.folder.parent / "in" / "transfers.csv"
    texts = dict.fromkeys(source.read_text().split("\n")[0].split(","), pa.string())
    pq.write_table(pa_csv.read_csv(source, convert_options=pa_csv.ConvertOptions(column_types=texts)), path)


def test_parquet_says_what_csv_says(plain, tmp_path):
    options = write(WORLDS, tmp_path / "in")
    as_parquet(plain, tmp_path / "in" / "transfers.parquet")
    second = again(plain, tmp_path / "out", "--transfers", str(tmp_path / "in" / "transfers.parquet"), *options[2:])
    for name in FILES:
        assert (second.folder / name).read_bytes() == (plain.folder / name).read_bytes(), name


def legs_say_all(world: World) -> bool:
    """Return whether nothing of a world hangs on who paid whom in an event: legs do not say that."""
    named = {label["address"] for label in world.labels} | account_history(world.rows, world.seeds).victims
    thefts = {seed["value"] for seed in world.seeds}
    events: dict[str, list[dict]] = {}
    for row in world.rows:
        if row["event"] and row["tx"] not in thefts:
            events.setdefault(row["event"], []).append(row)
    for rows in events.values():
        payers, payees = ({row[side] for row in rows} for side in ("sender", "recipient"))
        if named & (payers | payees) or len(plain_parts(rows)) > len(parts_of_dealing(rows)):
            return False
    return True


def test_a_ledger_says_what_transfers_say(plain, tmp_path):
    worlds = [w for w in WORLDS if all(r["amount"] for r in w.rows) and legs_say_all(w)]
    assert len(worlds) > len(WORLDS) // 3
    options = write(worlds, tmp_path / "in")
    table(tmp_path / "ledger.csv", LEG, [
        {**leg, "chain": w.chain, "time": stamp(leg["time"])} for w in worlds for leg in as_ledger(w)
    ])  # fmt: skip
    second = again(plain, tmp_path / "out", "--ledger", str(tmp_path / "ledger.csv"), *options[2:])
    # Of how many rows a receipt is made is the one thing that legs need not say.
    assert figures(second, ("n_transfers",)) == figures(plain, ("n_transfers",), {w.name for w in worlds})


def test_until_is_the_table_cut_there(plain, tmp_path):
    whole = WORLDS[:20]
    middle = whole[10]
    until = sorted(row["time"] for row in middle.rows)[len(middle.rows) // 2]
    cut = [replace(w, rows=[row for row in w.rows if row["time"] <= until]) for w in whole]
    kept = [(w, c) for w, c in zip(whole, cut, strict=True) if c.rows and all(theft_is_there(s, c) for s in w.seeds)]
    first = again(plain, tmp_path / "out", *write([w for w, _ in kept], tmp_path / "in"), "--until", stamp(until))
    second = trace([c for _, c in kept], tmp_path / "cut", "fifo")
    assert figures(first, ("stop_reason",)) == figures(second, ("stop_reason",))


GRADES = ("proven", "recorded", "identified", "inferred", "asserted")


def graded(number: int) -> list[World]:
    """Make worlds some of whose rows are weaker than recorded."""
    worlds = []
    for world in WORLDS[:number]:
        rng = random.Random(f"grade/{world.name}")
        thefts = {seed["value"] for seed in world.seeds}
        rows = [
            {**r, "grade": "recorded" if r["tx"] in thefts or r["event"] else rng.choice(["recorded", *GRADES[1:]])}
            for r in world.rows
        ]
        worlds.append(replace(world, rows=rows))
    return worlds


def test_weaker_rows_left_out_are_a_table_without_them(tmp_path):
    worlds = graded(20)
    fewer = [replace(w, rows=[r for r in w.rows if GRADES.index(r["grade"]) < 2]) for w in worlds]
    kept = [
        (w, f) for w, f in zip(worlds, fewer, strict=True)
        if f.rows and all(theft_is_there(s, f) for s in f.seeds)
    ]  # fmt: skip
    options = write([w for w, _ in kept], tmp_path / "all")
    plain = trace([f for _, f in kept], tmp_path / "fewer", "fifo")
    first = again(plain, tmp_path / "out", *options, "--grade", "recorded")
    classes = ("certainty", "theft_certainty", "depends_on", "basis")
    assert figures(first, classes) == figures(plain, classes)
    # B4: what was left out voids the word given for the accounts it touches, and for all that rests on them.
    rows = first.table("exits.csv")
    for world, cut in kept:
        history = history_of(cut)
        gone = [r for r in world.rows if GRADES.index(r["grade"]) >= 2]
        touched = {(h, r["asset"]) for r in gone for h in (r["sender"], r["recipient"]) if r["amount"]}
        for net in networks(history, cut.labels, set(history.origins), True) or []:
            for place in net.sinks:
                if net.between({place}) & touched:
                    certain = [
                        r for r in rows
                        if (r["address"], r["stop_reason"], r["asset"]) == place
                        and r["certainty"] in ("FORCED", "PARTIAL")
                        and net.between({place}) & touched & alone(history, cut, r, place)
                    ]  # fmt: skip
                    assert not certain, (world.name, place, certain)


def alone(history, world: World, row: dict, place: tuple) -> set:
    """Return the accounts between one origin and one place."""
    found: set = set()
    for net in networks(history, world.labels, {(row["origin"], row["origin_asset"])}, True) or []:
        found |= net.between({place})
    return found


def path_world(number: int, grades: tuple[str, ...], printed: int | None = None) -> World:
    """Make one path of payments, each with its grade, one of them perhaps rounded by its source."""
    builder = AccountWorld(random.Random(f"path/{number}"), f"w{number}", number, "position", "wei")
    people = builder.people[:4]
    for k, (payer, payee) in enumerate(pairwise(people)):
        builder.step(alone=True)
        builder.row(payer, payee, 10**18 - k * 10**17, tx=f"w{number}-{k}")
        builder.rows[-1]["grade"] = grades[k]
        builder.rows[-1]["precision"] = "printed" if printed == k else ""
    builder.seed("tx", f"w{number}-0", builder.x, None)
    return World(f"w{number}", "position", builder.rows, builder.seeds)


def test_grades_and_rounding_along_a_path(tmp_path):
    """What lies behind a weak row is no better than it; a rounded row marks what it brought and nothing else."""
    worlds = [path_world(i, ("recorded", GRADES[1 + i % 4], GRADES[1 + i // 4])) for i in range(16)]
    worlds += [path_world(16, ("recorded",) * 3, printed=1), path_world(17, ("recorded",) * 3, printed=2)]
    rows = trace(worlds, tmp_path, "haircut").table("exits.csv")
    for world in worlds:
        weakest, exact = "recorded", "exact"
        for row in world.rows:
            weakest = max(weakest, row["grade"], key=GRADES.index)
            found = [r for r in rows if r["address"] == row["recipient"] and int(r["tainted"])]
            assert [r["grade"] for r in found] == [weakest]
            if not any(r["precision"] for r in world.rows):
                assert [r["precision"] for r in found] == [exact]
    last = [next(r["precision"] for r in rows if r["address"] == w.rows[2]["recipient"]) for w in worlds[16:]]
    first = next(r["precision"] for r in rows if r["address"] == worlds[17].rows[0]["recipient"])
    assert last == ["approximate", "approximate"]
    assert first == "exact"


def theft_is_there(seed: dict, world: World) -> bool:
    """Say whether a seed still means something in a table that was cut."""
    if seed["kind"] == "tx":
        return any(row["tx"] == seed["value"] for row in world.rows)
    return any(seed["value"] in (row["sender"], row["recipient"]) for row in world.rows)


# Backward


@pytest.mark.parametrize("policy", ["fifo", pytest.param("lifo", marks=pytest.mark.prove)])
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
    with (out / "sources.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
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
