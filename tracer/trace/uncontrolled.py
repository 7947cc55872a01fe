"""Addresses that nobody controls, by rule: zero, burn and precompile addresses, and the contracts of tokens.

What is paid to the first is destroyed, what is paid to a token's own contract is in it; whom either pays next is a
stranger. Tracing stops there, and no list names them (method guard).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tracer.model import TRON, AssetId, ChainId, chain_of

TRON_ZERO: Final = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"

_PRECOMPILES_END: Final = 0xFFFF
_DEAD: Final = 0xDEAD
BURN: Final = f"0x{_DEAD:040x}"
"""The address of an EVM chain that everybody sends to what is to be gone."""
_EVM_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_CONTRACT: Final = re.compile(
    r"(?P<chain>[^/]+)/(?:erc20|erc721|erc1155|trc20|bep20):(?P<address>[^/]+)(?:/.*)?", re.ASCII
)


def nobody(chain: ChainId, address: str) -> str:
    """Return ``zero``, ``burn`` or ``precompile`` for an address without owner; empty for any other.

    Examples
    --------
    >>> nobody("eip155:1", "0x" + 40 * "0"), nobody("eip155:1", "0x" + 36 * "0" + "dead")
    ('zero', 'burn')
    """
    if chain == TRON:
        return "zero" if address == TRON_ZERO else ""
    if chain_of(chain).family != "evm" or not _EVM_ADDRESS.fullmatch(address):
        return ""
    number = int(address, 16)
    if number == 0:
        return "zero"
    if number == _DEAD:
        return "burn"
    return "precompile" if number <= _PRECOMPILES_END else ""


def is_burnt(chain: ChainId, address: str) -> bool:
    """Return whether what is paid to an address is destroyed: the zero address and the one ending in dead.

    Precompiles are on no list either, but what a table of one's own calls so may be a stand-in for a real holder.
    """
    return nobody(chain, address) in ("zero", "burn")


def token_contracts(assets: Iterable[AssetId]) -> frozenset[tuple[ChainId, str]]:
    """Return the contracts, chain and address, that are assets."""
    matches = (_CONTRACT.fullmatch(asset) for asset in assets)
    return frozenset((ChainId(match["chain"]), match["address"]) for match in matches if match)
