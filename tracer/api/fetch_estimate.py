"""What a fetch will take, said before it starts: requests, time and disk, from as few questions as that needs.

Asked are the newest block, the transactions of the theft, and how many transactions the holders have that these reach;
nothing of it is kept. What further holders will be reached, only the fetch itself finds out: hence two figures, one for
those that are known by now, one for as many as the limits allow.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tracer.api.case import Case
from tracer.api.collecting import Settings, plan_of
from tracer.bundle import Bundle, LiveExchange, Progress, Store, open_bundle
from tracer.collect import (
    NOT_READ,
    Collection,
    Dataset,
    Limits,
    choices_of,
    heads_of,
    offline_sources,
    pin,
    pins_of,
)
from tracer.io import Card, Carded
from tracer.model import ChainId, Holder
from tracer.net import HostSettings, Http
from tracer.providers import SOURCES, Choice, Head
from tracer.trace import CaseData

LOOKED_AT: Final = 64
"""Holders whose number of transactions is asked for, at most."""
BYTES_OF_A_REQUEST: Final = 1_600
"""What a question takes on disk with its reply and the rows made of it: measured in a rehearsal."""


@dataclass(frozen=True, slots=True)
class _Cost:
    """Questions a holder costs: by itself, and for each of its transactions."""

    holder: float
    transaction: float


_COSTS: Final = {
    "archive": _Cost(0, 0),
    "blockbook": _Cost(3, 0.1),
    "blockscout": _Cost(12.5, 0.1),
    "esplora": _Cost(3, 1),
    "etherscan": _Cost(12.5, 0.1),
    "rpc": _Cost(12, 4),
    "sqd": _Cost(0.1, 0),
    "trongrid": _Cost(6, 1),
}
"""By source: Etherscan's counted in a rehearsal, the others estimated from the questions their code asks.

An explorer that a node completes costs what the node costs beside its own.
"""
_UNKNOWN: Final = _Cost(12, 4)


@dataclass(frozen=True, slots=True, repr=False)
class Estimate(Carded):
    """What a fetch will take.

    Attributes
    ----------
    case : str
        Which case.
    read, waiting : int
        Holders read by an earlier fetch; holders that stolen money is known to reach and that were not read.
    most : int or None
        Further holders that the limits allow; ``None`` where they set no limit.
    requests, seconds, disk : tuple of int and int or None
        For the holders that are known; for as many as the limits allow, ``None`` where they set no limit.
    asked : int
        Requests that were sent to say so.
    limits : tuple of str
        Whom it will ask, and how many requests a second and a day that allows, in words.
    """

    case: str
    read: int
    waiting: int
    most: int | None
    requests: tuple[int, int | None]
    seconds: tuple[int, int | None]
    disk: tuple[int, int | None]
    asked: int
    limits: tuple[str, ...]

    def card(self) -> Card:
        """Return it in words."""
        most = "no limit of holders is set" if self.most is None else f"for {self.most:,} more holders"
        return Card(
            f"What fetching {self.case} will take",
            (
                ("Holders", (f"{self.read:,} read, {self.waiting:,} known to be reached and not read",)),
                ("Requests", (_both(self.requests, lambda count: f"{count:,}", most),)),
                ("Time", (_both(self.seconds, span, most),)),
                ("Disk", (_both(self.disk, lambda count: f"{count / 1e6:,.1f} MB", most),)),
                ("Limits", self.limits),
                ("Asked", (f"{self.asked:,} requests to say so; nothing is kept of them",)),
            ),
        )

    def text(self) -> str:
        """Return it as lines of words."""
        title, rows, *_ = self.card()
        return "\n".join([title, *(f"  {name}: {'; '.join(lines)}" for name, lines in rows)])

    def record(self) -> dict[str, object]:
        """Return it as JSON has it."""
        pairs = {"requests": self.requests, "seconds": self.seconds, "bytes": self.disk}
        return {
            "case": self.case,
            "holders": {"read": self.read, "waiting": self.waiting, "most": self.most},
            **{name: {"known": known, "most": most} for name, (known, most) in pairs.items()},
            "asked": self.asked,
            "limits": list(self.limits),
        }


def estimate(case: Case, folder: str | Path | None = None, settings: Settings | None = None) -> Estimate:
    """Say what fetching a case will take; nothing is written.

    Parameters
    ----------
    case : Case
        Its seeds and labels.
    folder : path, optional
        The bundle, where an earlier fetch is gone on with; by default that of the case among the user's own.
    settings : Settings, optional
        How it is going to be fetched.

    Raises
    ------
    InputError
        If no source can be asked for a chain of the seeds, or no source knows a seed.
    SourceError
        If a source fails.
    """
    chosen = settings or Settings()
    target, limits, inputs, choices = plan_of(case, folder, chosen)
    before = open_bundle(target) if (target / "manifest.json").is_file() else None
    if before is not None and (before.manifest.pins is None or choices_of(pins_of(before)) != choices):
        before = None
    told: list[Progress] = []
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(Store(work / "asked", write=True))
        http = stack.enter_context(Http(SOURCES.hosts(choices)))
        exchange = stack.enter_context(LiveExchange(store, http, max_calls=chosen.calls, progress=told.append))
        live = {choice.chain: SOURCES.set_up(choice, exchange) for choice in choices}
        if before is not None:
            for chain, head in heads_of(pins_of(before)).items():
                pin(live[chain], head)
        collection = Collection(inputs, live, limits)
        if before is None:
            collection.read_seeds()
        reached = _reached(inputs, limits, choices, before, store, {chain: one.head() for chain, one in live.items()})
        waiting = _waiting(reached)
        sizes = {one: collection.reader.size(*one) or 1 for one in waiting[:LOOKED_AT] if one[0] in live}
    read = sum(status == "whole" for status in reached.holders.values())
    return _summed(case.id, (read, waiting), sizes, limits, choices, max((one.calls for one in told), default=0))


def _reached(
    inputs: CaseData,
    limits: Limits,
    choices: list[Choice],
    before: Bundle | None,
    store: Store,
    heads: Mapping[ChainId, Head],
) -> Dataset:
    """Return what is reached by what is held: of an earlier fetch, else of the theft's transactions alone."""
    with ExitStack() as stack:
        held = store if before is None else stack.enter_context(Store(before.folder))
        sources = offline_sources(choices, held)
        for chain, source in sources.items():
            pin(source, heads[chain])
        free = replace(limits, addresses=None, rows=None, contracts=True, high_degree=None, balances=False)
        return Collection(inputs, sources, free).run()


