"""The bridges of Polygon: predicates of the PoS bridge, managers of Plasma, and what they write on both chains.

Addresses: lifinance/contracts, config/polygon.json; DefiLlama/bridges-server, src/adapters/polygon/index.ts;
AndreAugusto11/XChainDataGen, extractor/polygon/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x28e4f3a7f651294b9564800b2d01f35189a5bfbe": "sender",
        "0x2a88696e0ffa76baa1338f2c74497cc013495922": "exits",
        "0x401f6c983ea34274ec46f84d70b31c151321188b": "plasma",
        "0x40ec5b33f54e0e8a33a975908c5ba1c14e5bbbdf": "predicate",
        "0x8484ef722627bf18ca5ae6bcf031c23e6e922b30": "ether",
        "0xa0c68c638235ee32657e8f720a23cec1bfc77c77": "manager",
    },
    ChainId("eip155:137"): {
        "0x0000000000000000000000000000000000001001": "receiver",
        "0xd9c7c4ed4b66858301d0cb28cc88bf655fe34861": "child",
    },
}
