"""The inbox, outboxes and gateways of Arbitrum One.

Addresses: lifinance/contracts, config/arbitrumBridge.json; DefiLlama/bridges-server, src/adapters/arbitrum/index.ts;
OffchainLabs/nitro-contracts, scripts/files/configs/arb1.ts; the contract that wrote it in a recorded receipt; across-
protocol/contracts, deployments/sepolia/Arbitrum_Adapter.json; rotki/rotki,
rotkehlchen/chain/arbitrum_one/modules/arbitrum_one_bridge/decoder.py; OffchainLabs/arbitrum-token-bridge (the gateway
of Livepeer).
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x0b9857ae2d4a3dbe74ffe1d7df045bb7f96e4840": "outbox",
        "0x4dbd4fc535ac27206064b68ffcf827b0a60bab3f": "inbox",
        "0x760723cd2e632826c38fef8cd438a4cc7e7e1a40": "outbox",
        "0x8315177ab297ba92a06054ce80a67ed4dbd7ed3a": "bridge",
        "0xa3a7b6f88361f48403514059f1f16c8e78d60eec": "gateway",
        "0xcee284f754e854890e311e3280b767f80797180d": "gateway",
        "0xd3b5b60020504bc3489d6949d545893982ba3011": "gateway",
    },
    ChainId("eip155:42161"): {
        "0x0000000000000000000000000000000000000064": "system",
        "0x09e9222e96e7b4ae2a407b98d48e330053351eee": "gateway2",
        "0x6d2457a4ad276000a615295f7a80f79e48ccd318": "gateway2",
    },
}
