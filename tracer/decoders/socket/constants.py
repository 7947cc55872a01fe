"""The gateway of Socket (Bungee).

Addresses: rotki/rotki, rotkehlchen/chain/evm/decoding/socket_bridge/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:*"): {
        "0x3a23f943181408eac424116af7b7790c94cb97a5": "gateway",
    },
}