def _waiting(reached: Dataset) -> list[Holder]:
    unread = {(one.chain, one.subject) for one in reached.coverage if one.detail == NOT_READ}
    return [holder for holder in reached.holders if holder in unread]


def _summed(
    case: str,
    holders: tuple[int, list[Holder]],
    sizes: dict[Holder, int],
    limits: Limits,
    choices: list[Choice],
    asked: int,
) -> Estimate:
    read, waiting = holders
    hosts = {choice.chain: _settings(choice) for choice in choices}
    costs = {choice.chain: _cost(choice) for choice in choices}
    each = [
        costs[chain].holder + costs[chain].transaction * min(size, limits.high_degree or size)
        for (chain, _), size in sizes.items()
    ]
    mean = sum(each) / len(each) if each else max(one.holder + one.transaction for one in costs.values())
    most = None if limits.addresses is None else max(0, limits.addresses - read)
    known = len(waiting) if most is None else min(len(waiting), most)
    requests = (math.ceil(mean * known), None if most is None else math.ceil(mean * most))
    slowest = min(host.rate_per_s for host in hosts.values())
    seconds = (math.ceil(requests[0] / slowest), None if requests[1] is None else math.ceil(requests[1] / slowest))
    disk = (requests[0] * BYTES_OF_A_REQUEST, None if requests[1] is None else requests[1] * BYTES_OF_A_REQUEST)
    words = tuple(
        f"{choice.source} on {choice.chain}: {hosts[choice.chain].rate_per_s:g} requests a second"
        + (f", {hosts[choice.chain].per_day:,} a day" if hosts[choice.chain].per_day else "")
        for choice in choices
    )
    return Estimate(
        case=case,
        read=read,
        waiting=len(waiting),
        most=most,
        requests=requests,
        seconds=seconds,
        disk=disk,
        asked=asked,
        limits=words,
    )


def _settings(choice: Choice) -> HostSettings:
    hosts = SOURCES.hosts([choice])
    return min(hosts.values(), key=lambda one: one.rate_per_s, default=HostSettings())


def _cost(choice: Choice) -> _Cost:
    own = _COSTS.get(choice.source, _UNKNOWN)
    beside = _COSTS.get(choice.companion, _UNKNOWN) if choice.companion else _Cost(0, 0)
    return _Cost(own.holder + beside.holder, own.transaction + beside.transaction)


def _both(pair: tuple[int, int | None], word: Callable[[int], str], most: str) -> str:
    """Return both figures in words."""
    known = f"about {word(pair[0])} for the holders known by now"
    return f"{known}; {most}" if pair[1] is None else f"{known}, about {word(pair[1])} {most}"


def span(seconds: float) -> str:
    """Return a span of time in words.

    Examples
    --------
    >>> span(90), span(600), span(9_000)
    ('90 s', '10 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
