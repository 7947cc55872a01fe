"""The markets of Compound v3.

Addresses: DefiLlama/DefiLlama-Adapters, projects/aera/index.js.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xc3d688b66703497daa19211eedff47f25384cdc3": "comet",
    },
}
