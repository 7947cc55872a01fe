"""The contract of Morpho Blue on each chain.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/morpho_blue/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xbbbbbbbbbb9cc5e90e3b3af64bdaf62c37eeffcb": "morpho",
    },
    ChainId("eip155:10"): {
        "0xce95afbb8ea029495c66020883f87aae8864af92": "morpho",
    },
    ChainId("eip155:143"): {
        "0xd5d960e8c380b724a48ac59e2dff1b2cb4a1eaee": "morpho",
    },
    ChainId("eip155:999"): {
        "0x68e37de8d93d3496ae143f2e900490f6280c57cd": "morpho",
    },
    ChainId("eip155:8453"): {
        "0xbbbbbbbbbb9cc5e90e3b3af64bdaf62c37eeffcb": "morpho",
    },
    ChainId("eip155:42161"): {
        "0x6c247b1f6182318877311737bac0844baa518f5e": "morpho",
    },
}
