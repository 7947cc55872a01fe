"""Asking ahead: what the next step of a collection needs is asked side by side, then taken in its own order.

The reader keeps every answer, so the step itself finds them there; nothing of it depends on the order of the replies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
            run.is_stopped = True
            if self._break_off is not None:
                self._break_off()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
            raise


class _Run:
    """Tasks of one run. Who has answered one goes on with what it leads to; whoever began the run sleeps meanwhile."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._under_way: set[tuple[int, ...]] = set()
        self._place: tuple[int, ...] = ()
        self._fault: BaseException | None = None
        self.is_stopped = False

    def of(self, tasks: Sequence[Task]) -> None:
        """Ask all; raise the error of the first place."""
        self._under_way.update(task.place for task in tasks)
        for task in tasks:
            self._pool.submit(self._ask, task)
        self._done.wait()
        fault, self._fault = self._fault, None
        try:
            if fault is not None:
                raise fault
        finally:
            del fault  # the error holds this frame: it would hold itself

    def _ask(self, task: Task) -> None:
        waiting = [task]
        while waiting:
            one = waiting.pop()
            more: Iterable[Task] = ()
            fault: BaseException | None = None
            try:
                more = one.ask()
            except BaseException as caught:  # raised again by who began the run
                fault = caught
            waiting += self._begun(one, tuple(more), fault)
            for other in waiting[1:]:
                self._pool.submit(self._ask, other)
            del waiting[1:]

    def _begun(self, one: Task, more: Sequence[Task], fault: BaseException | None) -> list[Task]:
        """Take what came of a task; return what is to be asked next: nothing that comes after an error."""
        with self._lock:
            self._under_way.discard(one.place)
            if fault is not None and (self._fault is None or one.place < self._place):
                self._place, self._fault = one.place, fault
            if self.is_stopped:
                return []
            next_ones = [task for task in more if self._fault is None or task.place < self._place]
            self._under_way.update(task.place for task in next_ones)
            if self._fault is None:
                is_done = not self._under_way
            else:
                is_done = not any(place < self._place for place in self._under_way)
            if is_done:
                self._done.set()
            return next_ones
