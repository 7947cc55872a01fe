"""The live exchange: the bundle first, else sent once within the limits, checked, and remembered.

Several threads may ask at once. A question that another is asking is waited for and then read from the bundle, so that
each is sent once; what is remembered does not depend on who asked first, nor on the order in which replies come.
"""

from __future__ import annotations

import random
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from tracer.bundle.offline import Question, replayed
from tracer.bundle.sending import Sender, Sent
from tracer.bundle.store import Store
from tracer.errors import TracerError
from tracer.net import CONNECT_S, SOON_S, Budget, Check, Http, OverBudgetError, Pause, Query, Request, RetryableError

T = TypeVar("T")
PATIENCE: Final = 3
"""Questions in a row whose faults did not pass, after which each is sent once only, until one is answered."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a collection is.

    Attributes
    ----------
    asked : int
        Questions so far.
    from_bundle : int
        Of these, answered without sending.
    stored : int
        Answers and definitive refusals remembered.
    calls : int
        Calls sent, repeated ones among them.
    calls_left : int or None
        Calls the caller still allows; ``None`` for no limit.
    """

    asked: int
    from_bundle: int
    stored: int
    calls: int
    calls_left: int | None


class _Batch(Generic[T]):
    """Questions asked side by side; what is under way is bounded, so that memory is."""

    def __init__(self, workers: int, pause: Pause) -> None:
        self.workers, self.pause = workers, pause
        self.waiting: deque[tuple[int, str, Future[T]]] = deque()
        self.under_way: set[str] = set()
        self.answers: dict[int, T] = {}
        self.faults: dict[int, BaseException] = {}
        self.hopeless = False


