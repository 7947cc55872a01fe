"""Asking ahead: what the next step of a collection needs is asked side by side, then taken in its own order.

The reader keeps every answer, so the step itself finds them there; nothing of it depends on the order of the replies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

One = TypeVar("One")
Answer = TypeVar("Answer")


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
        if self.workers < 2 or not about:
            return {}
        if len(about) == 1:
            return {about[0]: ask(about[0])}
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="tracer-ahead")
        try:
            begun = [self._pool.submit(ask, one) for one in about]
            return {one: future.result() for one, future in zip(about, begun, strict=True)}
        except BaseException:
            if self._break_off is not None:
                self._break_off()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
            raise
