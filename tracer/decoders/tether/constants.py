"""USDT.

Addresses: lifinance/contracts, config/across.json; DefiLlama/DefiLlama-Adapters, projects/helper/coreAssets.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xdac17f958d2ee523a2206206994597c13d831ec7": "usdt",
    },
    ChainId("tron:0x2b6653dc"): {
        "0xa614f803b6fd780986a42c78ec9c7f77e6ded13c": "trc20",
    },
}
