"""A local Esplora server over a real Bitcoin node's chain, with faults on demand."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from bitcoin_index import BitcoinIndex, Json, Known, merkle_branch
from bitcoin_node import BitcoinNode
from explorer_server import LocalServer
from faults import Answer, Asked

PAGE = 25


class NoAnswerError(Exception):
    """The server refuses in plain text, as the original does."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class EsploraServer(LocalServer):
    """The server.

    Attributes
    ----------
    utxo_limit : int
        Most transactions of an address whose unspent outputs it lists.
    """

    def __init__(self, node: BitcoinNode) -> None:
        super().__init__()
        self.node, self.index = node, BitcoinIndex(node)
        self.utxo_limit = 500

    def reset(self) -> None:
        """Forget requests, faults and settings."""
        super().reset()
        self.utxo_limit = 500

    def understand(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Asked:
        """Return a request as it is logged; its endpoint names its variable parts."""
        plain = urlsplit(path).path
        for pattern, name, _ in ROUTES:
            found = re.fullmatch(pattern, plain, re.ASCII)
            if found:
                return Asked("esplora", method, plain, name, found.groupdict(), headers, body)
        return Asked("esplora", method, plain, "", {}, headers, body)

    def answer(self, asked: Asked) -> Answer:
        """Return the true answer."""
        found = next((answer for _, name, answer in ROUTES if name == asked.endpoint), None)
        if found is None or asked.method != "GET":
            return Answer(b"endpoint does not exist", 404, "text/plain")
        try:
            reply = found(self.index.now(), self, asked.params)
        except NoAnswerError as refusal:
            return Answer(refusal.text.encode(), refusal.status, "text/plain")
        if isinstance(reply, bytes):
            return Answer(reply, content_type="application/octet-stream")
        if isinstance(reply, str):
            return Answer(reply.encode(), content_type="text/plain")
        return Answer(json.dumps(reply, separators=(",", ":")).encode())


def transaction_of(known: Known, txid: str) -> Json:
    """Return a transaction, or refuse."""
    if txid not in known.transactions:
        raise NoAnswerError(404, "Transaction not found")
    return known.transactions[txid]


def block_of(known: Known, hash_: str) -> Json:
    """Return a block as the node gives it, or refuse."""
    height = known.height_of(hash_)
    if height is None:
        raise NoAnswerError(404, "Block not found")
    return known.blocks[height]


def history_of(known: Known, address: str) -> list[str]:
    """Return an address's txids, newest first, or refuse what is no address."""
    if not re.fullmatch(r"bcrt1[02-9ac-hj-np-z]{8,87}|[2mn][1-9A-HJ-NP-Za-km-z]{25,34}", address, re.ASCII):
        raise NoAnswerError(400, "Invalid Bitcoin address")
    return known.by_address.get(address, [])[::-1]


def _block(known: Known, _: EsploraServer, params: Any) -> Json:
    block = block_of(known, params["hash"])
    times = [one["time"] for one in known.blocks[max(0, block["height"] - 10) : block["height"] + 1]]
    return {
        "id": block["hash"],
        "height": block["height"],
        "version": block["version"],
        "timestamp": block["time"],
        "tx_count": len(block["transactions"]),
        "size": block["size"],
        "weight": block["weight"],
        "merkle_root": block["merkle_root"],
        "previousblockhash": block["previous"] if block["height"] else None,
        "mediantime": statistics.median_low(times),
        "nonce": block["nonce"],
        "bits": block["bits"],
        "difficulty": 4.6565423739069247e-10,
    }


def _block_height(known: Known, _: EsploraServer, params: Any) -> str:
    height = int(params["height"])
    if height >= len(known.blocks):
        raise NoAnswerError(404, "Block not found")
    return str(known.blocks[height]["hash"])


def _block_txs(known: Known, _: EsploraServer, params: Any) -> list[Json]:
    txids = [made["txid"] for made in block_of(known, params["hash"])["transactions"]]
    start = int(params.get("start") or 0)
    if start % PAGE or start >= len(txids):
        raise NoAnswerError(400, "start index out of range")
    shown = [known.transactions[txid] for txid in txids[start : start + PAGE]]
    return [{name: value for name, value in one.items() if name != "status"} for one in shown]


def _outspends(known: Known, _: EsploraServer, params: Any) -> list[Json]:
    transaction = transaction_of(known, params["txid"])
    return [_outspend(known, params["txid"], index) for index in range(len(transaction["vout"]))]


def _outspend(known: Known, txid: str, index: int) -> Json:
    if (txid, index) not in known.spent_by:
        return {"spent": False}
    spender, place = known.spent_by[txid, index]
    return {"spent": True, "txid": spender, "vin": place, "status": known.transactions[spender]["status"]}


def _merkle_proof(known: Known, _: EsploraServer, params: Any) -> Json:
    status = transaction_of(known, params["txid"])["status"]
    txids = [made["txid"] for made in known.blocks[status["block_height"]]["transactions"]]
    position = txids.index(params["txid"])
    return {"block_height": status["block_height"], "merkle": merkle_branch(txids, position), "pos": position}


def _address(known: Known, _: EsploraServer, params: Any) -> Json:
    address, stats = params["address"], dict.fromkeys(STATS, 0)
    for txid in history_of(known, address):
        stats["tx_count"] += 1
        for output in known.transactions[txid]["vout"]:
            if output.get("scriptpubkey_address") == address:
                stats["funded_txo_count"] += 1
                stats["funded_txo_sum"] += output["value"]
        for spent in known.transactions[txid]["vin"]:
            if spent["prevout"] and spent["prevout"].get("scriptpubkey_address") == address:
                stats["spent_txo_count"] += 1
                stats["spent_txo_sum"] += spent["prevout"]["value"]
    return {"address": address, "chain_stats": stats, "mempool_stats": dict.fromkeys(STATS, 0)}


def _address_txs(known: Known, _: EsploraServer, params: Any) -> list[Json]:
    txids = history_of(known, params["address"])
    last = params.get("last")
    if last:
        if last not in txids:
            raise NoAnswerError(422, "after_txid not found")
        txids = txids[txids.index(last) + 1 :]
    return [known.transactions[txid] for txid in txids[:PAGE]]


def _utxo(known: Known, server: EsploraServer, params: Any) -> list[Json]:
    txids = history_of(known, params["address"])
    if len(txids) > server.utxo_limit:
        raise NoAnswerError(400, "Too many history entries")
    return [
        {"txid": txid, "vout": index, "value": output["value"], "status": known.transactions[txid]["status"]}
        for txid in txids
        for index, output in enumerate(known.transactions[txid]["vout"])
        if output.get("scriptpubkey_address") == params["address"] and (txid, index) not in known.spent_by
    ]


def _raw_block(known: Known, params: Any) -> bytes:
    return bytes.fromhex(block_of(known, params["hash"])["hex"])


def _raw_transaction(known: Known, params: Any) -> str:
    transaction_of(known, params["txid"])
    return known.raw[params["txid"]]


STATS = ("tx_count", "funded_txo_count", "funded_txo_sum", "spent_txo_count", "spent_txo_sum")
TX, BLOCK, ADDRESS = r"/tx/(?P<txid>[0-9a-f]{64})", r"/block/(?P<hash>[0-9a-f]{64})", r"/address/(?P<address>\w+)"
Route = Callable[[Known, EsploraServer, Any], Any]
ROUTES: list[tuple[str, str, Route]] = [
    (r"/blocks/tip/height", "/blocks/tip/height", lambda known, _, params: str(len(known.blocks) - 1)),
    (r"/blocks/tip/hash", "/blocks/tip/hash", lambda known, _, params: known.blocks[-1]["hash"]),
    (r"/block-height/(?P<height>[0-9]+)", "/block-height/:height", _block_height),
    (BLOCK, "/block/:hash", _block),
    (BLOCK + "/header", "/block/:hash/header", lambda known, _, params: _raw_block(known, params)[:80].hex()),
    (BLOCK + "/raw", "/block/:hash/raw", lambda known, _, params: _raw_block(known, params)),
    (
        BLOCK + "/txids",
        "/block/:hash/txids",
        lambda known, _, params: [made["txid"] for made in block_of(known, params["hash"])["transactions"]],
    ),
    (BLOCK + r"/txs(?:/(?P<start>[0-9]+))?", "/block/:hash/txs", _block_txs),
    (TX, "/tx/:txid", lambda known, _, params: transaction_of(known, params["txid"])),
    (TX + "/hex", "/tx/:txid/hex", lambda known, _, params: _raw_transaction(known, params)),
    (TX + "/raw", "/tx/:txid/raw", lambda known, _, params: bytes.fromhex(_raw_transaction(known, params))),
    (TX + "/status", "/tx/:txid/status", lambda known, _, params: transaction_of(known, params["txid"])["status"]),
    (TX + "/outspends", "/tx/:txid/outspends", _outspends),
    (TX + "/merkle-proof", "/tx/:txid/merkle-proof", _merkle_proof),
    (ADDRESS, "/address/:address", _address),
    (ADDRESS + r"/txs(?:/chain)?", "/address/:address/txs/chain", _address_txs),
    (ADDRESS + r"/txs/chain/(?P<last>[0-9a-f]{64})", "/address/:address/txs/chain/:last_seen_txid", _address_txs),
    (ADDRESS + "/txs/mempool", "/address/:address/txs/mempool", lambda known, _, params: []),
    (ADDRESS + "/utxo", "/address/:address/utxo", _utxo),
]


@contextmanager
def running_esplora(node: BitcoinNode) -> Iterator[EsploraServer]:
    """Run the server over a node's chain and stop it afterwards."""
    server = EsploraServer(node)
    server.start()
    try:
        yield server
    finally:
        server.stop()
