"""The pools of Spark, whose code is that of Aave v3.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/spark/lend/decoder.py; rotki/rotki,
rotkehlchen/chain/gnosis/modules/spark/lend/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0xc13e21b648a5ee794902342038ff3adab66be987": "pool",
    },
    ChainId("eip155:100"): {
        "0x2dae5307c5e3fd1cf5a72cb6f698f915860607e0": "pool",
    },
}
