"""USDC.

Addresses: lifinance/contracts, config/across.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": "usdc",
    },
}
