"""What proofs on an EVM chain are made of: a block with all its receipts; the way to an account in the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracer.chains import EvmTransaction, Field, hash_of, quantity
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


@dataclass(frozen=True, slots=True)
class StateProof:
    """What a node says of an account at a block, with the nodes of the state trie that prove it.

    Attributes
    ----------
    address : str
        The account.
    balance, nonce : int
        Base units; transactions sent.
    storage_hash, code_hash : str
        Root of its storage; hash of its code.
    account_proof : tuple of str
        Trie nodes, root first, as hex.
    storage : dict of int to tuple of (int, tuple of str)
        By slot: value, and its trie nodes, root first.
    """

    address: str
    balance: int
    nonce: int
    storage_hash: str
    code_hash: str
    account_proof: tuple[str, ...]
    storage: dict[int, tuple[int, tuple[str, ...]]]


def state_proof_call(address: str, slots: Sequence[int], block: int, head: str = "") -> Call[StateProof]:
    """Return the question for the proof of an account and slots of its storage at a block (``eth_getProof``)."""
    # Some nodes refuse a slot that is not written as a whole word.
    asked = [f"0x{slot:064x}" for slot in slots]

    def parse(reply: Field) -> StateProof:
        if reply.get("address").text().lower() != address:
            raise reply.get("address").fault("Another account was asked for.")
        proven = {
            quantity(one.get("key")): (quantity(one.get("value")), _nodes(one.get("proof")))
            for one in reply.get("storageProof").items()
        }
        if set(proven) != set(slots):
            raise reply.get("storageProof").fault("Other slots were asked for.")
        return StateProof(
            address,
            quantity(reply.get("balance")),
            quantity(reply.get("nonce")),
            hash_of(reply.get("storageHash")),
            hash_of(reply.get("codeHash")),
            _nodes(reply.get("accountProof")),
            proven,
        )

    return Call("eth_getProof", (address, asked, hex(block)), parse, head)


def _nodes(listed: Field) -> tuple[str, ...]:
    return tuple(node.text() for node in listed.items())


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
