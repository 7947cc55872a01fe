"""The three kinds of EVM source over one local chain, asking through a bundle of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from explorer_server import ExplorerServer

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.model import ChainId
from tracer.net.http import Http
from tracer.net.query import PermanentError, Query, Reply, Request, SplitRequest
from tracer.net.settings import settings_of
from tracer.net.throttle import Pause
from tracer.net.transport import CachedTransport, Check, T
from tracer.providers.evm.blockscout import blockscout
from tracer.providers.evm.etherscan import etherscan
from tracer.providers.evm.explorer import Explorer
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc, EvmSettings

LOCAL = ChainId("eip155:31337")


class QuickExchange:
    """Asks the local server and remembers in memory: a test of sources needs no disk."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._held: dict[str, Reply | SplitRequest | PermanentError] = {}
        self.offline = False
        self.anew = False

    def ask(self, query: Query, request: Callable[[], Request], check: Check[T]) -> T:
        """Return the checked answer to one question."""
        held = None if self.anew else self._held.get(query.key)
        if held is None:
            held = self._send(query, request(), check)
        if not isinstance(held, Reply):
            raise held
        return check(held)

    def _send(self, query: Query, request: Request, check: Check[T]) -> Reply | SplitRequest | PermanentError:
        found: Reply | SplitRequest | PermanentError = self._http.send(request, Pause(lambda _: None)).reply
        try:
            check(found)
        except (SplitRequest, PermanentError) as fault:
            found = fault
        self._held[query.key] = found
        return found

    def ask_all(self, questions: Sequence[tuple[Query, Callable[[], Request], Check[T]]]) -> list[T]:
        """Return the answers of several questions in their order."""
        return [self.ask(*question) for question in questions]


@contextmanager
def quick_exchange(server: ExplorerServer) -> Iterator[QuickExchange]:
    """Give an exchange without a bundle."""
    with Http({server.url: settings_of("rpc", server.url)}) as http:
        yield QuickExchange(http)


@contextmanager
def live_exchange(folder: Path, server: ExplorerServer) -> Iterator[LiveExchange]:
    """Give an exchange over a new bundle that may ask the local server and nobody else."""
    settings = {server.url: settings_of("rpc", server.url)}
    with Store(folder, write=True) as store, Http(settings) as http:
        yield LiveExchange(store, http, sleep=lambda _: None)


def rpc_source(exchange: CachedTransport, server: ExplorerServer, settings: EvmSettings | None = None) -> EvmRpc:
    """Return the node as a source."""
    return EvmRpc(RpcNode(LOCAL, exchange, server.rpc_url), settings)


def explorer_sources(
    exchange: CachedTransport, server: ExplorerServer, rpc: EvmRpc | None, *, page_rows: int = 1_000
) -> list[Explorer]:
    """Return both account explorers, completed from a node where one is given."""
    return [
        etherscan(LOCAL, exchange, server.etherscan_url, rpc, page_rows=page_rows),
        blockscout(LOCAL, exchange, server.blockscout_url, rpc, page_rows=page_rows),
    ]
