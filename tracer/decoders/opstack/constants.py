"""The contracts of the bridges of Optimism and Base; each chain has its own on Ethereum.

Addresses: DefiLlama/bridges-server, README.md; rotki/rotki,
rotkehlchen/chain/ethereum/modules/superchain_bridge/op/decoder.py; across-protocol/contracts, src/consts.ts;
DefiLlama/bridges-server, src/adapters/base/index.ts; rotki/rotki,
rotkehlchen/chain/base/modules/superchain_bridge/decoder.py; compound-finance/comet, deployments/base/weth/roots.json;
ethereum-optimism/optimism, op-service/predeploys/addresses.go.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x25ace71c97b33cc4729cf772ae268934f7ab5fa1": "messenger:eip155:10",
        "0x3154cf16ccdb4c6d922629664174b904d80f2c35": "bridge:eip155:8453",
        "0x49048044d57e1c92a77f79988d21fa8faf74e97e": "portal:eip155:8453",
        "0x866e82a600a1414e583f7f13623f1ac5d58b0afa": "messenger:eip155:8453",
        "0x99c9fc46f92e8a1c0dec1b1747d010903e884be1": "bridge:eip155:10",
        "0xbeb5fc579115071764c7423a4f12edde41f106ed": "portal:eip155:10",
    },
    ChainId("eip155:10"): {
        "0x4200000000000000000000000000000000000007": "messenger:eip155:1",
        "0x4200000000000000000000000000000000000010": "bridge:eip155:1",
        "0x4200000000000000000000000000000000000016": "passer:eip155:1",
        "0x467194771dae2967aef3ecbedd3bf9a310c76c65": "bridge:eip155:1",
    },
    ChainId("eip155:8453"): {
        "0x4200000000000000000000000000000000000007": "messenger:eip155:1",
        "0x4200000000000000000000000000000000000010": "bridge:eip155:1",
        "0x4200000000000000000000000000000000000016": "passer:eip155:1",
    },
}
