"""The pools of Aave v3.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/aave/v3/constants.py; rotki/rotki,
rotkehlchen/chain/base/modules/aave/v3/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2": "pool",
    },
    ChainId("eip155:10"): {
        "0x794a61358d6845594f94dc1db02a252b5b4814ad": "pool",
    },
    ChainId("eip155:137"): {
        "0x794a61358d6845594f94dc1db02a252b5b4814ad": "pool",
    },
    ChainId("eip155:8453"): {
        "0xa238dd80c259a72e81d7e4664a9801593f98d1c5": "pool",
    },
    ChainId("eip155:42161"): {
        "0x794a61358d6845594f94dc1db02a252b5b4814ad": "pool",
    },
}
