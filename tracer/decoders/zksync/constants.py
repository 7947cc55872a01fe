"""The contracts of zkSync Era and zkSync Lite.

Addresses: SocketDotTech/bungee-contracts-public, scripts/deployment/config.ts; across-protocol/contracts,
src/consts.ts; matter-labs/era-contracts, l1-contracts/scripts/upgrade-consistency-checker.ts; DefiLlama/dimension-
adapters, fees/hey.ts; DefiLlama/bridges-server, src/adapters/orbiter/index.ts; rotki/rotki,
rotkehlchen/chain/ethereum/modules/zksync/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x0a14b696350546110a0d8acdb86226983af9d2a0": "sunset",
        "0x32400084c286cf3e17e7b677ea9583e60a000324": "diamond",
        "0x57891966931eb4bb6fb81430e6ce0a03aabde063": "bridge",
        "0xabea9132b05a70803a4e85094fd0e1800777fbef": "lite",
        "0xd7f9f54194c633f36ccd5f3da84ad4a1c38cb2cb": "shared",
    },
    ChainId("eip155:324"): {
        "0x000000000000000000000000000000000000800a": "coin2",
        "0x11f943b2c77b743ab90f4a0ae7d5a4e7fca3e102": "bridge2",
    },
}
