"""The exchange of OpenOcean, the same on every chain.

Addresses: lifinance/contracts, config/whitelist.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x6352a56caadc4f1e25cd6c75970fa768a3304e64": "exchange",
    },
}
