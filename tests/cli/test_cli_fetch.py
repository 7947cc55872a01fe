"""A case from a transaction hash to its figures on the command line: new, fetch, trace, fetch again, back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from explorer_server import ExplorerServer
from laundering import Laundering

CHAIN = "eip155:31337"


def run(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRACER_URL")}
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *map(str, words)],
        env={**clean, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_from_a_transaction_hash_to_figures(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    node = {"TRACER_URL_RPC_EIP155_31337": laundering_server.rpc_url}
    case = tmp_path / "my-case"
    hashes = [f"{CHAIN}:{tx}" for tx in laundering.thefts.values()]
    made = run("new", *hashes, "--out", case, "--title", "A case", **node)
    assert made.returncode == 0, made.stderr
    assert "tlp: TLP:AMBER" in (case / "case.yml").read_text()
    assert run("new", *hashes, "--out", case, **node).returncode == 2
    fetched = run("fetch", case, "--json", "--cross-check", "--against", "blockscout", **node, **{
        "TRACER_URL_BLOCKSCOUT_EIP155_31337": laundering_server.blockscout_url
    })  # fmt: skip
    assert fetched.returncode == 0, fetched.stderr
    told = json.loads(fetched.stdout)
    assert told["gaps"] == []
    assert told["differences"] == []
    assert told["chains"][CHAIN]["source"] == "rpc"
    assert told["proof_material"]["not_held"] == 0 < told["proof_material"]["held"]
    traced = run("trace", case, "--bounds", "--out", tmp_path / "result", "--strict")
    assert traced.returncode == 0, traced.stderr
    summary = json.loads((tmp_path / "result" / "summary.json").read_text())
    assert summary["audit"]["closed"]
    again = run("fetch", case, "--offline")
    assert again.returncode == 0, again.stderr
    back = run("trace", case, "--direction", "back", "--json")
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["direction"] == "back"


def test_a_budget_that_ends_leaves_a_bundle_that_says_so_and_goes_on_later(
    laundering: Laundering, laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    node = {"TRACER_URL_RPC_EIP155_31337": laundering_server.rpc_url}
    case = tmp_path / "cut"
    hashes = [f"{CHAIN}:{tx}" for tx in laundering.thefts.values()]
    assert run("new", *hashes, "--out", case, **node).returncode == 0
    cut = run("fetch", case, "--contracts", "--max-calls", 60, "--no-proofs", "--strict", **node)
    assert cut.returncode == 3, cut.stderr
    assert "gap: " in cut.stdout
    assert run("trace", case, "--strict").returncode == 3
    whole = run("fetch", case, "--contracts", "--no-proofs", "--strict", **node)
    assert whole.returncode == 0, whole.stderr
    assert run("trace", case, "--strict").returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fetch", "no-such-case"), "no-such-case"),
        (("fetch", "training", "--from", "etherscam"), "There is no source 'etherscam'"),
        (("fetch", "training"), "TRACER_URL_RPC_EIP155_31337"),
        (("fetch", "training", "--direction", "sideways"), "no direction"),
        (("fetch", "training", "--max-addresses", "-1"), "must be 1 or more"),
        (("new", "0x1234", "--out", "x"), "is not an address"),
        (("new", "--out", "x"), "Missing argument"),
        (("trace", "training", "--complete"), "--complete is said of a table of your own"),
        (("trace", "training", "--direction", "back", "--bounds"), "no bounds on a source of funds"),
    ],
)
def test_bad_input_is_named_and_costs_nothing(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRACER_")}
    done = subprocess.run(
        [sys.executable, "-m", "tracer.cli", *words],
        cwd=tmp_path,
        env={**clean, "TRACER_BUNDLES": str(tmp_path / "bundles")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("*")) == []
