"""What an explorer knows of a node's chain: its blocks, receipts and traces, read anew after a reorganisation."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from evm_node import EvmNode
from json_rpc import JsonRpc

from tracer.model.keccak import keccak256

TRANSFER = "0x" + keccak256(b"Transfer(address,address,uint256)").hex()

Json = dict[str, Any]


@dataclass(frozen=True)
class IndexedBlock:
    """One block as the node gives it.

    Attributes
    ----------
    number, time : int
        Height; header time.
    hash : str
        Of the block.
    transactions, receipts, traces : list of dict
        Results of ``eth_getBlockByNumber``, ``eth_getBlockReceipts`` and ``trace_block``.
    """

    number: int
    time: int
    hash: str
    transactions: list[Json]
    receipts: list[Json]
    traces: list[Json]


@dataclass(frozen=True)
class TokenNames:
    """What a token calls itself."""

    name: str
    symbol: str
    decimals: int


class EvmIndex:
    """The blocks of a node, kept until their hash changes."""

    def __init__(self, node: EvmNode) -> None:
        self.chain_id = node.chain_id
        self.rpc = JsonRpc(node.port)
        self._blocks: list[IndexedBlock] = []
        self._tokens: dict[str, TokenNames] = {}
        self._lock = threading.Lock()

    def blocks(self) -> list[IndexedBlock]:
        """Return all blocks of the chain as it is now, from height 0."""
        with self._lock:
            tip = int(self.rpc("eth_blockNumber"), 16)
            del self._blocks[tip + 1 :]
            while self._blocks and self._hash(len(self._blocks) - 1) != self._blocks[-1].hash:
                self._blocks.pop()
            while len(self._blocks) <= tip:
                self._blocks.append(self._read(len(self._blocks)))
            return list(self._blocks)

    def _hash(self, number: int) -> str:
        return str(self.rpc("eth_getBlockByNumber", hex(number), False)["hash"])

    def _read(self, number: int) -> IndexedBlock:
        block = self.rpc("eth_getBlockByNumber", hex(number), True)
        transactions = block["transactions"]
        receipts = self.rpc("eth_getBlockReceipts", hex(number)) if transactions else []
        traces = self.rpc("trace_block", hex(number)) if transactions else []
        return IndexedBlock(number, int(block["timestamp"], 16), block["hash"], transactions, receipts, traces)

    def token(self, address: str) -> TokenNames:
        """Return what a token contract calls itself."""
        if address not in self._tokens:
            name, symbol = (self._text(address, function) for function in ("name()", "symbol()"))
            self._tokens[address] = TokenNames(name, symbol, int(self._ask(address, "decimals()"), 16))
        return self._tokens[address]

    def _ask(self, address: str, function: str) -> str:
        call = {"to": address, "data": "0x" + keccak256(function.encode())[:4].hex()}
        return str(self.rpc("eth_call", call, "latest"))

    def _text(self, address: str, function: str) -> str:
        data = bytes.fromhex(self._ask(address, function)[2:])
        return data[64 : 64 + int.from_bytes(data[32:64])].decode()


def void_paths(traces: list[Json]) -> set[tuple[str, tuple[int, ...]]]:
    """Return the calls of a block that did not happen: those that failed and all that stand under one that failed."""
    keys = [(row["transactionHash"], tuple(row["traceAddress"])) for row in traces]
    failed = {key for key, row in zip(keys, traces, strict=True) if row.get("error")}
    return {(tx, path) for tx, path in keys if any((tx, path[:end]) in failed for end in range(len(path) + 1))}
