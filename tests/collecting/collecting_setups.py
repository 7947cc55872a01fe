"""Every way to read a chain over the local providers, asking through a bundle of its own, and the truth to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bitcoin_story import BitcoinStory
from esplora_server import EsploraServer
from explorer_server import ExplorerServer, LocalServer
from laundering import Laundering
from scripted import ZERO

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.model import LOCAL_BITCOIN, LOCAL_EVM, Collected, CollectedTx
from tracer.net.http import Http
from tracer.net.settings import HostSettings
from tracer.net.transport import CachedTransport
from tracer.providers.bitcoin.esplora import Esplora
from tracer.providers.evm.blockscout import blockscout
from tracer.providers.evm.etherscan import etherscan
from tracer.providers.evm.logs import LogSettings
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc, EvmSettings
from tracer.providers.evm.sqd import Sqd
from tracer.providers.provider import Provider

SETTINGS = HostSettings(rate_per_s=10_000.0, burst=1_000, per_day=None, timeout_s=1.5, retries=4, concurrency=4)
"""As fast as the local providers answer, and soon out of patience."""

SetUp = Callable[[CachedTransport, Any, EvmSettings], Provider]
Row = tuple[Any, ...]
BITCOIN_WIDTH = 5


def _node(exchange: CachedTransport, server: ExplorerServer, settings: EvmSettings) -> EvmRpc:
    return EvmRpc(RpcNode(LOCAL_EVM, exchange, server.rpc_url), settings)


def _etherscan(exchange: CachedTransport, server: ExplorerServer, _: EvmSettings) -> Provider:
    return etherscan(LOCAL_EVM, exchange, server.etherscan_url)


def _etherscan_node(exchange: CachedTransport, server: ExplorerServer, settings: EvmSettings) -> Provider:
    return etherscan(LOCAL_EVM, exchange, server.etherscan_url, _node(exchange, server, settings))


def _blockscout(exchange: CachedTransport, server: ExplorerServer, _: EvmSettings) -> Provider:
    return blockscout(LOCAL_EVM, exchange, server.blockscout_url)


def _blockscout_node(exchange: CachedTransport, server: ExplorerServer, settings: EvmSettings) -> Provider:
    return blockscout(LOCAL_EVM, exchange, server.blockscout_url, _node(exchange, server, settings))


def _sqd(exchange: CachedTransport, server: ExplorerServer, _: EvmSettings) -> Provider:
    return Sqd(LOCAL_EVM, exchange, server.sqd_url)


def _sqd_node(exchange: CachedTransport, server: ExplorerServer, settings: EvmSettings) -> Provider:
    return Sqd(LOCAL_EVM, exchange, server.sqd_url, _node(exchange, server, settings))


def _esplora(exchange: CachedTransport, server: EsploraServer, _: EvmSettings) -> Provider:
    return Esplora(LOCAL_BITCOIN, exchange, server.url)


EVM_SETUPS: dict[str, SetUp] = {
    "rpc": _node,
    "etherscan": _etherscan,
    "etherscan+node": _etherscan_node,
    "blockscout": _blockscout,
    "blockscout+node": _blockscout_node,
    "sqd": _sqd,
    "sqd+node": _sqd_node,
}
SETUPS: dict[str, SetUp] = {**EVM_SETUPS, "esplora": _esplora}


@contextmanager
def asking(folder: Path, server: LocalServer, **options: Any) -> Iterator[LiveExchange]:
    """Give an exchange over a bundle that may ask one local server, and does not wait between tries."""
    hosts = {server.url: SETTINGS}
    with Store(folder, write=True) as store, Http(hosts, transport=server.transport) as http:
        yield LiveExchange(store, http, sleep=lambda _: None, seed=1, **options)


def made(name: str, exchange: CachedTransport, server: LocalServer, *, log_cap: int = 1_000) -> Provider:
    """Return the source of a set-up; a reply of `log_cap` logs is not believed to be whole."""
    return SETUPS[name](exchange, server, EvmSettings(logs=LogSettings(cap=log_cap)))


@dataclass(frozen=True)
class Truth:
    """What a history is compared with.

    Attributes
    ----------
    holders : tuple of str
        Whom to ask about.
    last : int
        Newest height.
    rows : dict of str to list of tuple
        By holder, sorted.
    placed : bool
        Whether a row holds its place in the transaction.
    """

    holders: tuple[str, ...]
    last: int
    rows: dict[str, list[Row]]
    placed: bool

    def of(self, history: Any) -> list[Row]:
        """Return the rows of a history in the form of this truth, sorted."""
        found = [_bitcoin_row(tx) for tx in history.transactions]
        return sorted(found + [_row(row, placed=self.placed) for row in history.rows])


def evm_truth(story: Laundering, roles: tuple[str, ...], *, placed: bool) -> Truth:
    """Return what the script did with some wallets; without a node, calls have no place."""
    holders = tuple(story.address[role] for role in roles)
    rows = {
        holder: sorted(
            (
                *(move.block, move.block_hash, move.tx, move.tx_index, move.layer, move.place if placed else ()),
                *(move.kind, _party(move.sender, move.kind, "mint"), _party(move.recipient, move.kind, "burn")),
                *(move.asset, move.amount, move.time),
            )
            for move in story.touching(holder)
        )
        for holder in holders
    }
    return Truth(holders, story.node.block_number(), rows, placed)


def bitcoin_truth(story: BitcoinStory, roles: tuple[str, ...], outpoints: tuple[str, ...] = ()) -> Truth:
    """Return what the script did with some addresses and outpoints."""
    holders = (*(story.address[role] for role in roles), *outpoints)
    rows = {
        holder: sorted(
            (made.block, made.txid, made.index, tuple(made.inputs), tuple(made.outputs))
            for made in story.transactions
            if any(holder in coin[:2] for coin in (*made.inputs, *made.outputs))
        )
        for holder in holders
    }
    return Truth(holders, story.node.tip()["height"], rows, placed=True)


def unplaced(rows: list[Row]) -> list[Row]:
    """Return rows, sorted, without the places of the calls among them."""
    return sorted((*row[:5], (), *row[6:]) if len(row) > BITCOIN_WIDTH and row[4] == "call" else row for row in rows)


def loosely(row: Row) -> Row:
    """Return a row without its place in block and transaction, which a source may lack where it says so."""
    if len(row) == BITCOIN_WIDTH:
        return row[:2] + row[3:]
    return (row[0], row[2], row[4], *row[6:])


def _party(address: str, kind: str, empty_in: str) -> str:
    return "" if kind == empty_in and address == ZERO else address


def _row(row: Collected, *, placed: bool) -> Row:
    row = row if placed else replace(row, place=())
    return (
        *(row.block, row.block_hash, row.tx, row.tx_index, row.layer, row.place, row.kind),
        *(_party(row.sender, row.kind, "mint"), _party(row.recipient, row.kind, "burn"), str(row.asset), row.amount),
        row.time,
    )


def _bitcoin_row(tx: CollectedTx) -> Row:
    coins = [tuple((one.outpoint, one.address, one.amount) for one in side) for side in (tx.inputs, tx.outputs)]
    return (tx.block, tx.tx, tx.tx_index, *coins)
