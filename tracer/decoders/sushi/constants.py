"""The processors of Sushi.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/sushiswap/constants.py; rotki/rotki,
rotkehlchen/chain/ethereum/modules/sushiswap/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0xac4c6e212a361c968f1725b4d055b47e63f80b75": "redsnwap",
    },
    ChainId("eip155:1"): {
        "0xc0aee478e3658e2610c5f7a4a2e1777ce9e4f2ac": "factory",
    },
}
