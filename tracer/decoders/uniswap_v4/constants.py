"""The pool managers of Uniswap v4.

Addresses: graphsense/graphsense-lib, src/graphsenselib/utils/defi.py; rotki/rotki,
rotkehlchen/chain/optimism/modules/uniswap/v4/decoder.py; rotki/rotki,
rotkehlchen/chain/polygon_pos/modules/uniswap/v4/decoder.py; rotki/rotki,
rotkehlchen/chain/arbitrum_one/modules/uniswap/v4/decoder.py; rotki/rotki,
rotkehlchen/chain/base/modules/uniswap/v4/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x000000000004444c5dc75cb358380d2e3de08a90": "manager",
    },
    ChainId("eip155:10"): {
        "0x9a13f98cb987694c9f086b1f5eb990eea8264ec3": "manager",
    },
    ChainId("eip155:137"): {
        "0x67366782805870060151383f4bbff9dab53e5cd6": "manager",
    },
    ChainId("eip155:8453"): {
        "0x498581ff718922c3f8e6a244956af099b2652b2b": "manager",
    },
    ChainId("eip155:42161"): {
        "0x360e68faccca8ca495c1b759fd9eee466db9fb32": "manager",
    },
}
