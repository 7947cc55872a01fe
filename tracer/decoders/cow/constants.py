"""The settlement contract of CoW Protocol, the same on every chain, and its contracts for orders in coin.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/cowswap/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x40a50cf069e992aa4536211b23f286ef88752187": "ethflow",
        "0x9008d19f58aabd9ed0d60971565aa8510560ab41": "settlement",
        "0xba3cb449bd2b4adddbc894d8697f5170800eadec": "ethflow",
    },
}
