"""The routers of WOOFi.

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/woo_fi/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x4c4af8dbc524681930a27b2f1af5bcc8062e6fb7": "router",
        "0xb84aefef2ddde628d5c7f1fba320de63e3f4757c": "cross",
    },
}
