"""The bridge, home and replica of Nomad on Ethereum.

Addresses: DefiLlama/DefiLlama-Adapters, registries/sumTokens/data3.js; AndreAugusto11/XChainWatcher, cross-chain-
rules-validator/utils/nomad_env.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x5d94309e5a0090b165fa4181519701637b6daeba": "replica",
        "0x88a69b4e698a4b090df6cf5bd7b2d47325ad30a3": "router",
        "0x92d3404a7e6c91455bbd81475cd9fad96acff4c8": "home",
    },
}
