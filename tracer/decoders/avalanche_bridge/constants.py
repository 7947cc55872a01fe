"""Who holds what crosses to Avalanche: plain accounts, one after the other.

Addresses: DefiLlama/bridges-server, src/adapters/avalanche/index.ts; duneanalytics/spellbook,
dbt_subprojects/daily_spellbook/models/bridges/ethereum/bridges_ethereum_addresses.sql.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x8eb8a3b98659cce290402893d0123abb75e3ab28": "custody",
        "0xe78388b4ce79068e89bf8aa7f218ef6b9ab0e9d0": "custody",
    },
}
