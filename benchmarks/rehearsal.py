"""Fetches a synthetic case of 10,000 holders from a local server, and prints what that took: `make rehearsal`.

    python benchmarks/rehearsal.py [--only NAME…] [--scale 0.1] [--markdown]

Every run is the command a user would give, in a process of its own, against a local server with one fault in a hundred
replies (benchmarks/rehearsal_world.py). Requests, processor time, memory and disk are measured. Wall time is measured
where a run keeps to its limit in real time; where the limit would take hours it is computed from the requests, and
marked so. Runs whose provider is not in this version are passed over, and it says so.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal_world import VENUES

from tracer.api.create import new_case
from tracer.io.writers import csv_text
from tracer.providers.registry import SOURCES

HERE = Path(__file__).parent
CHAIN = "eip155:1"
ROWS_OF_A_HOLDER = 30
LIMITS = (3, 30)
"""Calls a second of an Etherscan key: a free one, and a paid one."""


@dataclass(frozen=True)
class Run:
    """One rehearsal: whom to ask, about how many holders, how late replies are, how many a second are allowed."""

    name: str
    source: str
    holders: int
    delay: float
    rate: float | None
    says: str


RUNS = (
    Run("explorer-10000", "etherscan", 10_000, 0.0, None, "explorer, scaled clock"),
    Run("explorer-20ms", "etherscan", 500, 0.02, 30, "explorer, paid key, 20 ms"),
    Run("explorer-300ms", "etherscan", 500, 0.3, 30, "explorer, paid key, 300 ms"),
    Run("explorer-free-20ms", "etherscan", 500, 0.02, None, "explorer, no limit, 20 ms"),
    Run("explorer-free-300ms", "etherscan", 500, 0.3, None, "explorer, no limit, 300 ms"),
    Run("node-20ms", "rpc", 200, 0.02, None, "node, 20 ms"),
    Run("node-300ms", "rpc", 200, 0.3, None, "node, 300 ms"),
    Run("portal-20ms", "sqd", 10_000, 0.02, 2, "portal at 2 requests/s, a node beside it, 20 ms"),
    Run("portal-300ms", "sqd", 10_000, 0.3, 2, "portal at 2 requests/s, a node beside it, 300 ms"),
)


class Local:
    """The local server, as the process that runs it is spoken to."""

    def __init__(self, port: int, theft: str) -> None:
        self.url, self.theft = f"http://127.0.0.1:{port}", theft

    def control(self, **what: Any) -> dict[str, int]:
        """Tell the server something; return what it has counted."""
        asked = "&".join(f"{name}={value}" for name, value in what.items())
        with urllib.request.urlopen(f"{self.url}/control?{asked}", timeout=60) as reply:  # noqa: S310 (this machine)
            found: dict[str, int] = json.load(reply)
        return found


@contextmanager
def serving(holders: int, delay: float, *, faults: float = 0.01) -> Iterator[Local]:
    """Run the server in a process of its own."""
    command = [sys.executable, str(HERE / "rehearsal_world.py"), "--holders", str(holders), "--delay", str(delay)]
    command += ["--rows", str(ROWS_OF_A_HOLDER * holders), "--faults", str(faults)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Local(said["port"], said["theft"])
        process.communicate()


def case_of(local: Local, folder: Path) -> Path:
    """Make the case as an investigator would: the theft, and the venues as labels."""
    new_case([f"{CHAIN}:{local.theft}"], folder, offline=True)
    columns = ("chain", "address", "label", "category", "entity", "source_url")
    rows = [[CHAIN, one, "Venue", "exchange", "Venue", "https://example.org/rehearsal"] for one in VENUES]
    (folder / "labels.csv").write_text(csv_text(columns, rows), "utf-8")
    return folder


def command(case: Path, run: Run, local: Local, *more: str) -> dict[str, Any]:
    """Run `tracer fetch` as a user would; return what it said, its wall and processor time and its most memory."""
    line = [sys.executable, "-m", "tracer.cli", "fetch", str(case), "--json", *more]
    if "--offline" not in more:
        line += ["--from", run.source, "--max-addresses", "0", "--max-rows", "0", "--no-proofs", "--no-prices"]
    name = run.source.upper()
    variables = {key: value for key, value in os.environ.items() if not key.startswith("TRACER_")}
    path = {"rpc": "/rpc", "etherscan": "/v2/api", "sqd": "/portal"}[run.source]
    variables |= {f"TRACER_URL_{name}_EIP155_1": local.url + path, "TRACER_ETHERSCAN_KEY": "rehearsal"}
    if run.source == "sqd":  # a Portal finds no transaction by its hash: a node stands beside it
        variables["TRACER_URL_RPC_EIP155_1"] = f"{local.url}/rpc"
    if run.rate is not None:
        variables[f"TRACER_RATE_{name}"] = str(run.rate)
    variables["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        process = subprocess.Popen(line, env=variables, stdout=out, stderr=err, cwd=case.parent)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{run.name} failed:\n{err.read().decode()[-2_000:]}")
        said = json.loads(out.read() or b"{}")
    memory = used.ru_maxrss if sys.platform == "darwin" else used.ru_maxrss * 1024
    return {"said": said, "wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": memory}


def table_of(case: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of the bundle."""
    with (case / "bundle" / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table)


