"""The pools of Aave v2.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/aave/v2/constants.py; rotki/rotki,
rotkehlchen/chain/polygon_pos/modules/aave/v2/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x7d2768de32b0b80b7a3454c06bdac94a69ddc7a9": "pool",
    },
    ChainId("eip155:137"): {
        "0x8dff5e27ea6b7ac08ebfdf9eb090f32ee9a30fcf": "pool",
    },
}
