"""The two ends of deBridge DLN, the same on every EVM chain.

Addresses: lifinance/contracts, config/debridgedln.json; DefiLlama/bridges-server, src/adapters/debridgedln/index.ts.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0xe7351fd770a37282b91d153ee690b63579d6dd7f": "destination",
        "0xef4fb24ad0916217251f553c0596f8edc630eb66": "source",
    },
}
