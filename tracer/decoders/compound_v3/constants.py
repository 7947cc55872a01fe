"""The markets of Compound v3.

Addresses: DefiLlama/DefiLlama-Adapters, projects/aera/index.js; the official markets that compound-finance/comet
keeps in its scenarios.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x3afdc9bca9213a35503b077a6072f3d0d5ab0840": "comet",
        "0x3d0bb1ccab520a66e607822fc55bc921738fafe3": "comet",
        "0xa17581a9e3356d9a858b789d68b4d866e593ae94": "comet",
        "0xc3d688b66703497daa19211eedff47f25384cdc3": "comet",
    },
    ChainId("eip155:10"): {
        "0x2e44e174f7d53f0212823acc11c01a11d58c5bcb": "comet",
        "0x995e394b8b2437ac8ce61ee0bc610d617962b214": "comet",
        "0xe36a30d249f7761327fd973001a32010b521b6fd": "comet",
    },
    ChainId("eip155:137"): {
        "0xaeb318360f27748acb200ce616e389a6c9409a07": "comet",
        "0xf25212e676d1f7f89cd72ffee66158f541246445": "comet",
    },
    ChainId("eip155:8453"): {
        "0x46e6b214b524310239732d51387075e0e70970bf": "comet",
        "0x9c4ec768c28520b50860ea7a15bd7213a9ff58bf": "comet",
        "0xb125e6687d4313864e53df431d5425969c15eb2f": "comet",
    },
    ChainId("eip155:42161"): {
        "0x6f7d514bbd4aff3bcd1140b7344b32f063dee486": "comet",
        "0x9c4ec768c28520b50860ea7a15bd7213a9ff58bf": "comet",
        "0xa5edbdd9646f8dff606d7448e414884c7d905dca": "comet",
        "0xd98be00b5d27fc98112bde293e487f8d4ca57d07": "comet",
    },
    ChainId("eip155:59144"): {
        "0x8d38a3d6b3c3b7d96d6536da7eef94a9d7dbc991": "comet",
    },
    ChainId("eip155:534352"): {
        "0xb2f97c1bd3bf02f5e74d13f02e3e26f93d77ce44": "comet",
    },
}