class LiveExchange:
    """Answers from a bundle, else by sending; what is definitive is remembered and not asked again.

    Parameters
    ----------
    store : Store
        The bundle, opened for writing.
    http : Http
        The way out.
    max_calls : int, optional
        Calls allowed in all, repeated ones among them.
    progress : callable, optional
        Told how far it is, by one thread at a time.
    renew_refused : bool
        Whether questions once refused are asked once more, as after setting a key.
    sleep : callable, optional
        Waits some seconds.
    seed : int, optional
        Of the chance in waits between tries.
    """

    def __init__(
        self,
        store: Store,
        http: Http,
        *,
        max_calls: int | None = None,
        progress: Callable[[Progress], object] | None = None,
        renew_refused: bool = False,
        sleep: Callable[[float], object] | None = None,
        seed: int | None = None,
    ) -> None:
        self._store, self._http = store, http
        self._progress, self._sleep = progress, sleep
        self._budget = Budget(max_calls)
        chance = random.Random(seed)  # noqa: S311 (spreads retries; guards nothing)
        self._sender = Sender(http, self._budget, store.now, chance)
        self._renew_refused = renew_refused
        self._renewed: set[str] = set()
        self._asked = self._from_bundle = self._stored = self._unanswered = 0
        self._counting = threading.RLock()
        self._under_way: dict[str, threading.Event] = {}
        self._pauses: weakref.WeakSet[Pause] = weakref.WeakSet()
        self._pool: ThreadPoolExecutor | None = None
        self._broken = False
        self._inside = 0
        self._left = threading.Condition(self._counting)

    def __enter__(self) -> LiveExchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what is under way and wait until nobody asks any more, so that nothing is left open; for good.

        After an error, or when a collection is broken off, threads may still be asking.
        """
        self.break_off()
        self._http.close()
        with self._counting:
            pool, self._pool = self._pool, None
            self._left.wait_for(lambda: not self._inside, timeout=CONNECT_S + SOON_S)
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    @property
    def concurrency(self) -> int:
        """How many may ask at once: one where calls are counted, so that it is always the same that get the last."""
        return 1 if self._budget.limit is not None else self._http.concurrency

    def break_off(self) -> None:
        """End every wait of those who ask, for good: nothing further is sent. What is under way may still come in."""
        with self._counting:
            self._broken = True
            for pause in list(self._pauses):
                pause.stop()

    @property
    def offline(self) -> bool:
        """Whether only the bundle answers: it does not."""
        return False

    def ask(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the checked answer to one question, from the bundle if it is held.

        Raises
        ------
        SplitRequest, PermanentError
            As `check` says, now or at the first asking.
        RetryableError
            If the fault did not pass within the retries allowed.
        OverBudgetError
            If the caller's calls or the host's day are used up; not remembered.
        """
        self._count_asked()
        with self._asking():
            while True:
                found = self._in_bundle(query, check)
                if found:
                    return found[0]
                other = self._claim(query.key)
                if other is None:
                    break
                other.wait()
            try:
                found = self._in_bundle(query, check)  # it may have come in just before the claim
                return found[0] if found else self._ask_now((query, request, check))
            finally:
                self._release(query.key)

    def ask_anew(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the answer of now, whatever is held; it takes the place of the earlier one. Raises as :meth:`ask`."""
        self._count_asked()
        with self._asking():
            return self._ask_now((query, request, check))

    def ask_all(self, questions: Sequence[Question[T]]) -> list[T]:
        """Return the answers of several questions in their order, asked side by side within the hosts' limits.

        Each is remembered as it comes. Where one fails, those of the others are remembered, then the first error is
        raised; after a fault that did not pass nothing further is sent.

        Raises
        ------
        TracerError
            As :meth:`ask`.
        """
        if len(questions) < 2:
            return [self.ask(*question) for question in questions]
        with self._asking():
            return self._ask_side_by_side(questions)

    def _ask_side_by_side(self, questions: Sequence[Question[T]]) -> list[T]:
        pause = self._new_pause()
        batch: _Batch[T] = _Batch(min(len(questions), self._http.concurrency), pause)
        try:
            for index, question in enumerate(questions):
                if not self._begin(batch, index, question):
                    break
            while batch.waiting:
                self._end_oldest(batch)
        except BaseException:
            pause.stop()
            for _, key, future in batch.waiting:
                future.cancel()
                self._release(key)
            raise
        if batch.faults:
            raise batch.faults[min(batch.faults)]
        return [batch.answers[index] for index in range(len(questions))]

    def _begin(self, batch: _Batch[T], index: int, question: Question[T]) -> bool:
        """Answer a question of a batch from the bundle or send it; return whether to go on."""
        query, _, check = question
        self._count_asked()
        try:
            while True:
                found = self._in_bundle(query, check)
                if found:
                    batch.answers[index] = found[0]
                    return True
                if batch.hopeless:
                    return False
                other = self._claim(query.key)
                if other is None:
                    break
                # The same question twice is asked once. Whoever waits for another holds nothing that others wait for.
                while batch.waiting:
                    self._end_oldest(batch)
                other.wait()
        except TracerError as fault:
            batch.faults[index] = fault
            return not isinstance(fault, OverBudgetError)
        try:
            found = self._in_bundle(query, check)
            if found:
                batch.answers[index] = found[0]
                self._release(query.key)
                return True
            self._budget.spend()
        except TracerError as fault:
            self._release(query.key)
            batch.faults[index] = fault
            return not isinstance(fault, OverBudgetError)
        batch.waiting.append((index, query.key, self._sending().submit(self._send, question, batch.pause)))
        while len(batch.waiting) >= 2 * batch.workers:
            self._end_oldest(batch)
        return True

    def _end_oldest(self, batch: _Batch[T]) -> None:
        index, key, future = batch.waiting[0]
        fault = future.exception()
        batch.waiting.popleft()
        try:
            if fault is None:
                batch.answers[index] = future.result()
        finally:
            self._release(key)
        if fault is not None:
            batch.faults[index] = fault
            batch.hopeless |= isinstance(fault, RetryableError | OverBudgetError)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Be known as one who asks, until it is done."""
        with self._counting:
            self._inside += 1
        try:
            yield
        finally:
            with self._counting:
                self._inside -= 1
                if not self._inside:
                    self._left.notify_all()

    def _claim(self, key: str) -> threading.Event | None:
        """Take a question as one's own to ask; ``None``, or what tells when another who is asking it is done."""
        with self._counting:
            other = self._under_way.get(key)
            if other is None:
                self._under_way[key] = threading.Event()
            return other

    def _release(self, key: str) -> None:
        with self._counting:
            self._under_way.pop(key).set()

    def _new_pause(self) -> Pause:
        with self._counting:
            pause = Pause(self._sleep)
            self._pauses.add(pause)
            if self._broken:
                pause.stop()
            return pause

    def _sending(self) -> ThreadPoolExecutor:
        with self._counting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._http.concurrency, thread_name_prefix="tracer")
            return self._pool

    def _count_asked(self) -> None:
        with self._counting:
            self._asked += 1

    def _in_bundle(self, query: Query, check: Check[T]) -> tuple[T] | None:
        """Return what the bundle answers, or ``None`` where the question is to be sent."""
        answer = self._store.held(query)
        if answer is None:
            return None
        with self._counting:
            if answer.outcome == "refused" and self._renew_refused and query.key not in self._renewed:
                return None  # asked once more, and renewed when it is remembered
            self._from_bundle += 1
        try:
            value = replayed(self._store, answer, check)
        except RetryableError:
            with self._counting:
                self._from_bundle -= 1
            return None  # what was taken for an answer is none to this check
        finally:
            self._tell()
        return (value,)

    def _ask_now(self, question: Question[T]) -> T:
        self._budget.spend()
        return self._send(question, self._new_pause())

    def _send(self, question: Question[T], pause: Pause) -> T:
        """Send a question and keep what came of it: until then its body is in memory, and counted there."""
        with self._http.place() as place:
            value: T = self._remember(self._sender.send(question, pause, place))
        return value

    def _remember(self, sent: Sent) -> Any:  # noqa: ANN401 (whatever the check gives)
        for record, body in sent.tries:
            self._store.add(record, body)
        with self._counting:
            self._renewed.update(record.query.key for record, _ in sent.tries)
            self._stored += sum(record.answer.definitive for record, _ in sent.tries)
            self._unanswered = self._unanswered + 1 if isinstance(sent.fault, RetryableError) else 0
            self._sender.patient = self._unanswered < PATIENCE
        self._tell()
        if sent.fault is not None:
            raise sent.fault
        return sent.value

    def _tell(self) -> None:
        if self._progress is not None:
            with self._counting:
                calls, left = self._budget.spent, self._budget.left
                self._progress(Progress(self._asked, self._from_bundle, self._stored, calls, left))
