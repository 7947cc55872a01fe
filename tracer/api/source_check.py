"""Which sources answer, which keys are set, what each can give, and by which way out: what `tracer doctor` asks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tracer.errors import TracerError
from tracer.model import BITCOIN, CHAINS, DEFAULT_CHAIN, TRON, ChainId, chain_of
from tracer.net import host_of, key_of, redact
from tracer.providers import SOURCES, Choice, Entry, url_of

USUAL: Final = (DEFAULT_CHAIN, BITCOIN, TRON)
"""Chains that are looked at even where nobody set anything up for them."""

_AT_ONCE: Final = 8
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_AUTHORITIES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source, for one chain.

    Attributes
    ----------
    source : str
        Its name.
    chain : ChainId
        The chain.
    key : str
        ``set``, ``not set`` (optional), ``missing`` (needed) or ``none`` (it has none).
    gives : str
        What it gives, in a sentence.
    answers : bool or None
        Whether it answered; ``None``: it was not asked.
    detail : str
        Its newest block, the fault, or what it lacks.
    """

    source: str
    chain: ChainId
    key: str
    gives: str
    answers: bool | None
    detail: str


def source_states(chains: Iterable[ChainId] | None = None, *, ask: bool = True) -> tuple[SourceState, ...]:
    """Return the state of every source for every chain, in order of chain and preference.

    Parameters
    ----------
    chains : iterable of ChainId, optional
        By default Ethereum, Bitcoin, Tron, and every known chain that a source is set up for.
    ask : bool, default True
        Whether each source that lacks nothing is asked for its newest block.
    """
    asked = tuple(chains) if chains is not None else _chains_set_up()
    pairs = [
        (entry, chain) for chain in asked for entry in SOURCES.entries() if chain_of(chain).family in entry.families
    ]
    # Side by side: without a network each of them waits until it gives up.
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tracer") as pool:
        return tuple(pool.map(lambda pair: _state(*pair, ask=ask), pairs))


def way_out() -> tuple[str, ...]:
    """Return, in sentences, the proxy and the certificate authority in use; passwords of a proxy are left out."""
    sentences = []
    proxy = next((os.environ[name] for name in _PROXIES if os.environ.get(name)), "")
    if proxy:
        parts = urlsplit(proxy)
        sentences.append(f"proxy: {parts.hostname or 'not usable'}{f':{parts.port}' if parts.port else ''}")
    for name in _AUTHORITIES:
        path = os.environ.get(name)
        if path:
            there = Path(path).is_dir() if name == "SSL_CERT_DIR" else Path(path).is_file()
            sentences.append(f"certificate authority of {name}: {'there' if there else 'not there'}")
    return tuple(sentences) or ("no proxy, the certificate authorities that ship with Python's certifi",)


def _chains_set_up() -> tuple[ChainId, ...]:
    more = [
        chain.id
        for chain in CHAINS.values()
        if chain.id not in USUAL
        and any(not SOURCES.missing(entry, chain.id) for entry in SOURCES.entries() if entry.name in ("rpc", "archive"))
    ]
    return (*USUAL, *sorted(more))


def _state(entry: Entry, chain: ChainId, *, ask: bool) -> SourceState:
    lacks = SOURCES.missing(entry, chain)
    state = SourceState(entry.name, chain, _key_state(entry), entry.gives, None, lacks)
    if lacks:
        return state
    if not ask:
        return replace(state, detail=_where(url_of(entry, chain)))
    answers, detail = _ask(Choice(chain, entry.name))
    return replace(state, answers=answers, detail=detail)


def _key_state(entry: Entry) -> str:
    if not entry.key:
        return "none"
    if key_of(entry.name) is not None:
        return "set"
    return "missing" if entry.key == "needed" else "not set"


def _ask(choice: Choice) -> tuple[bool, str]:
    """Ask a source for its head; the answer goes into a bundle that is thrown away."""
    from tracer.bundle import LiveExchange, Store
    from tracer.net import Http

    hosts = {url: replace(limit, retries=0, timeout_s=10.0) for url, limit in SOURCES.hosts([choice]).items()}
    with tempfile.TemporaryDirectory() as folder, Http(hosts) as http, Store(Path(folder), write=True) as store:
        try:
            head = SOURCES.set_up(choice, LiveExchange(store, http, max_calls=10)).head()
        except TracerError as error:
            return False, redact(str(error).replace("\n", " "))
    return True, f"newest block {head.latest.number}"


def _where(url: str) -> str:
    return host_of(url) or "a folder" if url.startswith("http") else "a folder"
