"""Blockscout: an explorer without a key, one instance a chain, which passes questions on to its node."""

from __future__ import annotations

from tracer.model import ChainId
from tracer.net import CachedTransport
from tracer.providers.evm.explorer import Explorer, ExplorerSettings
from tracer.providers.evm.source import EvmRpc


def blockscout(
    chain: ChainId,
    exchange: CachedTransport,
    url: str,
    rpc: EvmRpc | None = None,
    *,
    name: str = "blockscout",
    page_rows: int = 1_000,
    result_window: int = 10_000,
) -> Explorer:
    """Return a Blockscout instance as a source of its chain.

    Parameters
    ----------
    chain : ChainId
        An EVM chain.
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API, as ``https://eth.blockscout.com/api``; below it ``eth-rpc`` answers as a node does.
    rpc : EvmRpc, optional
        A node that completes its rows.
    name : str
        Name in the registry.
    page_rows, result_window : int
        As in :class:`tracer.providers.evm.explorer.ExplorerSettings`.
    """
    # Here, not above: with a node of one's own nothing of web3 is needed for this.
    from tracer.providers.evm.rpc import RpcNode

    settings = ExplorerSettings(name, url.rstrip("/"), {}, page_rows, result_window)
    own = rpc or EvmRpc(RpcNode(chain, exchange, f"{settings.url}/eth-rpc", name=name))
    return Explorer(chain, exchange, settings, own, rpc)
