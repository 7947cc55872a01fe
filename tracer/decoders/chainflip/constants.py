"""The vaults of Chainflip.

Addresses: lifinance/contracts, config/chainflip.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xf5e10380213880111522dd0efd3dbb45b9f62bcc": "vault",
    },
    ChainId("eip155:42161"): {
        "0x79001a5e762f3befc8e5871b42f6734e00498920": "vault",
    },
}
