"""How politely each source is asked: rate, daily budget, time-outs, sizes, retries."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from tracer.errors import InputError

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
MEBIBYTE: Final = 1 << 20
LARGEST_REPLY: Final = 64 * MEBIBYTE
"""No larger body is taken from a host, or believed to lie in a bundle."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What one host is asked for at most.

    Attributes
    ----------
    rate_per_s : float
        Calls a second, evenly spaced after the first `burst`.
    burst : int
        Calls that may go out at once after a quiet time. Providers count in fixed seconds, hence 1.
    per_day : int or None
        Calls in 24 hours of one process; ``None`` for no limit.
    timeout_s : float
        Longest silence: to connect, to send, between two parts of a reply.
    total_s : float
        Longest time for one whole reply.
    max_bytes : int
        Largest body, after decompression.
    retries : int
        Further tries of one question after a passing fault.
    concurrency : int
        Calls under way at once.
    """

    rate_per_s: float = 2.0
    burst: int = 1
    per_day: int | None = 100_000
    timeout_s: float = 30.0
    total_s: float = 300.0
    max_bytes: int = LARGEST_REPLY
    retries: int = 6
    concurrency: int = 4


DEFAULTS: Final = {
    "esplora": HostSettings(rate_per_s=1.0, retries=3, concurrency=2),
    "etherscan": HostSettings(rate_per_s=3.0, concurrency=3),
    "trongrid": HostSettings(rate_per_s=10.0),
}
"""By source, from what the providers publish for users without a contract; any other source is asked twice a second."""

_LONGEST_S: Final = 86_400.0
"""Seconds that one call may take, or two be apart, whatever a variable says: no system waits for ever longer times."""

MOST_AT_ONCE: Final = 64
"""Calls under way at one host, at most."""

OWN_NODE: Final = HostSettings(rate_per_s=1_000.0, burst=100, per_day=None, concurrency=MOST_AT_ONCE)
"""Whatever listens on this machine belongs to the caller."""


def variable_of(source: str, what: str) -> str:
    """Return the environment variable of a source: ``TRACER_RATE_ETHERSCAN`` for ``RATE``.

    Examples
    --------
    >>> variable_of("etherscan", "RATE")
    'TRACER_RATE_ETHERSCAN'
    """
    return f"TRACER_{what}_{variable_part(source)}"


def variable_part(source: str) -> str:
    """Return a source's name as part of an environment variable.

    Examples
    --------
    >>> variable_part("price-api")
    'PRICE_API'
    """
    return re.sub(r"[^A-Z0-9]", "_", source.upper())


def settings_of(source: str, url: str = "") -> HostSettings:
    """Return how a source is asked at a URL.

    The environment has the last word: ``TRACER_RATE_<SOURCE>`` (calls a second), ``TRACER_BUDGET_<SOURCE>`` (calls in
    24 hours; 0 for no limit), ``TRACER_TIMEOUT_<SOURCE>`` (seconds of silence).

    Parameters
    ----------
    source : str
        Name of the source.
    url : str, optional
        Where it is asked: what listens on this machine is asked as fast as it answers.

    Raises
    ------
    InputError
        If a variable is not a number it can be.
    """
    settings = DEFAULTS.get(source, HostSettings())
    if url and urlsplit(url).hostname in LOOPBACK:
        settings = replace(OWN_NODE, retries=settings.retries)
    rate, budget = _number(variable_of(source, "RATE")), _number(variable_of(source, "BUDGET"))
    timeout = _number(variable_of(source, "TIMEOUT"))
    if rate is not None:
        if rate < 1 / _LONGEST_S:
            raise InputError(
                f"{variable_of(source, 'RATE')} is {rate:g}.", why="Less than one call a day would be sent."
            )
        # So many under way that a rate is reached where each reply takes a second.
        at_once = max(settings.concurrency, min(MOST_AT_ONCE, math.ceil(rate)))
        settings = replace(settings, rate_per_s=rate, concurrency=at_once)
    if budget is not None:
        settings = replace(settings, per_day=int(budget) or None)
    if timeout is not None:
        settings = replace(settings, timeout_s=min(max(timeout, 0.1), _LONGEST_S))
    return settings


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL.

    Raises
    ------
    InputError
        If it is not an http or https URL; it is not repeated, since it may hold a key.

    Examples
    --------
    >>> origin_of("https://API.example.org/v2/api?module=account")
    'https://api.example.org:443'
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    if not parts.hostname:
        raise InputError(
            "The URL of a source is not one.",
            why="It has to begin with https:// or http:// and name a host.",
            next_step="Look at the setting of the source's URL.",
        )
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _number(variable: str) -> float | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InputError(f"{variable} is {text[:40]!r}, which is not a number of at least 0.")
    return value
