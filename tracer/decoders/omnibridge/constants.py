"""The mediators of the Omnibridge and both ends of the xDai bridge.

Addresses: lifinance/contracts, config/omni.json; AndreAugusto11/XChainDataGen, extractor/omnibridge/constants.py;
DefiLlama/bridges-server, src/adapters/xdai/index.ts; lifinance/contracts, config/gnosis.json.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x4aa42145aa6ebf72e164c9bbc74fbd3788045016": "xdai",
        "0x4c36d2919e407f0cc2ee3c993ccf8ac26d9ce64e": "amb",
        "0x88ad09518695c6c3712ac10a214be5109a655671": "mediator",
    },
    ChainId("eip155:100"): {
        "0x7301cfa0e1756b71869e93d4e4dca5c7d0eb0aa6": "xdai",
        "0x75df5af045d91108662d8080fd1fefad6aa0bb59": "amb",
        "0xf6a78083ca3e2a662d6dd1703c939c8ace2e268d": "mediator",
    },
}
