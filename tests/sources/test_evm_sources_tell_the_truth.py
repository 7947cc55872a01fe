"""Histories of a whole laundering, collected from three kinds of source, are what its script did, row for row."""

from __future__ import annotations

from typing import Any

import pytest
from evm_askers import explorer_sources, quick_exchange, rpc_source
from explorer_server import ExplorerServer
from laundering import Laundering
from scripted import ZERO

from tracer.providers.provider import History, Provider

FIELDS = (
    "chain block time block_hash tx tx_index layer place kind sender recipient asset amount".split()  # noqa: SIM905
)


def as_told(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, name) for name in FIELDS) for row in rows]


def people(story: Laundering) -> list[str]:
    # What the faucet held no transaction gave it; the zero address gets the blocks' fees.
    everybody = {address for one in story.movements for address in (one.sender, one.recipient)}
    return sorted(everybody - {"", ZERO, story.address["faucet"]})


def collected(source: Provider, story: Laundering) -> dict[str, History]:
    last = source.head().latest.number
    return {address: source.transfers(address, 0, last) for address in people(story)}


@pytest.mark.parametrize("which", ["rpc", "etherscan", "blockscout"])
def test_every_history_is_what_the_script_did(
    laundering: Laundering, laundering_server: ExplorerServer, which: str
) -> None:
    with quick_exchange(laundering_server) as exchange:
        rpc = rpc_source(exchange, laundering_server)
        sources = {"rpc": rpc} | {one.name: one for one in explorer_sources(exchange, laundering_server, rpc)}
        found = collected(sources[which], laundering)
    for address, history in found.items():
        assert [one for one in history.coverage if not one.complete] == []
        assert as_told(history.rows) == as_told(laundering.touching(address))
    assert sum(len(history.rows) for history in found.values()) > 150


def test_every_transaction_is_what_the_script_did(laundering: Laundering, laundering_server: ExplorerServer) -> None:
    with quick_exchange(laundering_server) as exchange:
        rpc = rpc_source(exchange, laundering_server)
        for tx in dict.fromkeys(one.tx for one in laundering.movements):
            told = [one for one in laundering.movements if one.tx == tx]
            assert as_told(rpc.transaction(tx).rows) == as_told(told)
