"""What proves that a Bitcoin block holds a transaction: its header and a branch of its tree; nothing is fetched.

Sources: Bitcoin's block header (80 bytes, little-endian; hashes are printed reversed); Electrum's ``get_merkle``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from tracer.chains.fields import Field


@dataclass(frozen=True, slots=True)
class BitcoinProof:
    """An inclusion proof of one transaction.

    Attributes
    ----------
    header : str
        The 80 bytes of the header, hex; they hash to `block_hash`.
    block_hash : str
        As printed.
    transactions : int
        Number of transactions in the block.
    index : int
        Index of the transaction.
    branch : tuple of str
        Siblings from the bottom up, as printed; with the transaction's id they give the header's root.
    raw : str
        The transaction's bytes, hex.
    """

    header: str
    block_hash: str
    transactions: int
    index: int
    branch: tuple[str, ...]
    raw: str


def double_sha256(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def parse_block_header(block: Field, *, block_hash: str) -> bytes:
    """Return the 80 bytes of a header, put together from what Esplora's ``/block/:hash`` prints.

    Raises
    ------
    FaultyReply
        If they do not hash to the block's own hash.
    """
    previous = block.maybe("previousblockhash")
    words = [_word(block, "timestamp"), _word(block, "bits"), _word(block, "nonce")]
    header = (
        (block.get("version").integer(least=-(2**31)) & 0xFFFFFFFF).to_bytes(4, "little")
        + (bytes(32) if previous is None else _reversed(previous.hex(32)))
        + _reversed(block.get("merkle_root").hex(32))
        + b"".join(words)
    )
    if double_sha256(header)[::-1].hex() != block_hash:
        raise block.fault(f"The header's fields do not hash to {block_hash}.")
    return header


def root_of_branch(txid: str, index: int, branch: Sequence[str]) -> str:
    """Return the root of the tree that a branch leads to, as printed; empty where the index does not fit the branch."""
    node = _reversed(txid)
    for level, sibling in enumerate(branch):
        other = _reversed(sibling)
        node = double_sha256(other + node if index >> level & 1 else node + other)
    return "" if index >> len(branch) else node[::-1].hex()


def parse_branch(proof: Field, *, txid: str, block: int, root: str) -> tuple[int, tuple[str, ...]]:
    """Return index and siblings of Esplora's ``/tx/:txid/merkle-proof``.

    Raises
    ------
    FaultyReply
        If it is for another block, or does not lead to the root of the block's header.
    """
    if proof.get("block_height").integer() != block:
        raise proof.get("block_height").fault(f"The transaction was said to be in block {block}.")
    index = proof.get("pos").integer()
    branch = tuple(sibling.hex(32) for sibling in proof.get("merkle").items())
    if len(branch) > 32 or root_of_branch(txid, index, branch) != root:
        raise proof.fault("The branch does not lead to the root of the block's header.")
    return index, branch


def _word(block: Field, name: str) -> bytes:
    value = block.get(name)
    if value.integer() >= 2**32:
        raise value.fault("Four bytes were expected.")
    return value.integer().to_bytes(4, "little")


def _reversed(text: str) -> bytes:
    return bytes.fromhex(text)[::-1]
