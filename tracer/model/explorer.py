"""Where people can look an address, a transaction or a block up: pages of public explorers, never asked by us."""

from __future__ import annotations

import re
from typing import Final

from tracer.model.chain import BITCOIN, TRON, ChainId, chain_of

EXPLORER_KINDS: Final = ("address", "tx", "block")
"""What :func:`explorer_url` knows the page of."""

# Roots: ethereum-lists/chains (`explorers`, standard EIP3091), but of Ethereum Classic, whose Blockscout has moved to a
# name of its own since. Paths: EIP-3091. Fantom's explorer could not be confirmed to be there still: no link.
_EIP_3091: Final = {
    "eip155:1": "https://etherscan.io",
    "eip155:10": "https://optimistic.etherscan.io",
    "eip155:56": "https://bscscan.com",
    "eip155:61": "https://etc.blockscout.com",
    "eip155:100": "https://gnosisscan.io",
    "eip155:137": "https://polygonscan.com",
    "eip155:324": "https://explorer.zksync.io",
    "eip155:8453": "https://basescan.org",
    "eip155:42161": "https://arbiscan.io",
    "eip155:43114": "https://snowtrace.io",
    "eip155:534352": "https://scrollscan.com",
    # The same paths by their own choice: mempool/mempool, of which litecoinspace.org is a copy.
    BITCOIN: "https://mempool.space",
    "bip122:12a765e31ffd4059bada1e25190f6e98": "https://litecoinspace.org",
}
# tronscan.org; its pages are fragments.
_TRONSCAN: Final = {"address": "address", "tx": "transaction", "block": "block"}

_OUTPOINT: Final = re.compile(r"([0-9a-f]{64}):[0-9]{1,10}", re.ASCII)
_HASH: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)
_HEIGHT: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_ADDRESS: Final = {
    "evm": re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII),
    "tron": re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}", re.ASCII),
}
_ANY_ADDRESS: Final = re.compile(r"[0-9A-Za-z]{14,100}", re.ASCII)


def explorer_url(chain: ChainId, kind: str, text: str | int) -> str | None:
    """Return the page of a public explorer on something, ``None`` where there is none that we know.

    Whatever is not an address, a hash or a height to the letter has no page, so that no outside text ever stands in
    a link. Nothing here asks the explorer, nor does anything else: a link is for a reader to follow.

    Parameters
    ----------
    chain : ChainId
        CAIP-2 id.
    kind : str
        One of :data:`EXPLORER_KINDS`.
    text : str or int
        An address (of an outpoint the page of its transaction), a transaction hash, a block's hash or height.

    Examples
    --------
    >>> explorer_url(ChainId("eip155:1"), "block", 14442835)
    'https://etherscan.io/block/14442835'
    >>> explorer_url(ChainId("eip155:31337"), "block", 1) is None
    True
    """
    outpoint = _OUTPOINT.fullmatch(str(text)) if kind == "address" else None
    if outpoint:
        kind, text = "tx", outpoint[1]
    name = _name(chain, kind, str(text))
    if not name:
        return None
    if chain == TRON:
        return f"https://tronscan.org/#/{_TRONSCAN[kind]}/{name}"
    root = _EIP_3091.get(chain)
    return f"{root}/{kind}/{name}" if root else None


def _name(chain: ChainId, kind: str, text: str) -> str:
    """Return how the explorer of a chain writes what is asked, empty where it is not of the form it must have."""
    family = chain_of(chain).family
    if kind == "address":
        return text if _ADDRESS.get(family, _ANY_ADDRESS).fullmatch(text) else ""
    if kind == "block" and _HEIGHT.fullmatch(text):
        return text
    found = _HASH.fullmatch(text) if kind in EXPLORER_KINDS else None
    if found is None:
        return ""
    return ("0x" if family == "evm" else "") + found[1].lower()
