"""JSON-RPC through web3: the one file that imports it. Only plain Python values leave it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

_RECURSION = sys.getrecursionlimit()
from web3 import Web3  # noqa: E402
from web3.providers.base import BaseProvider  # noqa: E402
from web3.types import RPCEndpoint, RPCResponse  # noqa: E402

# Importing web3 raises the limit to 100,000, at which hostile JSON overflows the stack instead of being an error.
sys.setrecursionlimit(_RECURSION)

from tracer.model import ChainId  # noqa: E402
from tracer.net import CachedTransport, Check, Query, Request  # noqa: E402  # noqa: E402
from tracer.providers.evm.node import Call  # noqa: E402
from tracer.providers.evm.rpc_replies import ID, result_of  # noqa: E402

T = TypeVar("T")

NULL_ANSWERS: Final = ("eth_getCode", "eth_call")
"""Methods whose result may be empty."""


class _Params(list[Any]):
    """Parameters on their way through web3, with the question they belong to."""

    call: Call[Any]


class ExchangeProvider(BaseProvider):
    """A web3 provider whose transport is the exchange: answers come from the bundle, or are sent for and remembered.

    Parameters
    ----------
    exchange : CachedTransport
        Live, or replaying a bundle.
    chain : ChainId
        An EVM chain.
    name : str
        Name of the source in the registry.
    url : str
        Where the node listens; it may hold a key and is never written anywhere.
    """

    def __init__(self, exchange: CachedTransport, chain: ChainId, name: str, url: str) -> None:
        super().__init__()
        self._exchange, self._chain, self._name, self._url = exchange, chain, name, url

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 (as web3 has it)
        """Return the checked result of one call in web3's envelope."""
        call = params.call if isinstance(params, _Params) else Call(method, tuple(params), lambda field: field.value)
        return cast(RPCResponse, {"jsonrpc": "2.0", "id": ID, "result": self._exchange.ask(*self._question(call))})

    def make_all(self, calls: Sequence[Call[T]]) -> list[T]:
        """Return the answers to several calls, each a question of its own, asked side by side."""
        return self._exchange.ask_all([self._question(call) for call in calls])

    def _question(self, call: Call[T]) -> tuple[Query, Any, Check[T]]:
        query = Query(self._name, self._chain, call.method, {"params": list(call.params)}, call.head)
        body = {"jsonrpc": "2.0", "id": ID, "method": call.method, "params": list(call.params)}

        def request() -> Request:
            sent = json.dumps(body, separators=(",", ":")).encode()
            return Request("POST", self._url, headers={"Content-Type": "application/json"}, body=sent)

        return query, request, result_of(call.method, call.parse, unknown=call.method in NULL_ANSWERS)


class RpcNode:
    """A node that speaks JSON-RPC.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Where the node listens; it may hold a key and is never written anywhere.
    name : str
        Name of the source in the registry.
    """

    def __init__(self, chain: ChainId, exchange: CachedTransport, url: str, *, name: str = "rpc") -> None:
        self._chain, self._name = chain, name
        self._provider = ExchangeProvider(exchange, chain, name, url)
        # Without middleware nothing is rewritten on the way: amounts and hashes stay what the node sent.
        self._web3 = Web3(self._provider, middleware=[])

    @property
    def name(self) -> str:
        """Name of the source in the registry."""
        return self._name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    def call(self, call: Call[T]) -> T:
        """Return the answer to one question.

        Raises
        ------
        SplitRequest, PermanentError, RetryableError
            As :meth:`tracer.net.transport.CachedTransport.ask`.
        """
        params = _Params(call.params)
        params.call = call
        return cast(T, self._web3.manager.request_blocking(RPCEndpoint(call.method), params))

    def call_all(self, calls: Sequence[Call[T]]) -> list[T]:
        """Return the answers to several questions in their order."""
        return self._provider.make_all(calls)
