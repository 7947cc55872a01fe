"""The converters of Sky.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/sky/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x3225737a9bbb6473cb4a45b7244aca2befdb276a": "converter",
        "0xbdcfca946b6cdd965f99a839e4435bcdc1bc470b": "converter",
        "0xf6e72db5454dd049d0788e411b06cfaf16853042": "psm",
    },
}
