"""Outpoints of a real Bitcoin chain followed forward; an archive of a real EVM chain beside the node it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import faults
import pytest
from bitcoin_story import BitcoinStory
from esplora_server import EsploraServer
from explorer_server import ExplorerServer
from laundering import Laundering
from own_archive import write_archive

from tracer.bundle.live import LiveExchange
from tracer.bundle.store import Store
from tracer.model import LOCAL_BITCOIN, LOCAL_EVM, Collected, native_asset
from tracer.net.http import Http
from tracer.net.settings import OWN_NODE
from tracer.providers.archive.source import Archive
from tracer.providers.bitcoin.esplora import Esplora
from tracer.providers.evm.rpc import RpcNode
from tracer.providers.evm.source import EvmRpc

BTC = native_asset(LOCAL_BITCOIN)
assert BTC is not None


@pytest.fixture
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveExchange]:
    names = ("laundering_server", "esplora_server")
    (server,) = (request.getfixturevalue(name) for name in names if name in request.fixturenames)
    http, store = Http({server.url: OWN_NODE}), Store(tmp_path / "bundle", write=True)
    yield LiveExchange(store, http, sleep=lambda seconds: None)
    store.close()
    http.close()


def test_every_output_leads_to_its_spender_and_holds_its_amount_until_then(
    bitcoin_story: BitcoinStory, esplora_server: EsploraServer, exchange: LiveExchange
) -> None:
    source = Esplora(LOCAL_BITCOIN, exchange, esplora_server.url)
    tip = source.head().latest.number
    spenders = {coin[0]: made for made in bitcoin_story.transactions for coin in made.inputs}
    for made in bitcoin_story.transactions:
        for outpoint, _, amount in made.outputs:
            history = source.transfers(outpoint, 0, tip)
            expected = [made.txid, *([spenders[outpoint].txid] if outpoint in spenders else [])]
            assert ([tx.tx for tx in history.transactions], history.complete) == (expected, True)
            spent_at = spenders[outpoint].block if outpoint in spenders else tip + 1
            for block in sorted({made.block - 1, made.block, min(spent_at, tip)}):
                held = amount if made.block <= block < spent_at else 0
                assert source.balance(outpoint, BTC, block) == held


@pytest.mark.parametrize("make", [faults.server_error, faults.cut_short, faults.broken_off, faults.hang_up])
def test_a_fault_at_every_third_request_changes_nothing(
    bitcoin_story: BitcoinStory,
    esplora_server: EsploraServer,
    exchange: LiveExchange,
    make: Callable[..., faults.Fault],
) -> None:
    source = Esplora(LOCAL_BITCOIN, exchange, esplora_server.url)
    made = bitcoin_story.transactions[-1]
    address = next(coin[1] for coin in made.outputs if coin[1])
    fault = make(every=3, times=2)
    with esplora_server.faults.during(fault):
        history = source.transfers(address, 0, source.head().latest.number)
    assert fault.struck == 2
    assert history.complete
    assert made.txid in [tx.tx for tx in history.transactions]


def test_every_transaction_is_proven_by_header_and_branch(
    bitcoin_story: BitcoinStory, esplora_server: EsploraServer, exchange: LiveExchange
) -> None:
    source = Esplora(LOCAL_BITCOIN, exchange, esplora_server.url)
    for made in bitcoin_story.transactions[:12]:
        own, first = source.proof_material(made.txid)
        assert (own.index, first.index) == (made.index, 0)
        assert len(own.branch) == len(first.branch) == (own.transactions - 1).bit_length()
        assert own.header == first.header


def test_balances_of_all_addresses_are_what_the_script_left_there(
    bitcoin_story: BitcoinStory, esplora_server: EsploraServer, exchange: LiveExchange
) -> None:
    source = Esplora(LOCAL_BITCOIN, exchange, esplora_server.url)
    tip = source.head().latest.number
    for role, address in bitcoin_story.address.items():
        history = source.transfers(address, 0, tip)
        held = sum(c.amount for tx in history.transactions for c in tx.outputs if c.address == address)
        held -= sum(c.amount for tx in history.transactions for c in tx.inputs if c.address == address)
        assert source.balance(address, BTC, tip) == held, role
        assert held >= 0


def test_an_archive_of_a_chain_gives_what_its_node_gives(
    laundering: Laundering, laundering_server: ExplorerServer, exchange: LiveExchange, tmp_path: Path
) -> None:
    rpc = EvmRpc(RpcNode(LOCAL_EVM, exchange, laundering_server.rpc_url))
    tip = laundering.node.block_number()
    histories = {address: rpc.transfers(address, 0, tip).rows for address in sorted(laundering.address.values())}
    rows = {row.id: row for found in histories.values() for row in found}
    assert "" not in rows
    blocks = [rpc.block(number) for number in range(tip + 1)]
    write_archive(sorted(rows.values(), key=Collected.order), tmp_path / "archive", blocks)
    with Archive(tmp_path / "archive", LOCAL_EVM) as archive:
        assert archive.head().latest == rpc.head().latest
        for address, expected in histories.items():
            history = archive.transfers(address, 0, tip)
            assert history.complete
            assert history.rows == tuple(replace(row, source="archive") for row in expected)
