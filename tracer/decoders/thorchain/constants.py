"""The routers of THORChain by chain.

Addresses: lifinance/contracts, config/thorswap.json; graphsense/graphsense-lib,
src/graphsenselib/defi/bridging/thorchain.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x3624525075b88b24ecc29ce226b0cec1ffcb6976": "router",
        "0xc145990e84155416144c532e31f89b840ca8c2ce": "router",
        "0xd37bbe5744d730a1d98d8dc97c42f0ca46ad7146": "router",
    },
    ChainId("eip155:56"): {
        "0xb30ec53f98ff5947ede720d32ac2da7e52a5f56b": "router",
    },
    ChainId("eip155:8453"): {
        "0x68208d99746b805a1ae41421950a47b711e35681": "router",
    },
    ChainId("eip155:43114"): {
        "0x8f66c4ae756bebc49ec8b81966dd8bba9f127549": "router",
    },
}
