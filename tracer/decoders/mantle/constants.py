"""The staking of Mantle: mETH and cmETH.

Addresses: DefiLlama/bridges-server, src/adapters/stargate/index.ts; mantle-lsp/contracts, README.md;
DefiLlama/dimension-adapters, fees/veda.ts.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xd5f7838f5c461feff7fe49ea5ebaf7728bb0adfa": "meth",
        "0xe3cbd06d7dadb3f4e6557bab7edd924cd1489e8f": "staking",
        "0xe6829d9a7ee3040e1276fa75293bde931859e8fa": "cmeth",
    },
}
