"""What the package's own sources read from the nodes is what the scripts did, movement for movement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bitcoin_story import BitcoinStory
from esplora_server import EsploraServer
from explorer_server import ExplorerServer
from laundering import Laundering
from many_calls import ManyCalls
from scripted import Movement

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.model import LOCAL_BITCOIN, LOCAL_EVM, Collected, native_asset
from tracer.net.http import Http
from tracer.net.settings import OWN_NODE
from tracer.providers.bitcoin.esplora import Esplora
from tracer.providers.evm.blockscout import blockscout
from tracer.providers.evm.etherscan import etherscan
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc
from tracer.providers.evm.sqd import Sqd
from tracer.providers.provider import Provider

Row = tuple[object, ...]


def row_of(one: Movement | Collected) -> Row:
    where = (one.chain, one.block, one.block_hash, one.time, one.tx, one.tx_index, one.layer, one.place)
    return (*where, one.kind, one.sender, one.recipient, str(one.asset), one.amount)


@pytest.fixture
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveExchange]:
    """Return an exchange that may ask the server the test uses."""
    names = ("laundering_server", "explorer_server", "esplora_server")
    (server,) = (request.getfixturevalue(name) for name in names if name in request.fixturenames)
    http, store = Http({server.url: OWN_NODE}), Store(tmp_path / "bundle", write=True)
    yield LiveExchange(store, http)
    store.close()
    http.close()


@pytest.mark.parametrize("name", ["rpc", "etherscan", "blockscout", "sqd", "sqd alone"])
def test_every_history_is_what_the_script_did(
    name: str, laundering: Laundering, laundering_server: ExplorerServer, exchange: LiveExchange
) -> None:
    rpc = EvmRpc(RpcNode(LOCAL_EVM, exchange, laundering_server.rpc_url))
    sources: dict[str, Provider] = {
        "rpc": rpc,
        "etherscan": etherscan(LOCAL_EVM, exchange, laundering_server.etherscan_url, rpc),
        "blockscout": blockscout(LOCAL_EVM, exchange, laundering_server.blockscout_url, rpc),
        "sqd": Sqd(LOCAL_EVM, exchange, laundering_server.sqd_url, rpc),
        "sqd alone": Sqd(LOCAL_EVM, exchange, laundering_server.sqd_url),
    }
    source = sources[name]
    tip = laundering.node.block_number()
    for role, address in laundering.address.items():
        history = source.transfers(address, 0, tip)
        assert [row_of(one) for one in history.rows] == [row_of(one) for one in laundering.touching(address)], role
        assert history.complete or role == "faucet", role


def test_all_histories_in_one_question_are_those_one_by_one(
    laundering: Laundering, laundering_server: ExplorerServer, exchange: LiveExchange
) -> None:
    source = Sqd(LOCAL_EVM, exchange, laundering_server.sqd_url)
    tip = laundering.node.block_number()
    addresses = sorted(set(laundering.address.values()))
    source.head()
    before = len(laundering_server.calls("sqd"))
    together = source.histories(addresses, 0, tip)
    assert len(laundering_server.calls("sqd")) == before + 1
    for address in addresses:
        alone = source.transfers(address, 0, tip)
        assert [row_of(one) for one in together[address].rows] == [row_of(one) for one in alone.rows]
        assert together[address].complete


def test_every_way_to_move_value_is_read_through_the_portal(
    many_calls: ManyCalls, explorer_server: ExplorerServer, exchange: LiveExchange
) -> None:
    rpc = EvmRpc(RpcNode(LOCAL_EVM, exchange, explorer_server.rpc_url))
    portal = Sqd(LOCAL_EVM, exchange, explorer_server.sqd_url)
    tip = portal.head().latest.number
    parties = {party for calls in many_calls.internal.values() for _, *pair, _ in calls for party in pair if party}
    parties |= {many_calls.payer, many_calls.payee}
    assert len(parties) > 3
    histories = portal.histories(sorted(parties), 0, tip)
    for party in sorted(parties):
        told = rpc.transfers(party, 0, tip)
        ours = [row for row in histories[party].rows if row.tx in many_calls.txs.values()]
        assert [row_of(row) for row in ours] == [row_of(row) for row in told.rows if row.tx in many_calls.txs.values()]
    for name, tx in many_calls.txs.items():
        rows = rpc.transaction(tx).rows
        read = portal.transaction(tx)
        assert [row_of(one) for one in read.rows] == [row_of(one) for one in rows], name
        assert read.complete


def test_every_way_to_move_value_is_read_and_no_other(
    many_calls: ManyCalls, explorer_server: ExplorerServer, exchange: LiveExchange
) -> None:
    rpc = EvmRpc(RpcNode(LOCAL_EVM, exchange, explorer_server.rpc_url))
    native = str(native_asset(LOCAL_EVM))
    for name, tx in many_calls.txs.items():
        seen = [
            (one.place, one.sender, one.recipient, one.amount)
            for one in rpc.transaction(tx).rows
            if one.layer == "call" and str(one.asset) == native
        ]
        assert seen == many_calls.internal[name], name


def test_every_bitcoin_history_is_what_the_script_did(
    bitcoin_story: BitcoinStory, esplora_server: EsploraServer, exchange: LiveExchange
) -> None:
    source = Esplora(LOCAL_BITCOIN, exchange, esplora_server.url)
    tip = bitcoin_story.node.tip()["height"]
    for role, address in bitcoin_story.address.items():
        history = source.transfers(address, 0, tip)
        seen = [
            (
                one.tx,
                one.block,
                one.tx_index,
                [(coin.outpoint, coin.address, coin.amount) for coin in one.inputs],
                [(coin.outpoint, coin.address, coin.amount) for coin in one.outputs],
            )
            for one in history.transactions
            if one.inputs
        ]
        made = [
            (one.txid, one.block, one.index, one.inputs, one.outputs)
            for one in bitcoin_story.transactions
            if address in {coin[1] for coin in one.inputs + one.outputs}
        ]
        assert (seen, history.complete) == (made, True), role
