"""The core and token bridges of Wormhole.

Addresses: DefiLlama/bridges-server, src/adapters/portal/consts.ts; lifinance/contracts, archive/config/wormhole.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x3ee18b2214aff97000d974cf647e7c347e8fa585": "bridge",
        "0x98f3c9e6e3face36baad05fe09d375ef1464288b": "core",
    },
    ChainId("eip155:56"): {
        "0xb6f6d86a8f9879a9c87f643768d9efc38c1da6e7": "bridge",
    },
    ChainId("eip155:137"): {
        "0x5a58505a96d1dbf8df91cb21b54419fc36e93fde": "bridge",
    },
    ChainId("eip155:250"): {
        "0x7c9fc5741288cdfdd83ceb07f3ea7e22618d79d2": "bridge",
    },
    ChainId("eip155:1284"): {
        "0xb1731c586ca89a23809861c6103f0b96b3f57d92": "bridge",
    },
    ChainId("eip155:42161"): {
        "0x0b2402144bb366a632d14b83f244d2e0e21bd39c": "bridge",
    },
    ChainId("eip155:42220"): {
        "0x796dff6d74f3e27060b71255fe517bfb23c93eed": "bridge",
    },
    ChainId("eip155:42262"): {
        "0xfe8cd454b4a1ca468b57d79c0cc77ef5b6f64585": "bridge",
    },
    ChainId("eip155:43114"): {
        "0x0e082f06ff657d94310cb8ce8b0d9a04541d8052": "bridge",
    },
    ChainId("eip155:1313161554"): {
        "0x51b5123a7b0f9b2ba265f9c4c8de7d78d52f510f": "bridge",
    },
}