def rehearse(run: Run, scale: float) -> dict[str, Any]:
    """Fetch, derive again without network, and go on after a reorganisation."""
    holders = max(20, int(run.holders * scale))
    with tempfile.TemporaryDirectory() as work, serving(holders, run.delay) as local:
        case = case_of(local, Path(work) / "case")
        first = command(case, run, local)
        counts = local.control(reset=1)
        _say(run, "fetched", first, f", {counts['calls']:,} requests")
        again = command(case, run, local, "--offline")
        _say(run, "derived again", again)
        states = Counter(row["status"] for row in table_of(case, "holders"))
        rows = sum(1 for _ in table_of(case, "transfers"))
        local.control(reorganise=1, delay=0)
        later = command(case, run, local, "--refresh")
        moved = local.control()
        _say(run, "gone on with", later, f", {moved['calls']:,} requests")
        sizes = [path.stat().st_size for path in (case / "bundle").rglob("*") if path.is_file()]
    return {
        "name": run.name,
        "says": run.says,
        "holders": states["whole"] + states["partial"],
        "states": dict(states),
        "rows": rows,
        "requests": counts["calls"],
        "faults": counts.get("faults", 0),
        "portal": counts.get("portal", 0),
        "at_once": counts["at_once"],
        "wall": first["wall"],
        "rate": counts["calls"] / first["wall"],
        "cpu": first["cpu"],
        "memory": max(first["memory"], later["memory"]),
        "disk": sum(sizes),
        "files": len(sizes),
        "offline": again["wall"],
        "offline_cpu": again["cpu"],
        "moved": moved["calls"],
        "computed": {limit: counts["calls"] / limit for limit in LIMITS} if run.name == "explorer-10000" else {},
    }


def _say(run: Run, what: str, used: dict[str, Any], more: str = "") -> None:
    """Say how far a rehearsal is: a long one takes an hour on a busy machine."""
    words = f"{run.name}: {what} in {used['wall']:,.0f} s, {used['cpu']:,.0f} s CPU, {used['memory'] / 1e6:,.0f} MB"
    print(words + more, file=sys.stderr, flush=True)


def printed(done: dict[str, Any], *, markdown: bool) -> str:
    """Return a line of the table."""
    cells = [
        done["says"],
        f"{done['holders']:,}",
        f"{done['rows']:,}",
        f"{done['requests']:,}",
        f"{done['wall']:,.0f} s",
        f"{done['rate']:,.0f}",
        f"{done['cpu']:,.0f} s, {1_000 * done['cpu'] / done['requests']:,.1f} ms",
        f"{done['memory'] / 1e6:,.0f} MB",
        f"{done['disk'] / 1e6:,.1f} MB, {done['files']}",
        f"{done['offline']:,.0f} s, {done['offline_cpu']:,.0f} s",
        f"{done['moved']:,}",
    ]
    return f"| {' | '.join(cells)} |" if markdown else "  ".join(cells)


HEADER = (
    *("run", "holders", "rows", "requests", "wall", "requests/s", "CPU, each", "memory", "disk, files"),
    *("offline again, its CPU", "after a reorganisation"),
)


def main() -> None:
    """Run the rehearsals that were asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="*", choices=[run.name for run in RUNS])
    options.add_argument("--scale", type=float, default=1.0, help="a part of the holders")
    options.add_argument("--markdown", action="store_true")
    given = options.parse_args()
    known = {entry.name for entry in SOURCES.entries()}
    print("| " + " | ".join(HEADER) + " |" if given.markdown else "  ".join(HEADER), flush=True)
    if given.markdown:
        print("|" + "---|" * len(HEADER))
    for run in RUNS:
        if given.only and run.name not in given.only:
            continue
        if run.source not in known:
            print(f"(passed over: {run.says}: no provider {run.source!r} in this version)", flush=True)
            continue
        done = rehearse(run, given.scale)
        others = {state: count for state, count in done["states"].items() if state != "whole"}
        if others:
            print(f"(not read whole: {others})", flush=True)
        if done["portal"]:
            print(f"({done['portal']:,} of the requests to the portal)", flush=True)
        print(printed(done, markdown=given.markdown), flush=True)
        for limit, wall in done["computed"].items():
            print(f"(computed: at {limit} requests a second, as the limit of a key: {wall / 3600:.1f} h)", flush=True)


if __name__ == "__main__":
    main()
