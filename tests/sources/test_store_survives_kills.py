from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fetching_child import fetch
from misbehaving_server import Say, Seen, Server, bytes_of, said, serving

from tracer.bundle.store import Store

HERE = Path(__file__).parent
COUNT = 60
TIME = "1700000000"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.plan = lambda seen: said({"n": seen.params["n"], "same": "x" * (int(seen.params["n"]) % 3)})
        yield server


@pytest.fixture
def undisturbed(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", TIME)
    fetch(tmp_path / "undisturbed", server.url, 0, COUNT)
    assert len(server.seen) == COUNT
    return sealed(tmp_path / "undisturbed")


def sealed(folder: Path) -> dict[str, bytes]:
    with Store(folder, write=True) as store:
        done = store.seal([])
    assert done.answers == COUNT
    return bytes_of(folder)


def killed_fetch(folder: Path, server: Server, chance: random.Random) -> int:
    """Fetch in a program that is killed at some moment; return how many questions it got to send."""
    at, seen_before, reached, plan = chance.randrange(1, COUNT), len(server.seen), threading.Event(), server.plan

    def watched(seen: Seen) -> Say:
        if seen.number - seen_before >= at:
            reached.set()
        return plan(seen)

    server.plan = watched
    command = [sys.executable, str(HERE / "fetching_child.py"), str(folder), server.url, str(at), str(COUNT)]
    environment = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}", "SOURCE_DATE_EPOCH": TIME}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as child:
        assert reached.wait(60), child.stderr.read() if child.stderr else ""
        threading.Event().wait(chance.random() * 0.02)
        child.send_signal(signal.SIGKILL)
    assert server.saw_all()  # what was on its way when the program ended is sent too, and the server sees it later
    server.plan = plan
    return len(server.seen) - seen_before


def kills_leave_no_trace(times: int, seed: int, server: Server, folder: Path, undisturbed: dict[str, bytes]) -> None:
    chance = random.Random(seed)
    cut = 0
    for run in range(times):
        target, before = folder / f"killed{run}", len(server.seen)
        sent = killed_fetch(target, server, chance)
        cut += sent < COUNT
        with Store(target) as held:  # a reader needs no lock and sees no damage
            kept = len(held)
            for record in held.records():
                held.body(record.answer)
        assert sent - 8 <= kept <= sent  # at most what was under way is lost
        fetch(target, server.url, run, COUNT)
        assert len(server.seen) - before == sent + COUNT - kept
        assert sealed(target) == undisturbed
    assert cut > times // 2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_kill_at_any_moment_loses_only_what_was_under_way(
    server: Server, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    kills_leave_no_trace(8, 20_240_229, server, tmp_path, undisturbed)


@pytest.mark.prove
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_fifty_kills_lose_only_what_was_under_way(
    server: Server, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    kills_leave_no_trace(50, 7, server, tmp_path, undisturbed)
