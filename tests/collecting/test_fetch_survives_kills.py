"""A real fetch, killed at any moment and run again, leaves the very bytes of one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from case_fetching import (
    EVERY_WAY,
    assert_replays,
    bitcoin_case,
    bytes_in,
    environment,
    fetched,
    laundering_case,
    named,
    named_bitcoin,
    whole_chain,
)
from explorer_server import ExplorerServer, LocalServer
from faults import Answer, Fault, changed
from fetching_story_child import BEGUN
from own_archive import write_archive

HERE = Path(__file__).parent
CUT = 5
"""Blocks of one reply of the Portal."""
SEED = 11
IN_THE_GATE = {"rpc": 2, "etherscan": 2, "blockscout": 1, "sqd": 2, "esplora": 3, "archive": 2}
"""Kills of a fetch through each source; the EVM sources but the archive have a node beside them."""
KILLS = 50
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


class Watched:
    """A local provider, now and then a little late, which says when so many questions were asked."""

    def __init__(self, server: LocalServer) -> None:
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


@dataclass(frozen=True)
class Scene:
    """What is fetched, and from whom.

    Attributes
    ----------
    way : str
        Of :data:`EVERY_WAY`.
    server : LocalServer
        The provider; files on this machine are asked without it.
    case : callable
        Makes the case in a folder.
    variables : dict of str to str
        That name the provider.
    """

    way: str
    server: LocalServer
    case: Callable[[Path], Path]
    variables: dict[str, str]

    def fetch(self, folder: Path) -> None:
        """Fetch in this program."""
        with environment(self.variables):
            fetched(folder, EVERY_WAY[self.way])


@pytest.fixture(params=list(EVERY_WAY))
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    way = str(request.param)
    if way == "esplora":
        coins, esplora = request.getfixturevalue("bitcoin_story"), request.getfixturevalue("esplora_server")
        return Scene(way, esplora, lambda folder: bitcoin_case(folder, coins), named_bitcoin(esplora))
    story = request.getfixturevalue("laundering")
    server: ExplorerServer = request.getfixturevalue("laundering_server")
    server.sqd.settings.blocks = CUT
    variables = named(server)
    if way == "archive":
        rows, blocks = whole_chain(story, server, tmp_path / "read")
        write_archive(rows, tmp_path / "archive", blocks)
        variables |= {"TRACER_URL_ARCHIVE_EIP155_31337": str(tmp_path / "archive")}
        server.log.clear()
    return Scene(way, server, lambda folder: laundering_case(folder, story), variables)


@pytest.fixture
def undisturbed(scene: Scene, tmp_path: Path) -> dict[str, bytes]:
    folder = scene.case(tmp_path / "undisturbed")
    scene.fetch(folder)
    return bytes_in(folder)


@contextmanager
def fetching(scene: Scene, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Fetch in a program of its own; it has begun."""
    path = os.pathsep.join(
        str(one) for one in (HERE, *(HERE.parent / name for name in ("nodes", "api", "sources")), HERE.parents[1])
    )
    with environment(scene.variables):
        variables = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, str(HERE / "fetching_story_child.py"), str(folder), scene.way]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=variables, stdout=pipe, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == f"{BEGUN}\n".encode()
        yield child


def killed(child: subprocess.Popen[bytes]) -> bool:
    """Kill a program; return whether it was still running."""
    running = child.poll() is None
    child.send_signal(signal.SIGKILL)
    return running


def killed_at(scene: Scene, folder: Path, watched: Watched, questions: int, delay: float) -> bool:
    """Fetch in a program that is killed when so many questions were asked; return whether it was still running."""
    watched.after(questions)
    with fetching(scene, folder) as child:
        while not watched.reached.wait(0.05):
            if child.poll() is not None:
                return False  # an earlier kill left so few questions
        threading.Event().wait(delay)
        return killed(child)


def killed_after(scene: Scene, folder: Path, seconds: float) -> bool:
    """Fetch in a program that is killed after so many seconds; return whether it was still running."""
    with fetching(scene, folder) as child:
        threading.Event().wait(seconds)
        return killed(child)


def asking_kills_leave_no_trace(scene: Scene, times: int, folder: Path, undisturbed: dict[str, bytes]) -> None:
    """Kill at questions: they tell how far a fetch is on a machine of any speed. At the end, kill at moments."""
    chance, whole = random.Random(SEED), len(scene.server.log)
    watched, cut, saved = Watched(scene.server), 0, 0
    watched.after(whole - 1)
    with fetching(scene, scene.case(folder / "timed")) as child:
        assert watched.reached.wait(120)
        begun = time.monotonic()
        assert child.wait() == 0
        seconds = time.monotonic() - begun
    for run in range(4 * times):  # a kill that came late, on a machine that got faster meanwhile, is none
        target = scene.case(folder / f"killed{run}")
        if run % 3 == 1:  # while it puts the replies in order, derives the tables and writes them
            cut += killed_at(scene, target, watched, whole - 1, chance.random() * seconds)
        else:
            cut += killed_at(scene, target, watched, chance.randrange(1, whole), chance.random() * 0.05)
        if run % 3 == 0:  # once more, while it resumes: at least the proofs and balances of the end are left to ask
            cut += killed_at(scene, target, watched, 1, chance.random() * 0.3)
        before = len(scene.server.log)
        scene.fetch(target)
        saved += whole - (len(scene.server.log) - before)
        assert bytes_in(target) == undisturbed
        if cut >= times:
            break
    print(scene.way, cut, f"kills while it ran, {saved} questions not asked again")
    assert cut >= times
    assert saved > 0


def reading_kills_leave_no_trace(scene: Scene, times: int, folder: Path, undisturbed: dict[str, bytes]) -> None:
    """Kill at moments: who reads files asks nobody."""
    chance, cut = random.Random(SEED), 0
    with fetching(scene, scene.case(folder / "timed")) as child:
        begun = time.monotonic()
        assert child.wait() == 0
        seconds = time.monotonic() - begun
    for run in range(10 * times):
        target = scene.case(folder / f"killed{run}")
        cut += killed_after(scene, target, chance.random() * seconds)
        scene.fetch(target)
        assert bytes_in(target) == undisturbed
        if cut == times:
            break
    print(scene.way, cut, "fetches killed in up to", round(seconds, 2), "s")
    assert cut == times
    assert not scene.server.log


def kills_leave_no_trace(scene: Scene, times: int, folder: Path, undisturbed: dict[str, bytes]) -> None:
    is_archive = scene.way == "archive"
    assert_replays(folder / "undisturbed" / "story", scene.variables if is_archive else {})
    kill = reading_kills_leave_no_trace if is_archive else asking_kills_leave_no_trace
    kill(scene, times, folder, undisturbed)


@needs_kill
def test_a_fetch_killed_at_any_moment_and_run_again_is_the_fetch_that_was_not(
    scene: Scene, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    kills_leave_no_trace(scene, IN_THE_GATE[scene.way], tmp_path, undisturbed)


def test_tables_that_a_kill_left_between_two_fetches_are_written_anew(
    scene: Scene, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "undisturbed" / "story"
    (table,) = [one for one in ("transfers.csv", "ledger.csv") if (folder / "bundle" / one).is_file()]
    (folder / "bundle" / table).write_bytes(b"as a later head had it\n")
    scene.fetch(folder)
    assert bytes_in(folder) == undisturbed


@needs_kill
@pytest.mark.prove
def test_a_fetch_killed_fifty_times_and_run_again_is_the_fetch_that_was_not(
    scene: Scene, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    kills_leave_no_trace(scene, KILLS, tmp_path, undisturbed)
