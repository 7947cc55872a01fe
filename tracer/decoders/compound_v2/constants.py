"""The market of the coin in Compound v2.

Addresses: rotki/rotki, rotkehlchen/chain/ethereum/modules/compound/constants.py.
"""

from __future__ import annotations

from typing import Final

from tracer.decoders.by_log import Contracts
from tracer.model import ChainId

CONTRACTS: Final[Contracts] = {
    ChainId("eip155:1"): {
        "0x4ddc2d193948926d02f9b1fe9e1daa0718270ed5": "ceth",
    },
}
