"""The pool of Aave v1.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/aave/v1/decoder.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x398ec7346dcd622edc5ae82352f02be94c62d119": "pool",
    },
}
