"""Whom a fetch asks: the chains of its seeds, a second source, the newest block of now, and who answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from tracer.bundle import LiveExchange, Store
from tracer.collect.limits import Limits
from tracer.errors import InputError
from tracer.model import BITCOIN, DEFAULT_CHAIN, ChainId, Publication, Seed, chain_of
from tracer.net import LOOPBACK, Check, Query, Request
from tracer.providers import SOURCES, BlockRef, Choice

T = TypeVar("T")


def chains_of(seeds: Iterable[Seed], limits: Limits) -> list[ChainId]:
    """Return the chains a case needs: those of its seeds; a hash without chain is told by its form."""
    named = {seed.chain or (DEFAULT_CHAIN if seed.value.startswith("0x") else BITCOIN) for seed in seeds}
    return sorted(named | set(limits.since) | {chain for chain, _ in limits.also})


def choices_for(chains: Sequence[ChainId], prefer: str) -> list[Choice]:
    """Return whom to ask for each chain: the preferred source where it reads such a chain, else the first that can.

    Raises
    ------
    InputError
        If a chain has no source, or the preferred one reads none of the chains or lacks something.
    """
    if not prefer:
        return [SOURCES.choose(chain) for chain in chains]
    families = SOURCES.get(prefer).families
    fits = [chain for chain in chains if chain_of(chain).family in families] or list(chains)
    return [SOURCES.choose(chain, prefer if chain in fits else "") for chain in chains]


def second_of(choice: Choice, name: str = "") -> Choice:
    """Return the source a first one is checked against: the one named, else the first other that can be asked.

    Raises
    ------
    InputError
        If there is no other, or the one named lacks something.
    """
    if name:
        return SOURCES.choose(choice.chain, name)
    for entry in SOURCES.entries():
        if entry.name != choice.source and not SOURCES.missing(entry, choice.chain):
            return SOURCES.choose(choice.chain, entry.name)
    raise InputError(
        f"There is no second source for {choice.chain}.",
        why=f"{choice.source} is the only one that can be asked.",
        next_step="`tracer doctor` says what each source gives and needs.",
    )


def newest(choice: Choice, exchange: LiveExchange) -> BlockRef:
    """Ask a source for the newest block of now, whatever an earlier fetch was told."""
    return SOURCES.set_up(choice, _Anew(exchange)).head().latest


class _Anew:
    """An exchange that asks everything anew; the answers take the place of earlier ones."""

    def __init__(self, exchange: LiveExchange) -> None:
        self._exchange = exchange

    @property
    def offline(self) -> bool:
        return False

    def ask(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        return self._exchange.ask_anew(query, request, check)

    def ask_all(self, questions: Sequence[tuple[Query, Callable[[], Request], Check[T]]]) -> list[T]:
        return [self.ask(*question) for question in questions]


def publishers_of(store: Store, choices: Sequence[Choice]) -> dict[str, Publication]:
    """Return where the rows come from, by the hosts that answered."""
    names = {name for choice in choices for name in (choice.source, choice.companion) if name}
    hosts: dict[str, str] = {}
    for record in store.records():
        if record.query.source in names:
            hosts[record.query.source] = min(record.host, hosts.get(record.query.source, record.host))
    return {
        name: Publication(
            key=name,
            publisher=hosts.get(name, name),
            title=f"Replies of the source {name}, kept in this bundle",
            url=f"{'http' if hosts.get(name, LOOPBACK[0]) in LOOPBACK else 'https'}://{hosts.get(name, LOOPBACK[0])}/",
            published="",
            retrieved="",
            rank="A6",
            licence="facts of a public chain",
        )
        for name in sorted(names)
    }
