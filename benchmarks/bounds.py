"""Times the exact bounds beside networkx and SciPy on random ledgers, and prints a Markdown table.

``python benchmarks/bounds.py [--rows N…] [--times N]``. The ledgers have heavy-tailed degrees and
log-normal amounts around 10^18 units; five holders start with 10^24 stolen units each; 1,000 addresses absorb, ten to
an entity. Times are medians; memory is the peak of the process that did the work.
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from tracer.bounds import Terminal, bounds_of, check_certificate
from tracer.ledger.book import opening_balances
from tracer.model import Account, AssetId, ChainId, Event, Leg, Lot, Origin, Part
from tracer.taint import Tags, TaintProblem, reach

CHAIN = ChainId("test:1")
UNIT = AssetId("unit")
STOLEN = 10**24


def ledger(rows: int, seed: int = 1) -> tuple[TaintProblem, dict[str, list[Terminal]]]:
    """Return the plan of a random ledger and its hundred entities."""
    rng = np.random.default_rng(seed)
    people = rows // 5
    names = rng.permutation(people)
    payer = names[np.floor(people * rng.random(rows) ** 2.2).astype(np.int64)].tolist()
    payee = names[np.floor(people * rng.random(rows) ** 2.6).astype(np.int64)].tolist()
    amounts = [min(int(x), 10**27) + 1 for x in np.exp(rng.normal(np.log(1e18), 3, rows)).tolist()]
    account = [Account(CHAIN, f"{n:x}", UNIT) for n in range(people)]
    events = []
    for one, other, amount in zip(payer, payee, amounts, strict=True):
        if one != other:
            debit, credit = (
                Leg(account[one], account[one].holder, amount),
                Leg(account[other], account[other].holder, amount),
            )
            index = len(events)
            events.append(Event(index, "", CHAIN, index, index, "", "transfer", (Part((debit,), (credit,)),)))
    seeds = dict.fromkeys(account[one] for one in payer[:5])
    absorbing = [account[n] for n in rng.choice(people, min(1_000, people // 10), replace=False).tolist()]
    absorbing = [one for one in absorbing if one not in seeds]
    stopped = frozenset((one.chain, one.holder) for one in absorbing)
    opening = opening_balances(events)
    stolen = dict.fromkeys(seeds, STOLEN)
    balances = {**opening, **{one: opening.get(one, 0) + STOLEN for one in seeds}}
    found = reach(events, balances, stolen, {}, lambda chain, holder: (chain, holder) in stopped)
    labels = Tags((Origin("theft", UNIT),))
    label = labels.of(0, "recorded")
    lots = {
        one: tuple(
            lot
            for lot in (Lot(opening.get(one, 0), 0, 0), Lot(stolen.get(one, 0), label, stolen.get(one, 0)))
            if lot.amount
        )
        for one in found.tracked
    }
    plan = TaintProblem(events, lots, {}, stopped, frozenset(), frozenset(found.tracked), labels)
    entities: dict[str, list[Terminal]] = {}
    for place, one in enumerate(absorbing):
        entities.setdefault(f"entity {place % 100}", []).append(Terminal("stopped", one, one.holder))
    return plan, entities


def ours(rows: int) -> tuple[float, str]:
    """Return the seconds that all bounds of a ledger take, and a word on them."""
    plan, entities = ledger(rows)
    before, busy = time.perf_counter(), time.process_time()
    found = bounds_of(plan, entities)
    seconds, busy = time.perf_counter() - before, time.process_time() - busy
    total = sum(i.max for i in found.intervals.values())
    forced = sum(i.min > 0 for i in found.intervals.values())
    word = f"{busy:.1f} s of processor, {len(found.intervals)} intervals, {forced} with min > 0, sum of max {total}"
    return seconds, word


def proof(rows: int) -> tuple[float, str]:
    """Return the seconds that making and checking both certificates of one entity take."""
    plan, entities = ledger(rows)
    name = next(iter(entities))
    found = bounds_of(plan, {name: entities[name]})
    before = time.perf_counter()
    for direction in ("min", "max"):
        check_certificate(found.certificate(name, (0,), direction), plan)
    return time.perf_counter() - before, "both hold"


def others(rows: int, engine: str, limit: int) -> tuple[float, str]:
    """Return the seconds another engine takes for `limit` of the maxima, an entity, and whether it agrees."""
    from tracer.bounds.subnetwork import SINK, SOURCE, Regions
    from tracer.bounds.time_expanded import build_network

    plan, entities = ledger(rows)
    regions = Regions(build_network(plan, (0,)))
    terminals = regions.network.terminals
    ends = [frozenset(terminals[t] for t in mine if t in terminals) for mine in entities.values()][:limit]
    exact = [i.max for i in bounds_of(plan, dict(list(entities.items())[:limit])).intervals.values()]
    seconds, agrees = 0.0, True
    for leading, mine, value in zip(regions.leading(ends), ends, exact, strict=True):
        region = regions.cut_out(leading, mine, "max")
        before = time.perf_counter()
        if engine == "networkx":
            answer: float = _networkx(region.tail, region.head, region.capacity.exact, SOURCE, SINK)
            agrees &= answer == value
        else:
            answer = _highs(region.tail, region.head, region.capacity.exact, len(region.nodes), SOURCE, SINK)
            agrees &= abs(answer - value) <= 1e-6 * max(1, value)
        seconds += time.perf_counter() - before
    return seconds / max(1, len(ends)), "equal" if agrees else "no answer, or another one"


def _networkx(tail: np.ndarray, head: np.ndarray, capacity: np.ndarray, source: int, sink: int) -> int:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((source, sink))
    for one, other, amount in zip(tail.tolist(), head.tolist(), capacity.tolist(), strict=True):
        held = graph.get_edge_data(one, other, {"capacity": 0})["capacity"]
        graph.add_edge(one, other, capacity=held + amount)
    return int(nx.maximum_flow_value(graph, source, sink, flow_func=nx.algorithms.flow.dinitz))


def _highs(tail: np.ndarray, head: np.ndarray, capacity: np.ndarray, nodes: int, source: int, sink: int) -> float:
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    size = len(tail)
    inner_tail, inner_head = tail != source, head != sink
    columns = np.arange(size)
    matrix = csr_matrix(
        (
            np.concatenate((np.ones(inner_tail.sum()), -np.ones(inner_head.sum()))),
            (
                np.concatenate((tail[inner_tail], head[inner_head])),
                np.concatenate((columns[inner_tail], columns[inner_head])),
            ),
        ),
        shape=(nodes, size),
    )
    received = int(sum(capacity[head == sink]))
    unit = float(received)
    shares = np.minimum(capacity, received).astype(np.float64) / unit
    bounds = np.column_stack((np.zeros(size), shares))
    answer = linprog(-(~inner_head).astype(np.float64), matrix, np.zeros(nodes), bounds=bounds, method="highs")
    return -float(answer.fun) * unit if answer.status == 0 else math.nan


def _child(arguments: list[str]) -> list[str]:
    """Run one measurement in a process of its own and return what it printed."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip().split("\t")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--one", choices=("ours", "proof", "networkx", "highs"))
    asked = parser.parse_args()
    if asked.one:
        rows = asked.rows[0]
        mine = {"ours": ours, "proof": proof}
        seconds, word = mine[asked.one](rows) if asked.one in mine else others(rows, asked.one, 3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        _say(f"{seconds:.3f}\t{peak:.0f}\t{word}")
        return
    _say("| transfers | engine | what | seconds | peak MB | |\n|---|---|---|---|---|---|")
    for rows in asked.rows:
        runs = [_child(["--one", "ours", "--rows", str(rows)]) for _ in range(asked.times)]
        seconds = statistics.median(float(run[0]) for run in runs)
        peak = max(float(run[1]) for run in runs)
        _say(f"| {rows:,} | tracer | min and max of 100 entities | {seconds:.2f} | {peak:.0f} | {runs[0][2]} |")
        one = _child(["--one", "proof", "--rows", str(rows)])
        _say(f"| {rows:,} | tracer | both proofs of one entity, made and checked | {one[0]} | {one[1]} | {one[2]} |")
        for engine in ("networkx", "highs"):
            if rows <= 100_000:
                one = _child(["--one", engine, "--rows", str(rows)])
                _say(f"| {rows:,} | {engine} | one max (mean of 3) | {float(one[0]):.2f} | {one[1]} | {one[2]} |")


if __name__ == "__main__":
    main()
