"""Keccak-256 as Ethereum uses it, for EIP-55 checksums and topics; the standard library has only SHA-3."""

from __future__ import annotations


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 digest of `data`.

    Examples
    --------
    >>> keccak256(b"").hex()
    'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
    """
    # The declared backend by its name: eth_hash.auto would follow ETH_HASH_BACKEND to one that is not installed.
    from eth_hash.backends.pycryptodome import keccak256 as digest

    return digest(data)
