"""The token of Rocket Pool.

Addresses: lifinance/contracts, config/optimism.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xae78736cd615f374d3085123a210448e74fc6393": "reth",
    },
}
