"""Etherscan v2: one service for many chains, with a key; it passes some questions on to a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from tracer.chains import Field, quantity
from tracer.model import ChainId
from tracer.net import (
    CachedTransport,
    Check,
    PermanentError,
    Query,
    Reply,
    Request,
    RetryableError,
    SplitRequest,
    json_of,
)
from tracer.providers.evm.explorer import Explorer, ExplorerSettings, explorer_request
from tracer.providers.evm.explorer_replies import fault_of
from tracer.providers.evm.node import Call
from tracer.providers.evm.rpc_replies import result_of
from tracer.providers.evm.source import EvmRpc, EvmSettings

T = TypeVar("T")
URL: Final = "https://api.etherscan.io/v2/api"

PASSED_ON: Final = {
    "eth_blockNumber": (),
    "eth_getBlockByNumber": ("tag", "boolean"),
    "eth_getTransactionByHash": ("txhash",),
    "eth_getTransactionReceipt": ("txhash",),
    "eth_getTransactionCount": ("address", "tag"),
    "eth_getCode": ("address", "tag"),
}
"""Methods of ``module=proxy`` and the names of their parameters by place."""


class EtherscanNode:
    """The node behind Etherscan, as far as ``module=proxy`` reaches.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    settings : ExplorerSettings
        How Etherscan is asked.
    """

    def __init__(self, chain: ChainId, exchange: CachedTransport, settings: ExplorerSettings) -> None:
        self._chain, self._exchange, self._settings = chain, exchange, settings

    @property
    def name(self) -> str:
        """Name of the source in the registry."""
        return self._settings.name

    @property
    def chain(self) -> ChainId:
        """The chain it answers for."""
        return self._chain

    def call(self, call: Call[T]) -> T:
        """Return the answer to one question; what the service does not pass on is refused without being sent.

        Raises
        ------
        SplitRequest, PermanentError, RetryableError
            As :meth:`tracer.net.transport.CachedTransport.ask`.
        """
        if call.method == "eth_chainId":
            # Every request names the chain, and the service refuses one it does not know.
            return call.parse(Field(int(self._chain.removeprefix("eip155:")), call.method))
        return self._exchange.ask(*self._question(call))

    def call_all(self, calls: Sequence[Call[T]]) -> list[T]:
        """Return the answers to several questions in their order, asked side by side. Raises as :meth:`call`."""
        if any(call.method == "eth_chainId" for call in calls):
            return [self.call(call) for call in calls]
        return self._exchange.ask_all([self._question(call) for call in calls])

    def _question(self, call: Call[T]) -> tuple[Query, Callable[[], Request], Check[T]]:
        """Return a question as it is asked; the height of "latest" is asked for at once."""
        names = PASSED_ON.get(call.method)
        if names is None:
            raise PermanentError(
                f"{self.name} does not pass {call.method} on to a node.",
                next_step="Set the URL of a node for this chain.",
                reason="not_supported",
            )
        params = list(call.params)
        if call.method == "eth_getBlockByNumber" and params[0] == "latest":
            params[0] = hex(self.call(Call("eth_blockNumber", (), quantity, call.head)))
        asked = dict(zip(names, (_written(value) for value in params), strict=True))
        query = Query(self.name, self._chain, f"proxy/{call.method}", asked, call.head)
        sent = {"module": "proxy", "action": call.method, **asked}
        return query, lambda: explorer_request(self._settings, sent), _passed_on(call)


def etherscan(
    chain: ChainId,
    exchange: CachedTransport,
    url: str = URL,
    rpc: EvmRpc | None = None,
    *,
    name: str = "etherscan",
    page_rows: int = 1_000,
    result_window: int = 10_000,
) -> Explorer:
    """Return Etherscan v2 as a source of one chain.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API.
    rpc : EvmRpc, optional
        A node that completes its rows.
    name : str
        Name in the registry.
    page_rows, result_window : int
        As in :class:`tracer.providers.evm.explorer.ExplorerSettings`.
    """
    settings = ExplorerSettings(
        name, url, {"chainid": chain.removeprefix("eip155:")}, page_rows, result_window, withdrawals=True
    )
    own = EvmRpc(EtherscanNode(chain, exchange, settings), EvmSettings(probes=0))
    return Explorer(chain, exchange, settings, own, rpc)


def _passed_on(call: Call[T]) -> Check[T]:
    plain = result_of(call.method, call.parse, unknown=call.method == "eth_getCode")

    def check(reply: Reply) -> T:
        """Tell the service's own envelope from that of the node behind it."""
        body = json_of(reply)
        if isinstance(body, dict) and "status" in body and "jsonrpc" not in body:
            # The service's own refusals come in its own envelope, not in that of a node.
            fault = fault_of(call.method, f"{body.get('message') or ''} {body.get('result') or ''}".strip())
            # Of what is passed on, nothing less can be asked.
            raise RetryableError(fault.what) if isinstance(fault, SplitRequest) else fault
        return plain(reply)

    return check


def _written(value: Any) -> str:  # noqa: ANN401 (a parameter of any JSON type)
    return str(value).lower() if isinstance(value, bool) else str(value)
