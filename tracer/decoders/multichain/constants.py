"""The routers of Multichain (formerly AnySwap), which closed in July 2023.

Addresses: DefiLlama/bridges-server, src/helpers/mapping.ts; DefiLlama/bridges-server,
src/adapters/multichain/index.ts.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x6b7a87899490ece95443e979ca9485cbe7e71522": "router",
        "0xba8da9dcf11b50b03fd5284f164ef5cdef910705": "router",
    },
}
