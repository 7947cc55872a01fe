"""The pools of Celer cBridge.

Addresses: DefiLlama/bridges-server, src/adapters/celer/index.ts.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x5427fefa711eff984124bfbb1ab6fbf5e3da1820": "pool",
    },
}
