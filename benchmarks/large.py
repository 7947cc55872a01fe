"""Large tables: this program beside a plain loop, pandas with networkx, DuckDB and one pass over the same bytes.

``python benchmarks/large.py --rows 10000 100000 1000000 [--out] [--markdown]``; seconds of processor, user and system,
each in a process of its own. Rows are of heavy-tailed degrees, amounts of up to 10^24 base units; the theft is that of
``benchmarks/aims.py``. What others do is less than a trace: the plain loop keeps FIFO queues and nothing else, networkx
and DuckDB follow who can have been paid, without amounts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
from aims import ETHER, STOLEN, address, crowd

ROOT = Path(__file__).parents[1]
BLOCK = 14_000_000


def make(folder: Path, rows: int) -> None:
    """Write the case of a size as Parquet, and its holders and amounts as numbers for those who need no parser."""
    payments, thief, venues = crowd(rows)
    folder.mkdir()
    names = {one for payer, payee, _ in payments for one in (payer, payee)} | {thief, *venues}
    text = {one: address(one) for one in names}
    place = np.arange(rows)
    table = {
        "sender": pa.array([text[payer] for payer, _, _ in payments]),
        "recipient": pa.array([text[payee] for _, payee, _ in payments]),
        "asset": pa.array([ETHER] * rows),
        "amount": pa.array([str(amount) for _, _, amount in payments]).cast(pa.decimal128(38, 0)),
        "block": pa.array(BLOCK + place // 100),
        "position": pa.array(place % 100),
        "time": pa.array(1_640_000_000 + place // 100 * 13),
        "tx": pa.array([f"0x{one * 2654435761 % 2**256:064x}" for one in range(rows)]),
    }
    pq.write_table(pa.table(table), folder / "transfers.parquet", compression="zstd", row_group_size=131_072)
    seed = f"holder,{text[thief]},{ETHER},{STOLEN},theft"
    (folder / "seeds.csv").write_text(f"kind,value,asset,amount,origin\n{seed}\n")
    labels = [f"{text[one]},Venue {n},exchange,Venue {n},https://example.org" for n, one in enumerate(venues)]
    (folder / "labels.csv").write_text("\n".join(["address,label,category,entity,source_url", *labels, ""]))
    facts = {"payments": payments, "thief": thief, "venues": venues}
    (folder / "numbers.json").write_text(json.dumps(facts))


def plain_loop(folder: Path) -> float:
    """Keep FIFO queues of clean and stolen lots in one loop; the table is held as numbers already."""
    facts = json.loads((folder / "numbers.json").read_text())
    payments, stops = facts["payments"], set(facts["venues"])
    begin = time.process_time()
    balance: dict[int, int] = {}
    lowest: dict[int, int] = {}
    for payer, payee, amount in payments:
        left = balance.get(payer, 0) - amount
        balance[payer] = left
        if left < lowest.get(payer, 0):
            lowest[payer] = left
        balance[payee] = balance.get(payee, 0) + amount
    lowest[facts["thief"]] = min(0, lowest.get(facts["thief"], 0) + STOLEN)
    queues = {one: deque([(-low, 0)] if low else []) for one, low in lowest.items()}
    queues[facts["thief"]].append((STOLEN, 1))
    for payer, payee, amount in payments:
        taken: list[tuple[int, int]] = []
        if payer in stops:
            taken.append((amount, 0))
        else:
            queue, need = queues[payer], amount
            while need:
                size, stolen = queue[0]
                if size > need:
                    queue[0] = (size - need, stolen)
                    size = need
                else:
                    queue.popleft()
                taken.append((size, stolen))
                need -= size
        if payee not in stops:
            queue = queues.setdefault(payee, deque())
            for size, stolen in taken:
                if queue and queue[-1][1] == stolen:
                    queue[-1] = (queue[-1][0] + size, stolen)
                else:
                    queue.append((size, stolen))
    return time.process_time() - begin


def networkx_graph(folder: Path) -> float:
    """Load a graph of all payments and ask who can have been paid, in any order."""
    import networkx as nx
    import pandas as pd

    thief = (folder / "seeds.csv").read_text().splitlines()[1].split(",")[1]
    begin = time.process_time()
    frame = pd.read_parquet(folder / "transfers.parquet")
    graph = nx.from_pandas_edgelist(frame, "sender", "recipient", ["block", "amount"], create_using=nx.MultiDiGraph)
    len(nx.descendants(graph, thief))
    return time.process_time() - begin


def duckdb_reach(folder: Path) -> float:
    """Ask in SQL who can have been paid, in order of time: one join a hop."""
    import duckdb

    thief = (folder / "seeds.csv").read_text().splitlines()[1].split(",")[1]
    begin = time.process_time()
    base = duckdb.connect()
    base.execute("set threads = 1")
    base.execute(
        "create table t as select sender, recipient, block * 100 + position as place from read_parquet(?)",
        [str(folder / "transfers.parquet")],
    )
    base.execute("create table known as select ? as who, -1::bigint as place", [thief])
    base.execute("create table fringe as select who, place from known")
    while base.execute("select count(*) from fringe").fetchone()[0]:
        base.execute(
            "create table paid as select t.recipient as who, min(t.place) as place from t join fringe "
            "on t.sender = fringe.who where t.place > fringe.place group by t.recipient"
        )
        base.execute(
            "create or replace table fringe as select paid.who, paid.place from paid left join known "
            "on known.who = paid.who where known.who is null or paid.place < known.place"
        )
        base.execute("drop table paid")
        base.execute("delete from known where who in (select who from fringe)")
        base.execute("insert into known select who, place from fringe")
    return time.process_time() - begin


def one_pass(folder: Path) -> float:
    """Read and unpack the file, and look at every byte of it once: nothing that reads the table takes less."""
    begin = time.process_time()
    table = pq.read_table(folder / "transfers.parquet")
    for column in table.columns:
        for chunk in column.chunks:
            for buffer in chunk.buffers():
                if buffer is not None:
                    np.frombuffer(buffer, np.uint8).max(initial=0)
    return time.process_time() - begin


OTHERS = {
    "plain loop, FIFO alone": (plain_loop, ()),
    "pandas and networkx, reach alone": (networkx_graph, ("pandas", "networkx")),
    "DuckDB, reach alone": (duckdb_reach, ("duckdb",)),
    "one pass over the file": (one_pass, ()),
}


def ours(folder: Path, *more: str) -> tuple[float, int]:
    """Return processor seconds and peak memory (MB) of one whole command."""
    tables = [f"--{name}={folder / file}" for name, file in FILES.items()]
    command = [sys.executable, "-m", "tracer.cli", "trace", *tables, "--complete", "--policy", "fifo", *more]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


FILES = {"transfers": "transfers.parquet", "seeds": "seeds.csv", "labels": "labels.csv"}


def other(folder: Path, name: str) -> tuple[float, int] | None:
    """Return seconds and peak memory of another way, in a process of its own; ``None`` where a library is absent."""
    if any(importlib.util.find_spec(one) is None for one in OTHERS[name][1]):
        return None
    found = subprocess.run(
        [sys.executable, __file__, "--alone", name, "--folder", str(folder)], capture_output=True, text=True, check=True
    )
    seconds, peak = found.stdout.split()
    return float(seconds), int(peak)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--out", action="store_true", help="with all output files as well")
    parser.add_argument("--alone", choices=sorted(OTHERS))
    parser.add_argument("--make", type=int)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.make:
        make(given.folder, given.make)
        return
    if given.alone:
        seconds = OTHERS[given.alone][0](given.folder)
        print(f"{seconds:.3f}", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return
    found: dict[str, list[tuple[float, int] | None]] = {}
    with tempfile.TemporaryDirectory() as home:
        for rows in given.rows:
            folder = Path(home) / str(rows)
            # A process that is started has the peak of the one that starts it: this one stays small.
            subprocess.run([sys.executable, __file__, "--make", str(rows), "--folder", str(folder)], check=True)
            found.setdefault("tracer trace", []).append(ours(folder))
            if given.out:
                found.setdefault("tracer trace --out", []).append(ours(folder, "--out", str(folder / "result")))
            for name in OTHERS:
                found.setdefault(name, []).append(other(folder, name))
    print("| what | " + " | ".join(f"{rows:,} rows" for rows in given.rows) + " | grows as rows to the |")
    print("|---" * (len(given.rows) + 2) + "|")
    for name, figures in found.items():
        cells = ["absent" if one is None else f"{one[0]:.2f} s, {one[1]:,} MB" for one in figures]
        print(f"| {name} | " + " | ".join(cells) + f" | {_exponent(given.rows, figures)} |")


def _exponent(rows: list[int], figures: list[tuple[float, int] | None]) -> str:
    """Return how seconds grow from the last size but one to the last."""
    if len(rows) < 2 or figures[-1] is None or figures[-2] is None or not figures[-2][0]:
        return ""
    return f"{math.log(figures[-1][0] / figures[-2][0]) / math.log(rows[-1] / rows[-2]):.2f}"


if __name__ == "__main__":
    main()
