"""Fixtures: real nodes, one for a whole run, and providers over them; a test that rewrites history starts its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bitcoin_node import BitcoinNode, running_bitcoin_node
from bitcoin_story import BitcoinStory, run_bitcoin_story
from esplora_server import EsploraServer, running_esplora
from evm_node import EvmNode, running_evm_node
from explorer_server import ExplorerServer, running_explorer
from laundering import Laundering, run_laundering
from many_calls import ManyCalls, run_many_calls
from node_packages import NodesMissingError, install, must_have_nodes
from training_story import Training, run_training


@pytest.fixture(scope="session")
def node_programs() -> None:
    """Install the nodes' programs once, or skip saying why they cannot be had."""
    try:
        install()
    except NodesMissingError as missing:
        if must_have_nodes():
            pytest.fail(f"tests against real nodes cannot run: {missing}")
        pytest.skip(f"no real nodes here: {missing}")


@pytest.fixture(scope="session")
def evm_node(node_programs: None) -> Iterator[EvmNode]:
    """Return a running EVM node, chain id 31337; blocks may be added to it, never taken away."""
    with running_evm_node() as node:
        yield node


@pytest.fixture(scope="session")
def shared_explorer_server(evm_node: EvmNode) -> Iterator[ExplorerServer]:
    """Return the providers over :func:`evm_node`; for fixtures that outlive a test."""
    with running_explorer(evm_node) as server:
        yield server


@pytest.fixture
def explorer_server(shared_explorer_server: ExplorerServer) -> Iterator[ExplorerServer]:
    """Return the providers over :func:`evm_node`, their log, faults and settings as new."""
    shared_explorer_server.reset()
    yield shared_explorer_server
    shared_explorer_server.reset()


@pytest.fixture(scope="session")
def many_calls(evm_node: EvmNode) -> ManyCalls:
    """Return a block of :func:`evm_node` in which value moves in every way a contract can move it."""
    payer, payee, other = evm_node.accounts[-3:]
    return run_many_calls(evm_node, (payer, payee, other))


@pytest.fixture(scope="session")
def laundering(node_programs: None) -> Iterator[Laundering]:
    """Return two thefts acted out on a node of their own, with the whole truth; the chain is always the same."""
    with running_evm_node() as node:
        yield run_laundering(node)


@pytest.fixture(scope="session")
def shared_laundering_server(laundering: Laundering) -> Iterator[ExplorerServer]:
    """Return the providers over the node of :func:`laundering`; for fixtures that outlive a test."""
    with running_explorer(laundering.node) as server:
        yield server


@pytest.fixture
def laundering_server(shared_laundering_server: ExplorerServer) -> Iterator[ExplorerServer]:
    """Return the providers over the node of :func:`laundering`, their log, faults and settings as new."""
    shared_laundering_server.reset()
    yield shared_laundering_server
    shared_laundering_server.reset()


@pytest.fixture(scope="session")
def bitcoin_node(node_programs: None) -> Iterator[BitcoinNode]:
    """Return a running Bitcoin regtest node; blocks may be added to it, never taken away."""
    with running_bitcoin_node() as node:
        yield node


@pytest.fixture(scope="session")
def bitcoin_story(node_programs: None) -> Iterator[BitcoinStory]:
    """Return a theft acted out on a Bitcoin node of its own, with the whole truth; the chain is always the same."""
    with running_bitcoin_node() as node:
        yield run_bitcoin_story(node)


@pytest.fixture(scope="session")
def shared_esplora_server(bitcoin_story: BitcoinStory) -> Iterator[EsploraServer]:
    """Return an Esplora server over the node of :func:`bitcoin_story`; for fixtures that outlive a test."""
    with running_esplora(bitcoin_story.node) as server:
        yield server


@pytest.fixture
def esplora_server(shared_esplora_server: EsploraServer) -> Iterator[EsploraServer]:
    """Return an Esplora server over the node of :func:`bitcoin_story`, its log and faults as new."""
    shared_esplora_server.reset()
    yield shared_esplora_server
    shared_esplora_server.reset()


@pytest.fixture(scope="session")
def training(node_programs: None) -> Iterator[Training]:
    """Return the training case acted out on a node of its own, with the whole truth; the chain is always the same."""
    with running_evm_node() as node:
        yield run_training(node)
