"""A real fetch, killed at any moment and run again, leaves the very bytes of one that nobody disturbed."""

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
from case_fetching import WAYS, assert_replays, bytes_in, environment, fetched, laundering_case, named
from explorer_server import ExplorerServer
from faults import Answer, Fault, changed
from laundering import Laundering

HERE = Path(__file__).parent
KILLED = ("etherscan", "sqd")
"""Each with a node beside it: the one asks about a holder in many small questions, the other in a few that are cut."""
CUT = 5
"""Blocks of one reply of the Portal."""
SEED = 11
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


class Watched:
    """The providers of the laundering, now and then a little late, which say when so many questions were asked."""

    def __init__(self, server: ExplorerServer) -> None:
        self.server, self.chance = server, random.Random(SEED)
        self.left, self.reached = 0, threading.Event()
        server.faults.add(Fault(self._answered))

    def _answered(self, answer: Answer) -> Answer:
        self.left -= 1
        if self.left == 0:
            self.reached.set()
        return changed(answer, wait=self.chance.choice((0, 0, 0, 0.002, 0.01)))

    def after(self, questions: int) -> None:
        """Raise the flag `reached` at the n-th question from now."""
        self.reached.clear()
        self.left = questions


@pytest.fixture(params=KILLED)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def undisturbed(
    way: str, laundering_server: ExplorerServer, laundering: Laundering, tmp_path: Path
) -> Iterator[dict[str, bytes]]:
    laundering_server.sqd.settings.blocks = CUT
    folder = laundering_case(tmp_path / "undisturbed", laundering)
    with environment(named(laundering_server)):
        fetched(folder, WAYS[way])
        yield bytes_in(folder)


def killed_at(way: str, folder: Path, watched: Watched, questions: int, delay: float) -> bool:
    """Fetch in a program that is killed when so many questions were asked; return whether it was still running."""
    watched.after(questions)
    path = os.pathsep.join(str(one) for one in (HERE, HERE.parent / "nodes", HERE.parent / "api", HERE.parents[1]))
    command = [sys.executable, str(HERE / "fetching_story_child.py"), str(folder), way]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE) as child:
        while not watched.reached.wait(0.05):
            assert child.poll() is None, child.stderr.read().decode() if child.stderr else ""
        threading.Event().wait(delay)
        running = child.poll() is None
        child.send_signal(signal.SIGKILL)
    return running


def kills_leave_no_trace(
    way: str, times: int, server: ExplorerServer, story: Laundering, folder: Path, undisturbed: dict[str, bytes]
) -> None:
    chance, whole = random.Random(SEED), len(server.log)
    watched, cut, saved = Watched(server), 0, 0
    for run in range(times):
        target = laundering_case(folder / f"killed{run}", story)
        cut += killed_at(way, target, watched, chance.randrange(1, whole), chance.random() * 0.05)
        if run % 3 == 0:  # once more, while it resumes: at least the proofs and balances of the end are left to ask
            cut += killed_at(way, target, watched, 1, chance.random() * 0.3)
        before = len(server.log)
        fetched(target, WAYS[way])
        saved += whole - (len(server.log) - before)
        assert bytes_in(target) == undisturbed
    assert cut >= times
    assert saved > 0
    assert_replays(target)


@needs_kill
def test_a_fetch_killed_at_any_moment_and_run_again_is_the_fetch_that_was_not(
    way: str,
    undisturbed: dict[str, bytes],
    laundering_server: ExplorerServer,
    laundering: Laundering,
    tmp_path: Path,
) -> None:
    kills_leave_no_trace(way, 6, laundering_server, laundering, tmp_path, undisturbed)


def test_tables_that_a_kill_left_between_two_fetches_are_written_anew(
    way: str, undisturbed: dict[str, bytes], laundering_server: ExplorerServer, tmp_path: Path
) -> None:
    folder = tmp_path / "undisturbed" / "story"
    (folder / "bundle" / "transfers.csv").write_bytes(b"as a later head had it\n")
    with environment(named(laundering_server)):
        fetched(folder, WAYS[way])
    assert bytes_in(folder) == undisturbed


@needs_kill
@pytest.mark.prove
def test_a_fetch_killed_fifty_times_and_run_again_is_the_fetch_that_was_not(
    way: str,
    undisturbed: dict[str, bytes],
    laundering_server: ExplorerServer,
    laundering: Laundering,
    tmp_path: Path,
) -> None:
    kills_leave_no_trace(way, 50, laundering_server, laundering, tmp_path, undisturbed)
