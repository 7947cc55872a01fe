"""Waiting: the rate of one host, its daily budget, and pauses that can be broken off."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from tracer.errors import SourceError
from tracer.net.query import PermanentError
from tracer.net.settings import HostSettings

LONGEST_WAIT_S: Final = 120.0
"""No wait that a provider asks for, and no back-off, is longer."""

_DAY_S: Final = 86_400.0
_SLOWEST: Final = 1 / 16
_RECOVERY: Final = 1.1
_SOON: Final = 0.1


class OverBudgetError(PermanentError):
    """The caller's own limit of calls is used up. Nothing was sent, and nothing is remembered."""

    def __init__(self, what: str, *, next_step: str) -> None:
        super().__init__(
            what, why="The limit is the caller's own, not the provider's.", next_step=next_step, reason="over_budget"
        )


class Stopped(SourceError):  # noqa: N818 (it says what is the case)
    """The collection was broken off while this question waited."""


class Budget:
    """Counts the calls of one run, over all hosts.

    Parameters
    ----------
    limit : int or None
        Calls allowed; ``None`` for no limit.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit, self.spent = limit, 0
        self._lock = threading.Lock()

    @property
    def left(self) -> int | None:
        """Calls still allowed; ``None`` for no limit."""
        return None if self.limit is None else self.limit - self.spent

    def spend(self) -> None:
        """Count one call.

        Raises
        ------
        OverBudgetError
            If none is left.
        """
        with self._lock:
            if self.limit is not None and self.spent >= self.limit:
                raise OverBudgetError(
                    f"All {self.limit} calls of this run are used up.",
                    next_step="Run it again with a larger budget; what was answered is kept.",
                )
            self.spent += 1


class Pause:
    """Waits that end at once when the collection is broken off.

    Parameters
    ----------
    sleep : callable, optional
        Waits some seconds; by default real ones.
    """

    def __init__(self, sleep: Callable[[float], object] | None = None) -> None:
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait

    def wait(self, seconds: float) -> None:
        """Wait, and raise where the collection was broken off.

        Raises
        ------
        Stopped
            If it was.
        """
        if seconds > 0 and not self._stopped.is_set():
            self._sleep(seconds)
        if self._stopped.is_set():
            raise Stopped("The collection was broken off.", next_step="Run the same command again; it resumes.")

    def stop(self) -> None:
        """End every wait, now and from now on."""
        self._stopped.set()


class Throttle:
    """Gives out the calls to one host: evenly spaced, fewer after a complaint, none beyond the day's budget.

    Parameters
    ----------
    name : str
        The host, for messages.
    settings : HostSettings
        Rate, burst, budget.
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, name: str, settings: HostSettings, clock: Callable[[], float]) -> None:
        self._name, self._settings, self._clock = name, settings, clock
        self._lock = threading.Lock()
        self._next = clock()  # when the next call would go out if none had been saved up
        self._not_before = clock()
        self._speed = 1.0
        self._day_start, self._today = clock(), 0

    def take(self, pause: Pause) -> None:
        """Wait until a call may go out, and count it.

        Raises
        ------
        OverBudgetError
            If the day's budget is used up.
        Stopped
            If the collection was broken off.
        """
        with self._lock:
            self._count()
            until = self._reserve()
        while True:
            pause.wait(until - self._clock())
            with self._lock:
                if until >= self._not_before:
                    return
                # The host asked for silence while this call waited: it takes a new place behind the silence.
                until = self._reserve()

    def complain(self, seconds: float) -> None:
        """Note that the host asked for silence: all calls to it wait, and then go out at half the rate."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)
            self._next = max(self._next, self._not_before)
            self._speed = max(self._speed / 2, _SLOWEST)

    def praise(self) -> None:
        """Note that the host answered: the rate recovers step by step."""
        with self._lock:
            self._speed = min(1.0, self._speed * _RECOVERY)

    def _count(self) -> None:
        now = self._clock()
        if now - self._day_start >= _DAY_S:
            self._day_start, self._today = now, 0
        if self._settings.per_day is not None and self._today >= self._settings.per_day:
            raise OverBudgetError(
                f"{self._name} was asked {self._today} times in 24 hours, which is its daily budget.",
                next_step="Go on tomorrow, or raise the budget with TRACER_BUDGET_<SOURCE>.",
            )
        self._today += 1

    def _reserve(self) -> float:
        interval = 1.0 / (self._settings.rate_per_s * self._speed)
        saved = (self._settings.burst - 1) * interval
        self._next = max(self._next, self._clock() - saved)
        until = max(self._next, self._not_before)
        self._next += interval
        return until


def back_off(attempt: int, chance: random.Random, *, sooner: bool = False) -> float:
    """Return how many seconds to wait after the n-th fault (from 1): doubling, with chance, capped.

    Parameters
    ----------
    attempt : int
        Which fault it is.
    chance : random.Random
        Spreads the waits.
    sooner : bool
        Whether the first wait is a short one: most broken replies are whole the next time, and a case that is read one
        holder after another waits for each of them.
    """
    if sooner and attempt == 1:
        return _SOON * chance.uniform(0.5, 1.0)
    return min(LONGEST_WAIT_S, 0.5 * float(2 ** min(attempt - 1, 16))) * chance.uniform(0.5, 1.0)


def retry_after(text: str, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` field asks to wait, capped; ``None`` where it says nothing usable.

    Parameters
    ----------
    text : str
        Seconds, or an HTTP date.
    now : float
        Seconds since 1970.

    Examples
    --------
    >>> retry_after("7", 0.0)
    7.0
    >>> retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 50.0)
    10.0
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(LONGEST_WAIT_S, float(text[:9]))
    try:
        at = parsedate_to_datetime(text)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None  # no date, or one beyond what the machine counts
    return min(LONGEST_WAIT_S, max(0.0, seconds))
