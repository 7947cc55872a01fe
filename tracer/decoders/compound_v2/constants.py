"""The markets of Compound v2 on Ethereum.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/compound/constants.py; compound-finance/compound-config,
networks/mainnet.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x12392f67bdf24fae0af363c24ac620a2f67dad86": "market",
        "0x158079ee67fce2f58472a96584a73c7ab9ac95c1": "market",
        "0x35a18000230da775cac24873d00ff85bccded550": "market",
        "0x39aa39c021dfbae8fac545936693ac917d5e7563": "market",
        "0x4ddc2d193948926d02f9b1fe9e1daa0718270ed5": "market",
        "0x5d3a536e4d6dbd6114cc1ead35777bab948e3643": "market",
        "0x6c8c6b02e7b2be14d4fa6022dfd6d75921d90e4e": "market",
        "0x70e36f6bf80a52b3b46b3af8e106cc0ed743e8e4": "market",
        "0xb3319f5d18bc0d84dd1b4825dcde5d5f7266d407": "market",
        "0xc11b1268c1a384e55c48c2391d8d480264a3a7f4": "market",
        "0xccf4429db6322d5c611ee964527d42e5d685dd6a": "market",
        "0xf5dce57282a584d2746faf1593d3121fcac444dc": "market",
        "0xf650c3d88d12db855b8bf7d11be6c55a4e07dcc9": "market",
        "0xface851a4921ce59e912d19329929ce6da6eb0c7": "market",
    },
}
