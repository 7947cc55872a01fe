"""Processor seconds of whole commands, and what each may take: python benchmarks/aims.py [--times N].

Each command runs in a process of its own, once unmeasured, so that Python's bytecode and the disk's cache are warm; the
figure is the median of user and system time together. The tables are made anew from fixed seeds.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import numpy as np

ETHER = "slip44:60"
STOLEN = 10**24
BLOCK = 14_000_000
HEADER = ("sender", "recipient", "asset", "amount", "block", "position", "time", "tx")
Payment = tuple[int, int, int]


def address(number: int) -> str:
    """Return the address of a holder by its number; none is in the registry."""
    return f"0x{0xBE9C << 144 | number:040x}"


def write(folder: Path, payments: Iterable[Payment], thief: int, venues: Iterable[int], per_block: int) -> None:
    """Write a case: payments in order, a seed holder with all that was stolen, and labels of exchanges."""
    folder.mkdir()
    with (folder / "transfers.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for place, (payer, payee, amount) in enumerate(payments):
            block, position = divmod(place, per_block)
            when = 1_640_000_000 + 13 * block
            row = (address(payer), address(payee), ETHER, amount, BLOCK + block, position, when, f"0x{place + 1:064x}")
            table.writerow(row)
    seed = f"holder,{address(thief)},{ETHER},{STOLEN},theft"
    (folder / "seeds.csv").write_text(f"kind,value,asset,amount,origin\n{seed}\n")
    labels = [f"{address(one)},Venue {n},exchange,Venue {n},https://example.org" for n, one in enumerate(venues)]
    (folder / "labels.csv").write_text("\n".join(["address,label,category,entity,source_url", *labels, ""]))


def crowd(rows: int) -> tuple[list[Payment], int, list[int]]:
    """Return payments of heavy-tailed degrees with a theft in them: payments, the thief, and twenty exchanges.

    The theft fans out over a twentieth of the rows, 2,000 at most, to fresh addresses and exchanges; sixty of its
    payments leak into the crowd, where each rule takes them further.
    """
    draw = np.random.default_rng(7)
    people = max(50, rows // 5)
    names = draw.permutation(people)
    payer = names[np.floor(people * draw.random(rows) ** 2.2).astype(np.int64)].tolist()
    payee = names[np.floor(people * draw.random(rows) ** 2.6).astype(np.int64)].tolist()
    amounts = np.clip(np.exp(draw.normal(np.log(1e18), 3, rows)), 1, 9e23).tolist()
    payments = [
        (one, other if one != other else (other + 1) % people, int(amount))
        for one, other, amount in zip(payer, payee, amounts, strict=True)
    ]
    size = min(2_000, rows // 20)
    venues, thief = list(range(people, people + 20)), people + 20
    fresh, own, waiting = thief + 1, [], deque([(thief, STOLEN)])
    while len(own) < size and waiting:
        holder, held = waiting.popleft()
        parts = int(draw.integers(2, 5))
        for part in range(parts):
            amount = held // parts if part else held - (parts - 1) * (held // parts)
            chance = draw.random() if len(own) > 300 else 1.0
            if chance < 0.08:
                own.append((holder, venues[int(draw.integers(20))], amount))
            elif chance < 0.08 + 60 / size:
                own.append((holder, int(draw.integers(people)), amount))
            else:
                own.append((holder, fresh, amount))
                waiting.append((fresh, amount))
                fresh += 1
    places = np.sort(draw.choice(np.arange(rows // 10, rows), size, replace=False)).tolist()
    for place, mine in zip(places, own, strict=False):
        payments[place] = mine
    return payments, thief, venues


def peel(hops: int) -> tuple[list[Payment], int, list[int]]:
    """Return a chain of payments, each of which pays a little away; at its end stands an exchange."""
    payments, held = [], STOLEN
    for hop in range(hops):
        held -= 10**15
        payments += [(2 * hop, 2 * hop + 1, 10**15), (2 * hop, 2 * hop + 2, held)]
    return payments, 0, [2 * hops]


def processor_seconds(arguments: list[str]) -> float:
    """Run Python with arguments and return the user and system time that it took."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_WRONLY, 0) for n in (1, 2)]
    process = os.posix_spawn(sys.executable, [sys.executable, *arguments], environment, file_actions=quiet)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"Failed with {os.waitstatus_to_exitcode(status)}: {' '.join(arguments)}")
    return used.ru_utime + used.ru_stime


def commands(folder: Path) -> list[tuple[str, float | None, list[str]]]:
    """Write the tables; return what is measured, what it may take, and the arguments of Python."""
    write(folder / "crowd", *crowd(100_000), per_block=100)
    write(folder / "peel", *peel(10_000), per_block=2)
    own = folder / "own"
    write(own, [(1, 2, STOLEN)], 1, [], per_block=1)
    out = ["--out", str(folder / "out"), "--overwrite"]

    def trace(*arguments: str) -> list[str]:
        return ["-m", "tracer.cli", "trace", *arguments]

    def table(name: str) -> list[str]:
        files = ("transfers", "seeds", "labels")
        return trace(*(text for file in files for text in (f"--{file}", str(folder / name / f"{file}.csv"))))

    return [
        ("100,000 rows, `--bounds --out`", 30, [*table("crowd"), "--bounds", *out]),
        ("`ronin-2022`, `--bounds --out`", 3, trace("ronin-2022", "--bounds", *out)),
        ("peel chain of 10,000 hops, `--bounds`", 10, [*table("peel"), "--bounds"]),
        ("the same with `--out`", None, [*table("peel"), "--bounds", *out]),
        ("a table of one row, with the registry", 1.5, table("own")),
        ("the same with `--out`", None, [*table("own"), *out]),
        ("`import tracer`", 0.05, ["-c", "import tracer"]),
        ("Python itself", None, ["-c", ""]),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    sys.stdout.write("| command | may take | median | least | most |\n|---|--:|--:|--:|--:|\n")
    with tempfile.TemporaryDirectory() as made:
        for name, limit, arguments in commands(Path(made)):
            processor_seconds(arguments)
            taken = [processor_seconds(arguments) for _ in range(times)]
            figures = (statistics.median(taken), min(taken), max(taken))
            may = "" if limit is None else f"{limit:g}"
            sys.stdout.write(f"| {name} | {may} | {' | '.join(f'{one:.2f}' for one in figures)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
