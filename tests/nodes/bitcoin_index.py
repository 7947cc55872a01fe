"""What a Bitcoin explorer knows of a node's chain: blocks, transactions, who was paid and who spent it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import Any

from bitcoin_node import BitcoinNode

Json = dict[str, Any]


@dataclass
class Known:
    """The chain as it is now.

    Attributes
    ----------
    blocks : list of dict
        As the node gives them, by height.
    transactions : dict of str to dict
        By txid, in Esplora's form.
    raw : dict of str to str
        Bytes of every transaction, hex.
    spent_by : dict of (str, int) to (str, int)
        Output → the txid and input that spends it.
    by_address : dict of str to list of str
        Address → txids in chain order.
    """

    blocks: list[Json] = field(default_factory=list)
    transactions: dict[str, Json] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    spent_by: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    by_address: dict[str, list[str]] = field(default_factory=dict)

    def height_of(self, hash_: str) -> int | None:
        """Return the height of a block, none where it is not in the chain."""
        return next((block["height"] for block in self.blocks if block["hash"] == hash_), None)


class BitcoinIndex:
    """The blocks of a node, read anew from the start where one of them was replaced."""

    def __init__(self, node: BitcoinNode) -> None:
        self.node = node
        self._known = Known()
        self._lock = threading.Lock()

    def now(self) -> Known:
        """Return the chain as it is now."""
        with self._lock:
            tip, known = self.node.tip(), self._known
            if known.blocks and self.node.hash_at(len(known.blocks) - 1) != known.blocks[-1]["hash"]:
                known = self._known = Known()
            for height in range(len(known.blocks), tip["height"] + 1):
                block = self.node.block(str(self.node.hash_at(height)))
                assert block is not None
                add_block(known, block)
            return known


def add_block(known: Known, block: Json) -> None:
    """Enter the next block of the chain."""
    known.blocks.append(block)
    status = {
        "confirmed": True,
        "block_height": block["height"],
        "block_hash": block["hash"],
        "block_time": block["time"],
    }
    for made in block["transactions"]:
        txid = made["txid"]
        known.raw[txid] = made["hex"]
        transaction = esplora_transaction(known, made) | {"status": status}
        known.transactions[txid] = transaction
        touched = [output.get("scriptpubkey_address") for output in transaction["vout"]]
        for index, spent in enumerate(transaction["vin"]):
            if spent["prevout"]:
                known.spent_by[spent["txid"], spent["vout"]] = (txid, index)
                touched.append(spent["prevout"].get("scriptpubkey_address"))
        for address in dict.fromkeys(filter(None, touched)):
            known.by_address.setdefault(address, []).append(txid)


def esplora_transaction(known: Known, made: Json) -> Json:
    """Return a transaction in Esplora's form, without its status."""
    outputs = [esplora_output(output) for output in made["outputs"]]
    inputs = []
    for one in made["inputs"]:
        prevout = None if one["coinbase"] else known.transactions[one["txid"]]["vout"][one["vout"]]
        entry: Json = {
            "txid": one["txid"],
            "vout": one["vout"],
            "prevout": prevout,
            "scriptsig": one["script"],
            "scriptsig_asm": one["asm"],
            "is_coinbase": one["coinbase"],
            "sequence": one["sequence"],
        }
        inputs.append(entry | ({"witness": one["witness"]} if one["witness"] else {}))
    spent = sum(one["prevout"]["value"] for one in inputs if one["prevout"])
    fee = spent - sum(output["value"] for output in outputs) if spent else 0
    return {
        "txid": made["txid"],
        "version": made["version"],
        "locktime": made["locktime"],
        "vin": inputs,
        "vout": outputs,
        "size": made["size"],
        "weight": made["weight"],
        "fee": fee,
    }


def esplora_output(output: Json) -> Json:
    """Return an output in Esplora's form; it has an address only where its script has one."""
    bare = output["kind"] in ("p2pk", "multisig", "op_return", "unknown")
    address = {} if bare or not output["address"] else {"scriptpubkey_address": output["address"]}
    return {
        "scriptpubkey": output["script"],
        "scriptpubkey_asm": output["asm"],
        "scriptpubkey_type": "unknown" if output["kind"] == "multisig" else output["kind"],
        **address,
        "value": output["value"],
    }


def merkle_branch(txids: list[str], position: int) -> list[str]:
    """Return the hashes beside the path from a transaction to the root, as Electrum's ``get_merkle`` gives them."""
    level, branch = [bytes.fromhex(txid)[::-1] for txid in txids], []
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        branch.append(level[position ^ 1][::-1].hex())
        level = [double_sha256(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
        position //= 2
    return branch


def double_sha256(data: bytes) -> bytes:
    """Return Bitcoin's hash."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()
