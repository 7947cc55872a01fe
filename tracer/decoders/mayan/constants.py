"""The Swift contract of Mayan.

Addresses: AndreAugusto11/XChainDataGen, extractor/mayan/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:10"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:56"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:137"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:8453"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:42161"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:43114"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
    ChainId("eip155:59144"): {
        "0xc38e4e6a15593f908255214653d3d947ca1c2338": "swift",
    },
}
