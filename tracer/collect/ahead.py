"""Asking ahead: what the next step of a collection needs is asked side by side, then taken in its own order.

The reader keeps every answer, so the step itself finds them there; nothing of it depends on the order of the replies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

One = TypeVar("One")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Task:
    """Something to ask, and what is to be asked once it is answered.

    Attributes
    ----------
    place : tuple of int
        Where it stands among all: of several errors that of the first place is raised. What it leads to comes later.
    ask : callable
        Asks, and returns the tasks that the answer leads to.
    """

    place: tuple[int, ...]
    ask: Callable[[], Iterable[Task]]


class Ahead:
    """Threads that ask ahead.

    Parameters
    ----------
    workers : int
        How many; with fewer than 2 nothing is asked ahead.
    break_off : callable, optional
        Called at an error or an interrupt, so that none of the threads goes on waiting.
    """

    def __init__(self, workers: int = 1, break_off: Callable[[], object] | None = None) -> None:
        self.workers = workers
        self._break_off = break_off
        self._pool: ThreadPoolExecutor | None = None

    def each(self, ask: Callable[[One], Answer], about: Sequence[One]) -> dict[One, Answer]:
        """Return the answers about several things; where there is an error, that of the first of them is raised.

        Without threads nothing is asked: whoever needs an answer asks for it where it is needed.
        """
        if self.workers < 2:
            return {}
        found: dict[One, Answer] = {}

        def asking(one: One) -> Callable[[], tuple[Task, ...]]:
            def answered() -> tuple[Task, ...]:
                found[one] = ask(one)
                return ()

            return answered

        self.run([Task((number,), asking(one)) for number, one in enumerate(about)])
        return {one: found[one] for one in about}

    def run(self, tasks: Sequence[Task]) -> None:
        """Ask all there is to ask; where there is an error, that of the first place is raised.

        Nobody waits for another but for whom a task itself leads to: a reply that is late holds up its own alone.
        Without threads nothing is asked.
        """
        if self.workers < 2 or not tasks:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="tracer-ahead")
        run = _Run(self._pool)
        try:
            run.of(tasks)
        except BaseException:
            if self._break_off is not None:
                self._break_off()
            run.stop()
            self._pool = None
            raise


class _Run:
    """Tasks of one run. Who has answered one begins what it leads to; whoever began the run sleeps meanwhile."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._under_way: set[tuple[int, ...]] = set()
        self._place: tuple[int, ...] = ()
        self._fault: BaseException | None = None
        self._is_stopped = False

    def of(self, tasks: Sequence[Task]) -> None:
        """Ask all; raise the error of the first place."""
        with self._lock:
            self._under_way.update(task.place for task in tasks)  # before the first of them can have ended
            for task in tasks:
                self._begin(task)
        self._done.wait()
        fault, self._fault = self._fault, None
        try:
            if fault is not None:
                raise fault
        finally:
            del fault  # the error holds this frame: it would hold itself

    def stop(self) -> None:
        """Begin nothing further."""
        with self._lock:
            self._is_stopped = True
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, task: Task) -> None:
        self._under_way.add(task.place)
        self._pool.submit(task.ask).add_done_callback(partial(self._ended, task))

    def _ended(self, task: Task, future: Future[Iterable[Task]]) -> None:
        """Take what came of a task, and begin what is to be asked next: nothing that comes after an error."""
        with self._lock:
            if self._is_stopped or future.cancelled():
                return
            fault = future.exception()
            if fault is not None and (self._fault is None or task.place < self._place):
                self._place, self._fault = task.place, fault
            for more in () if fault is not None else future.result():
                if self._fault is None or more.place < self._place:
                    self._begin(more)
            self._under_way.discard(task.place)
            if not self._under_way or (self._fault is not None and min(self._under_way) > self._place):
                self._done.set()
