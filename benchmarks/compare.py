"""How long a comparison of every accounting rule takes: python benchmarks/compare.py [rows] [times]."""

from __future__ import annotations

import math
import random
import statistics
import sys
import time

from tracer.api.case import Case
from tracer.io.prices import Prices
from tracer.model import AssetId, ChainId, Label, Seed, Transfer
from tracer.registry import LabelIndex
from tracer.report.policy_table import compare_rows
from tracer.trace import POLICIES, CaseData, run
from tracer.trace.intervals import intervals_of
from tracer.trace.pipeline import run_every

CHAIN, UNIT = ChainId("bench:1"), AssetId("wei")
SEEDS, STOLEN = 5, 10**24


def transfers(rows: int, seed: int = 1) -> tuple[Transfer, ...]:
    """Return a random ledger: rows / 5 addresses of heavy-tailed degree, log-normal amounts around 10^18, cap 10^27.

    Times are uniform over 1.6e9 to 1.7e9 seconds and sorted.
    """
    draw = random.Random(seed)
    holders = [f"a{number}" for number in range(max(2, rows // 5))]
    draw.shuffle(holders)
    times = sorted(draw.randrange(1_600_000_000, 1_700_000_000) for _ in range(rows))
    table = []
    for number, moment in enumerate(times, 1):
        sender = holders[int(len(holders) * draw.random() ** 2.2)]
        recipient = holders[int(len(holders) * draw.random() ** 2.6)]
        amount = min(int(10**18 * math.exp(draw.gauss(0, 3))) + draw.randrange(1 << 32), 10**27)
        table.append(Transfer(number, CHAIN, None, None, moment, f"t{number}", "", sender, recipient, UNIT, amount))
    return tuple(table)


def case_of(rows: int) -> Case:
    """Return a case on a random ledger: five holders begin with 10^24 stolen units, one in 500 is an exchange."""
    table = transfers(rows)
    holders = sorted({row.sender for row in table} | {row.recipient for row in table})
    draw = random.Random(2)
    robbed = draw.sample(holders, SEEDS)
    seeds = tuple(Seed("holder", holder, CHAIN, UNIT, STOLEN, f"theft {n}") for n, holder in enumerate(robbed))
    labels = tuple(
        Label(CHAIN, holder, "exchange", "exchange", f"venue {n % 20}", "bench", "https://example.org")
        for n, holder in enumerate(draw.sample(holders, max(1, len(holders) // 500)))
    )
    inputs = CaseData("bench", "a random ledger", table, seeds, LabelIndex(labels, ""))
    return Case(inputs, labels, Prices({}, ""), None)


def main() -> None:
    """Print a Markdown table of seconds: preparing, each rule, all rules with their table, and the intervals."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    case = case_of(rows)
    spent: dict[str, list[float]] = {}

    def clock(name: str, since: float) -> None:
        spent.setdefault(name, []).append(time.perf_counter() - since)

    for _ in range(times):
        start = time.perf_counter()
        prepared = case.prepare()
        clock("prepare: order, ledger, reach", start)
        for policy in POLICIES:
            begin = time.perf_counter()
            run(prepared, policy, movements=False)
            clock(policy, begin)
        del prepared
        start = time.perf_counter()
        prepared = case.prepare()
        first = time.perf_counter()
        rows_of = compare_rows(run_every(prepared))
        clock("all six, and the table", first)
        clock("the same with preparing", start)
        begin = time.perf_counter()
        intervals_of(prepared, addresses=False)
        clock(f"intervals of all entities ({len(rows_of)} rows)", begin)
    print(f"{rows:,} transfers, median of {times}\n\n| step | seconds |\n|---|--:|")
    for name, taken in spent.items():
        print(f"| {name} | {statistics.median(taken):.2f} |")


if __name__ == "__main__":
    main()
