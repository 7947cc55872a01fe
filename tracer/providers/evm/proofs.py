"""What proofs on an EVM chain are made of: a block with all its receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracer.chains import EvmTransaction, Field, hash_of
from tracer.errors import SourceError
from tracer.net import PermanentError
from tracer.providers.evm.node import Call, Node


@dataclass(frozen=True, slots=True)
class ProofMaterial:
    """What an inclusion proof of a transaction is made of.

    Attributes
    ----------
    block : mapping
        The whole block, as the node gave it.
    receipts : tuple of mapping
        All of its receipts, in order.
    """

    block: Mapping[str, Any]
    receipts: tuple[Mapping[str, Any], ...]


def read_proof_material(node: Node, found: EvmTransaction, head: str = "") -> ProofMaterial:
    """Return the block of a transaction and all receipts of that block.

    Raises
    ------
    PermanentError
        If the node gives another block, or receipts of another.
    SourceError
        If there is not one receipt for each transaction.
    """

    def whole_block(reply: Field) -> Mapping[str, Any]:
        if hash_of(reply.get("hash")) != found.block_hash:
            raise reply.get("hash").fault("Another block was asked for.")
        return dict(reply.value)

    def all_receipts(reply: Field) -> tuple[Mapping[str, Any], ...]:
        receipts = list(reply.items())
        if any(hash_of(one.get("blockHash")) != found.block_hash for one in receipts):
            raise reply.fault("Receipts of another block.")
        return tuple(one.value for one in receipts)

    block = node.call(Call("eth_getBlockByHash", (found.block_hash, True), whole_block, head))
    sent = [hash_of(one.get("hash")) for one in Field(block, "block").get("transactions").items()]
    try:
        receipts = node.call(Call("eth_getBlockReceipts", (hex(found.block),), all_receipts, head))
    except PermanentError as fault:
        if fault.reason != "not_supported":
            raise
        singly: list[Call[Mapping[str, Any]]] = [
            Call("eth_getTransactionReceipt", (tx,), lambda reply: dict(reply.value), head) for tx in sent
        ]
        receipts = tuple(node.call_all(singly))
        if [one.get("transactionHash") for one in receipts] != sent:
            raise SourceError(f"{node.name} gave receipts of other transactions.") from fault
    if len(receipts) != len(sent):
        raise SourceError(
            f"{node.name} gave {len(receipts)} receipts of block {found.block}, which has {len(sent)} transactions.",
            why="A proof needs all of them.",
        )
    return ProofMaterial(block, receipts)
